"""Killed at random instants, started again each time: nothing acknowledged is lost, nothing counts twice."""

import asyncio
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.state import State
from cases.case import Consent
from tests.bot_api import BotApi
from tests.builders import ROOT, a_store

CHATS = (11, 22, 33, 44)
TURNS = 200
KILLS = 5


def told_to_keep(folder: Path) -> None:
    """Four people who have agreed and are at the first question."""
    store = a_store(folder)
    now = datetime.now(UTC)
    for chat in CHATS:
        with store.turn("telegram", str(chat), now) as turn:
            turn.set_consent(Consent.YES)
            turn.save_state(State(steps=["question:reporter"], asked=["reporter"], last_at=now).to_json())
    store.close()


def start(folder: Path, api: BotApi) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.serving", str(folder), api.base_url], cwd=ROOT, stderr=subprocess.DEVNULL
    )


async def test_two_hundred_turns_survive_kills_at_random_instants(tmp_path: Path) -> None:
    told_to_keep(tmp_path)
    draw = random.Random(20261124)
    api = await BotApi().start()
    origin = {"type": "hidden_user", "sender_user_name": "K", "date": 1_794_000_000}
    pushed: dict[int, list[str]] = {chat: [] for chat in CHATS}
    process = start(tmp_path, api)
    try:
        for kill in range(KILLS + 1):
            for number in range(kill * TURNS // (KILLS + 1), (kill + 1) * TURNS // (KILLS + 1)):
                chat = CHATS[number % len(CHATS)]
                text = f"message {number} de la série"
                pushed[chat].append(text)
                api.write(chat, text, forward_origin=origin)
            acknowledged = api.acknowledged
            await api.until(lambda before=acknowledged: api.acknowledged > before, 60)  # type: ignore[misc]  # mypy does not infer a lambda with a default
            if kill < KILLS:
                await asyncio.sleep(draw.random() * 0.15)
                process.kill()
                process.wait()
                process = start(tmp_path, api)
        await api.until(lambda: api.acknowledged >= TURNS, 60)
        await asyncio.sleep(1)
    finally:
        process.kill()
        process.wait()
        await api.stop()
    store = a_store(tmp_path)
    for taken in store.waiting("telegram"):  # acknowledged, on disk, not yet handled when the last kill came
        pushed[int(taken.chat)] = [text for text in pushed[int(taken.chat)] if text not in taken.raw]
    for chat in CHATS:
        case = store.peek("telegram", str(chat))
        assert case is not None
        assert [exhibit.text for exhibit in case.exhibits] == pushed[chat]
    assert store.integrity() == []
    store.close()
