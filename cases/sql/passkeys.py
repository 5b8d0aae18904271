"""Passkeys of the staff: public keys and counters, never a secret."""

from datetime import datetime

from cases.rows import Row, iso
from cases.sql.engine import Engine, Secret
from cases.staff import Passkey

COLUMNS = "id, staff_id, credential, public_key, counter, name, made_at, used_at"


class SqlPasskeys:
    """One thread uses it."""

    def __init__(self, engine: Engine) -> None:
        self._rows = engine.execute
        self._transaction = engine.transaction

    def add(self, passkey: Passkey) -> bool:
        """Keep a new one (its `id` is ignored); False when that credential is known already."""
        with self._transaction():
            row = self._rows(
                "INSERT INTO passkeys (staff_id, credential, public_key, counter, name, made_at) "
                "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (credential) DO NOTHING RETURNING id",
                (
                    passkey.staff,
                    passkey.credential,
                    passkey.public_key,
                    passkey.counter,
                    Secret("passkeys.name", passkey.name, (passkey.staff,)),
                    iso(passkey.made_at),
                ),
            ).fetchone()
            return row is not None

    def of(self, staff: int) -> list[Passkey]:
        """Those of an account, oldest first."""
        query = f"SELECT {COLUMNS} FROM passkeys WHERE staff_id = ? ORDER BY id"  # noqa: S608 - written here
        return [_passkey(row) for row in self._rows(query, (staff,))]

    def by_credential(self, credential: str) -> Passkey | None:
        """The one of that credential."""
        query = f"SELECT {COLUMNS} FROM passkeys WHERE credential = ?"  # noqa: S608 - written here
        row = self._rows(query, (credential,)).fetchone()
        return _passkey(row) if row else None

    def use(self, passkey: Passkey, counter: int, at: datetime) -> bool:
        """It was used; False when its counter moved, or it was revoked, since it was read."""
        with self._transaction():
            row = self._rows(
                "UPDATE passkeys SET counter = ?, used_at = ? WHERE id = ? AND counter = ? RETURNING id",
                (counter, iso(at), passkey.id, passkey.counter),
            ).fetchone()
            return row is not None

    def drop(self, staff: int, passkey: int) -> bool:
        """Revoke one of that account; False when it has no such one."""
        with self._transaction():
            query = "DELETE FROM passkeys WHERE id = ? AND staff_id = ? RETURNING id"
            return self._rows(query, (passkey, staff)).fetchone() is not None

    def drop_all(self, staff: int) -> None:
        """Revoke all of an account."""
        with self._transaction():
            self._rows("DELETE FROM passkeys WHERE staff_id = ?", (staff,))


def _passkey(row: Row) -> Passkey:
    return Passkey(
        id=row[0],
        staff=row[1],
        credential=row[2],
        public_key=row[3],
        counter=row[4],
        name=row[5],
        made_at=datetime.fromisoformat(row[6]),
        used_at=datetime.fromisoformat(row[7]) if row[7] else None,
    )
