"""The dossier as a PDF: PDF/A-2a and PDF/UA-1, the same bytes for the same content, without any file on disk."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import emoji
import typst
from fontTools.ttLib import TTFont

FOLDER = Path(__file__).parent
FONTS = FOLDER / "fonts"
TEMPLATE = FOLDER / "dossier.typ"
STANDARDS: list[Any] = ["a-2a", "ua-1"]
LONGEST_WORD = 36  # characters; a longer run may be broken anywhere, or it would leave the page
BREAK_HERE = "\u200b"
KEPT_CONTROLS = "\n\t"


def render(content: Mapping[str, Any], at: datetime) -> bytes:
    """The PDF of a dossier.

    Args:
        content: plain JSON as `flows.dossier.Content` gives it.
        at: the date written into the file's metadata (aware).
    """
    data = json.dumps(_legible(content), ensure_ascii=False, sort_keys=True)
    compiler = typst.Compiler(  # type: ignore[misc]  # its stub binds one type variable to two arguments
        TEMPLATE.read_bytes(), font_paths=[FONTS], ignore_system_fonts=True, sys_inputs={"content": data}
    )
    made = compiler.compile(format="pdf", pdf_standards=STANDARDS, timestamp=int(at.timestamp()))
    if not isinstance(made, bytes):
        raise TypeError("typst gave several files for one PDF")
    return made


def legible(text: str) -> str:
    """The text with every sign that the fonts lack written out between ⟨ ⟩, and breakable everywhere it must be.

    An emoji is named in French, anything else by its code point. The original stands in the bag, unchanged.
    """
    shown = emoji.replace_emoji(text, replace=_emoji)
    return " ".join(_breakable(word) for word in "".join(_sign(character) for character in shown).split(" "))


def _legible(content: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
    match content:
        case str():
            return legible(content)
        case Mapping():
            return {key: _legible(value) for key, value in content.items()}
        case list() | tuple():
            return [_legible(value) for value in content]
    return content


def _emoji(found: str, _: Mapping[str, Any]) -> str:
    if all(ord(character) in _covered() for character in found):
        return found
    name = emoji.demojize(found, language="fr", delimiters=("", "")).replace("_", " ")
    return f"⟨{name}⟩"


def _sign(character: str) -> str:
    if character in KEPT_CONTROLS or (character.isprintable() and ord(character) in _covered()):
        return character
    if character == "\r":
        return ""
    return f"⟨U+{ord(character):04X}⟩"


def _breakable(word: str) -> str:
    if len(word) <= LONGEST_WORD:
        return word
    return BREAK_HERE.join(word[at : at + LONGEST_WORD] for at in range(0, len(word), LONGEST_WORD))


@cache
def _covered() -> frozenset[int]:
    """Code points that both weights of the font draw."""
    return frozenset.intersection(*(_drawn(path) for path in sorted(FONTS.glob("*.ttf"))))


def _drawn(path: Path) -> frozenset[int]:
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())
