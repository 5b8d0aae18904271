"""From an assessment to where the case stands in the queue of the staff."""

from collections.abc import Iterator, Sequence
from datetime import date

from flows.assessment import Assessment
from flows.findings import EXCLUDED, INDICATED
from flows.messages import Message
from flows.standing import Standing

MINORS = ("under_15", "15_17")


def standing(found: Assessment, messages: Sequence[Message], language: str) -> Standing:
    """Where a case stands on the day of its assessment.

    Args:
        found: the assessment.
        messages: what it rests on.
        language: language of the conversation.
    """
    age, threat = found.facts.get("victim_age_band"), found.facts.get("threat_kind")
    held = [f for f in found.findings if f.status != EXCLUDED and f.hidden_by is None and f.support > 0]
    return Standing(
        language=language,
        minor=age is not None and age.value in MINORS,
        death=threat is not None and threat.value == "death",
        deadline_on=min(_ahead(found), default=None),
        labels=tuple(sorted({label for message in messages for label in message.labels})),
        offences=tuple(sorted(f.offence for f in held)),
        indicated=tuple(sorted(f.offence for f in held if f.status == INDICATED)),
    )


def _ahead(found: Assessment) -> Iterator[date]:
    """Last days that have not passed: of proof, and of each finding she is shown."""
    for deadline in (found.proof, *(finding.limitation for finding in found.shown)):
        if deadline is not None and not deadline.passed:
            yield deadline.on
