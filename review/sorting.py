"""Tags, and closing in one key a case that asks for nothing: never one whose alert nobody took care of."""

from starlette.responses import Response

from cases.desk import DISPOSITIONS
from review import case
from review.gate import CASES, Page
from review.queue import LONGEST_TAG
from review.visit import RefusedError, Visit

MOST_TAGS = 10  # of a case


async def dispose(visit: Visit) -> Response:
    """Close with a reason; the same reason again, or none, opens the case. She opens it herself by writing."""
    number, wanted = str(visit.request.path_params["number"]), visit.field("disposition")
    if wanted not in ("", *DISPOSITIONS):
        raise RefusedError(400, "error.form")
    visit.audit("case_sorted", case=number, disposition=wanted)
    with visit.store.desk.turn(number, visit.account.id, visit.at) as turn:
        waits = bool(wanted and turn.line.alert)
        if not waits:
            again = turn.line.status == "closed" and visit.store.desk.disposition(number) == wanted
            turn.dispose("" if again else wanted)
    return case.parts(visit, visit.words("sorting.alert_first" if waits else "decided.done"), "head", "history")


async def tag(visit: Visit) -> Response:
    """Put a tag on, or take it off."""
    number, word = str(visit.request.path_params["number"]), " ".join(visit.field("tag", LONGEST_TAG).split())
    kept = visit.form.get("off") != "on"
    if not word or (kept and len(visit.store.desk.tags(number)) >= MOST_TAGS):
        raise RefusedError(400, "error.form")
    visit.audit("case_tagged", case=number)
    with visit.store.desk.turn(number, visit.account.id, visit.at) as turn:
        turn.tag(word, kept=kept)
    return case.parts(visit, visit.words("decided.done"), "head", "history")


PAGES = (
    Page("/cases/{number}/disposition", dispose, CASES, "POST"),
    Page("/cases/{number}/tags", tag, CASES, "POST"),
)
