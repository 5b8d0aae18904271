"""What a database must do for the case store, and how a value is marked that leaves this machine sealed only."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

Condition = tuple[str, tuple[object, ...]]  # SQL and the values bound to it


@dataclass(frozen=True, slots=True)
class Secret:
    """A value bound to a statement that an engine on another machine gets sealed, never in the clear.

    Attributes:
        column: `table.column`; which columns are sealed stands in `cases.sql.tables`.
        value: the value; None stays NULL.
        bound: values of the columns of its row that it is bound to: put in another row, it no longer opens.
    """

    column: str
    value: str | bytes | None = field(repr=False)
    bound: tuple[object, ...] = ()


def hidden_chat(chat: str) -> Secret:
    """A conversation of a platform, as it is written and as it is looked for in any table."""
    return Secret("cases.chat", chat)


class Rows(Protocol):
    """The rows a statement gave."""

    def fetchone(self) -> Any:  # noqa: ANN401 - a row of any columns
        """The next row, or None."""

    def fetchall(self) -> list[Any]:
        """Every row left."""

    def __iter__(self) -> Iterator[Any]:
        """Row by row."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The few statements that differ between engines; all others are written once.

    Attributes:
        add_line: inserts (case_id, who, text, at, *words) into the transcript and returns its id.
        put_exhibit: inserts or replaces (case_id, position, body, *words).
        add_audit: inserts (number, at, event, detail, previous, digest, *case) into the audit log.
        of_case: condition, with one value, on the case an entry of the audit log is about.
        extra: column of a table that this engine alone has, by which its rows are found.
        lock: what a SELECT ends with so that the rows it found are ours until the end of the transaction.
        one_file: damage to it makes all that is read of it worthless.
    """

    add_line: str
    put_exhibit: str
    add_audit: str
    of_case: str
    extra: Mapping[str, str]
    lock: str
    one_file: bool


class Engine(Protocol):
    """One connection to one database. One thread uses it."""

    dialect: Dialect
    newest: int  # version of the tables this release makes

    def execute(self, query: str, values: Sequence[object] = ()) -> Rows:
        """Run one statement, its values marked `?` or `?1`, `?2`...

        Raises:
            StoreError: outside of `transaction` on PostgreSQL; inside of it, and on SQLite, whatever the driver raises.
        """

    def execute_many(self, query: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement for many rows, inside a transaction."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing.

        Raises:
            StoreError: the database cannot do it; nothing was written.
        """

    def snapshot(self) -> AbstractContextManager[None]:
        """Everything read inside is of one instant."""

    def lock(self, name: str) -> None:
        """Inside a transaction: nobody else who asks for this name goes on until it ends."""

    def new_id(self, table: str) -> int:
        """Inside a transaction: an id for a row whose sealed values are bound to it."""

    def take_time(self) -> None:
        """Inside a transaction or a snapshot: it may take as long as it takes."""

    def settle_ids(self) -> None:
        """Inside a transaction, after rows came with their ids: the next one is above them all."""

    def words_of(self, text: str) -> tuple[object, ...]:
        """What a line or an exhibit is found by, where the database does not see to it by itself."""

    def case_of(self, detail: Mapping[str, Any]) -> tuple[object, ...]:
        """What an entry of the audit log is found by, where the database does not see to it by itself."""

    def found(self, typed: str) -> Condition | None:
        """The condition on `desk.case_id` of a search; None when nothing to look for was typed."""

    def pulse(self) -> tuple[int, int]:
        """Changes whenever anything was written, by whomever."""

    def integrity(self) -> list[str]:
        """What is wrong with the database as such."""

    def version(self) -> int:
        """Version of its tables."""

    def checkpoint(self) -> None:
        """Let go of bytes that were erased, where the engine keeps some aside."""

    def close(self) -> None:
        """Flush and close."""
