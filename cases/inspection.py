"""Whether the evidence of a case is as it was received: its exhibits, its custody log, and what one says of the other.

The same inspection serves the case store and a bag, from which everything is rebuilt without the store.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cases import canonical, custody
from cases.custody import Entry

ERASED = "erased"  # `how` of an exhibit whose content she had erased: its place and its digest stay


@dataclass(frozen=True, slots=True)
class Piece:
    """An exhibit as inspected: its canonical form, the digest written beside it, and the labels that hold.

    Attributes:
        form: canonical form.
        digest: written beside it.
        labels: that hold.
        refused: labels she said are wrong.
        reading: digest of what the reader said (`exhibits.reading_digest`).
        file: what was found out of its file, or None.
        content: its file where one is kept, or None.
    """

    form: dict[str, Any]
    digest: str
    labels: Sequence[str]
    refused: Sequence[str]
    reading: str
    file: Mapping[str, Any] | None = None
    content: bytes | None = field(default=None, repr=False)


def faults(pieces: Sequence[Piece], entries: Sequence[Entry], head: str) -> list[str]:
    """Every change, deletion, insertion or reordering, in plain sentences, the first bad entry first.

    Args:
        pieces: exhibits in order.
        entries: the custody log in order.
        head: digest of its last entry as it was noted elsewhere; "" for a log without any entry.
    """
    broken = custody.first_fault(entries)
    if broken:
        return [f"custody log: {broken}"]
    last = entries[-1].digest if entries else ""
    if last != head:
        return ["custody log: the last entries were taken away or added, its head is another"]
    return [*_exhibits(pieces, entries), *_labels(pieces, entries), *_files(pieces, entries)]


def _exhibits(pieces: Sequence[Piece], entries: Sequence[Entry]) -> Iterator[str]:
    received = {entry.detail.get("exhibit"): entry.detail.get("sha256") for entry in entries if _is(entry, "received")}
    erased = {
        e.detail.get("exhibit"): (e.detail.get("sha256"), e.detail.get("left")) for e in entries if _is(e, "erased")
    }
    found = [piece.form.get("position") for piece in pieces]
    for piece in pieces:
        position = piece.form.get("position")
        if piece.form.get("how") == ERASED:
            if position not in erased:
                yield f"exhibit {position} was emptied: the custody log does not say that it was erased"
            elif erased[position] != (piece.digest, canonical.digest(piece.form)):
                yield f"exhibit {position}: what is left of it is not what the custody log says was left"
        elif canonical.digest(piece.form) != piece.digest:
            yield f"exhibit {position} was altered: its digest is another"
        elif position not in received:
            yield f"exhibit {position} was added: the custody log never received it"
        elif received[position] != piece.digest:
            yield f"exhibit {position} was replaced: the custody log received another"
    if found != sorted(set(found), key=_number):
        yield "the exhibits are not in their order, or one stands twice"
    for position in sorted(set(received) - set(found), key=_number):
        yield f"exhibit {position} is missing: the custody log received it"


def _labels(pieces: Sequence[Piece], entries: Sequence[Entry]) -> Iterator[str]:
    """What was read is what the log received; labels are those that the last entry about them says.

    The first releases wrote neither into the log: what it does not say cannot be compared.
    """
    received = [entry for entry in entries if _is(entry, "received") and "reading" in entry.detail]
    read = {entry.detail.get("exhibit"): entry.detail["reading"] for entry in received}
    said: dict[object, tuple[object, object]] = {}
    for entry in entries:
        if entry.event in ("received", "confirmed", "corrected") and "labels" in entry.detail:
            said[entry.detail.get("exhibit")] = entry.detail.get("labels"), entry.detail.get("refused", [])
    for piece in pieces:
        position = piece.form.get("position")
        if piece.form.get("how") == ERASED:
            continue
        if position in said and (sorted(piece.labels), sorted(piece.refused)) != said[position]:
            yield f"exhibit {position}: its labels are not those of the custody log"
        if position in read and piece.reading != read[position]:
            yield f"exhibit {position}: what was read in it is not what the custody log received"


def _files(pieces: Sequence[Piece], entries: Sequence[Entry]) -> Iterator[str]:
    """What was found out of a file is what the log says; a file that is kept has that digest."""
    said = {
        entry.detail.get("exhibit"): {name: value for name, value in entry.detail.items() if name != "exhibit"}
        for entry in entries
        if entry.event == "fetched"
    }
    for piece in pieces:
        position = piece.form.get("position")
        if piece.form.get("how") == ERASED:
            if piece.file is not None or piece.content is not None:
                yield f"exhibit {position} was erased: a file of it stands there again"
        elif (None if piece.file is None else dict(piece.file)) != said.get(position):
            yield f"exhibit {position}: its file is not the one that the custody log says was fetched"
        elif piece.content is not None and sha256(piece.content).hexdigest() != (piece.file or {}).get("sha256"):
            yield f"exhibit {position}: the file kept of it was altered"


def _is(entry: Entry, event: str) -> bool:
    return entry.event == event


def _number(position: object) -> int:
    return position if isinstance(position, int) else 0
