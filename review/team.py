"""What the team does together: what a conversation really is, tags, and several cases at once."""

import re
from collections.abc import Callable
from datetime import timedelta

from starlette.responses import Response

from cases.desk import DISPOSITIONS, LONGEST_TAG, STATUSES, DeskTurn
from cases.errors import NoCaseError
from review import case as page
from review import mentioning
from review.gate import CASES, Page
from review.visit import RefusedError, Visit

BLOCK_HOURS = (1, 24, 7 * 24)
MOST_TAGS = 12  # of a case
CHOSEN = "case_"  # begins the name of a box in the queue
SPACES = re.compile(r"\s+")


def _number(visit: Visit) -> str:
    return str(visit.request.path_params["number"])


async def dispose(visit: Visit) -> Response:
    """Say what the conversation is; said again, it is taken back, to the status it `was` in.

    An alert nobody attended keeps the case open.
    """
    wanted = visit.field("disposition")
    if wanted not in DISPOSITIONS:
        raise RefusedError(400, "error.form")
    was = visit.field("was")
    visit.audit("disposed", case=_number(visit), disposition=wanted)
    with visit.store.desk.turn(_number(visit), visit.account.id, visit.at) as turn:
        alert = bool(turn.line.alert)
        taken_back = turn.line.disposition == wanted
        _dispose(turn, "" if taken_back else wanted)
        if taken_back and was in STATUSES and not alert:
            turn.set_status(was)
    if visit.field("from") == "queue":
        said = visit.words("team.alert_stays" if alert and not taken_back else "decided.done")
        return visit.render("_parts.html", sections=(), swapped=True, message=said)
    return page.parts(visit, visit.words("team.alert_stays" if alert else "decided.done"), "head", "history")


def _dispose(turn: DeskTurn, disposition: str) -> None:
    turn.dispose(disposition)
    if not turn.line.alert:
        turn.set_status("closed" if disposition else "open")


async def tag(visit: Visit) -> Response:
    """Put a tag on a case, or take it away."""
    name, kept = tag_of(visit), visit.field("kept") != "off"
    visit.audit("tagged", case=_number(visit))
    with visit.store.desk.turn(_number(visit), visit.account.id, visit.at) as turn:
        if kept:
            _tag(turn, name)
        else:
            turn.tag(name, kept=False)
    return page.parts(visit, visit.words("decided.done"), "head", "history")


def tag_of(visit: Visit) -> str:
    """The tag of the form, its spaces made one.

    Raises:
        RefusedError: it is empty, too long, or holds what cannot be seen.
    """
    name = SPACES.sub(" ", visit.field("tag", LONGEST_TAG))
    if not name or not name.isprintable():
        raise RefusedError(400, "error.form")
    return name


def _tag(turn: DeskTurn, name: str) -> None:
    if len(turn.line.tags) < MOST_TAGS and turn.case.consent != "no":
        turn.tag(name, kept=True)


async def block(visit: Visit) -> Response:
    """Pause an abusive conversation for some hours; 0 lifts the pause. Crisis information is never paused."""
    hours = visit.field("hours")
    if hours not in ("0", *map(str, BLOCK_HOURS)):
        raise RefusedError(400, "error.form")
    visit.audit("blocked" if hours != "0" else "unblocked", case=_number(visit), hours=int(hours))
    with visit.store.desk.turn(_number(visit), visit.account.id, visit.at) as turn:
        turn.block(visit.at + timedelta(hours=int(hours)) if hours != "0" else None)
        if turn.line.taken_by is not None and hours != "0":
            turn.hand_back()
    return page.parts(visit, visit.words("decided.done"), "head", "talk", "history")


async def bulk(visit: Visit) -> Response:
    """The same act on the lines chosen in the queue, each in a transaction of its own.

    A case with an alert nobody attended is never closed with others: somebody looks at it first.
    """
    act, numbers = visit.field("act"), [name.removeprefix(CHOSEN) for name in visit.form if name.startswith(CHOSEN)]
    apply = _bulk_act(visit, act)
    for number in numbers:
        try:
            with visit.store.desk.turn(number, visit.account.id, visit.at) as turn:
                apply(turn)
        except NoCaseError:
            continue  # erased meanwhile
        visit.audit("case_handled", case=number, act=f"bulk_{act}")
    return visit.go("/")


def _bulk_act(visit: Visit, act: str) -> Callable[[DeskTurn], None]:
    """What is done to each.

    Raises:
        RefusedError: the form asks for something else.
    """
    match act:
        case "assign":
            wanted = visit.field("assignee")
            people = {str(person.id): person.id for person in mentioning.colleagues(visit)}
            if wanted and wanted not in people:
                raise RefusedError(400, "error.form")
            return lambda turn: turn.assign(people.get(wanted))
        case "status" if visit.field("status") in STATUSES:
            status = visit.field("status")
            return lambda turn: None if status == "closed" and turn.line.alert else turn.set_status(status)
        case "tag":
            name = tag_of(visit)
            return lambda turn: _tag(turn, name)
        case "disposition" if visit.field("disposition") in DISPOSITIONS:
            disposition = visit.field("disposition")
            return lambda turn: None if turn.line.alert else _dispose(turn, disposition)
    raise RefusedError(400, "error.form")


PAGES = (
    Page("/cases/{number}/disposition", dispose, CASES, "POST"),
    Page("/cases/{number}/tags", tag, CASES, "POST"),
    Page("/cases/{number}/block", block, CASES, "POST"),
    Page("/queue/bulk", bulk, CASES, "POST"),
)
