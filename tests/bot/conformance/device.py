"""What a person holds: one device on one platform, driven through the platform's real transport."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol

from bot.channel import Capabilities


class Device(Protocol):
    """A person's end of the conversation. She sees words and labels; she knows no id."""

    channel: str
    capabilities: Capabilities
    kinds: tuple[str, ...]

    @property
    @abstractmethod
    def chat(self) -> str:
        """The platform's id of the conversation."""

    @abstractmethod
    async def write(self, text: str) -> None:
        """Type words."""

    @abstractmethod
    async def press(self, label: str) -> None:
        """Choose what is offered under this label, in the way the platform offers it."""

    @abstractmethod
    async def show(self, text: str, author: str) -> None:
        """Forward a message of somebody else; where nothing can be forwarded, paste it as the other app copies it."""

    @abstractmethod
    async def send(self, kind: str) -> None:
        """Send something of one of `kinds`."""

    @abstractmethod
    def texts(self) -> list[str]:
        """What the bot has said that she can still read, oldest first."""

    @abstractmethod
    def offered(self) -> list[str]:
        """Labels of the answers under the last message that offers some, the three keys left out."""

    @abstractmethod
    def files(self) -> list[str]:
        """Names of the files she was handed."""

    def all(self) -> str:
        """Everything she can read."""
        return "\n".join(self.texts())

    async def until(self, holds: Callable[[], bool], seconds: float = 25) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - any condition of any test, not one event
                await asyncio.sleep(0.02)

    async def reads(self, words: str, times: int = 1) -> None:
        """Wait until she can read these words."""
        try:
            await self.until(lambda: self.all().count(words) >= times)
        except TimeoutError:
            raise AssertionError(f"never read {words!r} in: {self.texts()[-4:]}") from None


def pasted(text: str, author: str) -> str:
    """A message as another application copies it, with a line of hers before it."""
    return f"[24/11/2026 14:01] Moi: arrête\n[24/11/2026 14:02] {author}: {text}"
