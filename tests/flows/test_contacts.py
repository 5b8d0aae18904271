"""Contacts under a frozen clock: who answers now."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from flows import contacts
from flows.derive import known_facts
from tests.builders import facts, the_knowledge

PARIS = ZoneInfo("Europe/Paris")
REUNION = ZoneInfo("Indian/Reunion")


def open_at(name: str, at: datetime) -> bool:
    return contacts.now(the_knowledge().contacts[name], at).is_open


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (datetime(2026, 11, 24, 8, 59, tzinfo=PARIS), False),
        (datetime(2026, 11, 24, 9, 0, tzinfo=PARIS), True),
        (datetime(2026, 11, 24, 22, 59, tzinfo=PARIS), True),
        (datetime(2026, 11, 24, 23, 0, tzinfo=PARIS), False),
        (datetime(2026, 3, 29, 9, 0, tzinfo=PARIS), True),  # the day clocks go forward
        (datetime(2026, 10, 25, 8, 59, tzinfo=PARIS), False),  # the day they go back
        (datetime(2026, 11, 24, 11, 59, tzinfo=REUNION), False),  # 08:59 in Paris
        (datetime(2026, 11, 24, 12, 0, tzinfo=REUNION), True),
    ],
)
def test_the_youth_line_is_open_from_nine_to_twenty_three_in_paris(at: datetime, is_open: bool) -> None:  # noqa: FBT001
    assert open_at("digital_youth", at) is is_open


def test_a_line_closed_on_holidays_is_closed_on_the_first_of_may() -> None:
    assert not open_at("rape", datetime(2026, 5, 1, 11, tzinfo=PARIS))
    assert open_at("rape", datetime(2026, 5, 4, 11, tzinfo=PARIS))


@pytest.mark.parametrize("day", [date(2026, 4, 6), date(2026, 5, 14), date(2026, 5, 25), date(2027, 3, 29)])
def test_moving_holidays_are_known(day: date) -> None:
    assert contacts.is_holiday(day)


def test_closed_lines_say_when_they_open_and_do_not_come_first() -> None:
    night = datetime(2026, 11, 24, 3, tzinfo=PARIS)
    listed = contacts.for_her(the_knowledge(), night, {}, "listening")
    assert [each.is_open for each in listed] == sorted((each.is_open for each in listed), reverse=True)
    assert "ouvre aujourd'hui à 9 h" in contacts.values(the_knowledge(), night)["digital_youth_hours"]


@pytest.mark.parametrize(("age", "first"), [("under_15", True), ("adult", False)])
def test_the_child_line_is_shown_to_minors_and_parents_only(age: str, first: bool) -> None:  # noqa: FBT001
    known = known_facts(facts(victim_age_band=age), [], the_knowledge())
    listed = contacts.for_her(the_knowledge(), datetime(2026, 11, 24, 12, tzinfo=PARIS), known, "listening")
    shown = [each.contact.id for each in listed]
    assert ("child_danger" in shown) is first
    assert (shown[0] == "child_danger") is first
