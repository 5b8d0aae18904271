"""The queue, a search and a case with more and more cases, on both stores; the bytes of 1 000 cases.

    python bench/scale.py [SIZE ...]      in thousands; default: 1 100

CPU time of this process and of the database's stands beside wall time, which says less on a machine that others use. A
thousand cases are made as `bench/console.py` makes them (three lines of twelve words each); the others are copies of
them made inside the database, with numbers and chats of their own. On PostgreSQL the sealed words of a copy do not
open, since they are bound to their row: what is measured is the queue, the index of words and the first thousand.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.console import fill  # noqa: E402 - the path is set above
from bench.workers import children, cpu, postmaster  # noqa: E402
from cases.desk import Filters  # noqa: E402
from cases.postgres import PostgresStore  # noqa: E402
from cases.sql.store import SqlStore  # noqa: E402
from cases.sql.tables import TABLES  # noqa: E402
from tests.builders import Person, a_file  # noqa: E402
from tests.postgres import Server, a_postgres_store, server  # noqa: E402

SIZES = (1, 100)  # thousand cases
MADE = 1_000
WHOLE = 60  # conversations
ROUNDS = 40
PAGE = 50


def acts(store: SqlStore) -> dict[str, Callable[[], object]]:
    """What a reviewer does all day."""
    one, desk = store.cases()[MADE // 2], store.desk
    return {
        "queue": lambda: desk.queue(Filters(), PAGE),
        "queue, one label": lambda: desk.queue(Filters(label="hate"), PAGE),
        "search, rare word": lambda: desk.queue(Filters(words="girafe"), PAGE),
        "search, common words": lambda: desk.queue(Filters(words="demain soir"), PAGE),
        "one case": lambda: (store.by_number(one), store.transcript(one), store.custody(one)),
    }


def multiply(store: SqlStore, times: int) -> None:
    """Copies of the thousand cases, a thousand at a time."""
    shared = isinstance(store, PostgresStore)
    chat = "'\\x02'::bytea || decode(md5((id + {0})::text), 'hex')" if shared else "'c' || (id + {0})"
    changed = {
        "cases": {"id": "id + {0}", "number": "'B-' || (id + {0})", "chat": chat},
        "desk": {"case_id": "case_id + {0}"},
        "marks": {"case_id": "case_id + {0}"},
        "alerts": {"id": "id + {1}", "case_id": "case_id + {0}"},
        "transcript": {"id": "id + {1}", "case_id": "case_id + {0}"},
    }
    for copy in range(1, times):
        with store.engine.transaction():
            for name, new in changed.items():
                extra = store.engine.dialect.extra.get(name)
                columns = [*TABLES[name].columns, *([extra] if extra else [])]
                values = ", ".join(new.get(column, column).format(copy * MADE, copy * MADE * 10) for column in columns)
                key = "id" if name == "cases" else "case_id"
                store.engine.execute(
                    f"INSERT INTO {name} ({', '.join(columns)}) SELECT {values} FROM {name} WHERE {key} <= {MADE}"  # noqa: S608
                )
    if shared:
        store.engine.execute("ANALYZE")


def measure(store: SqlStore, postgres: Server) -> dict[str, float]:
    """p50 in milliseconds of each act, printed with its p95 and its CPU time."""
    found = {}
    for name, act in acts(store).items():
        act()
        backends, before, waits = children(postmaster(postgres)), time.process_time(), []
        theirs = cpu(backends)
        for _ in range(ROUNDS):
            start = time.perf_counter()
            act()
            waits.append((time.perf_counter() - start) * 1000)
        spent = (time.process_time() - before) / ROUNDS * 1000, (cpu(backends) - theirs) / ROUNDS * 1000
        found[name] = spent[0] + (spent[1] if isinstance(store, PostgresStore) else 0)
        cuts = statistics.quantiles(waits, n=20)
        print(
            f"  {name:22} p50 {cuts[9]:7.1f}  p95 {cuts[18]:7.1f} ms   "
            f"CPU: ours {spent[0]:6.1f}, database {spent[1]:6.1f} ms",
            flush=True,
        )
    return found


def size(store: SqlStore, folder: Path) -> float:
    """Megabytes."""
    if isinstance(store, PostgresStore):
        return float(store.engine.execute("SELECT pg_database_size(current_database())").fetchall()[0][0]) / 1e6
    store.checkpoint()
    return (folder / "cases.db").stat().st_size / 1e6


def whole(store: SqlStore, folder: Path) -> tuple[float, float]:
    """Megabytes of 1 000 whole conversations, and CPU milliseconds of a turn of them without any platform.

    A quarter of an hour: she agrees, shows five messages, answers fifteen questions, asks for the assessment.
    """
    empty, turns = 0.0, 0
    start = time.process_time()
    for number in range(WHOLE + 1):
        if number == 1:
            empty, turns, start = size(store, folder), 0, time.process_time()
        person = Person(store, chat=f"w{number}", at=datetime.now(UTC)).agrees()
        for message in range(5):
            person.forwards(f"{message} : je sais où tu habites, réponds ou je publie tout demain")
        for answer in range(15):
            person.writes("oui" if answer % 3 else "je ne sais pas")
        person.writes("bilan")
        turns += 24
    spent = (time.process_time() - start) / turns * 1000
    with store.engine.transaction():
        store.engine.execute("DELETE FROM outbox")  # said
    return (size(store, folder) - empty) / WHOLE * 1000, spent


def main() -> None:
    """Both stores at each size."""
    sizes = [int(given) for given in sys.argv[1:]] or SIZES
    with server() as postgres:
        for shared in (False, True):
            with ExitStack() as stack:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                url = stack.enter_context(postgres.database()) if shared else ""
                store = a_postgres_store(url, folder) if shared else a_file(folder)
                stack.callback(store.close)
                megabytes, spent = whole(store, folder)
                name = "PostgreSQL" if shared else "SQLite"
                print(
                    f"{name}: {megabytes:.1f} MB for 1 000 whole conversations, {spent:.1f} ms CPU a turn", flush=True
                )
        for shared in (False, True):
            empty, base = 0.0, dict[str, float]()
            for thousands in sizes:
                with ExitStack() as stack:
                    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                    url = stack.enter_context(postgres.database()) if shared else ""
                    store = a_postgres_store(url, folder) if shared else a_file(folder)
                    stack.callback(store.close)
                    empty = size(store, folder)
                    start = time.perf_counter()
                    fill(store, MADE)
                    multiply(store, thousands)
                    grown = (size(store, folder) - empty) / thousands
                    print(
                        f"{'PostgreSQL' if shared else 'SQLite'}, {thousands} 000 cases: {grown:.2f} MB for 1 000 "
                        f"(made in {time.perf_counter() - start:.0f} s)",
                        flush=True,
                    )
                    found = measure(store, postgres)
                    base = base or found
                    growth = ", ".join(f"{name} {found[name] / max(base[name], 0.1):.1f}" for name in found)
                    print(f"    CPU, times that of the first size: {growth}", flush=True)


if __name__ == "__main__":
    main()
