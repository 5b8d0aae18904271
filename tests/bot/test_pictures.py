"""Files she shows, over the Bot API: never fetched unasked, never when intimate or a minor's, read and dropped else."""

import asyncio
import io
import json
import os
import random
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot import cli, commands, config, engine, talk
from bot.channels.telegram import file_url
from bot.config import MediaSettings
from bot.instants import now
from bot.messages import Media, MediaKind, Origin, OriginKind
from bot.pictures import Fetched
from bot.state import State
from bot.talk import Means
from cases import pictures
from cases.case import Case, Consent
from cases.sql.store import SqlStore
from flows.facts import Fact, Source
from nlp import screenshot
from tests.bot import test_crawl as crawl
from tests.bot.test_service import SHE, running
from tests.bot_api import BotApi
from tests.builders import Person, button_ids, means_with, the_knowledge
from tests.pictures import a_chat

WORDS = ("je sais où tu habites", "laisse-moi", "réponds ou je publie tes photos nues")
ADULT, CHILD = Fact("victim_age_band", "adult", Source.ANSWER), Fact("victim_age_band", "15_17", Source.ANSWER)
ON_IT = Fact("image_subject_minor", value=True, source=Source.ANSWER)
SPOKEN = ("oui", "je ne sais pas", "non")
ANSWERS_THAT_STOP = ("picture_intimate", "unsure", "skip", "oui", "je ne sais pas", "leave")

pytestmark = pytest.mark.skipif(bool(screenshot.missing()), reason="Tesseract; .ci/run installs it")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gesture of one file needs no waiting for the next one."""
    monkeypatch.setattr(talk, "BURST_PAUSE", timedelta(milliseconds=50))


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    started = await BotApi().start()
    yield started
    await started.stop()


def means(policy: str = "reference", *, reads: bool = False) -> Means:
    made = means_with(lambda config: replace(config, media=MediaSettings(policy, read_screenshots=reads)))
    return replace(made, reads_screenshots=reads)


def somebody(store: SqlStore, *known: Fact, consent: Consent = Consent.YES) -> None:
    """She has agreed, and is at the first question."""
    with store.turn("telegram", str(SHE), now()) as turn:
        turn.set_consent(consent)
        for fact in known:
            turn.put_fact(fact)
        turn.save_state(State(steps=["question:reporter"], asked=["reporter"], last_at=now()).to_json())


def case_of(store: SqlStore) -> Case:
    case = store.peek("telegram", str(SHE))
    assert case is not None
    return case


def heard(api: BotApi, key: str) -> Callable[[], bool]:
    """Whether the beginning of a text was said."""
    start = the_knowledge().texts.all()[key].words.split("{")[0][:40]
    return lambda: any(start in text for text in api.texts(SHE))


async def test_a_screenshot_is_asked_about_read_confirmed_classified_and_dropped(api: BotApi, store: SqlStore) -> None:
    somebody(store, ADULT)
    picture = a_chat(WORDS)
    async with running(api, store, means(reads=True)):
        name = api.show(SHE, picture)
        await api.until(heard(api, "pictures.ask_one"))
        assert api.handed_over == []
        api.press(SHE, "picture_plain")
        await api.until(heard(api, "pictures.ask_reading"))
        assert api.handed_over == [name]
        read = "\n".join(api.texts(SHE))
        assert all(words in read for words in ("je sais où tu habites", "publie tes photos"))
        assert [exhibit.how for exhibit in case_of(store).exhibits] == ["media"]
        api.press(SHE, "reading_right")
        await api.until(heard(api, "pictures.noted"))
    case = case_of(store)
    shown, said = case.exhibits
    assert shown.file is not None
    assert (shown.file["sha256"], shown.file["bytes"]) == (sha256(picture).hexdigest(), len(picture))
    assert shown.file["kept"] is False
    assert said.how == "screenshot"
    assert said.media == {"kind": "photo", "exhibit": 1, "sha256": sha256(picture).hexdigest(), "corrected": False}
    assert {"threat", "intimate_images", "blackmail"} & {*said.labels, *said.unsure}
    assert case.reading is None
    assert store.files(case.number) == {}
    assert [entry.event for entry in store.custody(case.number)] == ["received", "fetched", "received"]
    assert store.integrity() == []
    assert api.refused == []


async def test_what_may_be_intimate_is_not_fetched(api: BotApi, store: SqlStore) -> None:
    somebody(store, ADULT)
    async with running(api, store, means("keep", reads=True)):
        api.show(SHE, b"never looked at")
        await api.until(heard(api, "pictures.ask_one"))
        api.press(SHE, "unsure")
        await api.until(heard(api, "pictures.preserve"))
    assert "getFile" not in api.calls
    assert api.handed_over == []
    assert case_of(store).exhibits[0].file is None


PHOTO = Media(MediaKind.PHOTO, "ref", "image/jpeg", 1000)
VIDEO, VOICE = Media(MediaKind.VIDEO, "ref", "video/mp4", 1000), Media(MediaKind.VOICE, "ref", "audio/ogg", 1000)


def shows(store: SqlStore, means: Means, *known: Fact, media: Media = PHOTO, **parts: Any) -> Person:
    """She has agreed, and shows a file."""
    person = Person(store, means=means).agrees()
    with store.turn("test", person.chat, person.now) as turn:
        for fact in known:
            turn.put_fact(fact)
    person.sends(media=(media,), **parts)
    return person


def sent_for(person: Person) -> list[str]:
    """What is to be done with files, as it waits in the outbox."""
    rows = person.store._rows("SELECT body, channel, chat FROM outbox WHERE kind = 'fetch'").fetchall()
    return [json.loads(body)["policy"] for body, _, _ in rows]


@pytest.mark.parametrize("answer", [*ANSWERS_THAT_STOP, "picture_plain", "non"])
@pytest.mark.parametrize("policy", ["reference", "digest", "keep"])
@pytest.mark.parametrize("media", [PHOTO, VIDEO], ids=["photo", "video"])
def test_only_a_plain_no_lets_it_be_fetched(store: SqlStore, media: Media, policy: str, answer: str) -> None:
    person = shows(store, means(policy, reads=True), ADULT, media=media)
    asked = policy != "reference" or media is PHOTO
    assert ("picture_plain" in button_ids(person.presses("why"))) is asked
    assert sent_for(person) == []
    person.sends(**({"text": answer} if answer in SPOKEN else {"choice": answer}))
    assert sent_for(person) == ([policy] if asked and answer not in ANSWERS_THAT_STOP else [])


@pytest.mark.parametrize("media", [PHOTO, VIDEO, VOICE], ids=["photo", "video", "voice"])
@pytest.mark.parametrize("policy", ["digest", "keep"])
@pytest.mark.parametrize(
    "known",
    [(CHILD,), (ADULT, ON_IT), (replace(CHILD, value="under_15"), ON_IT), ()],
    ids=["a minor", "a minor on the picture", "both", "age unknown"],
)
def test_nothing_is_fetched_of_whom_it_may_not(
    store: SqlStore, known: tuple[Fact, ...], policy: str, media: Media
) -> None:
    person = shows(store, means(policy), *known, media=media)
    person.presses("picture_plain")
    assert sent_for(person) == []


@pytest.mark.parametrize("policy", ["digest", "keep"])
def test_no_picture_is_fetched_where_intimate_images_are_at_stake(store: SqlStore, policy: str) -> None:
    person = shows(store, means(policy), ADULT, Fact("situation", frozenset({"intimate_images"}), Source.ANSWER))
    person.presses("picture_plain")
    assert sent_for(person) == []


def test_a_caption_that_speaks_of_intimate_images_is_enough(store: SqlStore) -> None:
    origin = Origin(OriginKind.USER, "K", "1", None)
    caption = "tes photos nues vont tourner dans tout le lycée"
    person = shows(store, means("keep", reads=True), ADULT, text=caption, origin=origin)
    exhibit = person.case.exhibits[0]
    assert "intimate_images" in (*exhibit.labels, *exhibit.unsure)
    person.presses("picture_plain")
    assert sent_for(person) == []


def test_a_minor_is_not_asked_for_a_screenshot(store: SqlStore) -> None:
    person = shows(store, means(reads=True), CHILD)
    assert "picture_plain" not in button_ids(person.presses("why"))


def test_off_by_default(store: SqlStore) -> None:
    person = shows(store, means_with(lambda config: config), ADULT)
    person.presses("picture_plain")
    assert sent_for(person) == []


def test_without_consent_nothing_is_fetched(store: SqlStore) -> None:
    person = Person(store, means=means("keep", reads=True))
    person.writes("/start")
    person.presses("phone_safe:yes")
    person.presses("consent:no")
    person.writes("j'ai 30 ans")
    person.sends(media=(PHOTO,))
    person.presses("picture_plain")
    assert sent_for(person) == []


def test_what_is_too_large_for_a_bot_stays_where_it_is(store: SqlStore) -> None:
    person = shows(store, means("keep", reads=True), ADULT, media=replace(PHOTO, size=20_000_001))
    person.presses("picture_plain")
    assert sent_for(person) == []


def test_a_sound_shows_nothing_and_is_fetched_unasked_for_an_adult(store: SqlStore) -> None:
    origin = Origin(OriginKind.USER, "K", "1", None)
    assert sent_for(shows(store, means("digest"), ADULT, media=VOICE, origin=origin)) == ["digest"]


def test_leaving_drops_what_was_to_be_fetched(store: SqlStore) -> None:
    person = shows(store, means("keep"), ADULT)
    person.presses("picture_plain")
    assert sent_for(person) == ["keep"]
    person.presses("leave")
    assert sent_for(person) == []


async def test_a_digest_leaves_no_file_and_finds_a_copy_again(api: BotApi, store: SqlStore) -> None:
    somebody(store, ADULT)
    async with running(api, store, means("digest")):
        for number, quality in enumerate((90, 40), 1):
            api.show(SHE, a_chat(WORDS, quality=quality))
            await api.until(lambda number=number: case_of(store).state.get("pictures") == [number])  # type: ignore[misc]  # mypy does not infer a lambda with a default
            api.press(SHE, "picture_plain")
            await api.until(lambda: all(exhibit.file for exhibit in case_of(store).exhibits))
    first, second = (exhibit.file or {} for exhibit in case_of(store).exhibits)
    assert first["sha256"] != second["sha256"]
    assert bits_apart(first["perceptual"], second["perceptual"]) <= 30
    assert store.files(case_of(store).number) == {}
    assert store.integrity() == []


def bits_apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


async def test_what_is_kept_is_encrypted_watched_and_goes_with_its_exhibit(
    api: BotApi, store: SqlStore, tmp_path: Path
) -> None:
    somebody(store, ADULT)
    picture = a_chat(WORDS)
    async with running(api, store, means("keep")):
        api.show(SHE, picture)
        await api.until(heard(api, "pictures.ask_one"))
        api.press(SHE, "picture_plain")
        await api.until(lambda: bool(store.files(case_of(store).number)))
    number = case_of(store).number
    assert store.files(number) == {1: picture}
    store.checkpoint()
    assert picture[2000:2064] not in (tmp_path / "cases.db").read_bytes()
    assert store.integrity() == []
    store._rows("UPDATE files SET content = substr(content, 2)")
    assert any("altered" in fault for fault in store.integrity())
    store._rows("DELETE FROM files")
    assert any("missing" in fault for fault in store.integrity())
    with store.turn("telegram", str(SHE), now(), hers=False) as turn:
        turn.record_file(1, case_of(store).exhibits[0].file or {}, picture)
        turn.erase_exhibit(1)
    assert store.files(number) == {}
    assert store.integrity() == []


async def test_she_corrects_what_was_misread(api: BotApi, store: SqlStore) -> None:
    somebody(store, ADULT)
    async with running(api, store, means(reads=True)):
        api.show(SHE, a_chat(WORDS))
        await api.until(heard(api, "pictures.ask_one"))
        api.press(SHE, "picture_plain")
        await api.until(heard(api, "pictures.ask_reading"))
        api.press(SHE, "reading_wrong")
        await api.until(heard(api, "pictures.write_it"))
        api.write(SHE, "je vais te retrouver et te tuer")
        await api.until(heard(api, "pictures.noted"))
    said = case_of(store).exhibits[1]
    assert said.text == "je vais te retrouver et te tuer"
    assert said.media is not None
    assert said.media["corrected"] is True


async def test_words_she_refuses_are_kept_nowhere(api: BotApi, store: SqlStore) -> None:
    somebody(store, ADULT)
    async with running(api, store, means(reads=True)):
        api.show(SHE, a_chat(("mot planté reconnaissable",)))
        await api.until(heard(api, "pictures.ask_one"))
        api.press(SHE, "picture_plain")
        await api.until(heard(api, "pictures.ask_reading"))
        api.press(SHE, "reading_drop")
        await api.until(heard(api, "pictures.dropped"))
    assert [exhibit.text for exhibit in case_of(store).exhibits] == [""]
    assert case_of(store).reading is None
    assert not any("planté" in text for _, text, _ in store.transcript(case_of(store).number))


async def test_two_screenshots_are_read_one_after_the_other(api: BotApi, store: SqlStore) -> None:
    somebody(store, ADULT)
    async with running(api, store, means(reads=True)):
        names = [api.show(SHE, a_chat((words,))) for words in ("premier message reçu", "second message reçu")]
        await api.until(heard(api, "pictures.ask_many"))
        api.press(SHE, "picture_plain")
        await api.until(lambda: any("premier message" in text for text in api.texts(SHE)))
        assert api.handed_over == names[:1]
        api.press(SHE, "reading_right")
        await api.until(lambda: any("second message" in text for text in api.texts(SHE)))
        api.press(SHE, "reading_right")
        await api.until(lambda: len(case_of(store).exhibits) == 4)
    assert [exhibit.how for exhibit in case_of(store).exhibits] == ["media", "media", "screenshot", "screenshot"]


async def test_a_file_that_fails_is_tried_again_then_said(api: BotApi, store: SqlStore) -> None:
    somebody(store, ADULT)
    api.faults["file"] = deque(["cut"])
    async with running(api, store, means(reads=True)):
        api.show(SHE, a_chat(WORDS))
        await api.until(heard(api, "pictures.ask_one"))
        api.press(SHE, "picture_plain")
        await api.until(heard(api, "pictures.ask_reading"))
        api.press(SHE, "reading_drop")
        gone = api.show(SHE, a_chat(WORDS))
        del api.files[gone]
        await api.until(lambda: case_of(store).state.get("pictures") == [2])
        api.press(SHE, "picture_plain")
        await api.until(heard(api, "pictures.not_fetched"))


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + bytes(60)])
async def test_what_is_no_picture_harms_nobody(api: BotApi, store: SqlStore, content: bytes) -> None:
    somebody(store, ADULT)
    async with running(api, store, means(reads=True)):
        api.show(SHE, content)
        await api.until(heard(api, "pictures.ask_one"))
        api.press(SHE, "picture_plain")
        await api.until(heard(api, "pictures.nothing_read"))


async def test_her_age_told_before_the_file_comes_stops_it(api: BotApi, store: SqlStore) -> None:
    somebody(store, ADULT)
    api.faults["getFile"] = deque(["500"])
    async with running(api, store, means(reads=True)):
        api.show(SHE, a_chat(WORDS))
        await api.until(heard(api, "pictures.ask_one"))
        api.press(SHE, "picture_plain")
        await api.until(lambda: "getFile" in api.calls)
        api.write(SHE, "j'ai 14 ans en fait")
        await api.until(lambda: any(alert.alert == "minor_disclosed" for alert in case_of(store).alerts))
        await api.until(lambda: store.next_out("telegram", str(SHE)) is None)
    assert api.handed_over == []


@pytest.mark.parametrize("how", ["erase", "leave"])
async def test_a_file_that_comes_after_she_erased_or_left_is_forgotten(api: BotApi, store: SqlStore, how: str) -> None:
    somebody(store, ADULT)
    api.gate = asyncio.Event()
    async with running(api, store, means("keep", reads=True)):
        api.show(SHE, a_chat(("mot planté reconnaissable",)))
        await api.until(heard(api, "pictures.ask_one"))
        api.press(SHE, "picture_plain")
        await api.until(lambda: "getFile" in api.calls)
        if how == "erase":
            api.write(SHE, "effacer")
            api.press(SHE, "erase")
            api.press(SHE, "erase_confirm")
            await api.until(lambda: store.cases() == [])
        else:
            api.press(SHE, "leave")
            await api.until(lambda: case_of(store).state["dull"] is True)
        said = len(api.said)
        api.gate.set()
        await api.until(lambda: len(api.handed_over) == 1)
        await api.until(lambda: store.next_out("telegram", str(SHE)) is None)
    later = [message["text"] for message in api.said[said:]]
    assert not any("planté" in text or "lire" in text for text in later)
    if how == "erase":
        assert store.cases() == []
    else:
        assert store.files(case_of(store).number) == {}
        assert case_of(store).reading is None


async def test_nothing_is_written_to_a_temporary_file(
    api: BotApi, store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "t"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    opened = opened_for_writing(monkeypatch)
    somebody(store, ADULT)
    async with running(api, store, means("keep", reads=True)):
        api.show(SHE, a_chat(WORDS))
        await api.until(heard(api, "pictures.ask_one"))
        api.press(SHE, "picture_plain")
        await api.until(heard(api, "pictures.ask_reading"))
    assert list((tmp_path / "t").iterdir()) == []
    assert opened == []


def opened_for_writing(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Paths that Python opens for writing from now on."""
    found: list[Any] = []
    real = os.open

    def watch(path: Any, flags: int, *arguments: Any, **named: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            found.append(path)
        return real(path, flags, *arguments, **named)

    monkeypatch.setattr(os, "open", watch)
    return found


def test_the_address_of_files_follows_the_address_of_calls() -> None:
    assert file_url("https://api.telegram.org/bot") == "https://api.telegram.org/file/bot"
    assert file_url("http://127.0.0.1:8081/bot") == "http://127.0.0.1:8081/file/bot"


def test_it_says_so_when_tesseract_is_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text(
        '[association]\nname = "Essai"\ncontact = "a@b.example"\n[media]\nread_screenshots = true\n'
        '[store]\npath = "none.db"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("RECOURS_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("PATH", str(tmp_path))
    screenshot.missing.cache_clear()
    try:
        assert cli.main(["check"]) == 1
        assert "media.read_screenshots = true: Tesseract is not installed: apt-get install" in capsys.readouterr().out
        assert commands.means(config.load()).reads_screenshots is False
        assert "screenshots are not read" in capsys.readouterr().err
        with pytest.raises(screenshot.ReadingError):
            screenshot.read(b"")
    finally:
        screenshot.missing.cache_clear()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_drawn_chat_is_read_nearly_whole(theme: str) -> None:
    read = screenshot.read(pictures.for_reading(a_chat(WORDS, theme=theme))).lower()
    wanted = [word for words in WORDS for word in words.split()]
    assert sum(word in read for word in wanted) >= 0.9 * len(wanted)


def test_a_bomb_of_pixels_is_not_opened() -> None:
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 100_000
    with pytest.raises(pictures.NoPictureError):
        pictures.for_reading(bomb.getvalue())
    assert pictures.perceptual(bomb.getvalue()) is None


@pytest.mark.parametrize("policy", ["Keep", "", "all"])
def test_a_policy_that_is_none_is_named(tmp_path: Path, policy: str) -> None:
    file = tmp_path / "config.toml"
    text = f'[association]\nname = "Essai"\ncontact = "a@b.example"\n[media]\npolicy = "{policy}"\n'
    file.write_text(text, encoding="utf-8")
    with pytest.raises(config.ConfigError, match=r"media\.policy.*reference, digest, keep"):
        config.load(file)


def give_files(person: Person, draw: random.Random) -> None:
    """Let every file that was sent for come, or not."""
    rows = person.store._rows("SELECT id, body, channel, chat FROM outbox WHERE kind = 'fetch'").fetchall()
    for row, body, _, _ in rows:
        wanted = json.loads(body)
        position, content = int(wanted["exhibit"]), b"content"
        text = draw.choice(("", "je vais te tuer", "x" * 1300)) if wanted["read"] else None
        found = Fetched(
            position, sha256(content).hexdigest(), 7, None, content if wanted["policy"] == "keep" else None, text
        )
        with person.store.turn("test", person.chat, person.now, hers=False) as turn:
            engine.fetched(person.means, turn, draw.choice((found, found, position)), person.now)
        person.store._rows("DELETE FROM outbox WHERE id = ?", (row,))


@pytest.mark.parametrize("seed", range(12))
def test_a_random_walk_with_files_never_meets_a_dead_end(store: SqlStore, seed: int) -> None:
    draw = random.Random(seed)
    person = Person(
        store, means=means(draw.choice(("reference", "digest", "keep")), reads=draw.random() < 0.8)
    ).agrees()
    person.writes("j'ai 30 ans")
    replies = person.presses("skip")
    for _ in range(50):
        buttons = [name for name in button_ids(replies) if name not in ("leave", "erase", "erase_confirm")]
        match draw.randrange(7):
            case 0:
                replies = person.sends(media=(draw.choice((PHOTO, VIDEO)),), text=draw.choice(("", "regarde")))
            case 1:
                replies = person.forwards(draw.choice(("je vais te tuer", "ok")))
            case 2:
                replies = person.writes(draw.choice(("oui", "non", "je ne sais pas", "azerty", "retour")))
            case 3:
                replies = person.presses("skip")
            case 4:
                person.writes("effacer")
                person.presses("erase_one")
                replies = person.writes(str(draw.randrange(len(person.case.exhibits) + 1)))
            case _ if buttons:
                replies = person.presses(draw.choice(buttons))
        crawl.check(replies, person)
        if draw.random() < 0.6:
            give_files(person, draw)
    assert store.integrity() == []
