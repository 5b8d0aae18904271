"""One suite for every channel: what a person can do on one platform she can do on all, or the table says what not."""

from datetime import UTC, datetime
from pathlib import Path

from cases.case import Case
from cases.sql.store import SqlStore
from tests.bot.conformance.device import Device
from tests.builders import a_store

RAID = 60
MOST_QUESTIONS = 25


async def begin(she: Device) -> None:
    """The first minute: a safe phone, and yes to keeping."""
    await she.write("/start")
    await she.reads("téléphone est-il sûr")
    await she.press("Oui, il est sûr")
    await she.reads("Oui, gardez-les" if she.capabilities.buttons == 0 else "garde")
    await she.until(lambda: "Oui, gardez-les" in she.offered())
    await she.press("Oui, gardez-les")
    await she.reads("Qui êtes-vous")


def case_of(she: Device, store: SqlStore) -> Case:
    case = store.peek(she.channel, she.chat)
    assert case is not None
    return case


async def test_a_whole_interview_ends_on_what_the_law_calls_it(she: Device, store: SqlStore) -> None:
    await begin(she)
    await she.write("c'est moi qui reçois ces messages")
    for _ in range(MOST_QUESTIONS):
        await she.until(lambda: bool(she.offered()))
        if "bilan" in she.all():
            break
        said = len(she.texts())
        await she.press(she.offered()[0])
        await she.until(lambda before=said: len(she.texts()) > before)  # type: ignore[misc]  # mypy does not infer a lambda with a default
    await she.write("bilan")
    await she.reads("bilan")
    assert len(case_of(she, store).facts) >= 3


async def test_a_message_of_somebody_else_becomes_an_exhibit(she: Device, store: SqlStore) -> None:
    await begin(she)
    await she.show("je vais te retrouver et te tuer", "Kevin")
    await she.until(lambda: len(case_of(she, store).exhibits) == 1)
    exhibit = case_of(she, store).exhibits[0]
    assert "te tuer" in exhibit.text
    assert exhibit.how == ("forwarded" if she.capabilities.forwards else "pasted")
    assert ("Kevin" in str(exhibit.origin)) is (she.capabilities.forward_authors or not she.capabilities.forwards)
    await she.reads("bien reçu")


async def test_buttons_and_words_answer_the_same_questions(she: Device, store: SqlStore) -> None:
    await begin(she)
    await she.press(she.offered()[0])
    await she.until(lambda: "reporter" in case_of(she, store).facts)
    by_button = case_of(she, store).facts["reporter"].value
    await she.write("/recommencer")
    await she.reads("Qui êtes-vous", times=2)
    await she.write("c'est moi la victime")
    await she.until(lambda: "reporter" in case_of(she, store).facts)
    assert case_of(she, store).facts["reporter"].value == by_button


async def test_the_three_keys_work_on_the_first_message(she: Device) -> None:
    await she.write("/start")
    await she.reads("téléphone est-il sûr")
    await she.press("Aide urgente")
    await she.reads("3114")


async def test_leaving_takes_away_what_the_platform_allows_and_pushes_nothing(she: Device, store: SqlStore) -> None:
    await begin(she)
    chat = she.chat
    await she.press("Quitter")
    await she.until(lambda: store.peek(she.channel, chat).state["dull"] is True)  # type: ignore[union-attr]  # it is there
    await she.until(lambda: store.next_out(she.channel, chat) is None)
    if she.capabilities.deletion:
        await she.until(lambda: "Qui êtes-vous" not in she.all())


async def test_erasing_leaves_a_number_and_a_day(she: Device, store: SqlStore) -> None:
    await begin(she)
    await she.show("sale pute", "Kevin")
    await she.until(lambda: len(case_of(she, store).exhibits) == 1)
    number = case_of(she, store).number
    await she.write("/effacer")
    await she.until(lambda: "Tout effacer" in she.offered())
    await she.press("Tout effacer")
    await she.until(lambda: "Effacer pour toujours" in she.offered())
    await she.press("Effacer pour toujours")
    await she.reads("effacé")
    assert store.cases() == []
    assert [row[0] for row in store.erased()] == [number]


async def test_a_pause_comes_back_to_the_step_and_not_to_the_content(she: Device) -> None:
    await begin(she)
    await she.write("pause")
    await she.reads("On s'arrête là")
    await she.write("me revoilà")
    await she.until(lambda: "Continuer" in she.offered())
    await she.press("Continuer")
    await she.reads("Qui êtes-vous", times=2)


async def test_a_raid_is_kept_whole_and_in_order_and_answered_quietly(she: Device, store: SqlStore) -> None:
    await begin(she)
    before = len(she.texts())
    for number in range(RAID):
        await she.show(f"message {number} de la meute", f"Compte{number}")
    await she.until(lambda: len(case_of(she, store).exhibits) == RAID, seconds=60)
    await she.until(lambda: len(she.texts()) > before)
    kept = case_of(she, store).exhibits
    assert ["message" in exhibit.text and str(number) in exhibit.text for number, exhibit in enumerate(kept)].count(
        False
    ) == 0
    await she.reads(f"{RAID} messages")
    if she.capabilities.forwards and she.channel != "terminal":
        assert len(she.texts()) - before <= RAID // 10


async def test_every_kind_of_inbound_is_answered_and_no_file_is_kept(she: Device, store: SqlStore) -> None:
    await begin(she)
    for kind in she.kinds:
        before = len(she.texts())
        await she.send(kind)
        await she.until(lambda before=before: len(she.texts()) > before)  # type: ignore[misc]  # see above
    assert "souci technique" not in she.all()
    assert all(exhibit.media is None or "content" not in exhibit.media for exhibit in case_of(she, store).exhibits)


async def test_a_reviewers_reply_put_in_the_outbox_by_another_process_arrives(she: Device, tmp_path: Path) -> None:
    await begin(she)
    console = a_store(tmp_path)
    with console.turn(she.channel, she.chat, datetime.now(UTC)) as turn:
        turn.save_state(turn.case.state)
        turn.say("send", {"text": "Bonjour, ici Camille. Je vous lis.", "buttons": [], "keys": []})
    console.close()
    await she.reads("ici Camille")


async def test_a_long_reply_is_cut_at_a_word_and_arrives_whole(she: Device, store: SqlStore) -> None:
    await begin(she)
    said = " ".join(f"mot{number}" for number in range(1_500))
    with store.turn(she.channel, she.chat, datetime.now(UTC)) as turn:
        turn.save_state(turn.case.state)
        turn.say("send", {"text": said, "buttons": [], "keys": []})
    await she.reads("mot1499")
    heard = [word for text in she.texts() for word in text.split() if word.startswith("mot") and word[3:].isdigit()]
    assert heard == said.split()


async def test_a_file_is_handed_over(she: Device) -> None:
    await begin(she)
    await she.write("/courrier")
    await she.until(lambda: any("Plainte" in label or "plainte" in label for label in she.offered()))
    await she.press(next(label for label in she.offered() if "plainte" in label.lower()))
    await she.until(lambda: bool(she.files()))
