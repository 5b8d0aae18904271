"""Signing in and out, and one's own account."""

import hmac
import secrets as random
from datetime import timedelta

import anyio
from starlette.responses import Response

from cases.staff import Account
from review import exposure, passkeys, secrets
from review.gate import EVERYBODY, Page
from review.guessing import Attempt
from review.visit import RefusedError, Visit

DEVICE_SECONDS = 180 * 24 * 3600
LONGEST_NAME = 80
TOO_MANY = 429


async def show_sign_in(visit: Visit) -> Response:
    """The form."""
    if visit.session is not None:
        return visit.go("/")
    return _form(visit)


def _form(visit: Visit, status: int = 200, *, problem: str = "", name: str = "") -> Response:
    seed = visit.request.cookies.get(visit.cookie("form")) or random.token_urlsafe(24)
    offered = passkeys.challenge(visit, seed) if passkeys.works_here(visit) else ""
    response = visit.render(
        "sign_in.html",
        status,
        problem=problem,
        name=name,
        seal=visit.seal(seed),
        challenge=offered,
        party=passkeys.party(visit),
    )
    visit.keep(response, "form", seed)
    return response


async def sign_in(visit: Visit) -> Response:
    """Name, password and code at once: nothing says which one was wrong."""
    seed = visit.request.cookies.get(visit.cookie("form"), "")
    if not seed or not hmac.compare_digest(visit.seal(seed).encode(), visit.form.get("seal", "").encode()):
        return _form(visit, 403, problem=visit.words("sign_in.stale"))
    name, staff = visit.field("name", LONGEST_NAME), visit.store.staff
    account = staff.named(name)
    address = visit.request.client.host if visit.request.client else ""
    attempt = Attempt.of(staff, name, account.id if account else None, address, visit.held("device"))
    wait = attempt.wait(staff, visit.at)
    if wait > timedelta(0):
        seconds = int(wait.total_seconds()) + 1
        response = _form(visit, TOO_MANY, problem=visit.words("sign_in.wait", seconds=seconds), name=name)
        response.headers["retry-after"] = str(seconds)
        return response
    if not await _is_true(visit, account) or account is None:
        attempt.fail(staff, visit.at)
        visit.store.audit.write("sign_in_failed", {"staff": account.name if account else None}, visit.at)
        return _form(visit, 401, problem=visit.words("sign_in.wrong"), name=name)
    attempt.succeed(staff)
    return _open(visit, account)


async def _is_true(visit: Visit, account: Account | None) -> bool:
    """Both factors; a code or a passkey is used up only with the right password."""
    kept = account.password if account else secrets.NOBODY
    right = await anyio.to_thread.run_sync(secrets.is_password, kept, visit.form.get("password", ""))
    if account is None or not right or account.disabled_at is not None:
        return False
    if answer := visit.form.get("passkey", ""):
        return passkeys.is_true(visit, account, answer, visit.request.cookies.get(visit.cookie("form"), ""))
    code = visit.form.get("code", "")[:LONGEST_NAME]
    step = secrets.step_of(account, code, visit.at)
    if step is not None:
        return visit.store.staff.use_step(account.id, step)
    return visit.store.staff.use_recovery(account.id, secrets.recovery_digest(code))


def _open(visit: Visit, account: Account) -> Response:
    """A new session under a new identifier, whatever the browser held before."""
    staff = visit.store.staff
    staff.close_session(visit.held("session"))
    identifier = random.token_urlsafe(32)
    staff.open_session(secrets.digest(identifier), account.id, random.token_urlsafe(32), visit.at)
    how = {"with": "passkey"} if visit.form.get("passkey") else {}
    visit.store.audit.write("signed_in", {"staff": account.name, **how}, visit.at)
    settings = visit.console.settings
    staff.drop_stale(visit.at - settings.idle, visit.at - settings.longest)
    response = visit.go("/")
    visit.keep(response, "session", identifier)
    if not staff.knows_device(visit.held("device"), account.id):
        device = random.token_urlsafe(32)
        staff.know_device(secrets.digest(device), account.id, visit.at)
        visit.keep(response, "device", device, DEVICE_SECONDS)
    return response


async def sign_out(visit: Visit) -> Response:
    """The session ends here and in the store."""
    assert visit.session is not None  # noqa: S101 - behind the gate
    visit.store.staff.close_session(visit.session.digest)
    visit.audit("signed_out")
    response = visit.go("/sign-in")
    response.delete_cookie(visit.cookie("session"), path="/")
    response.headers["clear-site-data"] = '"cache", "storage"'
    return response


async def show_account(visit: Visit) -> Response:
    """One's name, language, keys, opt-outs, password, sessions."""
    return _account(visit)


def _account(visit: Visit, status: int = 200, *, problem: str = "", done: str = "") -> Response:
    staff = visit.store.staff
    return visit.render(
        "account.html",
        status,
        problem=problem,
        done=done,
        sessions=staff.sessions_of(visit.account.id),
        passkeys=visit.store.passkeys.of(visit.account.id),
        passkey_options=passkeys.options(visit),
        passkey_place=passkeys.origin(visit) if passkeys.party(visit) else "",
        last_used=lambda at: passkeys.last_used(visit, at),
        codes_left=staff.recovery_left(visit.account.id),
        languages=visit.console.texts.languages,
        opt_outs=exposure.WEIGHTS.opt_outs,
        opted_out=exposure.opted_out(visit),
    )


async def change_account(visit: Visit) -> Response:
    """Name shown, language, keys."""
    language = visit.field("language", 8)
    if language not in visit.console.texts.languages:
        raise RefusedError(400, "error.form")
    chosen = {"language": language, "shortcuts": visit.form.get("shortcuts") == "on"}
    shown = visit.field("shown", 40) or visit.account.shown
    visit.store.staff.change(visit.account.id, shown=shown, settings={**visit.account.settings, **chosen})
    return visit.go("/account")


async def change_password(visit: Visit) -> Response:
    """The present one is asked; every other session ends."""
    assert visit.session is not None  # noqa: S101 - behind the gate
    present, wanted = visit.form.get("password", ""), visit.form.get("new", "")
    attempt = Attempt((f"account:{visit.account.name.casefold()}",))
    if attempt.wait(visit.store.staff, visit.at) > timedelta(0):
        raise RefusedError(TOO_MANY, "error.too_many")
    if not await anyio.to_thread.run_sync(secrets.is_password, visit.account.password, present):
        attempt.fail(visit.store.staff, visit.at)
        return _account(visit, 400, problem=visit.words("account.wrong_password"))
    if not secrets.SHORTEST <= len(wanted) <= secrets.LONGEST:
        return _account(visit, 400, problem=visit.words("account.short_password", shortest=secrets.SHORTEST))
    kept = await anyio.to_thread.run_sync(secrets.hash_password, wanted)
    visit.store.staff.change(visit.account.id, password=kept)
    visit.store.staff.close_sessions(visit.account.id, but=visit.session.digest)
    visit.audit("password_changed")
    return _account(visit, done=visit.words("account.password_changed"))


async def end_other_sessions(visit: Visit) -> Response:
    """Every session of one's own but this one."""
    assert visit.session is not None  # noqa: S101 - behind the gate
    visit.store.staff.close_sessions(visit.account.id, but=visit.session.digest)
    visit.audit("sessions_ended")
    return visit.go("/account")


PAGES = (
    Page("/sign-in", show_sign_in, frozenset(), public=True),
    Page("/sign-in", sign_in, frozenset(), "POST", public=True),
    Page("/sign-out", sign_out, EVERYBODY, "POST"),
    Page("/account", show_account, EVERYBODY),
    Page("/account", change_account, EVERYBODY, "POST"),
    Page("/account/password", change_password, EVERYBODY, "POST"),
    Page("/account/sessions", end_other_sessions, EVERYBODY, "POST"),
)
