"""The assessment: findings, deadlines, what to save, what to do, whom to call, all from data, on a given day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows import contacts
from flows.advice import Action, EvidenceItem
from flows.contacts import ContactNow
from flows.deadlines import Deadline, proof_deadline
from flows.derive import known_facts
from flows.facts import Fact, to_json
from flows.findings import EXCLUDED, ConditionState, Finding, find
from flows.knowledge import Knowledge
from flows.messages import Message

FEWEST_SHOWN = 2
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
        actions: steps in their order.
        emergency: emergency contacts.
        listening: who listens, those open now first.
        other: reporting sites and rights.
    """

    at: datetime
    facts: Mapping[str, Fact]
    findings: Sequence[Finding]
    untouched: Sequence[str]
    proof: Deadline | None
    evidence: Sequence[EvidenceItem]
    actions: Sequence[Action]
    emergency: Sequence[ContactNow]
    listening: Sequence[ContactNow]
    other: Sequence[ContactNow]

    @property
    def shown(self) -> list[Finding]:
        """The findings she reads: not excluded, not hidden by a more special text, the best supported.

        One of which nothing is met yet is shown only when hardly anything else is.
        """
        held = [f for f in self.findings if f.status != EXCLUDED and f.hidden_by is None]
        supported = [f for f in held if f.support > 0]
        bare = [f for f in held if f.support == 0]
        return [*supported, *bare[: max(0, FEWEST_SHOWN - len(supported))]][:MOST_SHOWN]


def assess(answers: Mapping[str, Fact], messages: Sequence[Message], knowledge: Knowledge, at: datetime) -> Assessment:
    """Assess a case at an instant (aware); the law is applied as of that day in Paris."""
    on = at.astimezone(contacts.PARIS).date()
    facts = known_facts(answers, messages, knowledge)
    findings = find(facts, knowledge, on)
    found = {finding.offence for finding in findings}
    held = {finding.offence for finding in findings if finding.status != EXCLUDED}
    return Assessment(
        at=at,
        facts=facts,
        findings=findings,
        untouched=[name for name in knowledge.offences if name not in found],
        proof=proof_deadline(knowledge.rules.proof, facts, on),
        evidence=_evidence(facts, held, knowledge),
        actions=sorted((action for action in knowledge.actions if action.scope.suits(facts)), key=lambda a: a.order),
        emergency=contacts.for_her(knowledge, at, facts, "emergency"),
        listening=contacts.for_her(knowledge, at, facts, "listening"),
        other=[
            contact
            for purpose in ("orders", "reporting", "rights")
            for contact in contacts.for_her(knowledge, at, facts, purpose)
        ],
    )


def _evidence(facts: Mapping[str, Fact], held: set[str], knowledge: Knowledge) -> list[EvidenceItem]:
    """Items that serve a finding or everybody, the earliest loss first."""
    wanted = [
        item for item in knowledge.evidence if item.scope.suits(facts) and (not item.proves or held & set(item.proves))
    ]
    never = 10**9
    return sorted(wanted, key=lambda item: (item.hours_left if item.hours_left is not None else never, item.order))


def to_json_object(found: Assessment, knowledge: Knowledge, language: str = "fr") -> dict[str, Any]:
    """The assessment as `recours assess` prints it."""
    texts = knowledge.texts
    return {
        "on": found.at.astimezone(contacts.PARIS).date().isoformat(),
        "facts": {name: _fact_json(fact) for name, fact in sorted(found.facts.items())},
        "findings": [_finding_json(finding, knowledge, language) for finding in found.findings],
        "shown": [finding.offence for finding in found.shown],
        "untouched": list(found.untouched),
        "deadlines": _deadlines_json(found),
        "evidence": [
            {"id": item.id, "what": texts.get(f"evidence.{item.id}.what", language), "hours_left": item.hours_left}
            for item in found.evidence
        ],
        "actions": [
            {
                "id": action.id,
                "family": action.family,
                "who": action.who,
                "within_days": action.within_days,
                "what": texts.get(f"actions.{action.id}.what", language),
            }
            for action in found.actions
        ],
        "contacts": [
            {
                "id": each.contact.id,
                "name": texts.get(f"contacts.{each.contact.id}.name", language),
                "number": each.contact.number,
                "purpose": each.contact.purpose,
                "open_now": each.is_open,
                "checked": each.contact.checked.isoformat() if each.contact.checked else "",
            }
            for each in (*found.emergency, *found.listening, *found.other)
        ],
    }


def _fact_json(fact: Fact) -> dict[str, Any]:
    return {
        "value": to_json(fact.value),
        "source": str(fact.source),
        "exhibits": list(fact.exhibits),
        "confirmed": fact.confirmed,
    }


def _finding_json(finding: Finding, knowledge: Knowledge, language: str) -> dict[str, Any]:
    offence = knowledge.offences[finding.offence]
    source = offence.source
    return {
        "offence": finding.offence,
        "name": knowledge.texts.get(f"law.{finding.offence}.name", language),
        "status": finding.status,
        "articles": [" ".join(filter(None, (a.code, a.number, a.paragraph))) for a in offence.articles],
        "class": offence.kind,
        "elements": [_state_json(state) for state in finding.elements],
        "missing": list(finding.missing),
        "aggravating": [_state_json(state) for state in finding.circumstances],
        "penalty": {
            "prison_months": finding.penalty.prison_months,
            "fine_euros": finding.penalty.fine_euros,
            "at_least": finding.may_be_heavier,
        },
        "complaint_required": finding.complaint_required,
        "ip_reachable": finding.ip_reachable,
        "hidden_by": finding.hidden_by,
        "limitation": _deadline_json(finding.limitation),
        "source": {"title": source.title, "url": source.url, "flag": source.flag, "checked": str(source.checked or "")},
    }


def _state_json(state: ConditionState) -> dict[str, Any]:
    return {"id": state.id, "truth": state.truth.word, "facts": list(state.facts), "missing": list(state.missing)}


def _deadlines_json(found: Assessment) -> list[dict[str, Any]]:
    """Every deadline, the nearest first: the end of proof, and of each offence that is held."""
    rows = [{"what": "proof", **proof} for proof in [_deadline_json(found.proof)] if proof]
    rows += [
        {"what": "limitation", "offence": finding.offence, **(_deadline_json(finding.limitation) or {})}
        for finding in found.findings
        if finding.limitation and finding.status != EXCLUDED
    ]
    return sorted(rows, key=lambda row: str(row["on"]))


def _deadline_json(deadline: Deadline | None) -> dict[str, Any] | None:
    if deadline is None:
        return None
    return {"on": deadline.on.isoformat(), "starts": deadline.starts, "days_left": deadline.days_left}
