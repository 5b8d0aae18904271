"""The case store in SQL, on any engine that `cases.sql.engine` describes."""

import json
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cases import custody, exhibits, inspection
from cases.case import AlertRecord, Case, Consent, Exhibit, Outgoing, Reminder, Taken
from cases.claims import Alone, Claims, Place
from cases.errors import ElsewhereError, NoCaseError, StoreDamagedError
from cases.inspection import Piece
from cases.memory import Memory
from cases.rows import Row, is_body, iso, to_entry, to_exhibit, to_fact, to_outgoing
from cases.sql.audit import SqlAudit
from cases.sql.desk import SqlDesk
from cases.sql.desk_turn import SqlDeskTurn
from cases.sql.engine import Condition, Engine, Secret, hidden_chat
from cases.sql.figures import SqlFigures
from cases.sql.health import SqlHealth
from cases.sql.passkeys import SqlPasskeys
from cases.sql.revisions import SqlRevisions
from cases.sql.staff import SqlStaff
from cases.sql.team import SqlTeam
from cases.sql.turn import Loaded, SqlTurn
from cases.sql.typing import SqlTyping

PURGED_AT_ONCE = 100
CACHED_CASES = 64  # cases whose exhibits stay parsed in memory


OVER = "((last_at < ? AND coalesce(hold_until, '') < ?) OR (last_at < ? AND consent != 'yes'))"
OUT = "id, channel, chat, kind, body, attempts"


class _UsedError(Exception):
    """A code was used by somebody else this very moment."""


class SqlStore:
    """`cases.case.Store`. One thread uses it.

    Attributes:
        claims: which conversations this process may work on.
        remembered: handled update ids kept to recognise one delivered twice; Telegram keeps updates 24 h.
    """

    remembered = 20_000

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._rows = engine.execute
        self._transaction = engine.transaction
        self._memories: dict[Place, Memory] = {}
        self._exhibits: OrderedDict[str, tuple[int, list[Exhibit]]] = OrderedDict()
        self.claims: Claims = Alone(self)
        self._closed = False
        self.staff = SqlStaff(engine)
        self.audit = SqlAudit(engine)
        self.team = SqlTeam(engine)
        self.desk = SqlDesk(engine, self)
        self.figures = SqlFigures(engine)
        self.revisions = SqlRevisions(engine)
        self.health = SqlHealth(engine)
        self.passkeys = SqlPasskeys(engine)
        self.typing = SqlTyping(engine)

    def take(self, channel: str, updates: Sequence[tuple[str, str, str]]) -> int:
        """See `Store.take`."""
        with self._transaction():
            taken = 0
            for update, chat, raw in updates:
                row = self._rows(
                    "INSERT INTO inbox (channel, update_id, chat, raw) VALUES (?, ?, ?, ?) "
                    "ON CONFLICT DO NOTHING RETURNING id",
                    (
                        *(channel, Secret("inbox.update_id", update), hidden_chat(chat)),
                        Secret("inbox.raw", raw, (channel, update)),
                    ),
                ).fetchone()
                taken += row is not None
            self._rows(
                "DELETE FROM inbox WHERE raw IS NULL AND id < (SELECT max(id) FROM inbox) - ?", (self.remembered,)
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
        """Empty a handled row inside the open transaction: its id stays, the words and the chat go.

        Raises:
            ElsewhereError: another worker has handled it, or has its conversation now.
        """
        query = "UPDATE inbox SET raw = NULL, chat = ? WHERE id = ? AND raw IS NOT NULL"
        condition, values = self.ours()
        if self._rows(f"{query}{condition} RETURNING id", (hidden_chat(""), taken, *values)).fetchone() is None:
            raise ElsewhereError("this update was handled by another worker")

    def ours(self) -> Condition:
        """What an update must meet so that this process may handle it."""
        return "", ()

    @contextmanager
    def turn(
        self, channel: str, chat: str, at: datetime, *, taken: int | None = None, hers: bool = True
    ) -> Iterator[SqlTurn]:
        """See `Store.turn`. What lives in memory only is put back as it was when the turn fails."""
        with self._transaction():
            loaded = self._load(channel, chat, at)
            turn = SqlTurn(self.engine, loaded, loaded.memory, at, hers=hers)
            yield turn
            turn.flush()
            if taken is not None:
                self.empty(taken)
        self._remember(channel, chat, turn)

    @contextmanager
    def desk_turn(self, number: str, staff: int, at: datetime) -> Iterator[SqlDeskTurn]:
        """See `Desk.turn`."""
        with self._transaction():
            row = self._case_row("number = ?", (number,), lock=True)
            if row is None:
                raise NoCaseError(f"{number}: no such case; it may have been erased")
            loaded = self._loaded(row)
            line = self.desk.line(number)
            assert line is not None  # noqa: S101 - every case has its row at the desk
            turn = SqlDeskTurn(self.engine, loaded, loaded.memory, at, staff=staff, line=line)
            yield turn
            turn.flush()
        self._remember(row[2], row[3], turn)

    def peek(self, channel: str, chat: str) -> Case | None:
        """See `Store.peek`."""
        row = self._case_row("channel = ? AND chat = ?", (channel, hidden_chat(chat)))
        return self._loaded(row).case if row else None

    def due(self, channel: str, now: datetime, limit: int = 100) -> list[Outgoing]:
        """See `Store.due`."""
        rows = self._rows(
            f"SELECT {OUT} FROM outbox WHERE id IN (SELECT min(id) FROM outbox WHERE channel = ? GROUP BY chat) "  # noqa: S608 - a constant
            "AND not_before <= ? ORDER BY id LIMIT ?",
            (channel, iso(now), limit),
        )
        return [to_outgoing(row) for row in rows]

    def queued(self, channel: str, chat: str) -> list[Outgoing]:
        """Everything unsent of a conversation, in order."""
        rows = self._rows(
            f"SELECT {OUT} FROM outbox WHERE channel = ? AND chat = ? ORDER BY id",  # noqa: S608 - a constant
            (channel, hidden_chat(chat)),
        )
        return [to_outgoing(row) for row in rows]

    def next_out(self, channel: str, chat: str) -> tuple[Outgoing, datetime] | None:
        """See `Store.next_out`."""
        row = self._rows(
            f"SELECT {OUT}, not_before FROM outbox WHERE channel = ? AND chat = ? ORDER BY id LIMIT 1",  # noqa: S608 - a constant
            (channel, hidden_chat(chat)),
        ).fetchone()
        if row is None:
            return None
        return to_outgoing(row), datetime.fromisoformat(row[6])

    def reminders_due(self, channel: str, now: datetime) -> list[Reminder]:
        """See `Store.reminders_due`."""
        rows = self._rows(
            "SELECT reminders.id, cases.chat, reminders.tries, reminders.topic "
            "FROM reminders JOIN cases ON cases.id = case_id "
            "WHERE cases.channel = ? AND reminders.at <= ? ORDER BY reminders.at, reminders.id",
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
                    (
                        *(row[0], hidden_chat(row[1])),
                        Secret("thread.message_id", message_id, (row[0], row[1])),
                        iso(at),
                    ),
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
            "SELECT message_id, channel, chat FROM thread WHERE channel = ? AND chat = ? AND at >= ? ORDER BY id",
            (channel, hidden_chat(chat), iso(since)),
        )
        return [row[0] for row in rows]

    def forget_thread(self, channel: str, chat: str) -> None:
        """See `Store.forget_thread`."""
        with self._transaction():
            self._rows("DELETE FROM thread WHERE channel = ? AND chat = ?", (channel, hidden_chat(chat)))
        self._forget_if_erased(channel, chat)

    def move(self, digest: str, channel: str, chat: str, at: datetime) -> bool:
        """See `Store.move`."""
        query = (
            "SELECT cases.id, channel, chat FROM cases JOIN codes ON case_id = cases.id WHERE digest = ? AND until >= ?"
        )
        row = self._rows(query, (Secret("codes.digest", digest), iso(at))).fetchone()
        here = (channel, chat)
        there = self.peek(channel, chat)
        if row is None or (row[1], row[2]) == here or (there and there.consent is Consent.YES):
            return False
        try:
            with self.turn(row[1], row[2], at) as turn:
                self.claims.hold_both((row[1], row[2]), here)
                self._move_rows(turn, row[0], here)
        except _UsedError:
            return False
        except ElsewhereError:
            self.claims.ask_for((row[1], row[2]))
            raise
        self._memories.pop(here, None)
        return True

    def _move_rows(self, turn: SqlTurn, case_id: int, here: Place) -> None:
        there = (turn.case.channel, turn.case.chat)
        gone = self._rows("DELETE FROM codes WHERE case_id = ? RETURNING case_id", (case_id,)).fetchone()
        if gone is None or turn.case_id != case_id:
            raise _UsedError
        turn.log("moved", {"from": there[0], "to": here[0]})
        self._move_queue(there, here)
        new = (here[0], hidden_chat(here[1]))
        self._rows("DELETE FROM cases WHERE channel = ? AND chat = ? AND consent != 'yes'", new)
        self._rows("UPDATE cases SET channel = ?, chat = ? WHERE id = ?", (*new, case_id))
        turn.case = replace(turn.case, channel=here[0], chat=here[1])  # its state is written bound to the new place

    def _move_queue(self, old: tuple[str, str], new: tuple[str, str]) -> None:
        """What waits to be said goes along; what waits to be wiped or fetched stays behind."""
        for out in self.queued(*old):
            if out.kind == "send":
                body = Secret("outbox.body", json.dumps(out.body, ensure_ascii=False), new)
                query = "UPDATE outbox SET channel = ?, chat = ?, body = ? WHERE id = ?"
                self._rows(query, (new[0], hidden_chat(new[1]), body, out.id))
            else:
                self._rows("DELETE FROM outbox WHERE id = ?", (out.id,))

    def erase(self, number: str, *, tell: Mapping[str, Any] | None = None, since: datetime | None = None) -> bool:
        """See `Store.erase`."""
        row = self._case_row("number = ?", (number,))
        if row is None:
            return False
        wipes = since is not None and bool(self.thread(row[2], row[3], since))
        with self.turn(row[2], row[3], datetime.now(UTC)) as turn:
            if turn.case.number != number:
                raise NoCaseError(f"{number}: it moved or was erased this very moment; try again")
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
        silent_before = iso(abandoned_before) if abandoned_before is not None else ""
        over = (iso(before), today.isoformat(), silent_before)
        gone: list[str] = []
        while some := self._erase_some(over):
            gone += some
        with self._transaction():
            self._rows("DELETE FROM thread WHERE at < ?", (iso(before),))
        self.checkpoint()
        return gone

    def _erase_some(self, over: tuple[str, str, str]) -> list[str]:
        """Destroy some cases whose time is over in one transaction: thousands must not stop the service for a minute.

        They are ours while we look: whoever writes this very moment keeps hers.
        """
        today = datetime.now(UTC).date().isoformat()
        with self._transaction():
            rows = self._rows(
                f"SELECT id, number, channel, chat FROM cases WHERE {OVER} ORDER BY id "  # noqa: S608 - constants
                f"LIMIT {PURGED_AT_ONCE}{self.engine.dialect.lock}",
                over,
            ).fetchall()
            for case_id, number, channel, chat in rows:
                for table in ("outbox", "thread"):
                    place = (channel, hidden_chat(chat))
                    self._rows(f"DELETE FROM {table} WHERE channel = ? AND chat = ?", place)  # noqa: S608 - names from this line
                self._rows("DELETE FROM cases WHERE id = ?", (case_id,))
                self._rows(
                    "INSERT INTO erased (number, erased_on) VALUES (?, ?) "
                    "ON CONFLICT (number) DO UPDATE SET erased_on = excluded.erased_on",
                    (number, today),
                )
        for _, number, channel, chat in rows:
            self._memories.pop((channel, chat), None)
            self._exhibits.pop(number, None)
        return [row[1] for row in rows]

    def erased(self) -> list[tuple[str, str]]:
        """Number and day of every case erased: all that is left of them."""
        return [
            (row[0], row[1]) for row in self._rows("SELECT number, erased_on FROM erased ORDER BY erased_on, number")
        ]

    def transcript(self, number: str) -> list[tuple[str, str, str]]:
        """(who, text, time) of each line of a conversation, oldest first."""
        rows = self._rows(
            "SELECT who, text, at, case_id FROM transcript "
            "WHERE case_id = (SELECT id FROM cases WHERE number = ?) ORDER BY id",
            (number,),
        )
        return [(who, text, at) for who, text, at, _ in rows]

    def custody(self, number: str) -> list[custody.Entry]:
        """The custody log of a case, in order."""
        rows = self._rows(
            "SELECT number, at, event, detail, previous, digest, case_id FROM custody "
            "WHERE case_id = (SELECT id FROM cases WHERE number = ?) ORDER BY number",
            (number,),
        )
        return [to_entry(row[:6]) for row in rows]

    def files(self, number: str) -> dict[int, bytes]:
        """See `Store.files`."""
        rows = self._rows(
            "SELECT position, content, case_id FROM files WHERE case_id = (SELECT id FROM cases WHERE number = ?)",
            (number,),
        )
        return {position: content for position, content, _ in rows}

    def integrity(self) -> list[str]:
        """What is wrong with the database or with a custody log; empty when nothing is."""
        faults = self.engine.integrity()
        if faults and self.engine.dialect.one_file:
            return faults
        for number in self.cases():
            faults += [f"case {number}: {fault}" for fault in self.faults(number)]
        return [*faults, *self.audit.faults()]

    def faults(self, number: str) -> list[str]:
        """See `Store.faults`."""
        try:
            row = self._case_row("number = ?", (number,))
            return self._evidence_faults(row) if row is not None else []
        except StoreDamagedError as error:
            return [str(error)]
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return [f"a row cannot be read: {type(error).__name__}"]

    def _evidence_faults(self, row: Row) -> list[str]:
        bodies = self._bodies(row[0])
        kept, files = [to_exhibit(body) for body in bodies], self.files(row[1])
        if any(not is_body(body, each) for each, body in zip(kept, bodies, strict=True)):
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
        raise NotImplementedError

    def alone_at(self, work: str) -> bool:  # noqa: ARG002 - one machine has the file
        """Whether this process is the only one, on any machine, that does a piece of work until it closes the store."""
        return True

    def checkpoint(self) -> None:
        """Let go of bytes that were erased, where the engine keeps some aside."""
        self.engine.checkpoint()

    def close(self) -> None:
        """See `Store.close`."""
        if not self._closed:
            self._closed = True
            self.engine.close()

    def _count(self, query: str) -> int:
        return int(self._rows(query).fetchone()[0])

    def _bodies(self, case_id: int) -> list[str]:
        query = "SELECT body, case_id, position FROM exhibits WHERE case_id = ? ORDER BY position"
        return [row[0] for row in self._rows(query, (case_id,))]

    def _case_row(self, where: str, values: tuple[object, ...], *, lock: bool = False) -> Row | None:
        columns = "id, number, channel, chat, consent, opened_at, state, held, hold_until, log_head, reading"
        ours = self.engine.dialect.lock if lock else ""
        row: Row | None = self._rows(
            f"SELECT {columns} FROM cases WHERE {where}{ours}",  # noqa: S608 - `where` is written in this module
            values,
        ).fetchone()
        return row

    def forget(self, places: Collection[Place] | None) -> None:
        """Drop what is in memory only, of these conversations or of all."""
        for place in list(self._memories) if places is None else places:
            self._memories.pop(place, None)

    def forget_the_erased(self) -> None:
        """Drop what is in memory only of cases that another process has erased."""
        for channel, chat in list(self._memories):
            self._forget_if_erased(channel, chat)

    def _forget_if_erased(self, channel: str, chat: str) -> None:
        if self._case_row("channel = ? AND chat = ?", (channel, hidden_chat(chat))) is None:
            self._memories.pop((channel, chat), None)

    def _load(self, channel: str, chat: str, at: datetime) -> Loaded:
        """The case of a conversation, a new one when it has none. Of two who begin it at once, one waits."""
        where = "channel = ? AND chat = ?", (channel, hidden_chat(chat))
        row = self._case_row(*where, lock=True)
        if row is None:
            self.engine.lock(f"{channel}/{chat}")
            row = self._case_row(*where, lock=True)
        # without a row, what is in memory is of a case that another process has erased
        return self._loaded(row) if row is not None else Loaded.new(channel, chat, at)

    def _loaded(self, row: Row) -> Loaded:
        memory = self._memories.get((row[2], row[3]), Memory()).copy()
        number = int(row[0])
        kept = row[4] == Consent.YES
        facts = memory.facts
        if kept:
            query = (
                "SELECT fact, value, source, exhibits, confirmed, case_id FROM facts WHERE case_id = ? ORDER BY fact"
            )
            facts = {fact.id: fact for fact in (to_fact(each[:5]) for each in self._rows(query, (number,)))}
        query = (
            "SELECT taken_name, blocked_until, waiting_since, version, case_id, "
            "(SELECT count(*) FROM training_consents WHERE training_consents.case_id = desk.case_id) "
            "FROM desk WHERE case_id = ?"
        )
        nothing = None, None, None, 0, number, 0
        taken, blocked_until, waits, version, _, teaches = self._rows(query, (number,)).fetchone() or nothing
        alerts = self._rows("SELECT alert, severity, at FROM alerts WHERE case_id = ? ORDER BY id", (number,))
        case = Case(
            number=row[1],
            channel=row[2],
            chat=row[3],
            consent=Consent(row[4]),
            opened_at=datetime.fromisoformat(row[5]),
            state=json.loads(row[6]),
            facts=facts,
            exhibits=self._exhibits_of(row, version) if kept else memory.exhibits,
            alerts=[AlertRecord(alert, severity, datetime.fromisoformat(when)) for alert, severity, when in alerts],
            held=row[7] if kept else memory.held,
            reading=row[10] if kept else None,
            hold_until=date.fromisoformat(row[8]) if row[8] else None,
            taken_name=taken,
            verdicts=dict(
                self._rows("SELECT offence, status FROM verdicts WHERE case_id = ? ORDER BY offence", (number,))
            ),
            blocked_until=datetime.fromisoformat(blocked_until) if blocked_until else None,
            waiting_since=datetime.fromisoformat(waits) if waits else None,
            teaches=bool(teaches),
        )
        return Loaded(number, case, memory, version)

    def _exhibits_of(self, row: Row, version: int) -> list[Exhibit]:
        """Parsed exhibits, kept in memory until a turn of somebody else has changed the version of the case.

        They are kept by the number of the case: an erased row's id may be given again.
        """
        number = row[1]
        kept = self._exhibits.get(number)
        if kept is None or kept[0] != version:
            self._keep_exhibits(number, version, [to_exhibit(body) for body in self._bodies(row[0])])
        self._exhibits.move_to_end(number)
        return self._exhibits[number][1]

    def _keep_exhibits(self, number: str, version: int, kept: list[Exhibit]) -> None:
        self._exhibits[number] = version, kept
        if len(self._exhibits) > CACHED_CASES:
            self._exhibits.popitem(last=False)

    def _remember(self, channel: str, chat: str, turn: SqlTurn) -> None:
        """After the commit: what is not written to disk stays in memory, what was erased is forgotten."""
        if turn.erased or turn.case.consent is Consent.YES:
            self._memories.pop((channel, chat), None)
        else:
            self._memories[channel, chat] = turn.memory
        if turn.erased:
            self._exhibits.pop(turn.case.number, None)
            self.checkpoint()
        elif turn.case.consent is Consent.YES:
            self._keep_exhibits(turn.case.number, turn.version, list(turn.case.exhibits))
