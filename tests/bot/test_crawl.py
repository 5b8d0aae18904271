"""Walks through the whole conversation: whatever is pressed or sent, the keys are there and nothing is a dead end."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messages import Inbound, Media, MediaKind, Origin, OriginKind, Reply
from cases.case import Consent
from cases.sql.store import SqlStore
from tests.builders import KEY_NAMES, TUESDAY_AFTERNOON, Person, button_ids, keys_of, words

WALKS, LENGTH = 40, 45
SAID = (
    "oui", "non", "je ne sais pas", "mon ex", "il me menace", "hier", "une centaine", "passer", "retour", "pourquoi",
    "pause", "continuer", "aide", "bilan", "effacer", "je veux parler à quelqu'un", "azerty", "/start", "/rien", "🙈",
    "j'ai 14 ans", "instagram", "x" * 900, "https://example.org/p", "/urgence", "/privacy", "english",
)  # fmt: skip
GOODBYES = {"leave", "erase", "erase_confirm"}


def check(replies: list[Reply], person: Person) -> None:
    """What holds after every inbound, unless she left."""
    state = person.state
    if state.dull:
        return
    assert replies, "silence"
    for reply in replies:
        assert keys_of(reply) == KEY_NAMES
        assert 0 < len(reply.text) <= 600
        for row in reply.buttons:
            assert all(0 < len(button.id.encode()) <= 64 and button.label for button in row)
    if state.step != "paused":
        assert any(reply.buttons for reply in replies), f"nothing to press at {state.step}"


@pytest.mark.parametrize("seed", range(WALKS))
def test_a_random_walk_never_meets_a_dead_end(store: SqlStore, seed: int) -> None:
    draw = random.Random(seed)
    person = Person(store)
    replies = person.writes("bonjour")
    for _ in range(LENGTH):
        buttons = [name for name in button_ids(replies) if name not in GOODBYES]
        match draw.randrange(6):
            case 0:
                replies = person.writes(draw.choice(SAID))
            case 1:
                replies = person.forwards(draw.choice(("je vais te tuer", "ok", "sale pute", "à demain")))
            case 2:
                replies = person.presses("skip")
            case _ if buttons:
                replies = person.presses(draw.choice(buttons))
            case _:
                replies = person.writes("oui")
        if person.store.peek("test", person.chat) is None:
            replies = person.writes("bonjour")
        check(replies, person)


@pytest.mark.parametrize(
    "prepare",
    [
        [], ["phone_safe:yes"], ["phone_safe:yes", "consent:yes"], ["phone_safe:no", "consent:no", "a:reporter:victim"],
        ["phone_safe:yes", "consent:yes", "skip", "skip"], ["phone_safe:yes", "consent:yes", "assessment"],
        ["phone_safe:yes", "consent:yes", "pause"], ["phone_safe:yes", "consent:yes", "change_word"],
    ],
    ids=lambda choices: "+".join(choices) or "start",
)  # fmt: skip
def test_any_input_in_any_state_is_answered_and_the_question_comes_back(store: SqlStore, prepare: list[str]) -> None:
    inputs: list[dict[str, Any]] = [
        {"text": "azerty uiop"}, {"media": (Media(MediaKind.STICKER),)}, {"media": (Media(MediaKind.VOICE, "v"),)},
        {"media": (Media(MediaKind.LOCATION),)}, {"unsupported": "service_message"}, {"choice": "a:gone:x"},
        {"choice": ""}, {"text": "/inconnue"}, {"text": "a" * 4000}, {"text": "oui", "edited": True},
    ]  # fmt: skip
    for number, parts in enumerate(inputs):
        person = Person(store, chat=f"{len(prepare)}-{number}")
        person.writes("/start")
        person.answers(*prepare)
        check(person.sends(**parts), person)


def inbounds() -> st.SearchStrategy[dict[str, object]]:
    """Parts of any inbound a platform could deliver, odd combinations included."""
    media = st.builds(
        Media,
        kind=st.sampled_from(MediaKind),
        reference=st.one_of(st.none(), st.text(max_size=20)),
        size=st.one_of(st.none(), st.integers(0, 2**40)),
    )
    origin = st.builds(
        Origin,
        kind=st.sampled_from(OriginKind),
        name=st.one_of(st.none(), st.text(max_size=30)),
        platform_id=st.one_of(st.none(), st.text(max_size=12)),
        sent_at=st.one_of(st.none(), st.just(TUESDAY_AFTERNOON - timedelta(days=9))),
    )
    return st.fixed_dictionaries(
        {
            "text": st.one_of(st.just(""), st.sampled_from(SAID), st.text(max_size=200)),
            "choice": st.one_of(
                st.none(),
                st.text(max_size=64),
                st.sampled_from(["skip", "urgent", "a:situation:threats", "done", "a::", "wrong:x"]),
            ),
            "origin": st.one_of(st.none(), origin),
            "media": st.lists(media, max_size=2).map(tuple),
            "edited": st.booleans(),
            "unsupported": st.one_of(st.none(), st.just("poll_answer")),
            "language": st.one_of(st.none(), st.text(max_size=8)),
            "message_id": st.one_of(st.none(), st.integers(1, 10**9).map(str)),
        }
    )


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(inbounds(), min_size=20, max_size=20), st.integers(0, 9))
def test_ten_thousand_odd_inbounds_raise_nothing(store: SqlStore, sequence: list[dict[str, object]], chat: int) -> None:
    person = Person(store, chat=f"fuzz-{chat}")
    for parts in sequence:
        person.sends(**parts)


def test_the_same_walk_says_the_same_things(store: SqlStore) -> None:
    walks = []
    for chat in ("a", "b"):
        person = Person(store, chat=chat).agrees()
        walks.append(words(person.answers("a:reporter:victim", "a:situation:threats", "a:situation:")))
    assert walks[0] == walks[1]


def test_the_engine_needs_nothing_of_the_platform(store: SqlStore) -> None:
    person = Person(store)
    person.agrees()
    assert person.case.consent is Consent.YES
    assert replace(Inbound("x", "y", "z", TUESDAY_AFTERNOON)).text == ""
