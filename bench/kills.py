"""Killed -9 in the middle of queued updates: what is lost by python-telegram-bot's default polling, and by ours.

    python bench/kills.py

Both handle the same 200 updates from the same server, each killed at the same instants and started again.
"""

import asyncio
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.bot.test_kill import CHATS, KILLS, TURNS, told_to_keep  # noqa: E402 - the path is set above
from tests.bot_api import TOKEN, BotApi  # noqa: E402
from tests.builders import a_store  # noqa: E402

DEFAULT = """
import asyncio, os, sys
from telegram.ext import Application, MessageHandler, filters
kept = open(sys.argv[3], "a")
async def keep(update, context):
    await asyncio.sleep(0.005)  # what one of our turns takes
    kept.write(update.message.text + "\\n"); kept.flush(); os.fsync(kept.fileno())
app = Application.builder().token(sys.argv[2]).base_url(sys.argv[1]).build()
app.add_handler(MessageHandler(filters.TEXT, keep))
app.run_polling()
"""


def ours(folder: Path, api: BotApi) -> list[str]:
    """The command of our bot."""
    return [sys.executable, "-m", "tests.serving", str(folder), api.base_url]


def default(folder: Path, api: BotApi) -> list[str]:
    """The command of the baseline."""
    return [sys.executable, "-c", DEFAULT, api.base_url, TOKEN, str(folder / "kept")]


def kept_by_us(folder: Path) -> list[str]:
    """Messages in our store, and those that wait in its inbox."""
    store = a_store(folder)
    cases = [store.peek("telegram", str(chat)) for chat in CHATS]
    kept = [exhibit.text for case in cases if case for exhibit in case.exhibits]
    return kept + [taken.raw for taken in store.waiting("telegram")]


def kept_by_default(folder: Path) -> list[str]:
    """Lines the baseline wrote."""
    return (folder / "kept").read_text(encoding="utf-8").splitlines()


async def lose(command: Callable[[Path, BotApi], list[str]], kept: Callable[[Path], list[str]]) -> tuple[int, int]:
    """(lost, counted twice) of 200 updates with kills at random instants."""
    draw = random.Random(7)  # noqa: S311 - the same instants for both
    api = await BotApi().start()
    origin = {"type": "hidden_user", "sender_user_name": "K", "date": 1_794_000_000}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        told_to_keep(folder)
        process = subprocess.Popen(command(folder, api), cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            for kill in range(KILLS + 1):
                for number in range(kill * TURNS // (KILLS + 1), (kill + 1) * TURNS // (KILLS + 1)):
                    api.write(CHATS[number % len(CHATS)], f"message {number}.", forward_origin=origin)
                before = api.acknowledged
                await api.until(lambda before=before: api.acknowledged > before, 60)  # type: ignore[misc]  # a lambda with a default
                if kill < KILLS:
                    await asyncio.sleep(draw.random() * 0.1)
                    process.kill()
                    process.wait()
                    process = subprocess.Popen(command(folder, api), cwd=ROOT, stderr=subprocess.DEVNULL)
            await api.until(lambda: api.acknowledged >= TURNS, 60)
            await asyncio.sleep(3)
        finally:
            process.kill()
            process.wait()
            await api.stop()
        found = kept(folder)
    times = [sum(f"message {number}." in text for text in found) for number in range(TURNS)]
    return times.count(0), sum(count > 1 for count in times)


async def main() -> None:
    """Run both and print what each lost."""
    for name, command, kept in (
        ("default polling", default, kept_by_default),
        ("Recours", ours, kept_by_us),
    ):
        lost, twice = await lose(command, kept)
        print(f"{name:16} lost {lost:3} of {TURNS}, counted twice {twice}, after {KILLS} kills")


if __name__ == "__main__":
    asyncio.run(main())
