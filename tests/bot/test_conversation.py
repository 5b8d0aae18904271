"""The conversation as people live it."""

from datetime import timedelta

import pytest

from bot.alarm import FEW_WORDS
from bot.messages import Media, MediaKind, Origin, OriginKind
from cases.case import Consent
from cases.sql.store import SqlStore
from nlp import corpus, pasted
from tests.builders import KEY_NAMES, TUESDAY_NIGHT, Person, button_ids, keys_of, the_means, words


def test_the_first_message_says_it_is_a_machine_and_what_is_kept(person: Person) -> None:
    said = words(person.writes("bonjour"))
    assert "programme" in said
    assert "365 jours" in said
    assert "téléphone est-il sûr" in said


def test_every_message_carries_the_same_three_keys_in_the_same_order(person: Person) -> None:
    replies = [*person.writes("/start"), *person.presses("phone_safe:yes"), *person.presses("consent:yes")]
    assert {keys_of(reply) for reply in replies} == {KEY_NAMES}


def test_nothing_reaches_the_disk_before_consent(person: Person) -> None:
    person.writes("/start")
    person.forwards("sale pute je vais te crever")
    rows = person.store._rows("SELECT (SELECT count(*) FROM facts) + (SELECT count(*) FROM exhibits)").fetchone()
    assert rows[0] == 0
    assert len(person.case.exhibits) == 1


def test_what_was_shown_before_consent_is_kept_once_she_agrees(person: Person) -> None:
    person.writes("/start")
    person.forwards("je sais où tu habites")
    person.presses("done")
    person.presses("phone_safe:yes")
    person.presses("consent:yes")
    assert person.case.consent is Consent.YES
    assert [exhibit.text for exhibit in person.case.exhibits] == ["je sais où tu habites"]
    assert person.store.custody(person.case.number)[0].event == "received"


def test_no_to_keeping_still_leads_to_advice_and_contacts(person: Person) -> None:
    person.writes("/start")
    person.presses("phone_safe:yes")
    replies = person.presses("consent:no")
    assert "a:reporter:victim" in button_ids(replies)
    said = words(person.writes("/bilan"))
    assert "17" in said or "À garder" in said


def test_passing_every_question_still_ends_with_contacts_preservation_and_rights(person: Person) -> None:
    said = [words(person.writes("/start"))]
    for _ in range(40):
        said.append(words(person.presses("skip")))
        if "assessment" in person.state.steps:
            break
    said += [words(person.presses("more")) for _ in range(10)]
    everything = "\n".join(said)
    assert "3114" in everything
    assert "captures" in everything
    assert "doit prendre votre plainte" in everything


def test_two_passed_questions_in_a_row_bring_a_pause_and_not_a_third_question(person: Person) -> None:
    person.agrees()
    person.presses("skip")
    assert {"pause", "human", "assessment", "stay"} <= set(button_ids(person.presses("skip")))


def test_an_answer_in_her_own_words_is_understood(person: Person) -> None:
    person.agrees().answers("a:reporter:victim")
    person.writes("il me menace et il appelle sans arrêt")
    assert person.case.facts["situation"].value == {"threats", "many_messages_or_calls"}


def test_why_explains_and_asks_again(person: Person) -> None:
    replies = (person.agrees()).presses("why")
    assert "a:reporter:victim" in button_ids(replies)
    assert "aidez" in words(replies)


def test_back_forgets_the_answer_before_and_asks_it_again(person: Person) -> None:
    person.agrees().answers("a:reporter:witness")
    replies = person.writes("retour")
    assert "reporter" not in person.case.facts
    assert "a:reporter:victim" in button_ids(replies)


def test_a_button_of_an_old_message_corrects_that_answer(person: Person) -> None:
    person.agrees().answers("a:reporter:witness", "a:situation:threats", "a:situation:")
    replies = person.presses("a:reporter:victim")
    assert person.case.facts["reporter"].value == "victim"
    assert "changé" in words(replies)
    assert "a:victim_age_band:adult" in button_ids(replies)


def test_no_question_is_asked_twice_and_fifteen_are_enough(person: Person) -> None:
    person.agrees()
    asked = []
    for _ in range(30):
        step = person.state.step
        if not step.startswith("question:"):
            break
        asked.append(step)
        choices = [choice for choice in button_ids(person.presses("why")) if choice.startswith("a:")]
        person.presses(choices[0])
        if person.state.step == step:
            person.presses(f"a:{step.removeprefix('question:')}:")
    assert len(asked) == len(set(asked)) <= 15
    while person.state.step == "contradiction":  # the first button of everything does not make one story
        person.presses("keep_mine")
        person.presses("leave_it")
    assert person.state.step == "assessment"


def test_the_assessment_says_which_message_carries_an_element(person: Person) -> None:
    person.agrees().answers("a:reporter:victim", "a:situation:threats", "a:situation:")
    person.forwards("je vais te tuer salope, t'es morte")
    person.presses("done")
    person.presses("yes")
    said = words(person.writes("bilan")) + "".join(words(person.presses("more")) for _ in range(6))
    assert "menace" in said
    assert "message 1" in said


def test_urgent_help_answers_from_any_state(person: Person) -> None:
    for prepare in (lambda: None, person.agrees, lambda: person.presses("skip"), lambda: person.writes("effacer")):
        prepare()
        said = words(person.writes("/urgence"))
        assert "17" in said
        assert "112" in said
        assert "3114" in said


def test_closed_lines_are_not_shown_as_open_at_three_in_the_morning(store: SqlStore) -> None:
    person = Person(store, at=TUESDAY_NIGHT)
    said = words(person.writes("/urgence"))
    assert "3018" not in said
    assert "3919" in said


@pytest.mark.parametrize(
    "despair", ["je veux en finir", "jveux mourir", "JE VAIS ME TUER CE SOIR", "j'ai avalé des cachets"]
)
def test_words_of_despair_bring_the_line_at_once_and_block_nothing(person: Person, despair: str) -> None:
    person.agrees()
    replies = person.writes(despair)
    assert "3114" in replies[0].text
    assert person.case.alerts[0].alert == "suicide_risk"
    assert button_ids(replies) == ["alert_right", "alert_wrong"]
    assert "a:reporter:victim" in button_ids(person.presses("alert_right"))


def test_an_alert_is_kept_even_before_consent_and_its_words_are_not(person: Person) -> None:
    person.writes("/start")
    person.writes("je veux mourir")
    rows = person.store._rows("SELECT alert FROM alerts").fetchall()
    assert [row[0] for row in rows] == ["suicide_risk"]
    assert person.store.transcript(person.case.number) == []


def doubtful_texts() -> list[str]:
    """Texts of the corpus that the detector doubts and that nothing else explains."""
    means = the_means()
    found = []
    for row in corpus.told()[::7]:
        if len(row.text.split()) > FEW_WORDS and not pasted.split(row.text):
            reading = means.detector.read(row.text)
            if reading.perhaps and not reading.alerts and not means.classifier.read([row.text])[0].labels:
                found.append(row.text)
        if len(found) == 2:
            return found
    raise AssertionError("the detector doubts nothing")


def test_a_doubt_about_danger_brings_the_numbers_once_and_asks_nothing(person: Person) -> None:
    person.agrees()
    first, second = doubtful_texts()
    replies = person.writes(first)
    assert all(number in replies[0].text for number in ("3114", "17", "114", "119"))
    assert person.case.alerts == []
    assert "alert_right" not in button_ids(replies)
    assert "Je n'ai peut-être pas tout compris" not in words(person.writes(second))


def test_a_child_who_is_forced_is_sent_to_the_child_line(person: Person) -> None:
    person.agrees()
    replies = person.writes("j'ai 12 ans et on me force")
    assert "119" in replies[0].text
    assert "17" in replies[0].text


def test_the_harassers_words_raise_no_alert(person: Person) -> None:
    person.agrees()
    person.forwards("va te pendre, je veux mourir de rire")
    assert person.case.alerts == []


def test_leaving_wipes_both_sides_and_says_nothing(person: Person) -> None:
    person.agrees()
    assert person.presses("leave") == []
    kinds = [outgoing.kind for outgoing in person.store.due("test", person.now)]
    assert kinds == ["wipe"]


def test_after_leaving_everything_is_dull_until_her_word(person: Person) -> None:
    person.agrees().answers("a:reporter:victim")
    person.presses("leave")
    for curious in ("coucou", "/start", "bilan", "c'est quoi ce bot", "effacer"):
        replies = person.writes(curious)
        assert words(replies).startswith("Bonjour. Ce service")
        assert keys_of(replies[0]) == ()
    replies = person.writes("Parapluie")
    assert "revoilà" in words(replies)
    assert "go_on" in button_ids(replies)


def test_a_crisis_gets_its_numbers_even_when_dull(person: Person) -> None:
    person.agrees()
    person.presses("leave")
    assert "3114" in words(person.writes("je veux mourir"))
    replies = person.writes("/urgence")
    assert "17" in words(replies)
    assert keys_of(replies[0]) == ()


def test_her_own_word_leaves_and_comes_back_whatever_its_accents(person: Person) -> None:
    person.agrees()
    person.writes("/mot")
    person.writes("Été")
    assert person.writes("ete") == []
    assert "revoilà" in words(person.writes("ÉTÉ"))


def test_returning_days_later_shows_the_step_and_never_the_content(person: Person) -> None:
    person.agrees().answers("a:reporter:victim", "a:situation:threats", "a:situation:")
    person.waits(days=3)
    replies = person.writes("bonjour")
    assert "question 3" in words(replies)
    assert "menace" not in words(replies).lower()
    assert "a:victim_age_band:adult" in button_ids(person.presses("go_on"))


def test_erasing_is_asked_twice_and_leaves_only_a_number_and_a_day(person: Person) -> None:
    person.agrees().answers("a:reporter:victim")
    person.forwards("je te retrouverai")
    number = person.case.number
    person.writes("effacer")
    assert "definitif" in words(person.presses("erase")).replace("é", "e")
    assert person.case.number == number
    person.presses("erase_confirm")
    assert person.store.peek("test", person.chat) is None
    assert [row[0] for row in person.store.erased()] == [number]
    assert [out.kind for out in person.store.due("test", person.now)] == ["wipe"]


def test_a_story_about_erasing_erases_nothing_and_two_plain_words_do(person: Person) -> None:
    person.agrees().answers("a:reporter:victim")
    number = person.case.number
    person.writes("il a tout effacé sur mon téléphone")
    assert person.state.step not in ("erase", "erase_again")
    person.writes("supprimez tout ce que je vous ai dit")
    assert person.state.step == "erase"
    person.writes("oui")
    person.writes("oui mais attendez, c'est lui qui a tout effacé chez moi")
    assert person.state.step == "erase_again"
    assert person.case.number == number
    person.writes("oui")
    assert person.store.peek("test", person.chat) is None


def test_thirty_forwards_in_two_seconds_get_one_quiet_count(person: Person) -> None:
    person.agrees()
    while due := person.store.due("test", person.now):
        for outgoing in due:
            person.store.sent(outgoing.id, person.now)
    start = person.now
    for number in range(30):
        person.now = start
        person.sends(
            text=f"dégage de là numéro {number % 3}",
            origin=Origin(OriginKind.USER, f"compte{number % 4}", str(number % 4), start - timedelta(hours=number)),
        )
    waiting = person.store._rows("SELECT body, channel, chat FROM outbox").fetchall()
    assert len(waiting) == 1
    assert "30 messages reçus" in waiting[0][0]
    assert "4 comptes" in waiting[0][0]
    assert len(person.case.exhibits) == 30


def test_a_pasted_conversation_becomes_exhibits_with_their_dates(person: Person) -> None:
    person.agrees()
    lines = [
        "12/03/2026, 22:14 - Kevin: t'es où",
        "12/03/2026, 22:15 - Moi: laisse moi",
        "12/03/2026, 23:59 - Kevin: tu vas voir",
    ]
    person.writes("\n".join(lines))
    assert [exhibit.text for exhibit in person.case.exhibits] == ["t'es où", "tu vas voir"]
    assert person.case.exhibits[0].sent_at is not None


def test_the_bot_asks_whose_words_they_are_when_it_cannot_tell(person: Person) -> None:
    person.agrees().answers("a:reporter:victim", "a:situation:threats", "a:situation:")
    replies = person.writes("sale merde je vais te crever toi et ta famille si tu parles encore")
    assert button_ids(replies) == ["their_words", "my_words"]
    person.presses("their_words")
    assert len(person.case.exhibits) == 1


@pytest.mark.parametrize("kind", list(MediaKind))
def test_whatever_kind_of_file_is_sent_gets_a_sensible_answer(person: Person, kind: MediaKind) -> None:
    person.agrees()
    replies = person.sends(media=(Media(kind, "ref"),))
    assert replies
    assert replies[-1].buttons


def test_a_photo_is_never_opened_only_its_reference_is_kept(person: Person) -> None:
    person.agrees()
    person.sends(text="regardez", media=(Media(MediaKind.PHOTO, "file-1", "image/jpeg", 1200),))
    exhibit = person.case.exhibits[0]
    assert exhibit.media is not None
    assert exhibit.media["reference"] == "file-1"


@pytest.mark.parametrize(
    "text", ["/inconnu", "x" * 4000, "🙈", "...", "\u200b", "¿qué pasa aquí con todo esto amigo mío?"]
)
def test_no_text_is_a_dead_end(person: Person, text: str) -> None:
    person.agrees()
    replies = person.writes(text)
    assert replies
    assert replies[-1].buttons
    assert person.state.step


def test_an_edited_message_keeps_the_first_version(person: Person) -> None:
    person.agrees().answers("a:reporter:victim")
    replies = person.sends(text="menaces", edited=True)
    assert "première version" in words(replies)
    assert "situation" not in person.case.facts


def test_asking_for_a_person_promises_only_what_the_hours_allow(store: SqlStore) -> None:
    by_day = Person(store, chat="day").agrees()
    assert "2 heures" in words(by_day.writes("je veux parler à quelqu'un"))
    by_night = Person(store, chat="night", at=TUESDAY_NIGHT).agrees()
    said = words(by_night.writes("je veux parler à quelqu'un"))
    assert "à partir du" in said
    assert "3114" in said


def test_one_person_sees_nothing_of_another(store: SqlStore) -> None:
    Person(store, chat="1").agrees().forwards("message très reconnaissable")
    other = Person(store, chat="2").agrees()
    said = words(other.writes("bilan"))
    assert "reconnaissable" not in said
    assert other.case.exhibits == []


def test_what_memory_held_is_said_to_be_lost_after_a_restart(store: SqlStore) -> None:
    person = Person(store)
    person.writes("/start")
    person.forwards("je te vois")
    store._memories.clear()  # what a restart does
    person.presses("phone_safe:yes")
    assert "renvoyer" in words(person.presses("consent:yes"))


def test_what_she_tells_first_is_not_lost(person: Person) -> None:
    person.writes("bonjour j'ai 14 ans et tout le monde m'insulte")
    person.presses("phone_safe:yes")
    replies = person.presses("consent:yes")
    assert "Merci de me l'avoir raconté" in words(replies)
    assert person.case.facts["situation"].value == {"insults_humiliation", "group_attack"}
    assert person.case.facts["victim_age_band"].value == "under_15"
    assert "Noté : insultes, moqueries, beaucoup de gens à la fois" in words(replies)  # shown, so that she can add
    person.presses("a:situation:")
    person.presses("a:reporter:victim")
    assert person.state.step not in ("question:situation", "question:victim_age_band")


def test_an_alert_is_checked_once_and_then_lets_her_answer_the_questions(person: Person) -> None:
    person.agrees().answers("a:reporter:victim", "a:situation:threats", "a:situation:", "a:victim_age_band:adult")
    person.writes("je veux mourir")
    assert person.state.step == "alert_check"
    replies = person.writes("mon ex")
    assert person.case.facts["author_relationship"].value == "ex_partner"
    assert "Ai-je bien compris" not in words(replies)


@pytest.mark.parametrize("said", ["passer", "/passer"])
def test_passing_the_check_of_an_alert_in_words_passes_no_question(person: Person, said: str) -> None:
    person.agrees().answers("a:reporter:victim", "a:situation:threats", "a:situation:")
    person.writes("je veux mourir")
    assert person.state.step == "alert_check"
    person.writes(said)
    assert person.state.step == "question:victim_age_band"


def test_a_school_class_said_first_is_an_age(person: Person) -> None:
    person.writes("slt jsuis en 4e et on me harcele")
    person.presses("phone_safe:yes")
    person.presses("consent:yes")
    assert person.case.facts["victim_age_band"].value == "under_15"


def test_doing_what_a_blackmailer_asks_is_no_farewell(person: Person) -> None:
    person.agrees().answers("a:reporter:victim")
    said = words(person.writes("il demande des nudes et il va tout envoyer a mes potes si je le fais pas"))
    assert "m'inquiète" not in said
    assert {"blackmail", "sexual_messages", "intimate_images"} <= set(person.case.facts["situation"].value)  # type: ignore[arg-type]  # a set


def test_a_new_act_told_in_the_middle_opens_what_it_names(person: Person) -> None:
    person.agrees().answers("a:reporter:victim", "a:situation:threats", "a:situation:", "a:victim_age_band:adult")
    replies = person.writes("en plus il a mis un gps sous ma voiture")
    assert person.case.facts["situation"].value == {"threats", "spying_tracking"}
    assert "Qui a écrit ces mots" not in words(replies)
    assert person.state.step == "question:author_relationship"
    assert "Qui a écrit ces mots" in words(person.writes("je sais où tu habites et je vais te crever salope"))


def test_fear_told_in_the_middle_is_heard(person: Person) -> None:
    person.agrees().answers("a:reporter:victim", "a:situation:blackmail", "a:situation:", "a:victim_age_band:adult")
    replies = person.writes("j'ai peur et j'ai honte")
    assert "Prenez votre temps" in words(replies)
    assert "pas sûr de comprendre" not in words(replies)
    assert person.state.step == "question:author_relationship"
    person.writes("de l'argent")
    assert person.case.facts["demand_kind"].value == "money"


def test_what_is_told_unasked_is_kept(person: Person) -> None:
    person.agrees().answers("a:reporter:victim", "a:situation:threats", "a:situation:", "a:victim_age_band:adult")
    person.writes("une dizaine de fois")
    person.writes("c'était hier soir")
    assert person.case.facts["acts_count"].value == 10
    assert "last_act_on" in person.case.facts
    assert person.state.step == "question:author_relationship"


def test_an_answer_that_raises_an_alert_is_still_an_answer(person: Person) -> None:
    person.agrees().answers("a:reporter:victim")
    person.writes("il me menace et je veux mourir")
    assert person.case.facts["situation"].value == {"threats"}
    assert person.state.steps[-1] == "alert_check"
    assert "a:victim_age_band:adult" in button_ids(person.presses("alert_right"))


def test_a_bare_number_is_an_answer_and_not_an_alarm(person: Person) -> None:
    person.agrees().answers("a:reporter:victim", "a:situation:threats", "a:situation:")
    said = words(person.writes("14"))
    assert person.case.facts["victim_age_band"].value == "under_15"
    assert "3018" in said
    assert person.case.alerts == []


def test_something_told_after_the_assessment_opens_new_questions(person: Person) -> None:
    person.agrees().answers(
        "a:reporter:victim", "a:situation:other", "a:victim_age_band:adult", "a:author_relationship:stranger"
    )
    while person.state.step != "assessment":
        person.presses("skip")
        if person.state.step == "breather":
            person.presses("stay")
    person.writes("en fait on a piraté mon compte")
    assert person.state.step.startswith("question:")
    assert "account_access" in person.case.facts["situation"].value  # type: ignore[operator]  # a set


def test_a_bare_link_is_recorded_and_never_opened(person: Person) -> None:
    person.agrees()
    assert "Je ne l'ouvre pas" in words(person.writes("https://www.instagram.example/p/xyz"))
    assert person.case.exhibits[0].how == "link"


@pytest.mark.parametrize(
    "asked",
    [
        "es-tu une personne ?", "t'es un robot ?", "vous êtes humain ?", "tu es un bot", "je parle à une machine ?",
        "est-ce que je parle à une vraie personne", "c'est un robot ?", "vous êtes une IA ?", "t'es ChatGPT ?",
        "y a quelqu'un de vrai derrière ?", "qui êtes-vous ?", "are you human?", "tu es réelle ?", "t ki un robot ?",
        "vous êtes un programme ?", "suis-je en train de parler à un ordinateur", "robot ou humain", "c'est qui",
        "am i talking to a real person", "vous etes une vraie personne ou une machine",
    ],
)  # fmt: skip
def test_asked_whether_it_is_a_person_it_says_it_is_a_program(person: Person, asked: str) -> None:
    person.agrees()
    replies = person.writes(asked)
    assert "programme informatique, pas une personne" in words(replies)
    assert "a:reporter:victim" in button_ids(replies)


def test_a_greeting_is_not_a_mistake(person: Person) -> None:
    person.agrees()
    replies = person.writes("Bonjour")
    assert "pas sûr de comprendre" not in words(replies)
    assert "a:reporter:victim" in button_ids(replies)
