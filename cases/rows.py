"""Rows of the database to dataclasses and back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from cases.case import Exhibit, Outgoing
from cases.custody import Entry
from flows.facts import Fact, Source, Value, to_json

Row = Sequence[Any]
ADDED_LATER = ("rationale", "file")  # fields of an exhibit that releases before the fourth tables did not write


def iso(moment: datetime) -> str:
    """UTC, to the millisecond, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def to_outgoing(row: Row) -> Outgoing:
    """Columns id, channel, chat, kind, body, attempts of the outbox."""
    return Outgoing(row[0], row[1], row[2], row[3], json.loads(row[4]), row[5])


def fact_columns(fact: Fact) -> tuple[str, str, str, str, int]:
    """fact, value, source, exhibits, confirmed."""
    value = {"kind": _kind(fact.value), "value": to_json(fact.value)}
    return fact.id, json.dumps(value), str(fact.source), json.dumps(fact.exhibits), int(fact.confirmed)


def to_fact(row: Row) -> Fact:
    """The contrary of `fact_columns`."""
    name, value, source, exhibits, confirmed = row
    return Fact(name, _value(json.loads(value)), Source(source), tuple(json.loads(exhibits)), bool(confirmed))


def _kind(value: Value) -> str:
    if isinstance(value, date):
        return "date"
    if isinstance(value, tuple):
        return "period"
    return "several" if isinstance(value, frozenset) else "plain"


def _value(stored: Mapping[str, Any]) -> Value:
    raw = stored["value"]
    match stored["kind"]:
        case "date":
            return date.fromisoformat(raw)
        case "period":
            return date.fromisoformat(raw[0]), date.fromisoformat(raw[1])
        case "several":
            return frozenset(raw)
    plain: bool | str | int = raw
    return plain


def exhibit_body(exhibit: Exhibit) -> str:
    """An exhibit as JSON."""
    return json.dumps(_body(exhibit), ensure_ascii=False)


def is_body(body: str, exhibit: Exhibit) -> bool:
    """Whether this is how the program, or one of its first releases, writes that exhibit."""
    if body == exhibit_body(exhibit):
        return True
    fields = _body(exhibit)
    added = [fields.pop(name) for name in ADDED_LATER]
    return not any(added) and body == json.dumps(fields, ensure_ascii=False)


def _body(exhibit: Exhibit) -> dict[str, Any]:
    body = asdict(exhibit)
    body["sent_at"] = iso(exhibit.sent_at) if exhibit.sent_at else None
    body["received_at"] = iso(exhibit.received_at)
    return body


def to_exhibit(body: str) -> Exhibit:
    """The contrary of `exhibit_body`.

    Raises:
        ValueError, TypeError, KeyError: it is not what `exhibit_body` wrote.
    """
    raw = json.loads(body)
    for name in ("labels", "unsure", "refused", "rationale"):
        raw[name] = tuple(raw.get(name, ()))
    raw["sent_at"] = datetime.fromisoformat(raw["sent_at"]) if raw["sent_at"] else None
    raw["received_at"] = datetime.fromisoformat(raw["received_at"])
    return Exhibit(**raw)


def to_entry(row: Row) -> Entry:
    """number, at, event, detail, previous, digest.

    Raises:
        ValueError: an instant or a detail is not written as this program writes them.
    """
    number, at, event, detail, previous, digest = row
    entry = Entry(number, datetime.fromisoformat(at), event, json.loads(detail), previous, digest)
    if (iso(entry.at), json.dumps(entry.detail)) != (at, detail):
        raise ValueError(f"entry {number} is written otherwise")
    return entry
