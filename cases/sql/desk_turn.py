"""`cases.desk.DeskTurn`: what the staff does in one transaction on a case."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from cases.case import ABSENCE, Consent, Exhibit
from cases.desk import Line
from cases.exhibits import label_state, with_label
from cases.memory import Memory
from cases.rows import fact_columns, iso, to_fact
from cases.sql.engine import Engine, Secret, hidden_chat
from cases.sql.turn import Loaded, SqlTurn
from flows.facts import Fact


class SqlDeskTurn(SqlTurn):
    """A turn of the staff; it moves neither the retention period nor the date she last wrote."""

    def __init__(self, engine: Engine, loaded: Loaded, memory: Memory, at: datetime, *, staff: int, line: Line) -> None:
        super().__init__(engine, loaded, memory, at)
        self._by_staff = True
        self._staff = staff
        self.line = line

    def decide_label(self, before: Exhibit, after: Exhibit, label: str) -> None:
        """See `DeskTurn.decide_label`."""
        self.replace_exhibit(after)
        self._correct("label", f"{before.position}:{label}", label_state(before, label), label_state(after, label))

    def decide_fact(self, fact_id: str, fact: Fact | None) -> None:
        """See `DeskTurn.decide_fact`."""
        before = self.case.facts.get(fact_id)
        if fact is None:
            self.drop_fact(fact_id)
        else:
            self.put_fact(fact)
        self._correct("fact", fact_id, _fact_json(before), _fact_json(fact))

    def decide_finding(self, offence: str, before: str, status: str | None) -> None:
        """See `DeskTurn.decide_finding`."""
        verdicts = {name: kept for name, kept in self.case.verdicts.items() if name != offence}
        if status is None:
            self._execute("DELETE FROM verdicts WHERE case_id = ? AND offence = ?", (self.case_id, offence))
        else:
            self._put_verdict(offence, status)
            verdicts[offence] = status
        known = self.case.verdicts.get(offence)
        self.case = replace(self.case, verdicts=verdicts)
        self._correct("finding", offence, {"status": before, "decided": known}, {"status": status, "decided": status})

    def undo(self, correction: int) -> bool:
        """See `DeskTurn.undo`."""
        row = self._execute(
            "DELETE FROM corrections WHERE id = ? AND case_id = ? RETURNING kind, subject, before, case_id",
            (correction, self.case_id),
        ).fetchone()
        if row is None:
            return False
        kind, subject, before = row[0], row[1], json.loads(row[2])
        if kind == "label":
            self._put_label_back(subject, before)
        elif kind == "fact" and before is None:
            self.drop_fact(subject)
        elif kind == "fact":
            self.put_fact(to_fact(before))
        elif kind == "finding":
            self._put_verdict_back(subject, before["decided"])
        return True

    def note(self, text: str, *, to: int | None = None, mentioned: Sequence[int] = ()) -> None:
        """See `DeskTurn.note`."""
        row = self._execute(
            "INSERT INTO notes (case_id, staff_id, text, at, to_id) VALUES (?, ?, ?, ?, ?) RETURNING id",
            (
                self.case_id,
                self._staff,
                Secret("notes.text", text, (self.case_id, self._staff)),
                iso(self._at),
                to,
            ),
        ).fetchone()
        query = "INSERT INTO mentions (note_id, staff_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
        for staff in mentioned:
            self._execute(query, (row[0], staff))

    def set_status(self, status: str) -> None:
        """See `DeskTurn.set_status`."""
        self._set("status", status)

    def assign(self, staff: int | None) -> None:
        """See `DeskTurn.assign`."""
        self._set("assignee", staff)

    def attend_alerts(self) -> None:
        """See `DeskTurn.attend_alerts`."""
        self._set("alert", 0)

    def ask_second_reader(self, *, wanted: bool) -> None:
        """See `DeskTurn.ask_second_reader`."""
        self._set("second_reader", int(wanted))

    def tick(self, item: str, *, kept: bool) -> None:
        """See `DeskTurn.tick`."""
        self._mark("saved", item, kept=kept)

    def tag(self, name: str, *, kept: bool) -> None:
        """See `DeskTurn.tag`."""
        self._mark("tag", name, kept=kept)

    def dispose(self, disposition: str) -> None:
        """See `DeskTurn.dispose`."""
        self._execute("DELETE FROM marks WHERE kind = 'disposition' AND case_id = ?", (self.case_id,))
        if disposition:
            self._mark("disposition", disposition, kept=True)

    def block(self, until: datetime | None) -> None:
        """See `DeskTurn.block`."""
        self._set("blocked_until", iso(until) if until else None)
        self.case = replace(self.case, blocked_until=until)

    def take_over(self, name: str) -> None:
        """See `DeskTurn.take_over`."""
        self._set("taken_by", self._staff)
        self._set("taken_name", Secret("desk.taken_name", name, (self.case_id,)))
        self.case = replace(self.case, taken_name=name)

    def hand_back(self) -> None:
        """See `DeskTurn.hand_back`."""
        self._set("taken_by", None)
        self._set("taken_name", None)
        self._end_wait()
        self.case = replace(self.case, taken_name=None)

    def reply(self, name: str, words: str, body: Mapping[str, Any]) -> None:
        """See `DeskTurn.reply`. Before consent her words are kept nowhere, and neither is what answers them."""
        line = None
        if self.case.consent is Consent.YES:
            line = self._add_line(name, words, iso(self._at))
        kept = json.dumps(dict(body), ensure_ascii=False)
        self._execute(
            "INSERT INTO outbox (channel, chat, kind, body, not_before, line) VALUES (?, ?, 'send', ?, ?, ?)",
            (
                self.case.channel,
                hidden_chat(self.case.chat),
                Secret("outbox.body", kept, (self.case.channel, self.case.chat)),
                iso(self._at),
                line,
            ),
        )
        self._end_wait()

    def draft(self, words: str) -> None:
        """See `DeskTurn.draft`."""
        if words and self.case.consent is Consent.YES:
            key = (self.case_id, self._staff)
            self._execute(
                "INSERT INTO drafts (case_id, staff_id, text, at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (case_id, staff_id) DO UPDATE SET text = excluded.text, at = excluded.at",
                (*key, Secret("drafts.text", words, key), iso(self._at)),
            )
        else:
            self._execute("DELETE FROM drafts WHERE case_id = ? AND staff_id = ?", (self.case_id, self._staff))

    def drop_unsent(self, merge: str) -> None:
        """Take back what was queued under a merge key and has not left."""
        place = (self.case.channel, hidden_chat(self.case.chat), merge)
        self._execute("DELETE FROM outbox WHERE channel = ? AND chat = ? AND merge_key = ?", place)

    def _end_wait(self) -> None:
        self._set("waiting_since", None)
        values = (iso(self._at), self.case_id)
        self._execute("UPDATE waits SET answered_at = ? WHERE case_id = ? AND answered_at IS NULL", values)
        self.forget_reminder(ABSENCE)

    def _mark(self, kind: str, name: str, *, kept: bool) -> None:
        query = (
            "INSERT INTO marks (kind, name, case_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
            if kept
            else "DELETE FROM marks WHERE kind = ? AND name = ? AND case_id = ?"
        )
        self._execute(query, (kind, name, self.case_id))

    def _set(self, column: str, value: object) -> None:
        self._execute(f"UPDATE desk SET {column} = ? WHERE case_id = ?", (value, self.case_id))  # noqa: S608 - written here

    def _correct(self, kind: str, subject: str, before: object, after: object) -> None:
        self._execute(
            "INSERT INTO corrections (case_id, staff_id, at, kind, subject, before, after) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(self.case_id, self._staff, iso(self._at), kind, subject),
                Secret("corrections.before", json.dumps(before), (self.case_id, kind, subject)),
                Secret("corrections.after", json.dumps(after), (self.case_id, kind, subject)),
            ),
        )

    def _put_verdict(self, offence: str, status: str) -> None:
        self._execute(
            "INSERT INTO verdicts (case_id, offence, status) VALUES (?, ?, ?) "
            "ON CONFLICT (case_id, offence) DO UPDATE SET status = excluded.status",
            (self.case_id, offence, status),
        )

    def _put_label_back(self, subject: str, state: str) -> None:
        position, _, label = subject.partition(":")
        exhibit = self._exhibits[int(position) - 1]
        self.replace_exhibit(with_label(exhibit, label, state))

    def _put_verdict_back(self, offence: str, status: str | None) -> None:
        verdicts = {name: kept for name, kept in self.case.verdicts.items() if name != offence}
        self._execute("DELETE FROM verdicts WHERE case_id = ? AND offence = ?", (self.case_id, offence))
        if status is not None:
            self._put_verdict(offence, status)
            verdicts[offence] = status
        self.case = replace(self.case, verdicts=verdicts)


def _fact_json(fact: Fact | None) -> object:
    return list(fact_columns(fact)) if fact is not None else None
