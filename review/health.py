"""Whether the console lives and is ready, for the machine it runs on; through the proxy there is no such page."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cases.errors import StoreError
from review.visit import Console

HERE = frozenset({"127.0.0.1", "localhost", "::1"})


def routes(console: Console) -> list[Route]:
    """`/healthz` and `/readyz`, answered to who speaks to the loopback address by name."""

    async def alive(request: Request) -> Response:
        _refuse_others(request)
        return PlainTextResponse("recours alive\n")

    async def ready(request: Request) -> Response:
        _refuse_others(request)
        failing = _failing(console)
        return JSONResponse({"ready": not failing, "failing": failing}, 503 if failing else 200)

    return [Route("/healthz", alive), Route("/readyz", ready)]


def _refuse_others(request: Request) -> None:
    """A proxy passes on the public name, which is not one of these."""
    if request.url.hostname not in HERE:
        raise HTTPException(404)


def _failing(console: Console) -> list[str]:
    try:
        current = console.store.health.schema() == console.store.health.newest_schema
    except StoreError:
        return ["store"]
    return [] if current else ["schema"]
