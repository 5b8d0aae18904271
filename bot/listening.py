"""Serving HTTP for a channel: a webhook or the web chat, on loopback behind the reverse proxy, no access log."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette

GRACE = 1  # seconds a stream may hold the end of the server


class Server(uvicorn.Server):
    """One server of several in this process: signals are the business of `bot.running`."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


@asynccontextmanager
async def listening(app: Starlette, host: str, port: int) -> AsyncIterator[asyncio.Task[None]]:
    """Serve while inside; gives the task that ends when the server does."""
    server = Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            access_log=False,
            log_config=None,  # its own handlers would write tracebacks, with words of people in them
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
