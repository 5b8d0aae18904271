"""Turns per second and latency of one turn, beside a bare python-telegram-bot echo bot on the same server, same run.

    python bench/throughput.py

Recours commits three times a turn (inbox, turn, outbox), each on disk, and says four messages in three turns,
with their buttons; the echo bot keeps nothing and says one.
Aim: at least half the echo bot's throughput with 100 chats at once.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.bot_api import TOKEN, BotApi  # noqa: E402 - the path is set above
from tests.builders import a_store  # noqa: E402

CHATS_AT_ONCE, TURNS_EACH, WAVES, ALONE = 100, 3, 3, 100
ECHO = """
import sys
from telegram.ext import Application, MessageHandler, filters
async def echo(update, context):
    await update.message.reply_text(update.message.text)
app = Application.builder().token(sys.argv[2]).base_url(sys.argv[1]).concurrent_updates(64).build()
app.add_handler(MessageHandler(filters.TEXT, echo))
app.run_polling()
"""


def recours(folder: Path, api: BotApi) -> list[str]:
    """The command of our bot on an empty store."""
    a_store(folder).close()
    return [sys.executable, "-m", "tests.serving", str(folder), api.base_url]


def echo(_: Path, api: BotApi) -> list[str]:
    """The command of the baseline."""
    return [sys.executable, "-c", ECHO, api.base_url, TOKEN]


async def ready(api: BotApi) -> None:
    """Wait until the bot polls and has settled the first contact of each chat."""
    await api.until(lambda: "getUpdates" in api.calls, 60)


async def settled(api: BotApi, quiet: float = 2.0) -> None:
    """Wait until nothing has been said for a moment."""
    said = -1
    while said != len(api.said):
        said = len(api.said)
        await asyncio.sleep(quiet)


async def crowd(api: BotApi) -> float:
    """Turns per second with 100 chats at once, over three waves of people in the middle of their interview."""
    seconds = 0.0
    for wave in range(1, WAVES + 1):
        chats = list(range(wave * 1000, wave * 1000 + CHATS_AT_ONCE + 1))
        for opening in ("/start", "oui", "oui"):
            for chat in chats:
                api.write(chat, opening)
        await settled(api)
        one, others = chats[:1], chats[1:]
        each = await turns(api, one)  # how many messages the turns of one chat give
        start = time.perf_counter()
        await turns(api, others, expected=each * len(others))
        seconds += time.perf_counter() - start
    return WAVES * CHATS_AT_ONCE * TURNS_EACH / seconds


async def turns(api: BotApi, chats: list[int], expected: int | None = None) -> int:
    """Answer "I do not know" three times in each chat; returns how many messages came back."""
    before = len(api.said)
    for _ in range(TURNS_EACH):
        for chat in chats:
            api.write(chat, "je ne sais pas")
    if expected is None:
        await settled(api)
    else:
        await api.until(lambda: len(api.said) >= before + expected, 120)
    return len(api.said) - before


async def alone(api: BotApi) -> tuple[float, float]:
    """Median and 99th percentile of one turn, in milliseconds, from the update to the first answer."""
    await settled(api)
    waits = []
    for number in range(ALONE):
        before, start = len(api.said), time.perf_counter()
        api.write(500 + number, "bonjour")
        await api.until(lambda before=before: len(api.said) > before, 30)  # type: ignore[misc]  # a lambda with a default
        waits.append((time.perf_counter() - start) * 1000)
    return statistics.median(waits), sorted(waits)[int(0.99 * len(waits)) - 1]


async def measure(command: Callable[[Path, BotApi], list[str]]) -> tuple[float, float, float]:
    """Throughput, p50 and p99 of one bot."""
    api = await BotApi().start()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(command(Path(folder), api), cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            await ready(api)
            return await crowd(api), *await alone(api)
        finally:
            process.kill()
            process.wait()
            await api.stop()


async def main() -> None:
    """Measure both and print the ratios."""
    runs: list[tuple[str, Callable[[Path, BotApi], list[str]]]] = [("echo bot", echo), ("Recours", recours)]
    figures = {}
    for name, command in runs:
        figures[name] = await measure(command)
        print("{:10} {:7.0f} turns/s   p50 {:6.1f} ms   p99 {:6.1f} ms".format(name, *figures[name]))
    ratio = figures["Recours"][0] / figures["echo bot"][0]
    print(f"throughput: {ratio:.2f} of the echo bot's (aim: at least 0.5)")
    print(f"p50: {figures['Recours'][1] / figures['echo bot'][1]:.1f} times the echo bot's")


if __name__ == "__main__":
    asyncio.run(main())
