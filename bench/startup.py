"""Time until `recours run` polls, and its resident memory, beside a bare python-telegram-bot process in the same run.

    python bench/startup.py

Aim: ready in 3 s, under 350 MB.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.throughput import echo, recours  # noqa: E402 - the path is set above
from tests.bot_api import BotApi  # noqa: E402


async def measure(command: Callable[[Path, BotApi], list[str]]) -> tuple[float, float]:
    """Seconds until the first getUpdates, and megabytes resident after one conversation has begun."""
    api = await BotApi().start()
    with tempfile.TemporaryDirectory() as folder:
        arguments = command(Path(folder), api)
        start = time.perf_counter()
        process = subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            await api.until(lambda: "getUpdates" in api.calls, 60)
            seconds = time.perf_counter() - start
            api.write(1, "il m'a dit je vais te retrouver")
            await api.until(lambda: len(api.said) > 0, 30)
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
            kilobytes = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
            return seconds, kilobytes / 1024
        finally:
            process.kill()
            process.wait()
            await api.stop()


async def main() -> None:
    """Measure both, three times each, and print the best of each."""
    figures = {}
    for name, command in (("echo bot", echo), ("Recours", recours)):
        runs = [await measure(command) for _ in range(3)]
        figures[name] = (min(seconds for seconds, _ in runs), min(megabytes for _, megabytes in runs))
        print("{:10} ready in {:.2f} s, {:.0f} MB resident".format(name, *figures[name]))
    print(f"start: {figures['Recours'][0] / figures['echo bot'][0]:.1f} times the echo bot's (aim: under 3 s)")
    print(f"memory: {figures['Recours'][1] / figures['echo bot'][1]:.1f} times the echo bot's (aim: under 350 MB)")


if __name__ == "__main__":
    asyncio.run(main())
