"""`recours store copy`: a helpline moves from a file to PostgreSQL, or back."""

import argparse
from pathlib import Path

from bot import config
from bot.commands import InputError
from cases import copying, keys, opening
from cases.errors import StoreError
from cases.opening import Place


def copy(options: argparse.Namespace) -> int:
    """Copy one store into another that is empty; both have the same key. The original is only read."""
    settings = config.load()
    source, target = (_place(settings, written) for written in (options.source, options.target))
    if source == target:
        raise InputError("--from and --to are the same store; give two")
    key = keys.read(settings.path(settings.store.key_file))
    opening.claim(source, key)
    fresh = isinstance(target, Path) and not target.exists()
    try:
        copied = _copied(source, target, key)
    except StoreError:
        if fresh and isinstance(target, Path):
            for suffix in ("", "-wal", "-shm"):
                target.with_name(target.name + suffix).unlink(missing_ok=True)
        raise
    for fault in copied.faults:
        print(f"{fault} (in the original too)")
    print(
        f"{opening.named(target)}: {sum(copied.rows.values())} rows in {len(copied.rows)} tables, "
        f"{copied.rows['cases']} case(s), each row compared, each custody log and the audit log verified.\n"
        f"{opening.named(source)} was only read. Name the new store in config.toml, see that it works, then destroy "
        "the old one."
    )
    return 0


def _place(settings: config.Config, written: str) -> Place:
    where = opening.place(written)
    return settings.path(where) if isinstance(where, Path) else where


def _copied(source: Place, target: Place, key: str) -> copying.Copied:
    old = opening.open_store(source, key)
    try:
        new = opening.open_store(target, key, create=True)
        try:
            return copying.copy(old, new)
        finally:
            new.close()
    finally:
        old.close()
