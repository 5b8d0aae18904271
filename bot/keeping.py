"""Subcommands about what is kept: the dossier, its verification, holds."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from bot import config, handing
from bot.commands import InputError, case_store, day, moment, store_path
from cases import backup, keys, opening, timestamp
from cases.case import Case
from cases.custody import Entry
from cases.dossier import bag
from cases.errors import StoreError
from cases.sql.store import SqlStore
from cases.timestamp import TimestampError
from flows import knowledge

PASSPHRASE = "RECOURS_PASSPHRASE"  # noqa: S105 - the name of a variable
SHORTEST = 12  # characters of a passphrase
PDF_MARK = b"%PDF"


def write_dossier(options: argparse.Namespace) -> int:
    """Write the PDF and the bag of a case into a folder; the custody log says so."""
    at = moment(options.at) if options.at else datetime.now(UTC)
    passphrase = _passphrase() if options.locked else None
    folder = Path(options.out)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; make it first, or give another after --out")
    known = knowledge.load()
    with case_store() as store:
        case = _case(store, options.case)
        with store.turn(case.channel, case.chat, at, hers=False) as turn:
            log = turn.custody()
            association = config.load().association.name
            printed = handing.print_dossier(turn.case, log, known, association, at)
            files = handing.bag_of(
                turn.case, log, printed, known, at, date_head=_date_head, kept=store.files(case.number)
            )
            paths = folder / f"{case.number}.zip", folder / f"{case.number}.pdf"
            for path, content in zip(paths, (bag.pack(files, case.number, passphrase), printed.pdf), strict=True):
                _write_beside(path, content)
            turn.log(handing.EXPORTED, printed.logged)
        for path in paths:  # only now, that the log knows them, do they get their names; the PDF last
            _beside(path).replace(path)
    print(*paths, sep="\n")
    return 0


def _date_head(head: str) -> dict[str, bytes]:
    """The trusted date of a head; an authority that does not answer never stops a dossier."""
    url = config.load().timestamp.url
    if not url:
        return {}
    try:
        return {timestamp.HEAD: head.encode(), timestamp.TOKEN: timestamp.ask(head, url)}
    except TimestampError as error:
        print(f"recours: {error}", file=sys.stderr)
        return {}


def verify(options: argparse.Namespace) -> int:
    """List every change found; exit 1 when there is one."""
    found = _verify_store() if options.path is None else _verify_file(Path(options.path))
    for line in found:
        print(line)
    print(f"{len(found)} fault(s)." if found else "Everything holds.")
    return 1 if found else 0


def hold(options: argparse.Namespace) -> int:
    """Keep a case beyond its retention period, or lift that."""
    until = None if options.until == "none" else day(options.until)
    with case_store() as store:
        case = _case(store, options.case)
        now = datetime.now(UTC)
        if until is not None and until <= now.date():
            raise InputError(f"{until}: a hold ends in the future; give a later day, or `none` to lift it")
        if until is not None and not options.agreed:
            raise InputError("a hold needs the person's agreement; add --agreed and the day she gave it")
        agreed_on = day(options.agreed).isoformat() if options.agreed else None
        with store.turn(case.channel, case.chat, now, hers=False) as turn:
            turn.hold_case(until)
            turn.log("held", {"until": until.isoformat() if until else None, "agreed_on": agreed_on})
    print(f"{case.number}: kept until {until}" if until else f"{case.number}: no hold")
    return 0


def back_up(options: argparse.Namespace) -> int:
    """Make a verified, encrypted copy of the case store; copies past their days go."""
    settings = config.load()
    path, key = store_path(settings), keys.read(settings.path(settings.store.key_file))
    folder = Path(options.to) if options.to else settings.path(settings.store.backups)
    now = datetime.now(UTC)
    with case_store() as store:
        if not store.alone_at("backup"):
            print("Another machine makes a backup at this moment; nothing was done here.")
            return 0
        backup.note_erased(path, store.erased())
        print(backup.back_up(store, key, folder, now))
    for old in backup.prune(folder, now - timedelta(days=settings.retention.backup_days)):
        print(f"{old}: older than {settings.retention.backup_days} days, deleted")
    return 0


def restore(options: argparse.Namespace) -> int:
    """Put a backup in place; cases erased since it was made are erased again."""
    settings = config.load()
    key = keys.read(settings.path(settings.store.key_file))
    where, file = settings.store_place(), Path(options.file)
    if isinstance(where, Path):
        gone = backup.restore(file, where, key, replace=options.replace)
    else:
        gone = backup.restore_to_database(file, where, store_path(settings), key, replace=options.replace)
    for number in gone:
        print(f"{number}: had been erased since, erased again")
    print(f"{opening.named(where)}: restored")
    return 0


def new_key(_: argparse.Namespace) -> int:
    """Encrypt the case store with a new key."""
    settings = config.load()
    if keys.is_given():
        raise InputError(f"the key comes from {keys.VARIABLE}; put it in {settings.store.key_file} first, and unset it")
    key_file = settings.path(settings.store.key_file)
    backup.settle_key(settings.store_place(), key_file)
    scratch = store_path(settings).with_suffix(".rekey")
    old = backup.new_key(settings.store_place(), key_file, datetime.now(UTC).date(), scratch)
    print(f"{key_file}: new key. Backups made until now open with {old}; delete it when they are gone")
    return 0


def _verify_store() -> list[str]:
    with case_store() as store:
        return store.integrity()


def _verify_file(path: Path) -> list[str]:
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; give a bag (folder or .zip) or a dossier's .pdf")
    if path.is_file():
        content = path.read_bytes()
        if path.suffix.lower() == ".pdf" or content.startswith(PDF_MARK):
            return _verify_pdf(path, content)
        files = bag.read(path, os.environ.get(PASSPHRASE) or None)
        envelope = (
            []
            if bag.is_locked(content) or bag.repacked(content, files)
            else [f"{path.name}: the archive is not as it was made"]
        )
        return [*bag.faults(files), *_date_faults(files), *envelope]
    files = bag.read(path)
    return [*bag.faults(files), *_date_faults(files)]


def _date_faults(files: Mapping[str, bytes]) -> list[str]:
    """What is wrong with the trusted date of a bag that has one; says the date when it holds."""
    if timestamp.TOKEN not in files:
        return []
    settings = config.load()
    if not settings.timestamp.certificates:
        print("trusted date: not checked; write timestamp.certificates in config.toml to check it")
        return []
    try:
        certificates = settings.path(Path(settings.timestamp.certificates))
        at = timestamp.check(files[timestamp.TOKEN], bag.head(files), certificates)
    except TimestampError as error:
        return [str(error)]
    print(f"trusted date: {at:%d/%m/%Y %H:%M:%S} UTC")
    return []


def exported_as(content: bytes, log: Sequence[Entry]) -> Entry | None:
    """The entry of a custody log that says that this very PDF was exported; None when there is none."""
    digest = sha256(content).hexdigest()
    said = (entry for entry in log if entry.event == handing.EXPORTED and entry.detail.get("pdf") == digest)
    return next(said, None)


def _verify_pdf(path: Path, content: bytes) -> list[str]:
    """A PDF alone is compared with the custody logs of the case store, which hold its digest since its export."""
    with case_store() as store:
        for number in store.cases():
            entry = exported_as(content, store.custody(number))
            if entry is not None:
                print(f"{path.name}: exported from case {number} on {entry.at:%d/%m/%Y %H:%M} UTC")
                return []
    return [f"{path.name}: no custody log knows it: it was changed, or its case was erased or is elsewhere"]


def _case(store: SqlStore, number: str) -> Case:
    case = store.by_number(number)
    if case is None:
        raise InputError(f"{number}: no such case; numbers look like R-7KQF-93XD")
    return case


def _passphrase() -> str:
    given = os.environ.get(PASSPHRASE, "")
    if len(given) < SHORTEST:
        raise InputError(f"set {PASSPHRASE} to at least {SHORTEST} characters, and tell it another way than the file")
    return given


def _beside(path: Path) -> Path:
    return path.with_suffix(f"{path.suffix}.part")


def _write_beside(path: Path, content: bytes) -> None:
    """All of the file or none of it, readable by its owner only, under a name that nobody takes for a dossier."""
    beside = _beside(path)
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise StoreError(f"{path}: could not be written ({error.strerror}); nothing was exported") from error
