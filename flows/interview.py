"""The goal-directed interview: the next question is the one whose fact decides most among the offences still open."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from flows.deadlines import STARTING_FACTS
from flows.derive import known_facts
from flows.expressions import Expression, missing_for
from flows.facts import Fact, FactKind, FactType, Source, Value
from flows.findings import EXCLUDED, Finding, find
from flows.kleene import Truth
from flows.knowledge import Knowledge
from flows.messages import Message
from flows.questions import Question

MOST_QUESTIONS = 15
ELEMENT, CIRCUMSTANCE, STARTING_DAY = 4.0, 1.0, 1.0  # what an answer is worth when it may decide each of these
SHORT_CLOCK = 3.0  # the day that starts a clock of months: missing it loses the right to act
OPENS_THE_WAY = 0.35  # a fact that decides nothing alone, but without which nothing is decided
URGENT_ITEM = 0.5  # a fact that says whether something is about to vanish, or how to save it
URGENT_HOURS = 72
MEANS_GROUP = "acts"  # by which means, on which service; never an act she did not name
BACKGROUND = 0.25  # texts that are rarely the main finding
SAME_GROUP = 1.25  # related questions are kept together: the last group weighs a quarter more
LATE = {"plain": 1.0, "personal": 0.9, "intimate": 0.6}  # intimate questions come later


def next_question(
    answers: Mapping[str, Fact],
    messages: Sequence[Message],
    asked: Sequence[str],
    knowledge: Knowledge,
    on: date,
) -> Question | None:
    """The next question, or None when no answer would change anything or 15 were asked.

    First the opening questions of the data, in their order; then, among the facts that a finding still
    waits for, the one worth most. Ties go to the order of the data, then the id, so it is reproducible.
    """
    facts = known_facts(answers, messages, knowledge)
    for question in knowledge.questions.values():
        if question.first and question.fact not in asked and question.fact not in facts:
            return question
    if len(asked) >= MOST_QUESTIONS:
        return None
    worth = _worth(facts, knowledge, on)
    group = knowledge.facts[asked[-1]].group if asked else ""
    open_questions = [q for q in knowledge.questions.values() if _may_ask(q, answers, facts, asked, worth)]
    return max(open_questions, key=lambda q: (_weight(q, worth, group), -q.order, q.fact), default=None)


def _may_ask(
    question: Question,
    answers: Mapping[str, Fact],
    facts: Mapping[str, Fact],
    asked: Sequence[str],
    worth: Mapping[str, float],
) -> bool:
    """Never twice, never what is known and confirmed, never without effect."""
    name = question.fact
    return name not in asked and name not in answers and name not in facts and worth.get(name, 0) > 0


def _weight(question: Question, worth: Mapping[str, float], group: str) -> float:
    together = SAME_GROUP if question.group == group else 1.0
    return round(worth[question.fact] * together * LATE[question.sensitivity], 6)


def _worth(facts: Mapping[str, Fact], knowledge: Knowledge, on: date) -> dict[str, float]:
    """What each unknown fact may decide, summed over the findings that are still open."""
    worth: dict[str, float] = {}
    for finding in find(facts, knowledge, on):
        if finding.status == EXCLUDED or finding.hidden_by:
            continue
        weight = (0.5 + finding.support) * (BACKGROUND if knowledge.offences[finding.offence].background else 1)
        for name, value in _decides(finding, facts, knowledge):
            worth[name] = worth.get(name, 0) + value * weight
    for item in knowledge.evidence:
        if item.hours_left is not None and item.hours_left <= URGENT_HOURS and item.scope.when is not None:
            for name in missing_for(item.scope.when, facts, knowledge.derivations):
                if knowledge.facts[name].group == MEANS_GROUP and knowledge.facts[name].values:
                    worth[name] = worth.get(name, 0) + URGENT_ITEM
    return worth


def _decides(finding: Finding, facts: Mapping[str, Fact], knowledge: Knowledge) -> Iterable[tuple[str, float]]:
    offence = knowledge.offences[finding.offence]
    for element, state in zip(offence.elements, finding.elements, strict=True):
        if state.truth is Truth.UNKNOWN:
            for name, share in _shares(element.when, facts, knowledge):
                yield name, ELEMENT * share
    for circumstance, state in zip(offence.circumstances, finding.circumstances, strict=True):
        if state.truth is Truth.UNKNOWN:
            for name, share in _shares(circumstance.when, facts, knowledge):
                yield name, CIRCUMSTANCE * share
    if knowledge.rules.asks_ground(offence, facts):
        yield from ((name, CIRCUMSTANCE) for name in knowledge.rules.hate.when.names())
    if "last_act_on" not in facts:
        yield "last_act_on", STARTING_DAY
    if offence.limitation.press:
        start = STARTING_FACTS[offence.limitation.starts][0]
        yield start, SHORT_CLOCK


def _shares(condition: Expression, facts: Mapping[str, Fact], knowledge: Knowledge) -> list[tuple[str, float]]:
    """For each unknown fact of a condition, the share of its possible values that would decide the condition."""
    shares = []
    for name in knowledge.unfold(condition.names()):
        fact = knowledge.facts[name]
        if name in facts or fact.derived:
            continue
        trials = values_to_try(fact)
        decided = sum(_decided_by(condition, facts, knowledge, name, value) for value in trials)
        # A fact that decides nothing alone still opens the way when it is one of two missing parts.
        shares.append((name, decided / len(trials) if decided else OPENS_THE_WAY))
    return shares


def _decided_by(
    condition: Expression, facts: Mapping[str, Fact], knowledge: Knowledge, name: str, value: Value
) -> bool:
    trial = {**facts, name: Fact(name, value, Source.ANSWER)}
    for derived, expression in knowledge.derivations.items():
        if derived not in trial:
            truth = expression.truth(trial)
            if truth is not Truth.UNKNOWN:
                trial[derived] = Fact(derived, truth is Truth.MET, Source.ANSWER)
    return condition.truth(trial) is not Truth.UNKNOWN


def values_to_try(fact: FactType) -> list[Value]:
    """Values worth trying: all of a closed set, a few of an open one."""
    match fact.kind:
        case FactKind.YES_NO:
            return [True, False]
        case FactKind.CHOICE:
            return list(fact.values)
        case FactKind.SEVERAL:
            return [frozenset({value}) for value in fact.values]
        case FactKind.NUMBER:
            return [1, 2, 10]
        case FactKind.DATE:
            return [date.min]
        case FactKind.PERIOD:
            return [(date.min, date.min + timedelta(days=1))]
