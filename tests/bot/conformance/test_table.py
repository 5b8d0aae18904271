"""The table of docs/channels.md says what the code says, and every channel stands in the suite."""

import re
from datetime import timedelta

from bot.capabilities import TABLE
from bot.channel import Capabilities
from tests.bot.conformance.conftest import PLATFORMS
from tests.builders import ROOT

ROUGHLY = 25  # lines


def row(name: str, able: Capabilities) -> str:
    """One line of the table."""
    if able.buttons >= 100:
        choices = "buttons"
    elif able.list_rows:
        choices = f"{able.buttons} buttons, else a list of {able.list_rows}, else numbered lines"
    else:
        choices = "numbered lines"
    deletion = {"none": "none", "hours": f"both sides, {able.hours} h", "ours": "ours, any time", "all": "any time"}[
        able.wiping
    ]
    forwards = {
        (True, True): "with author and date",
        (True, False): "known as such, no author",
        (False, False): "pasted",
    }[able.forwards, able.forward_authors]
    window = f"{able.window // timedelta(hours=1)} h" if able.window else "none"
    length = "no limit" if able.text >= 1_000_000 else str(able.text)
    media = ("fetched where the rules allow" if able.files else "reference") if able.media else "no"
    receipts = "yes" if able.receipts else "no"
    return f"| {name} | {choices} | {length} | {deletion} | {forwards} | {media} | {receipts} | {window} |"


def test_every_channel_stands_in_the_suite_and_in_the_table() -> None:
    assert sorted(PLATFORMS) == sorted(TABLE)
    table = (ROOT / "docs/channels.md").read_text(encoding="utf-8")
    for name, able in TABLE.items():
        assert row(name, able) in table, row(name, able)


def test_the_size_of_an_adapter_is_the_one_that_the_page_claims() -> None:
    page = (ROOT / "docs/channels.md").read_text(encoding="utf-8")
    for name, files in {"Matrix": ("matrix", "matrix_events"), "WhatsApp": ("whatsapp", "whatsapp_updates")}.items():
        lines = sum(len((ROOT / f"bot/channels/{file}.py").read_text(encoding="utf-8").splitlines()) for file in files)
        claimed = re.search(rf"{name}[^;.]*\.py`[^;]*?`, (\d+) lines", page)
        assert claimed is not None, name
        assert abs(int(claimed[1]) - lines) <= ROUGHLY, (name, lines)
