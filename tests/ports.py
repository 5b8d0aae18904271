"""Loopback ports for servers that the tests start."""

import asyncio
import socket

from aiohttp.web import AppRunner

TURNS = 4  # of the loop, from a connection accepted to its protocol being told


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until_listening(port: int, seconds: float = 20) -> None:
    """Wait until somebody does."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                return


async def stop(runner: AppRunner) -> None:
    """Stop a stand-in; close every connection, those accepted while it was stopping too, which the library forgets."""
    server = runner.server
    assert server is not None
    transports = [connection.transport for connection in server.connections]
    await runner.cleanup()
    for _ in range(TURNS):
        await asyncio.sleep(0)
    transports += [connection.transport for connection in server.connections]
    for transport in transports:
        if transport is not None:
            transport.abort()
    await asyncio.sleep(0)  # a transport closes in the next turn of the loop
