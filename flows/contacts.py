"""Contacts as she needs them now: open or closed at this hour, the day-and-night ones when the others sleep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flows.contact_data import Contact
from flows.facts import Fact
from flows.knowledge import Knowledge
from flows.withdrawn import ids

PARIS = ZoneInfo("Europe/Paris")
MOST_CHARACTERS = 320
LOOK_AHEAD_DAYS = 8


@dataclass(frozen=True, slots=True)
class ContactNow:
    """A contact at a given instant: open or not, and when that changes (Paris time), None when never or unknown."""

    contact: Contact
    is_open: bool
    changes_at: datetime | None


def now(contact: Contact, at: datetime) -> ContactNow:
    """Whether a contact answers at `at` (any aware time), and until or from when."""
    here = at.astimezone(PARIS)
    if contact.always or not contact.openings:
        return ContactNow(contact, contact.always, None)
    stretches = _stretches(contact, here.date())
    for start, end in stretches:
        if start <= here < end:
            return ContactNow(contact, is_open=True, changes_at=end)
    later = [start for start, _ in stretches if start > here]
    return ContactNow(contact, is_open=False, changes_at=min(later, default=None))


def _stretches(contact: Contact, day: date) -> list[tuple[datetime, datetime]]:
    """Opening stretches from `day` on, in Paris time; a change of clock moves the instant, not the hour on the door."""
    found = []
    for ahead in range(LOOK_AHEAD_DAYS):
        date_ = day + timedelta(days=ahead)
        if not contact.holidays and is_holiday(date_):
            continue
        for opening in contact.openings:
            if date_.weekday() in opening.days:
                closes = opening.closes
                end = datetime.combine(date_ if closes else date_ + timedelta(days=1), closes or time(), PARIS)
                found.append((datetime.combine(date_, opening.opens, PARIS), end))
    return sorted(found)


def is_holiday(day: date) -> bool:
    """Whether `day` is one of the eleven public holidays of France."""
    fixed = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
    easter = _easter(day.year)
    moving = {easter + timedelta(days=days) for days in (1, 39, 50)}
    return (day.month, day.day) in fixed or day in moving


def _easter(year: int) -> date:
    """Easter Sunday (anonymous Gregorian algorithm, Nature, 1876)."""
    century, of_century = divmod(year, 100)
    epact = (19 * (year % 19) + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - epact - of_century % 4) % 7
    late = (year % 19 + 11 * epact + 19 * weekday) // 433
    month = (epact + weekday - 7 * late + 90) // 25
    return date(year, month, (epact + weekday - 7 * late + 33 * month + 19) % 32)


def for_her(knowledge: Knowledge, at: datetime, facts: Mapping[str, Fact], purpose: str) -> list[ContactNow]:
    """Contacts of a purpose that suit her, those that answer now first, then in the order of the file."""
    suited = [c for c in knowledge.contacts.values() if c.purpose == purpose and c.scope.suits(facts)]
    found = [now(contact, at) for contact in suited]
    return sorted(found, key=lambda each: not each.is_open)


def values(knowledge: Knowledge, at: datetime, language: str = "fr") -> dict[str, str]:
    """What texts may name: `{<contact id>}` its number, `{<contact id>_hours}` whether it answers now."""
    filled = {}
    for name, contact in knowledge.contacts.items():
        filled[name] = contact.number
        filled[f"{name}_hours"] = hours(knowledge, now(contact, at), at, language)
    instead = next(contact for contact in knowledge.contacts.values() if contact.purpose == "emergency")
    for name in ids(knowledge.withdrawn, "contact"):  # a text that names it still gives a number that answers
        filled[name] = instead.number
        filled[f"{name}_hours"] = hours(knowledge, now(instead, at), at, language)
    return filled


def hours(knowledge: Knowledge, contact: ContactNow, at: datetime, language: str = "fr") -> str:
    """Whether it answers now and until when, in words; honest when the hours are not known."""
    texts, here = knowledge.texts, at.astimezone(PARIS)
    if contact.contact.always:
        return texts.get("contacts.always", language)
    change = contact.changes_at
    if change is None:
        return texts.get("contacts.hours_unknown", language)
    clock = f"{change.hour} h" + (f" {change.minute:02}" if change.minute else "")
    if contact.is_open:
        return texts.get("contacts.open_until", language, time=clock)
    days = (change.date() - here.date()).days
    day = texts.get(
        f"contacts.{'today' if days == 0 else 'tomorrow' if days == 1 else f'day_{change.weekday()}'}", language
    )
    return texts.get("contacts.closed_until", language, day=day, time=clock)


def line(knowledge: Knowledge, contact: ContactNow, at: datetime, language: str) -> str:
    """One line: name, number, hours."""
    name = knowledge.texts.get(f"contacts.{contact.contact.id}.name", language)
    when = hours(knowledge, contact, at, language)
    return knowledge.texts.get("contacts.line", language, name=name, number=contact.contact.number, hours=when)


def emergency_lines(knowledge: Knowledge, at: datetime, language: str, facts: Mapping[str, Fact]) -> list[str]:
    """Emergency numbers, then who listens now."""
    emergency = for_her(knowledge, at, facts, "emergency")
    listening = [each for each in for_her(knowledge, at, facts, "listening") if each.is_open]
    return [line(knowledge, each, at, language) for each in (*emergency, *listening)]


def listening_lines(knowledge: Knowledge, at: datetime, language: str, facts: Mapping[str, Fact]) -> list[str]:
    """Who listens: those open now first; the closed ones say when they open."""
    return [line(knowledge, each, at, language) for each in for_her(knowledge, at, facts, "listening")]


def in_messages(lines: Sequence[str], most: int = MOST_CHARACTERS) -> list[str]:
    """Lines gathered into as few messages as their length allows."""
    messages: list[str] = []
    for text in lines:
        if messages and len(messages[-1]) + 1 + len(text) <= most:
            messages[-1] += f"\n{text}"
        else:
            messages.append(text)
    return messages
