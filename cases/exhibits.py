"""Exhibits: the digest of one, and which ones are copies of each other. `docs/exhibits.md` documents the form."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cases import canonical
from cases.case import Exhibit

LINK = re.compile(r"\s*(?:https?://|www\.)\S+\s*\Z", re.IGNORECASE)
NOT_A_LETTER = re.compile(r"[\W_]+")
NEARLY_THE_SAME = 0.8  # Jaccard of character triples; two words changed in a long message stay a copy
SHORT = 12  # letters: shorter texts are copies only when equal
COMPARED = 200  # groups looked at, the latest first: a raid of 500 stays quick


def digest(exhibit: Exhibit) -> str:
    """SHA-256 (hex) of the canonical form: what she gave and what the platform said of it, never our labels."""
    return canonical.digest(form(exhibit))


def reading_digest(
    scores: Mapping[str, float], threat_kind: str | None, group: int, *, conditional: bool | None
) -> str:
    """SHA-256 (hex) of what the reader said when the exhibit was received, probabilities to four decimals."""
    rounded = {label: f"{probability:.4f}" for label, probability in scores.items()}
    return canonical.digest(
        {"scores": rounded, "threat_kind": threat_kind, "conditional": conditional, "near_copy_of": group}
    )


def received(exhibit: Exhibit) -> dict[str, Any]:
    """What the custody log says of an exhibit when it comes in."""
    reading = reading_digest(exhibit.scores, exhibit.threat_kind, exhibit.group, conditional=exhibit.conditional)
    labels = sorted(exhibit.labels)
    return {"exhibit": exhibit.position, "sha256": exhibit.digest, "reading": reading, "labels": labels}


def form(exhibit: Exhibit) -> dict[str, Any]:
    """The canonical form of an exhibit, as `docs/exhibits.md` documents it."""
    return {
        "form": 1,
        "position": exhibit.position,
        "how": exhibit.how,
        "text": exhibit.text,
        "origin": exhibit.origin,
        "media": exhibit.media,
        "sent_at": _utc(exhibit.sent_at),
        "received_at": _utc(exhibit.received_at),
    }


def is_link(text: str) -> bool:
    """Whether a text is one address and nothing else."""
    return LINK.match(text) is not None


def label_states(exhibit: Exhibit) -> list[tuple[str, str]]:
    """Each label with its state: `asserted`, `unsure` (asked about) or `refused`."""
    return [
        *((label, "asserted") for label in exhibit.labels),
        *((label, "unsure") for label in exhibit.unsure),
        *((label, "refused") for label in exhibit.refused),
    ]


def label_state(exhibit: Exhibit, label: str) -> str:
    """The state of a label; "" when the exhibit says nothing of it."""
    return dict(label_states(exhibit)).get(label, "")


def with_label(exhibit: Exhibit, label: str, state: str) -> Exhibit:
    """The exhibit with a label in that state and in no other."""

    def kept(labels: tuple[str, ...], name: str) -> tuple[str, ...]:
        others = tuple(other for other in labels if other != label)
        return (*others, label) if state == name else others

    return replace(
        exhibit,
        labels=kept(exhibit.labels, "asserted"),
        unsure=kept(exhibit.unsure, "unsure"),
        refused=kept(exhibit.refused, "refused"),
    )


def group_of(text: str, earlier: Sequence[Exhibit]) -> int:
    """Position of the first exhibit with nearly the same words; its own future position when there is none."""
    own = len(earlier) + 1
    letters = _letters(text)
    if not letters:
        return own
    mine = _triples(letters)
    heads = [exhibit for exhibit in earlier if exhibit.group == exhibit.position and exhibit.text]
    for exhibit in reversed(heads[-COMPARED:]):
        theirs = _letters(exhibit.text)
        if letters == theirs or (min(len(letters), len(theirs)) > SHORT and _alike(mine, letters, theirs)):
            return exhibit.position
    return own


def _alike(mine: set[str], letters: str, theirs: str) -> bool:
    if not NEARLY_THE_SAME <= len(letters) / len(theirs) <= 1 / NEARLY_THE_SAME:
        return False
    other = _triples(theirs)
    return len(mine & other) >= NEARLY_THE_SAME * len(mine | other)


def _letters(text: str) -> str:
    return NOT_A_LETTER.sub("", text.casefold())[:1000]


def _triples(letters: str) -> set[str]:
    return {letters[at : at + 3] for at in range(max(1, len(letters) - 2))}


def _utc(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None
