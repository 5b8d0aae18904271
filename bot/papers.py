"""The papers an association owes: register entry, draft impact assessment, notices, written from its configuration."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from bot import config
from bot.commands import InputError
from bot.config import Config
from flows import knowledge
from flows.contacts import PARIS
from flows.texts import Texts, written_day

PAPERS = (
    ("record", "fr", "registre.md"),
    ("impact", "fr", "analyse-d-impact.md"),
    ("notice", "fr", "vos-donnees.md"),
    ("notice", "en", "your-data.md"),
)


def write_papers(options: argparse.Namespace) -> int:
    """Write every paper into a folder; none is replaced, since people complete them by hand."""
    folder = Path(options.out)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; make it first, or give another after --out")
    there = [name for _, _, name in PAPERS if (folder / name).exists()]
    if there:
        raise InputError(f"{folder / there[0]}: stands there already; move it away, it may hold what you completed")
    texts, settings, day = knowledge.load().texts, config.load(), datetime.now(UTC).astimezone(PARIS).date()
    for paper, language, name in PAPERS:
        (folder / name).write_text(compose(paper, language, texts, settings, written_day(day)), encoding="utf-8")
        print(folder / name)
    return 0


def compose(paper: str, language: str, texts: Texts, settings: Config, day: str) -> str:
    """One paper as Markdown: its paragraphs in the order of the text file."""
    values = {
        "association": settings.association.name,
        "contact": settings.association.contact,
        "day": day,
        "retention_days": settings.retention.days,
        "abandoned_days": settings.retention.abandoned_days,
        "backup_days": settings.retention.backup_days,
        "warn_days": settings.retention.warn_days,
        "files": " ".join(texts.get(f"papers.files.{name}", language) for name in _files(settings)),
        "processors": "\n".join(f"- {line}" for line in _processors(language, texts, settings)),
        "transfers": texts.get(
            "papers.processor.transfer_telegram" if _platforms(settings) else "papers.processor.no_transfer"
        ),
    }
    keys = [key for key in texts.all(language) if key.startswith(f"papers.{paper}.")]
    return "\n\n".join(texts.get(key, language, **values) for key in keys) + "\n"


def _platforms(settings: Config) -> bool:
    """Whether somebody else's servers carry messages."""
    return settings.telegram.enabled or settings.matrix.enabled or settings.whatsapp.enabled


def _files(settings: Config) -> tuple[str, str]:
    """What becomes of files, and whether screenshots are read."""
    return settings.media.policy, "read" if settings.media.read_screenshots else "not_read"


def _processors(language: str, texts: Texts, settings: Config) -> list[str]:
    """Who sees what, as the configuration stands."""
    names = [
        *[name for name in ("telegram", "matrix", "whatsapp") if getattr(settings, name).enabled],
        *([] if _platforms(settings) else ["no_telegram"]),
        "server",
        "backups",
        "reader" if settings.media.read_screenshots else "no_reader",
        "timestamp" if settings.timestamp.url else "no_timestamp",
    ]
    return [texts.get(f"papers.processor.{name}", language, url=settings.timestamp.url) for name in names]
