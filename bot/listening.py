"""Serving HTTP for a channel: a webhook or the web chat, on loopback behind the reverse proxy, no access log."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette
from uvicorn.server import ServerState

GRACE = 1  # seconds a stream may hold the end of the server


class Server(uvicorn.Server):
    """One server of several in this process: signals are the business of `bot.running`."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


@asynccontextmanager
async def listening(
    app: Starlette, host: str, port: int, *, several: bool = False
) -> AsyncIterator[asyncio.Task[None]]:
    """Serve while inside; gives the task that ends when the server does.

    With `several`, other processes of this account listen on the same port: the kernel gives each its share.
    """
    server = Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            access_log=False,
            log_config=None,  # its own handlers would write tracebacks, with words of people in them
            proxy_headers=False,  # an address is read where a limit asks for it, from the header that config.toml names
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=GRACE,
        )
    )
    sockets = [_shared(host, port)] if several else None
    serving = asyncio.create_task(server.serve(sockets))
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


def _shared(host: str, port: int) -> socket.socket:
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    ours = socket.socket(family, socket.SOCK_STREAM)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    ours.bind(address)
    return ours
