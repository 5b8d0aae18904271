"""Mentions, links, second words, transfers and consents to training."""

from collections.abc import Sequence
from datetime import datetime

from cases.errors import NoCaseError
from cases.rows import iso
from cases.sql.engine import Engine, Secret
from cases.team import IdentityRequest, Mention, Merge, TrainingConsent, Transfer


class SqlTeam:
    """What colleagues tell each other; one thread uses it."""

    def __init__(self, engine: Engine) -> None:
        self._rows = engine.execute
        self._transaction = engine.transaction

    def mentions(self, staff: int, limit: int = 100) -> list[Mention]:
        """Where an account was named, the latest first."""
        rows = self._rows(
            "SELECT mentions.id, number, name, notes.at, to_id IS NOT NULL, read_at IS NOT NULL, staff.id "
            "FROM mentions JOIN notes ON notes.id = note_id JOIN cases ON cases.id = case_id "
            "JOIN staff ON staff.id = notes.staff_id "
            "WHERE mentions.staff_id = ? ORDER BY mentions.id DESC LIMIT ?",
            (staff, limit),
        )
        return [
            Mention(row[0], row[1], row[2], datetime.fromisoformat(row[3]), bool(row[4]), bool(row[5])) for row in rows
        ]

    def unread(self, staff: int) -> int:
        """How many mentions of an account were not read."""
        query = "SELECT count(*) FROM mentions WHERE staff_id = ? AND read_at IS NULL"
        return int(self._rows(query, (staff,)).fetchone()[0])

    def read_mentions(self, staff: int, number: str, at: datetime) -> None:
        """The account opened that case: its mentions there are read."""
        query = (
            "UPDATE mentions SET read_at = ? WHERE staff_id = ? AND read_at IS NULL "
            "AND note_id IN (SELECT id FROM notes WHERE case_id = (SELECT id FROM cases WHERE number = ?))"
        )
        with self._transaction():
            self._rows(query, (iso(at), staff, number))

    def merge(self, number: str, other: str, staff: int, reason: str, at: datetime) -> bool:
        """Link two conversations; False when they are linked already or are one.

        Raises:
            NoCaseError: one of them is not there.
        """
        with self._transaction():
            first, second = sorted((self._id(number), self._id(other)))
            if first == second:
                return False
            row = self._rows(
                "INSERT INTO merges (first, second, reason, staff_id, at) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING RETURNING id",
                (first, second, Secret("merges.reason", reason, (first, second)), staff, iso(at)),
            ).fetchone()
            self._touch(first, second)
            return row is not None

    def unmerge(self, number: str, merge: int) -> bool:
        """Forget a link of that case; False when it has no such link."""
        with self._transaction():
            row = self._rows(
                "DELETE FROM merges WHERE id = ? AND (SELECT id FROM cases WHERE number = ?) "
                "IN (first, second) RETURNING first, second",
                (merge, number),
            ).fetchone()
            if row is not None:
                self._touch(*row)
            return row is not None

    def merges(self, number: str) -> list[Merge]:
        """The links of a case, oldest first."""
        case_id = self._id(number)
        rows = self._rows(
            "SELECT merges.id, number, reason, name, merges.at, first, second, staff.id FROM merges "
            "JOIN staff ON staff.id = staff_id "
            "JOIN cases ON cases.id = CASE WHEN first = ?1 THEN second ELSE first END "
            "WHERE ?1 IN (first, second) ORDER BY merges.id",
            (case_id,),
        )
        return [Merge(row[0], row[1], row[2], row[3], datetime.fromisoformat(row[4])) for row in rows]

    def ask_identity(self, number: str, staff: int, reason: str, at: datetime) -> None:
        """Ask a second person to agree."""
        with self._transaction():
            case_id = self._id(number)
            values = (case_id, staff, Secret("identity_requests.reason", reason, (case_id, staff)), iso(at))
            self._rows("INSERT INTO identity_requests (case_id, staff_id, reason, at) VALUES (?, ?, ?, ?)", values)
            self._touch(case_id)

    def allow_identity(self, number: str, request: int, staff: int, at: datetime, since: datetime) -> bool:
        """A second person agrees; False for one's own request, one that is gone, answered or older than `since`."""
        with self._transaction():
            row = self._rows(
                "UPDATE identity_requests SET allowed_by = ?, allowed_at = ? "
                "WHERE id = ? AND staff_id != ? AND allowed_by IS NULL AND at >= ? "
                "AND case_id = (SELECT id FROM cases WHERE number = ?) "
                "RETURNING case_id",
                (staff, iso(at), request, staff, iso(since), number),
            ).fetchone()
            if row is not None:
                self._touch(row[0])
            return row is not None

    def identity_requests(self, number: str, since: datetime) -> list[IdentityRequest]:
        """Requests of that case made since then, oldest first."""
        rows = self._rows(
            "SELECT identity_requests.id, staff_id, asker.name, asker.id, reason, case_id, staff_id, at, second.name, "
            "second.id FROM identity_requests "
            "JOIN staff AS asker ON asker.id = staff_id LEFT JOIN staff AS second ON second.id = allowed_by "
            "WHERE case_id = (SELECT id FROM cases WHERE number = ?) AND at >= ? ORDER BY identity_requests.id",
            (number, iso(since)),
        )
        return [
            IdentityRequest(row[0], number, row[1], row[2], row[4], datetime.fromisoformat(row[7]), row[8])
            for row in rows
        ]

    def transfer(self, number: str, house: str, staff: int, reason: str, at: datetime) -> None:
        """Note that the dossier was handed to another association."""
        with self._transaction():
            case_id = self._id(number)
            sealed = (Secret("transfers.house", house, (case_id,)), Secret("transfers.reason", reason, (case_id,)))
            query = "INSERT INTO transfers (case_id, house, reason, staff_id, at) VALUES (?, ?, ?, ?, ?)"
            self._rows(query, (case_id, *sealed, staff, iso(at)))
            self._touch(case_id)

    def transfers(self, number: str) -> list[Transfer]:
        """Oldest first."""
        rows = self._rows(
            "SELECT house, reason, name, at, case_id, staff.id FROM transfers JOIN staff ON staff.id = staff_id "
            "WHERE case_id = (SELECT id FROM cases WHERE number = ?) ORDER BY transfers.id",
            (number,),
        )
        return [Transfer(row[0], row[1], row[2], datetime.fromisoformat(row[3])) for row in rows]

    def consent_to_training(self, number: str, staff: int, words: str | None, at: datetime) -> None:
        """Keep what she said when she agreed, or forget it (None): she took it back."""
        with self._transaction():
            case_id = self._id(number)
            self._rows("DELETE FROM training_consents WHERE case_id = ?", (case_id,))
            if words is not None:
                values = (case_id, Secret("training_consents.words", words, (case_id,)), staff, iso(at))
                self._rows("INSERT INTO training_consents (case_id, words, staff_id, at) VALUES (?, ?, ?, ?)", values)
            self._touch(case_id)

    def training_consent(self, number: str) -> TrainingConsent | None:
        """What she said, or None: she did not agree."""
        row = self._rows(
            "SELECT words, name, at, case_id, staff.id FROM training_consents LEFT JOIN staff ON staff.id = staff_id "
            "WHERE case_id = (SELECT id FROM cases WHERE number = ?)",
            (number,),
        ).fetchone()
        return TrainingConsent(row[0], row[1], datetime.fromisoformat(row[2])) if row else None

    def teaching(self) -> list[tuple[str, Sequence[int]]]:
        """Cases whose person agrees that they teach, each with the positions of the exhibits the staff corrected."""
        found: dict[str, dict[int, None]] = {}
        for number, subject in self._rows(
            "SELECT number, subject FROM corrections JOIN training_consents USING (case_id) "
            "JOIN cases ON cases.id = case_id WHERE kind = 'label' AND consent = 'yes' ORDER BY corrections.id"
        ):
            found.setdefault(number, {})[int(subject.partition(":")[0])] = None
        return [(number, sorted(positions)) for number, positions in found.items()]

    def _id(self, number: str) -> int:
        row = self._rows("SELECT id FROM cases WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise NoCaseError(f"{number}: no such case; it may have been erased")
        return int(row[0])

    def _touch(self, *cases: int) -> None:
        """The pages of these cases have changed."""
        for case_id in cases:
            self._rows("UPDATE desk SET version = version + 1 WHERE case_id = ?", (case_id,))
