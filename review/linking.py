"""Two conversations of one person: linked for a stated reason and parted again; no row ever moves."""

from starlette.responses import Response

from review import case
from review.gate import CASES, Page
from review.visit import RefusedError, Visit

LONGEST_REASON = 300


def _number(visit: Visit) -> str:
    return str(visit.request.path_params["number"])


async def link(visit: Visit) -> Response:
    """Say that another case is of the same person, and why."""
    other, reason = visit.field("other", 20).upper(), visit.field("reason", LONGEST_REASON)
    if not reason:
        raise RefusedError(400, "error.reason")
    if visit.store.desk.line(other) is None or visit.store.desk.line(_number(visit)) is None:
        raise RefusedError(404, "error.no_case")
    linked = visit.store.team.merge(_number(visit), other, visit.account.id, reason, visit.at)
    if linked:
        visit.audit("linked", case=_number(visit), other=other)
        visit.audit("linked", case=other, other=_number(visit))
    return case.parts(visit, visit.words("decided.done" if linked else "link.already"), "links", "history")


async def part(visit: Visit) -> Response:
    """The link was wrong: both cases stand as before."""
    number, merge = _number(visit), int(visit.request.path_params["merge"])
    others = [each.other for each in visit.store.team.merges(number) if each.id == merge]
    if not others or not visit.store.team.unmerge(number, merge):
        raise RefusedError(404, "error.no_page")
    visit.audit("parted", case=number, other=others[0])
    visit.audit("parted", case=others[0], other=number)
    return case.parts(visit, visit.words("decided.done"), "links", "history")


PAGES = (
    Page("/cases/{number}/links", link, CASES, "POST"),
    Page("/cases/{number}/links/{merge:int}/part", part, CASES, "POST"),
)
