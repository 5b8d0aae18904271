"""`python -m bot` is `recours`, where the command is not installed (the container)."""

from bot.cli import main

raise SystemExit(main())
