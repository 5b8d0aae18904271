"""The terminal channel: the same conversation, for a person at a keyboard or from a script of JSON lines."""

import json
import tempfile
from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.panel import Panel
from rich.prompt import Prompt
from rich.text import Text

from bot import engine
from bot.capabilities import TABLE
from bot.instants import FAR
from bot.messages import Inbound, Media, MediaKind, Origin, OriginKind
from bot.talk import Means
from cases import keys, sqlite
from cases.case import Outgoing
from cases.sql.store import SqlStore

CHANNEL = "terminal"
CHAT = "terminal"
CAPABILITIES = TABLE[CHANNEL]
KEY_LETTERS = "upq"  # urgent, pass, quit


class ScriptError(ValueError):
    """A line of the script cannot be used; the sentence names the line and what to write."""


class Conversation:
    """One conversation on a case store."""

    def __init__(self, means: Means, store: SqlStore, clock: datetime | None) -> None:
        self._means = means
        self._store = store
        self._clock = clock
        self._count = 0

    def hear(self, **parts: Any) -> None:  # noqa: ANN401 - the fields of Inbound
        """Take one inbound and handle it in one transaction."""
        self._count += 1
        at = self._clock + timedelta(seconds=self._count) if self._clock else datetime.now(UTC)
        inbound = Inbound(channel=CHANNEL, chat=CHAT, update=str(self._count), at=at, **parts)
        with self._store.turn(CHANNEL, CHAT, at) as turn:
            engine.answer(self._means, turn, inbound)

    def said(self) -> Iterator[Outgoing]:
        """What waits to be shown, in order; it is gone once shown."""
        while due := self._store.due(CHANNEL, FAR):
            for outgoing in due:
                yield outgoing
                self._store.sent(outgoing.id, datetime.now(UTC))

    def close(self) -> None:
        """Close the store."""
        self._store.close()


def own_store(folder: Path) -> SqlStore:
    """A case store in a temporary folder that goes with it."""
    keys.create(folder / "key")
    return sqlite.open_store(folder / "cases.db", keys.read(folder / "key"), create=True)


def play(means: Means, lines: IO[str], out: IO[str], clock: datetime | None) -> int:
    """Play a script: inbound JSON lines in, replies as JSON lines out.

    A run of forwarded messages is one gesture: its quiet count is said once, when the run ends.

    Raises:
        ScriptError: a line is not one of the forms of the contract.
    """
    with tempfile.TemporaryDirectory(prefix="recours-") as folder:
        conversation = Conversation(means, own_store(Path(folder)), clock)
        try:
            rows = [parse(line, number) for number, line in enumerate(lines, 1) if line.strip()]
            for parts, following in zip(rows, [*rows[1:], {}], strict=True):
                conversation.hear(**parts)
                if not ("origin" in parts and "origin" in following):
                    _print_all(conversation, out)
        finally:
            conversation.close()
    return 0


def _print_all(conversation: Conversation, out: IO[str]) -> None:
    for outgoing in conversation.said():
        out.write(json.dumps(to_json(outgoing), ensure_ascii=False) + "\n")
    out.flush()


def to_json(outgoing: Outgoing) -> Mapping[str, Any]:
    """One thing said, as a line of the contract."""
    if outgoing.kind != "send":
        return {outgoing.kind: True}
    body = outgoing.body
    buttons = [{"id": name, "label": label} for row in body["buttons"] for name, label in row]
    keys_row = [{"id": name, "label": label} for name, label in body["keys"]]
    reply = {"text": body["text"], "buttons": buttons, "keys": keys_row}
    if document := body.get("document"):
        reply["document"] = _document(document)
    return reply


def parse(line: str, number: int) -> dict[str, Any]:
    """One line of the contract as the parts of an Inbound.

    Raises:
        ScriptError: it is none of the forms.
    """
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ScriptError(f"line {number}: not JSON ({error.msg})") from error
    match row:
        case {"text": str(text)}:
            return {"text": text}
        case {"choice": str(choice)}:
            return {"choice": choice}
        case {"forward": str(text)}:
            return {"text": text, "origin": _origin(row, number)}
        case {"photo": str(caption)}:
            return {"text": caption, "media": (Media(MediaKind.PHOTO),)}
        case {"sticker": _} | {"voice": _} | {"location": _} | {"document": _} | {"video": _}:
            return {"media": (Media(MediaKind(next(iter(row)))),)}
    raise ScriptError(f'line {number}: write {{"text"}}, {{"choice"}}, {{"forward","from","date"}} or {{"photo"}}')


def _origin(row: Mapping[str, Any], number: int) -> Origin:
    name = str(row["from"]) if row.get("from") else None
    try:
        sent_at = datetime.fromisoformat(row["date"]) if row.get("date") else None
    except (TypeError, ValueError) as error:
        raise ScriptError(f"line {number}: date {row['date']!r}: write 2026-11-24T21:30") from error
    if sent_at is not None and sent_at.tzinfo is None:
        sent_at = sent_at.replace(tzinfo=UTC)
    return Origin(OriginKind.USER if name else OriginKind.HIDDEN_USER, name=name, platform_id=name, sent_at=sent_at)


def talk(means: Means, clock: datetime | None, console: Console | None = None, *, store: SqlStore | None = None) -> int:
    """The conversation for a person at a keyboard: a number chooses a button, words are words.

    On a `store` given, others may answer: an empty line looks for what they wrote.
    """
    console = console or Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="recours-") as folder:
        conversation = Conversation(means, store or own_store(Path(folder)), clock)
        console.print(Text(means.knowledge.texts.get("conversation.terminal_help"), style="dim"))
        try:
            conversation.hear(text="/start")
            while True:
                choices = _show(conversation, console)
                try:
                    typed = Prompt.ask("[bold]>[/bold]", console=console)
                except EOFError:
                    break
                if not typed.strip():
                    continue
                choice = choices.get(typed.strip())
                conversation.hear(**({"choice": choice} if choice else {"text": typed}))
        finally:
            conversation.close()
    return 0


def _show(conversation: Conversation, console: Console) -> dict[str, str]:
    """Print what waits; returns number to button id of the last message, the three keys last."""
    choices: dict[str, str] = {}
    keys_line: list[str] = []
    for outgoing in conversation.said():
        if outgoing.kind == "wipe":
            console.clear()
            continue
        body = outgoing.body
        rows = [button for row in body["buttons"] for button in row]
        numbered = list(enumerate(rows, len(choices) + 1 - len(keys_line)))
        choices |= {str(number): name for number, (name, _) in numbered}
        lines = "".join(f"\n  {number}. {label}" for number, (_, label) in numbered)
        console.print(Panel(Text(body["text"]) + Text(lines, style="cyan"), border_style="blue", width=76))
        if document := body.get("document"):
            shown = _document(document)
            words = shown.get("content") or f"{shown['mime']}, {shown['size']}"
            console.print(Panel(Text(words), title=document["name"], width=76))
        keys_row = body["keys"]
        if keys_row:
            choices |= {letter: name for letter, (name, _) in zip(KEY_LETTERS, keys_row, strict=True)}
            keys_line = [f"{letter}. {label}" for letter, (_, label) in zip(KEY_LETTERS, keys_row, strict=True)]
    if choices:
        console.print(Text("  " + "   ".join(keys_line), style="dim"))
    return choices


def _document(document: Mapping[str, str]) -> dict[str, Any]:
    """A file as a terminal can show it: the words of a text, the type and size of anything else."""
    content = b64decode(document["base64"])
    if document["mime"].startswith("text/"):
        return {"name": document["name"], "content": content.decode()}
    return {
        "name": document["name"],
        "mime": document["mime"],
        "size": f"{-(-len(content) // 1000)} ko",
        "sha256": sha256(content).hexdigest(),
    }
