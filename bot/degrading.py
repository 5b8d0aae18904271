"""How a reply is shown where the platform cannot show it whole: buttons, else a list, else marked lines.

A marked line is answered by its number. Where a label itself holds a figure ("de 2 à 5"), the marks are letters, so
that "3" stays what it means to her.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from string import ascii_lowercase
from typing import Any

from bot.channel import Capabilities
from bot.messages import Inbound

Pair = Sequence[str]  # (id, label) of a button, as the outbox holds it
SEPARATOR = " · "
MARK = re.compile(r"\s*([0-9]{1,2}|[a-zA-Z])\s*[.)]?\s*")


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as a platform can show it.

    Attributes:
        text: within the platform's limit.
        rows: rows of (id, label); the keys are the last row.
        as_list: the rows open as a list instead of standing under the message.
        document: name, type and content (base64) of a file, or None.
    """

    text: str
    rows: Sequence[Sequence[Pair]] = ()
    as_list: bool = False
    document: Mapping[str, str] | None = None


def show(body: Mapping[str, Any], capabilities: Capabilities) -> list[Shown]:
    """One reply of the outbox as the messages that the platform can show, in order."""
    answers: Sequence[Sequence[Pair]] = body["buttons"]
    keys: Sequence[Pair] = body["keys"]
    flat = [pair for row in answers for pair in row]
    text, rows = body["text"], [*answers, *([keys] if keys else [])]
    if _is_marked(len(flat), len(keys), capabilities):
        text = "\n".join([text, *(f"{mark}. {label}" for mark, (_, label) in zip(_marks(flat), flat, strict=True))])
        rows = [keys] if keys else []
    if keys and len(keys) > max(capabilities.buttons, capabilities.list_rows):
        text += "\n\n" + SEPARATOR.join(label for _, label in keys)
        rows = []
    pairs = [pair for row in rows for pair in row]
    fits = len(pairs) <= capabilities.buttons and all(len(label) <= capabilities.label for _, label in pairs)
    parts = _cut(text, capabilities.text, capabilities.text_with_buttons if rows else capabilities.text)
    last = Shown(parts[-1], rows, as_list=bool(rows) and not fits, document=body.get("document"))
    return [*(Shown(part) for part in parts[:-1]), last]


def offered(pairs: Sequence[Pair]) -> dict[str, str]:
    """What each mark stands for: kept with the conversation, so that an answer by number survives a restart."""
    return {mark: name for mark, (name, _) in zip(_marks(pairs), pairs, strict=True)}


def read_mark(inbound: Inbound, state: Mapping[str, Any], capabilities: Capabilities) -> Inbound:
    """A number typed where buttons were shown as marked lines is the choice it stands for; all else is unchanged."""
    marks: Mapping[str, str] = state.get("offered") or {}
    typed = MARK.fullmatch(inbound.text)
    if not typed or inbound.origin or inbound.choice is not None or state.get("dull"):
        return inbound
    choice = marks.get(typed[1].lower())
    if choice is None or not _is_marked(len(marks), KEYS, capabilities):
        return inbound
    return replace(inbound, text="", choice=choice)


KEYS = 3  # urgent help, skip, leave: on every message that offers something


def _is_marked(answers: int, keys: int, capabilities: Capabilities) -> bool:
    return answers > 0 and answers + keys > max(capabilities.buttons, capabilities.list_rows)


def _marks(pairs: Sequence[Pair]) -> Sequence[str]:
    figures = any(character.isdigit() for _, label in pairs for character in label)
    if figures and len(pairs) <= len(ascii_lowercase):
        return ascii_lowercase[: len(pairs)]
    return [str(number) for number in range(1, len(pairs) + 1)]


def _cut(text: str, limit: int, last: int) -> list[str]:
    """A text cut at a line or a space where there is one; the last part has a limit of its own (characters)."""
    parts = []
    while len(text) > last:
        most = min(limit, len(text) - 1)
        cut = max(text.rfind("\n", 1, most), text.rfind(" ", 1, most))
        cut = cut if cut > 0 else most
        parts.append(text[:cut])
        text = text[cut:].lstrip()
    return [*parts, text]
