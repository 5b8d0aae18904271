"""A case, its exhibits, and the `Store` that keeps them. Every engine of storage passes the same contract tests."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from cases.custody import Entry
from flows.facts import Fact
from flows.standing import Standing

ABSENCE = "absence"  # topic of the word said by itself when nobody of the team answers her


class Consent(StrEnum):
    """What she said when asked whether her story may be kept."""

    UNASKED = "unasked"
    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One forwarded or pasted message, link or media reference of a case (fr: pièce).

    Attributes:
        position: place in the sequence, from 1, never reused.
        text: her copy of the words, unchanged; "" for media without a caption.
        how: `forwarded`, `pasted`, `link`, `media`, `screenshot` (words read on a picture, which she confirmed) or
            `erased`.
        origin: JSON object of what the platform says of the author (`kind`, `name`, `platform_id`, `sent_at`), or None.
        media: JSON object of the media reference (`kind`, `reference`, `mime`, `size`, `duration`), or None.
        sent_at: date of the original (UTC), or None when nobody knows.
        received_at: date she gave it to us (UTC).
        digest: SHA-256 (hex) of the canonical form (see `cases.exhibits`).
        group: position of the first exhibit with nearly the same words, or its own position.
        scores: label to probability, or empty when the text could not be read.
        labels: labels asserted or confirmed by her.
        unsure: labels to ask about.
        refused: labels she said are wrong.
        threat_kind: kind of threat, or None.
        conditional: whether the threat is conditional, or None.
        rationale: words of `text` that weighed, as JSON objects (`start`, `end`, `label`, `weight`), strongest first;
            empty when they were not looked for.
        file: what was found out of the file itself, when the association has files fetched (`sha256`, `bytes`,
            `perceptual`, `fetched_at`, `kept`), or None. Not part of the digest; the custody log says it.
    """

    position: int
    text: str = field(repr=False)
    how: str
    origin: Mapping[str, Any] | None
    media: Mapping[str, Any] | None
    sent_at: datetime | None
    received_at: datetime
    digest: str
    group: int
    scores: Mapping[str, float]
    labels: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    threat_kind: str | None = None
    conditional: bool | None = None
    rationale: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    file: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """An alert raised by her own words; the words are not kept before consent, the alert is (a crisis needs it)."""

    alert: str
    severity: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """One person's conversation and all that follows from it, as it stood when the turn began.

    Attributes:
        number: what is said to the association and kept after erasure; says nothing of the person.
        channel: the platform.
        chat: the platform's id of the conversation.
        consent: facts and exhibits are written to disk only under `Consent.YES`; otherwise they live in
            memory only and are gone with the process.
        opened_at: first message (UTC).
        state: where the conversation stands, JSON; holds ids and counts only, never her words or answers.
        facts: fact id to fact.
        exhibits: in order.
        alerts: in order.
        held: her words awaiting a decision ("who wrote this?"), or None; under the same rule as facts.
        reading: words read on a picture, waiting for her to confirm them, or None.
        hold_until: last day of a legal hold (the case is in court and she agreed), or None. No purge before.
        taken_name: first name of the person who answers now instead of the program, or None.
        verdicts: offence id to the status that a reviewer decided.
        blocked_until: until then only crisis information, leaving and erasing are answered; None when not blocked.
        teaches: she agreed that corrections of her messages teach the program.
        waiting_since: since when she waits for a person (UTC), or None.
    """

    number: str
    channel: str
    chat: str
    consent: Consent
    opened_at: datetime
    state: Mapping[str, Any]
    facts: Mapping[str, Fact]
    exhibits: Sequence[Exhibit]
    alerts: Sequence[AlertRecord]
    held: str | None = field(default=None, repr=False)
    reading: str | None = field(default=None, repr=False)
    hold_until: date | None = None
    taken_name: str | None = None
    verdicts: Mapping[str, str] = field(default_factory=dict)
    blocked_until: datetime | None = None
    waiting_since: datetime | None = None
    teaches: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A raw update in the inbox, not yet handled."""

    id: int
    channel: str
    update: str
    chat: str
    raw: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One thing to do on the platform: `kind` is `send`, `wipe` (delete both sides of the thread) or `fetch` (a file).

    Attributes:
        id: row of the outbox.
        channel: the platform.
        chat: the platform's id of the conversation.
        kind: what to do.
        body: JSON object; for `send` the reply, for `wipe` nothing (message ids come from `Store.thread`), for `fetch`
            the exhibit, the platform's reference and what to do with the file.
        attempts: how often it was tried.
    """

    id: int
    channel: str
    chat: str
    kind: str
    body: Mapping[str, Any] = field(repr=False)
    attempts: int


@dataclass(frozen=True, slots=True)
class Reminder:
    """One message she asked for at an instant: `tries` counts how often it was said, `topic` names what it is about."""

    id: int
    chat: str
    tries: int
    topic: str = ""


class Turn(Protocol):
    """One inbound being handled: everything below is committed together, or nothing is."""

    case: Case

    def save_state(self, state: Mapping[str, Any]) -> None:
        """Replace the conversation's state (JSON)."""

    def set_consent(self, consent: Consent) -> None:
        """Record her answer. Going to YES writes to disk what memory holds; going to NO forgets what disk held."""

    def put_fact(self, fact: Fact) -> None:
        """Establish or replace a fact."""

    def drop_fact(self, fact_id: str) -> None:
        """Forget a fact (she went back)."""

    def add_exhibit(self, exhibit: Exhibit) -> None:
        """Append an exhibit; its position must be the next one."""

    def replace_exhibit(self, exhibit: Exhibit) -> None:
        """Replace the labels she confirmed or refused; text, digest and dates must be unchanged."""

    def explain_exhibit(self, position: int, rationale: Sequence[Mapping[str, Any]]) -> None:
        """Write beside an exhibit which of its words weighed; nothing else of it changes."""

    def record_file(self, position: int, found: Mapping[str, Any], content: bytes | None) -> None:
        """Write what was found out of the file of an exhibit, and the file itself when it is kept."""

    def hold_reading(self, text: str | None) -> None:
        """Keep the words read on a picture until she confirms them; None forgets them."""

    def erase_exhibit(self, position: int) -> None:
        """Destroy the content of one exhibit; its place and its digest stay, the custody log says it was erased."""

    def custody(self) -> Sequence[Entry]:
        """The custody log as it stood when the turn began."""

    def log(self, event: str, detail: Mapping[str, Any]) -> None:
        """Chain an event that touches the evidence (exported, viewed) to the custody log; never any words."""

    def hold_case(self, until: date | None) -> None:
        """Keep the case until the end of that day whatever the retention period says; None lifts the hold."""

    def add_alert(self, alert: AlertRecord) -> None:
        """Record an alert; kept even before consent."""

    def hold(self, text: str | None) -> None:
        """Keep her words until she says what they are; None forgets them."""

    def say(
        self, kind: str, body: Mapping[str, Any], *, merge: str | None = None, not_before: datetime | None = None
    ) -> None:
        """Queue one outgoing thing, in order.

        An unsent thing of the same conversation with the same `merge` is replaced by this one, so that a raid of
        500 forwards gets one quiet count. Nothing leaves before `not_before`.
        """

    def remind(self, at: datetime, topic: str = "") -> None:
        """Ask for a reminder at that instant (UTC); it takes the place of one about the same topic."""

    def forget_reminder(self, topic: str) -> None:
        """No reminder about that topic any more."""

    def is_due(self, reminder: Reminder) -> bool:
        """Whether a reminder still stands as it was read, and nobody has said it since."""

    def settle_reminder(self, reminder: int, *, again: datetime | None) -> None:
        """It was said: once more at `again` unless she writes meanwhile, or never again when None."""

    def offer_move(self, digest: str, until: datetime) -> None:
        """Let whoever brings the code of this digest, until then and once, take the case to another conversation."""

    def answer_reminders(self) -> None:
        """She wrote: what was said once is not said again."""

    def forget_reminders(self, *, but: str = "") -> None:
        """None any more, save those about one topic."""

    @property
    def touched(self) -> bool:
        """Whether facts, exhibits or consent changed in this turn."""

    def stand(self, standing: Standing | None) -> None:
        """She wrote, and this is where the case stands for the staff; None leaves it as it was.

        Before consent only the language is written.
        """

    def agree_to_training(self, words: str | None) -> None:
        """Keep what she was asked when she agreed that her messages teach the program; None takes it back.

        Kept only with her consent to keep the case, and it goes with it.
        """

    def want_person(self) -> None:
        """She waits for a person from now on, unless she does already."""

    def note_message(self, message_id: str, at: datetime) -> None:
        """Remember a platform message id of the thread, so that it can be deleted within the platform's delay."""

    def transcribe(self, who: str, text: str, at: datetime) -> None:
        """Keep one line of the conversation for the reviewer (`who` is `person` or `bot`); dropped before consent."""

    def drop_queued(self) -> None:
        """Forget everything queued and every reminder of this conversation (leaving: nothing is pushed afterwards)."""

    def erase(self) -> None:
        """Destroy the case: every row goes, only its number and the day remain."""


class Store(Protocol):
    """Where cases live. One thread uses one store."""

    def take(self, channel: str, updates: Sequence[tuple[str, str, str]]) -> int:
        """Write (update id, chat, raw JSON) durably; known ids are ignored. Returns how many were new."""

    def waiting(self, channel: str) -> list[Taken]:
        """Updates taken and not handled, oldest first."""

    def turn(
        self, channel: str, chat: str, at: datetime, *, taken: int | None = None, hers: bool = True
    ) -> AbstractContextManager[Turn]:
        """Open one transaction on the conversation (made when new); the inbox row `taken` is emptied with it.

        Only what is `hers` counts as her last message: a reminder or an export never makes a case live longer.
        """

    def skip(self, taken: int) -> None:
        """Mark an update handled that needs no turn (a group, a channel post)."""

    def peek(self, channel: str, chat: str) -> Case | None:
        """Read a case without opening a turn."""

    def due(self, channel: str, now: datetime, limit: int = 100) -> list[Outgoing]:
        """What may be sent now: the oldest unsent thing of each conversation that is not waiting after a failure."""

    def next_out(self, channel: str, chat: str) -> tuple[Outgoing, datetime] | None:
        """The oldest unsent thing of a conversation and when it may leave; None when nothing waits."""

    def reminders_due(self, channel: str, now: datetime) -> list[Reminder]:
        """Reminders whose instant has come, oldest first."""

    def sent(self, outgoing: int, at: datetime, message_ids: Sequence[str] = ()) -> None:
        """The platform accepted it: the row goes, the message ids join the thread."""

    def failed(self, outgoing: int, retry_at: datetime) -> None:
        """Try again at `retry_at`; order within the conversation is kept."""

    def give_up(self, outgoing: int) -> None:
        """The platform will never accept it (blocked, chat gone): the conversation's queue is dropped."""

    def thread(self, channel: str, chat: str, since: datetime) -> list[str]:
        """Message ids of both sides not older than `since`."""

    def forget_thread(self, channel: str, chat: str) -> None:
        """The platform's side was wiped: drop the ids."""

    def move(self, digest: str, channel: str, chat: str, at: datetime) -> bool:
        """Take the case that offered this code into another conversation, where nothing may be kept yet.

        False when no case offers it, when its time is over, or when that conversation has a kept case of its own.
        What waits to be said in the old conversation is said in the new one; the custody log says that the case moved.
        """

    def erase(self, number: str, *, tell: Mapping[str, Any] | None = None, since: datetime | None = None) -> bool:
        """Destroy a case by its number; False when there is none.

        With `since`, the messages of the thread not older than that are deleted on the platform, then `tell` (a reply)
        is said there; nothing is when there are none.
        """

    def cases(self) -> list[str]:
        """Numbers of all cases kept, oldest first."""

    def by_number(self, number: str) -> Case | None:
        """Read a case by its number."""

    def purge(self, before: datetime, today: date, *, abandoned_before: datetime | None = None) -> list[str]:
        """Erase cases whose last message is older than `before`, save those a hold keeps `today`; their numbers.

        Conversations without consent leave nothing older than `abandoned_before`.
        """

    def custody(self, number: str) -> Sequence[Entry]:
        """The custody log of a case, in order."""

    def files(self, number: str) -> Mapping[int, bytes]:
        """Files kept of a case, by the position of their exhibit."""

    def faults(self, number: str) -> list[str]:
        """What was changed in the evidence of a case behind the store's back; empty when it holds."""

    def close(self) -> None:
        """Flush and close."""
