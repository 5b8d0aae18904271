"""What each platform can show and do: one table, read by its channel, the engine, the command line, the docs.

No platform's library is needed to read it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bot.channel import WITHOUT_LIMIT, Capabilities

TABLE: Mapping[str, Capabilities] = {
    "terminal": Capabilities(
        text=1_000_000,
        text_with_buttons=1_000_000,
        buttons=100,  # each has a number or a letter to type
        label=1_000,
        list_rows=0,
        documents=True,
        deletion=WITHOUT_LIMIT,
        forwards=True,
        forward_authors=True,
        media=True,
        files=False,
        receipts=False,
        window=None,
        at_once=1,
    ),
    "telegram": Capabilities(
        text=4096,
        text_with_buttons=4096,
        buttons=100,
        label=100,
        list_rows=0,
        documents=True,
        deletion=timedelta(hours=48),
        forwards=True,
        forward_authors=True,
        media=True,
        files=True,
        receipts=False,
        window=None,
        at_once=25,  # the Bot API's limit is 30 messages a second for a bot
    ),
    "web": Capabilities(
        text=20_000,
        text_with_buttons=20_000,
        buttons=100,
        label=200,
        list_rows=0,
        documents=True,
        deletion=WITHOUT_LIMIT,  # the screen is ours
        forwards=False,
        forward_authors=False,
        media=True,
        files=False,  # a file never leaves her browser
        receipts=False,
        window=None,
        at_once=50,
    ),
    "matrix": Capabilities(
        text=16_000,  # an event holds 65 536 bytes, formatted and encrypted
        text_with_buttons=16_000,
        buttons=0,
        label=0,
        list_rows=0,
        documents=True,
        deletion=WITHOUT_LIMIT,
        deletes_hers=False,  # only where she gave us the power in the room
        forwards=False,
        forward_authors=False,
        media=True,
        files=False,  # its keys stand in the event: we do not keep them
        receipts=False,
        window=None,
        at_once=10,
    ),
    "whatsapp": Capabilities(
        text=4096,
        text_with_buttons=1024,
        buttons=3,
        label=20,
        list_rows=10,
        documents=True,
        deletion=None,
        forwards=True,
        forward_authors=False,
        media=True,
        files=False,  # Meta would hand it over by its id; we never ask
        receipts=True,
        window=timedelta(hours=24),
        at_once=20,
    ),
}
ANY = replace(TABLE["terminal"], files=True)
"""Where no platform stands between (staff who type for somebody on the telephone)."""


def of(channel: str) -> Capabilities:
    """What a channel can do, by its name."""
    return TABLE.get(channel, ANY)
