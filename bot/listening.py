"""Serving HTTP for a channel: a webhook or the web chat, on loopback behind the reverse proxy, no access log."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from uvicorn.server import ServerState

GRACE = 1  # seconds a stream may hold the end of the server


@asynccontextmanager
async def listening(app: Starlette, host: str, port: int) -> AsyncIterator[asyncio.Task[None]]:
    """Serve while inside; gives the task that ends when the server does."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            access_log=False,
            proxy_headers=False,  # an address is read where a limit asks for it, from the header that config.toml names
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=GRACE,
        )
    )
    serving = asyncio.create_task(server.serve())
    try:
        yield serving
    finally:
        server.should_exit = True
        await serving
        await _close_what_stays(server.server_state)


async def _close_what_stays(state: ServerState) -> None:
    """Streams that outlived their second, and connections accepted while the server was stopping: it forgets both."""
    await asyncio.gather(*state.tasks, return_exceptions=True)
    for connection in list(state.connections):
        connection.transport.abort()
    await asyncio.sleep(0)  # a transport closes in the next turn of the loop
