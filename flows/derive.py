"""Facts that need no question: from the exhibits (labels, count, dates, authors) and from other facts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flows.facts import Fact, Source, Value
from flows.kleene import Truth
from flows.knowledge import Knowledge
from flows.messages import Message

PARIS = ZoneInfo("Europe/Paris")
SAME_SENDING = timedelta(minutes=10)  # identical letters sent together are one act; beyond this they are several
SITUATION_OF: Mapping[str, str] = {  # label to the choice of the opening checklist that says the same
    "threat": "threats",
    "intimate_images": "intimate_images",
    "identity_theft": "identity",
    "blackmail": "blackmail",
    "doxxing": "personal_info_published",
    "account_intrusion": "account_access",
    "private_messages": "private_messages_read",
    "surveillance": "spying_tracking",
    "insult": "insults_humiliation",
    "hate": "insults_humiliation",
    "sexual_harassment": "sexual_messages",
    "incitement_to_suicide": "insults_humiliation",
    "defamation": "rumours",
    "raid": "group_attack",
    "malicious_contact": "many_messages_or_calls",
}
GRAVEST_FIRST = ("death", "sexual_violence", "violence", "property", "unspecified")


def known_facts(answers: Mapping[str, Fact], messages: Sequence[Message], knowledge: Knowledge) -> dict[str, Fact]:
    """All facts: what she and the staff said, then what the exhibits show, then what follows from these.

    An answer is never replaced by an exhibit; a derived fact never replaces anything.
    """
    facts = {**facts_from(messages, knowledge), **answers}
    facts = {**_implied(facts, knowledge), **facts}
    return {**facts, **derived_facts(facts, knowledge)}


def facts_from(messages: Sequence[Message], knowledge: Knowledge) -> dict[str, Fact]:
    """What the exhibits alone establish; not confirmed until she says so."""
    found: dict[str, Fact] = {}
    present = {label for message in messages for label in message.labels}
    for name, fact in knowledge.facts.items():
        if present.isdisjoint(fact.from_labels):
            continue
        carrying = [m for m in messages if any(label in m.labels for label in fact.from_labels)]
        if carrying:
            found[name] = _fact(name, value=True, carrying=carrying)
    for name, rule in FROM_MESSAGES.items():
        result = rule(messages)
        if result is not None:
            found[name] = _fact(name, *result)
    return found


def _fact(name: str, value: Value, carrying: Sequence[Message]) -> Fact:
    positions = tuple(message.position for message in carrying)
    return Fact(name, value, Source.EXHIBIT, positions, confirmed=all(message.confirmed for message in carrying))


Result = tuple[Value, Sequence[Message]] | None
Rule = Callable[[Sequence[Message]], Result]


def _hostile(messages: Sequence[Message]) -> list[Message]:
    """The acts: messages that carry a label, and every other message of the same author.

    For harassment the number counts more than the nature: a plain "answer me" is an act when it comes from whoever
    threatens.
    """
    authors = {message.author for message in messages if message.labels and message.author}
    return [message for message in messages if message.labels or message.author in authors]


def _acts_count(messages: Sequence[Message]) -> Result:
    hostile = _hostile(messages)
    return (len(hostile), hostile) if hostile else None


def _distinct_in_time(messages: Sequence[Message]) -> Result:
    """True when two acts are apart in time or differ in words; unknown when nothing tells."""
    hostile = _hostile(messages)
    dates = sorted(message.sent_at for message in hostile if message.sent_at)
    if len(dates) > 1 and dates[-1] - dates[0] > SAME_SENDING:
        return True, hostile
    return None


def _authors_count(messages: Sequence[Message]) -> Result:
    """Number of accounts, from two on: an account is not a person, but one account alone proves nothing."""
    hostile = [message for message in _hostile(messages) if message.author]
    authors = {message.author for message in hostile}
    return (len(authors), hostile) if len(authors) > 1 else None


def _first_act(messages: Sequence[Message]) -> Result:
    return _dated(messages, min)


def _last_act(messages: Sequence[Message]) -> Result:
    return _dated(messages, max)


def _dated(messages: Sequence[Message], pick: Callable[[Sequence[date]], date]) -> Result:
    dated = [message for message in _hostile(messages) if message.sent_at]
    days = [message.sent_at.astimezone(PARIS).date() for message in dated if message.sent_at]
    return (pick(days), dated) if days else None


def _threat_kind(messages: Sequence[Message]) -> Result:
    """The gravest threat among the messages."""
    threats = [message for message in messages if "threat" in message.labels]
    for kind in GRAVEST_FIRST:
        carrying = [message for message in threats if message.threat_kind == kind]
        if carrying:
            return kind, carrying
    return None


def _order_or_condition(messages: Sequence[Message]) -> Result:
    carrying = [message for message in messages if "threat" in message.labels and message.conditional]
    return (True, carrying) if carrying else None


def _threat_form(messages: Sequence[Message]) -> Result:
    """A threat that we hold as text is written."""
    threats = [message for message in messages if "threat" in message.labels and message.text]
    return ("written_or_image", threats) if threats else None


def _threat_repeated(messages: Sequence[Message]) -> Result:
    threats = [message for message in messages if "threat" in message.labels]
    return (True, threats) if len(threats) > 1 else None


def _situation(messages: Sequence[Message]) -> Result:
    """What the labels of the exhibits say happens, as the opening checklist names it."""
    hostile = _hostile(messages)
    named = frozenset(SITUATION_OF[label] for message in hostile for label in message.labels)
    return (named, hostile) if named else None


FROM_MESSAGES: Mapping[str, Rule] = {
    "situation": _situation,
    "acts_count": _acts_count,
    "acts_distinct_in_time": _distinct_in_time,
    "authors_count": _authors_count,
    "first_act_on": _first_act,
    "last_act_on": _last_act,
    "threat_kind": _threat_kind,
    "order_or_condition": _order_or_condition,
    "threat_form": _threat_form,
    "threat_repeated": _threat_repeated,
}


def _implied(facts: Mapping[str, Fact], knowledge: Knowledge) -> dict[str, Fact]:
    """What her first words imply: she ticked "threats", so there is a threat. What she did not tick stays unknown."""
    return {
        name: Fact(name, value=True, source=Source.ANSWER)
        for name, condition in knowledge.implications.items()
        if condition.truth(facts) is Truth.MET
    }


def derived_facts(facts: Mapping[str, Fact], knowledge: Knowledge) -> dict[str, Fact]:
    """Facts defined by an expression over others, such as "by digital means"; unknown ones stay unknown."""
    derived: dict[str, Fact] = {}
    for name, condition in knowledge.derivations.items():
        if name in facts:
            continue
        everything = {**facts, **derived}
        truth = condition.truth(everything)
        if truth is not Truth.UNKNOWN:
            carriers = [everything[other] for other in condition.names() if other in everything]
            exhibits = tuple(sorted({position for fact in carriers for position in fact.exhibits}))
            confirmed = all(fact.confirmed for fact in carriers)
            derived[name] = Fact(name, truth is Truth.MET, Source.ANSWER, exhibits, confirmed=confirmed)
    return derived
