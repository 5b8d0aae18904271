"""What a platform can do decides what is asked and promised on it; one table says so."""

import subprocess
import sys
from dataclasses import replace

import pytest
from telegram.constants import MessageLimit

from bot import capabilities, commands
from bot.capabilities import TABLE
from bot.channel import WithoutFiles
from bot.channels import matrix, telegram, web, whatsapp
from bot.config import MediaSettings
from bot.messages import Media, MediaKind
from bot.state import State
from bot.talk import Means
from cases.sqlite import SqliteStore
from flows.facts import Fact, Source
from tests.bot.test_moving import CODE, arrives
from tests.builders import ROOT, Person, button_ids, means_with, words

PHOTO = Media(MediaKind.PHOTO, "ref", "image/jpeg", 1000)
ADULT = Fact("victim_age_band", "adult", Source.ANSWER)
CHANNELS = (telegram.Telegram, web.Web, matrix.Matrix, whatsapp.WhatsApp)
SAYS = {"none": "restent", "hours": "48 dernières heures", "ours": "mes messages dans ce salon", "all": "écran"}
LEFT = {"none": "rien effacer dans ce fil", "hours": "plus de 48 heures", "ours": "mes messages", "all": "historique"}


def that_opens_files() -> Means:
    made = means_with(lambda config: replace(config, media=MediaSettings("digest", read_screenshots=True)))
    return replace(made, reads_screenshots=True)


def who_shows(channel: str, store: SqliteStore) -> Person:
    """She has agreed and shows a picture."""
    person = Person(store, means=that_opens_files(), channel=channel).agrees()
    with store.turn(channel, person.chat, person.now) as turn:
        turn.put_fact(ADULT)
    person.sends(media=(PHOTO,))
    return person


@pytest.mark.parametrize("channel", TABLE)
def test_she_is_asked_what_a_file_shows_only_where_it_could_be_fetched(channel: str, store: SqliteStore) -> None:
    person = who_shows(channel, store)
    assert ("picture_plain" in button_ids(person.presses("why"))) is TABLE[channel].files
    assert bool(person.state.pictures) is TABLE[channel].files


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_hands_files_over_as_its_table_says(channel: type) -> None:
    assert channel.capabilities is TABLE[channel.name]  # type: ignore[attr-defined]  # every channel has both
    assert issubclass(channel, WithoutFiles) is not channel.capabilities.files  # type: ignore[attr-defined]  # same


@pytest.mark.parametrize("channel", TABLE)
def test_what_stays_in_the_thread_is_said_as_it_is_on_that_platform(channel: str, store: SqliteStore) -> None:
    able = TABLE[channel]
    person = Person(store, channel=channel).agrees()
    person.forwards("je vais te tuer")
    person.presses("leave")
    back = words(person.writes("parapluie"))
    assert LEFT[able.wiping] in back
    person.writes("/effacer")
    gone = words(person.answers("erase", "erase_confirm"))
    assert SAYS[able.wiping] in gone
    assert ("48" in back + gone) is (able.wiping == "hours")
    assert "Telegram" not in back + gone


@pytest.mark.parametrize("channel", TABLE)
def test_what_the_command_line_leaves_behind_is_true_as_well(channel: str) -> None:
    told = commands._farewell(State(), TABLE[channel])
    assert told is not None
    assert SAYS[TABLE[channel].wiping] in told["text"]


@pytest.mark.parametrize("channel", TABLE)
def test_where_nothing_can_be_deleted_leaving_does_not_promise_a_clean_screen(channel: str, store: SqliteStore) -> None:
    person = Person(store, channel=channel)
    person.writes("/start")
    said = words(person.presses("phone_safe:yes"))
    assert "parapluie" in said
    assert ("reste à l'écran" in said) is (TABLE[channel].wiping == "none")


def test_the_command_line_reads_the_table_without_any_platforms_library() -> None:
    code = "import bot.commands, sys; sys.exit(bool({'telegram', 'nio', 'starlette'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_telegrams_limit_is_that_of_its_library() -> None:
    assert TABLE["telegram"].text == MessageLimit.MAX_TEXT_LENGTH


def test_staff_who_type_for_somebody_are_limited_by_no_platform() -> None:
    assert capabilities.of("desk") is capabilities.ANY


@pytest.mark.parametrize("presses", [(), ("picture_plain",)], ids=["for her word", "to be fetched"])
def test_a_picture_that_waited_is_not_dropped_in_silence_when_her_case_moves(
    presses: tuple[str, ...], store: SqliteStore
) -> None:
    person = who_shows("telegram", store)
    person.answers(*presses)
    assert person.state.pictures or person.state.fetching or person.state.to_read
    found = CODE.search(words(person.writes("/code")))
    assert found
    told = words(arrives(person, found[0]))
    assert "recopier les mots" in told
    case = store.peek("web", "new")
    assert case is not None
    here = State.from_json(case.state)
    assert (here.pictures, here.to_read, here.fetching) == ([], [], [])
    assert "picture_shown" not in here.steps
