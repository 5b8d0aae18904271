"""The audit log, for those who watch over the watchers."""

from starlette.responses import Response

from review.gate import Page
from review.visit import Visit

PAGE = 100
WATCHERS = frozenset({"auditor", "administrator"})


async def show(visit: Visit) -> Response:
    """The latest entries, and whether the chain holds."""
    before = visit.request.path_params.get("before")
    visit.audit("audit_viewed")
    entries = visit.store.audit.entries(PAGE, before)
    faults = visit.store.audit.faults() if before is None else []
    oldest = entries[-1].number if entries and entries[-1].number > 1 else None
    return visit.render("audit.html", entries=entries, faults=faults, oldest=oldest)


PAGES = (
    Page("/audit", show, WATCHERS),
    Page("/audit/{before:int}", show, WATCHERS),
)
