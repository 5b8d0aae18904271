"""`recours demo`: the conversation in the terminal and the console beside it, on a store that goes when it ends."""

import argparse
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot import commands, config, engine
from bot.channels import terminal
from bot.messages import Inbound, Origin, OriginKind
from bot.talk import Means
from cases import keys, sqlite
from cases.sql.store import SqlStore

INVENTED = Path(__file__).parent / "invented.toml"
CHANNEL = "invented"
PAUSE = timedelta(seconds=20)  # between two things an invented person says

Console = Callable[[config.Config], None]


def invent(store: SqlStore, means: Means, now: datetime) -> None:
    """Let invented people talk to the bot; what it answers is not sent to anybody."""
    for number, case in enumerate(tomllib.loads(INVENTED.read_text(encoding="utf-8"))["case"], 1):
        at = now - timedelta(minutes=case["minutes"])
        for count, parts in enumerate(_parts(case, at)):
            inbound = Inbound(CHANNEL, str(number), f"{number}-{count}", at + count * PAUSE, **parts)
            with store.turn(CHANNEL, inbound.chat, min(inbound.at, now)) as turn:
                engine.answer(means, turn, inbound)
        while due := store.due(CHANNEL, now + timedelta(days=1)):
            for outgoing in due:
                store.sent(outgoing.id, now)


def _parts(case: dict[str, Any], at: datetime) -> Iterator[dict[str, Any]]:
    yield {"text": "/start", "language": case.get("language", "fr")}
    yield {"choice": "phone_safe:yes"}
    yield {"choice": "consent:no" if case.get("refused") else "consent:yes"}
    for kind, words, *author in case["said"]:
        if kind == "forward":
            sent_at = at - timedelta(days=3 * len(words) % 40)
            yield {"text": words, "origin": Origin(OriginKind.USER, author[0], author[0], sent_at)}
        else:
            yield {kind: words}


def run(_: argparse.Namespace, console: Console) -> int:
    """Both sides; the first account is printed with what it takes to sign in.

    Args:
        _: no option.
        console: makes an account, prints how to sign in and goes on serving beside us.
    """
    settings = config.load()
    with tempfile.TemporaryDirectory(prefix="recours-demo-") as folder:
        store_settings = replace(settings.store, url="", path=Path(folder) / "cases.db", key_file=Path(folder) / "key")
        settings = replace(settings, store=store_settings)
        keys.create(store_settings.key_file)
        store = sqlite.open_store(store_settings.path, keys.read_file(store_settings.key_file), create=True)
        means = commands.means(settings)
        invent(store, means, datetime.now(UTC))
        console(settings)
        return terminal.talk(means, None, store=store)
