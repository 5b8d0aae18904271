"""The console with 1 000 and 50 000 cases: queue, search, a page of a case, figures; then 20 reviewers at once.

The console is a process of its own. Each figure is wall time (p50, p95) and the CPU time the console itself used, which
other work on the machine does not change. The baseline is the same page with 1 000 cases; the aim is p95 under 60 ms
and growth under 1.5 times.
"""

import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx

from bot import demo
from cases.case import AlertRecord, Consent
from cases.sql.store import SqlStore
from flows.standing import Standing
from review.app import serve
from tests.builders import a_store, the_means
from tests.review.serving import House, post, settings_for

SIZES = (1_000, 50_000)
ROUNDS = 60
RARE = 50  # cases
REVIEWERS, TURNS, EVERY = 20, 40, 0.5  # seconds between two turns
WORDS = [
    "je",
    "te",
    "vais",
    "tuer",
    "demain",
    "photo",
    "lycée",
    "argent",
    "compte",
    "message",
    "soir",
    "rue",
    "maison",
    "voiture",
    "téléphone",
    "réponds",
    "vite",
]
LABELS = ("threat", "insult", "blackmail", "intimate_images", "hate", "doxxing")
NOW = datetime.now(UTC)


def fill(store: SqlStore, count: int) -> None:
    """Cases with a few lines each; one in two hundred has an alert, fifty say `girafe`, a page full at every size."""
    dice = random.Random(7)  # noqa: S311 - the same cases each time
    for number in range(count):
        at = NOW - timedelta(minutes=dice.randrange(500_000))
        with store.turn("bench", str(number), at) as turn:
            turn.set_consent(Consent.YES)
            turn.save_state({"language": "fr"})
            turn.stand(
                Standing(
                    "fr" if number % 9 else "en",
                    minor=not number % 40,
                    death=not number % 30,
                    deadline_on=(NOW + timedelta(days=dice.randrange(400))).date(),
                    labels=tuple(sorted(dice.sample(LABELS, 2))),
                    offences=("threats",),
                )
            )
            if not number % 200:
                turn.add_alert(AlertRecord("suicide_risk", "high", at))
            if not number % 77:
                turn.want_person()
            for _ in range(3):
                turn.transcribe("person", " ".join(dice.choices(WORDS, k=12)), at)
            if not number % (count // RARE):
                turn.transcribe("person", "une girafe dans le jardin", at)


def measure(name: str, act: Callable[[], object], cpu: Callable[[], float]) -> float:
    """Print p50, p95 and the console's CPU time for one; give back the latter (milliseconds)."""
    act()
    times, before = [], cpu()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1000)
    spent = (cpu() - before) * 1000 / ROUNDS
    cuts = statistics.quantiles(times, n=20)
    print(f"  {name:<34} p50 {cuts[9]:7.1f} ms   p95 {cuts[18]:7.1f} ms   CPU {spent:7.1f} ms", flush=True)
    return spent


def visit(house: House, cpu: Callable[[], float]) -> dict[str, float]:
    """The pages a reviewer opens all day, and what each costs."""
    spent = {}
    roles = ("reviewer", "coordinator", "auditor")
    with house.signed_in(house.hire("bench", *roles)) as client:
        number = house.cases[-1]

        def page(name: str, path: str = "/queue/lines", **narrowed: str) -> None:
            if path == "/queue/lines":
                post(client, "/queue", **narrowed)
            spent[name] = measure(name, lambda: client.get(path), cpu)

        page("queue")
        page("queue, one label", label="hate")
        page("search of a rare word", words="girafe")
        page("search of two common words", words="demain soir")
        post(client, "/queue")
        page("whole page of the queue", "/")
        page("page of a case", f"/cases/{number}")
        page("figures", "/figures")
    return spent


def together(house: House, store: SqlStore, cpu: Callable[[], float]) -> None:
    """Twenty reviewers with the queue open and live while turns arrive; how soon each sees the change."""
    stop, delays = threading.Event(), []
    members = [house.hire(f"together-{number}", "reviewer") for number in range(REVIEWERS)]
    clients = [house.signed_in(member) for member in members]
    written: list[float] = []

    def watch(client: httpx.Client) -> None:
        with client.stream("GET", "/live", timeout=None) as answer:
            for line in answer.iter_lines():
                if stop.is_set():
                    return
                if line == "event: change":
                    seen, begun = len(written), time.perf_counter()
                    fetched = client.get("/queue/lines", headers={"x-background": "1"})
                    assert fetched.status_code == 200  # noqa: S101 - a bench that measures refusals measures nothing
                    done = time.perf_counter()
                    delays.append(((done - written[seen - 1]) * 1000, (done - begun) * 1000))

    watching = [threading.Thread(target=watch, args=(client,)) for client in clients]
    for thread in watching:
        thread.start()
    time.sleep(2)
    before, start = cpu(), time.perf_counter()
    for turn in range(TURNS):
        with store.turn("bench", str(turn), datetime.now(UTC)) as taken:
            taken.transcribe("person", "je suis là", datetime.now(UTC))
            taken.stand(None)
        written.append(time.perf_counter())
        time.sleep(EVERY)
    time.sleep(3)
    spent, length = cpu() - before, time.perf_counter() - start
    stop.set()
    with store.turn("bench", "0", datetime.now(UTC)) as taken:
        taken.stand(None)
    for thread in watching:
        thread.join(30)
    seen, fetched = zip(*delays, strict=True)
    for name, values in (("from the turn to the new lines", seen), ("  of which fetching them", fetched)):
        cuts = statistics.quantiles(values, n=20)
        print(f"  {name:<34} p50 {cuts[9]:7.1f} ms   p95 {cuts[18]:7.1f} ms", flush=True)
    print(f"  {REVIEWERS} reviewers, {TURNS} turns: {len(delays)} refreshes; the console used "
          f"{100 * spent / length:.0f} % of one core")  # fmt: skip


@contextmanager
def a_console(folder: Path) -> Iterator[tuple[House, SqlStore, int]]:
    """The console in a process of its own, as in service."""
    settings = settings_for(folder)
    serving = subprocess.Popen([sys.executable, __file__, "--serve", str(folder), str(settings.port)])
    store = a_store(folder)
    try:
        until_answers(settings.port)
        yield House(f"http://127.0.0.1:{settings.port}", settings, store, folder), store, serving.pid
    finally:
        store.close()
        serving.terminate()
        serving.wait(20)


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(pid: int) -> float:
    """Resident memory of a process, in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def until_answers(port: int) -> None:
    """Wait for the first page."""
    for _ in range(600):
        with suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/sign-in")
            return
        time.sleep(0.1)
    raise TimeoutError(port)


def serve_here(folder: Path, port: int) -> None:
    """What the process of the console runs."""
    asyncio.run(serve(replace(settings_for(folder), port=port)))


def main() -> None:
    """Both sizes, or those given on the command line."""
    if sys.argv[1:2] == ["--serve"]:
        serve_here(Path(sys.argv[2]), int(sys.argv[3]))
        return
    found = []
    for size in [int(given) for given in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            store = a_store(Path(folder))
            fill(store, size)
            demo.invent(store, the_means(), datetime.now(UTC))
            store.close()
            with a_console(Path(folder)) as (house, opened, pid):
                print(f"{size} cases (and {len(demo.INVENTED.read_text().split('[[case]]')) - 1} invented ones)")
                cpu, at_rest = partial(cpu_of, pid), memory_of(pid)
                found.append(visit(house, cpu))
                together(house, opened, cpu)
                print(f"  memory of the console: {at_rest:.0f} MB, then {memory_of(pid):.0f} MB", flush=True)
    if len(found) == len(SIZES):
        print("growth of the CPU time:")
        for name, small in found[0].items():
            print(f"  {name:<34} {found[1][name] / small:.2f} times")


if __name__ == "__main__":
    main()
