"""The corpus: messages and texts written by many hands, as JSON lines under `nlp/corpus/`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp.reading import ALERTS, LABELS, THREAT_KINDS

FOLDER = Path(__file__).parent / "corpus"
FINAL_MESSAGES, FINAL_SAFETY = FOLDER / "final_messages", FOLDER / "final_safety"  # hands no choice was made on


class CorpusError(ValueError):
    """A line of the corpus is wrong; one line: file, line number, what to do."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One message somebody received, as labelled.

    Attributes:
        id: unique in the corpus.
        text: the message.
        labels: labels that hold.
        threat_kind: kind of threat, or None.
        conditional: whether the threat is conditional, or None.
        writer: the hand that wrote it; leave-one-writer-out keeps all of a hand together.
        genre: what sort of message.
    """

    id: str
    text: str
    labels: frozenset[str]
    threat_kind: str | None
    conditional: bool | None
    writer: str
    genre: str


@dataclass(frozen=True, slots=True)
class Told:
    """One text written to the assistant, with its alerts and their severity."""

    id: str
    text: str
    alerts: dict[str, str]
    writer: str
    genre: str


def messages(folder: Path = FOLDER / "messages") -> list[Labelled]:
    """Every labelled message, in the order of files and lines.

    Raises:
        CorpusError: a line is not JSON or has an unknown label.
    """
    return [labelled(row, where) for path in sorted(folder.glob("*.jsonl")) for where, row in read_lines(path)]


def told(folder: Path = FOLDER / "safety") -> list[Told]:
    """Every text of the safety corpus.

    Raises:
        CorpusError: a line is not JSON or has an unknown alert.
    """
    return [_told(row, where) for path in sorted(folder.glob("*.jsonl")) for where, row in read_lines(path)]


def read_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where, object) of each line of a JSON-lines file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            where = f"{path.name}:{number}"
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise CorpusError(f"{where}: not JSON ({error.msg}); correct that line") from error
            if not isinstance(row, dict) or not isinstance(row.get("text"), str):
                raise CorpusError(f'{where}: an object with "text" is expected; correct that line')
            yield where, row


def labelled(row: dict[str, Any], where: str) -> Labelled:
    """Check one labelled message."""
    labels = _known(row.get("labels", []), LABELS, where, "label")
    kind = row.get("threat_kind")
    if kind is not None and kind not in THREAT_KINDS:
        raise CorpusError(f"{where}: threat_kind {kind!r}: write one of {', '.join(THREAT_KINDS)}")
    return Labelled(
        str(row.get("id", where)),
        row["text"],
        labels,
        kind,
        row.get("conditional"),
        str(row.get("writer", "")),
        str(row.get("genre", "")),
    )


def _told(row: dict[str, Any], where: str) -> Told:
    alerts = {entry["alert"]: entry["severity"] for entry in row.get("alerts", [])}
    _known(list(alerts), ALERTS, where, "alert")
    return Told(str(row.get("id", where)), row["text"], alerts, str(row.get("writer", "")), str(row.get("genre", "")))


def _known(names: Sequence[str], allowed: Sequence[str], where: str, what: str) -> frozenset[str]:
    for name in names:
        if name not in allowed:
            raise CorpusError(f"{where}: {name!r} is no {what}; write one of {', '.join(allowed)}")
    return frozenset(names)
