"""Exhibits as the rules read them."""

from collections.abc import Sequence

from cases.case import Exhibit
from flows.messages import Message

REFERENCE_ONLY = "media"  # `how` of a file, of which only the reference is kept
READ = "screenshot"  # `how` of the words of a picture, once she confirmed them


def author_of(exhibit: Exhibit) -> str | None:
    """What identifies the author of an exhibit: the platform's id, else the name shown; None when unknown."""
    origin = exhibit.origin or {}
    identity = origin.get("platform_id") or origin.get("name")
    return str(identity) if identity else None


def to_messages(found: Sequence[Exhibit]) -> list[Message]:
    """Exhibits as the rules read them: labels she refused are left out, copies of a message are not counted."""
    return [
        Message(
            position=exhibit.position,
            text=exhibit.text,
            author=author_of(exhibit),
            sent_at=exhibit.sent_at,
            labels={label: exhibit.scores.get(label, 1.0) for label in exhibit.labels},
            threat_kind=exhibit.threat_kind,
            conditional=exhibit.conditional,
            confirmed=not exhibit.unsure,
        )
        for exhibit in once(found)
        if exhibit.text or exhibit.how == REFERENCE_ONLY
    ]


def once(found: Sequence[Exhibit]) -> list[Exhibit]:
    """Without the pictures whose words stand beside them as an exhibit of their own."""
    read = {(exhibit.media or {}).get("exhibit") for exhibit in found if exhibit.how == READ}
    return [exhibit for exhibit in found if exhibit.position not in read]
