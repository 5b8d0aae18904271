"""How a reply degrades, and how a typed mark is read back."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot import engine
from bot.channels import matrix, telegram
from bot.degrading import offered, read_mark, show
from bot.messages import Inbound, Origin, OriginKind
from cases.sql.store import SqlStore
from tests.builders import KEY_NAMES, TUESDAY_AFTERNOON, Person, a_store, the_knowledge, words

NONE, ALL = matrix.CAPABILITIES, telegram.CAPABILITIES
KEYS = [["urgent", "Aide urgente"], ["skip", "Passer"], ["leave", "Quitter"]]
PLAIN = [["a:yes", "Oui"], ["a:no", "Non"]]
FIGURES = [["a:once", "1 fois"], ["a:few", "2 à 5 fois"], ["a:many", "plus de 5 fois"]]
HEARD = Inbound("matrix", "!r", "$1", TUESDAY_AFTERNOON)


def a_body(*pairs: list[str]) -> dict[str, object]:
    return {"text": "Question ?", "buttons": [[pair] for pair in pairs], "keys": KEYS}


def test_buttons_become_lines_and_the_keys_a_last_line() -> None:
    (shown,) = show(a_body(*PLAIN), NONE)
    assert shown.text == "Question ?\n1. Oui\n2. Non\n\nAide urgente · Passer · Quitter"
    assert shown.rows == []
    (whole,) = show(a_body(*PLAIN), ALL)
    assert (whole.text, len(whole.rows)) == ("Question ?", 3)


def test_labels_with_figures_are_marked_by_letters_so_that_a_number_stays_a_number() -> None:
    (shown,) = show(a_body(*FIGURES), NONE)
    assert "b. 2 à 5 fois" in shown.text
    state = {"offered": offered(FIGURES)}
    assert read_mark(replace(HEARD, text="3"), state, NONE).text == "3"
    assert read_mark(replace(HEARD, text="B)"), state, NONE).choice == "a:few"


@pytest.mark.parametrize("typed", ["1", " 1 ", "1.", "1)"])
def test_a_mark_is_the_choice_it_stands_for(typed: str) -> None:
    read = read_mark(replace(HEARD, text=typed), {"offered": offered(PLAIN)}, NONE)
    assert (read.choice, read.text) == ("a:yes", "")


@pytest.mark.parametrize(
    "heard",
    [
        replace(HEARD, text="3"),
        replace(HEARD, text="12 ans"),
        replace(HEARD, text="1", origin=Origin(OriginKind.HIDDEN_USER)),
        replace(HEARD, text="1", choice="skip"),
    ],
)
def test_what_is_no_mark_is_unchanged(heard: Inbound) -> None:
    assert read_mark(heard, {"offered": offered(PLAIN)}, NONE) == heard


def test_a_number_means_nothing_where_buttons_were_shown_or_after_she_left() -> None:
    one = replace(HEARD, text="1")
    assert read_mark(one, {"offered": offered(PLAIN)}, ALL) == one
    assert read_mark(one, {"offered": offered(PLAIN), "dull": True}, NONE) == one
    assert read_mark(one, {}, NONE) == one


def test_an_answer_by_number_survives_a_restart(store: SqlStore, tmp_path: Path) -> None:
    Person(store).agrees()
    store.close()
    again = a_store(tmp_path)
    with again.turn("test", "7", TUESDAY_AFTERNOON) as turn:
        heard = read_mark(replace(HEARD, channel="test", chat="7", text="1"), turn.case.state, NONE)
        engine.answer(Person(again).means, turn, heard)
    case = again.peek("test", "7")
    assert case is not None
    assert case.facts["reporter"].value == "victim"
    again.close()


@pytest.mark.parametrize("language", the_knowledge().texts.languages)
@pytest.mark.parametrize("key", KEY_NAMES)
def test_typing_the_words_of_a_key_is_pressing_it(person: Person, language: str, key: str) -> None:
    person.agrees().presses(f"language:{language}")
    typed = words(person.writes(the_knowledge().texts.get(f"buttons.{key}", language)))
    if key == "urgent":
        assert "3114" in typed
    elif key == "leave":
        assert person.state.dull
    else:
        assert person.state.skips_in_row == 1
