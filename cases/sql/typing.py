"""Who is typing right now: two rows a case at most, each true for some seconds."""

from datetime import datetime

from cases.rows import iso
from cases.sql.engine import Engine, hidden_chat

PERSON, STAFF = "person", "staff"
NOTE = (
    "INSERT INTO typing (case_id, who, until) "
    "SELECT cases.id, ?, ? FROM cases JOIN desk ON desk.case_id = cases.id WHERE {} "
    "ON CONFLICT (case_id, who) DO UPDATE SET until = excluded.until"
)


class SqlTyping:
    """That somebody types, never what. Only a conversation that a person of the team attends has such rows."""

    def __init__(self, engine: Engine) -> None:
        self._rows = engine.execute
        self._transaction = engine.transaction

    def person(self, channel: str, chat: str, until: datetime) -> None:
        """She types, until then unless it is said again; noted only while somebody of the team answers her."""
        if self._is_attended(channel, chat):
            with self._transaction():
                where = "channel = ? AND chat = ? AND taken_by IS NOT NULL"
                self._rows(NOTE.format(where), (PERSON, iso(until), channel, hidden_chat(chat)))

    def staff(self, number: str, staff: int, until: datetime) -> bool:
        """An account types an answer; False when it does not attend that case."""
        with self._transaction():
            query = f"{NOTE.format('number = ? AND taken_by = ?')} RETURNING case_id"
            return self._rows(query, (STAFF, iso(until), number, staff)).fetchone() is not None

    def stop(self, number: str) -> None:
        """The answer was sent, or nobody attends any more."""
        with self._transaction():
            self._rows("DELETE FROM typing WHERE case_id = (SELECT id FROM cases WHERE number = ?)", (number,))

    def answered(self, channel: str, at: datetime) -> list[str]:
        """Conversations of a channel in which the staff is typing."""
        rows = self._rows(
            "SELECT cases.chat FROM typing JOIN cases ON cases.id = case_id "
            "WHERE who = ? AND until > ? AND channel = ?",
            (STAFF, iso(at), channel),
        )
        return [row[0] for row in rows]

    def person_until(self, number: str) -> datetime | None:
        """Until when she was last said to type."""
        row = self._rows(
            "SELECT until FROM typing JOIN cases ON cases.id = case_id WHERE who = ? AND number = ?", (PERSON, number)
        ).fetchone()
        return datetime.fromisoformat(row[0]) if row else None

    def _is_attended(self, channel: str, chat: str) -> bool:
        query = "SELECT taken_by FROM desk JOIN cases ON cases.id = case_id WHERE channel = ? AND chat = ?"
        row = self._rows(query, (channel, hidden_chat(chat))).fetchone()
        return row is not None and row[0] is not None
