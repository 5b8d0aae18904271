"""Conversations claimed by workers in the database, under a lease that each worker renews.

A claim is a row; it goes with the row of its worker, and that one goes when nobody has renewed it for `LEASE`. A lock
held by a connection was refused: it stays with a process that is frozen, and it is lost with the connection while a
message is on its way. The clock is the server's; each worker counts its own time from before it asked.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime

from cases.case import Outgoing, Taken
from cases.claims import LEAD, Forget, Place
from cases.errors import ElsewhereError, StoreError
from cases.rows import iso, to_outgoing
from cases.sql.engine import Engine, hidden_chat

LEASE = 20.0  # seconds after which a worker that said nothing has lost everything
MARGIN = 8.0  # seconds before that: nothing is begun any more, and what is on its way is cut off
LEAD_MARGIN = 2.0  # seconds, for what one worker does for all: begun again, it costs more than done twice
IDLE = 10.0  # seconds after which a conversation is let go
LOOK_EVERY = 0.1  # seconds
AT_ONCE = 20  # conversations claimed at once: the others are for the other workers
BATCH = 100  # updates read at once
MOST_DUE = 1_000
CLAIM_IN = (
    "INSERT INTO claims (channel, chat, worker) SELECT DISTINCT channel, chat, ?::bigint FROM "
    "(SELECT channel, chat FROM inbox WHERE channel = ? AND raw IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM claims WHERE claims.channel = inbox.channel AND claims.chat = inbox.chat) "
    "ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED) AS free ON CONFLICT DO NOTHING RETURNING channel, chat"
)
CLAIM_OUT = (
    "INSERT INTO claims (channel, chat, worker) SELECT DISTINCT channel, chat, ?1::bigint FROM "
    "(SELECT channel, chat FROM outbox WHERE id IN (SELECT min(id) FROM outbox WHERE channel = ?2 GROUP BY chat) "
    "AND not_before <= ?3 AND NOT EXISTS "
    "(SELECT 1 FROM claims WHERE claims.channel = outbox.channel AND claims.chat = outbox.chat) "
    "ORDER BY id LIMIT ?4 FOR UPDATE SKIP LOCKED) AS free ON CONFLICT DO NOTHING RETURNING channel, chat"
)
IN = (
    "SELECT inbox.id, inbox.channel, inbox.update_id, inbox.chat, inbox.raw FROM inbox "
    "JOIN claims ON claims.channel = inbox.channel AND claims.chat = inbox.chat "
    "WHERE inbox.channel = ? AND raw IS NOT NULL AND worker = ? AND NOT wanted ORDER BY inbox.id LIMIT ?"
)
OUT = (
    "SELECT outbox.id, outbox.channel, outbox.chat, kind, body, attempts FROM outbox "
    "JOIN claims ON claims.channel = outbox.channel AND claims.chat = outbox.chat WHERE worker = ? AND outbox.id IN "
    "(SELECT min(id) FROM outbox WHERE channel = ? GROUP BY chat) AND not_before <= ? ORDER BY outbox.id LIMIT ?"
)


class SqlClaims:
    """`cases.claims.Claims` for several workers on one database."""

    look_every: float | None = LOOK_EVERY

    def __init__(self, engine: Engine, forget: Forget, remembers: Callable[[Place], bool]) -> None:
        self._engine = engine
        self._rows = engine.execute
        self._forget = forget
        self._remembers = remembers
        self._name = ""
        self._until = 0.0  # of the lease, on the clock below
        self._used: dict[Place, float] = {}  # our conversations and when something happened there
        self.clock: Callable[[], float] = time.monotonic
        self.worker: int | None = None

    def join(self, name: str = "") -> None:
        """See `Claims.join`."""
        self._name = name
        asked_at = self.clock()
        with self._engine.transaction():
            if name:
                self._rows("DELETE FROM workers WHERE name = ?", (name,))
            query = (
                "INSERT INTO workers (name, until) VALUES (?, clock_timestamp() + make_interval(secs => ?)) "
                "RETURNING id"
            )
            self.worker = int(self._rows(query, (name, LEASE)).fetchall()[0][0])
        self._until = asked_at + LEASE

    def renew(self) -> None:
        """See `Claims.renew`. Who finds that others have given up on it begins anew, with nothing in memory."""
        asked_at = self.clock()
        row = self._rows(
            "UPDATE workers SET until = clock_timestamp() + make_interval(secs => ?) "
            "WHERE id = ? AND until > clock_timestamp() RETURNING id",
            (LEASE, self.worker),
        ).fetchone()
        if row is None:
            self._used.clear()
            self._forget(None)
            self.join(self._name)
        else:
            self._until = asked_at + LEASE
        self._rows("DELETE FROM workers WHERE until < clock_timestamp()")

    def leave(self) -> None:
        """See `Claims.leave`."""
        with suppress(StoreError):
            self._rows("DELETE FROM workers WHERE id = ?", (self.worker,))
        self._used.clear()
        self._until = 0.0

    def take(self, channel: str, chat: str) -> bool:
        """See `Claims.take`."""
        place = (channel, chat)
        if self.seconds_left(channel) <= 0:
            return False
        if place not in self._used:
            self._claimed(
                self._rows(
                    "INSERT INTO claims (channel, chat, worker) VALUES (?, ?, ?) ON CONFLICT DO NOTHING "
                    "RETURNING channel, chat",
                    (channel, hidden_chat(chat), self.worker),
                )
            )
        return place in self._used

    def holds(self, channel: str, chat: str) -> bool:
        """See `Claims.holds`."""
        place = (channel, chat)
        if place not in self._used or self.seconds_left(channel) <= 0:
            return False
        self._used[place] = self.clock()
        return True

    def seconds_left(self, channel: str) -> float:
        """See `Claims.seconds_left`."""
        return self._until - (LEAD_MARGIN if channel == LEAD else MARGIN) - self.clock()

    def waiting(self, channel: str) -> list[Taken]:
        """See `Claims.waiting`. A conversation that another worker asks for is not begun again."""
        if self.seconds_left(channel) <= 0:
            return []
        self._claimed(self._rows(CLAIM_IN, (self.worker, channel, AT_ONCE)))
        found = [Taken(*row) for row in self._rows(IN, (channel, self.worker, BATCH))]
        self._used |= {(taken.channel, taken.chat): self.clock() for taken in found}
        return found

    def due(self, channel: str, now: datetime) -> list[Outgoing]:
        """See `Claims.due`."""
        if self.seconds_left(channel) <= 0:
            return []
        self._claimed(self._rows(CLAIM_OUT, (self.worker, channel, iso(now), MOST_DUE)))
        return [to_outgoing(row) for row in self._rows(OUT, (self.worker, channel, iso(now), MOST_DUE))]

    def release(self, busy: Callable[[Place], bool]) -> None:
        """See `Claims.release`. What is in memory only stays where it is."""
        query = "SELECT channel, chat FROM claims WHERE worker = ? AND wanted"
        wanted = [(channel, chat) for channel, chat in self._rows(query, (self.worker,))]
        self._let_go(place for place in wanted if not busy(place))
        before = self.clock() - IDLE
        idle = [place for place, at in self._used.items() if at < before and place[0] != LEAD]
        self._let_go(place for place in idle if not busy(place) and not self._remembers(place))

    def hold_both(self, old: Place, new: Place) -> None:
        """See `Claims.hold_both`."""
        if self.worker is None:
            return
        self._rows(
            "INSERT INTO claims (channel, chat, worker) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (old[0], hidden_chat(old[1]), self.worker),
        )
        query = "SELECT worker FROM claims WHERE channel = ? AND chat = ? FOR UPDATE"
        owners = [self._rows(query, (channel, hidden_chat(chat))).fetchone() for channel, chat in (old, new)]
        if owners != [(self.worker,), (self.worker,)]:
            raise ElsewhereError("another worker has this conversation; it is asked for")
        if old not in self._used:  # nothing of it waits here
            self._rows(
                "DELETE FROM claims WHERE channel = ? AND chat = ? AND worker = ?",
                (old[0], hidden_chat(old[1]), self.worker),
            )

    def ask_for(self, place: Place) -> None:
        """See `Claims.ask_for`."""
        self._rows("UPDATE claims SET wanted = true WHERE channel = ? AND chat = ?", (place[0], hidden_chat(place[1])))

    def _claimed(self, rows: Iterable[tuple[str, str]]) -> None:
        """Nothing that was in memory here before holds any more: another worker may have had it since."""
        fresh = [(channel, chat) for channel, chat in rows]
        if fresh:
            self._forget(fresh)
            self._used |= dict.fromkeys(fresh, self.clock())

    def _let_go(self, places: Iterable[Place]) -> None:
        gone = list(places)
        if not gone:
            return
        for place in gone:
            self._used.pop(place, None)
        self._forget(gone)
        with self._engine.transaction():
            self._engine.execute_many(
                "DELETE FROM claims WHERE channel = ? AND chat = ? AND worker = ?",
                [(channel, hidden_chat(chat), self.worker) for channel, chat in gone],
            )
