"""Several workers on PostgreSQL beside the single-worker SQLite helpline, in one run: throughput, CPU time, one turn.

    python bench/workers.py [WORKERS ...]

Real `recours run` processes, the WhatsApp stand-in over HTTP. Every figure of CPU is time used, whoever else uses the
machine meanwhile, less what the processes use when nothing happens; turns a second are wall time and say less on a busy
machine. The people and the platform run here
too: on two cores they take their share of them.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.instants import FAR  # noqa: E402 - the path is set above
from cases.sql.store import SqlStore  # noqa: E402
from tests.builders import a_file, the_means  # noqa: E402
from tests.helpline import Helpline, agreed, helpline  # noqa: E402
from tests.postgres import Server, a_postgres_store, server  # noqa: E402

WORKERS = (1, 2, 4)
CHATS, TURNS = 60, 5  # people at once, and messages each
ALONE = 60  # turns of one person after the other
TICK = os.sysconf("SC_CLK_TCK")
WORDS = "je ne sais pas trop, il a recommencé hier soir et j'ai peur d'ouvrir mon téléphone"


def cpu(pids: list[int]) -> float:
    """Seconds of CPU that processes have used; those that have ended count no more."""
    used = 0.0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        used += (int(fields[11]) + int(fields[12])) / TICK
    return used


def children(pid: int) -> list[int]:
    """Processes that a process started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def postmaster(postgres: Server) -> int:
    """The server's first process."""
    return int((postgres.data / "postmaster.pid").read_text().splitlines()[0])


async def settled(store: SqlStore) -> None:
    """Wait until everything is handled and sent."""
    while store.waiting("whatsapp") or store.due("whatsapp", FAR):  # noqa: ASYNC110 - of other processes
        await asyncio.sleep(0.05)


async def crowd(line: Helpline, store: SqlStore, chats: list[str]) -> float:
    """Turns a second with many people at once, each waiting for nobody."""
    start = time.perf_counter()
    await asyncio.gather(
        *(line.writes(chat, [f"{WORDS} {n}" for n in range(TURNS)], 0, forwarded=False) for chat in chats)
    )
    await settled(store)
    return len(chats) * TURNS / (time.perf_counter() - start)


async def alone(line: Helpline, chats: list[str]) -> list[float]:
    """Milliseconds from her message to the first word back, one person after the other."""
    waits = []
    for chat in chats:
        before, start = len(line.api.said), time.perf_counter()
        await line.writes(chat, ["je ne sais pas"], 0, forwarded=False)
        while len(line.api.said) == before:  # noqa: ASYNC110 - of other processes
            await asyncio.sleep(0.001)
        waits.append((time.perf_counter() - start) * 1000)
    return waits


async def measure(store: SqlStore, folder: Path, url: str, workers: int, postgres: Server) -> list[float]:
    """One row of the table: turns/s, CPU of the workers and of the database a turn, p50, p99."""
    many = [f"3361{number:08}" for number in range(CHATS)]
    few = [f"3362{number:08}" for number in range(ALONE)]
    agreed(store, [*many, *few])
    async with helpline(folder, url, workers) as line:
        ours = line.workers() or [line.process.pid]
        idle = cpu(ours), cpu(children(postmaster(postgres)))
        await asyncio.sleep(5)
        idle = (cpu(ours) - idle[0]) / 5, (cpu(children(postmaster(postgres))) - idle[1]) / 5
        before = cpu(ours), cpu(children(postmaster(postgres))), time.process_time()
        rate = await crowd(line, store, many)
        turns = CHATS * TURNS
        spent = cpu(ours) - before[0], cpu(children(postmaster(postgres))) - before[1], time.process_time() - before[2]
        mine, databases, people = (
            (seconds / turns - rest / rate) * 1000 for seconds, rest in zip(spent, (*idle, 0.0), strict=True)
        )
        waits = sorted(await alone(line, few))
    p50, p99 = statistics.median(waits), waits[int(0.99 * len(waits)) - 1]
    name = f"PostgreSQL, {workers} worker(s)" if url else "SQLite, one worker"
    print(
        f"{name:24} {rate:6.1f} turns/s  CPU a turn: workers {mine:5.1f} ms, database {databases:5.1f} ms "
        f"(people and platform {people:4.1f} ms)  p50 {p50:6.1f}  p99 {p99:6.1f} ms  "
        f"idle: {idle[0] * 100:.1f} % + {idle[1] * 100:.1f} % of a core",
        flush=True,
    )
    return [rate, mine + databases, p50, p99]


def reading() -> None:
    """What the models take of it."""
    means = the_means()
    means.classifier.read([WORDS])
    means.detector.read(WORDS)
    start = time.process_time()
    for number in range(50):
        means.detector.read(f"{WORDS} {number}")
    detector = (time.process_time() - start) / 50 * 1000
    start = time.process_time()
    for number in range(50):
        means.classifier.read([f"{WORDS} {number}"])
    classifier = (time.process_time() - start) / 50 * 1000
    print(f"of a turn, CPU: safety detector {detector:.1f} ms; a message shown: classifier {classifier:.1f} ms more")


def waking(url: str) -> None:
    """LISTEN and NOTIFY, beside looking ten times a second: what each costs a commit, and how late it is."""
    with psycopg.connect(url, autocommit=True) as one, psycopg.connect(url, autocommit=True) as other:
        one.execute("CREATE TABLE t (n int)")
        other.execute("LISTEN t")
        costs = {}
        for name, say in (("without", None), ("with", "NOTIFY t")):
            start = time.perf_counter()
            for _ in range(300):
                with one.transaction():
                    one.execute("INSERT INTO t VALUES (1)")
                    if say:
                        one.execute(say)
            costs[name] = (time.perf_counter() - start) / 300 * 1000
        for _ in other.notifies(timeout=0.2):
            pass
        late = []
        for _ in range(100):
            start = time.perf_counter()
            one.execute("NOTIFY t")
            next(iter(other.notifies(timeout=1, stop_after=1)))
            late.append((time.perf_counter() - start) * 1000)
    print(
        f"waking: a commit {costs['without']:.2f} ms, with NOTIFY {costs['with']:.2f} ms; heard "
        f"{statistics.median(late):.1f} ms later; looking every 100 ms is 50 ms late on average, "
        "where another worker has the conversation"
    )


async def main() -> None:
    """The baseline, then each number of workers, then where the time goes."""
    with server() as postgres:
        with tempfile.TemporaryDirectory() as name:
            store = a_file(Path(name))
            base = await measure(store, Path(name), "", 1, postgres)
            store.close()
        for count in [int(given) for given in sys.argv[1:]] or WORKERS:
            with tempfile.TemporaryDirectory() as name, postgres.database() as url:
                shared = a_postgres_store(url, Path(name))
                found = await measure(shared, Path(name), url, count, postgres)
                shared.close()
                print(
                    f"    of SQLite's: throughput {found[0] / base[0]:.2f}, CPU a turn {found[1] / base[1]:.2f}, "
                    f"p50 {found[2] / base[2]:.2f}, p99 {found[3] / base[3]:.2f}",
                    flush=True,
                )
        with postgres.database() as url:
            waking(url)
    reading()


if __name__ == "__main__":
    asyncio.run(main())
