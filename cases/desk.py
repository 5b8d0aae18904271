"""What the staff sees and does: the `Desk` beside the `Store`, and the plain things it gives back."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from cases.case import Case, Exhibit, Turn
from flows.facts import Fact

STATUSES = ("new", "open", "pending", "closed")
IMMINENT_DAYS = 7  # a last day this near puts a case higher in the queue
DISPOSITIONS = ("joke", "silent", "abusive", "wrong_service", "tester")
LONGEST_TAG = 30  # characters
RETURNS_AFTER = timedelta(days=7)  # of silence: who writes then has come back
NOBODY = 0  # as an assignee in a filter


@dataclass(frozen=True, slots=True)
class Filters:
    """What the queue is narrowed to; the empty value of each narrows nothing.

    Attributes:
        status: one of `STATUSES`, `any`, or "" for every case that is not closed.
        label: a label of an exhibit.
        offence: an offence that the facts support.
        assignee: id of an account, `NOBODY`, or None.
        language: language of the conversation.
        since: she wrote on that day or later (UTC).
        words: words to find in what she wrote and in her exhibits; the last one may be a beginning.
        without: labels whose cases are left out (lighter cases, opt-outs of the day).
        tag: a tag of the team.
        disposition: one of `DISPOSITIONS`.
    """

    status: str = ""
    label: str = ""
    offence: str = ""
    assignee: int | None = None
    language: str = ""
    since: date | None = None
    words: str = field(default="", repr=False)
    without: tuple[str, ...] = ()
    tag: str = ""
    disposition: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the queue: why the case stands there, and no word of hers."""

    number: str
    channel: str
    language: str
    status: str
    consent: str
    assignee: int | None
    alert: int
    alerts: tuple[str, ...]
    deadline_on: date | None
    imminent: bool
    minor: bool
    death: bool
    waiting_since: datetime | None
    wrote_at: datetime
    taken_by: int | None
    taken_name: str | None
    second_reader: bool
    labels: tuple[str, ...]
    version: int
    tags: tuple[str, ...] = ()
    disposition: str = ""
    blocked_until: datetime | None = None
    returns: int = 0
    houses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """One line of the conversation.

    Attributes:
        who: `person`, `bot`, or the first name of who answered.
        text: the words.
        at: when (UTC).
        state: `""` when it was sent or received, `waiting` in the outbox, `lost` when the platform refused for good.
        attempts: how often it was tried while it waits.
    """

    who: str
    text: str = field(repr=False)
    at: datetime
    state: str = ""
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """A word of the staff on a case; `to` names the one colleague who reads it, besides its author."""

    id: int
    author: str
    text: str = field(repr=False)
    at: datetime
    to: str | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A decision of the staff on a label (`3:threat`), a fact or a finding, as JSON values."""

    id: int
    author: str
    at: datetime
    kind: str
    subject: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class View:
    """A filter kept under a name."""

    id: int
    name: str
    filters: Mapping[str, Any] = field(repr=False)


class DeskTurn(Turn, Protocol):
    """A turn opened by the staff: it never counts as a message of hers."""

    line: Line

    def decide_label(self, before: Exhibit, after: Exhibit, label: str) -> None:
        """Replace the labels of an exhibit; the custody log says a reviewer did."""

    def decide_fact(self, fact_id: str, fact: Fact | None) -> None:
        """Establish a fact as a reviewer, or give it back to what she and her exhibits say."""

    def decide_finding(self, offence: str, before: str, status: str | None) -> None:
        """Set the status of a finding, or give it back to the rules (None)."""

    def undo(self, correction: int) -> bool:
        """Put back what stood before a correction; False when it does not exist."""

    def note(self, text: str, *, to: int | None = None, mentioned: Sequence[int] = ()) -> None:
        """Add a note, for everybody or for one colleague, and tell those it mentions."""

    def set_status(self, status: str) -> None:
        """One of `STATUSES`."""

    def assign(self, staff: int | None) -> None:
        """Give the case to somebody, or to nobody."""

    def attend_alerts(self) -> None:
        """Somebody took care of the alerts raised so far: they stay in the case, they no longer order the queue."""

    def ask_second_reader(self, *, wanted: bool) -> None:
        """Ask for another pair of eyes, or no longer."""

    def tick(self, item: str, *, kept: bool) -> None:
        """Note that an evidence item was saved."""

    def tag(self, name: str, *, kept: bool) -> None:
        """Put a tag of the team on the case, or take it away."""

    def dispose(self, disposition: str) -> None:
        """Say what the conversation really is, one of `DISPOSITIONS`, or "" for an ordinary one."""

    def block(self, until: datetime | None) -> None:
        """Answer nothing but crisis information, leaving and erasing until then; None lifts the block."""

    def take_over(self, name: str) -> None:
        """A person answers from now on, under that first name."""

    def hand_back(self) -> None:
        """The program answers again."""

    def reply(self, name: str, words: str, body: Mapping[str, Any]) -> None:
        """Queue words of a person; whether they left is seen in `Desk.conversation`."""

    def draft(self, words: str) -> None:
        """Keep what is being typed; "" forgets it."""

    def drop_unsent(self, merge: str) -> None:
        """Take back what was queued under a merge key and has not left."""


class Desk(Protocol):
    """What the staff reads and does. One thread uses one desk."""

    def queue(self, filters: Filters, limit: int, offset: int = 0) -> list[Line]:
        """Most urgent first, then who waits longest, then who wrote last."""

    def line(self, number: str) -> Line | None:
        """One line by its case."""

    def turn(self, number: str, staff: int, at: datetime) -> AbstractContextManager[DeskTurn]:
        """Open one transaction on a case.

        Raises:
            NoCaseError: there is none.
        """

    def case(self, number: str) -> Case | None:
        """A case as it is kept."""

    def conversation(self, number: str) -> list[SpokenLine]:
        """The conversation as it happened, oldest first."""

    def notes(self, number: str, reader: int) -> list[Note]:
        """What that account may read, oldest first."""

    def corrections(self, number: str) -> list[Correction]:
        """Oldest first."""

    def ticked(self, number: str) -> frozenset[str]:
        """Evidence items noted as saved."""

    def draft(self, number: str, staff: int) -> str:
        """What was being typed; "" when nothing."""

    def queued_body(self, number: str, merge: str) -> Mapping[str, Any] | None:
        """The unsent thing of a conversation that carries this merge key."""

    def views(self, staff: int) -> list[View]:
        """Saved views of an account."""

    def save_view(self, staff: int, name: str, filters: Mapping[str, Any]) -> None:
        """Keep a filter under a name; the same name is replaced."""

    def drop_view(self, staff: int, view: int) -> None:
        """Forget a saved view of that account."""

    def look(self, staff: int, day: date, severity: str) -> None:
        """Count one full text shown."""

    def looks(self, day: date) -> Mapping[int, Mapping[str, int]]:
        """Account to severity to how many full texts were shown that day."""

    def tags(self) -> list[str]:
        """Every tag in use, in order."""

    def unstood(self, limit: int) -> list[str]:
        """Cases of an older release whose standing was never computed."""

    def refresh(self, today: date) -> None:
        """Let deadlines come near: called when a day begins."""

    def pulse_of(self, number: str) -> tuple[int, int]:
        """Changes with every turn of that case and everything queued or sent in it.

        Raises:
            NoCaseError: there is none.
        """

    def queue_pulse(self) -> tuple[int, int]:
        """Changes with every turn of any case; dearer than `pulse`, and deaf to what changes no line of the queue."""

    def pulse(self) -> tuple[int, int]:
        """Changes with every commit of anybody."""
