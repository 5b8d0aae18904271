"""Closing in one key, and tags: never over an alert, never against the person."""

import html
from collections.abc import Iterator

import pytest

from cases.desk import DISPOSITIONS, Filters
from tests.builders import Person
from tests.review.serving import House, Member, Visitor, post


@pytest.fixture(scope="module")
def client(house: House, nour: Member) -> Iterator[Visitor]:
    with house.signed_in(nour) as browser:
        yield browser


def status(house: House, number: str) -> str:
    line = house.store.desk.line(number)
    assert line is not None
    return line.status


@pytest.mark.parametrize("disposition", DISPOSITIONS)
def test_a_case_is_closed_opened_by_the_same_key_and_by_her_next_message(
    house: House, client: Visitor, disposition: str
) -> None:
    person = Person(house.store, chat=f"sorted-{disposition}").agrees()
    path = f"/cases/{person.case.number}/disposition"
    post(client, path, disposition=disposition)
    assert (status(house, person.case.number), house.store.desk.disposition(person.case.number)) == (
        "closed",
        disposition,
    )
    post(client, path, disposition=disposition)
    assert (status(house, person.case.number), house.store.desk.disposition(person.case.number)) == ("open", "")
    post(client, path, disposition=disposition)
    assert any(reply.text for reply in person.writes("vous êtes là ?"))
    assert status(house, person.case.number) == "open"


def test_a_waiting_alert_is_never_closed_over(house: House, client: Visitor) -> None:
    person = Person(house.store, chat="alarmed").agrees()
    person.writes("je veux mourir")
    path = f"/cases/{person.case.number}"
    post(client, f"{path}/disposition", disposition="joke")
    assert status(house, person.case.number) != "closed"
    post(client, f"{path}/handle", act="attend")
    post(client, f"{path}/disposition", disposition="wrong_service")
    assert status(house, person.case.number) == "closed"
    person.writes("je veux mourir")
    line = house.store.desk.line(person.case.number)
    assert line is not None
    assert (line.status, line.alert) == ("open", 2)


def test_what_is_no_disposition_is_refused(house: House, client: Visitor) -> None:
    assert post(client, f"/cases/{house.cases[0]}/disposition", disposition="closed").status_code == 400


def test_tags_narrow_the_queue_come_off_and_go_with_consent(house: House, client: Visitor) -> None:
    person = Person(house.store, chat="tagged").agrees()
    number = person.case.number
    word = "<b>à rappeler</b>"
    post(client, f"/cases/{number}/tags", tag=f"  {word} ")
    assert house.store.desk.tags(number) == [word]
    page = client.get(f"/cases/{number}").text
    assert word not in page
    assert word in html.unescape(page)
    assert word not in str([entry.detail for entry in house.store.audit.entries(5)])
    assert [line.number for line in house.store.desk.queue(Filters(tag=word), 50)] == [number]
    post(client, "/queue", tag=word)
    shown = client.get("/").text
    assert number in shown
    assert shown.count("data-open") == 1
    post(client, "/queue")
    post(client, f"/cases/{number}/tags", tag=word, off="on")
    assert house.store.desk.tags(number) == []
    post(client, f"/cases/{number}/tags", tag="encore")
    house.store.erase(number)
    assert "encore" not in house.store.desk.tags()


@pytest.mark.parametrize("tag", ["", "   ", "x" * 31])
def test_an_empty_or_endless_tag_is_refused(house: House, client: Visitor, tag: str) -> None:
    assert post(client, f"/cases/{house.cases[0]}/tags", tag=tag).status_code == 400


def test_a_case_carries_ten_tags_at_most(house: House, client: Visitor) -> None:
    number = Person(house.store, chat="many-tags").agrees().case.number
    answers = [post(client, f"/cases/{number}/tags", tag=f"mot {count}").status_code for count in range(11)]
    assert answers == [303] * 10 + [400]
