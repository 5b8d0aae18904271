"""The custody log: any single change is found and named."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from cases.custody import Entry, first_fault, next_entry

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def a_log(length: int) -> list[Entry]:
    entries: list[Entry] = []
    for position in range(1, length + 1):
        detail = {"exhibit": position, "sha256": f"{position:064x}"}
        entries.append(next_entry(entries[-1] if entries else None, "received", detail, NOON))
    return entries


def test_an_untouched_log_holds() -> None:
    assert first_fault(a_log(50)) is None
    assert first_fault([]) is None


@given(st.integers(2, 12), st.data())
def test_any_single_change_is_found(length: int, data: st.DataObject) -> None:
    entries = a_log(length)
    place = data.draw(st.integers(0, length - 2))
    match data.draw(st.sampled_from(["detail", "event", "time", "drop", "swap", "insert"])):
        case "detail":
            entries[place] = replace(entries[place], detail={"exhibit": 99})
        case "event":
            entries[place] = replace(entries[place], event="erased")
        case "time":
            entries[place] = replace(entries[place], at=NOON.replace(minute=1))
        case "drop":
            del entries[place]
        case "swap":
            entries[place], entries[place + 1] = entries[place + 1], entries[place]
        case "insert":
            entries.insert(place, entries[place])
    assert first_fault(entries) is not None


def test_the_first_bad_entry_is_named() -> None:
    entries = a_log(5)
    entries[2] = replace(entries[2], event="viewed")
    assert first_fault(entries) == "entry 3 was changed"
