"""A helpline moves to PostgreSQL and back, and nothing is lost on the way."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cases import copying
from cases.desk import Filters
from cases.errors import StoreDamagedError, StoreError
from cases.postgres import PostgresStore
from cases.rows import Row
from cases.sql.pages import pages
from cases.sql.store import SqlStore
from cases.sql.tables import SHARED, TABLES
from cases.sqlite import SqliteStore
from tests.builders import a_file
from tests.cases.full_store import LATER, fill, planted
from tests.cases.test_store import NOON
from tests.postgres import BOTH_ENGINES, a_postgres_store

ENGINES = BOTH_ENGINES


@pytest.fixture
def there(postgres_url: str, tmp_path: Path) -> Iterator[PostgresStore]:
    """An empty store on PostgreSQL."""
    opened = a_postgres_store(postgres_url, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[SqliteStore]:
    """A store on this machine with something in every table."""
    opened = a_file(tmp_path)
    fill(opened)
    yield opened
    opened.close()


def rows(store: SqlStore) -> dict[str, list[Row]]:
    return {name: [tuple(row) for page in pages(store.engine, name) for row in page] for name in TABLES}


def columns_of(store: SqlStore, name: str) -> set[str]:
    if isinstance(store, SqliteStore):
        query = "SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0"
    else:
        query = (
            "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() "
            "AND table_name = ? AND is_generated = 'NEVER'"
        )
    return {row[0] for row in store._rows(query, (name,))}


def tables_of(store: SqlStore) -> set[str]:
    if isinstance(store, SqliteStore):
        query = "SELECT name FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    else:
        query = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
    return {row[0] for row in store._rows(query)} - {"about"}


def test_the_list_of_tables_is_what_both_databases_have(store: SqlStore) -> None:
    shared = set() if isinstance(store, SqliteStore) else set(SHARED)
    assert tables_of(store) == set(TABLES) | shared
    for name, table in TABLES.items():
        extra = {store.engine.dialect.extra[name]} if name in store.engine.dialect.extra else set()
        assert columns_of(store, name) == set(table.columns) | extra, name
        assert set(table.sealed) <= set(table.columns)
        assert set().union(*table.sealed.values()) <= set(table.columns)


def test_every_row_goes_to_postgresql_and_comes_back_the_same(
    here: SqliteStore, there: PostgresStore, tmp_path: Path
) -> None:
    before = rows(here)
    assert [name for name, found in before.items() if not found] == []
    copied = copying.copy(here, there)
    assert copied.rows == {name: len(found) for name, found in before.items()}
    assert copied.faults == []
    assert rows(there) == before
    (tmp_path / "back").mkdir()
    (tmp_path / "back/key").write_bytes((tmp_path / "key").read_bytes())
    (tmp_path / "back/key").chmod(0o600)
    back = a_file(tmp_path / "back")
    copying.copy(there, back)
    assert rows(back) == before
    assert rows(here) == before
    for moved in (there, back):
        assert moved.integrity() == []
        assert [
            line.number for line in moved.desk.queue(Filters(words="planté5521 exhibit", status="any"), 9)
        ] == here.cases()[1::-1]
    back.close()


def test_after_the_move_work_goes_on(here: SqliteStore, there: PostgresStore) -> None:
    copying.copy(here, there)
    number = here.cases()[0]
    with there.turn("test", planted("chat-1"), LATER) as turn:
        assert turn.case.number == number
        turn.transcribe("person", "me revoilà", LATER)
    with there.turn("test", "new", LATER) as turn:
        assert turn.case.number not in here.cases()
    there.audit.write("signed_in", {"staff": "nour"}, LATER)
    assert there.integrity() == []
    account = there.staff.named(planted("NAME-nour"))
    assert account is not None
    assert account.secret == planted("secret")


def test_a_store_that_holds_something_is_not_copied_into(here: SqliteStore, there: PostgresStore) -> None:
    with there.turn("test", "1", NOON):
        pass
    before = rows(there)
    with pytest.raises(StoreError, match="not empty"):
        copying.copy(here, there)
    assert rows(there) == before


def test_a_value_lost_on_the_way_undoes_the_whole_copy(
    here: SqliteStore, there: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = there.engine.settle_ids

    def lose_one() -> None:
        settle()
        there._rows("UPDATE transcript SET lost = 1 WHERE id = (SELECT min(id) FROM transcript)")

    monkeypatch.setattr(there.engine, "settle_ids", lose_one)
    with pytest.raises(StoreDamagedError, match="transcript"):
        copying.copy(here, there)
    assert there.is_empty()


def test_a_fault_of_the_evidence_that_was_there_before_is_named_and_copied(
    here: SqliteStore, there: PostgresStore
) -> None:
    here._rows("UPDATE custody SET digest = 'x' WHERE number = 2 AND case_id = 1")
    copied = copying.copy(here, there)
    assert len(copied.faults) == 1
    assert here.cases()[0] in copied.faults[0]
    assert there.faults(here.cases()[0]) == here.faults(here.cases()[0])
