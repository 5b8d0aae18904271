"""Stories: what happened, and what must be said of it, in words a lawyer or a volunteer writes (`flows/stories/`).

`recours check` runs them all: a change of the law that breaks one is named at once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from flows.assessment import Assessment, assess
from flows.contacts import PARIS
from flows.facts import Fact, FactError, parse_facts
from flows.findings import EXCLUDED, INDICATED, POSSIBLE, Finding
from flows.knowledge import Knowledge
from flows.messages import Message
from flows.tables import KnowledgeError, Table

Reader = Callable[[Assessment, Any], list[str]]  # what is found, what is expected: what is wrong
DEFAULT_DAY = date(2026, 11, 24)
NOON = time(12)


@dataclass(frozen=True, slots=True)
class Story:
    """A case and what must be found in it.

    Attributes:
        name: one sentence, what happens.
        source: the decision or text it comes from, or "".
        on: the day of the assessment.
        facts: what is known.
        messages: what was forwarded.
        expected: what must be found; see `READERS`.
    """

    name: str
    source: str
    on: date
    facts: Mapping[str, Fact]
    messages: tuple[Message, ...]
    expected: Mapping[str, Any]

    @property
    def at(self) -> datetime:
        """Noon of that day in Paris."""
        return datetime.combine(self.on, NOON, PARIS)


def load(folder: Path, known: Knowledge) -> list[Story]:
    """Read every story of a folder.

    Raises:
        KnowledgeError: a key, fact or value is wrong; the sentence names it.
    """
    return [story for path in sorted(folder.glob("*.toml")) for story in _file(Table.read(path, folder.parent), known)]


def faults(story: Story, known: Knowledge) -> list[str]:
    """What the story expects and the law as written does not say; empty when it holds."""
    found = assess(story.facts, story.messages, known, story.at)
    return [fault for name, wanted in story.expected.items() for fault in READERS[name](found, wanted)]


def _file(table: Table, known: Knowledge) -> Iterator[Story]:
    for part in table.tables("story"):
        name = part.string("name")
        try:
            facts = parse_facts(known.facts, part.mapping("facts"))
        except FactError as error:
            raise part.error("facts", f"{name}: {error}") from error
        on = part.day("on") if part.has("on") else DEFAULT_DAY
        messages = tuple(_message(row, position, known) for position, row in enumerate(part.tables("messages"), 1))
        expected = {key: part.value(key) for key in READERS if part.has(key)}
        source = part.string("source", "")
        part.close()
        if not expected:
            raise part.error("story", f"{name}: it expects nothing; write what must be found")
        yield Story(name, source, on or DEFAULT_DAY, facts, messages, expected)
    table.close()


def _message(row: Table, position: int, known: Knowledge) -> Message:
    when = row.string("date", "")
    message = Message(
        position=position,
        text=row.string("text", "…"),
        author=row.string("from", "") or None,
        sent_at=datetime.fromisoformat(when).replace(tzinfo=PARIS) if when else None,
        labels=dict.fromkeys(row.strings("labels", ()), 0.99),
        threat_kind=row.string("kind", "") or None,
        conditional=row.flag("conditional", default=False),
    )
    row.close()
    labels = {label for fact in known.facts.values() for label in fact.from_labels}
    for label in message.labels:
        if label not in labels:
            raise KnowledgeError(f"{row.file}: messages.labels: {label}: no such label")
    return message


def _by_id(found: Assessment) -> dict[str, Finding]:
    return {finding.offence: finding for finding in found.findings}


def _status(status: str) -> Reader:
    def read(found: Assessment, wanted: list[str]) -> list[str]:
        held = _by_id(found)
        got = {name: held[name].status if name in held else "untouched" for name in wanted}
        return [f"{name} is {state}, not {status}" for name, state in got.items() if state != status]

    return read


def _penalty(found: Assessment, wanted: Mapping[str, list[int]]) -> list[str]:
    held = _by_id(found)
    wrong = []
    for name, expected in wanted.items():
        penalty = held[name].penalty if name in held else None
        got = [penalty.prison_months, penalty.fine_euros] if penalty else None
        if got != expected:
            wrong.append(f"penalty of {name} is {got}, not {expected}")
    return wrong


def _hidden(found: Assessment, wanted: Mapping[str, str]) -> list[str]:
    held = _by_id(found)
    return [f"{n} is not hidden by {by}" for n, by in wanted.items() if n not in held or held[n].hidden_by != by]


def _missing(found: Assessment, wanted: Mapping[str, list[str]]) -> list[str]:
    held = _by_id(found)
    return [f"{n} does not wait for {', '.join(names)}" for n, names in wanted.items()
            if n not in held or not set(names) <= set(held[n].missing)]  # fmt: skip


def _ip(*, reachable: bool) -> Reader:
    def read(found: Assessment, wanted: list[str]) -> list[str]:
        held = _by_id(found)
        return [f"connection data for {n}: not {'' if reachable else 'un'}reachable" for n in wanted
                if n not in held or held[n].ip_reachable is not reachable]  # fmt: skip

    return read


def _deadlines(found: Assessment, wanted: Mapping[str, date]) -> list[str]:
    held = _by_id(found)
    wrong = []
    for name, day in wanted.items():
        deadline = found.proof if name == "proof" else held[name].limitation if name in held else None
        if deadline is None or deadline.on != day:
            wrong.append(f"deadline of {name} is {deadline.on if deadline else None}, not {day}")
    return wrong


def _listed(what: str, *, present: bool) -> Reader:
    def read(found: Assessment, wanted: list[str]) -> list[str]:
        ids = {each.id for each in getattr(found, what)}
        return [f"{what}: {name} is {'absent' if present else 'there'}" for name in wanted if (name in ids) != present]

    return read


def _shown(found: Assessment, wanted: list[str]) -> list[str]:
    shown = [finding.offence for finding in found.shown]
    return [f"{name} is not shown to her" for name in wanted if name not in shown]


def _not_shown(found: Assessment, wanted: list[str]) -> list[str]:
    shown = [finding.offence for finding in found.shown]
    return [f"{name} is shown to her" for name in wanted if name in shown]


def _untouched(found: Assessment, wanted: list[str]) -> list[str]:
    return [f"{name} is raised" for name in wanted if name not in found.untouched]


READERS: Mapping[str, Reader] = {
    "indicated": _status(INDICATED),
    "possible": _status(POSSIBLE),
    "excluded": _status(EXCLUDED),
    "untouched": _untouched,
    "hidden": _hidden,
    "penalty": _penalty,
    "missing": _missing,
    "ip_reachable": _ip(reachable=True),
    "ip_unreachable": _ip(reachable=False),
    "deadlines": _deadlines,
    "evidence": _listed("evidence", present=True),
    "no_evidence": _listed("evidence", present=False),
    "actions": _listed("actions", present=True),
    "no_actions": _listed("actions", present=False),
    "shown": _shown,
    "not_shown": _not_shown,
}
