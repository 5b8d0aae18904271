"""A contact: a helpline or authority. `flows/contacts.toml` is the only file where a telephone number stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from flows.facts import FactType
from flows.scope import Scope, read_scope
from flows.tables import Table

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOW = ("call", "sms", "web", "chat", "mail")
PURPOSES = ("emergency", "listening", "orders", "reporting", "rights")
FLAGS = ("verified", "partial", "memory")


@dataclass(frozen=True, slots=True)
class Opening:
    """One stretch of opening: days of the week (0 is Monday), from a time to a time (24:00 is midnight)."""

    days: tuple[int, ...]
    opens: time
    closes: time | None


@dataclass(frozen=True, slots=True)
class Contact:
    """A helpline or authority.

    Attributes:
        id: key of its texts (`contacts.<id>.name`, `.audience`).
        number: telephone number, SMS number, address or site, as she should use it.
        how: call, sms, web, chat or mail.
        languages: languages spoken there, as far as known.
        purpose: emergency, listening, reporting, rights...
        always: open day and night, every day.
        openings: opening hours in Paris time; empty when `always` or when not known.
        holidays: also open on public holidays.
        scope: for which cases it is.
        order: place among equals; smaller first.
        checked: day somebody last checked it; None when nobody did.
        source: where it was read.
        flag: verified, partial or memory.
    """

    id: str
    number: str
    how: str
    languages: tuple[str, ...]
    purpose: str
    always: bool
    openings: tuple[Opening, ...]
    holidays: bool
    scope: Scope
    order: int
    checked: date | None
    source: str
    flag: str


def read_contacts(table: Table, vocabulary: Mapping[str, FactType]) -> dict[str, Contact]:
    """Read `contacts.toml`: one table a contact.

    Raises:
        KnowledgeError: a key is unknown, missing or wrong.
    """
    contacts = {name: _contact(name, part, vocabulary) for name, part in table.named_tables()}
    table.close()
    return dict(sorted(contacts.items(), key=lambda item: (item[1].order, item[0])))


def _contact(name: str, table: Table, vocabulary: Mapping[str, FactType]) -> Contact:
    contact = Contact(
        id=name,
        number=table.string("number"),
        how=table.choice("how", HOW),
        languages=table.strings("languages", ("fr",)),
        purpose=table.choice("purpose", PURPOSES),
        always=table.flag("always", default=False),
        openings=tuple(_opening(line, table) for line in table.strings("hours", ())),
        holidays=table.flag("holidays", default=True),
        scope=read_scope(table, vocabulary),
        order=table.number("order", 50),
        checked=table.day("checked"),
        source=table.string("source"),
        flag=table.choice("flag", FLAGS),
    )
    table.close()
    if contact.always and contact.openings:
        raise table.error("hours", "it is always open; remove either always or hours")
    return contact


def _opening(line: str, table: Table) -> Opening:
    """Parse `mon-fri 09:00-18:00` or `sat 10:00-24:00`."""
    try:
        days, hours = line.split()
        first, _, last = days.partition("-")
        start, end = DAYS.index(first), DAYS.index(last or first)
        opens, closes = hours.split("-")
        return Opening(
            tuple(range(start, end + 1)),
            time.fromisoformat(opens),
            None if closes == "24:00" else time.fromisoformat(closes),
        )
    except ValueError as error:
        raise table.error("hours", f'{line!r}: write for example "mon-fri 09:00-18:00"') from error
