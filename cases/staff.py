"""Accounts of the staff, their sessions, and the failures that slow guessing down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

ROLES = ("reviewer", "coordinator", "administrator", "auditor")


@dataclass(frozen=True, slots=True)
class Account:
    """A member of the staff.

    Attributes:
        id: row.
        name: what is typed to sign in.
        shown: first name or pseudonym offered when talking to a person.
        roles: among `ROLES`.
        password: argon2id hash.
        secret: shared secret of the second factor (base32).
        last_step: time step of the last code accepted; none is taken twice.
        made_at: when (UTC).
        disabled_at: when the account was closed, or None.
        settings: preferences, JSON (`language`, `shortcuts`, `opt_outs`, ...).
    """

    id: int
    name: str
    shown: str
    roles: tuple[str, ...]
    password: str = field(repr=False)
    secret: str = field(repr=False)
    last_step: int
    made_at: datetime
    disabled_at: datetime | None
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that signed in.

    Attributes:
        digest: SHA-256 (hex) of the identifier in the cookie; the identifier itself is kept nowhere.
        account: whose.
        token: against forged requests.
        opened_at: when (UTC).
        seen_at: last request (UTC).
        memory: the filter in use, JSON.
    """

    digest: str = field(repr=False)
    account: Account
    token: str = field(repr=False)
    opened_at: datetime
    seen_at: datetime
    memory: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of an account: what the console keeps is public.

    Attributes:
        id: row.
        staff: whose.
        credential: the authenticator's name for it (base64url).
        public_key: COSE key (base64url).
        counter: signatures the authenticator said it had made; 0 when it does not count.
        name: as its person calls it.
        made_at: when (UTC).
        used_at: last time (UTC), or None.
    """

    id: int
    staff: int
    credential: str
    public_key: str = field(repr=False)
    counter: int
    name: str
    made_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Failures:
    """Failures in a row under one key (an account, an address, a device) and when the last one was."""

    count: int
    last_at: datetime | None


class Staff(Protocol):
    """Who may sign in."""

    def add(self, account: Account, recovery: Sequence[str]) -> int:
        """Make an account (its `id` is ignored) with the digests of its recovery codes; its row.

        Raises:
            AccountError: the name is taken.
        """

    def accounts(self) -> list[Account]:
        """All, in the order they were made."""

    def named(self, name: str) -> Account | None:
        """By the name typed, capitals ignored."""

    def by_id(self, staff: int) -> Account | None:
        """By row."""

    def change(self, staff: int, **columns: object) -> None:
        """Set `shown`, `roles`, `password`, `settings` or `disabled_at`."""

    def new_factor(self, staff: int, secret: str, recovery: Sequence[str]) -> None:
        """Replace the second factor and the recovery codes; every session ends."""

    def use_step(self, staff: int, step: int) -> bool:
        """Take a time step; False when it, or a later one, was taken already."""

    def use_recovery(self, staff: int, digest: str) -> bool:
        """Take a recovery code; False when there is no such code left."""

    def recovery_left(self, staff: int) -> int:
        """How many recovery codes are left."""

    def open_session(self, digest: str, staff: int, token: str, at: datetime) -> None:
        """Open a session."""

    def session(self, digest: str) -> Session | None:
        """A session of an account that is not disabled."""

    def seen(self, digest: str, at: datetime) -> None:
        """It was used."""

    def remember(self, digest: str, memory: Mapping[str, Any]) -> None:
        """Keep what the session remembers."""

    def close_session(self, digest: str) -> None:
        """End one."""

    def close_sessions(self, staff: int, *, but: str = "") -> None:
        """End all of an account, save one."""

    def sessions_of(self, staff: int) -> list[Session]:
        """Sessions of an account, the latest first."""

    def drop_stale(self, seen_before: datetime, opened_before: datetime) -> None:
        """End sessions unused or too old, and forget failures (they name addresses) as old as these."""

    def know_device(self, digest: str, staff: int, at: datetime) -> None:
        """Remember a browser from which this account signed in."""

    def knows_device(self, digest: str, staff: int) -> bool:
        """Whether this account signed in from that browser before."""

    def failures(self, key: str) -> Failures:
        """Failures in a row."""

    def fail(self, key: str, at: datetime) -> None:
        """One more."""

    def succeed(self, key: str) -> None:
        """None any more."""
