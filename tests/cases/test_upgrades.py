"""A store that any release wrote opens with the present code: nothing lost, chains hold, the desk has its rows.

The rows of `released/N.json` were written by the code of that release itself (`released/record.py`).
"""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cases import backup, cipher, keys, sqlite
from cases.case import Consent
from cases.desk import Filters
from cases.errors import StoreTooNewError
from cases.migrations import NEWEST, STEPS
from cases.sql.store import SqlStore
from cases.sqlite import SqliteStore
from tests.builders import Person, a_store

RELEASED = Path(__file__).parent / "released"
EVERY = sorted(int(path.stem) for path in RELEASED.glob("*.json"))
RELEASED_UP_TO = 8  # a release records its own tables (released/record.py), then raises this
LATER = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def recorded(schema: int) -> dict[str, list[dict[str, Any]]]:
    """Table to rows."""
    found = json.loads((RELEASED / f"{schema}.json").read_text(encoding="utf-8"))
    assert found["schema"] == schema
    tables: dict[str, list[dict[str, Any]]] = found["tables"]
    return tables


def value(written: Any) -> Any:
    return bytes.fromhex(written["hex"]) if isinstance(written, dict) else written


def rebuild(folder: Path, schema: int, *, up_to: int | None = None) -> Path:
    """The store as that release left it, with a key of ours."""
    keys.create(folder / "key")
    path = folder / "cases.db"
    database = cipher.connect(path, keys.read_file(folder / "key"))
    connection = database.conn
    for number in range(1, schema + 1):
        database.executescript(STEPS[number])
    connection.execute("BEGIN")
    connection.execute("PRAGMA defer_foreign_keys = ON")
    for table, rows in recorded(schema).items():
        connection.execute(f"DELETE FROM {table}")
        for row in rows:
            names, marks = ", ".join(row), ", ".join("?" * len(row))
            connection.execute(
                f"INSERT INTO {table} ({names}) VALUES ({marks})", [value(each) for each in row.values()]
            )
    connection.execute("COMMIT")
    connection.execute(f"PRAGMA user_version = {up_to or schema}")
    connection.close()
    return path


def opened(folder: Path) -> SqliteStore:
    return sqlite.open_store(folder / "cases.db", keys.read_file(folder / "key"))


def test_there_is_a_recording_of_every_released_schema() -> None:
    assert list(range(1, RELEASED_UP_TO + 1)) == EVERY
    assert RELEASED_UP_TO <= NEWEST


@pytest.mark.parametrize("schema", EVERY)
def test_every_row_is_still_there_in_its_own_columns(tmp_path: Path, schema: int) -> None:
    rebuild(tmp_path, schema)
    store = opened(tmp_path)
    assert store.health.schema() == NEWEST
    upgraded_on_purpose = {("cases", "log_head"), ("desk", "stood")}
    for table, rows in recorded(schema).items():
        columns = [name for name in rows[0] if (table, name) not in upgraded_on_purpose] if rows else []
        now = store._rows(f"SELECT {', '.join(columns) or 'NULL'} FROM {table}").fetchall() if rows else []
        before = [tuple(value(row[name]) for name in columns) for row in rows]
        key = lambda row: json.dumps(row, default=str)  # noqa: E731 - some tables have no rowid to order by
        assert sorted(map(tuple, now), key=key) == sorted(before, key=key), table
    store.close()


@pytest.mark.parametrize("schema", EVERY)
def test_chains_hold_and_the_file_is_whole(tmp_path: Path, schema: int) -> None:
    rebuild(tmp_path, schema)
    store = opened(tmp_path)
    assert store.integrity() == []
    assert store.custody(store.cases()[0])
    store.close()


@pytest.mark.parametrize("schema", EVERY)
def test_the_desk_has_every_case_and_the_search_finds_her_words(tmp_path: Path, schema: int) -> None:
    rebuild(tmp_path, schema)
    store = opened(tmp_path)
    lines = store.desk.queue(Filters(), 10)
    assert {line.number for line in lines} == set(store.cases())
    assert lines[0].alert > 0
    found = store._rows("SELECT count(*) FROM found_lines WHERE found_lines MATCH 'menaces'").fetchone()
    exhibits = store._rows("SELECT count(*) FROM found_exhibits WHERE found_exhibits MATCH 'tuer'").fetchone()
    assert (found[0], exhibits[0]) == (1, 1)
    store.close()


@pytest.mark.parametrize("schema", EVERY)
def test_the_conversation_goes_on_where_it_stood(tmp_path: Path, schema: int) -> None:
    rebuild(tmp_path, schema)
    store = opened(tmp_path)
    before = store.peek("test", "701")
    assert before is not None
    assert before.consent is Consent.YES
    assert [exhibit.text for exhibit in before.exhibits] == ["je vais te tuer si tu parles", "réponds moi sale pute"]
    person = Person(store, chat="701", at=LATER)
    assert person.writes("je suis là")
    person.forwards("tu vas le regretter")
    assert len(person.case.exhibits) == 3
    assert {fact: person.case.facts[fact].value for fact in before.facts} == {
        f: v.value for f, v in before.facts.items()
    }
    assert store.faults(before.number) == []
    assert [taken.update for taken in store.waiting("telegram")] == ["9002"]
    assert store.erased()[0][0] not in store.cases()
    store.close()


@pytest.mark.parametrize("schema", EVERY)
def test_it_can_be_erased_purged_and_backed_up(tmp_path: Path, schema: int) -> None:
    rebuild(tmp_path, schema)
    store = opened(tmp_path)
    key = keys.read_file(tmp_path / "key")
    copy = backup.back_up(store, key, tmp_path / "copies", LATER)
    numbers = store.cases()
    held = schema >= 2
    gone = store.purge(LATER + timedelta(days=1), date(2026, 11, 26), abandoned_before=LATER)
    assert gone == (numbers[1:] if held else numbers)
    assert not held or store.erase(numbers[0])
    assert store.cases() == []
    store.close()
    assert set(backup.restore(copy, tmp_path / "cases.db", key, replace=True)) >= set(numbers)


@pytest.mark.parametrize("schema", EVERY)
def test_a_kill_between_two_steps_is_taken_up_where_it_stopped(tmp_path: Path, schema: int) -> None:
    rebuild(tmp_path, schema)
    key = keys.read_file(tmp_path / "key")
    for number in range(schema + 1, NEWEST):
        database = cipher.connect(tmp_path / "cases.db", key)
        database.executescript(f"BEGIN IMMEDIATE; {STEPS[number]} PRAGMA user_version = {number:d}; COMMIT;")
        database.conn.close()
    store = opened(tmp_path)
    assert store.integrity() == []
    assert store.health.schema() == NEWEST
    store.close()


def test_a_store_of_a_later_release_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = rebuild(tmp_path, RELEASED_UP_TO, up_to=NEWEST + 1)
    with pytest.raises(StoreTooNewError, match=r"later release.*Install that release again, or restore a backup"):
        opened(tmp_path)
    database = cipher.connect(path, keys.read_file(tmp_path / "key"))
    assert database.execute("PRAGMA user_version").fetchone() == (NEWEST + 1,)
    database.conn.close()


def test_the_same_tables_whether_new_or_upgraded(tmp_path: Path) -> None:
    def tables(store: SqlStore) -> list[Any]:
        query = "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name"
        return list(store._rows(query).fetchall())

    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    rebuild(tmp_path / "old", 1)
    old, new = opened(tmp_path / "old"), a_store(tmp_path / "new")
    assert tables(old) == tables(new)
    old.close()
    new.close()
