"""Letters filled from the facts of a case: reviewed words, blanks for who she is, nothing generated."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from flows.assessment import Assessment
from flows.contacts import PARIS
from flows.facts import Fact
from flows.kleene import Truth
from flows.knowledge import Knowledge
from flows.letter_data import Letter, Part
from flows.messages import Message
from flows.texts import written_day

BLANKS = ("name", "address", "birth", "author", "place", "link", "date", "signature")
LONGEST_QUOTE = 200  # characters of an exhibit in a letter; the whole stands in the dossier
MOST_LISTED = 20  # exhibits in a letter, those with a label first; a prosecutor reads two pages, not eleven
NOT_QUOTED = frozenset({"intimate_images"})  # messages about such images are named, not repeated


def suited(knowledge: Knowledge, facts: Mapping[str, Fact]) -> list[Letter]:
    """The letters that are of use in this case, in their order."""
    return [letter for letter in knowledge.letters.values() if letter.scope.suits(facts)]


def fill(
    letter: Letter, found: Assessment, messages: Sequence[Message], knowledge: Knowledge, language: str = "fr"
) -> str:
    """The letter as plain text; what is not known is a blank between brackets.

    Args:
        letter: which one.
        found: the assessment it rests on.
        messages: the exhibits it lists.
        knowledge: law and texts.
        language: language of the words; letters to French authorities stay French whatever she reads.
    """
    return "\n\n".join(_Filler(found, messages, knowledge, language).paragraphs(letter)) + "\n"


class _Filler:
    def __init__(self, found: Assessment, messages: Sequence[Message], knowledge: Knowledge, language: str) -> None:
        self._found = found
        self._messages = messages
        self._knowledge = knowledge
        self._language = language

    def paragraphs(self, letter: Letter) -> Iterator[str]:
        """Every paragraph that stands, filled."""
        values = self._values()
        for part in letter.parts:
            if part.when is not None and part.when.truth(self._found.facts) is not Truth.MET:
                continue
            lines = list(self._list(part))
            if part.each and not lines:
                continue
            words = self._knowledge.texts.get(f"letters.{letter.id}.{part.text}", self._language, **values)
            yield "\n".join([words, *lines])

    def _list(self, part: Part) -> Iterator[str]:
        if part.each == "findings":
            for finding in self._found.shown:
                article = self._knowledge.cited(finding.offence, self._language)
                name = self._words(f"law.{finding.offence}.name")
                yield self._words("letters.shared.finding", name=name, article=article)
        elif part.each == "exhibits":
            listed = sorted(self._messages, key=lambda message: not message.labels)[:MOST_LISTED]
            for message in sorted(listed, key=lambda message: message.position):
                yield self._exhibit(message)
            if len(listed) < len(self._messages):
                yield self._words("letters.shared.more_exhibits", count=len(self._messages) - len(listed))

    def _exhibit(self, message: Message) -> str:
        day = written_day(message.sent_at.astimezone(PARIS).date()) if message.sent_at else self._blank("date")
        if NOT_QUOTED & message.labels.keys():
            return self._words("letters.shared.exhibit_named", number=message.position, day=day)
        quote = " ".join(message.text.split())
        if len(quote) > LONGEST_QUOTE:
            quote = quote[: LONGEST_QUOTE - 1].rstrip() + "…"
        return self._words("letters.shared.exhibit", number=message.position, day=day, quote=quote)

    def _values(self) -> dict[str, str]:
        facts = self._found.facts
        return {
            **{name: self._blank(name) for name in BLANKS},
            "today": written_day(self._found.at.astimezone(PARIS).date()),
            "first_day": self._date(facts.get("first_act_on")),
            "last_day": self._date(facts.get("last_act_on")),
            "published_day": self._date(facts.get("publication_on")),
            "count": self._number(facts.get("acts_count")),
            "platforms": self._choices(facts.get("platforms")),
            "channels": self._choices(facts.get("channels")),
            "relationship": self._choices(facts.get("author_relationship")),
        }

    def _words(self, key: str, **values: object) -> str:
        return self._knowledge.texts.get(key, self._language, **values)

    def _blank(self, name: str) -> str:
        return self._words(f"letters.blanks.{name}")

    def _date(self, fact: Fact | None) -> str:
        return written_day(fact.value) if fact is not None and isinstance(fact.value, date) else self._blank("date")

    def _number(self, fact: Fact | None) -> str:
        return self._blank("count") if fact is None else self._words("letters.shared.at_least", count=fact.value)

    def _choices(self, fact: Fact | None) -> str:
        if fact is None:
            return self._blank("which")
        values = sorted(fact.value) if isinstance(fact.value, frozenset) else [str(fact.value)]
        return ", ".join(self._words(f"letters.{fact.id}.{value}") for value in values)
