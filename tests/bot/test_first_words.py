"""What frightened people write first: a bare call for help, a secret, another script. Never "I do not understand"."""

import pytest

from bot.talk import KEYS
from cases.sqlite import SqliteStore
from nlp.understand import small_talk
from tests.builders import Person, button_ids, words

PLEAS = ["aidez moi", "Aidez-moi !!", "aide moi stp", "svp aidez moi", "j'ai besoin d'aide", "pouvez vous m'aider svp",
         "help me", "SOS", "svp", "peux tu m'aider", "aidez nous"]  # fmt: skip
NO_PLEAS = ["il m'a aidé", "j'aide ma fille", "aide", "on m'aide", "mon ami veut m'aider", "c'est moi",
            "je ne veux pas que vous m'aidiez"]  # fmt: skip
SECRETS = ["faut pas le dire a mes parents", "ne dites rien à mes parents", "ne pas prévenir la police svp",
           "mes parents ne doivent pas savoir", "don't tell my parents", "faut rien dire à ma mère",
           "il faut pas le dire à mes parents"]  # fmt: skip
NO_SECRETS = ["je l'ai dit à mes parents", "mes parents savent", "il a tout dit à mes parents",
              "il veut tout dire à ma famille", "il m'a dit de ne rien dire à mes parents",
              "il me menace si je paie pas de ne pas se taire et de dire à mes parents"]  # fmt: skip


@pytest.mark.parametrize("plea", PLEAS)
@pytest.mark.parametrize("begun", [False, True], ids=["first minute", "first question"])
def test_a_bare_call_for_help_is_heard_and_gets_numbers_and_the_question(
    plea: str, *, begun: bool, store: SqliteStore
) -> None:
    person = Person(store)
    if begun:
        person.agrees()
    else:
        person.writes("/start")
    replies = person.writes(plea)
    assert "Je suis là" in words(replies)
    assert "17" in words(replies)
    assert "114" in words(replies)
    assert "comprend" not in words(replies)
    assert button_ids(replies)
    assert person.state.misses == 0


@pytest.mark.parametrize("said", NO_PLEAS + NO_SECRETS)
def test_what_is_told_of_help_or_of_parents_is_no_call_and_no_secret(said: str) -> None:
    assert small_talk(said) not in ("plea", "secret")


@pytest.mark.parametrize("secret", SECRETS)
def test_whoever_fears_that_others_are_told_hears_the_truth(secret: str, store: SqliteStore) -> None:
    replies = Person(store).agrees().writes(secret)
    assert "je ne préviens personne" in words(replies)
    assert "peut devoir vous protéger" in words(replies)
    assert button_ids(replies)


@pytest.mark.parametrize("text", ["مرحبا أحتاج مساعدة", "помогите мне пожалуйста", "请帮帮我"])
def test_another_script_is_answered_by_what_we_read_the_buttons_and_the_numbers(text: str, store: SqliteStore) -> None:
    person = Person(store).agrees()
    for _ in range(3):
        replies = person.writes(text)
        assert "français et l'anglais" in words(replies)
        assert "17" in words(replies)
        assert any("human" in [button.id for row in reply.buttons for button in row] for reply in replies)
        assert replies[-1].buttons
        assert tuple(key.id for key in replies[-1].keys) == KEYS
