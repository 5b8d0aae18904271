"""Examinations of what is kept: key, case store, logs, backups, retention, accounts. Counts only, never a number."""

import random
from base64 import b32decode
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from bot.symptoms import Symptom, Visit, notice, right, wrong
from cases import backup, keys, opening
from cases.errors import (
    DiskFullError,
    KeyMissingError,
    KeyWrongError,
    StoreDamagedError,
    StoreError,
    StoreLockedError,
)
from cases.migrations import NEWEST
from cases.sql.store import SqlStore
from cases.sqlite import schema_of
from cases.staff import Account

SAMPLE = 30  # custody logs read when not all are
OTHERS = 0o077
LATE = timedelta(hours=48)  # of a backup or a purge that is due every day
SHORTEST_SECRET = 16  # bytes of a second factor
HOUR = timedelta(hours=1)
STORE_TEXTS: tuple[tuple[type[StoreError], str], ...] = (
    (KeyWrongError, "store.wrong_key"),
    (StoreLockedError, "store.locked"),
    (StoreDamagedError, "store.damaged"),
    (DiskFullError, "store.full"),
)


def key(visit: Visit) -> Iterator[Symptom]:
    """The key is there, is a key, is private, and stands outside the data folder."""
    file = visit.settings.path(visit.settings.store.key_file)
    if keys.is_given():  # the folder of the file may be out of sight
        yield right("key.environment")
        return
    if not file.is_file():
        where = visit.settings.store_place()
        fresh = isinstance(where, Path) and not where.is_file()  # a database may hold cases: no key is made for it
        yield wrong("key.first") if fresh else wrong("key.missing", file=file)
        return
    yield wrong("key.open", file=file) if file.stat().st_mode & OTHERS else _key_content(file)
    data = visit.settings.path(visit.settings.store.path).parent.resolve()
    if file.resolve().is_relative_to(data):
        yield wrong("key.inside")


def _key_content(file: Path) -> Symptom:
    try:
        keys.read_file(file)
    except StoreError:
        return wrong("key.not_a_key", file=file)
    return right("key.right")


def store(visit: Visit) -> Iterator[Symptom]:
    """The case store opens, is private and whole; the logs hold; promises of retention are kept."""
    where = visit.settings.store_place()
    if isinstance(where, Path):
        if not where.is_file():
            yield wrong("store.missing")
            return
        if (where.stat().st_mode | where.parent.stat().st_mode) & OTHERS:
            yield wrong("store.open", folder=where.parent, file=where)
    try:
        secret = keys.read(visit.settings.path(visit.settings.store.key_file))
        if isinstance(where, Path) and (schema := schema_of(where, secret)) != NEWEST:  # opening would change it
            yield (notice if schema < NEWEST else wrong)(
                "schema.older" if schema < NEWEST else "schema.newer", schema=schema, newest=NEWEST
            )
            return
        opened = opening.open_store(where, secret)
    except KeyMissingError:
        return  # said by `key`
    except StoreError as error:
        yield wrong(
            next((text for kind, text in STORE_TEXTS if isinstance(error, kind)), "store.unusable"),
            file=opening.named(where),
        )
        return
    try:
        yield right("store.right")
        yield right("schema.right", schema=opened.health.schema())
        faults = len(opened.engine.integrity())
        if faults:  # what is read of a damaged file says nothing
            yield wrong("file.wrong", count=faults)
            return
        yield right("file.right")
        yield from _evidence(opened, visit)
        yield from _overdue(opened, visit)
        yield from _staff(opened)
    finally:
        with suppress(StoreError):
            opened.close()


def _evidence(opened: SqlStore, visit: Visit) -> Iterator[Symptom]:
    numbers = opened.cases()
    read = numbers if visit.thorough else random.sample(numbers, min(SAMPLE, len(numbers)))
    broken = sum(bool(opened.faults(number)) for number in read)
    values = {"checked": len(read), "cases": len(numbers)}
    yield wrong("custody.wrong", count=broken, **values) if broken else right("custody.right", **values)
    yield wrong("audit.wrong") if opened.audit.faults() else right("audit.right")


def _overdue(opened: SqlStore, visit: Visit) -> Iterator[Symptom]:
    """Cases that the retention period should have erased by now."""
    before = visit.now - timedelta(days=visit.settings.retention.days) - LATE
    count = opened.health.overdue(before, visit.now.date())
    if count:
        yield wrong("purge.overdue", count=count)


def _staff(opened: SqlStore) -> Iterator[Symptom]:
    accounts = [each for each in opened.staff.accounts() if each.disabled_at is None]
    administrators = sum("administrator" in each.roles for each in accounts)
    bare = sum(not has_factor(each) for each in accounts)
    if not accounts:
        yield wrong("staff.none")
    elif not administrators:
        yield wrong("staff.no_administrator")
    if bare:
        yield wrong("staff.no_factor", count=bare)
    without = sum(not opened.staff.recovery_left(each.id) for each in accounts)
    if without:
        yield notice("staff.no_recovery", count=without)
    if administrators and not bare:
        yield right("staff.right", administrators=administrators, accounts=len(accounts))


def has_factor(account: Account) -> bool:
    """Whether its shared secret can make codes."""
    try:
        return len(b32decode(account.secret, casefold=True)) >= SHORTEST_SECRET
    except ValueError:
        return False


def backups(visit: Visit) -> Iterator[Symptom]:
    """How old the newest backup is, and whether others can reach it."""
    folder = visit.settings.path(visit.settings.store.backups)
    made_at = backup.newest(folder)
    if made_at is None:
        yield wrong("backup.none", folder=folder)
        return
    if folder.stat().st_mode & OTHERS:
        yield wrong("backup.open", folder=folder)
    age = visit.now - made_at
    yield wrong("backup.old", days=age.days) if age > LATE else right("backup.right", hours=age // HOUR)


def purge(visit: Visit) -> Iterator[Symptom]:
    """When the retention period was last applied."""
    path = visit.settings.path(visit.settings.store.path)
    if not path.is_file():
        return
    at = backup.purged_at(path)
    if at is None:
        yield wrong("purge.never")
        return
    age = visit.now - at
    yield wrong("purge.old", days=age.days) if age > LATE else right("purge.right", hours=age // HOUR)
