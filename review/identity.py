"""Who somebody is: for a stated reason, and, where the house says so, with a second person's word."""

from starlette.responses import Response

from cases.messages import author_of
from review import case
from review.gate import CASES, Page
from review.visit import RefusedError, Visit


async def show(visit: Visit) -> Response:
    """Who she is; the audit log keeps the reason before anything is shown."""
    reason = visit.field("reason")
    if reason not in case.REASONS:
        raise RefusedError(400, "error.reason")
    opened = case.open_case(visit)
    number = opened.case.number
    if visit.console.settings.identity_by_two and not _is_allowed(visit, number, reason):
        return _ask(visit, number, reason)
    visit.audit("identity_viewed", case=number, reason=reason)
    authors = [
        (exhibit.position, (exhibit.origin or {}).get("name") or author_of(exhibit))
        for exhibit in opened.case.exhibits
        if author_of(exhibit)
    ]
    return visit.render("_identity.html", case=opened.case, authors={name: at for at, name in reversed(authors)})


def _is_allowed(visit: Visit, number: str, reason: str) -> bool:
    """Somebody else agreed within the hour, for this person, this case and this reason."""
    return any(
        each.staff == visit.account.id and each.reason == reason and each.allowed_by
        for each in visit.store.team.identity_requests(number, visit.at - case.ALLOWED_FOR)
    )


def _ask(visit: Visit, number: str, reason: str) -> Response:
    waiting = [
        each
        for each in visit.store.team.identity_requests(number, visit.at - case.ALLOWED_FOR)
        if each.staff == visit.account.id and each.reason == reason
    ]
    if not waiting:
        visit.audit("identity_asked", case=number, reason=reason)
        visit.store.team.ask_identity(number, visit.account.id, reason, visit.at)
    return visit.render("_identity_asked.html")


async def allow(visit: Visit) -> Response:
    """A second person agrees to the request of a colleague; nobody agrees to their own."""
    number, request = str(visit.request.path_params["number"]), int(visit.request.path_params["request"])
    since = visit.at - case.ALLOWED_FOR
    if not visit.store.team.allow_identity(number, request, visit.account.id, visit.at, since):
        raise RefusedError(404, "error.no_page")
    visit.audit("identity_allowed", case=number, request=request)
    return case.parts(visit, visit.words("decided.done"), "head", "history")


PAGES = (
    Page("/cases/{number}/identity", show, CASES, "POST"),
    Page("/cases/{number}/identity/{request:int}", allow, CASES, "POST"),
)
