"""What reading a text gives: labels of a forwarded message, alerts in her own words."""

from collections.abc import Mapping
from dataclasses import dataclass

LABELS = (
    "threat",
    "intimate_images",
    "identity_theft",
    "blackmail",
    "doxxing",
    "account_intrusion",
    "private_messages",
    "surveillance",
    "insult",
    "hate",
    "sexual_harassment",
    "incitement_to_suicide",
    "defamation",
    "raid",
    "malicious_contact",
)
THREAT_KINDS = ("death", "violence", "sexual_violence", "property", "unspecified")
ALERTS = ("suicide_risk", "imminent_danger", "minor_disclosed", "minor_concerned", "third_party_suicide")


@dataclass(frozen=True, slots=True)
class Span:
    """Words that weighed for a label: characters `start` to `end` (exclusive) of the original text.

    `weight` is by how much the log-odds of the label fall when they are taken away.
    """

    start: int
    end: int
    label: str
    weight: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the classifier says of one forwarded message.

    Attributes:
        scores: label to calibrated probability, all labels, in the order of `LABELS`.
        labels: labels asserted (probability above the label's threshold).
        unsure: labels in the zone where the bot asks her instead of asserting.
        threat_kind: one of `THREAT_KINDS` when `threat` is asserted or unsure, else None.
        conditional: whether the threatened harm depends on what she does; None with no threat.
        rationale: the words that weighed, strongest first; empty unless asked for.
        language: ISO 639-1 code of the language it seems written in; "" when too short to tell.
        readable: False when the language is one the classifier was not trained on: no label is asserted then.
    """

    scores: Mapping[str, float]
    labels: tuple[str, ...]
    unsure: tuple[str, ...]
    threat_kind: str | None
    conditional: bool | None
    rationale: tuple[Span, ...]
    language: str
    readable: bool


@dataclass(frozen=True, slots=True)
class Alert:
    """What the safety detector says of her own words.

    Attributes:
        alert: one of `ALERTS`.
        severity: `high` or `medium`.
        score: probability, 0 to 1.
        plain: a reviewed phrase raised it; otherwise only the model heard it.
    """

    alert: str
    severity: str
    score: float
    plain: bool


@dataclass(frozen=True, slots=True)
class SafetyReading:
    """What the safety detector says of one text.

    Attributes:
        alerts: those found, most urgent first.
        perhaps: names of those that are not sure enough to be said, most urgent first.
        scores: probability of each of `ALERTS`.
    """

    alerts: tuple[Alert, ...]
    perhaps: tuple[str, ...]
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Understood:
    """What a free answer means.

    Attributes:
        value: JSON value of the fact asked about (see `flows.facts`), or None.
        command: one of `COMMANDS` in `nlp.understand` when she wants the bot to do something, else None.
        unknown: she says that she does not know or would rather not say.
    """

    value: object | None
    command: str | None
    unknown: bool
