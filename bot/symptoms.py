"""What `recours doctor` finds: symptoms, each with a mark and words in `bot/texts`. None names a person or a case."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from bot.config import Config


class Mark(StrEnum):
    """How grave: nothing to do, to look at, to mend."""

    RIGHT = "right"
    NOTICE = "notice"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing that was examined.

    Attributes:
        mark: how grave.
        text: key of the sentence, `doctor.` left out.
        values: what fills it: counts, paths, versions.
    """

    mark: Mark
    text: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Visit:
    """What the examinations work with.

    Attributes:
        settings: the configuration.
        file: where it was read.
        models: folder of the trained models.
        now: instant (UTC).
        online: whether the platforms and the timestamp authority may be asked.
        thorough: whether every custody log is read, or a sample.
    """

    settings: Config
    file: Path
    models: Path
    now: datetime
    online: bool = False
    thorough: bool = False


Examination = Callable[[Visit], Iterator[Symptom]]


def right(text: str, **values: object) -> Symptom:
    """Nothing to do."""
    return Symptom(Mark.RIGHT, text, values)


def notice(text: str, **values: object) -> Symptom:
    """To look at."""
    return Symptom(Mark.NOTICE, text, values)


def wrong(text: str, **values: object) -> Symptom:
    """To mend."""
    return Symptom(Mark.WRONG, text, values)
