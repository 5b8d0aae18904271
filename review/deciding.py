"""One key to confirm or correct: a label, a fact, the status of a finding; and to undo."""

from collections.abc import Callable

from starlette.responses import Response

from cases.desk import STATUSES, DeskTurn
from cases.exhibits import label_state, with_label
from cases.messages import to_messages
from flows import urgency, verdicts
from flows.assessment import Assessment, assess
from flows.facts import Fact, Source
from nlp.reading import LABELS
from review import case, editing, mentioning, telling
from review.gate import CASES, Page
from review.visit import RefusedError, Visit

ANSWERS = {"yes": "asserted", "no": "refused"}


def decide(visit: Visit, act: Callable[[DeskTurn], str]) -> Response:
    """Do something to a case in one transaction; the assessment follows, and she is told if it changes hers.

    `act` returns the key of a sentence when nothing was done.
    """
    number = str(visit.request.path_params["number"])
    queued = visit.store.desk.queued_body(number, telling.MERGE)
    with visit.store.desk.turn(number, visit.account.id, visit.at) as turn:
        _refuse_unkept(turn)
        before = telling.shown(_assess(visit, turn))
        refused = act(turn)
        found = _assess(visit, turn)
        turn.stand(urgency.standing(found, to_messages(turn.case.exhibits), telling.language_of(turn.case)))
        told = False if refused else telling.tell(turn, visit.console.knowledge, before, telling.shown(found), queued)
    key = refused or ("decided.told" if told else "decided.done")
    return case.parts(visit, visit.words(key))


def _refuse_unkept(turn: DeskTurn) -> None:
    if turn.case.consent != "yes":
        raise RefusedError(409, "error.not_kept")


def _assess(visit: Visit, turn: DeskTurn) -> Assessment:
    kept = turn.case
    return assess(kept.facts, to_messages(kept.exhibits), visit.console.knowledge, visit.at, decided=kept.verdicts)


async def decide_label(visit: Visit) -> Response:
    """A label of an exhibit is right, or wrong; `was` is the state the reviewer saw."""
    position, label = int(visit.request.path_params["position"]), visit.field("label")
    wanted, was = ANSWERS.get(visit.field("answer")), visit.field("was")
    if label not in LABELS or wanted is None:
        raise RefusedError(400, "error.form")
    visit.audit("label_decided", case=visit.request.path_params["number"], exhibit=position, label=label, state=wanted)

    def act(turn: DeskTurn) -> str:
        exhibit = case.exhibit_of(visit, turn.case)
        state = label_state(exhibit, label)
        if was != state:
            return "decided.changed_meanwhile"
        turn.decide_label(exhibit, with_label(exhibit, label, wanted), label)
        return ""

    return decide(visit, act)


async def decide_fact(visit: Visit) -> Response:
    """Confirm a fact as it stands, correct it, or give it back to what she and her exhibits say."""
    name = str(visit.request.path_params["fact"])
    knowledge = visit.console.knowledge
    if name not in knowledge.facts or name in knowledge.derivations:
        raise RefusedError(404, "error.no_page")
    answer = visit.field("answer")
    value = editing.parse(visit, name) if answer == "correct" else None
    visit.audit("fact_decided", case=visit.request.path_params["number"], fact=name, answer=answer)

    def act(turn: DeskTurn) -> str:
        known = _assess(visit, turn).facts.get(name)
        if answer == "confirm":
            if known is None:
                return "decided.changed_meanwhile"
            turn.decide_fact(name, Fact(name, known.value, Source.REVIEWER, known.exhibits))
        elif value is not None:
            turn.decide_fact(name, Fact(name, value, Source.REVIEWER))
        elif answer == "forget":
            turn.decide_fact(name, None)
        else:
            raise RefusedError(400, "error.form")
        return ""

    return decide(visit, act)


async def decide_finding(visit: Visit) -> Response:
    """Hold an offence, set it aside, or give it back to the rules."""
    offence, status, was = str(visit.request.path_params["offence"]), visit.field("status"), visit.field("was")
    if offence not in visit.console.knowledge.offences or status not in ("", *verdicts.STATUSES):
        raise RefusedError(404, "error.no_page")
    visit.audit("finding_decided", case=visit.request.path_params["number"], offence=offence, status=status)

    def act(turn: DeskTurn) -> str:
        present = {finding.offence: finding.status for finding in _assess(visit, turn).findings}.get(offence)
        if present is None or present != was:
            return "decided.changed_meanwhile"
        turn.decide_finding(offence, present, status or None)
        return ""

    return decide(visit, act)


async def undo(visit: Visit) -> Response:
    """Put back what stood before a correction."""
    correction = int(visit.request.path_params["correction"])
    visit.audit("correction_undone", case=visit.request.path_params["number"], correction=correction)
    return decide(visit, lambda turn: "" if turn.undo(correction) else "decided.changed_meanwhile")


async def handle(visit: Visit) -> Response:
    """Status, assignee, alerts taken care of, a second reader, an evidence item saved."""
    number = str(visit.request.path_params["number"])
    act = ACTS.get(visit.field("act"))
    if act is None:
        raise RefusedError(400, "error.form")
    visit.audit("case_handled", case=number, act=visit.field("act"))
    with visit.store.desk.turn(number, visit.account.id, visit.at) as turn:
        act(visit, turn)
    return case.parts(visit, visit.words("decided.done"), "head", "evidence", "history")


def _set_status(visit: Visit, turn: DeskTurn) -> None:
    status = visit.field("status")
    if status not in STATUSES:
        raise RefusedError(400, "error.form")
    turn.set_status(status)


def _assign(visit: Visit, turn: DeskTurn) -> None:
    wanted = visit.field("assignee")
    people = {str(each.id): each.id for each in mentioning.colleagues(visit)}
    if wanted and wanted not in people:
        raise RefusedError(400, "error.form")
    turn.assign(people.get(wanted))


def _assign_me(visit: Visit, turn: DeskTurn) -> None:
    turn.assign(visit.account.id)


def _attend(_: Visit, turn: DeskTurn) -> None:
    turn.attend_alerts()


def _second_reader(_: Visit, turn: DeskTurn) -> None:
    turn.ask_second_reader(wanted=not turn.line.second_reader)


def _tick(visit: Visit, turn: DeskTurn) -> None:
    item = visit.field("item")
    if item not in {each.id for each in visit.console.knowledge.evidence}:
        raise RefusedError(400, "error.form")
    turn.tick(item, kept=visit.form.get("kept") == "on")


ACTS: dict[str, Callable[[Visit, DeskTurn], None]] = {
    "status": _set_status,
    "assign": _assign,
    "assign_me": _assign_me,
    "attend": _attend,
    "second_reader": _second_reader,
    "tick": _tick,
}


async def add_note(visit: Visit) -> Response:
    """A word of the staff."""
    words, number = visit.field("note", 4000), str(visit.request.path_params["number"])
    to = mentioning.recipient(visit)
    if words:
        visit.audit("note_added", case=number)
        with visit.store.desk.turn(number, visit.account.id, visit.at) as turn:
            turn.note(words, to=to, mentioned=mentioning.mentioned(visit, words, to))
    return case.parts(visit, visit.words("decided.done"), "notes", "history")


PAGES = (
    Page("/cases/{number}/exhibits/{position:int}/label", decide_label, CASES, "POST"),
    Page("/cases/{number}/facts/{fact}", decide_fact, CASES, "POST"),
    Page("/cases/{number}/findings/{offence}", decide_finding, CASES, "POST"),
    Page("/cases/{number}/undo/{correction:int}", undo, CASES, "POST"),
    Page("/cases/{number}/handle", handle, CASES, "POST"),
    Page("/cases/{number}/notes", add_note, CASES, "POST"),
)
