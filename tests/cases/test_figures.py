"""Counts over many cases, and how long people waited."""

from datetime import UTC, datetime, timedelta

from cases.case import AlertRecord, Consent
from cases.exhibits import with_label
from cases.figures import Wait
from cases.sql.store import SqlStore
from flows.facts import Fact, Source
from flows.standing import Standing
from tests.cases.test_desk import a_case, a_reviewer
from tests.cases.test_store import NOON, an_exhibit
from tests.postgres import BOTH_ENGINES

ENGINES = BOTH_ENGINES

YEAR = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
KNOWN = Standing("fr", labels=("threat",), offences=("threats", "private_insult"), indicated=("threats",))


def test_a_year_is_counted_and_nothing_outside_of_it(store: SqlStore) -> None:
    a_case(store, "a", KNOWN)
    with store.turn("test", "a", NOON) as turn:
        turn.put_fact(Fact("situation", frozenset({"threats", "scam"}), Source.ANSWER))
        turn.add_alert(AlertRecord("suicide_risk", "high", NOON))
        turn.add_alert(AlertRecord("suicide_risk", "medium", NOON))
    with store.turn("test", "b", NOON) as turn:
        turn.set_consent(Consent.NO)
        turn.stand(KNOWN)
    with store.turn("test", "c", NOON - timedelta(days=400)) as turn:
        turn.set_consent(Consent.YES)
        turn.stand(KNOWN)
    tally = store.figures.tally(*YEAR)
    assert tally.hours == {NOON: 2}
    assert (tally.opened, tally.kept) == (2, 1)
    assert tally.situations == {"threats": 1, "scam": 1}
    assert tally.labels == {"threat": 1}
    assert tally.offences == {"threats": 1}
    assert tally.alerts == [frozenset({"suicide_risk"})]
    assert store.figures.years() == (2025, 2026)


def test_a_wait_ends_with_the_answer_of_a_person_and_goes_with_its_case(store: SqlStore) -> None:
    number, staff = a_case(store, "a"), a_reviewer(store)
    for minutes in (0, 1):
        with store.turn("test", "a", NOON + timedelta(minutes=minutes)) as turn:
            turn.want_person()
            turn.stand(Standing("fr"))
    assert store.figures.tally(*YEAR).waits == [Wait(NOON, None)]
    with store.desk.turn(number, staff, NOON + timedelta(minutes=9)) as turn:
        turn.reply("Camille", "Bonjour.", {"text": "Bonjour."})
    with store.desk.turn(number, staff, NOON + timedelta(minutes=30)) as turn:
        turn.hand_back()
    assert store.figures.tally(*YEAR).waits == [Wait(NOON, NOON + timedelta(minutes=9))]
    store.erase(number)
    tally = store.figures.tally(*YEAR)
    assert not tally.waits
    assert tally.opened == 0


def test_of_several_decisions_on_a_label_the_first_state_and_the_last_count(store: SqlStore) -> None:
    number, staff = a_case(store, "a"), a_reviewer(store)
    with store.turn("test", "a", NOON) as turn:
        turn.add_exhibit(an_exhibit(1, "donne ton code"))
    for state in ("asserted", "refused", "asserted"):
        with store.desk.turn(number, staff, NOON) as turn:
            before = turn.case.exhibits[0]
            turn.decide_label(before, with_label(before, "scam", state), "scam")
    assert store.figures.tally(*YEAR).decided == {"scam": {("", "asserted"): 1}}
