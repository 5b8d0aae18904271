"""The contract of the case store, run on every engine of storage."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cases.case import AlertRecord, Consent, Exhibit, Store
from cases.exhibits import digest
from cases.sql.store import SqlStore
from flows.facts import Fact, Source
from tests.conftest import Reopen
from tests.postgres import BOTH_ENGINES

ENGINES = BOTH_ENGINES
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def an_exhibit(position: int, text: str) -> Exhibit:
    bare = Exhibit(
        position=position,
        text=text,
        how="forwarded",
        origin={"kind": "user", "name": "K", "platform_id": "9", "sent_at": None},
        media=None,
        sent_at=None,
        received_at=NOON,
        digest="",
        group=position,
        scores={"threat": 0.9},
        labels=("threat",),
    )
    return replace(bare, digest=digest(bare))


def a_kept_case(store: Store, chat: str = "1") -> str:
    with store.turn("test", chat, NOON) as turn:
        turn.set_consent(Consent.YES)
        turn.save_state({"steps": ["consent"]})
        turn.put_fact(Fact("acts_count", 3, Source.ANSWER))
        turn.add_exhibit(an_exhibit(1, "je te retrouverai"))
        turn.transcribe("person", "il recommence", NOON)
        return turn.case.number


def test_what_a_turn_put_is_there_in_the_next(store: SqlStore) -> None:
    a_kept_case(store)
    with store.turn("test", "1", NOON) as turn:
        assert turn.case.facts["acts_count"].value == 3
        assert turn.case.exhibits[0].text == "je te retrouverai"
        assert turn.case.state == {"steps": ["consent"]}


@pytest.mark.parametrize(
    "value", [True, "ex_partner", 7, frozenset({"a", "b"}), NOON.date(), (NOON.date(), NOON.date() + timedelta(days=2))]
)
def test_every_type_of_value_survives(store: SqlStore, value: object) -> None:
    with store.turn("test", "1", NOON) as turn:
        turn.set_consent(Consent.YES)
        turn.put_fact(Fact("x", value, Source.EXHIBIT, (1, 2), confirmed=False))  # type: ignore[arg-type]  # any Value
    case = store.peek("test", "1")
    assert case is not None
    assert case.facts["x"] == Fact("x", value, Source.EXHIBIT, (1, 2), confirmed=False)  # type: ignore[arg-type]  # same


def test_a_turn_that_fails_leaves_nothing(store: SqlStore) -> None:
    a_kept_case(store)
    with pytest.raises(RuntimeError):  # noqa: PT012 - what is raised inside the turn is the point
        with store.turn("test", "1", NOON) as turn:
            turn.put_fact(Fact("acts_count", 99, Source.ANSWER))
            turn.say("send", {"text": "x"})
            raise RuntimeError
    case = store.peek("test", "1")
    assert case is not None
    assert case.facts["acts_count"].value == 3
    assert store.due("test", NOON) == []


def test_an_update_is_taken_once_and_emptied_when_handled(store: SqlStore) -> None:
    assert store.take("test", [("1", "7", "{}"), ("2", "7", "{}")]) == 2
    assert store.take("test", [("2", "7", "{}"), ("3", "7", "{}")]) == 1
    first = store.waiting("test")[0]
    with store.turn("test", "7", NOON, taken=first.id):
        pass
    assert [taken.update for taken in store.waiting("test")] == ["2", "3"]
    assert store.take("test", [("1", "7", "{}")]) == 0


def test_the_outbox_gives_one_thing_a_conversation_in_order(store: SqlStore) -> None:
    for chat in ("1", "2"):
        with store.turn("test", chat, NOON) as turn:
            turn.say("send", {"text": f"{chat}a"})
            turn.say("send", {"text": f"{chat}b"})
    first = store.due("test", NOON)
    assert [out.body["text"] for out in first] == ["1a", "2a"]
    store.failed(first[0].id, NOON + timedelta(seconds=30))
    store.sent(first[1].id, NOON, ["501"])
    assert [out.body["text"] for out in store.due("test", NOON)] == ["2b"]
    assert [out.body["text"] for out in store.due("test", NOON + timedelta(minutes=1))] == ["1a", "2b"]
    assert store.thread("test", "2", NOON - timedelta(hours=48)) == ["501"]


def test_an_unsent_answer_to_the_same_gesture_is_replaced(store: SqlStore) -> None:
    for count in (1, 2, 3):
        with store.turn("test", "1", NOON) as turn:
            turn.say("send", {"text": str(count)}, merge="burst", not_before=NOON + timedelta(seconds=2))
    assert store.due("test", NOON) == []
    assert [out.body["text"] for out in store.due("test", NOON + timedelta(seconds=3))] == ["3"]


def test_without_consent_nothing_of_the_content_is_on_disk(store: SqlStore, reopen: Reopen) -> None:
    with store.turn("test", "1", NOON) as turn:
        turn.put_fact(Fact("acts_count", 3, Source.ANSWER))
        turn.add_exhibit(an_exhibit(1, "je te retrouverai"))
        turn.hold("mes mots")
        turn.transcribe("person", "il recommence", NOON)
        turn.add_alert(AlertRecord("suicide_risk", "high", NOON))
    store.close()
    reopened = reopen()
    case = reopened.peek("test", "1")
    assert case is not None
    assert (dict(case.facts), list(case.exhibits), case.held) == ({}, [], None)
    assert case.alerts[0].alert == "suicide_risk"
    reopened.close()


def test_saying_no_later_forgets_what_was_on_disk(store: SqlStore) -> None:
    a_kept_case(store)
    with store.turn("test", "1", NOON) as turn:
        turn.set_consent(Consent.NO)
    for table in ("facts", "exhibits", "transcript", "custody"):
        assert store._count(f"SELECT count(*) FROM {table}") == 0  # noqa: S608 - names from this line


def test_erasing_leaves_only_the_number_and_the_day(store: SqlStore) -> None:
    number = a_kept_case(store)
    assert store.erase(number)
    assert not store.erase(number)
    for table in ("cases", "facts", "exhibits", "transcript", "custody", "alerts", "outbox"):
        assert store._count(f"SELECT count(*) FROM {table}") == 0  # noqa: S608 - names from this line
    assert store.erased()[0][0] == number


def test_a_case_past_its_retention_is_purged_and_the_others_stay(store: SqlStore) -> None:
    old = a_kept_case(store, "1")
    with store.turn("test", "2", NOON + timedelta(days=300)) as turn:
        turn.save_state({})
    assert store.purge(NOON + timedelta(days=10), NOON.date()) == [old]
    assert len(store.cases()) == 1


def test_an_exhibit_keeps_its_words_when_its_labels_change(store: SqlStore) -> None:
    a_kept_case(store)
    with store.turn("test", "1", NOON) as turn:
        exhibit = turn.case.exhibits[0]
        turn.replace_exhibit(replace(exhibit, labels=(), refused=("threat",)))
        with pytest.raises(ValueError, match="only its labels"):
            turn.replace_exhibit(replace(exhibit, text="autre"))
    number = store.cases()[0]
    assert [entry.event for entry in store.custody(number)] == ["received", "corrected"]
    assert store.integrity() == []


def test_a_conversation_without_consent_leaves_nothing_after_its_days(store: SqlStore) -> None:
    with store.turn("test", "silent", NOON) as turn:
        turn.save_state({"steps": ["consent"]})
        number = turn.case.number
    far = NOON - timedelta(days=999)
    assert store.purge(far, NOON.date(), abandoned_before=NOON) == []
    assert store.purge(far, NOON.date(), abandoned_before=NOON + timedelta(seconds=1)) == [number]
