"""Passkeys: another second factor beside the codes, bound to the address of the console, always with the password.

A challenge is sealed for the browser that asked and for some minutes, and is taken once.
"""

import hmac
import json
import secrets as random
from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import anyio
from starlette.responses import Response
from webauthn import (
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from cases.staff import Account, Passkey
from review import secrets
from review.gate import EVERYBODY, Page
from review.guessing import Attempt
from review.visit import RefusedError, Visit

LASTS = timedelta(minutes=10)  # a challenge
NONCE, TIME = 16, 8  # bytes of a challenge before its seal
LONGEST = 20_000  # characters of what an authenticator answers
LONGEST_NAME = 40
MOST = 10  # passkeys of an account
TOO_MANY = 429
FAULTS = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError)  # what a hostile answer may raise


def party(visit: Visit) -> str:
    """The name that passkeys are bound to; "" where there is none (a browser takes no bare number for a name)."""
    settings = visit.console.settings
    name = urlsplit(settings.public_url).hostname if settings.public_url else "localhost"
    try:
        ip_address(name or "")
    except ValueError:
        return name or ""
    return ""


def origin(visit: Visit) -> str:
    """The address under which they work."""
    settings = visit.console.settings
    if settings.public_url:
        place = urlsplit(settings.public_url)
        return f"{place.scheme}://{place.netloc}"
    return f"http://localhost:{settings.port}"


def works_here(visit: Visit) -> bool:
    """Whether the browser reached the console under that name."""
    return bool(party(visit)) and visit.request.url.hostname == party(visit)


def challenge(visit: Visit, holder: str) -> str:
    """A new challenge for whoever holds that (base64url)."""
    head = random.token_bytes(NONCE) + int((visit.at + LASTS).timestamp()).to_bytes(TIME, "big")
    return bytes_to_base64url(head + _seal(visit, head, holder))


def _seal(visit: Visit, head: bytes, holder: str) -> bytes:
    return bytes.fromhex(visit.seal(f"passkey {head.hex()} {holder}"))


def _taken(visit: Visit, answer: Mapping[str, Any], holder: str) -> bytes:
    """The challenge that an answer carries, when it is ours, in time, for this browser, and was never answered.

    Raises:
        ValueError: it is not.
    """
    client = json.loads(base64url_to_bytes(answer["response"]["clientDataJSON"]))
    given = base64url_to_bytes(client["challenge"])
    head, seal = given[: NONCE + TIME], given[NONCE + TIME :]
    until = int.from_bytes(head[NONCE:], "big")
    now = int(visit.at.timestamp())
    spent = visit.console.spent
    for old in [known for known, end in spent.items() if end < now]:
        del spent[old]
    if not hmac.compare_digest(seal, _seal(visit, head, holder)) or until < now or given in spent:
        raise ValueError("challenge")
    spent[given] = until
    return given


def is_true(visit: Visit, account: Account, answer: str, holder: str) -> bool:
    """Whether an answer at the sign-in page is of a passkey of that account, used by its person just now."""
    try:
        given = json.loads(answer[:LONGEST])
        kept = visit.store.passkeys.by_credential(str(given["id"]))
        if kept is None or kept.staff != account.id or not party(visit):
            return False
        found = verify_authentication_response(
            credential=given,
            expected_challenge=_taken(visit, given, holder),
            expected_rp_id=party(visit),
            expected_origin=origin(visit),
            credential_public_key=base64url_to_bytes(kept.public_key),
            credential_current_sign_count=kept.counter,
            require_user_verification=True,
        )
    except FAULTS:
        return False
    return visit.store.passkeys.use(kept, found.new_sign_count, visit.at)


def options(visit: Visit) -> str:
    """What the browser is asked to make, as JSON; "" where passkeys do not work."""
    assert visit.session is not None  # noqa: S101 - behind the gate
    if not works_here(visit):
        return ""
    known = [base64url_to_bytes(each.credential) for each in visit.store.passkeys.of(visit.account.id)]
    wanted = generate_registration_options(
        rp_id=party(visit),
        rp_name=visit.console.settings.association,
        user_id=secrets.digest(f"recours staff {visit.account.id}").encode(),
        user_name=visit.account.name,
        challenge=base64url_to_bytes(challenge(visit, visit.session.digest)),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=credential) for credential in known],
    )
    return options_to_json(wanted)


async def add(visit: Visit) -> Response:
    """Keep a new passkey; the password is asked again."""
    assert visit.session is not None  # noqa: S101 - behind the gate
    name = visit.field("name", LONGEST_NAME)
    attempt = Attempt((f"account:{visit.account.name.casefold()}",))
    if attempt.wait(visit.store.staff, visit.at) > timedelta(0):
        raise RefusedError(TOO_MANY, "error.too_many")
    if not await anyio.to_thread.run_sync(secrets.is_password, visit.account.password, visit.form.get("password", "")):
        attempt.fail(visit.store.staff, visit.at)
        raise RefusedError(400, "account.wrong_password")
    if not name or len(visit.store.passkeys.of(visit.account.id)) >= MOST:
        raise RefusedError(400, "error.form")
    if not visit.store.passkeys.add(_made(visit, name, visit.session.digest)):
        raise RefusedError(400, "error.passkey")
    visit.audit("passkey_added")
    return visit.go("/account")


def _made(visit: Visit, name: str, holder: str) -> Passkey:
    try:
        given = json.loads(visit.form.get("credential", "")[:LONGEST])
        found = verify_registration_response(
            credential=given,
            expected_challenge=_taken(visit, given, holder),
            expected_rp_id=party(visit),
            expected_origin=origin(visit),
            require_user_verification=True,
        )
    except FAULTS as error:
        raise RefusedError(400, "error.passkey") from error
    return Passkey(
        id=0,
        staff=visit.account.id,
        credential=bytes_to_base64url(found.credential_id),
        public_key=bytes_to_base64url(found.credential_public_key),
        counter=found.sign_count,
        name=name,
        made_at=visit.at,
        used_at=None,
    )


async def drop(visit: Visit) -> Response:
    """Revoke one's own."""
    if not visit.store.passkeys.drop(visit.account.id, int(visit.request.path_params["passkey"])):
        raise RefusedError(404, "error.no_page")
    visit.audit("passkey_dropped")
    return visit.go("/account")


def last_used(visit: Visit, at: datetime | None) -> str:
    """When a passkey was last used, in words."""
    return visit.moment(at) if at else visit.words("account.passkey_never")


PAGES = (
    Page("/account/passkeys", add, EVERYBODY, "POST"),
    Page("/account/passkeys/{passkey:int}/drop", drop, EVERYBODY, "POST"),
)
