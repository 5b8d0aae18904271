"""Deciding on a case: the assessment follows, she is told, nobody overwrites anybody, and hostile words stay words."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from html import escape, unescape
from pathlib import Path

import httpx
import pytest

from bot import engine
from bot.messages import Inbound, Origin, OriginKind
from cases.desk import Filters
from cases.sqlite import SqliteStore
from flows.texts import Texts
from review import telling
from review.visit import FOLDER
from tests.builders import TUESDAY_AFTERNOON, Person, the_means
from tests.review.serving import House, a_house, post

# Published lists (OWASP cheat sheet, PortSwigger), shortened to one of each kind.
PAYLOADS = (
    "<script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "javascript:alert(1)",
    '<a href="javascript:alert(1)">x</a>',
    "{{7*7}}${7*7}<%= 7*7 %>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "<body onload=alert(1)>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<div hx-get='/sign-out' hx-trigger='load'>x</div>",
    '<button data-global="a" hx-post="/accounts/1/disable">x</button>',
    "\u202e<b>x</b>\u0000",
    "<img src='http://evil.example/x.png'>",
)


class Told(Person):
    """A person whose words reach the console's store."""


@pytest.fixture
def person(house: House, request: pytest.FixtureRequest) -> Person:
    """Somebody new, who agreed and was threatened."""
    person = Told(house.store, chat=f"case-{request.node.name}", at=TUESDAY_AFTERNOON).agrees()
    person.answers("a:reporter:victim", "a:situation:threats")
    person.forwards("je sais où tu habites, je vais te tuer")
    person.answers("done", "yes")
    return person


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[httpx.Client]:
    """A reviewer's browser."""
    with house.signed_in(house.hire("lina", "reviewer")) as browser:
        yield browser


def sent(house: House, person: Person) -> list[str]:
    """What waits for her, which then leaves."""
    found = []
    while due := house.store.due("test", TUESDAY_AFTERNOON + timedelta(days=900)):
        for outgoing in due:
            if outgoing.chat == person.chat:
                found.append(str(outgoing.body.get("text", "")))
            house.store.sent(outgoing.id, TUESDAY_AFTERNOON)
    return found


def decide(client: httpx.Client, person: Person, what: str, **data: str) -> httpx.Response:
    return post(client, f"/cases/{person.case.number}/{what}", **data)


def test_a_label_refused_changes_the_assessment_at_once(house: House, client: httpx.Client, person: Person) -> None:
    assert "menace de mort" in client.get(f"/cases/{person.case.number}").text
    decide(client, person, "exhibits/1/label", label="threat", answer="no", was="asserted")
    case = house.store.by_number(person.case.number)
    assert case is not None
    assert case.exhibits[0].refused == ("threat",)
    line = house.store.desk.line(person.case.number)
    assert line is not None
    assert not line.death
    assert house.store.faults(person.case.number) == []
    assert [entry.detail.get("by") for entry in house.store.custody(person.case.number)][-1] == "reviewer"


def test_she_is_told_in_plain_words_when_it_changes_what_she_was_told(
    house: House, client: httpx.Client, person: Person
) -> None:
    person.writes("bilan")
    sent(house, person)
    decide(client, person, "findings/threats", status="excluded", was="indicated")
    said = sent(house, person)
    assert len(said) == 1
    assert "ne compte plus" in said[0]
    assert "menace de mort" in said[0]
    assert len(said[0]) <= 320
    person.writes("bilan")
    assert not any("menace de mort" in words for words in sent(house, person))


def test_a_decision_undone_before_it_left_says_nothing(house: House, client: httpx.Client, person: Person) -> None:
    person.writes("bilan")
    sent(house, person)
    decide(client, person, "findings/threats", status="excluded", was="indicated")
    correction = house.store.desk.corrections(person.case.number)[-1]
    decide(client, person, f"undo/{correction.id}")
    assert sent(house, person) == []
    assert house.store.desk.corrections(person.case.number) == []


@pytest.mark.parametrize("leaving", ["parapluie", "nothing"])
def test_nothing_is_pushed_to_a_phone_she_left_or_that_is_watched(
    house: House, client: httpx.Client, person: Person, leaving: str
) -> None:
    person.writes("bilan")
    if leaving == "parapluie":
        person.writes("parapluie")
    else:
        with house.store.turn("test", person.chat, person.now) as turn:
            turn.save_state({**turn.case.state, "cautious": True})
    sent(house, person)
    decide(client, person, "findings/threats", status="excluded", was="indicated")
    assert sent(house, person) == []
    if leaving == "parapluie":
        assert decide(client, person, "take", name="Lina").status_code == 409


def test_the_second_of_two_reviewers_sees_what_the_first_decided(
    house: House, client: httpx.Client, person: Person
) -> None:
    headers = {"hx-request": "true"}
    seen = {"label": "threat", "was": "asserted"}
    with house.signed_in(house.hire(f"second-{person.chat[-8:]}", "reviewer")) as second:
        decide(client, person, "exhibits/1/label", answer="no", **seen)
        second.headers.update(headers)
        answer = decide(second, person, "exhibits/1/label", answer="yes", **seen)
    assert "entre-temps" in answer.text
    case = house.store.by_number(person.case.number)
    assert case is not None
    assert case.exhibits[0].refused == ("threat",)


def test_only_one_person_answers_at_a_time(house: House, client: httpx.Client, person: Person) -> None:
    decide(client, person, "take", name="Lina")
    with house.signed_in(house.hire(f"third-{person.chat[-8:]}", "reviewer")) as other:
        decide(other, person, "take", name="Sam")
        decide(other, person, "answer", words="c'est moi qui réponds")
    line = house.store.desk.line(person.case.number)
    assert line is not None
    assert line.taken_name == "Lina"
    assert not any("c'est moi" in words for words in sent(house, person))


def test_taking_over_answering_and_handing_back(house: House, client: httpx.Client, person: Person) -> None:
    sent(house, person)
    decide(client, person, "take", name="Lina")
    assert "Lina" in sent(house, person)[0]
    assert person.writes("vous êtes là ?") == []
    line = house.store.desk.line(person.case.number)
    assert line is not None
    assert line.waiting_since is not None
    decide(client, person, "answer", words="Oui, je suis là.")
    spoken = house.store.desk.conversation(person.case.number)
    assert (spoken[-1].who, spoken[-1].text, spoken[-1].state) == ("Lina", "Oui, je suis là.", "waiting")
    assert sent(house, person) == ["Lina : Oui, je suis là."]
    assert house.store.desk.conversation(person.case.number)[-1].state == ""
    decide(client, person, "hand-back")
    assert "reprendre" in sent(house, person)[0]
    assert person.writes("reprendre") != []


def test_while_a_person_answers_danger_is_still_heard(house: House, client: httpx.Client, person: Person) -> None:
    decide(client, person, "take", name="Lina")
    replies = person.writes("j'ai avalé des médicaments, je veux mourir")
    assert any("3114" in reply.text for reply in replies)
    assert not any(reply.buttons for reply in replies)
    line = house.store.desk.line(person.case.number)
    assert line is not None
    assert line.alert == 2
    assert person.presses("urgent") != []


def test_what_she_forwards_to_a_person_is_kept(client: httpx.Client, person: Person) -> None:
    decide(client, person, "take", name="Lina")
    assert person.forwards("tu vas payer") == []
    assert person.case.exhibits[-1].text == "tu vas payer"


def test_a_message_the_platform_refuses_for_good_is_shown_as_lost(
    house: House, client: httpx.Client, person: Person
) -> None:
    sent(house, person)
    decide(client, person, "take", name="Lina")
    sent(house, person)
    decide(client, person, "answer", words="Vous êtes là ?")
    house.store.give_up(house.store.due("test", person.now + timedelta(days=900))[0].id)
    assert house.store.desk.conversation(person.case.number)[-1].state == "lost"


def test_a_draft_survives_a_reload_and_is_its_author_s(client: httpx.Client, person: Person) -> None:
    decide(client, person, "take", name="Lina")
    decide(client, person, "draft", words="Bonjour, je voul")
    assert "Bonjour, je voul" in client.get(f"/cases/{person.case.number}").text
    decide(client, person, "answer", words="Bonjour.")
    assert "je voul" not in client.get(f"/cases/{person.case.number}").text


def test_a_reviewer_s_fact_is_hers_and_can_be_taken_back(house: House, client: httpx.Client, person: Person) -> None:
    decide(client, person, "facts/victim_age_band", answer="correct", value="under_15")
    assert person.case.facts["victim_age_band"].source == "reviewer"
    line = house.store.desk.line(person.case.number)
    assert line is not None
    assert line.minor
    decide(client, person, f"undo/{house.store.desk.corrections(person.case.number)[-1].id}")
    assert "victim_age_band" not in person.case.facts
    assert decide(client, person, "facts/victim_age_band", answer="correct", value="42").status_code == 400


def test_the_text_is_the_third_click_and_is_counted(house: House, client: httpx.Client, person: Person) -> None:
    number = person.case.number
    account = house.store.staff.named("lina")
    assert account is not None
    assert "tuer" not in client.get(f"/cases/{number}").text
    extract = decide(client, person, "exhibits/1/extract").text
    assert "tuer" not in extract
    assert "t••r" in extract
    day = datetime.now(house.settings.timezone).date()
    before = house.store.desk.looks(day).get(account.id, {}).get("heavy", 0)
    text = unescape(decide(client, person, "exhibits/1/text").text).replace("<mark", " <mark")
    assert "tuer" in text
    assert house.store.desk.looks(day)[account.id]["heavy"] == before + 1


def test_what_she_pasted_of_others_is_not_shown_with_the_conversation(client: httpx.Client, person: Person) -> None:
    person.writes("[12/11/2026 21:30] Kevin: je vais venir te chercher\n[12/11/2026 21:31] Kevin: tu vas le regretter")
    assert len(person.case.exhibits) > 1
    answer = decide(client, person, "conversation").text
    assert "te chercher" not in answer


def test_a_story_she_did_not_let_us_keep_is_not_there(house: House, client: httpx.Client, person: Person) -> None:
    other = Told(house.store, chat=f"no-{person.chat}", at=TUESDAY_AFTERNOON)
    other.writes("/start")
    other.answers("phone_safe:yes", "consent:no")
    other.writes("il me menace de mort tous les jours")
    page = client.get(f"/cases/{other.case.number}").text
    assert "pas accepté" in unescape(page)
    assert "menace de mort tous les jours" not in page
    assert decide(client, other, "facts/victim_age_band", answer="correct", value="adult").status_code == 409


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_words_stay_words_wherever_they_are_planted(house: House, client: httpx.Client, payload: str) -> None:
    chat = f"xss-{PAYLOADS.index(payload)}"
    person = Told(house.store, chat=chat, at=TUESDAY_AFTERNOON).agrees()
    origin = Origin(OriginKind.USER, payload, payload, TUESDAY_AFTERNOON)
    inbound = Inbound("test", chat, f"{chat}-x", TUESDAY_AFTERNOON, text=f"je vais te tuer {payload}", origin=origin)
    with house.store.turn("test", chat, TUESDAY_AFTERNOON) as turn:
        engine.answer(the_means(), turn, inbound)
    person.writes(f"il écrit {payload}")
    decide(client, person, "notes", note=payload)
    decide(client, person, "take", name=payload[:30])
    decide(client, person, "answer", words=payload)
    decide(client, person, "draft", words=payload)
    post(client, "/views", name=payload[:60])
    post(client, "/queue", words=payload)
    number = person.case.number
    pages = [
        client.get(f"/cases/{number}").text,
        client.get("/").text,
        decide(client, person, "conversation").text,
        decide(client, person, "exhibits/1/extract").text,
        decide(client, person, "exhibits/1/text").text,
        decide(client, person, "identity", reason="danger").text,
    ]
    post(client, "/queue")
    account = house.store.staff.named("lina")
    assert account is not None
    for view in house.store.desk.views(account.id):
        house.store.desk.drop_view(account.id, view.id)
    visible = payload.replace("\0", "")
    assert any(escape(visible) in unescape(page).replace("<", "&lt;") or visible in unescape(page) for page in pages)
    if "<" in payload:
        for page in pages:
            assert visible not in page
            assert "<script>alert" not in page
            assert "onerror=alert(1)>" not in page
            assert "srcdoc='<" not in page


def indexed(house: House, word: str) -> int:
    """Pages of the search index that hold a word; on PostgreSQL, lines that are found by it."""
    if not isinstance(house.store, SqliteStore):
        return len(house.store.desk.queue(Filters(status="any", words=f"{word} 8841"), 10))
    query = "SELECT (SELECT count(*) FROM found_lines_data WHERE instr(block, ?1)) + "
    query += "(SELECT count(*) FROM found_exhibits_data WHERE instr(block, ?1))"
    return int(house.store._rows(query, (word,)).fetchone()[0])


def test_an_erased_case_leaves_nothing_at_the_desk(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        person = Told(house.store, chat="erased", at=TUESDAY_AFTERNOON).agrees()
        person.forwards("CANARI-8841 je vais te tuer")
        person.writes("bilan CANARI-8842")
        number = person.case.number
        with house.signed_in(house.hire("eva", "reviewer")) as client:
            decide(client, person, "notes", note="CANARI-8843")
            decide(client, person, "take", name="Eva")
            decide(client, person, "draft", words="CANARI-8844")
            post(client, "/queue", words="CANARI-8841")
            assert number in client.get("/").text
            assert indexed(house, "canari") > 0
            assert house.store.erase(number)
            assert number not in client.get("/").text
            assert client.get(f"/cases/{number}").status_code == 404
            assert indexed(house, "canari") == 0
            assert house.store.desk.queue(Filters(status="any", words="CANARI"), 10) == []


def test_every_text_of_the_console_is_there_in_both_languages() -> None:
    texts = Texts.load(FOLDER / "texts")
    assert set(texts.all("fr")) == set(texts.all("en"))
    for key in texts.all("fr"):
        assert texts.all("fr")[key].values == texts.all("en")[key].values, key


def test_the_words_of_a_change_name_what_changed() -> None:
    knowledge = the_means().knowledge
    words = telling._words(knowledge, "fr", {"threats": "indicated"}, {"doxxing": "possible"})
    assert words.count("«") == 2 + 1
    assert telling._words(knowledge, "fr", {"threats": "possible"}, {"threats": "possible"}) == ""
