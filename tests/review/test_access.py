"""Signing in: both factors, guessing, fixation, sessions, and what a lost second factor needs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from cases.staff import Failures
from review.guessing import LONGEST, delay
from review.secrets import recovery_digest
from tests.review.serving import SEAL, House, Member, post, sign_in, token_of

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_both_factors_are_needed_and_none_is_told_wrong(house: House, nour: Member) -> None:
    said = set()
    for name, password, code in (
        (nour.name, "wrong", nour.code()),
        (nour.name, nour.password, "000000"),
        ("nobody", nour.password, "000000"),
    ):
        with house.visitor() as client:
            answer = sign_in(client, name, password, code)
            assert answer.status_code == 401
            said.add(answer.text.partition('role="alert"')[2].partition("</p>")[0])
            assert client.get("/").headers["location"] == "/sign-in"
    assert len(said) == 1


def test_a_code_is_taken_once(house: House) -> None:
    member = house.hire("once", "reviewer")
    code = pyotp.TOTP(member.secret).now()
    with house.visitor() as first, house.visitor() as second:
        assert sign_in(first, member.name, member.password, code).status_code == 303
        assert sign_in(second, member.name, member.password, code).status_code == 401


def test_a_recovery_code_replaces_the_second_factor_once(house: House) -> None:
    member = house.hire("lost", "reviewer")
    with house.visitor() as first, house.visitor() as second:
        assert sign_in(first, member.name, member.password, member.codes[0].upper()).status_code == 303
        assert sign_in(second, member.name, member.password, member.codes[0]).status_code == 401
    assert recovery_digest("ABCD-efgh") == recovery_digest(" abcd efgh")


def test_the_identifier_changes_at_sign_in_whatever_the_browser_held(house: House, nour: Member) -> None:
    with house.visitor() as client:
        client.cookies.set("recours-session", "chosen-by-somebody-else")
        sign_in(client, nour.name, nour.password, nour.code())
        held = [cookie.value for cookie in client.cookies.jar if cookie.name == "recours-session"]
        assert len(set(held) - {"chosen-by-somebody-else"}) == 1
    with house.visitor() as other:
        other.cookies.set("recours-session", "chosen-by-somebody-else")
        assert other.get("/").headers["location"] == "/sign-in"


def test_signing_out_ends_the_session_in_the_store_too(house: House) -> None:
    member = house.hire("leaver", "reviewer")
    with house.signed_in(member) as client:
        held = client.cookies.get("recours-session")
        post(client, "/sign-out")
        client.cookies.set("recours-session", held or "")
        assert client.get("/").headers["location"] == "/sign-in"


def test_a_session_is_revoked_when_the_account_is_closed(house: House) -> None:
    boss, member = house.hire("boss", "administrator"), house.hire("gone", "reviewer")
    with house.signed_in(boss) as chief, house.signed_in(member) as client:
        account = house.store.staff.named("gone")
        assert account is not None
        assert client.get("/").status_code == 200
        post(chief, f"/accounts/{account.id}/disable")
        assert client.get("/").headers["location"] == "/sign-in"
        with house.visitor() as again:
            assert sign_in(again, member.name, member.password, member.code()).status_code == 401


def test_nobody_closes_the_account_he_uses(house: House) -> None:
    boss = house.hire("boss-2", "administrator")
    with house.signed_in(boss) as chief:
        account = house.store.staff.named("boss-2")
        assert account is not None
        assert post(chief, f"/accounts/{account.id}/disable").status_code == 409


def test_a_new_password_ends_the_other_sessions(house: House) -> None:
    member = house.hire("changer", "reviewer")
    with house.signed_in(member) as here, house.signed_in(member) as elsewhere:
        assert post(here, "/account/password", password="no", new="long enough indeed").status_code == 400
        assert post(here, "/account/password", password=member.password, new="short").status_code == 400
        assert post(here, "/account/password", password=member.password, new="long enough indeed").status_code == 200
        assert here.get("/account").status_code == 200
        assert elsewhere.get("/account").headers["location"] == "/sign-in"
        with house.visitor() as again:
            assert sign_in(again, member.name, "long enough indeed", member.code()).status_code == 303


def test_an_unused_session_ends(house: House) -> None:
    member = house.hire("idle", "reviewer")
    with house.signed_in(member) as client:
        account = house.store.staff.named("idle")
        assert account is not None
        session = house.store.staff.sessions_of(account.id)[0]
        house.store.staff.seen(session.digest, datetime.now(UTC) - timedelta(minutes=31))
        assert client.get("/").headers["location"] == "/sign-in"
        assert house.store.staff.sessions_of(account.id) == []


def test_guessing_slows_down_and_the_true_user_gets_in_from_a_known_browser(house: House) -> None:
    member = house.hire("target", "reviewer")
    with house.signed_in(member) as known:
        post(known, "/sign-out")
        with house.visitor() as attacker:
            statuses = [sign_in(attacker, "target", f"guess {n}", "123456").status_code for n in range(8)]
            assert statuses[:5] == [401] * 5
            assert statuses[-1] == 429
            blocked = sign_in(attacker, "target", member.password, member.code())
            assert blocked.status_code == 429
            assert int(blocked.headers["retry-after"]) >= 1
        member.used.clear()
        assert sign_in(known, member.name, member.password, member.codes.pop()).status_code == 303


@pytest.mark.parametrize("count", [0, 4, 5, 6, 8, 50, 10_000])
def test_no_wait_is_longer_than_a_quarter_of_an_hour(count: int) -> None:
    for key in ("account:x", "address:y", "device:z"):
        assert delay(key, Failures(count, NOON), NOON) <= LONGEST
        assert delay(key, Failures(count, NOON), NOON + LONGEST) <= timedelta(0)


def test_an_attempt_made_too_early_does_not_lengthen_the_wait(house: House) -> None:
    house.hire("patient", "reviewer")
    with house.visitor() as attacker:
        for number in range(6):
            sign_in(attacker, "patient", f"guess {number}", "123456")
        before = house.store.staff.failures("account:patient")
        for _ in range(3):
            assert sign_in(attacker, "patient", "again", "123456").status_code == 429
        assert house.store.staff.failures("account:patient") == before


def test_signing_in_needs_the_form_of_this_browser(house: House, nour: Member) -> None:
    with house.visitor() as first, house.visitor() as second:
        seal = SEAL.search(first.get("/sign-in").text)
        assert seal is not None
        second.get("/sign-in")
        data = {"seal": seal.group(1), "name": nour.name, "password": nour.password, "code": nour.code()}
        assert second.post("/sign-in", data=data).status_code == 403


def test_a_role_taken_away_is_gone_at_once(house: House) -> None:
    member = house.hire("mover", "reviewer", "auditor")
    with house.signed_in(member) as client:
        account = house.store.staff.named("mover")
        assert account is not None
        assert client.get("/audit").status_code == 200
        house.store.staff.change(account.id, roles=["reviewer"])
        assert client.get("/audit").status_code == 403


def test_over_https_cookies_belong_to_this_host_alone(house: House) -> None:
    assert not house.settings.secure
    assert replace(house.settings, public_url="https://console.example").secure


def test_the_token_is_of_one_session(house: House, nour: Member) -> None:
    other = house.hire("other", "reviewer")
    with house.signed_in(nour) as mine, house.signed_in(other) as theirs:
        data = {"token": token_of(theirs), "note": "x"}
        assert mine.post(f"/cases/{house.cases[0]}/notes", data=data).status_code == 403
