"""The case store on PostgreSQL, for several processes or machines."""

from pathlib import Path

from cases import copying, sqlite
from cases.postgres_engine import PostgresEngine
from cases.sql.claims import SqlClaims
from cases.sql.engine import Condition
from cases.sql.store import SqlStore
from cases.sql.tables import TABLES


def open_store(url: str, key: str, *, create: bool = False) -> "PostgresStore":
    """Open the case store; `create` makes its tables where there are none.

    Raises:
        StoreError: the address or the key is wrong, the server is away, or there is no case store yet.
    """
    return PostgresStore(PostgresEngine(url, key, create=create))


class PostgresStore(SqlStore):
    """`cases.case.Store` on PostgreSQL. One thread uses it; another process has its own."""

    remembered = 1_000_000  # a day of a helpline of a million conversations a month; some 200 MB

    def __init__(self, engine: PostgresEngine) -> None:
        super().__init__(engine)
        self._engine = engine
        self._shared = self.claims = SqlClaims(engine, self.forget, self._memories.__contains__)

    def ours(self) -> Condition:
        """See `SqlStore.ours`."""
        if self._shared.worker is None:
            return "", ()
        claim = "claims.channel = inbox.channel AND claims.chat = inbox.chat AND worker = ?"
        return f" AND EXISTS (SELECT 1 FROM claims WHERE {claim})", (self._shared.worker,)  # noqa: S608 - written here

    def alone_at(self, work: str) -> bool:
        """See `SqlStore.alone_at`."""
        return self._engine.try_lock(work)

    def copy_to(self, path: Path, key: str) -> None:
        """See `SqlStore.copy_to`: a file of the embedded store, filled and verified row by row."""
        target = sqlite.open_store(path, key, create=True)
        try:
            copying.copy(self, target)
        finally:
            target.close()

    def alone(self) -> None:
        """See `PostgresEngine.alone`."""
        self._engine.alone()

    def is_empty(self) -> bool:
        """Whether nothing stands in any table."""
        return not any(self._rows(f"SELECT 1 FROM {name} LIMIT 1").fetchone() for name in TABLES)  # noqa: S608 - names of ours

    def replace_by(self, source: SqlStore) -> None:
        """Put another store in the place of this one, all or nothing.

        Raises:
            StoreError: somebody else uses this store, or what was written is not what was read.
        """
        self.alone()
        with source.engine.snapshot(), self.engine.transaction():
            self._engine.wipe()
            copying.fill(source, self)

    def change_key(self, key: str, scratch: SqlStore) -> None:
        """Seal everything anew with another key, all or nothing, by way of an empty store that is encrypted itself.

        Raises:
            StoreError: somebody else uses this store, or what was written is not what was read.
        """
        self.alone()
        with self.engine.transaction():
            self._engine.hold()
            with scratch.engine.transaction():
                copying.fill(self, scratch)
            self._engine.wipe()
            self._engine.change_key(key)
            with scratch.engine.snapshot():
                copying.fill(scratch, self)
