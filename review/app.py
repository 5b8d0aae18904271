"""The table of routes, and the server."""

import asyncio
from collections.abc import Callable
from socket import socket
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from cases import opening
from cases.messages import to_messages
from cases.sql.store import SqlStore
from flows import knowledge, urgency
from flows.assessment import assess
from flows.texts import Texts
from nlp.classifier import Classifier
from review import (
    access,
    accounts,
    agreeing,
    case,
    changing,
    deciding,
    exposure,
    figures,
    health,
    identity,
    intake,
    linking,
    log,
    mentioning,
    passkeys,
    queue,
    reply,
    team,
    telling,
)
from review.gate import Headers, route
from review.live import Live
from review.settings import Settings
from review.visit import FOLDER, Console, Visit, templates

PAGES = (
    *access.PAGES,
    *passkeys.PAGES,
    *queue.PAGES,
    *case.PAGES,
    *deciding.PAGES,
    *reply.PAGES,
    *team.PAGES,
    *mentioning.PAGES,
    *linking.PAGES,
    *identity.PAGES,
    *intake.PAGES,
    *agreeing.PAGES,
    *exposure.PAGES,
    *log.PAGES,
    *accounts.PAGES,
    *figures.PAGES,
    *changing.PAGES,
)
GRACE_SECONDS = 2  # open streams are cut when the console stops
BATCH = 50


def console_of(settings: Settings, store: SqlStore) -> Console:
    """Everything the pages work with."""
    return Console(
        settings=settings,
        store=store,
        knowledge=knowledge.load(),
        texts=Texts.load(FOLDER / "texts"),
        classifier=Classifier.load(settings.models),
        live=Live(store.desk),
        templates=templates(),
    )


def build(console: Console) -> Starlette:
    """The application; its store belongs to the thread that calls this."""
    hosts = {"127.0.0.1", "localhost", "[::1]", console.settings.listen}
    if console.settings.public_url:
        hosts.add(urlsplit(console.settings.public_url).hostname or "localhost")

    async def refuse(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        visit = Visit(console, request)
        return visit.render("refused.html", status, reason="error.no_page" if status < 500 else "error.ours")  # noqa: PLR2004

    return Starlette(
        routes=[
            *(route(page, console) for page in PAGES),
            *health.routes(console),
            Mount("/static", StaticFiles(directory=FOLDER / "static")),
        ],
        middleware=[
            Middleware(Headers, secure=console.settings.secure),
            Middleware(TrustedHostMiddleware, allowed_hosts=sorted(hosts)),
        ],
        exception_handlers={HTTPException: refuse, 500: refuse},
    )


async def serve(settings: Settings, started: Callable[[uvicorn.Server], None] | None = None) -> None:
    """Serve until told to stop; `started` is given the server once it listens.

    Raises:
        StoreError: the case store cannot be opened.
    """
    store = opening.open_store(settings.store, settings.key)
    try:
        console = console_of(settings, store)
        options = uvicorn.Config(
            build(console),
            host=settings.listen,
            port=settings.port,
            access_log=False,
            log_config=None,  # its own handlers would write tracebacks, with words of people in them
            log_level="warning",
            server_header=False,
            proxy_headers=settings.secure,
            h11_max_incomplete_event_size=16_000,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        server = Server(options, console.live, started)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(console.live.watch())
            standing = group.create_task(stand_all(console))
            await server.serve()
            watching.cancel()
            standing.cancel()
    finally:
        store.close()


class Server(uvicorn.Server):
    """Says when it listens, and leaves no connection behind."""

    def __init__(
        self, options: uvicorn.Config, live: Live, started: Callable[[uvicorn.Server], None] | None = None
    ) -> None:
        super().__init__(options)
        self._live = live
        self._tell = started

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """As the library's."""
        await super().startup(sockets)
        if self.started and self._tell is not None:
            self._tell(self)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """As the library's; it forgets what outlived its grace and what was accepted while it was stopping."""
        await self._live.close()
        await super().shutdown(sockets)
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # a transport closes in the next turn of the loop


async def stand_all(console: Console) -> None:
    """Cases of an older release take their place in the queue, a few at a time."""
    while numbers := console.store.desk.unstood(BATCH):
        for number in numbers:
            kept = console.store.by_number(number)
            if kept is None:
                continue
            messages = to_messages(kept.exhibits)
            found = assess(kept.facts, messages, console.knowledge, console.now(), decided=kept.verdicts)
            with console.store.desk.turn(number, 0, console.now()) as turn:
                turn.stand(urgency.standing(found, messages, telling.language_of(kept)))
            await asyncio.sleep(0)
