"""Serving HTTP for a channel: a webhook or the web chat, on loopback behind the reverse proxy, no access log."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette

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
