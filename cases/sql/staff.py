"""`cases.staff.Staff`."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cases.errors import AccountError
from cases.rows import Row, iso
from cases.sql.engine import Engine, Secret
from cases.sql.tables import TABLES
from cases.staff import Account, Failures, Session

COLUMNS = "staff.id, name, shown, roles, password, secret, last_step, made_at, disabled_at, settings"
SESSION = "digest, token, opened_at, seen_at, memory, staff_id"
CHANGEABLE = frozenset({"shown", "roles", "password", "settings", "disabled_at"})
MOST_DEVICES = 20  # browsers remembered for one account


class SqlStaff:
    """Accounts, sessions, devices and failures."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._rows = engine.execute
        self._transaction = engine.transaction

    def add(self, account: Account, recovery: Sequence[str]) -> int:
        """See `Staff.add`."""
        with self._transaction():
            self._engine.lock("staff")
            if self.named(account.name) is not None:
                raise AccountError(f"{account.name}: an account has this name; choose another")
            staff = self._engine.new_id("staff")
            kept = {
                "name": account.name,
                "shown": account.shown,
                "roles": json.dumps(account.roles),
                "password": account.password,
                "secret": account.secret,
                "settings": json.dumps(dict(account.settings)),
            }
            self._rows(
                "INSERT INTO staff (id, made_at, name, shown, roles, password, secret, settings) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (staff, iso(account.made_at), *(_secret(staff, name, value) for name, value in kept.items())),
            )
            self._keep_codes(staff, recovery)
            return staff

    def accounts(self) -> list[Account]:
        """See `Staff.accounts`."""
        return [_account(row) for row in self._rows(f"SELECT {COLUMNS} FROM staff ORDER BY id")]  # noqa: S608 - a constant

    def named(self, name: str) -> Account | None:
        """See `Staff.named`."""
        return next((account for account in self.accounts() if account.name.casefold() == name.casefold()), None)

    def by_id(self, staff: int) -> Account | None:
        """See `Staff.by_id`."""
        return self._one("id = ?", staff)

    def change(self, staff: int, **columns: object) -> None:
        """See `Staff.change`."""
        with self._transaction():
            for name, value in columns.items():
                if name not in CHANGEABLE:
                    raise ValueError(f"{name}: not changed this way")
                kept = iso(value) if isinstance(value, datetime) else value
                kept = json.dumps(kept) if name in ("roles", "settings") else kept
                if name in TABLES["staff"].sealed:
                    kept = _secret(staff, name, str(kept))
                self._rows(f"UPDATE staff SET {name} = ? WHERE id = ?", (kept, staff))  # noqa: S608 - checked above

    def new_factor(self, staff: int, secret: str, recovery: Sequence[str]) -> None:
        """See `Staff.new_factor`."""
        with self._transaction():
            self._rows(
                "UPDATE staff SET secret = ?, last_step = 0 WHERE id = ?", (_secret(staff, "secret", secret), staff)
            )
            self._rows("DELETE FROM recovery_codes WHERE staff_id = ?", (staff,))
            self._keep_codes(staff, recovery)
            self._rows("DELETE FROM sessions WHERE staff_id = ?", (staff,))

    def use_step(self, staff: int, step: int) -> bool:
        """See `Staff.use_step`."""
        with self._transaction():
            query = "UPDATE staff SET last_step = ?1 WHERE id = ?2 AND last_step < ?1 RETURNING id"
            return self._rows(query, (step, staff)).fetchone() is not None

    def use_recovery(self, staff: int, digest: str) -> bool:
        """See `Staff.use_recovery`."""
        with self._transaction():
            query = "DELETE FROM recovery_codes WHERE staff_id = ? AND digest = ? RETURNING staff_id"
            return self._rows(query, (staff, Secret("recovery_codes.digest", digest))).fetchone() is not None

    def recovery_left(self, staff: int) -> int:
        """See `Staff.recovery_left`."""
        return int(self._rows("SELECT count(*) FROM recovery_codes WHERE staff_id = ?", (staff,)).fetchone()[0])

    def open_session(self, digest: str, staff: int, token: str, at: datetime) -> None:
        """See `Staff.open_session`."""
        with self._transaction():
            self._rows(
                "INSERT INTO sessions (digest, staff_id, token, opened_at, seen_at, memory) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    *(digest, staff, Secret("sessions.token", token, (digest, staff)), iso(at), iso(at)),
                    Secret("sessions.memory", "{}", (digest, staff)),
                ),
            )

    def session(self, digest: str) -> Session | None:
        """See `Staff.session`."""
        found = self._sessions("digest = ? AND disabled_at IS NULL", digest)
        return found[0] if found else None

    def seen(self, digest: str, at: datetime) -> None:
        """See `Staff.seen`."""
        with self._transaction():
            self._rows("UPDATE sessions SET seen_at = ? WHERE digest = ?", (iso(at), digest))

    def remember(self, digest: str, memory: Mapping[str, Any]) -> None:
        """See `Staff.remember`."""
        with self._transaction():
            row = self._rows("SELECT staff_id FROM sessions WHERE digest = ?", (digest,)).fetchone()
            if row is not None:
                kept = Secret("sessions.memory", json.dumps(dict(memory)), (digest, row[0]))
                self._rows("UPDATE sessions SET memory = ? WHERE digest = ?", (kept, digest))

    def close_session(self, digest: str) -> None:
        """See `Staff.close_session`."""
        with self._transaction():
            self._rows("DELETE FROM sessions WHERE digest = ?", (digest,))

    def close_sessions(self, staff: int, *, but: str = "") -> None:
        """See `Staff.close_sessions`."""
        with self._transaction():
            self._rows("DELETE FROM sessions WHERE staff_id = ? AND digest != ?", (staff, but))

    def sessions_of(self, staff: int) -> list[Session]:
        """See `Staff.sessions_of`."""
        return self._sessions("staff_id = ? ORDER BY seen_at DESC", staff)

    def drop_stale(self, seen_before: datetime, opened_before: datetime) -> None:
        """See `Staff.drop_stale`."""
        with self._transaction():
            query = "DELETE FROM sessions WHERE seen_at < ? OR opened_at < ?"
            self._rows(query, (iso(seen_before), iso(opened_before)))
            self._rows("DELETE FROM attempts WHERE last_at < ?", (iso(opened_before),))

    def know_device(self, digest: str, staff: int, at: datetime) -> None:
        """See `Staff.know_device`."""
        with self._transaction():
            self._rows(
                "INSERT INTO devices (digest, staff_id, made_at) VALUES (?, ?, ?) ON CONFLICT (digest) "
                "DO UPDATE SET staff_id = excluded.staff_id, made_at = excluded.made_at",
                (digest, staff, iso(at)),
            )
            self._rows(
                "DELETE FROM devices WHERE staff_id = ?1 AND digest NOT IN "
                "(SELECT digest FROM devices WHERE staff_id = ?1 ORDER BY made_at DESC LIMIT ?2)",
                (staff, MOST_DEVICES),
            )

    def knows_device(self, digest: str, staff: int) -> bool:
        """See `Staff.knows_device`."""
        query = "SELECT 1 FROM devices WHERE digest = ? AND staff_id = ?"
        return self._rows(query, (digest, staff)).fetchone() is not None

    def failures(self, key: str) -> Failures:
        """See `Staff.failures`."""
        row = self._rows("SELECT failures, last_at FROM attempts WHERE key = ?", (_tried(key),)).fetchone()
        return Failures(row[0], datetime.fromisoformat(row[1])) if row else Failures(0, None)

    def fail(self, key: str, at: datetime) -> None:
        """See `Staff.fail`."""
        with self._transaction():
            self._rows(
                "INSERT INTO attempts (key, failures, last_at) VALUES (?, 1, ?) "
                "ON CONFLICT (key) DO UPDATE SET failures = attempts.failures + 1, last_at = excluded.last_at",
                (_tried(key), iso(at)),
            )

    def succeed(self, key: str) -> None:
        """See `Staff.succeed`."""
        with self._transaction():
            self._rows("DELETE FROM attempts WHERE key = ?", (_tried(key),))

    def _keep_codes(self, staff: int, recovery: Sequence[str]) -> None:
        for digest in recovery:
            values = (staff, Secret("recovery_codes.digest", digest))
            self._rows("INSERT INTO recovery_codes (staff_id, digest) VALUES (?, ?)", values)

    def _one(self, where: str, value: object) -> Account | None:
        row = self._rows(f"SELECT {COLUMNS} FROM staff WHERE {where}", (value,)).fetchone()  # noqa: S608 - written here
        return _account(row) if row else None

    def _sessions(self, where: str, value: object) -> list[Session]:
        query = f"SELECT {SESSION}, {COLUMNS} FROM sessions JOIN staff ON staff.id = staff_id WHERE {where}"  # noqa: S608 - written here
        return [
            Session(
                digest=row[0],
                account=_account(row[6:]),
                token=row[1],
                opened_at=datetime.fromisoformat(row[2]),
                seen_at=datetime.fromisoformat(row[3]),
                memory=json.loads(row[4]),
            )
            for row in self._rows(query, (value,))
        ]


def _secret(staff: int, column: str, value: str) -> Secret:
    return Secret(f"staff.{column}", value, (staff,))


def _tried(key: str) -> Secret:
    return Secret("attempts.key", key)


def _account(row: Row) -> Account:
    return Account(
        id=row[0],
        name=row[1],
        shown=row[2],
        roles=tuple(json.loads(row[3])),
        password=row[4],
        secret=row[5],
        last_step=row[6],
        made_at=datetime.fromisoformat(row[7]),
        disabled_at=datetime.fromisoformat(row[8]) if row[8] else None,
        settings=json.loads(row[9]),
    )
