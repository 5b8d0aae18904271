"""The store on PostgreSQL: what its server sees, two processes at once, a server that goes away, and wrong settings."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from cases import backup, keys, postgres, postgres_link
from cases.case import Consent
from cases.desk import Filters
from cases.errors import KeyMissingError, KeyWrongError, StoreAwayError, StoreDamagedError, StoreError, StoreLockedError
from cases.postgres import PostgresStore
from cases.sql.engine import Secret
from cases.sql.tables import TABLES
from cases.sqlite import open_store
from flows.facts import Fact, Source
from tests.builders import ROOT
from tests.cases.full_store import LATER, PLANTED, fill, planted
from tests.cases.test_copying import rows
from tests.cases.test_desk import a_reviewer
from tests.cases.test_store import NOON, a_kept_case, an_exhibit
from tests.postgres import Server, a_postgres_store

COUNTER = """
import sys
from datetime import UTC, datetime
from cases import postgres
from cases.case import Consent
from flows.facts import Fact, Source
store = postgres.open_store(sys.argv[1], sys.argv[2])
number = ""
for _ in range(int(sys.argv[3])):
    with store.turn("test", "shared", datetime.now(UTC)) as turn:
        turn.set_consent(Consent.YES)
        before = turn.case.facts.get("acts_count")
        turn.put_fact(Fact("acts_count", (before.value if before else 0) + 1, Source.ANSWER))
        turn.log("viewed", {})
        number = turn.case.number
    store.audit.write("case_viewed", {"staff": "x", "case": number}, datetime.now(UTC))
"""


@pytest.fixture
def store(postgres_url: str, tmp_path: Path) -> Iterator[PostgresStore]:
    opened = a_postgres_store(postgres_url, tmp_path)
    yield opened
    opened.close()


def key_of(folder: Path) -> str:
    return keys.read(folder / "key")


def everything(url: str) -> str:
    """Every column of every table as the server holds it."""
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchall()
        found = [connection.execute(f"SELECT t::text FROM {name} AS t".encode()).fetchall() for (name,) in names]  # noqa: S608
    return str(found)


def on_disk(server: Server) -> bytes:
    """Every file of the server, its write-ahead log and its own log included."""
    server.sql("CHECKPOINT")
    files = [server.folder / "log", *(path for path in sorted(server.data.rglob("*")) if path.is_file())]
    return b"".join(path.read_bytes() for path in files)


def test_the_server_holds_no_word_no_name_and_no_id_of_a_platform(
    store: PostgresStore, postgres_url: str, postgres_server: Server
) -> None:
    number = fill(store)[0]
    assert [name for name, found in rows(store).items() if not found] == []
    seen = everything(postgres_url)
    raw = on_disk(postgres_server)
    assert PLANTED not in seen
    assert PLANTED.encode().hex() not in seen
    assert PLANTED.encode() not in raw
    assert number in seen  # the probe sees what is not sealed
    assert number.encode() in raw


def test_what_is_not_sealed_is_what_the_database_orders_counts_or_narrows_by(store: PostgresStore) -> None:
    """Whoever adds a column decides here whether the server may read it."""
    readable = {
        f"{name}.{column}"
        for name, table in TABLES.items()
        for column in table.columns
        if column not in table.sealed and column not in table.looked_up
    }
    plain = {name.rpartition(".")[2] for name in readable}
    assert plain == {
        *("id", "staff_id", "case_id", "note_id", "to_id", "first", "second", "undoes", "line", "one", "number"),
        *("at", "made_at", "disabled_at", "opened_at", "seen_at", "last_at", "last_step", "erased_on", "not_before"),
        *("hold_until", "until", "waiting_since", "wrote_at", "blocked_until", "asked_at", "answered_at", "read_at"),
        *("allowed_by", "allowed_at", "day", "deadline_on", "digest"),
        *("channel", "kind", "merge_key", "attempts", "consent", "fact", "source", "exhibits", "confirmed", "position"),
        *(
            "alert",
            "severity",
            "lost",
            "event",
            "tries",
            "topic",
            "language",
            "status",
            "assignee",
            "imminent",
            "minor",
        ),
        *(
            "death",
            "taken_by",
            "second_reader",
            "version",
            "stood",
            "returns",
            "name",
            "subject",
            "offence",
            "failures",
        ),
        *("count", "sheet", "who", "credential", "public_key", "counter", "used_at"),
    }
    assert {each for each in readable if each.endswith((".name", ".digest"))} == {
        *("marks.name", "sessions.digest", "devices.digest"),
    }
    assert {
        row[0] for row in store._rows("SELECT data_type FROM information_schema.columns WHERE domain_name = 'sealed'")
    } == {"bytea"}


def test_a_sealed_value_opens_in_its_own_row_only(store: PostgresStore) -> None:
    her, other = a_kept_case(store, "1"), a_kept_case(store, "2")
    for statement in (
        "UPDATE exhibits SET body = (SELECT body FROM exhibits WHERE case_id = 1) WHERE case_id = 2",
        "UPDATE custody SET digest = (SELECT digest FROM custody WHERE case_id = 1 LIMIT 1) WHERE case_id = 2",
        "UPDATE cases SET log_head = (SELECT log_head FROM cases WHERE id = 1) WHERE id = 2",
    ):
        store._rows("BEGIN")
        store._rows(statement)
        assert any("does not open" in fault for fault in store.faults(other)), statement
        assert store.faults(her) == []
        assert store.integrity() != []
        store._rows("ROLLBACK")
    assert store.integrity() == []


def test_who_writes_to_the_database_cannot_take_a_case_into_her_own_conversation(store: PostgresStore) -> None:
    a_kept_case(store, "1")
    a_kept_case(store, "2")
    store._rows("CREATE TEMPORARY TABLE aside AS SELECT chat FROM cases WHERE id = 2")
    store._rows("DELETE FROM cases WHERE id = 2")
    store._rows("UPDATE cases SET chat = (SELECT chat FROM aside) WHERE id = 1")
    with pytest.raises(StoreDamagedError, match=r"cases\.state"), store.turn("test", "2", NOON):
        pass


def test_an_answer_that_waits_cannot_be_led_to_another_conversation(store: PostgresStore) -> None:
    for chat in ("1", "2"):
        with store.turn("test", chat, NOON) as turn:
            turn.say("send", {"text": chat})
    store._rows("UPDATE outbox SET chat = (SELECT chat FROM outbox WHERE id = 2) WHERE id = 1")
    with pytest.raises(StoreDamagedError, match=r"outbox\.body"):
        store.due("test", LATER)


def test_a_password_of_one_account_does_not_open_another(store: PostgresStore) -> None:
    first, second = a_reviewer(store, "nour"), a_reviewer(store, "lea")
    store._rows(f"UPDATE staff SET password = (SELECT password FROM staff WHERE id = {second}) WHERE id = {first}")  # noqa: S608
    with pytest.raises(StoreDamagedError, match=r"staff\.password"):
        store.staff.by_id(first)


def test_a_plain_value_is_refused_by_the_database(store: PostgresStore) -> None:
    a_kept_case(store)
    for value in ("plain words", "\x01short"):
        with pytest.raises(StoreError, match="CheckViolation"):
            store._rows("UPDATE transcript SET text = ?", (value.encode(),))


def test_a_query_that_forgets_what_a_value_is_bound_to_is_a_fault_of_ours(store: PostgresStore) -> None:
    a_kept_case(store)
    with pytest.raises(ValueError, match="transcript"):
        store._rows("SELECT text FROM transcript")
    with pytest.raises(ValueError, match="comes from no table"):
        store._rows("SELECT coalesce(text, text), case_id FROM transcript")
    with pytest.raises(ValueError, match="bound to"):
        store._rows("UPDATE transcript SET text = ?", (Secret("transcript.text", "x"),))


def test_the_same_text_is_never_sealed_to_the_same_bytes_and_its_length_shows_in_steps_only(
    store: PostgresStore, postgres_url: str
) -> None:
    with store.turn("test", "1", NOON) as turn:
        turn.set_consent(Consent.YES)
        for words in ("oui", "oui", "non merci", "x" * 31):
            turn.transcribe("person", words, NOON)
    with psycopg.connect(postgres_url) as connection:
        sealed = [row[0] for row in connection.execute("SELECT text FROM transcript ORDER BY id")]
    assert len(set(sealed)) == len(sealed)
    assert len({len(value) for value in sealed}) == 1


def test_two_processes_lose_no_update_and_break_no_chain(
    store: PostgresStore, postgres_url: str, tmp_path: Path
) -> None:
    turns = 40
    working = [
        subprocess.Popen([sys.executable, "-c", COUNTER, postgres_url, key_of(tmp_path), str(turns)], cwd=ROOT)
        for _ in range(2)
    ]
    assert [process.wait(timeout=60) for process in working] == [0, 0]
    case = store.peek("test", "shared")
    assert case is not None
    assert case.facts["acts_count"].value == 2 * turns
    assert len(store.custody(case.number)) == 2 * turns
    assert len(store.audit.of_case(case.number)) == 2 * turns
    assert len(store.cases()) == 1
    assert store.integrity() == []


def test_what_another_process_changed_is_seen_in_the_next_turn(
    store: PostgresStore, postgres_url: str, tmp_path: Path
) -> None:
    number = a_kept_case(store)
    console = a_postgres_store(postgres_url, tmp_path)
    nour = a_reviewer(console)
    pulse = store.desk.pulse()
    with console.desk.turn(number, nour, NOON) as turn:
        turn.add_exhibit(an_exhibit(2, "on sait où tu habites"))
    assert store.desk.pulse() != pulse
    with store.turn("test", "1", NOON) as turn:
        assert [exhibit.text for exhibit in turn.case.exhibits] == ["je te retrouverai", "on sait où tu habites"]
    console.close()


def test_two_conversations_that_begin_at_once_do_not_wait_for_each_other(
    store: PostgresStore, postgres_url: str, tmp_path: Path
) -> None:
    other = a_postgres_store(postgres_url, tmp_path)
    other._rows("SET lock_timeout = '50ms'")
    for chat in range(20):
        with store.turn("test", f"one-{chat}", NOON), other.turn("test", f"other-{chat}", NOON):
            pass
    with store.turn("test", "same", NOON), pytest.raises(StoreLockedError):
        with other.turn("test", "same", NOON):
            pass
    assert len(store.cases()) == 41
    other.close()


def test_a_case_that_another_process_holds_for_long_is_said_to_be_held(
    store: PostgresStore, postgres_url: str, tmp_path: Path
) -> None:
    a_kept_case(store)
    other = a_postgres_store(postgres_url, tmp_path)
    other._rows("SET lock_timeout = '50ms'")
    with store.turn("test", "1", NOON), pytest.raises(StoreLockedError, match="another process"):
        with other.turn("test", "1", NOON):
            pass
    with other.turn("test", "1", NOON) as turn:
        assert turn.case.facts
    other.close()


def test_a_code_moves_a_case_once_even_when_two_bring_it_at_once(
    store: PostgresStore, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = a_kept_case(store, "1")
    with store.turn("test", "1", NOON) as turn:
        turn.offer_move("digest", LATER)
    other = a_postgres_store(postgres_url, tmp_path)

    def quicker(*_: str) -> None:
        """The other one brings it between our look and our turn."""
        assert other.move("digest", "test", "hers", NOON)

    monkeypatch.setattr(store, "peek", quicker)
    assert not store.move("digest", "test", "theirs", NOON)
    assert store.cases() == [number]
    case = other.peek("test", "hers")
    assert case is not None
    assert case.number == number
    other.close()


def test_who_writes_while_the_retention_period_is_applied_keeps_her_case(
    store: PostgresStore, postgres_url: str, postgres_server: Server, tmp_path: Path
) -> None:
    number = a_kept_case(store, "1")
    other = a_postgres_store(postgres_url, tmp_path)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with ThreadPoolExecutor(1) as aside:
        with store.turn("test", "1", LATER):
            purged = aside.submit(other.purge, NOON + timedelta(hours=1), NOON.date())
            while postgres_server.sql(waiting) == [(0,)]:
                assert not purged.done()
        assert purged.result(timeout=20) == []
    assert store.cases() == [number]
    other.close()


def test_a_server_that_stops_in_a_turn_fails_it_cleanly_and_the_next_one_finds_it_again(
    store: PostgresStore, postgres_server: Server
) -> None:
    a_kept_case(store)
    lost = "nothing acknowledged is lost"
    with pytest.raises(StoreAwayError, match=lost), store.turn("test", "1", NOON) as turn:  # noqa: PT012 - it stops inside
        turn.put_fact(Fact("acts_count", 99, Source.ANSWER))
        postgres_server.stop()
    with pytest.raises(StoreAwayError, match="does not answer"):
        store.waiting("test")
    postgres_server.start()
    with store.turn("test", "1", NOON) as turn:
        assert turn.case.facts["acts_count"].value == 3
        turn.put_fact(Fact("acts_count", 4, Source.ANSWER))
    postgres_server.stop()
    postgres_server.start()
    case = store.peek("test", "1")
    assert case is not None
    assert case.facts["acts_count"].value == 4


def test_a_wrong_key_opens_nothing_and_loses_nothing(store: PostgresStore, postgres_url: str, tmp_path: Path) -> None:
    number = a_kept_case(store)
    for create in (False, True):
        with pytest.raises(KeyWrongError, match="nothing is lost"):
            postgres.open_store(postgres_url, "00" * 32, create=create)
    again = postgres.open_store(postgres_url, key_of(tmp_path))
    assert again.cases() == [number]
    again.close()


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        (lambda url: url.replace("/postgres?", "/absent?"), StoreError, "no such database"),
        (lambda _: "postgresql://127.0.0.1:9/recours", StoreAwayError, "does not answer"),
        (lambda _: "postgresql://127.0.0.1:port/recours", StoreError, "does not answer|not an address"),
        (lambda url: url.replace("postgres@", "absent@"), StoreError, "no such account"),
        (lambda url: url, KeyMissingError, "recours init"),
        (lambda _: "postgresql://h/d?nonsense=1", StoreError, "not an address"),
    ],
)
def test_a_wrong_address_says_what_to_do(postgres_server: Server, change, kind, said) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    url = change(postgres_server.url())
    with pytest.raises(kind, match=said) as raised:
        postgres.open_store(url, "00" * 32)
    assert "\n" not in str(raised.value)


def test_tables_of_another_program_are_left_alone(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE staff (wages int)")
    with pytest.raises(StoreError, match="a database of its own"):
        postgres.open_store(postgres_url, "00" * 32, create=True)
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        assert found.fetchall() == [("staff",)]


def test_a_store_of_a_newer_release_is_refused(store: PostgresStore, postgres_url: str, tmp_path: Path) -> None:
    store._rows("UPDATE about SET version = 999")
    with pytest.raises(StoreError, match="later release"):
        postgres.open_store(postgres_url, key_of(tmp_path))


def test_over_a_network_the_server_must_prove_who_it_is() -> None:
    assert "verify-full" in postgres_link.safe("postgresql://db.example.org/recours")
    assert "verify-full" in postgres_link.safe("postgresql:///recours?hostaddr=192.0.2.7")
    assert "sslmode" not in postgres_link.safe("postgresql:///recours?host=/run/postgresql")
    assert "sslmode" not in postgres_link.safe("postgresql://127.0.0.1/recours")
    assert "verify-ca" in postgres_link.safe("postgresql://db.example.org/recours?sslmode=verify-ca")


def test_no_sentence_holds_a_password() -> None:
    where = postgres_link.place("postgresql://recours:h4t8@db.example.org/cases")
    assert where == "db.example.org/cases"


def test_a_backup_is_a_file_that_opens_with_the_key_and_comes_back_without_what_was_erased_since(
    store: PostgresStore, postgres_url: str, tmp_path: Path
) -> None:
    kept, gone = fill(store)
    before = rows(store)
    copy = backup.back_up(store, key_of(tmp_path), tmp_path / "backups", NOON)
    assert PLANTED.encode() not in copy.read_bytes()
    opened = open_store(copy, key_of(tmp_path))
    assert rows(opened) == before
    opened.close()
    store.erase(gone)
    store.close()
    path = tmp_path / "cases.db"
    with pytest.raises(StoreError, match="--replace"):
        backup.restore_to_database(copy, postgres_url, path, key_of(tmp_path), replace=False)
    assert backup.restore_to_database(copy, postgres_url, path, key_of(tmp_path), replace=True) == [gone]
    again = a_postgres_store(postgres_url, tmp_path)
    assert again.cases()[0] == kept
    assert gone not in again.cases()
    assert again.integrity() == []
    again.close()
    assert not list(tmp_path.glob("*.restore*"))


def test_a_store_in_use_is_neither_replaced_nor_sealed_anew(
    store: PostgresStore, postgres_url: str, tmp_path: Path
) -> None:
    a_kept_case(store)
    key = key_of(tmp_path)
    copy = backup.back_up(store, key, tmp_path / "backups", NOON)
    with pytest.raises(StoreLockedError, match="Stop the bot"):
        backup.restore_to_database(copy, postgres_url, tmp_path / "cases.db", key, replace=True)
    with pytest.raises(StoreLockedError, match="Stop the bot"):
        backup.new_key(postgres_url, tmp_path / "key", NOON.date(), tmp_path / "scratch")
    assert key_of(tmp_path) == key
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backups", "key"]


def test_after_a_new_key_everything_opens_with_it_and_nothing_with_the_old_one(
    store: PostgresStore, postgres_url: str, tmp_path: Path
) -> None:
    fill(store)
    before, old_key = rows(store), key_of(tmp_path)
    with psycopg.connect(postgres_url) as connection:
        sealed = connection.execute("SELECT update_id, chat FROM inbox").fetchall()
    store.close()
    old = backup.new_key(postgres_url, tmp_path / "key", NOON.date(), tmp_path / "scratch")
    assert keys.read(old) == old_key != key_of(tmp_path)
    with pytest.raises(KeyWrongError):
        postgres.open_store(postgres_url, old_key)
    again = a_postgres_store(postgres_url, tmp_path)
    assert rows(again) == before
    assert again.desk.queue(Filters(words=planted("exhibit"), status="any"), 9)
    again.close()
    with psycopg.connect(postgres_url) as connection:
        assert not set(connection.execute("SELECT update_id, chat FROM inbox").fetchall()) & set(sealed)
    assert not (tmp_path / "scratch").exists()


@pytest.mark.parametrize("waits", ["the new key", "the old key"])
def test_a_change_of_key_that_was_cut_short_is_settled(
    store: PostgresStore, postgres_url: str, tmp_path: Path, waits: str
) -> None:
    a_kept_case(store)
    right = key_of(tmp_path)
    if waits == "the new key":
        (tmp_path / "key").rename(tmp_path / "key.next")
        keys.create(tmp_path / "key")
    else:
        keys.create(tmp_path / "key.next")
    backup.settle_key(postgres_url, tmp_path / "key")
    assert key_of(tmp_path) == right
    assert not (tmp_path / "key.next").exists()


def test_an_erased_case_leaves_its_number_and_the_day(store: PostgresStore, postgres_url: str) -> None:
    number = fill(store)[0]
    store.erase(number)
    with psycopg.connect(postgres_url) as connection:
        for name, table in TABLES.items():
            if "case_id" in table.columns:
                left = connection.execute(f"SELECT count(*) FROM {name} WHERE case_id = 1".encode()).fetchone()  # noqa: S608
                assert left == (0,), name
    assert number in dict(store.erased())
