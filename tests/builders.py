"""Worlds for the tests: a person talking to the bot on a real case store, in a temporary folder."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bot import config, engine
from bot.config import Config
from bot.messages import Button, Inbound, Origin, OriginKind, Reply
from bot.state import State
from bot.talk import Means
from cases import keys, opening, sqlite
from cases.case import Case
from cases.opening import Place
from cases.sql.store import SqlStore
from cases.sqlite import SqliteStore
from flows import knowledge
from flows.facts import Fact, parse_facts
from flows.knowledge import Knowledge
from nlp.classifier import Classifier
from nlp.safety import SafetyDetector

ROOT = Path(__file__).resolve().parent.parent
TUESDAY_AFTERNOON = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
TUESDAY_NIGHT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TESTS_SERVER = "RECOURS_TESTS_SERVER"
KEY_NAMES = ("urgent", "skip", "leave")


@cache
def the_knowledge() -> Knowledge:
    """The law, questions, texts and contacts of the repository."""
    return knowledge.load()


@cache
def the_means() -> Means:
    """Everything a turn works with, as released."""
    models = ROOT / "models"
    return Means(
        config.load(ROOT / "config.toml"), the_knowledge(), Classifier.load(models), SafetyDetector.load(models)
    )


def means_with(change: Callable[[Config], Config]) -> Means:
    """The same with another configuration."""
    return replace(the_means(), config=change(the_means().config))


def facts(**values: Any) -> dict[str, Fact]:
    """Facts as a jurist writes them."""
    return parse_facts(the_knowledge().facts, values)


def place_of(folder: Path) -> Place:
    """Where the store of a test stands: in its folder, or in a database of its own on the server that is named.

    So every test runs on PostgreSQL as well: see CONTRIBUTING.md.
    """
    server = os.environ.get(TESTS_SERVER, "")
    if not server:
        return folder / "cases.db"
    name = f"t{sha256(str(folder).encode()).hexdigest()[:20]}"
    with psycopg.connect(server, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            connection.execute(f"CREATE DATABASE {name}".encode())
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def a_store(folder: Path) -> SqlStore:
    """An empty store with its key beside it, or the one that was made there."""
    if not (folder / "key").exists():
        keys.create(folder / "key")
    return opening.open_store(place_of(folder), keys.read(folder / "key"), create=True)


def a_file(folder: Path) -> SqliteStore:
    """The same, always the embedded store."""
    if not (folder / "key").exists():
        keys.create(folder / "key")
    path = folder / "cases.db"
    return sqlite.open_store(path, keys.read(folder / "key"), create=not path.exists())


class Person:
    """Somebody who writes to the bot; every method returns what the bot says back."""

    def __init__(
        self,
        store: SqlStore,
        *,
        chat: str = "7",
        at: datetime = TUESDAY_AFTERNOON,
        means: Means | None = None,
        channel: str = "test",
    ) -> None:
        self.store = store
        self.channel = channel
        self.chat = chat
        self.now = at
        self.means = means or the_means()
        self._count = 0

    def sends(self, **parts: Any) -> list[Reply]:
        """Any inbound."""
        self._count += 1
        self.now += timedelta(seconds=5)
        parts.setdefault("message_id", str(self._count))
        inbound = Inbound(self.channel, self.chat, f"{self.chat}-{self._count}", self.now, **parts)
        with self.store.turn(self.channel, self.chat, self.now) as turn:
            return engine.answer(self.means, turn, inbound)

    def writes(self, text: str) -> list[Reply]:
        """Words typed."""
        return self.sends(text=text)

    def presses(self, choice: str) -> list[Reply]:
        """A button."""
        return self.sends(choice=choice)

    def forwards(self, text: str, *, author: str = "Kevin", sent_at: datetime | None = None) -> list[Reply]:
        """A message of somebody else."""
        return self.sends(text=text, origin=Origin(OriginKind.USER, author, author, sent_at or self.now))

    def waits(self, **duration: int) -> None:
        """Time passes."""
        self.now += timedelta(**duration)

    def agrees(self) -> "Person":
        """The first minute: a safe phone, and yes to keeping."""
        self.writes("/start")
        self.presses("phone_safe:yes")
        self.presses("consent:yes")
        return self

    def answers(self, *choices: str) -> list[Reply]:
        """Several buttons in a row; returns the last replies."""
        replies: list[Reply] = []
        for choice in choices:
            replies = self.presses(choice)
        return replies

    @property
    def case(self) -> Case:
        """The case as it stands."""
        case = self.store.peek(self.channel, self.chat)
        assert case is not None
        return case

    @property
    def state(self) -> State:
        """Where the conversation stands."""
        return State.from_json(self.case.state)


def words(replies: list[Reply]) -> str:
    """All that was said, in one string."""
    return "\n".join(reply.text for reply in replies)


def button_ids(replies: list[Reply]) -> list[str]:
    """Ids of the buttons of the last reply that has some."""
    for reply in reversed(replies):
        if reply.buttons:
            return [button.id for row in reply.buttons for button in row]
    return []


def keys_of(reply: Reply) -> tuple[str, ...]:
    """Ids of the keys under a reply."""
    return tuple(key.id for key in reply.keys if isinstance(key, Button))
