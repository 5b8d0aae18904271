"""Moving a whole helpline from one store to another: row by row, verified before it counts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cases.errors import StoreDamagedError, StoreError
from cases.rows import Row
from cases.sql.engine import Engine, Secret
from cases.sql.pages import pages
from cases.sql.store import SqlStore
from cases.sql.tables import TABLES, Table


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied.

    Attributes:
        rows: how many, by table.
        faults: of the evidence, that were there before and are there still.
    """

    rows: Mapping[str, int]
    faults: Sequence[str]


def copy(source: SqlStore, target: SqlStore) -> Copied:
    """Copy every row into an empty store, in one transaction; the source is only read.

    Each table is read back from the target and compared with what the source gave, then every custody log, exhibit
    and the audit log is verified there, all before the target commits.

    Raises:
        StoreError: the target is not empty, or one of both cannot be read or written; the target stays as it was.
    """
    with source.engine.snapshot(), target.engine.transaction():
        for name in TABLES:
            if target.engine.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone() is not None:  # noqa: S608 - names of ours
                raise StoreError("the store to copy into is not empty; give a new file or an empty database")
        return fill(source, target)


def fill(source: SqlStore, target: SqlStore) -> Copied:
    """The same inside a snapshot of the source and a transaction of an empty target that are open already."""
    source.engine.take_time()
    target.engine.take_time()
    digests = {name: _copy_table(source.engine, target.engine, name) for name in TABLES}
    target.engine.settle_ids()
    for name, said in digests.items():
        if _digest_of(target.engine, name) != said:
            raise StoreDamagedError(f"{name}: the copy does not hold what the original does; nothing was copied")
    before, after = _faults(source), _faults(target)
    if fresh := [fault for fault in after if fault not in before]:
        raise StoreDamagedError(f"{fresh[0]}: the original does not have this fault; nothing was copied")
    return Copied({name: count for name, (count, _) in digests.items()}, before)


def _copy_table(source: Engine, target: Engine, name: str) -> tuple[int, str]:
    """Rows copied, and the digest of them all."""
    table, extra = TABLES[name], target.dialect.extra.get(name)
    columns = (*table.columns, *((extra,) if extra else ()))
    marks = ", ".join("?" for _ in columns)
    query = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - names of ours
    count, digest = 0, sha256()
    for page in pages(source, name):
        target.execute_many(query, [_written(target, name, table, row) for row in page])
        count += len(page)
        for row in page:
            digest.update(repr(tuple(row)).encode())
    if name == "desk":
        target.execute("DELETE FROM waits")  # a trigger began them anew; they are copied as they were
    return count, digest.hexdigest()


def _digest_of(engine: Engine, name: str) -> tuple[int, str]:
    count, digest = 0, sha256()
    for page in pages(engine, name):
        count += len(page)
        for row in page:
            digest.update(repr(tuple(row)).encode())
    return count, digest.hexdigest()


def _written(target: Engine, name: str, table: Table, row: Row) -> list[object]:
    """The values of a row, those that are sealed marked, and what it is found by."""
    values = dict(zip(table.columns, row, strict=True))
    marked: list[object] = []
    for column, value in values.items():
        if column in table.looked_up or column in table.sealed:
            bound = tuple(values[each] for each in table.sealed.get(column, ()))
            marked.append(Secret(f"{name}.{column}", value, bound))
        else:
            marked.append(value)
    return [*marked, *_found_by(target, name, values)]


def _found_by(target: Engine, name: str, values: Mapping[str, object]) -> Sequence[object]:
    match name:
        case "transcript":
            return target.words_of("" if values["who"] == "bot" else str(values["text"]))
        case "exhibits":
            return target.words_of(str(_json(values["body"]).get("text", "")))
        case "audit":
            return target.case_of(_json(values["detail"]))
    return ()


def _json(text: object) -> Mapping[str, object]:
    """What was changed behind the store's back is copied as it is, and found by nothing."""
    try:
        value = json.loads(str(text))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _faults(store: SqlStore) -> list[str]:
    found = [f"case {number}: {fault}" for number in store.cases() for fault in store.faults(number)]
    return [*found, *store.audit.faults()]
