"""When the staff changes what she was told, she is told so in plain words, through the same outbox."""

from collections.abc import Mapping, Sequence

from cases.case import Case
from cases.desk import DeskTurn
from flows.assessment import Assessment
from flows.findings import EXCLUDED
from flows.knowledge import Knowledge

MERGE = "assessment_changed"  # several corrections in a row are one message
MOST_NAMED = 3
KEYS = ("urgent", "skip", "leave")

Told = Mapping[str, str]  # offence she was shown to its status


def shown(found: Assessment) -> dict[str, str]:
    """What she is shown."""
    return {finding.offence: finding.status for finding in found.shown}


def language_of(case: Case) -> str:
    """Language of the conversation."""
    return str(case.state.get("language", "fr"))


def was_told(case: Case) -> bool:
    """Whether an assessment was ever shown to her."""
    return bool(case.state.get("told"))


def has_left(case: Case) -> bool:
    """She left: nothing is ever pushed to her before her word comes back."""
    return bool(case.state.get("dull"))


def may_be_watched(case: Case) -> bool:
    """Her phone may be read by somebody else: nothing is pushed later."""
    return bool(case.state.get("cautious"))


def tell(turn: DeskTurn, knowledge: Knowledge, before: Told, after: Told, queued: Mapping[str, object] | None) -> bool:
    """Queue what changed since she last read it, or take back what was queued when nothing differs any more.

    Args:
        turn: the turn of the decision.
        knowledge: texts.
        before: what she was shown when the decision was taken.
        after: what she would be shown now.
        queued: the unsent message of an earlier decision, or None.

    Returns:
        Whether a message waits for her.
    """
    case = turn.case
    if not was_told(case) or has_left(case) or may_be_watched(case):
        return False
    known = queued.get("before") if queued else None
    base = {str(name): str(status) for name, status in known.items()} if isinstance(known, Mapping) else before
    turn.drop_unsent(MERGE)
    words = _words(knowledge, language_of(case), base, after)
    if not words:
        return False
    turn.say("send", {**body(knowledge, language_of(case), words), "before": dict(base)}, merge=MERGE)
    return True


def body(knowledge: Knowledge, language: str, words: str) -> dict[str, object]:
    """A message as it waits in the outbox, with the three keys that stand on every message."""
    return {
        "text": words,
        "buttons": [],
        "keys": [[name, knowledge.texts.get(f"buttons.{name}", language)] for name in KEYS],
    }


def _words(knowledge: Knowledge, language: str, before: Told, after: Told) -> str:
    def names(offences: Sequence[str]) -> str:
        return ", ".join(f"« {knowledge.texts.get(f'law.{name}.name', language)} »" for name in offences[:MOST_NAMED])

    gone = [name for name in before if after.get(name, EXCLUDED) == EXCLUDED]
    new = [name for name in after if name not in before]
    firmer = [name for name in after if name in before and after[name] != before[name]]
    said = [
        knowledge.texts.get(f"desk.{key}", language, names=names(offences))
        for key, offences in (("held", new), ("changed", firmer), ("gone", gone))
        if offences
    ]
    if not said:
        return ""
    return " ".join([knowledge.texts.get("desk.reread", language), *said, knowledge.texts.get("desk.read", language)])
