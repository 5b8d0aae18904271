"""Accounts as the administrator sees them: who may sign in, closing one, ending its sessions."""

from starlette.responses import Response

from cases.staff import Account
from review.gate import Page
from review.visit import RefusedError, Visit

ADMINISTRATORS = frozenset({"administrator"})


async def show(visit: Visit) -> Response:
    """Everybody."""
    staff = visit.store.staff
    rows = [(account, len(staff.sessions_of(account.id))) for account in staff.accounts()]
    return visit.render("accounts.html", rows=rows)


async def disable(visit: Visit) -> Response:
    """Close an account; nobody closes the one he uses."""
    account = _account(visit)
    if account.id == visit.account.id:
        raise RefusedError(409, "error.own_account")
    visit.audit("account_disabled", account=account.name)
    visit.store.staff.change(account.id, disabled_at=visit.at)
    visit.store.staff.close_sessions(account.id)
    return visit.go("/accounts")


async def enable(visit: Visit) -> Response:
    """Open it again."""
    account = _account(visit)
    visit.audit("account_enabled", account=account.name)
    visit.store.staff.change(account.id, disabled_at=None)
    return visit.go("/accounts")


async def end_sessions(visit: Visit) -> Response:
    """Sign somebody out everywhere."""
    account = _account(visit)
    visit.audit("sessions_ended", account=account.name)
    visit.store.staff.close_sessions(account.id)
    return visit.go("/accounts")


def _account(visit: Visit) -> Account:
    account = visit.store.staff.by_id(int(visit.request.path_params["staff"]))
    if account is None:
        raise RefusedError(404, "error.no_page")
    return account


PAGES = (
    Page("/accounts", show, ADMINISTRATORS),
    Page("/accounts/{staff:int}/disable", disable, ADMINISTRATORS, "POST"),
    Page("/accounts/{staff:int}/enable", enable, ADMINISTRATORS, "POST"),
    Page("/accounts/{staff:int}/sessions", end_sessions, ADMINISTRATORS, "POST"),
)
