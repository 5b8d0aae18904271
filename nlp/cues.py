"""Hand-made cues of a text: who acts on whom, under which condition, what it is about, how it looks.

They add little beside the encoder and the n-grams, and cost little: `bench/comparison.py` shows both.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp.normalise import fold

FILE = Path(__file__).parent / "words" / "cues.toml"
FIRST_PICTOGRAPH = 0x2600
LAUGHING, SMILING = frozenset("😂🤣"), frozenset("😉🙂😏")
SHORT, LONG, LONGEST = 3, 40, 60  # words


def find_cues(texts: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
    """Which cues each text (as sent, as written out) shows, 0 or 1, shares between them; (n_texts, `count()`)."""
    return np.array([[*_words(written_out), *_looks(shown)] for shown, written_out in texts], dtype=np.float32).reshape(
        len(texts), count()
    )


@cache
def count() -> int:
    """How many cues there are."""
    return len(_patterns()) + len(list(_looks("")))


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(re.compile(pattern) for table in raw.values() for pattern in table.values())


def _words(written_out: str) -> list[float]:
    folded = fold(written_out)
    return [float(pattern.search(folded) is not None) for pattern in _patterns()]


def _looks(shown: str) -> list[float]:
    """Capitals, signs, length, pictographs."""
    letters = sum(character.isalpha() for character in shown)
    length = len(shown.split())
    signs = ("?" in shown, "!" in shown, "«" in shown or '"' in shown, "http" in shown or "www" in shown, "@" in shown)
    return [
        sum(character.isupper() for character in shown) / max(1, letters),
        *map(float, signs),
        min(length, LONGEST) / LONGEST,
        float(length <= SHORT),
        float(length > LONG),
        float(any(ord(character) > FIRST_PICTOGRAPH for character in shown)),
        float(bool(LAUGHING & set(shown))),
        float(bool(SMILING & set(shown))),
    ]
