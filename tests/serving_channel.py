"""`recours run` as a process of its own with one channel: FOLDER CHANNEL and its settings as JSON."""

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot import running
from bot.config import Config
from tests.builders import a_store, means_with
from tests.whatsapp_api import APP_SECRET, TOKEN, VERIFY_TOKEN


def only(config: Config, channel: str, folder: Path, settings: Mapping[str, Any]) -> Config:
    """The configuration with this channel alone."""
    off = {name: replace(getattr(config, name), enabled=False) for name in ("telegram", "web", "matrix", "whatsapp")}
    alone = replace(config, root=folder, **off)
    return replace(alone, **{channel: replace(getattr(alone, channel), enabled=True, **settings)})


def main() -> None:
    """Serve until killed."""
    folder, channel, settings = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
    secrets = dict(zip(running.WHATSAPP, (TOKEN, APP_SECRET, VERIFY_TOKEN), strict=True))
    secrets[running.MATRIX_TOKEN] = settings.pop("token", "none")
    means = means_with(lambda config: only(config, channel, folder, settings))
    asyncio.run(running.run(means, a_store(folder), secrets))


if __name__ == "__main__":
    main()
