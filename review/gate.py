"""The gate every request passes: size, origin, session, role, token; and the headers of every answer."""

import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cases.errors import NoCaseError
from cases.staff import ROLES, Session
from review.visit import FORM_TOKEN, Console, RefusedError, Visit

log = logging.getLogger("recours.review")
LARGEST_FORM = 64_000  # bytes
MOST_FIELDS = 100
FORM = "application/x-www-form-urlencoded"
SEEN_EVERY = timedelta(seconds=30)
EVERYBODY = frozenset(ROLES)
CASES = frozenset({"reviewer", "coordinator"})
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # "no-referrer" would make browsers send a null origin with our own forms
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "cache-control": "no-store",
    "x-robots-tag": "noindex, nofollow",
}

Endpoint = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Page:
    """One route.

    Attributes:
        path: of the route.
        show: what answers.
        roles: who may; empty only for `public` pages.
        method: `GET` or `POST`.
        public: before signing in.
    """

    path: str
    show: Endpoint
    roles: frozenset[str]
    method: str = "GET"
    public: bool = False


def route(page: Page, console: Console) -> Route:
    """The page behind the gate."""

    async def pass_gate(request: Request) -> Response:
        visit = Visit(console, request, at=console.now())
        try:
            return await _enter(page, visit)
        except NoCaseError:
            return refuse(visit, RefusedError(404, "error.no_case"))
        except RefusedError as refused:
            return refuse(visit, refused)
        except Exception as error:  # noqa: BLE001 - whatever it is, no word of a case may reach a log
            log.error("page_failed", extra={"fields": {"fault": error}})  # noqa: TRY400 - same
            return refuse(visit, RefusedError(500, "error.ours"))

    return Route(page.path, pass_gate, methods=[page.method])


async def _enter(page: Page, visit: Visit) -> Response:
    if page.method == "POST":
        _refuse_other_sites(visit)
        visit.form = await _read_form(visit.request)
    visit.session = session_of(visit)
    if page.public:
        return await page.show(visit)
    if visit.session is None:
        return visit.go("/sign-in")
    if page.roles.isdisjoint(visit.account.roles):
        visit.audit("refused", page=page.path)
        raise RefusedError(403, "error.role")
    if page.method == "POST":
        given = visit.request.headers.get("x-token") or visit.form.get(FORM_TOKEN, "")
        if not hmac.compare_digest(given.encode(), visit.session.token.encode()):
            raise RefusedError(403, "error.token")
    if visit.at - visit.session.seen_at > SEEN_EVERY and not visit.request.headers.get("x-background"):
        visit.store.staff.seen(visit.session.digest, visit.at)
    return await page.show(visit)


def session_of(visit: Visit) -> Session | None:
    """The session of the cookie, unless it is unused or open for too long."""
    held = visit.held("session")
    session = visit.store.staff.session(held) if held else None
    if session is None:
        return None
    settings = visit.console.settings
    if visit.at - session.seen_at > settings.idle or visit.at - session.opened_at > settings.longest:
        visit.store.staff.close_session(session.digest)
        return None
    return session


def refuse(visit: Visit, refused: RefusedError) -> Response:
    """A plain page that says why."""
    response = visit.render("refused.html", refused.status, reason=refused.reason)
    response.headers.update(refused.headers)
    return response


def _refuse_other_sites(visit: Visit) -> None:
    """A form of another site is refused before it is read; browsers say where it comes from."""
    headers = visit.request.headers
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise RefusedError(403, "error.token")
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        raise RefusedError(403, "error.token")


async def _read_form(request: Request) -> Mapping[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise RefusedError(415, "error.form")
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > LARGEST_FORM:
                raise RefusedError(413, "error.too_long", {"connection": "close"})
    except ClientDisconnect as error:
        raise RefusedError(400, "error.form") from error
    try:
        fields = parse_qsl(content.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise RefusedError(400, "error.form") from error
    return {name: value.replace("\r\n", "\n").replace("\0", "") for name, value in fields}


class Headers:
    """The headers of every answer, errors and files included."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = dict(HEADERS)
        if secure:
            self._headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, send_with if scope["type"] == "http" else send)
