"""Facts against the law: each offence held against the case, element by element, in three values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from flows.deadlines import Deadline, limitation_of
from flows.expressions import carried_by, missing_for
from flows.facts import Fact
from flows.kleene import Truth, at_least, every
from flows.knowledge import Knowledge
from flows.offences import Aggravation, Condition, Offence, Penalty

INDICATED, POSSIBLE, EXCLUDED = "indicated", "possible", "excluded"
RANK = {INDICATED: 0, POSSIBLE: 1, EXCLUDED: 2}


@dataclass(frozen=True, slots=True)
class ConditionState:
    """An element or circumstance held against the facts.

    Attributes:
        id: id of the element or circumstance.
        truth: met, not met or unknown.
        facts: known facts that carry it.
        missing: facts it waits for when unknown.
    """

    id: str
    truth: Truth
    facts: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """An offence held against the case.

    Attributes:
        offence: its id.
        status: `indicated` (all elements met), `possible` (none failed, some unknown), `excluded`.
        elements: each element's state, in the order of the text.
        circumstances: each aggravating circumstance's state.
        penalty: the heaviest maximum that the met circumstances lead to.
        may_be_heavier: some unknown circumstance could raise it ("at least").
        limitation: until when one may complain, or None when the starting date is not known.
        complaint_required: nothing happens without her own complaint.
        ip_reachable: whether investigators may ask for the connection data for this penalty.
        background: rarely the main finding; shown to her only once it is indicated.
        hidden_by: a more special offence that covers the same facts, or None.
        either: other indicated offences of which the same words are one or the other, never both.
        reviewed: a reviewer decided the status.
    """

    offence: str
    status: str
    elements: tuple[ConditionState, ...]
    circumstances: tuple[ConditionState, ...]
    penalty: Penalty
    may_be_heavier: bool
    limitation: Deadline | None
    complaint_required: bool
    ip_reachable: bool
    background: bool
    hidden_by: str | None = None
    either: tuple[str, ...] = ()
    reviewed: bool = False

    @property
    def support(self) -> float:
        """Share of the elements that are met, 0 to 1."""
        return sum(element.truth is Truth.MET for element in self.elements) / max(1, len(self.elements))

    @property
    def missing(self) -> tuple[str, ...]:
        """Facts that the unknown elements wait for."""
        return tuple(dict.fromkeys(name for element in self.elements for name in element.missing))


def find(facts: Mapping[str, Fact], knowledge: Knowledge, on: date) -> list[Finding]:
    """Hold every offence that the facts raise against the case, best supported first.

    An offence that nothing raises and whose elements nothing touches is left out. Unknown never excludes.
    """
    found = [
        hold_offence(offence, facts, knowledge, on)
        for offence in knowledge.offences.values()
        if _touched(offence, facts)
    ]
    return in_order(_hide_general(found, knowledge))


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Best supported first."""
    return sorted(findings, key=_order)


def _touched(offence: Offence, facts: Mapping[str, Fact]) -> bool:
    return offence.raised_by.when.truth(facts) is Truth.MET


def hold_offence(offence: Offence, facts: Mapping[str, Fact], knowledge: Knowledge, on: date) -> Finding:
    """Hold one offence against the facts (derived ones included), whatever raises it."""
    elements = tuple(hold(element, facts, knowledge) for element in offence.elements)
    circumstances = tuple(hold(circumstance, facts, knowledge) for circumstance in offence.circumstances)
    truth = every(element.truth for element in elements)
    status = {Truth.MET: INDICATED, Truth.UNKNOWN: POSSIBLE, Truth.NOT_MET: EXCLUDED}[truth]
    penalty = knowledge.rules.with_hate(offence, _penalty(offence, circumstances, Truth.MET), facts)
    heaviest = _penalty(offence, circumstances, Truth.UNKNOWN)
    return Finding(
        offence=offence.id,
        status=status,
        elements=elements,
        circumstances=circumstances,
        penalty=penalty,
        may_be_heavier=heaviest.prison_months > penalty.prison_months or heaviest.fine_euros > penalty.fine_euros,
        limitation=limitation_of(offence, facts, on),
        complaint_required=offence.complaint_required,
        ip_reachable=knowledge.rules.ip_reachable(offence, penalty, facts),
        background=offence.background,
    )


def hold(condition: Condition, facts: Mapping[str, Fact], knowledge: Knowledge) -> ConditionState:
    """Hold one element or circumstance against the facts."""
    missing = missing_for(condition.when, facts, knowledge.derivations)
    return ConditionState(condition.id, condition.when.truth(facts), carried_by(condition.when, facts), missing)


def _penalty(offence: Offence, states: Sequence[ConditionState], weakest: Truth) -> Penalty:
    """The heaviest penalty whose circumstances are at least as true as `weakest`."""
    truths = {state.id: state.truth for state in states}
    reached = [offence.penalty, *(a.penalty for a in offence.aggravations if _applies(a, truths) >= weakest)]
    return max(reached, key=lambda penalty: (penalty.prison_months, penalty.fine_euros))


def _applies(aggravation: Aggravation, truths: Mapping[str, Truth]) -> Truth:
    return at_least(aggravation.at_least, [truths[name] for name in aggravation.any_of])


def _hide_general(found: Sequence[Finding], knowledge: Knowledge) -> list[Finding]:
    """A special text hides the general one it covers, when it is itself indicated; "not both" is said of each."""
    indicated = {finding.offence for finding in found if finding.status == INDICATED}
    shown = []
    for finding in found:
        neighbours = knowledge.offences[finding.offence].neighbours
        hiding = [n.offence for n in neighbours if n.relation == "special" and n.offence in indicated]
        either = tuple(n.offence for n in neighbours if n.relation == "not_both" and n.offence in indicated)
        shown.append(replace(finding, hidden_by=hiding[0] if hiding else None, either=either))
    return shown


def _order(finding: Finding) -> tuple[int, bool, float, int, str]:
    return (
        RANK[finding.status],
        finding.hidden_by is not None,
        -finding.support,
        -finding.penalty.prison_months,
        finding.offence,
    )
