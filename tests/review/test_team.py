"""The team on cases: sorting, tags, several at once; hostile words stay words."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import pyzipper

from bot import teaching
from cases.desk import DISPOSITIONS, Line
from cases.dossier import bag
from cases.exhibits import label_state
from tests.builders import Person
from tests.review.serving import House, a_house, post
from tests.review.test_case import PAYLOADS


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[httpx.Client]:
    """A reviewer's browser."""
    with house.signed_in(house.hire("team", "reviewer")) as browser:
        yield browser


def someone(house: House, name: str) -> Person:
    """Somebody who agreed and was threatened."""
    person = Person(house.store, chat=f"team-{name}").agrees()
    person.answers("a:reporter:victim", "a:situation:threats")
    person.forwards("je sais où tu habites, je vais te tuer")
    person.answers("done", "yes")
    return person


def line_of(house: House, person: Person) -> Line:
    line = house.store.desk.line(person.case.number)
    assert line is not None
    return line


@pytest.mark.parametrize("disposition", DISPOSITIONS)
def test_one_key_sorts_a_case_and_the_same_key_takes_it_back(
    house: House, client: httpx.Client, disposition: str
) -> None:
    person = someone(house, disposition)
    path = f"/cases/{person.case.number}/disposition"
    post(client, path, disposition=disposition)
    assert (line_of(house, person).disposition, line_of(house, person).status) == (disposition, "closed")
    post(client, path, disposition=disposition)
    assert (line_of(house, person).disposition, line_of(house, person).status) == ("", "open")
    assert post(client, path, disposition="enemy").status_code == 400


def test_a_case_whose_alert_nobody_attended_is_sorted_but_stays_open(house: House, client: httpx.Client) -> None:
    person = someone(house, "alert")
    person.writes("je veux mourir")
    post(client, f"/cases/{person.case.number}/disposition", disposition="joke")
    assert line_of(house, person).status != "closed"
    for data in ({"act": "status", "status": "closed"}, {"act": "disposition", "disposition": "joke"}):
        post(client, "/queue/bulk", **{f"case_{person.case.number}": "on"}, **data)
        assert line_of(house, person).status != "closed"


def test_several_lines_are_assigned_tagged_and_closed_at_once(house: House, client: httpx.Client) -> None:
    people = [someone(house, f"bulk-{count}") for count in range(3)]
    account = house.store.staff.named("team")
    assert account is not None
    chosen = {f"case_{person.case.number}": "on" for person in people[:2]}
    post(client, "/queue/bulk", act="assign", assignee=str(account.id), **chosen)
    post(client, "/queue/bulk", act="tag", tag="  école   primaire ", **chosen)
    post(client, "/queue/bulk", act="status", status="closed", case_NONE="on", **chosen)
    found = [(line.assignee, line.tags, line.status) for line in (line_of(house, person) for person in people)]
    assert found[:2] == [(account.id, ("école primaire",), "closed")] * 2
    assert found[2][:2] == (None, ())
    assert found[2][2] != "closed"
    for person in people[:2]:
        assert "case_handled" in [entry.event for entry in house.store.audit.of_case(person.case.number)]
    for refused in ({"act": "erase"}, {"act": "assign", "assignee": "999"}, {"act": "tag", "tag": ""}):
        assert post(client, "/queue/bulk", **refused, **chosen).status_code == 400


def test_a_tag_narrows_the_queue(house: House, client: httpx.Client) -> None:
    person, other = someone(house, "narrow"), someone(house, "not-narrow")
    post(client, f"/cases/{person.case.number}/tags", tag="lycée")
    post(client, "/queue", tag="lycée")
    page = client.get("/").text
    assert person.case.number in page
    assert other.case.number not in page
    post(client, "/queue")
    post(client, f"/cases/{person.case.number}/tags", tag="lycée", kept="off")
    assert line_of(house, person).tags == ()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_tag_or_note_stays_words(house: House, client: httpx.Client, payload: str) -> None:
    person = someone(house, f"xss-{PAYLOADS.index(payload)}")
    number = person.case.number
    post(client, f"/cases/{number}/tags", tag=payload[:30])
    post(client, f"/cases/{number}/notes", note=payload)
    for path in ("/", f"/cases/{number}"):
        page = client.get(path).text
        for piece in (payload, payload[:30]):
            assert "<" not in piece or piece not in page
        assert "<script>alert" not in page
        assert "evil.example/x.png'>" not in page


def test_who_comes_back_is_recognised_without_being_named(house: House, client: httpx.Client) -> None:
    person = someone(house, "returns")
    assert line_of(house, person).returns == 0
    person.waits(days=9)
    person.writes("bonjour")
    assert line_of(house, person).returns == 1
    page = client.get(f"/cases/{person.case.number}").text
    assert "revient (1 fois)" in page
    assert f"<code>{person.chat}</code>" not in page


def test_a_colleague_named_in_a_note_finds_it_and_nobody_else_does(house: House, client: httpx.Client) -> None:
    person = someone(house, "mention")
    anna, lise = house.hire("anna", "reviewer"), house.hire("anna-lise", "coordinator")
    post(client, f"/cases/{person.case.number}/notes", note="@Anna-Lise, un avis ? <b>")
    with house.signed_in(anna) as hers, house.signed_in(lise) as other:
        assert person.case.number not in hers.get("/mentions").text
        page = other.get("/mentions").text
        assert person.case.number in page
        assert "à lire" in page
        assert "un avis" not in page
        other.get(f"/cases/{person.case.number}")
        assert "à lire" not in other.get("/mentions").text


def test_a_private_word_is_read_by_its_author_and_one_colleague_only(house: House, client: httpx.Client) -> None:
    person = someone(house, "private")
    path = f"/cases/{person.case.number}"
    friend, third = house.hire("friend", "reviewer"), house.hire("third", "reviewer")
    account = house.store.staff.named("friend")
    assert account is not None
    post(client, f"{path}/notes", note="entre nous @third", to=str(account.id))
    assert "entre nous" in client.get(path).text
    with house.signed_in(friend) as hers, house.signed_in(third) as other:
        assert "entre nous" in hers.get(path).text
        assert "entre nous" not in other.get(path).text
        assert person.case.number not in other.get("/mentions").text
    assert post(client, f"{path}/notes", note="x", to="999").status_code == 400


def test_two_conversations_are_linked_for_a_reason_and_parted_without_a_trace_in_either(
    house: House, client: httpx.Client
) -> None:
    one, two = someone(house, "link-1"), someone(house, "link-2")
    before = [house.store.by_number(person.case.number) for person in (one, two)]
    path = f"/cases/{one.case.number}/links"
    assert post(client, path, other=two.case.number).status_code == 400
    assert post(client, path, other="R-AAAA-AAAA", reason="x").status_code == 404
    post(client, path, other=one.case.number, reason="elle-même")
    assert house.store.team.merges(one.case.number) == []
    post(client, path, other=two.case.number.lower(), reason="<b>même récit</b>")
    for person, other in ((one, two), (two, one)):
        assert [each.other for each in house.store.team.merges(person.case.number)] == [other.case.number]
        page = client.get(f"/cases/{person.case.number}").text
        assert "&lt;b&gt;même récit" in page
        assert f"<code>{other.chat}</code>" not in page
    merge = house.store.team.merges(two.case.number)[0]
    assert post(client, f"/cases/{house.cases[0]}/links/{merge.id}/part").status_code == 404
    post(client, f"/cases/{two.case.number}/links/{merge.id}/part")
    assert house.store.team.merges(one.case.number) == []
    assert [house.store.by_number(person.case.number) for person in (one, two)] == before
    events = [entry.event for entry in house.store.audit.of_case(one.case.number)]
    assert {"linked", "parted"} <= set(events)


def test_erasing_one_of_two_linked_conversations_leaves_the_other_whole(house: House, client: httpx.Client) -> None:
    one, two = someone(house, "gone-1"), someone(house, "gone-2")
    post(client, f"/cases/{one.case.number}/links", other=two.case.number, reason="même récit")
    house.store.erase(two.case.number)
    assert house.store.team.merges(one.case.number) == []
    assert client.get(f"/cases/{one.case.number}").status_code == 200


def test_an_identity_needs_a_second_person_where_the_house_says_so(tmp_path: Path) -> None:
    with a_house(tmp_path, lambda settings: replace(settings, identity_by_two=True)) as strict:
        asker, second = strict.hire("asker", "reviewer"), strict.hire("second", "reviewer")
        case = strict.store.by_number(strict.cases[0])
        assert case is not None
        path, name = f"/cases/{case.number}/identity", f"<code>{case.chat}</code>"
        with strict.signed_in(asker) as hers, strict.signed_in(second) as other:
            for _ in range(2):
                assert name not in post(hers, path, reason="danger").text
            requests = strict.store.team.identity_requests(case.number, case.opened_at)
            assert len(requests) == 1
            assert post(hers, f"{path}/{requests[0].id}").status_code == 404
            assert name not in post(hers, path, reason="danger").text
            assert post(other, f"/cases/{strict.cases[1]}/identity/{requests[0].id}").status_code == 404
            post(other, f"{path}/{requests[0].id}")
            assert name in post(hers, path, reason="danger").text
            assert name not in post(hers, path, reason="request").text
            assert name not in post(other, path, reason="danger").text
        events = [entry.event for entry in strict.store.audit.of_case(case.number)]
        wanted = [event for event in events if event.startswith("identity")]
        assert wanted == ["identity_asked", "identity_allowed", "identity_viewed", "identity_asked", "identity_asked"]


def test_a_call_is_taken_with_the_same_questions_through_the_same_engine(house: House, client: httpx.Client) -> None:
    address = post(client, "/intake").headers["location"]
    number = address.split("/")[2]
    for choice in ("phone_safe:yes", "consent:yes", "a:reporter:victim", "a:situation:threats"):
        page = client.get(address).text
        assert f'value="{choice}"' in page
        post(client, address, choice=choice)
    post(client, address, words="je veux mourir")
    assert "3114" in client.get(address).text
    case, line = house.store.by_number(number), house.store.desk.line(number)
    assert case is not None
    assert line is not None
    assert (case.channel, line.alert) == ("desk", 2)
    assert case.facts["situation"].value
    post(client, address, words="effacer")
    post(client, address, choice="erase")
    assert post(client, address, choice="erase_confirm").headers["location"] == "/"
    assert house.store.by_number(number) is None
    assert house.store.queued("desk", case.chat) == []


def test_nobody_answers_in_place_of_somebody_who_writes(house: House, client: httpx.Client) -> None:
    person = someone(house, "writes-herself")
    path = f"/cases/{person.case.number}/intake"
    assert client.get(path).status_code == 404
    assert post(client, path, words="oui").status_code == 404


def test_a_dossier_is_handed_to_another_house_with_her_agreement_and_both_logs_say_so(
    house: House, client: httpx.Client
) -> None:
    person = someone(house, "transfer")
    path = f"/cases/{person.case.number}/transfer"
    for missing in ({"house": "Autre", "reason": "plus près"}, {"house": "Autre", "agreed": "on"}, {"agreed": "on"}):
        assert post(client, path, **missing).status_code == 400
    answer = post(client, path, house="<b>Autre", reason="plus près", agreed="on")
    assert answer.headers["content-type"] == "application/zip"
    assert bag.faults(bag.unpack(answer.content, "bag.zip")) == []
    assert line_of(house, person).status == "closed"
    assert "Remis à &lt;b&gt;Autre" in client.get(f"/cases/{person.case.number}").text
    assert "transferred" in [entry.event for entry in house.store.audit.of_case(person.case.number)]
    assert house.store.custody(person.case.number)[-1].event == "exported"
    assert house.store.faults(person.case.number) == []


def test_corrections_teach_only_while_the_person_agrees_and_name_nobody(house: House, client: httpx.Client) -> None:
    person = someone(house, "teaches")
    person.forwards("Kevin Durand va te tuer, 12 rue des Lilas, 06 12 34 56 78", author="Kevin Durand")
    person.answers("done", "yes")
    path = f"/cases/{person.case.number}"
    was = label_state(person.case.exhibits[1], "threat")
    post(client, f"{path}/exhibits/2/label", label="threat", answer="no", was=was)
    assert house.store.desk.corrections(person.case.number)
    assert teaching.rows(house.store) == []
    assert post(client, f"{path}/teaching", act="give").status_code == 400
    post(client, f"{path}/teaching", act="give", words="oui, <i>si ça aide")
    assert "oui, &lt;i&gt;si ça aide" in client.get(path).text
    rows = teaching.rows(house.store)
    assert len(rows) == 1
    assert set(rows[0]) == {"text", "labels", "threat_kind"}
    for secret in ("Kevin", "Durand", "Lilas", "06 12"):
        assert secret not in rows[0]["text"]
    assert "va te tuer" in rows[0]["text"]
    assert "threat" not in rows[0]["labels"]
    assert rows[0]["threat_kind"] is None
    post(client, f"{path}/teaching", act="take_back")
    assert teaching.rows(house.store) == []
    post(client, f"{path}/teaching", act="give", words="oui")
    house.store.erase(person.case.number)
    assert teaching.rows(house.store) == []


@pytest.mark.parametrize("passphrase", ["", "une phrase assez longue"])
def test_a_transfer_may_be_locked_and_the_passphrase_is_kept_nowhere(
    house: House, client: httpx.Client, passphrase: str
) -> None:
    person = someone(house, f"locked-{len(passphrase)}")
    path = f"/cases/{person.case.number}/transfer"
    wanted = {"house": "Maison Sud", "reason": "elle y est suivie", "agreed": "on"}
    assert post(client, path, **wanted, passphrase="trop court").status_code == 400
    packed = post(client, path, **wanted, passphrase=passphrase)
    with pyzipper.AESZipFile(io.BytesIO(packed.content)) as archive:
        locked = archive.infolist()[0].flag_bits & 1
        assert bool(locked) is bool(passphrase)
        if passphrase:
            archive.setpassword(passphrase.encode())
        assert archive.testzip() is None
    entry = next(e for e in house.store.audit.of_case(person.case.number) if e.event == "transferred")
    assert entry.detail["locked"] is bool(passphrase)
    assert "assez longue" not in str(entry.detail)
