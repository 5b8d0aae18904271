"""How well free answers are understood that were written by somebody who never saw the code.

    python bench/understanding.py [--final] [--wrong] [--set u01]

u01: 320 answers by one hand that knew the kinds of question only. Half of them are kept apart (`"final": true`): words
were added for the others alone. u02: 455 answers written by the one who then added words, before adding any; they show
what is covered, never how well strangers are understood. An answer is *right*, *asked again* (nothing read where
something could be) or *wrong* (another value read: the one that hurts, since she may not see it). "Why do you ask?" in
answer to any question is right when it is heard as that. `--wrong` prints all that is not right.
"""

import argparse
import json
import sys
from calendar import monthrange
from collections import Counter
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from flows import knowledge  # noqa: E402 - the path is set above
from nlp.reading import Understood  # noqa: E402
from nlp.understand import understand  # noqa: E402

ANSWERS = ROOT / "nlp" / "corpus" / "answers"
TODAY = date(2026, 11, 25)  # a Wednesday: the day the answers were written for
FEW, MANY = 5, 6
FACTS = {
    "yesno": "threat_present", "date": "last_act_on", "frequency": "acts_count", "number": "acts_count",
    "platform": "platforms", "relationship": "author_relationship", "age": "victim_age_band", "command": None,
}  # fmt: skip
# The writer's words to the values of the interview; several where the interview tells apart what she did not.
PLATFORMS = {
    "sms": "phone", "messenger": "facebook", "dating": "dating_or_sales",
    "youtube": "website", "twitch": "website", "linkedin": "website", "other": "website",
}  # fmt: skip
RELATIONS = {
    "classmate": ("schoolmate",), "colleague": ("colleague", "superior"), "unknown": ("stranger", "online_contact"),
    "stranger": ("stranger", "online_contact"), "ex_partner": ("ex_partner", "brief_relationship"),
    "partner": ("partner", "brief_relationship"),
    "other": ("school_staff", "superior"),
}  # fmt: skip
COMMANDS = {"stop": ("pause", "leave"), "resume": ("resume", "yes")}


def judge(kind: str, expected: str, said: Understood) -> str:
    """`right`, `asked again` or `wrong`."""
    asks_why = kind != "command" and said.command in ("why", "help")  # her question is answered, then asked again
    nothing = said.value is None and (said.command in (None, "yes", "no") or asks_why)
    if expected in ("unclear", "none"):
        return "right" if nothing else "wrong"
    if nothing and kind == "relationship" and expected == "other":
        return "right"
    if kind == "command":
        right = said.command in COMMANDS.get(expected, (expected,))
    elif expected == "unsure" or (expected == "unknown" and said.unknown):
        right = said.unknown
    else:
        right = said.value is not None and holds(kind, expected, said.value)
    return "right" if right else "asked again" if nothing else "wrong"


def holds(kind: str, expected: str, value: object) -> bool:
    """Whether the value read is what the writer meant."""
    match kind:
        case "yesno":
            right = value is (expected == "yes")
        case "date":
            first, last = days(expected)
            right = first <= date.fromisoformat(str(value)) <= last
        case "frequency":
            low, high = {"once": (1, 1), "few": (2, FEW), "many": (MANY, 10**6), "daily": (MANY, 10**6)}[expected]
            right = low <= int(str(value)) <= high
        case "number":
            right = value == int(expected)
        case "platform":
            right = value == sorted({PLATFORMS.get(name, name) for name in expected.split("+")})
        case "relationship":
            right = value in RELATIONS.get(expected, (expected,))
        case _ if expected == "minor":
            right = value in ("under_15", "15_17")
        case _:
            age = 18 if expected == "adult" else int(expected)
            right = value == ("under_15" if age < 15 else "15_17" if age < 18 else "adult")
    return right


def days(expected: str) -> tuple[date, date]:
    """First and last day an expected date allows: a day, a month or a range."""
    if "/" in expected:
        first, last = expected.split("/")
        return days(first)[0], days(last)[1]
    if expected.count("-") == 1:
        year, month = map(int, expected.split("-"))
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date.fromisoformat(expected), date.fromisoformat(expected)


def main() -> None:
    """Print the counts of each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--final", action="store_true", help="the half that was kept apart")
    parser.add_argument("--wrong", action="store_true", help="print what is not right")
    parser.add_argument("--set", default="*", help="one file of answers, such as u01")
    options = parser.parse_args()
    facts = knowledge.load().facts
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in FACTS}
    for file in sorted(ANSWERS.glob(f"{options.set}.jsonl")):
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            if row["final"] != options.final:
                continue
            fact = FACTS[row["kind"]]
            said = understand(facts[fact] if fact else None, row["answer"], TODAY)
            if row["kind"] == "number" and said.value is None:  # the writer was not told whether acts or people count
                said = understand(facts["authors_count"], row["answer"], TODAY)
            verdict = judge(row["kind"], row["expected"], said)
            counts[row["kind"]][verdict] += 1
            if options.wrong and verdict != "right":
                read = said.value if said.value is not None else said.command or ("unknown" if said.unknown else "-")
                print(f"{verdict:12} {row['kind']:12} {row['expected']:22} {read!s:22} {row['answer']}")
    print(f"{'':14}{'right':>8}{'asked again':>14}{'wrong':>8}")
    for kind, each in counts.items():
        print(f"{kind:14}{each['right']:8}{each['asked again']:14}{each['wrong']:8}")
    total = sum(counts.values(), Counter[str]())
    print(f"{'all':14}{total['right']:8}{total['asked again']:14}{total['wrong']:8}")


if __name__ == "__main__":
    main()
