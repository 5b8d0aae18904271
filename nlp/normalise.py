"""Hostile and hurried spelling to something a model has seen: Unicode, masks, elongations, SMS words, emoji."""

import re
import unicodedata
from functools import cache
from pathlib import Path

import emoji

MOST_CHARACTERS = 2000  # read of one text; beyond, the encoder takes seconds and nothing new is said
INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\x00-\x08\x0b-\x1f\x7f]"
)
ELONGATED = re.compile(r"(\w)\1{2,}")
REPEATED_SIGN = re.compile(r"([^\w\s])\1{2,}")
MASKED = re.compile(r"(?<=[a-zà-ÿ])[*.@#_·](?=[a-zà-ÿ])")
MASKING_DIGIT = re.compile(r"(?<=[a-zà-ÿ])[013457](?=[a-zà-ÿ])")
DIGITS = str.maketrans("013457", "oieast")
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
SPACES = re.compile(r"\s+")
LEXICON = Path(__file__).parent / "words" / "sms.tsv"


def readable(text: str) -> str:
    """NFKC without invisible characters, at most `MOST_CHARACTERS`: what may be given to any model."""
    return SPACES.sub(" ", INVISIBLE.sub("", unicodedata.normalize("NFKC", text[: 4 * MOST_CHARACTERS]))).strip()[
        :MOST_CHARACTERS
    ]


def plain(text: str) -> str:
    """Readable, lower case, masks lifted, elongations cut, SMS words written out, emoji named in French."""
    lowered = readable(text).casefold()
    if not lowered.isascii():
        lowered = emoji.demojize(lowered, delimiters=(" ", " "), language="fr").replace("_", " ")
    lowered = MASKED.sub("", lowered)
    lowered = MASKING_DIGIT.sub(lambda found: found.group().translate(DIGITS), lowered)
    lowered = REPEATED_SIGN.sub(r"\1\1", ELONGATED.sub(r"\1", lowered))
    return SPACES.sub(" ", WORD.sub(lambda found: _sms().get(found.group(), found.group()), lowered)).strip()


def unaccented(text: str) -> str:
    """Compatible signs apart, without their accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def fold(text: str) -> str:
    """Letters and digits only, without accents: for comparing a word whatever its accents and case."""
    return SPACES.sub(" ", re.sub(r"[^\w\s]", " ", unaccented(readable(text).casefold()))).strip()


@cache
def _sms() -> dict[str, str]:
    """SMS word to written-out words."""
    lines = LEXICON.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if line and not line.startswith("#"))
