"""Passkeys as a second factor: in real Chromium with its virtual authenticator, and against answers that lie."""

import argparse
import html
import json
import re
from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from review import commands
from tests.review.authenticator import Authenticator
from tests.review.browsing import chromium
from tests.review.serving import SEAL, House, Member, post, sign_in

CHALLENGE = re.compile(r'data-passkey-challenge="([^"]+)"')
OPTIONS = re.compile(r'data-passkey-options="([^"]+)"')
VIRTUAL = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
ODD = ("", "{}", "[]", "null", '{"id": 3, "response": []}', "\ud7ff" * 9, '{"response": {"clientDataJSON": "AA"}}')
LIES = [
    {"origin": "https://evil.example"},
    {"origin": "http://127.0.0.1"},
    {"party": "evil.example"},
    {"verified": False},
]


def place(house: House) -> str:
    """The address that has a name."""
    return f"http://localhost:{house.settings.port}"


def a_client(house: House) -> httpx.Client:
    client = house.visitor()
    client.base_url = httpx.URL(place(house))
    return client


@pytest.fixture
def member(house: House, request: pytest.FixtureRequest) -> Member:
    return house.hire(f"key-{abs(hash(request.node.name))}", "reviewer")


@pytest.fixture
def client(house: House, member: Member) -> Iterator[httpx.Client]:
    """Signed in with a code, under the name that passkeys are bound to."""
    client = a_client(house)
    assert sign_in(client, member.name, member.password, member.code()).status_code == 303
    yield client
    client.close()


def wanted(client: httpx.Client) -> str:
    """The challenge of the account page."""
    found = OPTIONS.search(client.get("/account").text)
    assert found is not None
    asked = json.loads(html.unescape(found.group(1)))
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    return str(asked["challenge"])


def register(client: httpx.Client, member: Member, answer: str, name: str = "clé") -> int:
    """Post the form; the status."""
    data = {"name": name, "password": member.password, "credential": answer}
    return post(client, "/account/passkeys", **data).status_code


def enter(client: httpx.Client, member: Member, key: Authenticator, **told: object) -> httpx.Response:
    """Sign in with a password and what the authenticator answers."""
    page = client.get("/sign-in").text
    challenge, seal = CHALLENGE.search(page), SEAL.search(page)
    assert challenge is not None
    assert seal is not None
    answer = key.signed(challenge.group(1), **told)
    data = {"seal": seal.group(1), "name": member.name, "password": member.password, "code": "", "passkey": answer}
    return client.post("/sign-in", data=data)


@pytest.fixture
def key(house: House, client: httpx.Client, member: Member) -> Authenticator:
    """A passkey of the member."""
    made = Authenticator(place(house))
    assert register(client, member, made.made(wanted(client))) == 303
    return made


def test_a_passkey_and_the_password_open_a_session_and_the_log_says_how(
    house: House, member: Member, key: Authenticator
) -> None:
    with a_client(house) as client:
        assert enter(client, member, key).headers["location"] == "/"
        assert client.get("/").status_code == 200
    entry = next(each for each in house.store.audit.entries(5) if each.event == "signed_in")
    assert entry.detail == {"staff": member.name, "with": "passkey"}


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_an_answer_for_another_place_or_without_its_person_is_refused(
    house: House, client: httpx.Client, member: Member, key: Authenticator, lie: dict[str, object]
) -> None:
    with a_client(house) as other:
        assert enter(other, member, key, **lie).status_code == 401
    account = house.store.staff.named(member.name)
    assert account is not None
    assert register(client, member, Authenticator(place(house)).made(wanted(client), **lie)) == 400
    assert len(house.store.passkeys.of(account.id)) == 1


def test_an_answer_is_taken_once_by_the_browser_that_asked_with_the_right_password(
    house: House, member: Member, key: Authenticator
) -> None:
    with a_client(house) as client, a_client(house) as thief:
        page = client.get("/sign-in").text
        challenge, seal = CHALLENGE.search(page), SEAL.search(page)
        assert challenge is not None
        assert seal is not None
        data = {"name": member.name, "code": "", "passkey": key.signed(challenge.group(1))}
        stolen = SEAL.search(thief.get("/sign-in").text)
        assert stolen is not None
        wrong = {**data, "seal": stolen.group(1), "password": member.password}
        assert thief.post("/sign-in", data=wrong).status_code == 401  # not the browser that asked
        assert client.post("/sign-in", data={**data, "seal": seal.group(1), "password": "wrong"}).status_code in (
            401,
            429,
        )
        house.store.staff.succeed(f"account:{member.name}")
        right = {**data, "seal": seal.group(1), "password": member.password}
        assert client.post("/sign-in", data=right).status_code == 303
        client.cookies.delete("recours-session")
        assert client.post("/sign-in", data=right).status_code == 401


def test_a_counter_that_goes_back_is_a_copied_key(house: House, member: Member, key: Authenticator) -> None:
    with a_client(house) as client:
        assert enter(client, member, key, counter=7).status_code == 303
    with a_client(house) as client:
        assert enter(client, member, key, counter=7).status_code == 401


def test_a_passkey_of_somebody_else_opens_nothing(house: House, key: Authenticator) -> None:
    other = house.hire("somebody-else", "reviewer")
    with a_client(house) as client:
        assert enter(client, other, key).status_code == 401


def test_one_may_have_several_and_revoke_one_and_nobody_elses(
    house: House, client: httpx.Client, member: Member, key: Authenticator
) -> None:
    second = Authenticator(place(house))
    assert register(client, member, second.made(wanted(client)), "<b>bureau</b>") == 303
    page = client.get("/account").text
    assert "&lt;b&gt;bureau&lt;/b&gt;" in page
    account = house.store.staff.named(member.name)
    assert account is not None
    first = house.store.passkeys.of(account.id)[0]
    with house.signed_in(house.hire("not-the-owner", "reviewer")) as other:
        assert post(other, f"/account/passkeys/{first.id}/drop").status_code == 404
    assert post(client, f"/account/passkeys/{first.id}/drop").status_code == 303
    with a_client(house) as again:
        assert enter(again, member, key).status_code == 401
    with a_client(house) as again:
        house.store.staff.succeed(f"account:{member.name}")
        assert enter(again, member, second).status_code == 303


def test_adding_one_needs_the_password_and_an_answer_to_our_question(
    house: House, client: httpx.Client, member: Member
) -> None:
    made = Authenticator(place(house))
    challenge = wanted(client)
    data = {"name": "clé", "credential": made.made(challenge)}
    assert post(client, "/account/passkeys", **data, password="wrong").status_code == 400
    assert register(client, member, made.made("AAAA")) == 400
    for odd in (
        "",
        "{}",
        "[]",
        "null",
        '{"id": 3, "response": []}',
        "\ud7ff" * 9,
        '{"response": {"clientDataJSON": "AA"}}',
    ):
        assert register(client, member, odd) == 400
    assert register(client, member, made.made(challenge)) == 303
    assert register(client, member, made.made(challenge)) == 400  # taken once
    assert register(client, member, made.made(wanted(client))) == 400  # known already


def test_a_lost_second_factor_takes_the_passkeys_with_it(
    house: House, member: Member, key: Authenticator, capsys: pytest.CaptureFixture[str]
) -> None:
    options = argparse.Namespace(action="reset-second-factor", name=member.name, role=None, shown=None)
    assert commands.staff(options, house.settings) == 0
    assert "Recovery codes" in capsys.readouterr().out
    with a_client(house) as client:
        assert enter(client, member, key).status_code == 401


def test_where_the_console_has_only_a_number_no_passkey_is_offered(house: House, member: Member) -> None:
    with house.visitor() as client:
        assert "passkeys.js" not in client.get("/sign-in").text
        sign_in(client, member.name, member.password, member.code())
        assert f"localhost:{house.settings.port}" in client.get("/account").text
        assert not OPTIONS.search(client.get("/account").text)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def with_authenticator(browser: Browser, house: House) -> Page:
    """A window whose machine has a fingerprint reader."""
    page = browser.new_context(base_url=place(house), locale="fr").new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": VIRTUAL})
    return page


def test_chromium_makes_a_passkey_and_signs_in_with_it(browser: Browser, house: House) -> None:
    member = house.hire("chromium", "reviewer")
    page = with_authenticator(browser, house)
    page.goto("/sign-in")
    page.fill("#name", member.name)
    page.fill("#password", member.password)
    page.get_by_role("button", name="clé d'accès").click()
    expect(page.get_by_role("alert")).to_contain_text("La clé n'a pas répondu")  # there is none yet
    page.fill("#code", member.code())
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.wait_for_url(f"{place(house)}/")
    page.goto("/account")
    page.get_by_label("Nom de la clé").fill("mon portable")
    page.locator("#passkey-password").fill(member.password)
    page.get_by_role("button", name="Ajouter une clé d'accès").click()
    expect(page.locator("main")).to_contain_text("mon portable · ajoutée")
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name="Se déconnecter").click()
    page.wait_for_url("**/sign-in")
    page.fill("#name", member.name)
    page.fill("#password", member.password)
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name="clé d'accès").click()
    page.wait_for_url(f"{place(house)}/")
    page.goto("/account")
    expect(page.locator("main")).not_to_contain_text("jamais")
    page.get_by_role("button", name="Retirer la clé").click()
    expect(page.locator("main")).not_to_contain_text("mon portable")
    page.context.close()
