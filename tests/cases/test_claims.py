"""Claims of workers on one database: one owner at a time, a lease that ends, and what is in memory only."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from cases.case import Consent
from cases.claims import LEAD
from cases.errors import ElsewhereError
from cases.postgres import PostgresStore
from cases.sql.claims import IDLE, LEASE, MARGIN
from flows.facts import Fact, Source
from tests.cases.test_store import NOON, a_kept_case
from tests.postgres import a_postgres_store

LATER = NOON + timedelta(hours=1)


@dataclass
class Clock:
    """Seconds that a worker counts."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Pair:
    """Two workers of one helpline."""

    one: PostgresStore
    other: PostgresStore
    clock: Clock

    def lets_the_lease_of_one_end(self) -> None:
        """As when it was frozen so long."""
        self.clock.now += LEASE
        self.other._rows("UPDATE workers SET until = until - make_interval(secs => ?) WHERE id = ?", (LEASE, self.id))
        self.other.claims.renew()

    @property
    def id(self) -> int:
        """Of the first one."""
        assert self.one.claims.worker is not None
        return self.one.claims.worker


@pytest.fixture
def pair(postgres_url: str, tmp_path: Path) -> Iterator[Pair]:
    stores = [a_postgres_store(postgres_url, tmp_path) for _ in range(2)]
    clock = Clock()
    stores[0]._shared.clock = clock
    for store in stores:
        store.claims.join()
    yield Pair(stores[0], stores[1], clock)
    for store in stores:
        store.close()


def arrive(store: PostgresStore, *chats: str) -> None:
    for chat in chats:
        number = store._rows("SELECT count(*) FROM inbox").fetchall()[0][0]
        store.take("test", [(str(number), chat, f"{chat}-{number}")])


def chats_of(store: PostgresStore) -> list[str]:
    return [taken.chat for taken in store.claims.waiting("test")]


def test_a_conversation_has_one_worker_and_keeps_it_while_that_one_lives(pair: Pair) -> None:
    arrive(pair.one, "a", "a")
    assert chats_of(pair.one) == ["a", "a"]
    arrive(pair.one, "b", "a")
    assert chats_of(pair.other) == ["b"]
    assert chats_of(pair.one) == ["a", "a", "a"]


def test_updates_come_in_their_order_of_arrival(pair: Pair) -> None:
    arrive(pair.one, "a", "b", "a", "c", "a")
    assert [taken.raw for taken in pair.other.claims.waiting("test")] == ["a-0", "b-1", "a-2", "c-3", "a-4"]


def test_what_is_to_be_sent_belongs_to_the_worker_of_the_conversation(pair: Pair) -> None:
    arrive(pair.one, "a")
    chats_of(pair.one)
    for chat in ("a", "b"):
        with pair.one.turn("test", chat, NOON) as turn:
            turn.say("send", {"text": chat})
    assert [out.chat for out in pair.other.claims.due("test", LATER)] == ["b"]
    assert [out.chat for out in pair.one.claims.due("test", LATER)] == ["a"]
    assert not pair.one.claims.take("test", "b")
    assert not pair.other.claims.take("test", "a")


def test_who_has_lost_its_lease_loses_everything_and_another_goes_on(pair: Pair) -> None:
    arrive(pair.one, "a")
    assert chats_of(pair.one) == ["a"]
    pair.lets_the_lease_of_one_end()
    assert not pair.one.claims.holds("test", "a")
    assert chats_of(pair.one) == []
    assert chats_of(pair.other) == ["a"]
    pair.one.claims.renew()
    assert not pair.one.claims.take("test", "a")
    assert pair.one.claims.take("test", "b")


def test_nothing_is_begun_outside_of_the_store_shortly_before_the_lease_ends(pair: Pair) -> None:
    assert pair.one.claims.take("test", "a")
    pair.clock.now += LEASE - MARGIN - 0.1
    assert pair.one.claims.holds("test", "a")
    pair.clock.now += 0.2
    assert not pair.one.claims.holds("test", "a")
    pair.one.claims.renew()
    assert pair.one.claims.holds("test", "a")


def test_an_update_that_another_worker_has_handled_is_not_applied_again(pair: Pair) -> None:
    arrive(pair.one, "a")
    (mine,) = pair.one.claims.waiting("test")
    pair.lets_the_lease_of_one_end()
    (theirs,) = pair.other.claims.waiting("test")
    with pytest.raises(ElsewhereError), pair.one.turn("test", "a", NOON, taken=mine.id) as turn:
        turn.want_person()  # whatever it does is undone
    assert pair.one.peek("test", "a") is None
    with pair.other.turn("test", "a", NOON, taken=theirs.id):
        pass
    with pytest.raises(ElsewhereError), pair.one.turn("test", "a", NOON, taken=mine.id):
        pass


def test_an_update_handled_twice_by_the_same_worker_is_refused_too(pair: Pair) -> None:
    arrive(pair.one, "a")
    (taken,) = pair.one.claims.waiting("test")
    with pair.one.turn("test", "a", NOON, taken=taken.id):
        pass
    with pytest.raises(ElsewhereError):
        pair.one.skip(taken.id)


def test_a_worker_that_ends_frees_what_it_had_at_once(pair: Pair) -> None:
    arrive(pair.one, "a")
    chats_of(pair.one)
    pair.one.claims.leave()
    assert chats_of(pair.other) == ["a"]


def test_who_takes_the_place_of_a_worker_that_was_killed_has_what_it_had_at_once(pair: Pair) -> None:
    pair.one.claims.join("w1")
    arrive(pair.one, "a")
    assert chats_of(pair.one) == ["a"]
    pair.other.claims.join("w1")  # the next one in its place
    assert chats_of(pair.other) == ["a"]


def test_what_one_worker_does_for_all_goes_to_another_when_it_ends(pair: Pair) -> None:
    assert pair.one.claims.take(LEAD, "schedule")
    assert not pair.other.claims.take(LEAD, "schedule")
    pair.clock.now += IDLE + 1
    pair.one.claims.renew()
    pair.one.claims.release(lambda _: False)
    assert not pair.other.claims.take(LEAD, "schedule")
    pair.one.claims.leave()
    assert pair.other.claims.take(LEAD, "schedule")


def a_fact_in_memory(store: PostgresStore, chat: str = "a") -> None:
    with store.turn("test", chat, NOON) as turn:
        turn.set_consent(Consent.UNASKED)
        turn.put_fact(Fact("acts_count", 3, Source.ANSWER))


def facts(store: PostgresStore, chat: str = "a") -> list[str]:
    case = store.peek("test", chat)
    assert case is not None
    return list(case.facts)


def test_a_conversation_in_memory_only_stays_with_its_worker_and_others_are_let_go(pair: Pair) -> None:
    for chat in ("a", "b"):
        assert pair.one.claims.take("test", chat)
    a_fact_in_memory(pair.one)
    a_kept_case(pair.one, "b")
    pair.clock.now += IDLE + 1
    pair.one.claims.renew()
    pair.one.claims.release(lambda place: place == ("test", "b"))
    assert not pair.other.claims.take("test", "b")  # a message of it is on its way
    pair.one.claims.release(lambda _: False)
    assert pair.other.claims.take("test", "b")
    assert not pair.other.claims.take("test", "a")
    assert facts(pair.one) == ["acts_count"]


def test_what_was_in_memory_before_another_worker_had_the_conversation_never_comes_back(pair: Pair) -> None:
    pair.one.claims.take("test", "a")
    a_fact_in_memory(pair.one)
    pair.lets_the_lease_of_one_end()
    assert pair.other.claims.take("test", "a")
    assert facts(pair.other) == []
    pair.other.claims.leave()
    pair.one.claims.renew()
    assert pair.one.claims.take("test", "a")
    assert facts(pair.one) == []


def test_what_was_in_memory_of_a_case_that_another_process_erased_is_forgotten(pair: Pair) -> None:
    for chat in ("a", "b"):
        a_fact_in_memory(pair.one, chat)
    for number in pair.other.cases():
        pair.other.erase(number)
    with pair.one.turn("test", "a", NOON) as turn:
        assert turn.case.facts == {}
    pair.one.forget_the_erased()
    assert list(pair.one._memories) == [("test", "a")]


def test_a_case_moves_when_the_worker_of_its_old_conversation_has_let_go(pair: Pair) -> None:
    number = a_kept_case(pair.one, "old")
    pair.one.claims.take("test", "old")
    with pair.one.turn("test", "old", NOON) as turn:
        turn.offer_move("digest", LATER)
        turn.say("send", {"text": "waits"})
    assert pair.other.claims.take("web", "new")
    with pytest.raises(ElsewhereError):
        pair.other.move("digest", "web", "new", NOON)
    pair.one.claims.release(lambda place: place == ("test", "old"))  # something is on its way
    with pytest.raises(ElsewhereError):
        pair.other.move("digest", "web", "new", NOON)
    arrive(pair.one, "old")
    assert chats_of(pair.one) == []  # asked for, nothing is begun there
    pair.one.claims.release(lambda _: False)
    assert pair.other.move("digest", "web", "new", NOON)
    case = pair.other.by_number(number)
    assert case is not None
    assert case.channel == "web"
    assert [out.chat for out in pair.other.claims.due("web", LATER)] == ["new"]
    assert chats_of(pair.one) == ["old"]  # free again


def test_a_worker_that_never_joined_handles_nothing_of_others_but_the_console_may_write(pair: Pair) -> None:
    a_kept_case(pair.one, "a")
    pair.one.claims.take("test", "a")
    number = pair.one.cases()[0]
    pair.other.claims.leave()
    assert chats_of(pair.other) == []
    with pair.other.turn("test", "a", NOON) as turn:
        turn.log("viewed", {})
    assert pair.one.custody(number)[-1].event == "viewed"


def test_a_backup_or_a_purge_is_made_by_one_process_at_a_time(pair: Pair) -> None:
    assert pair.one.alone_at("backup")
    assert not pair.other.alone_at("backup")
    assert pair.other.alone_at("purge")
    pair.one.close()
    assert any(pair.other.alone_at("backup") for _ in range(10_000))  # as soon as the server has noticed
