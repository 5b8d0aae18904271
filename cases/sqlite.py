"""The embedded case store: SQLite through sqlite-utils over SQLCipher. SQL stands in this folder only."""

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from cases import cipher, custody, exhibits, inspection
from cases.case import AlertRecord, Case, Consent, Exhibit, Outgoing, Reminder, Taken
from cases.errors import KeyMissingError, NoCaseError
from cases.inspection import Piece
from cases.memory import Memory
from cases.migrations import migrate
from cases.rows import exhibit_body, iso, to_entry, to_exhibit, to_fact
from cases.sqlite_audit import SqliteAudit
from cases.sqlite_desk import SqliteDesk
from cases.sqlite_desk_turn import SqliteDeskTurn
from cases.sqlite_figures import SqliteFigures
from cases.sqlite_passkeys import SqlitePasskeys
from cases.sqlite_revisions import SqliteRevisions
from cases.sqlite_staff import SqliteStaff
from cases.sqlite_team import SqliteTeam
from cases.sqlite_turn import Loaded, SqliteTurn
from cases.sqlite_typing import SqliteTyping

REMEMBERED_UPDATES = 20_000  # handled update ids kept to recognise one delivered twice; Telegram keeps updates 24 h
PURGED_AT_ONCE = 100
CACHED_CASES = 64  # cases whose exhibits stay parsed in memory


def open_store(path: Path, key: str, *, create: bool = False) -> "SqliteStore":
    """Open the case store; `create` makes a new one.

    Raises:
        StoreError: the key is wrong, the file is missing, damaged or locked, or the disk is full.
    """
    if not create and not path.is_file():
        raise KeyMissingError(f"{path}: no case store here yet. Run: recours init")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = SqliteStore(cipher.connect(path, key), path)
    if create:
        path.chmod(0o600)
    return store


class SqliteStore:
    """`cases.case.Store` on one encrypted file. One thread uses it."""

    def __init__(self, database: Database, path: Path) -> None:
        self._path = path
        self._database = database
        self._memories: dict[tuple[str, str], Memory] = {}
        self._exhibits: OrderedDict[int, list[Exhibit]] = OrderedDict()
        self._version = 0
        self._closed = False
        with cipher.named_errors(path):
            migrate(database)
            self._rows = database.conn.execute
        self.staff = SqliteStaff(self._rows, self._transaction)
        self.audit = SqliteAudit(self._rows, self._transaction)
        self.team = SqliteTeam(self._rows, self._transaction)
        self.passkeys = SqlitePasskeys(self._rows, self._transaction)
        self.typing = SqliteTyping(self._rows, self._transaction)
        self.desk = SqliteDesk(self._rows, self._transaction, self)
        self.figures = SqliteFigures(self._rows)
        self.revisions = SqliteRevisions(self._rows, self._transaction)

    def take(self, channel: str, updates: Sequence[tuple[str, str, str]]) -> int:
        """See `Store.take`."""
        with self._transaction():
            before = self._count("SELECT total_changes()")
            for update, chat, raw in updates:
                self._rows(
                    "INSERT OR IGNORE INTO inbox (channel, update_id, chat, raw) VALUES (?, ?, ?, ?)",
                    (channel, update, chat, raw),
                )
            taken = self._count("SELECT total_changes()") - before
            self._rows(
                "DELETE FROM inbox WHERE raw IS NULL AND id < (SELECT max(id) FROM inbox) - ?", (REMEMBERED_UPDATES,)
            )
            return taken

    def waiting(self, channel: str) -> list[Taken]:
        """See `Store.waiting`."""
        rows = self._rows(
            "SELECT id, channel, update_id, chat, raw FROM inbox WHERE channel = ? AND raw IS NOT NULL ORDER BY id",
            (channel,),
        )
        return [Taken(*row) for row in rows]

    def skip(self, taken: int) -> None:
        """See `Store.skip`."""
        with self._transaction():
            self.empty(taken)

    def empty(self, taken: int) -> None:
        """Empty a handled row inside the open transaction: its id stays, the words and the chat go."""
        self._rows("UPDATE inbox SET raw = NULL, chat = '' WHERE id = ?", (taken,))

    @contextmanager
    def turn(
        self, channel: str, chat: str, at: datetime, *, taken: int | None = None, hers: bool = True
    ) -> Iterator[SqliteTurn]:
        """See `Store.turn`. What lives in memory only is put back as it was when the turn fails."""
        memory = self._memories.get((channel, chat), Memory())
        with self._transaction():
            turn = SqliteTurn(self._rows, self._load(channel, chat, at, memory), memory.copy(), at, hers=hers)
            yield turn
            turn.flush()
            if taken is not None:
                self.empty(taken)
        self._remember(channel, chat, turn)

    @contextmanager
    def desk_turn(self, number: str, staff: int, at: datetime) -> Iterator[SqliteDeskTurn]:
        """See `Desk.turn`."""
        with self._transaction():
            row = self._case_row("number = ?", (number,))
            if row is None:
                raise NoCaseError(f"{number}: no such case; it may have been erased")
            memory = self._memories.get((row[2], row[3]), Memory())
            loaded = self._load(row[2], row[3], at, memory)
            line = self.desk.line(number)
            assert line is not None  # noqa: S101 - every case has its row at the desk
            turn = SqliteDeskTurn(self._rows, loaded, memory.copy(), at, staff=staff, line=line)
            yield turn
            turn.flush()
        self._remember(row[2], row[3], turn)

    def peek(self, channel: str, chat: str) -> Case | None:
        """See `Store.peek`."""
        if self._case_row("channel = ? AND chat = ?", (channel, chat)) is None:
            return None
        memory = self._memories.get((channel, chat), Memory())
        return self._load(channel, chat, datetime.now(UTC), memory).case

    def due(self, channel: str, now: datetime, limit: int = 100) -> list[Outgoing]:
        """See `Store.due`."""
        rows = self._rows(
            "SELECT id, channel, chat, kind, body, attempts, not_before FROM outbox WHERE id IN "
            "(SELECT min(id) FROM outbox WHERE channel = ? GROUP BY chat) AND not_before <= ? ORDER BY id LIMIT ?",
            (channel, iso(now), limit),
        )
        return [Outgoing(row[0], row[1], row[2], row[3], json.loads(row[4]), row[5]) for row in rows]

    def queued(self, channel: str, chat: str) -> list[Outgoing]:
        """Everything unsent of a conversation, in order."""
        rows = self._rows(
            "SELECT id, channel, chat, kind, body, attempts FROM outbox WHERE channel = ? AND chat = ? ORDER BY id",
            (channel, chat),
        )
        return [Outgoing(row[0], row[1], row[2], row[3], json.loads(row[4]), row[5]) for row in rows]

    def next_out(self, channel: str, chat: str) -> tuple[Outgoing, datetime] | None:
        """See `Store.next_out`."""
        row = self._rows(
            "SELECT id, channel, chat, kind, body, attempts, not_before FROM outbox "
            "WHERE channel = ? AND chat = ? ORDER BY id LIMIT 1",
            (channel, chat),
        ).fetchone()
        if row is None:
            return None
        return Outgoing(row[0], row[1], row[2], row[3], json.loads(row[4]), row[5]), datetime.fromisoformat(row[6])

    def reminders_due(self, channel: str, now: datetime) -> list[Reminder]:
        """See `Store.reminders_due`."""
        rows = self._rows(
            "SELECT reminders.id, cases.chat, reminders.tries, reminders.topic "
            "FROM reminders JOIN cases ON cases.id = case_id "
            "WHERE cases.channel = ? AND reminders.at <= ? ORDER BY reminders.at",
            (channel, iso(now)),
        )
        return [Reminder(*row) for row in rows]

    def sent(self, outgoing: int, at: datetime, message_ids: Sequence[str] = ()) -> None:
        """See `Store.sent`."""
        with self._transaction():
            row = self._rows("DELETE FROM outbox WHERE id = ? RETURNING channel, chat", (outgoing,)).fetchone()
            for message_id in message_ids if row else ():
                self._rows(
                    "INSERT INTO thread (channel, chat, message_id, at) VALUES (?, ?, ?, ?)",
                    (row[0], row[1], message_id, iso(at)),
                )

    def failed(self, outgoing: int, retry_at: datetime) -> None:
        """See `Store.failed`."""
        with self._transaction():
            self._rows(
                "UPDATE outbox SET attempts = attempts + 1, not_before = ? WHERE id = ?", (iso(retry_at), outgoing)
            )

    def give_up(self, outgoing: int) -> None:
        """See `Store.give_up`."""
        with self._transaction():
            self._rows(
                "UPDATE transcript SET lost = 1 WHERE id IN (SELECT line FROM outbox WHERE (channel, chat) IN "
                "(SELECT channel, chat FROM outbox WHERE id = ?))",
                (outgoing,),
            )
            self._rows(
                "DELETE FROM outbox WHERE (channel, chat) IN (SELECT channel, chat FROM outbox WHERE id = ?)",
                (outgoing,),
            )

    def thread(self, channel: str, chat: str, since: datetime) -> list[str]:
        """See `Store.thread`."""
        rows = self._rows(
            "SELECT message_id FROM thread WHERE channel = ? AND chat = ? AND at >= ? ORDER BY id",
            (channel, chat, iso(since)),
        )
        return [row[0] for row in rows]

    def forget_thread(self, channel: str, chat: str) -> None:
        """See `Store.forget_thread`."""
        with self._transaction():
            self._rows("DELETE FROM thread WHERE channel = ? AND chat = ?", (channel, chat))

    def move(self, digest: str, channel: str, chat: str, at: datetime) -> bool:
        """See `Store.move`."""
        query = (
            "SELECT cases.id, channel, chat FROM cases JOIN codes ON case_id = cases.id WHERE digest = ? AND until >= ?"
        )
        row = self._rows(query, (digest, iso(at))).fetchone()
        here = (channel, chat)
        there = self.peek(channel, chat)
        if row is None or (row[1], row[2]) == here or (there and there.consent is Consent.YES):
            return False
        with self.turn(row[1], row[2], at) as turn:
            turn.log("moved", {"from": row[1], "to": channel})
            self._rows("DELETE FROM codes WHERE case_id = ?", (row[0],))
            self._rows("DELETE FROM outbox WHERE channel = ? AND chat = ? AND kind != 'send'", (row[1], row[2]))
            self._rows(
                "UPDATE outbox SET channel = ?, chat = ? WHERE channel = ? AND chat = ?", (*here, row[1], row[2])
            )
            self._rows("DELETE FROM cases WHERE channel = ? AND chat = ?", here)
            self._rows("UPDATE cases SET channel = ?, chat = ? WHERE id = ?", (*here, row[0]))
        self._memories.pop((channel, chat), None)
        return True

    def erase(self, number: str, *, tell: Mapping[str, Any] | None = None, since: datetime | None = None) -> bool:
        """See `Store.erase`."""
        row = self._case_row("number = ?", (number,))
        if row is None:
            return False
        wipes = since is not None and bool(self.thread(row[2], row[3], since))
        with self.turn(row[2], row[3], datetime.now(UTC)) as turn:
            turn.drop_queued()
            if wipes:
                turn.say("wipe", {})
            if wipes and tell is not None:
                turn.say("send", tell)
            turn.erase()
        if not wipes:
            self.forget_thread(row[2], row[3])
        self.checkpoint()
        return True

    def cases(self) -> list[str]:
        """See `Store.cases`."""
        return [row[0] for row in self._rows("SELECT number FROM cases ORDER BY id")]

    def by_number(self, number: str) -> Case | None:
        """See `Store.by_number`."""
        row = self._case_row("number = ?", (number,))
        return self.peek(row[2], row[3]) if row else None

    def purge(self, before: datetime, today: date, *, abandoned_before: datetime | None = None) -> list[str]:
        """See `Store.purge`."""
        query = "SELECT number FROM cases WHERE last_at < ? AND coalesce(hold_until, '') < ? ORDER BY id"
        old = [row[0] for row in self._rows(query, (iso(before), today.isoformat()))]
        if abandoned_before is not None:
            query = "SELECT number FROM cases WHERE last_at < ? AND consent != 'yes' ORDER BY id"
            old += [row[0] for row in self._rows(query, (iso(abandoned_before),)) if row[0] not in old]
        for start in range(0, len(old), PURGED_AT_ONCE):
            self._erase_together(old[start : start + PURGED_AT_ONCE])
        with self._transaction():
            self._rows("DELETE FROM thread WHERE at < ?", (iso(before),))
        self.checkpoint()
        return old

    def _erase_together(self, numbers: Sequence[str]) -> None:
        """Destroy cases in one transaction: thousands of them must not stop the service for a minute."""
        rows = [row for number in numbers if (row := self._case_row("number = ?", (number,))) is not None]
        today = datetime.now(UTC).date().isoformat()
        with self._transaction():
            for case_id, number, channel, chat, *_ in rows:
                for table in ("outbox", "thread"):
                    self._rows(f"DELETE FROM {table} WHERE channel = ? AND chat = ?", (channel, chat))  # noqa: S608 - names from this line
                self._rows("DELETE FROM cases WHERE id = ?", (case_id,))
                self._rows("INSERT OR REPLACE INTO erased (number, erased_on) VALUES (?, ?)", (number, today))
        for case_id, _, channel, chat, *_ in rows:
            self._memories.pop((channel, chat), None)
            self._exhibits.pop(int(case_id), None)

    def erased(self) -> list[tuple[str, str]]:
        """Number and day of every case erased: all that is left of them."""
        return [(row[0], row[1]) for row in self._rows("SELECT number, erased_on FROM erased ORDER BY rowid")]

    def transcript(self, number: str) -> list[tuple[str, str, str]]:
        """(who, text, time) of each line of a conversation, oldest first."""
        return list(
            self._rows(
                "SELECT who, text, at FROM transcript "
                "WHERE case_id = (SELECT id FROM cases WHERE number = ?) ORDER BY id",
                (number,),
            )
        )

    def custody(self, number: str) -> list[custody.Entry]:
        """The custody log of a case, in order."""
        rows = self._rows(
            "SELECT number, at, event, detail, previous, digest FROM custody "
            "WHERE case_id = (SELECT id FROM cases WHERE number = ?) ORDER BY number",
            (number,),
        )
        return [to_entry(row) for row in rows]

    def files(self, number: str) -> dict[int, bytes]:
        """See `Store.files`."""
        rows = self._rows(
            "SELECT position, content FROM files WHERE case_id = (SELECT id FROM cases WHERE number = ?)", (number,)
        )
        return dict(rows.fetchall())

    def integrity(self) -> list[str]:
        """What is wrong with the file or with a custody log; empty when nothing is."""
        with cipher.named_errors(self._path):
            faults = [str(row[0]) for row in self._rows("PRAGMA integrity_check") if row[0] != "ok"]
            faults += [f"damaged page: {row[0]}" for row in self._rows("PRAGMA cipher_integrity_check")]
        for number in self.cases():
            faults += [f"case {number}: {fault}" for fault in self.faults(number)]
        return [*faults, *self.audit.faults()]

    def faults(self, number: str) -> list[str]:
        """See `Store.faults`."""
        row = self._case_row("number = ?", (number,))
        if row is None:
            return []
        try:
            return self._evidence_faults(row)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return [f"a row cannot be read: {type(error).__name__}"]

    def _evidence_faults(self, row: tuple[str, ...]) -> list[str]:
        bodies = self._rows("SELECT body FROM exhibits WHERE case_id = ? ORDER BY position", (row[0],)).fetchall()
        kept, files = [to_exhibit(body) for (body,) in bodies], self.files(row[1])
        if any(exhibit_body(each) != body for each, (body,) in zip(kept, bodies, strict=True)):
            return ["an exhibit is not written as it was"]
        pieces = [
            Piece(
                exhibits.form(each),
                each.digest,
                each.labels,
                each.refused,
                exhibits.reading_digest(each.scores, each.threat_kind, each.group, conditional=each.conditional),
                each.file,
                files.pop(each.position, None),
            )
            for each in kept
        ]
        faults = inspection.faults(pieces, self.custody(row[1]), row[9])
        lost = [
            f"exhibit {each.form['position']}: the file kept of it is missing"
            for each in pieces
            if each.file is not None and each.file.get("kept") and each.content is None
        ]
        return [*faults, *lost, *(f"a file of no exhibit was added: {position}" for position in sorted(files))]

    def copy_to(self, path: Path, key: str) -> None:
        """Write a copy of the whole store, encrypted with `key`, while it may be in use."""
        cipher.copy(self._database, path, key)

    def checkpoint(self) -> None:
        """Move everything into the main file and empty the write-ahead log, so that no erased byte stays in it."""
        self._rows("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """See `Store.close`."""
        if not self._closed:
            self._closed = True
            with cipher.named_errors(self._path):
                self.checkpoint()
                self._database.conn.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing; SQLite has rolled back by itself when the disk was full."""
        with cipher.named_errors(self._path):
            self._rows("BEGIN IMMEDIATE")
            try:
                yield
                self._rows("COMMIT")
            except BaseException:
                if self._database.conn.in_transaction:
                    self._rows("ROLLBACK")
                raise

    def _count(self, query: str) -> int:
        return int(self._rows(query).fetchone()[0])

    def _case_row(self, where: str, values: tuple[str, ...]) -> tuple[str, ...] | None:
        columns = "id, number, channel, chat, consent, opened_at, state, held, hold_until, log_head, reading"
        row: tuple[str, ...] | None = self._rows(
            f"SELECT {columns} FROM cases WHERE {where}",  # noqa: S608 - `where` is written in this module
            values,
        ).fetchone()
        return row

    def _load(self, channel: str, chat: str, at: datetime, memory: Memory) -> Loaded:
        row = self._case_row("channel = ? AND chat = ?", (channel, chat))
        if row is None:
            return Loaded.new(channel, chat, at, memory)
        number = int(row[0])
        kept = row[4] == Consent.YES
        facts = memory.facts
        if kept:
            query = "SELECT fact, value, source, exhibits, confirmed FROM facts WHERE case_id = ?"
            facts = {fact.id: fact for fact in map(to_fact, self._rows(query, (number,)))}
        taken = self._rows(
            "SELECT taken_name, blocked_until, waiting_since, "
            "(SELECT count(*) FROM training_consents WHERE case_id = desk.case_id) FROM desk WHERE case_id = ?",
            (number,),
        ).fetchone()
        alerts = self._rows("SELECT alert, severity, at FROM alerts WHERE case_id = ? ORDER BY id", (number,))
        case = Case(
            number=row[1],
            channel=channel,
            chat=chat,
            consent=Consent(row[4]),
            opened_at=datetime.fromisoformat(row[5]),
            state=json.loads(row[6]),
            facts=facts,
            exhibits=self._exhibits_of(number) if kept else memory.exhibits,
            alerts=[AlertRecord(alert, severity, datetime.fromisoformat(when)) for alert, severity, when in alerts],
            held=row[7] if kept else memory.held,
            reading=row[10] if kept else None,
            hold_until=date.fromisoformat(row[8]) if row[8] else None,
            taken_name=taken[0] if taken else None,
            verdicts=dict(self._rows("SELECT offence, status FROM verdicts WHERE case_id = ?", (number,))),
            blocked_until=datetime.fromisoformat(taken[1]) if taken and taken[1] else None,
            waiting_since=datetime.fromisoformat(taken[2]) if taken and taken[2] else None,
            teaches=bool(taken and taken[3]),
        )
        return Loaded(number, case)

    def _exhibits_of(self, case_id: int) -> list[Exhibit]:
        """Parsed exhibits, kept in memory until another process writes to the file."""
        version = self._count("PRAGMA data_version")
        if version != self._version:
            self._exhibits.clear()
            self._version = version
        if case_id not in self._exhibits:
            rows = self._rows("SELECT body FROM exhibits WHERE case_id = ? ORDER BY position", (case_id,))
            self._exhibits[case_id] = [to_exhibit(row[0]) for row in rows]
            if len(self._exhibits) > CACHED_CASES:
                self._exhibits.popitem(last=False)
        self._exhibits.move_to_end(case_id)
        return self._exhibits[case_id]

    def _remember(self, channel: str, chat: str, turn: SqliteTurn) -> None:
        """After the commit: what is not written to disk stays in memory, what was erased is forgotten."""
        if turn.erased or turn.case.consent is Consent.YES:
            self._memories.pop((channel, chat), None)
        else:
            self._memories[channel, chat] = turn.memory
        if turn.erased:
            self._exhibits.pop(turn.case_id, None)
            self.checkpoint()
        elif turn.case.consent is Consent.YES:
            self._exhibits[turn.case_id] = list(turn.case.exhibits)
