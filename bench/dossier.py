"""How long a dossier takes, and erasing in a full store, each beside a named baseline in the same run.

python bench/dossier.py
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cases import keys  # noqa: E402 - the path is set above
from cases.dossier import bag, pdf  # noqa: E402
from cases.rows import exhibit_body  # noqa: E402
from cases.sqlite import SqliteStore, open_store  # noqa: E402
from tests.cases.dossiers import NOON, WORDS, export, keep_case  # noqa: E402

CASES = 10_000


def timed(work: Callable[[], object]) -> float:
    """Seconds of the best of three runs."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def dossiers(store: SqliteStore) -> None:
    """Print and bag cases of 10 and 200 exhibits, beside a page without any."""
    bare = {"title": "t", "association": "a", "header": "h", "footer": "f", "page": "p", "subtitle": "s"}
    empty = timed(lambda: pdf.render({**bare, "sections": []}, NOON))
    print(f"an empty page (baseline): {empty * 1000:.0f} ms")
    for count in (10, 200):
        chat = f"bench-{count}"
        keep_case(store, [f"{WORDS[at % len(WORDS)]} {at}" for at in range(count)], chat=chat)
        took = timed(lambda chat=chat: bag.pack(export(store, chat)[1], "R"))  # type: ignore[misc]
        print(f"{count} exhibits, PDF and bag: {took * 1000:.0f} ms, ratio {took / empty:.1f}")


def erasing(store: SqliteStore, path: Path) -> None:
    """Fill a store, then erase and purge, beside the same in a store of one case and one bare DELETE of everything."""
    one = keep_case(store, chat="alone")
    alone = timed_once(store, one)
    store.checkpoint()
    before = path.stat().st_size
    start = time.perf_counter()
    numbers = [keep_case(store, WORDS[:2], chat=f"c{at}") for at in range(CASES)]
    print(f"{CASES} cases written in {time.perf_counter() - start:.0f} s")
    store.checkpoint()
    grown = (path.stat().st_size - before) / CASES
    words = content_of(store, numbers[0])
    print(f"growth of the file: {grown / 1000:.1f} kB a case of two exhibits, ratio to its content {grown / words:.1f}")
    took = sorted(timed_once(store, number) for number in numbers[:50])[25]
    print(f"erase one of {CASES}: {took * 1000:.1f} ms, ratio to a store of few {took / alone:.1f}")
    key = keys.read(path.with_name("key"))
    store.copy_to(path.with_name("copy.db"), key)
    copy = open_store(path.with_name("copy.db"), key)
    start = time.perf_counter()
    copy._rows("DELETE FROM cases").fetchall()  # noqa: SLF001 - the baseline
    bare = time.perf_counter() - start
    copy.close()
    start = time.perf_counter()
    gone = store.purge(NOON + timedelta(days=1), NOON.date())
    took = time.perf_counter() - start
    print(f"purge of {len(gone)}: {took:.1f} s, ratio to one bare DELETE ({bare:.1f} s) {took / bare:.1f}")
    store.checkpoint()
    print(f"the file afterwards: {path.stat().st_size / 1e6:.1f} MB, its pages are used again")


def content_of(store: SqliteStore, number: str) -> int:
    """Bytes of the facts and exhibits of a case as plain JSON."""
    case = store.by_number(number)
    assert case is not None  # noqa: S101 - written just before
    facts = sum(len(json.dumps([fact.id, str(fact.value)])) for fact in case.facts.values())
    return facts + sum(len(exhibit_body(exhibit).encode()) for exhibit in case.exhibits)


def timed_once(store: SqliteStore, number: str) -> float:
    """Seconds to erase one case, once."""
    start = time.perf_counter()
    store.erase(number)
    return time.perf_counter() - start


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        keys.create(place / "key")
        opened = open_store(place / "cases.db", keys.read(place / "key"), create=True)
        dossiers(opened)
        erasing(opened, place / "cases.db")
        opened.close()
