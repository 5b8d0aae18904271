"""`recours staff` and `recours review`: accounts from the command line, and the server."""

import argparse
import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import pyotp

from cases import opening
from cases.errors import AccountError
from cases.sql.store import SqlStore
from cases.staff import ROLES, Account
from review import secrets
from review.app import serve
from review.settings import Settings

DEMO_NAME = "demo"
BY = "command line"  # who did it, in the audit log
GROUPS = 5  # of four signs, in a first password


def review(settings: Settings) -> int:
    """Serve the console until stopped.

    Raises:
        AccountError: nobody could sign in.
        StoreError: the case store cannot be opened.
    """
    with _store(settings) as store:
        if not any(account.disabled_at is None for account in store.staff.accounts()):
            raise AccountError("no account yet: make the first one with: recours staff add NAME --role administrator")
    address = settings.public_url or f"http://{settings.listen}:{settings.port}/"
    asyncio.run(serve(settings, lambda _: print(f"Console: {address}", flush=True)))
    return 0


def prepare_demo(settings: Settings) -> None:
    """Make an account and print all it takes to sign in: for a demonstration, on a store that goes with it."""
    with _store(settings) as store:
        roles = ("reviewer", "coordinator", "administrator")
        password, secret, _ = add_account(store, DEMO_NAME, roles, datetime.now(UTC), shown="Camille")
    code = pyotp.TOTP(secret).now()
    print(
        f"Console (invented cases): http://{settings.listen}:{settings.port}/\n"
        f"  account {DEMO_NAME}, password {password}\n"
        f"  code right now {code}; secret of the second factor, for this demonstration only: {secret}\n",
        flush=True,
    )


def serve_demo(settings: Settings) -> None:
    """Serve until the process ends."""
    asyncio.run(serve(settings))


def staff(options: argparse.Namespace, settings: Settings) -> int:
    """One of the actions on accounts."""
    with _store(settings) as store:
        return ACTIONS[options.action](store, options, settings)


def add_account(
    store: SqlStore, name: str, roles: Sequence[str], at: datetime, *, shown: str = "", language: str = "fr"
) -> tuple[str, str, list[str]]:
    """Make an account; its first password, the secret of its second factor and its recovery codes, shown once.

    Raises:
        AccountError: the name is taken or unusable, or a role is missing.
    """
    if not name.strip() or len(name) > 80 or not name.isprintable():  # noqa: PLR2004 - said in the sentence
        raise AccountError("give a name of 1 to 80 characters")
    if not roles:
        raise AccountError(f"give at least one --role among {', '.join(ROLES)}")
    password, secret, codes = secrets.draw(GROUPS), secrets.new_factor(), secrets.recovery_codes()
    account = Account(
        id=0,
        name=name.strip(),
        shown=shown or name.strip(),
        roles=tuple(role for role in ROLES if role in roles),
        password=secrets.hash_password(password),
        secret=secret,
        last_step=0,
        made_at=at,
        disabled_at=None,
        settings={"language": language},
    )
    store.staff.add(account, [secrets.recovery_digest(code) for code in codes])
    store.audit.write("account_made", {"staff": BY, "account": account.name, "roles": list(account.roles)}, at)
    return password, secret, codes


def _add(store: SqlStore, options: argparse.Namespace, settings: Settings) -> int:
    at = datetime.now(UTC)
    shown, roles = options.shown or "", options.role or ()
    made = add_account(store, options.name, roles, at, shown=shown, language=settings.language)
    _show(options.name, settings, *made)
    return 0


def _show(name: str, settings: Settings, password: str, secret: str, codes: Sequence[str]) -> None:
    """What is seen once, to be handed over in person."""
    print(f"Account: {name}")
    if password:
        print(f"First password (to be changed on the account page): {password}")
    print(f"Second factor, secret for the application: {secret}")
    print(f"  the same as an address: {secrets.address_for_app(name, secret, settings.association)}")
    print("Recovery codes, each works once; keep them on paper:")
    for code in codes:
        print(f"  {code}")


def _list(store: SqlStore, _: argparse.Namespace, __: Settings) -> int:
    for account in store.staff.accounts():
        closed = " (disabled)" if account.disabled_at else ""
        print(f"{account.name}: {', '.join(account.roles)}{closed}")
    return 0


def _disable(store: SqlStore, options: argparse.Namespace, _: Settings) -> int:
    account = _named(store, options.name)
    store.staff.change(account.id, disabled_at=datetime.now(UTC))
    store.staff.close_sessions(account.id)
    return _logged(store, "account_disabled", account)


def _enable(store: SqlStore, options: argparse.Namespace, _: Settings) -> int:
    account = _named(store, options.name)
    store.staff.change(account.id, disabled_at=None)
    return _logged(store, "account_enabled", account)


def _roles(store: SqlStore, options: argparse.Namespace, _: Settings) -> int:
    account = _named(store, options.name)
    if not options.role:
        raise AccountError(f"give at least one --role among {', '.join(ROLES)}")
    store.staff.change(account.id, roles=[role for role in ROLES if role in options.role])
    store.staff.close_sessions(account.id)
    return _logged(store, "roles_changed", account)


def _reset_password(store: SqlStore, options: argparse.Namespace, _: Settings) -> int:
    account = _named(store, options.name)
    password = secrets.draw(GROUPS)
    store.staff.change(account.id, password=secrets.hash_password(password))
    store.staff.close_sessions(account.id)
    print(f"New password (to be changed on the account page): {password}")
    return _logged(store, "password_changed", account)


def _reset_factor(store: SqlStore, options: argparse.Namespace, settings: Settings) -> int:
    account = _named(store, options.name)
    secret, codes = secrets.new_factor(), secrets.recovery_codes()
    store.passkeys.drop_all(account.id)  # one of them may be what was lost
    store.staff.new_factor(account.id, secret, [secrets.recovery_digest(code) for code in codes])
    _show(account.name, settings, "", secret, codes)
    return _logged(store, "second_factor_reset", account)


def _logged(store: SqlStore, event: str, account: Account) -> int:
    store.audit.write(event, {"staff": BY, "account": account.name}, datetime.now(UTC))
    return 0


def _named(store: SqlStore, name: str | None) -> Account:
    account = store.staff.named(name or "")
    if account is None:
        raise AccountError(f"{name or 'a name is missing'}: no such account; recours staff list shows them")
    return account


@contextmanager
def _store(settings: Settings) -> Iterator[SqlStore]:
    store = opening.open_store(settings.store, settings.key)
    try:
        yield store
    finally:
        store.close()


ACTIONS: dict[str, Callable[[SqlStore, argparse.Namespace, Settings], int]] = {
    "add": _add,
    "list": _list,
    "disable": _disable,
    "enable": _enable,
    "role": _roles,
    "reset-password": _reset_password,
    "reset-second-factor": _reset_factor,
}


def arguments(verb: argparse.ArgumentParser) -> None:
    """The options of `recours staff`."""
    verb.add_argument("action", choices=tuple(ACTIONS), help="what to do")
    verb.add_argument("name", nargs="?", help="name of the account")
    verb.add_argument(
        "--role", action="append", choices=ROLES, help="a role of the account; may be given several times"
    )
    verb.add_argument("--shown", help="first name or pseudonym shown to people (default: the name)")
