"""`recours run --workers N`: that many workers on this machine, each a process; one that ends is started again."""

import asyncio
import logging
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from bot.instants import backoff

log = logging.getLogger("recours")
COMMAND = "import sys; from bot.cli import main; sys.exit(main(['run']))"
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # workers share the cores, not each all of them
STEADY = 60.0  # seconds a worker lived: what ends it later is no failure to start
LAST_SECONDS = 15.0  # for a worker that is told to stop


def run(count: int, variable: str, free: Callable[[str], None]) -> int:
    """Keep `count` workers running until told to stop (SIGTERM, Ctrl-C).

    Each finds its name in the environment `variable`; `free` is told the name of one that has ended.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    log.setLevel(logging.INFO)
    with suppress(asyncio.CancelledError):
        asyncio.run(_run(count, variable, free))
    return 0


async def _run(count: int, variable: str, free: Callable[[str], None]) -> None:
    tasks = [asyncio.create_task(_keep(variable, free)) for _ in range(count)]
    loop = asyncio.get_running_loop()
    for told in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(told, lambda: [task.cancel() for task in tasks])
    await asyncio.gather(*tasks)


async def _keep(variable: str, free: Callable[[str], None]) -> None:
    failures = 0
    while True:
        name, started_at = secrets.token_hex(8), time.monotonic()
        environment = {**ONE_THREAD, **os.environ, variable: name}
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", COMMAND, env=environment)
        try:
            code = await process.wait()
        finally:
            if process.returncode is None:
                await _end(process)
        free(name)
        failures = 1 if time.monotonic() - started_at > STEADY else failures + 1
        log.error("worker %d ended with %d; another one starts", process.pid, code)
        await asyncio.sleep(backoff(failures).total_seconds())


async def _end(process: asyncio.subprocess.Process) -> None:
    """It lets go of what it has; when it does not in time, it is killed, and its lease ends by itself."""
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), LAST_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
