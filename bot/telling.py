"""What she tells in her own words beside the question: it opens the acts it names."""

from bot.talk import Talk
from flows.facts import Fact, Source, chosen_in
from nlp.understand import understand


def open_what_is_told(talk: Talk) -> bool:
    """Add the acts her words name to what happens; False, and nothing changed, when they name none that is new."""
    said = understand(talk.knowledge.facts["situation"], talk.inbound.text, talk.now.date()).value
    known = chosen_in(talk.case.facts, "situation")
    more = frozenset(said) - known if isinstance(said, list) else frozenset()
    if not more:
        return False
    talk.turn.put_fact(Fact("situation", known | more, Source.ANSWER))
    talk.say("conversation.free_telling")
    return True
