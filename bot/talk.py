"""One turn of the conversation: what came in, where it stands, and what is to be said."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot import capabilities, degrading
from bot.channel import Capabilities
from bot.config import Config
from bot.messages import Button, Document, Inbound, Reply
from bot.state import State
from cases.case import Case, Turn
from flows.knowledge import Knowledge
from nlp.classifier import Classifier
from nlp.safety import SafetyDetector

KEYS = ("urgent", "skip", "leave")
BURST_PAUSE = timedelta(seconds=2)  # forwards of one gesture arrive within this; they get one answer


@dataclass(frozen=True, slots=True)
class Means:
    """What every turn works with; built once at start-up."""

    config: Config
    knowledge: Knowledge
    classifier: Classifier
    detector: SafetyDetector
    reads_screenshots: bool = False  # switched on, and Tesseract is there


@dataclass(slots=True)
class Talk:
    """A turn in progress. Steps read it and speak through it; nothing leaves before the turn is committed."""

    means: Means
    turn: Turn
    inbound: Inbound
    state: State
    now: datetime
    after_alert: bool = False
    replies: list[Reply] = field(default_factory=list)

    @property
    def case(self) -> Case:
        """The case as it stands inside this turn."""
        return self.turn.case

    @property
    def able(self) -> Capabilities:
        """What the channel she writes on can do; never which one it is."""
        return capabilities.of(self.inbound.channel)

    @property
    def knowledge(self) -> Knowledge:
        """Law, questions, texts, contacts."""
        return self.means.knowledge

    def words(self, key: str, **values: object) -> str:
        """The text of `key` in her language, filled with what every text may use and with `values`."""
        config = self.means.config
        common: dict[str, object] = {
            "association": config.association.name,
            "contact": config.association.contact,
            "retention_days": config.retention.days,
            "backup_days": config.retention.backup_days,
            "word": self.state.word or config.conversation.word,
        }
        return self.knowledge.texts.get(key, self.state.language, **(common | values))

    def moment(self, local: datetime) -> str:
        """A day and an hour of local time in her language."""
        return self.words("conversation.moment", day=local.strftime("%d/%m"), hour=local.hour)

    def opening(self, local: datetime) -> str:
        """The same to the minute, for an appointment with the team."""
        minute = f"{local.minute:02}"
        return self.words("conversation.opening", day=local.strftime("%d/%m"), hour=local.hour, minute=minute)

    def button(self, name: str, choice: str | None = None) -> Button:
        """A button whose label is `buttons.<name>`; pressing it gives `choice` (the name itself by default)."""
        return Button(choice or name, self.words(f"buttons.{name}"))

    def rows(self, *names: str) -> tuple[tuple[Button, ...], ...]:
        """One row of buttons for each name, long labels stay readable on a small phone."""
        return tuple((self.button(name),) for name in names)

    def say(self, key: str, buttons: Sequence[Sequence[Button]] = (), **values: object) -> None:
        """Say the text of `key`, with the three keys under it."""
        self.say_words(self.words(key, **values), buttons)

    def say_words(
        self,
        words: str,
        buttons: Sequence[Sequence[Button]] = (),
        *,
        burst: bool = False,
        document: Document | None = None,
        unwritten: bool = False,
    ) -> None:
        """Say words that were already filled, with a file to hand over if there is one.

        `unwritten` words (a passphrase) go to her and are kept nowhere.

        `burst` replaces an earlier unsent answer to the same gesture.
        """
        keys = () if self.state.dull else tuple(self.button(name) for name in KEYS)
        reply = Reply(words, tuple(tuple(row) for row in buttons), keys, document)
        self.replies.append(reply)
        if reply.buttons:
            self.state.offered = degrading.offered(
                [(button.id, button.label) for row in reply.buttons for button in row]
            )
        if not unwritten:
            self.turn.transcribe("bot", words, self.now)
        if burst:
            self.turn.say("send", to_body(reply), merge="burst", not_before=self.now + BURST_PAUSE)
        else:
            self.turn.say("send", to_body(reply))


def to_body(reply: Reply) -> dict[str, object]:
    """A reply as the JSON object that waits in the outbox."""
    return {
        "text": reply.text,
        "buttons": [[[button.id, button.label] for button in row] for row in reply.buttons],
        "keys": [[button.id, button.label] for button in reply.keys],
        **({"document": _document_json(reply.document)} if reply.document else {}),
    }


def _document_json(document: Document) -> dict[str, str]:
    return {
        "name": document.name,
        "mime": document.mime,
        "base64": b64encode(document.content).decode(),
    }
