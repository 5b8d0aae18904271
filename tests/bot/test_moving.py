"""A case goes to another channel with a code that works once; without it nobody is linked to anybody."""

import re
from datetime import timedelta

from bot import engine, moving
from bot.messages import Inbound, Reply
from cases.custody import first_fault
from cases.sql.store import SqlStore
from tests.builders import Person, button_ids, words
from tests.postgres import BOTH_ENGINES

ENGINES = BOTH_ENGINES

CODE = re.compile(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}")


def arrives(person: Person, text: str, *, channel: str = "web", chat: str = "new") -> list[Reply]:
    inbound = moving.claim(person.store, Inbound(channel, chat, "1", person.now, text=text), person.now)
    with person.store.turn(channel, chat, person.now) as turn:
        return engine.answer(person.means, turn, inbound)


def a_code(person: Person) -> str:
    person.agrees().forwards("je vais te tuer", author="k")
    found = CODE.search(words(person.writes("/code")))
    assert found
    return found[0]


def test_her_case_comes_along_and_shows_the_step_only(person: Person, store: SqlStore) -> None:
    code, number = a_code(person), person.case.number
    replies = arrives(person, f" {code.upper()} ")
    case = store.peek("web", "new")
    assert case is not None
    assert case.number == number
    assert case.exhibits[0].text == "je vais te tuer"
    assert "go_on" in button_ids(replies)
    assert "tuer" not in words(replies)
    assert store.peek("test", "7") is None
    log = store.custody(number)
    assert (log[-1].event, log[-1].detail) == ("moved", {"from": "test", "to": "web"})
    assert first_fault(log) is None
    assert store.faults(number) == []


def test_a_reply_of_the_team_that_waited_is_said_where_she_is_now(person: Person, store: SqlStore) -> None:
    code = a_code(person)
    for outgoing in iter(lambda: store.next_out("test", "7"), None):
        store.sent(outgoing[0].id, person.now)
    with store.turn("test", "7", person.now) as turn:
        turn.save_state(turn.case.state)
        turn.say("wipe", {})
        turn.say("send", {"text": "ici Camille", "buttons": [], "keys": []})
    arrives(person, code)
    assert store.next_out("test", "7") is None
    first = store.next_out("web", "new")
    assert first is not None
    assert (first[0].kind, first[0].body["text"]) == ("send", "ici Camille")


def test_a_code_works_once_and_for_a_day(person: Person, store: SqlStore) -> None:
    code = a_code(person)
    person.now += timedelta(hours=25)
    assert "ne marche pas" not in words(arrives(person, code))  # a first message: welcomed like anybody
    assert "ne marche pas" in words(arrives(person, code))
    assert store.peek("test", "7") is not None
    again = CODE.search(words(person.writes("/code") + person.writes("/code")))
    assert again
    assert "est ici maintenant" not in words(arrives(person, code, chat="third"))


def test_a_new_code_replaces_the_one_before(person: Person) -> None:
    first = a_code(person)
    second = CODE.search(words(person.writes("/code")))
    assert second
    assert "est ici maintenant" not in words(arrives(person, first))
    assert "est ici maintenant" in words(arrives(person, second[0]))
    assert "est ici maintenant" not in words(arrives(person, second[0], chat="other"))


def test_the_code_stands_nowhere_in_clear(person: Person, store: SqlStore) -> None:
    code = a_code(person)
    assert not any(code in text for _, text, _ in store.transcript(person.case.number))
    assert code not in str(store._rows("SELECT * FROM codes").fetchall())


def test_nobody_can_say_that_a_case_has_moved_by_pressing_a_forged_button(person: Person) -> None:
    person.agrees().presses("leave")
    for choice in ("moved", "move", "arrive"):
        assert "est ici" not in words(person.presses(choice))
    assert person.state.dull


def test_a_conversation_that_keeps_a_case_of_its_own_is_not_overwritten(person: Person, store: SqlStore) -> None:
    code = a_code(person)
    other = Person(store, chat="8").agrees()
    inbound = moving.claim(store, Inbound("test", "8", "x", other.now, text=code), other.now)
    assert inbound.moved is False
    assert person.case.exhibits


def test_without_consent_there_is_nothing_to_move(person: Person) -> None:
    person.writes("/start")
    assert not CODE.search(words(person.writes("/code")))
