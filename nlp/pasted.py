"""A pasted conversation: lines with a date, a name and words, as messaging applications export or copy them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

FEWEST = 2  # one line that looks dated may be anything; two are a conversation
MOST = 500
LINES = (
    # WhatsApp for Android: 12/03/2026, 22:14 - Kevin: ...   (also "à 22:14")
    re.compile(
        r"(?P<day>\d{1,2}/\d{1,2}/\d{2,4}),?(?: à)? (?P<hour>\d{1,2}:\d{2})(?::\d{2})? - (?P<author>[^:\n]{1,60}): (?P<words>.*)"
    ),
    # WhatsApp for iPhone, Signal: [12/03/2026 22:14:05] Kevin: ...
    re.compile(
        r"\[(?P<day>\d{1,2}/\d{1,2}/\d{2,4}),?(?: à)? (?P<hour>\d{1,2}:\d{2})(?::\d{2})?\] (?P<author>[^:\n]{1,60}): (?P<words>.*)"
    ),
    # Telegram Desktop: Kevin, [12.03.2026 22:14]  then the words on the next lines
    re.compile(
        r"(?P<author>[^,\n\[]{1,60}), \[(?P<day>\d{1,2}[./]\d{1,2}[./]\d{2,4}) (?P<hour>\d{1,2}:\d{2})(?::\d{2})?\](?P<words>)"
    ),
    # Kevin (22:14): ...   or   22:14 Kevin: ...
    re.compile(r"(?P<author>[^\d:\n(]{1,40}) \((?P<hour>\d{1,2}[:h]\d{2})\) ?: (?P<words>.*)"),
    re.compile(r"(?P<hour>\d{1,2}[:h]\d{2}) (?P<author>[^\d:\n]{1,40}) ?: (?P<words>.*)"),
)
INVISIBLE_MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202c\u2069\u2068"))
HERSELF = frozenset({"moi", "vous", "me", "you"})


@dataclass(frozen=True, slots=True)
class Pasted:
    """One message of a pasted conversation; the date is local time as pasted, or None."""

    author: str | None
    sent_at: datetime | None
    text: str = field(repr=False)


def split(text: str) -> list[Pasted]:
    """The messages of a pasted conversation, her own lines ("moi", "vous") left out; empty when it is none."""
    found: list[Pasted] = []
    for line in text.translate(INVISIBLE_MARKS).splitlines():
        message = _begin(line.strip())
        if message is not None:
            found.append(message)
        elif found and line.strip():
            last = found[-1]
            found[-1] = Pasted(last.author, last.sent_at, f"{last.text}\n{line.strip()}".strip())
    if len(found) < FEWEST:
        return []
    return [message for message in found[:MOST] if message.text and (message.author or "").casefold() not in HERSELF]


def _begin(line: str) -> Pasted | None:
    for pattern in LINES:
        match = pattern.fullmatch(line)
        if match:
            parts = match.groupdict()
            return Pasted(parts["author"].strip(), _moment(parts.get("day"), parts["hour"]), parts["words"].strip())
    return None


def _moment(day: str | None, hour: str) -> datetime | None:
    """Day first, as in France; None when there is no day or it does not exist."""
    if day is None:
        return None
    parts = [int(part) for part in re.split(r"[./]", day)]
    clock = [int(part) for part in re.split(r"[:h]", hour)]
    year = parts[2] + 2000 if parts[2] < 100 else parts[2]  # noqa: PLR2004 - two-digit years
    try:
        return datetime(year, parts[1], parts[0], clock[0], clock[1])  # noqa: DTZ001 - local time as pasted
    except ValueError:
        return None


def authors(messages: Iterable[Pasted]) -> set[str]:
    """Who wrote."""
    return {message.author for message in messages if message.author}
