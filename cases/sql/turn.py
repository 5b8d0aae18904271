"""One turn: changes are gathered, then written in the transaction that is open."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from cases import canonical, custody, exhibits
from cases.case import AlertRecord, Case, Consent, Exhibit, Reminder
from cases.custody import Entry
from cases.desk import IMMINENT_DAYS, RETURNS_AFTER
from cases.inspection import ERASED
from cases.memory import Memory
from cases.numbers import new_number
from cases.rows import exhibit_body, fact_columns, iso, to_entry
from cases.sql.engine import Engine, Secret, hidden_chat
from flows.facts import Fact
from flows.standing import Standing


@dataclass(frozen=True, slots=True)
class Loaded:
    """A case as read: its row (0 when it is new) and its content."""

    row: int
    case: Case
    memory: Memory  # a copy to work on
    version: int = 0  # of its line at the desk

    @classmethod
    def new(cls, channel: str, chat: str, at: datetime) -> "Loaded":
        """A conversation that begins."""
        memory = Memory()
        case = Case(
            number=new_number(),
            channel=channel,
            chat=chat,
            consent=Consent.UNASKED,
            opened_at=at,
            state={},
            facts=memory.facts,
            exhibits=memory.exhibits,
            alerts=[],
        )
        return cls(0, case, memory)


CONTENT = (
    "facts", "exhibits", "files", "transcript", "custody", "notes", "corrections", "verdicts", "drafts",
    "training_consents",
)  # fmt: skip


class SqlTurn:
    """`cases.case.Turn`. `case` always shows what was put so far."""

    def __init__(self, engine: Engine, loaded: Loaded, memory: Memory, at: datetime, *, hers: bool = True) -> None:
        self._engine = engine
        self._execute = engine.execute
        self._at = at
        self._hers = hers
        self.memory = memory
        self.case_id = loaded.row
        self.version = loaded.version
        self.erased = False
        self._kept_before = loaded.case.consent is Consent.YES
        self._facts: dict[str, Fact] = dict(loaded.case.facts)
        self._exhibits: list[Exhibit] = list(loaded.case.exhibits)
        self._alerts: list[AlertRecord] = list(loaded.case.alerts)
        self.case = replace(loaded.case, facts=self._facts, exhibits=self._exhibits, alerts=self._alerts)
        self._changed: set[str] = set()
        self._dropped: set[str] = set()
        self._touched: set[int] = set()
        self._new_alerts: list[AlertRecord] = []
        self._forgotten: list[str] = []
        self._lines: list[tuple[str, str, str]] = []
        self._events: list[tuple[str, dict[str, Any]]] = []
        self._outgoing: list[tuple[str, str, str | None, datetime]] = []
        self._messages: list[tuple[str, str]] = []
        self._drop_queued = False
        self._code: tuple[str, str] | None = None
        self._files: dict[int, bytes] = {}
        self._reminders: list[tuple[str, tuple[object, ...]]] = []
        self._standing: Standing | None = None
        self._wants_person = False
        self._she_wrote = False
        self._by_staff = False
        self._teaching: tuple[str | None] | None = None

    def save_state(self, state: Mapping[str, Any]) -> None:
        """See `Turn.save_state`."""
        self.case = replace(self.case, state=dict(state))

    def set_consent(self, consent: Consent) -> None:
        """See `Turn.set_consent`."""
        self.case = replace(self.case, consent=consent)

    def put_fact(self, fact: Fact) -> None:
        """See `Turn.put_fact`."""
        self._facts[fact.id] = fact
        self._changed.add(fact.id)
        self._dropped.discard(fact.id)

    def drop_fact(self, fact_id: str) -> None:
        """See `Turn.drop_fact`."""
        if self._facts.pop(fact_id, None) is not None:
            self._dropped.add(fact_id)
            self._changed.discard(fact_id)

    def add_exhibit(self, exhibit: Exhibit) -> None:
        """See `Turn.add_exhibit`."""
        if exhibit.position != len(self._exhibits) + 1:
            raise ValueError(f"exhibit {exhibit.position} cannot follow {len(self._exhibits)}")
        self._exhibits.append(exhibit)
        self._touched.add(exhibit.position)
        self._events.append(("received", exhibits.received(exhibit)))

    def replace_exhibit(self, exhibit: Exhibit) -> None:
        """See `Turn.replace_exhibit`."""
        before = self._exhibits[exhibit.position - 1]
        if (before.text, before.digest, before.received_at) != (exhibit.text, exhibit.digest, exhibit.received_at):
            raise ValueError(f"exhibit {exhibit.position}: only its labels may change")
        self._exhibits[exhibit.position - 1] = exhibit
        self._touched.add(exhibit.position)
        event = "corrected" if exhibit.refused != before.refused else "confirmed"
        said = {"labels": sorted(exhibit.labels), "refused": sorted(exhibit.refused)}
        by = {"by": "reviewer"} if self._by_staff else {}
        self._events.append((event, {"exhibit": exhibit.position, **said, **by}))

    def explain_exhibit(self, position: int, rationale: Sequence[Mapping[str, Any]]) -> None:
        """See `Turn.explain_exhibit`."""
        self._exhibits[position - 1] = replace(self._exhibits[position - 1], rationale=tuple(rationale))
        self._touched.add(position)

    def record_file(self, position: int, found: Mapping[str, Any], content: bytes | None) -> None:
        """See `Turn.record_file`."""
        self._exhibits[position - 1] = replace(self._exhibits[position - 1], file=dict(found))
        self._touched.add(position)
        self._events.append(("fetched", {"exhibit": position, **found}))
        if content is not None:
            self._files[position] = content

    def hold_reading(self, text: str | None) -> None:
        """See `Turn.hold_reading`."""
        self.case = replace(self.case, reading=text)

    def erase_exhibit(self, position: int) -> None:
        """See `Turn.erase_exhibit`."""
        before = self._exhibits[position - 1]
        bare = Exhibit(
            position=position,
            text="",
            how=ERASED,
            origin=None,
            media=None,
            sent_at=None,
            received_at=before.received_at,
            digest=before.digest,
            group=position,
            scores={},
        )
        self._exhibits[position - 1] = bare
        self._touched.add(position)
        left = canonical.digest(exhibits.form(bare))
        self._events.append(("erased", {"exhibit": position, "sha256": before.digest, "left": left}))
        self._files.pop(position, None)
        self._execute("DELETE FROM files WHERE case_id = ? AND position = ?", (self.case_id, position))
        if before.text:  # the conversation holds what she pasted, too
            self._forgotten.append(before.text)
            self.memory.transcript = [line for line in self.memory.transcript if before.text not in line[1]]

    def custody(self) -> list[Entry]:
        """See `Turn.custody`."""
        query = (
            "SELECT number, at, event, detail, previous, digest, case_id FROM custody WHERE case_id = ? ORDER BY number"
        )
        return [to_entry(row[:6]) for row in self._execute(query, (self.case_id,))]

    def log(self, event: str, detail: Mapping[str, Any]) -> None:
        """See `Turn.log`."""
        self._events.append((event, dict(detail)))

    def hold_case(self, until: date | None) -> None:
        """See `Turn.hold_case`."""
        self.case = replace(self.case, hold_until=until)

    def add_alert(self, alert: AlertRecord) -> None:
        """See `Turn.add_alert`."""
        self._alerts.append(alert)
        self._new_alerts.append(alert)

    def hold(self, text: str | None) -> None:
        """See `Turn.hold`."""
        self.case = replace(self.case, held=text)

    def say(
        self, kind: str, body: Mapping[str, Any], *, merge: str | None = None, not_before: datetime | None = None
    ) -> None:
        """See `Turn.say`."""
        if merge is not None:
            self._outgoing = [out for out in self._outgoing if out[2] != merge]
        self._outgoing.append((kind, json.dumps(body, ensure_ascii=False), merge, not_before or self._at))

    def remind(self, at: datetime, topic: str = "") -> None:
        """See `Turn.remind`."""
        if topic:
            self.forget_reminder(topic)
        query = "INSERT INTO reminders (case_id, at, topic) VALUES (?, ?, ?)"
        self._reminders.append((query, (iso(at), topic)))

    def forget_reminder(self, topic: str) -> None:
        """See `Turn.forget_reminder`."""
        self._reminders.append(("DELETE FROM reminders WHERE case_id = ? AND topic = ?", (topic,)))

    def is_due(self, reminder: Reminder) -> bool:
        """See `Turn.is_due`."""
        query = "SELECT 1 FROM reminders WHERE id = ? AND case_id = ? AND tries = ?"
        values = (reminder.id, self.case_id, reminder.tries)
        return self._execute(query, values).fetchone() is not None

    def settle_reminder(self, reminder: int, *, again: datetime | None) -> None:
        """See `Turn.settle_reminder`."""
        if again is None:
            self._reminders.append(("DELETE FROM reminders WHERE case_id = ? AND id = ?", (reminder,)))
        else:
            query = "UPDATE reminders SET tries = tries + 1, at = ?2 WHERE case_id = ?1 AND id = ?3"
            self._reminders.append((query, (iso(again), reminder)))

    def answer_reminders(self) -> None:
        """See `Turn.answer_reminders`."""
        self._reminders.append(("DELETE FROM reminders WHERE case_id = ? AND tries > 0", ()))

    def forget_reminders(self, *, but: str = "") -> None:
        """See `Turn.forget_reminders`."""
        if but:
            self._reminders.append(("DELETE FROM reminders WHERE case_id = ? AND topic != ?", (but,)))
        else:
            self._reminders = [("DELETE FROM reminders WHERE case_id = ?", ())]

    @property
    def touched(self) -> bool:
        """See `Turn.touched`."""
        consented = self._kept_before != (self.case.consent is Consent.YES)
        return bool(not self.case_id or consented or self._changed or self._dropped or self._touched)

    def stand(self, standing: Standing | None) -> None:
        """See `Turn.stand`."""
        self._she_wrote = not self._by_staff
        self._standing = standing

    def agree_to_training(self, words: str | None) -> None:
        """See `Turn.agree_to_training`."""
        self._teaching = (words,)
        self.case = replace(self.case, teaches=words is not None)

    def want_person(self) -> None:
        """See `Turn.want_person`."""
        self._wants_person = True

    def note_message(self, message_id: str, at: datetime) -> None:
        """See `Turn.note_message`."""
        self._messages.append((message_id, iso(at)))

    def transcribe(self, who: str, text: str, at: datetime) -> None:
        """See `Turn.transcribe`."""
        self._lines.append((who, text, iso(at)))

    def drop_queued(self) -> None:
        """See `Turn.drop_queued`."""
        self._drop_queued = True
        self._outgoing.clear()
        self.forget_reminders()

    def erase(self) -> None:
        """See `Turn.erase`."""
        self.erased = True

    def offer_move(self, digest: str, until: datetime) -> None:
        """See `Turn.offer_move`."""
        self._code = (digest, iso(until))

    def flush(self) -> None:
        """Write everything; the caller commits."""
        kept = self.case.consent is Consent.YES
        self.version += 1
        if self.erased:
            self._erase_rows()
        else:
            self._write_case(kept=kept)
            self._write_desk(kept=kept)
            if kept:
                self._write_content()
            elif self._kept_before:
                self._forget_content()
            self._keep_in_memory(kept=kept)
            for query, values in self._reminders:
                self._execute(query, (self.case_id, *values))
        self._write_outgoing()

    def _write_case(self, *, kept: bool) -> None:
        case = self.case
        new = not self.case_id
        self.case_id = self.case_id or self._engine.new_id("cases")
        place = (self.case_id, case.number, case.channel, case.chat)
        state = Secret("cases.state", json.dumps(case.state, ensure_ascii=False), place)
        held = Secret("cases.held", case.held if kept else None, (case.number,))
        reading = Secret("cases.reading", case.reading if kept else None, (case.number,))
        hold_until = case.hold_until.isoformat() if case.hold_until else None
        if not new:
            self._execute(
                "UPDATE cases SET consent = ?, state = ?, held = ?, hold_until = ?, reading = ? WHERE id = ?",
                (str(case.consent), state, held, hold_until, reading, self.case_id),
            )
            if self._hers and not self._by_staff:
                self._execute("UPDATE cases SET last_at = ? WHERE id = ?", (iso(self._at), self.case_id))
        else:
            opened = iso(case.opened_at)
            self._execute(
                "INSERT INTO cases (id, number, channel, chat, consent, opened_at, last_at, state, held, hold_until, "
                "reading, log_head) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(self.case_id, case.number, case.channel, hidden_chat(case.chat), str(case.consent)),
                    opened,
                    opened,
                    state,
                    held,
                    hold_until,
                    reading,
                    Secret("cases.log_head", "", (case.number,)),
                ),
            )
        for alert in self._new_alerts:
            self._execute(
                "INSERT INTO alerts (case_id, alert, severity, at) VALUES (?, ?, ?, ?)",
                (self.case_id, alert.alert, alert.severity, iso(alert.at)),
            )

    def _write_desk(self, *, kept: bool) -> None:
        """The narrow row that orders the queue."""
        at = iso(self._at)
        self._execute("INSERT INTO desk (case_id, wrote_at) VALUES (?, ?) ON CONFLICT DO NOTHING", (self.case_id, at))
        alert = max((2 if alert.severity == "high" else 1 for alert in self._new_alerts), default=0)
        self._execute(
            "UPDATE desk SET version = version + 1, alert = CASE WHEN alert < ?1 THEN ?1 ELSE alert END, "
            "waiting_since = CASE WHEN ?2 = 1 THEN coalesce(waiting_since, ?3) ELSE waiting_since END, "
            "returns = CASE WHEN ?4 = 1 AND (status = 'closed' OR wrote_at < ?6) THEN returns + 1 ELSE returns END, "
            "wrote_at = CASE WHEN ?4 = 1 THEN ?3 ELSE wrote_at END, "
            "status = CASE WHEN ?4 = 1 AND status IN ('pending', 'closed') THEN 'open' ELSE status END "
            "WHERE case_id = ?5",
            (
                *(alert, int(self._wants_person), at, int(self._she_wrote), self.case_id),
                iso(self._at - RETURNS_AFTER),
            ),
        )
        if self._standing is not None:
            self._write_standing(self._standing if kept else Standing(self._standing.language), kept=kept)

    def _write_standing(self, standing: Standing, *, kept: bool) -> None:
        deadline = standing.deadline_on
        imminent = deadline is not None and deadline <= self._at.date() + timedelta(days=IMMINENT_DAYS)
        self._execute(
            "UPDATE desk SET language = ?, minor = ?, death = ?, deadline_on = ?, imminent = ?, stood = 1 "
            "WHERE case_id = ?",
            (
                standing.language,
                standing.minor,
                standing.death,
                deadline.isoformat() if deadline else None,
                imminent,
                self.case_id,
            ),
        )
        if not (kept or self._kept_before):
            return
        kinds = {"label": standing.labels, "offence": standing.offences, "indicated": standing.indicated}
        wanted = {(kind, name) for kind, names in kinds.items() for name in names}
        query = "SELECT kind, name FROM marks WHERE case_id = ? AND kind IN ('label', 'offence', 'indicated')"
        there = {(kind, name) for kind, name in self._execute(query, (self.case_id,))}
        for mark in there - wanted:
            self._execute("DELETE FROM marks WHERE kind = ? AND name = ? AND case_id = ?", (*mark, self.case_id))
        for mark in sorted(wanted - there):
            self._execute("INSERT INTO marks (kind, name, case_id) VALUES (?, ?, ?)", (*mark, self.case_id))

    def _write_content(self) -> None:
        first_time = not self._kept_before
        facts = self._facts if first_time else self._changed
        touched = range(1, len(self._exhibits) + 1) if first_time else sorted(self._touched)
        for name in facts:
            _, value, *rest = fact_columns(self._facts[name])
            self._execute(
                "INSERT INTO facts (case_id, fact, value, source, exhibits, confirmed) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (case_id, fact) DO UPDATE SET value = excluded.value, source = excluded.source, "
                "exhibits = excluded.exhibits, confirmed = excluded.confirmed",
                (self.case_id, name, Secret("facts.value", value, (self.case_id, name)), *rest),
            )
        for name in self._dropped:
            self._execute("DELETE FROM facts WHERE case_id = ? AND fact = ?", (self.case_id, name))
        for position in touched:
            exhibit = self._exhibits[position - 1]
            body = Secret("exhibits.body", exhibit_body(exhibit), (self.case_id, position))
            found_by = self._engine.words_of(exhibit.text)
            self._execute(self._engine.dialect.put_exhibit, (self.case_id, position, body, *found_by))
        for position, content in self._files.items():
            self._execute(
                "INSERT INTO files (case_id, position, content) VALUES (?, ?, ?) "
                "ON CONFLICT (case_id, position) DO UPDATE SET content = excluded.content",
                (self.case_id, position, Secret("files.content", content, (self.case_id, position))),
            )
        lines = [*self.memory.transcript, *self._lines] if first_time else self._lines
        self._forget_lines()
        for line in lines:
            self._add_line(*line)
        if self._code:
            query = (
                "INSERT INTO codes (case_id, digest, until) VALUES (?, ?, ?) "
                "ON CONFLICT (case_id) DO UPDATE SET digest = excluded.digest, until = excluded.until"
            )
            self._execute(query, (self.case_id, Secret("codes.digest", self._code[0]), self._code[1]))
        if self._teaching:
            self._write_teaching(*self._teaching)
        self._write_custody(first_time=first_time)

    def _write_teaching(self, words: str | None) -> None:
        self._execute("DELETE FROM training_consents WHERE case_id = ?", (self.case_id,))
        if words is not None:
            said = Secret("training_consents.words", words, (self.case_id,))
            query = "INSERT INTO training_consents (case_id, words, at) VALUES (?, ?, ?)"
            self._execute(query, (self.case_id, said, iso(self._at)))

    def _forget_lines(self) -> None:
        """Lines of the conversation that hold the words of an exhibit she had erased."""
        if not self._forgotten:
            return
        lines = self._execute("SELECT id, text, case_id FROM transcript WHERE case_id = ?", (self.case_id,)).fetchall()
        for line, text, _ in lines:
            if any(words in text for words in self._forgotten):
                self._execute("DELETE FROM transcript WHERE id = ?", (line,))

    def _add_line(self, who: str, text: str, at: str) -> int:
        """One line of the conversation; its id."""
        sealed = (
            Secret(f"transcript.{name}", value, (self.case_id,)) for name, value in (("who", who), ("text", text))
        )
        found_by = self._engine.words_of("" if who == "bot" else text)
        return int(self._execute(self._engine.dialect.add_line, (self.case_id, *sealed, at, *found_by)).fetchone()[0])

    def _write_custody(self, *, first_time: bool) -> None:
        """Chain this turn's events; exhibits held in memory until now are received now."""
        events = list(self._events)
        if first_time:
            fresh = {detail["exhibit"] for event, detail in events if event == "received"}
            held = [exhibit for exhibit in self._exhibits if exhibit.position not in fresh]
            events = [
                *(("received", exhibits.received(exhibit)) for exhibit in held),
                *events,
            ]
        if not events:
            return
        row = self._execute(
            "SELECT number, at, event, detail, previous, digest, case_id FROM custody WHERE case_id = ? "
            "ORDER BY number DESC LIMIT 1",
            (self.case_id,),
        ).fetchone()
        last = to_entry(row[:6]) if row else None
        for event, detail in events:
            last = custody.next_entry(last, event, detail, self._at)
            kept = {"detail": json.dumps(detail), "previous": last.previous, "digest": last.digest}
            sealed = (Secret(f"custody.{name}", value, (self.case_id, last.number)) for name, value in kept.items())
            self._execute(
                "INSERT INTO custody (case_id, number, at, event, detail, previous, digest) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self.case_id, last.number, iso(last.at), last.event, *sealed),
            )
        self._set_head(last.digest if last else "")

    def _set_head(self, digest: str) -> None:
        head = Secret("cases.log_head", digest, (self.case.number,))
        self._execute("UPDATE cases SET log_head = ? WHERE id = ?", (head, self.case_id))

    def _forget_content(self) -> None:
        for table in CONTENT:
            self._execute(f"DELETE FROM {table} WHERE case_id = ?", (self.case_id,))  # noqa: S608 - names from this line
        self._execute("DELETE FROM marks WHERE kind = 'tag' AND case_id = ?", (self.case_id,))
        self._set_head("")

    def _keep_in_memory(self, *, kept: bool) -> None:
        if not kept:
            lines = [*self.memory.transcript, *self._lines]
            self.memory = Memory(self._facts, self._exhibits, self.case.held, lines)

    def _erase_rows(self) -> None:
        self._execute("DELETE FROM cases WHERE id = ?", (self.case_id,))
        self._execute(
            "INSERT INTO erased (number, erased_on) VALUES (?, ?) "
            "ON CONFLICT (number) DO UPDATE SET erased_on = excluded.erased_on",
            (self.case.number, self._at.date().isoformat()),
        )

    def _write_outgoing(self) -> None:
        place = (self.case.channel, hidden_chat(self.case.chat))
        bound = (self.case.channel, self.case.chat)
        if self._drop_queued:
            unsent = "SELECT line FROM outbox WHERE channel = ? AND chat = ?"
            self._execute(f"UPDATE transcript SET lost = 1 WHERE id IN ({unsent})", place)  # noqa: S608 - written here
            self._execute("DELETE FROM outbox WHERE channel = ? AND chat = ?", place)
        for kind, body, merge, not_before in self._outgoing:
            if merge is not None:
                self._execute("DELETE FROM outbox WHERE channel = ? AND chat = ? AND merge_key = ?", (*place, merge))
            self._execute(
                "INSERT INTO outbox (channel, chat, kind, body, merge_key, not_before) VALUES (?, ?, ?, ?, ?, ?)",
                (*place, kind, Secret("outbox.body", body, bound), merge, iso(not_before)),
            )
        for message_id, at in self._messages:
            self._execute(
                "INSERT INTO thread (channel, chat, message_id, at) VALUES (?, ?, ?, ?)",
                (*place, Secret("thread.message_id", message_id, bound), at),
            )
