"""The console with 1 000 and 50 000 cases: queue, search, a page of a case; p50 and p95 over HTTP, and its memory.

The baseline of each figure is the same page with 1 000 cases; the aim is p95 under 60 ms and growth under 1.5 times.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import demo
from cases.case import AlertRecord, Consent
from cases.sql.store import SqlStore
from flows.standing import Standing
from tests.builders import a_store
from tests.review.serving import House, a_house, post

SIZES = (1_000, 50_000)
ROUNDS = 60
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
    """Cases with a few lines each; one in two hundred has an alert, one in a thousand says `girafe`."""
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
            if not number % 1000:
                turn.transcribe("person", "une girafe dans le jardin", at)


def measure(name: str, act: Callable[[], object]) -> None:
    """Print p50 and p95 in milliseconds."""
    act()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1000)
    cuts = statistics.quantiles(times, n=20)
    print(f"  {name:<34} p50 {cuts[9]:7.1f} ms   p95 {cuts[18]:7.1f} ms", flush=True)


def visit(house: House) -> None:
    """The pages a reviewer opens all day."""
    with house.signed_in(house.hire("bench", "reviewer")) as client:
        measure("queue", lambda: client.get("/queue/lines"))
        post(client, "/queue", label="hate")
        measure("queue, one label", lambda: client.get("/queue/lines"))
        post(client, "/queue", words="girafe")
        measure("search of a rare word", lambda: client.get("/queue/lines"))
        post(client, "/queue", words="demain soir")
        measure("search of two common words", lambda: client.get("/queue/lines"))
        post(client, "/queue")
        client.get("/")
        number = house.cases[0]
        measure("page of a case", lambda: client.get(f"/cases/{number}"))


def main() -> None:
    """Both sizes, or those given on the command line."""
    for size in [int(given) for given in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            store = a_store(Path(folder))
            fill(store, size)
            store.close()
            with a_house(Path(folder)) as house:
                print(f"{size} cases (and {len(demo.INVENTED.read_text().split('[[case]]')) - 1} invented ones)")
                visit(house)


if __name__ == "__main__":
    main()
