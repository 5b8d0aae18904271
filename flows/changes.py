"""What would change this: for each finding, the answers that would flip it or raise its penalty."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from flows.derive import derived_facts
from flows.facts import Fact, Source, Value
from flows.findings import Finding, hold_offence
from flows.interview import values_to_try
from flows.knowledge import Knowledge
from flows.offences import Penalty


@dataclass(frozen=True, slots=True)
class Change:
    """One answer that would change one finding.

    Attributes:
        offence: the finding.
        fact: the fact.
        known: whether it is answered already (then the change is what the contrary would do).
        value: the value that changes it.
        status: what the finding would become.
        penalty: its maximum then.
    """

    offence: str
    fact: str
    known: bool
    value: Value
    status: str
    penalty: Penalty


def changes(finding: Finding, facts: Mapping[str, Fact], knowledge: Knowledge, on: date) -> list[Change]:
    """The answers that would flip a finding or change its penalty, unknown facts first, one value for each effect.

    Args:
        finding: the finding as it stands.
        facts: every fact known, derived ones included.
        knowledge: the law.
        on: the day it is applied on.
    """
    offence = knowledge.offences[finding.offence]
    named = knowledge.unfold(offence.facts | knowledge.rules.hate.when.names())
    base = {name: fact for name, fact in facts.items() if name not in knowledge.derivations}
    free = sorted(named - knowledge.derivations.keys(), key=lambda name: (name in base, name))
    return [change for name in free for change in _of_fact(name, finding, base, knowledge, on)]


def _of_fact(name: str, finding: Finding, base: Mapping[str, Fact], knowledge: Knowledge, on: date) -> Iterator[Change]:
    offence = knowledge.offences[finding.offence]
    known = base.get(name)
    effects = {(finding.status, finding.penalty)}
    for value in values_to_try(knowledge.facts[name]):
        if known is not None and known.value == value:
            continue
        trial = {**base, name: Fact(name, value, Source.ANSWER)}
        other = hold_offence(offence, {**trial, **derived_facts(trial, knowledge)}, knowledge, on)
        effect = (other.status, other.penalty)
        if effect not in effects:
            effects.add(effect)
            yield Change(finding.offence, name, known is not None, value, *effect)
