"""The assessment: findings, deadlines, what to save, what to do, whom to call, all from data, on a given day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flows import contacts, reports, verdicts
from flows.advice import Action, EvidenceItem
from flows.contacts import ContactNow
from flows.contradictions import Contradiction, contradictions
from flows.deadlines import Deadline, proof_deadline
from flows.derive import known_facts
from flows.facts import Fact
from flows.findings import EXCLUDED, POSSIBLE, Finding, find
from flows.knowledge import Knowledge
from flows.messages import Message
from flows.reports import Report

FEWEST_SHOWN = 2
NEVER = 10**9  # hours
MOST_SHOWN = 3  # best-supported findings shown to her; the rest stays in the file


@dataclass(frozen=True, slots=True)
class Assessment:
    """What follows from a case on a day.

    Attributes:
        at: the instant it was made for.
        facts: every fact known, derived ones included.
        findings: best supported first.
        untouched: offences that nothing raises.
        proof: file before this day, connection data go soon after; None when no date is known.
        evidence: what to save, the earliest loss first.
        lost_on: evidence item to the day after which it may be gone, when a day of the case starts its clock.
        actions: steps in their order.
        due_on: action to the day it should be done by, when a day of the case starts its clock.
        emergency: emergency contacts.
        reports: where to report on the platforms she named.
        contradictions: facts that cannot both be true.
        listening: who listens, those open now first.
        other: reporting sites and rights.
    """

    at: datetime
    facts: Mapping[str, Fact]
    findings: Sequence[Finding]
    untouched: Sequence[str]
    proof: Deadline | None
    evidence: Sequence[EvidenceItem]
    lost_on: Mapping[str, date]
    actions: Sequence[Action]
    due_on: Mapping[str, date]
    reports: Sequence[Report]
    contradictions: Sequence[Contradiction]
    emergency: Sequence[ContactNow]
    listening: Sequence[ContactNow]
    other: Sequence[ContactNow]

    @property
    def shown(self) -> list[Finding]:
        """The findings she reads: not excluded, not hidden, not merely possible background, the best supported.

        One of which nothing is met yet is shown only when hardly anything else is.
        """
        held = [
            f
            for f in self.findings
            if f.status != EXCLUDED and f.hidden_by is None and not (f.background and f.status == POSSIBLE)
        ]
        supported = [f for f in held if f.support > 0]
        bare = [f for f in held if f.support == 0]
        return [*supported, *bare[: max(0, FEWEST_SHOWN - len(supported))]][:MOST_SHOWN]


def assess(
    answers: Mapping[str, Fact],
    messages: Sequence[Message],
    knowledge: Knowledge,
    at: datetime,
    *,
    decided: Mapping[str, str] | None = None,
) -> Assessment:
    """Assess a case at an instant (aware); the law is applied as of that day in Paris.

    `decided` holds the statuses that a reviewer gave to findings.
    """
    on = at.astimezone(contacts.PARIS).date()
    facts = known_facts(answers, messages, knowledge)
    findings = verdicts.apply(find(facts, knowledge, on), decided or {})
    found = {finding.offence for finding in findings}
    held = {finding.offence for finding in findings if finding.status != EXCLUDED}
    lost_on = _ends(knowledge.evidence, facts)
    return Assessment(
        at=at,
        facts=facts,
        findings=findings,
        untouched=[name for name in knowledge.offences if name not in found],
        proof=proof_deadline(knowledge.rules.proof, facts, on),
        evidence=_evidence(facts, held, knowledge, lost_on, on),
        lost_on=lost_on,
        due_on=_ends(knowledge.actions, facts),
        reports=reports.for_her(knowledge.reports, facts),
        contradictions=contradictions(answers, messages, knowledge),
        actions=sorted((action for action in knowledge.actions if action.scope.suits(facts)), key=lambda a: a.order),
        emergency=contacts.for_her(knowledge, at, facts, "emergency"),
        listening=contacts.for_her(knowledge, at, facts, "listening"),
        other=[
            contact
            for purpose in ("orders", "reporting", "rights")
            for contact in contacts.for_her(knowledge, at, facts, purpose)
        ],
    )


def _ends(things: Sequence[EvidenceItem | Action], facts: Mapping[str, Fact]) -> dict[str, date]:
    """The day each clock ends, where a day of the case starts it."""
    days = {}
    for thing in things:
        start = facts.get(thing.clock.starts) if thing.clock else None
        if thing.clock and start is not None and isinstance(start.value, date):
            days[thing.id] = start.value + timedelta(days=thing.clock.days)
    return days


def _evidence(
    facts: Mapping[str, Fact], held: set[str], knowledge: Knowledge, lost_on: Mapping[str, date], on: date
) -> list[EvidenceItem]:
    """Items that serve a finding or everybody, the earliest loss first."""
    wanted = [
        item for item in knowledge.evidence if item.scope.suits(facts) and (not item.proves or held & set(item.proves))
    ]

    def hours(item: EvidenceItem) -> int:
        """Hours until it may be gone: by its usual life, or by the day a clock of the case ends."""
        by_clock = max(0, (lost_on[item.id] - on).days) * 24 if item.id in lost_on else NEVER
        return min(by_clock, NEVER if item.hours_left is None else item.hours_left)

    return sorted(wanted, key=lambda item: (hours(item), item.order))
