"""`recours run` as a process of its own, on a case store and a Bot API given on the command line."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from bot import running, slots
from tests.bot_api import TOKEN
from tests.builders import a_store, means_with


def main() -> None:
    """Serve until killed: FOLDER BASE_URL."""
    folder, base_url = Path(sys.argv[1]), sys.argv[2]
    means = means_with(lambda config: replace(config, telegram=replace(config.telegram, api=base_url)))
    with slots.slot(folder) as name:
        asyncio.run(running.run(means, a_store(folder), {running.TELEGRAM_TOKEN: TOKEN}, name))


if __name__ == "__main__":
    main()
