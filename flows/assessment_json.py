"""The assessment as `recours assess` prints it: plain JSON, with the ids of the data."""

from collections.abc import Mapping
from typing import Any

from flows import contacts
from flows.advice import Action, EvidenceItem
from flows.assessment import Assessment
from flows.changes import Change, changes
from flows.contradictions import Contradiction
from flows.deadlines import Deadline
from flows.facts import Fact, to_json
from flows.findings import EXCLUDED, ConditionState, Finding
from flows.knowledge import Knowledge
from flows.reports import Report


def to_json_object(found: Assessment, knowledge: Knowledge, language: str = "fr") -> dict[str, Any]:
    """One JSON object."""
    writer = _Writer(found, knowledge, language)
    return {
        "on": writer.on.isoformat(),
        "facts": {name: _fact(fact) for name, fact in sorted(found.facts.items())},
        "contradictions": [_contradiction(each) for each in found.contradictions],
        "findings": [writer.finding(finding) for finding in found.findings],
        "shown": [finding.offence for finding in found.shown],
        "untouched": list(found.untouched),
        "deadlines": _deadlines(found),
        "evidence": [writer.evidence(item) for item in found.evidence],
        "actions": [writer.action(action) for action in found.actions],
        "reports": [writer.report(report) for report in found.reports],
        "contacts": [
            {
                "id": each.contact.id,
                "name": knowledge.texts.get(f"contacts.{each.contact.id}.name", language),
                "number": each.contact.number,
                "purpose": each.contact.purpose,
                "open_now": each.is_open,
                "checked": each.contact.checked.isoformat() if each.contact.checked else "",
            }
            for each in (*found.emergency, *found.listening, *found.other)
        ],
    }


class _Writer:
    def __init__(self, found: Assessment, knowledge: Knowledge, language: str) -> None:
        self._found = found
        self._knowledge = knowledge
        self._language = language
        self.on = found.at.astimezone(contacts.PARIS).date()
        self._contested = {name for each in found.contradictions for name in each.facts}

    def finding(self, finding: Finding) -> dict[str, Any]:
        offence = self._knowledge.offences[finding.offence]
        source = offence.source
        held = finding.status != EXCLUDED
        flips = changes(finding, self._found.facts, self._knowledge, self.on) if held else []
        return {
            "offence": finding.offence,
            "name": self._words(f"law.{finding.offence}.name"),
            "status": finding.status,
            "articles": [" ".join(filter(None, (a.code, a.number, a.paragraph))) for a in offence.articles],
            "class": offence.kind,
            "in_force_since": str(offence.in_force_since or ""),
            "elements": [self._state(state) for state in finding.elements],
            "missing": list(finding.missing),
            "aggravating": [self._state(state) for state in finding.circumstances],
            "penalty": {
                "prison_months": finding.penalty.prison_months,
                "fine_euros": finding.penalty.fine_euros,
                "at_least": finding.may_be_heavier,
            },
            "complaint_required": finding.complaint_required,
            "plain_complaint_stops_clock": not offence.limitation.press,
            "ip_reachable": finding.ip_reachable,
            "background": finding.background,
            "hidden_by": finding.hidden_by,
            "either": list(finding.either),
            "limitation": _deadline(finding.limitation),
            "would_change": [_change(change) for change in flips],
            "source": {
                "title": source.title,
                "url": source.url,
                "flag": source.flag,
                "checked": str(source.checked or ""),
            },
        }

    def _state(self, state: ConditionState) -> dict[str, Any]:
        known = [self._found.facts[name] for name in state.facts if name in self._found.facts]
        named = self._knowledge.unfold((*state.facts, *state.missing))
        proofs = dict.fromkeys(item for name in sorted(named) for item in self._knowledge.facts[name].proved_by)
        return {
            "id": state.id,
            "truth": state.truth.word,
            "contradicted": bool(self._contested & named),
            "facts": list(state.facts),
            "exhibits": sorted({position for fact in known for position in fact.exhibits}),
            "missing": list(state.missing),
            "proved_by": list(proofs),
        }

    def evidence(self, item: EvidenceItem) -> dict[str, Any]:
        lost_on = self._found.lost_on.get(item.id)
        return {
            "id": item.id,
            "what": self._words(f"evidence.{item.id}.what"),
            "how": self._words(f"evidence.{item.id}.how"),
            "hours_left": item.hours_left,
            "lost_on": lost_on.isoformat() if lost_on else None,
        }

    def action(self, action: Action) -> dict[str, Any]:
        due_on = self._found.due_on.get(action.id)
        return {
            "id": action.id,
            "family": action.family,
            "who": action.who,
            "within_days": action.within_days,
            "due_on": due_on.isoformat() if due_on else None,
            "cost_euros": action.cost_euros,
            "what": self._words(f"actions.{action.id}.what"),
        }

    def report(self, report: Report) -> dict[str, Any]:
        return {
            "id": report.id,
            "platform": report.platform,
            "where": report.where,
            "harm": report.harm,
            "attach": self._words(f"reports.{report.harm}.attach"),
            "delay_days": report.delay_days,
            "checked": str(report.source.checked or ""),
        }

    def _words(self, key: str) -> str:
        return self._knowledge.texts.get(key, self._language)


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "value": to_json(fact.value),
        "source": str(fact.source),
        "exhibits": list(fact.exhibits),
        "confirmed": fact.confirmed,
    }


def _contradiction(each: Contradiction) -> dict[str, Any]:
    shown = None if each.shown is None else to_json(each.shown)
    return {"id": each.id, "facts": list(each.facts), "shown": shown, "exhibits": list(each.exhibits)}


def _change(change: Change) -> dict[str, Any]:
    return {
        "fact": change.fact,
        "known": change.known,
        "value": to_json(change.value),
        "status": change.status,
        "prison_months": change.penalty.prison_months,
        "fine_euros": change.penalty.fine_euros,
    }


def _deadlines(found: Assessment) -> list[Mapping[str, Any]]:
    """Every deadline, the nearest first: the end of proof, and of each offence that is held."""
    rows = [{"what": "proof", **proof} for proof in [_deadline(found.proof)] if proof]
    rows += [
        {"what": "limitation", "offence": finding.offence, **(_deadline(finding.limitation) or {})}
        for finding in found.findings
        if finding.limitation and finding.status != EXCLUDED
    ]
    return sorted(rows, key=lambda row: str(row["on"]))


def _deadline(deadline: Deadline | None) -> dict[str, Any] | None:
    if deadline is None:
        return None
    return {"on": deadline.on.isoformat(), "starts": deadline.starts, "days_left": deadline.days_left}
