"""Where a conversation stands: ids, counts and instants only, never her words or answers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class State:
    """The state of one conversation, kept as JSON in the case store.

    Attributes:
        language: language of the texts.
        steps: what waits for her, the bottom first; the last one has the floor (`question:acts_count`, `alert_check`).
        asked: fact ids asked, in order, skipped ones included.
        skips_in_row: how many questions were passed one after the other.
        misses: how many texts in a row were not understood.
        shown: position of the last exhibit already reported to her.
        confirmed: position of the last exhibit whose labels she was asked about.
        doubts: what is still to be asked about exhibits, `position:label`.
        held_facts: how many facts the case had when the last turn ended.
        held_exhibits: how many exhibits.
        lost: exhibits that were in memory only when the process ended.
        dull: she left; only her word brings the conversation back.
        word: her safe word, normalised.
        own_word: she chose it herself.
        cautious: the phone may be watched: shorter messages, nothing pushed later.
        wants_person: she asked for a person.
        settled: contradictions she was already asked about.
        told: digest of the assessment as last shown to her.
        page: how many cards of it she has seen.
        reminder_day: day chosen for a reminder whose hour is being asked, `YYYY-MM-DD`, or "".
        outcomes: what became of her steps, `YYYY-MM-DD:outcome`, in the order she said so.
        pictures: positions of files waiting for her word on what they show.
        fetching: positions of files that were sent for.
        to_read: positions of screenshots to be read, one after the other.
        reading: position of the screenshot whose words wait for her confirmation, or 0.
        correcting: she is writing these words herself.
        warn_hour: hour at which she wants a word before her case is erased; 0 when she did not ask.
        rung: topic of the reminder said last, or "".
        reminder_topic: topic of the reminder whose hour is being asked, or "".
        checked: alerts she was already asked about.
        perhaps_said: she was given the numbers once because an alert was not sure.
        offered: mark to button id of the last choices offered, for platforms that show them as numbered lines.
        unstood: the desk does not know yet what changed (a raid is going on).
        stood_language: language the desk was told.
        blocked_said: end of the pause she was last told about (ISO 8601), or "".
        sharing_asked: she was asked whether her messages may teach the program.
        last_at: when she last wrote (UTC).
    """

    language: str = "fr"
    steps: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    skips_in_row: int = 0
    misses: int = 0
    shown: int = 0
    confirmed: int = 0
    doubts: list[str] = field(default_factory=list)
    held_facts: int = 0
    held_exhibits: int = 0
    lost: int = 0
    dull: bool = False
    word: str = ""
    own_word: bool = False
    cautious: bool = False
    wants_person: bool = False
    settled: list[str] = field(default_factory=list)
    told: str = ""
    page: int = 0
    reminder_day: str = ""
    outcomes: list[str] = field(default_factory=list)
    pictures: list[int] = field(default_factory=list)
    fetching: list[int] = field(default_factory=list)
    to_read: list[int] = field(default_factory=list)
    reading: int = 0
    correcting: bool = False
    warn_hour: int = 0
    rung: str = ""
    reminder_topic: str = ""
    checked: list[str] = field(default_factory=list)
    perhaps_said: bool = False
    offered: dict[str, str] = field(default_factory=dict)
    unstood: bool = False
    stood_language: str = ""
    blocked_said: str = ""
    sharing_asked: bool = False
    last_at: datetime | None = None

    @property
    def step(self) -> str:
        """What has the floor; "" at the very start."""
        return self.steps[-1] if self.steps else ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {**asdict(self), "last_at": self.last_at.isoformat() if self.last_at else None}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "State":
        """Read what `to_json` wrote; keys of an older release are left out, missing ones take their default."""
        known = {name: value for name, value in raw.items() if name in cls.__dataclass_fields__}
        last_at = known.pop("last_at", None)
        return cls(**known, last_at=datetime.fromisoformat(last_at) if last_at else None)
