"""What is known of a person who has not agreed that anything be kept: in this process only, gone with it."""

from dataclasses import dataclass, field

from cases.case import Exhibit
from flows.facts import Fact


@dataclass(slots=True)
class Memory:
    """Facts, exhibits, held words and transcript of one conversation before (or without) consent."""

    facts: dict[str, Fact] = field(default_factory=dict)
    exhibits: list[Exhibit] = field(default_factory=list)
    held: str | None = field(default=None, repr=False)
    transcript: list[tuple[str, str, str]] = field(default_factory=list, repr=False)

    def copy(self) -> "Memory":
        """A copy to work on; the original stays as it was if the turn fails."""
        return Memory(dict(self.facts), list(self.exhibits), self.held, list(self.transcript))
