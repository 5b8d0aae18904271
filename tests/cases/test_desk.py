"""The desk: the order of the queue, what narrows it, what an older store becomes, and the audit log."""

import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from cases import cipher, migrations
from cases.case import AlertRecord, Consent, Exhibit
from cases.desk import NOBODY, Filters
from cases.exhibits import label_state, with_label
from cases.sql import desk as sql_desk
from cases.sql.store import SqlStore
from cases.sqlite import SqliteStore
from cases.staff import Account
from flows.facts import Fact, Source
from flows.standing import Standing
from tests.builders import a_file
from tests.cases.test_store import NOON, an_exhibit
from tests.postgres import BOTH_ENGINES, a_postgres_store

ENGINES = BOTH_ENGINES

CALM = Standing("fr")


def a_case(store: SqlStore, chat: str, standing: Standing = CALM, *, hours: int = 0) -> str:
    with store.turn("test", chat, NOON - timedelta(hours=hours)) as turn:
        turn.set_consent(Consent.YES)
        turn.stand(standing)
        return turn.case.number


def alarm(store: SqlStore, chat: str, severity: str) -> None:
    with store.turn("test", chat, NOON) as turn:
        turn.add_alert(AlertRecord("suicide_risk", severity, NOON))
        turn.stand(CALM)


def a_reviewer(store: SqlStore, name: str = "nour") -> int:
    return store.staff.add(Account(0, name, name, ("reviewer",), "x", "y", 0, NOON, None, {}), [])


def numbers(store: SqlStore, filters: Filters | None = None) -> list[str]:
    return [line.number for line in store.desk.queue(filters or Filters(), 50)]


def test_the_most_urgent_is_on_top(store: SqlStore) -> None:
    calm = a_case(store, "calm")
    waiting = a_case(store, "waiting")
    with store.turn("test", "waiting", NOON) as turn:
        turn.want_person()
    death = a_case(store, "death", Standing("fr", death=True))
    minor = a_case(store, "minor", Standing("fr", minor=True))
    soon = a_case(store, "soon", Standing("fr", deadline_on=NOON.date() + timedelta(days=3)))
    medium, high = a_case(store, "medium"), a_case(store, "high")
    alarm(store, "medium", "medium")
    alarm(store, "high", "high")
    assert numbers(store) == [high, medium, soon, minor, death, waiting, calm]


def test_who_waits_longest_comes_first_and_who_wrote_last_otherwise(store: SqlStore) -> None:
    for chat, hours in (("a", 5), ("b", 1), ("c", 3)):
        with store.turn("test", chat, NOON - timedelta(hours=hours)) as turn:
            turn.want_person()
            turn.stand(CALM)
    calm = [a_case(store, f"calm-{hours}", hours=hours) for hours in (5, 1, 3)]
    waiting = [line for line in store.desk.queue(Filters(), 50) if line.waiting_since]
    assert [line.waiting_since for line in waiting] == [NOON - timedelta(hours=hours) for hours in (5, 3, 1)]
    assert numbers(store)[3:] == [calm[1], calm[2], calm[0]]


def test_the_queue_is_one_walk_along_an_index(store: SqlStore) -> None:
    query = "SELECT number FROM desk JOIN cases ON cases.id = desk.case_id WHERE closed = 0 "
    explain = "EXPLAIN QUERY PLAN " if isinstance(store, SqliteStore) else "EXPLAIN "
    if not isinstance(store, SqliteStore):
        store._rows("SET enable_seqscan = off")  # a table of a few rows is read whole otherwise
        store._rows("SET enable_bitmapscan = off")
    plan = store._rows(explain + query + "ORDER BY closed, urgency DESC, age, desk.case_id LIMIT 50")
    said = " ".join(str(column) for row in plan for column in row)
    assert "desk_order" in said
    assert "TEMP B-TREE" not in said
    assert "Sort" not in said


def test_every_filter_narrows(store: SqlStore) -> None:
    nour = a_reviewer(store)
    insult = a_case(store, "1", Standing("fr", labels=("insult",), offences=("public_insult",)))
    threat = a_case(store, "2", Standing("en", labels=("threat",), offences=("threats",)), hours=72)
    with store.desk.turn(threat, nour, NOON) as turn:
        turn.assign(nour)
        turn.set_status("closed")
    assert numbers(store) == [insult]
    assert numbers(store, Filters(status="closed")) == [threat]
    assert set(numbers(store, Filters(status="any"))) == {insult, threat}
    everything = {"status": "any"}
    for narrowed, kept in (
        ({"label": "threat"}, threat),
        ({"offence": "public_insult"}, insult),
        ({"assignee": nour}, threat),
        ({"assignee": NOBODY}, insult),
        ({"language": "en"}, threat),
        ({"since": NOON.date()}, insult),
        ({"without": ("insult",)}, threat),
    ):
        assert numbers(store, Filters(**{**everything, **narrowed})) == [kept], narrowed  # type: ignore[arg-type]  # any filter


@pytest.mark.parametrize("frequent", [1, 1_000])
def test_a_common_label_narrows_as_a_rare_one_does(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, frequent: int
) -> None:
    monkeypatch.setattr(sql_desk, "FREQUENT", frequent)
    a_case(store, "none")
    labelled = [a_case(store, str(n), Standing("fr", labels=("threat",), death=n == 1), hours=n) for n in range(3)]
    assert numbers(store, Filters(label="threat")) == [labelled[1], labelled[0], labelled[2]]
    assert numbers(store, Filters(label="insult")) == []


@pytest.mark.parametrize("words", ["RETROUVERAI", "recommence", "recomménce", "te retrouverai"])
def test_search_finds_her_words_and_her_exhibits_whatever_accents_and_capitals(store: SqlStore, words: str) -> None:
    number = a_case(store, "1")
    with store.turn("test", "1", NOON) as turn:
        turn.add_exhibit(an_exhibit(1, "je te retrouverai"))
        turn.transcribe("person", "il recommence", NOON)
        turn.transcribe("bot", "une girafe", NOON)
    assert numbers(store, Filters(words=words)) == [number]
    assert numbers(store, Filters(words="girafe")) == []


def test_the_beginning_of_a_word_finds_where_the_database_may_know_letters(store: SqlStore) -> None:
    number = a_case(store, "1")
    with store.turn("test", "1", NOON) as turn:
        turn.transcribe("person", "je te retrouverai", NOON)
    assert numbers(store, Filters(words="retrouv")) == ([number] if isinstance(store, SqliteStore) else [])


def test_every_word_of_a_search_stands_in_one_message(store: SqlStore) -> None:
    number = a_case(store, "1")
    with store.turn("test", "1", NOON) as turn:
        turn.transcribe("person", "l'été à Nîmes", NOON)
        turn.transcribe("person", "cœur_brisé 36ème", NOON)
    for found in ("ete nimes", "NIMES", "l'été", "brise", "36eme", "cœur_brisé"):
        assert numbers(store, Filters(words=found)) == [number], found
    for missed in ("nimes brise", "nime s", "coeur"):
        assert numbers(store, Filters(words=missed)) == [], missed


@pytest.mark.parametrize("words", ['"', "'", "*", "NEAR(", "a OR b", "text:x", "-", "((", "\\", "%", "AND", "{x y}"])
def test_nothing_typed_breaks_the_search(store: SqlStore, words: str) -> None:
    a_case(store, "1")
    assert numbers(store, Filters(words=words)) == []


def test_a_message_of_hers_opens_a_closed_case_again_and_a_look_does_not(store: SqlStore) -> None:
    nour, number = a_reviewer(store), a_case(store, "1")
    with store.desk.turn(number, nour, NOON) as turn:
        turn.set_status("closed")
    with store.desk.turn(number, nour, NOON) as turn:
        turn.stand(CALM)
    assert numbers(store) == []
    with store.turn("test", "1", NOON) as turn:
        turn.stand(CALM)
    assert numbers(store) == [number]


def test_the_staff_moves_neither_the_retention_period_nor_the_date_she_last_wrote(store: SqlStore) -> None:
    nour, number = a_reviewer(store), a_case(store, "1", hours=24)
    with store.desk.turn(number, nour, NOON) as turn:
        turn.note("vu")
    line = store.desk.line(number)
    assert line is not None
    assert line.wrote_at == NOON - timedelta(hours=24)
    assert store.purge(NOON - timedelta(hours=1), NOON.date()) == [number]


def test_alerts_somebody_took_care_of_no_longer_order_the_queue_until_the_next_one(store: SqlStore) -> None:
    nour, number = a_reviewer(store), a_case(store, "1")
    alarm(store, "1", "high")
    with store.desk.turn(number, nour, NOON) as turn:
        turn.attend_alerts()
    assert store.desk.queue(Filters(), 1)[0].alert == 0
    alarm(store, "1", "medium")
    assert store.desk.queue(Filters(), 1)[0].alert == 1


def test_a_deadline_comes_near_when_days_pass(store: SqlStore) -> None:
    a_case(store, "1", Standing("fr", deadline_on=date(2026, 12, 31)))
    assert not store.desk.queue(Filters(), 1)[0].imminent
    store.desk.refresh(date(2026, 12, 28))
    assert store.desk.queue(Filters(), 1)[0].imminent
    store.desk.refresh(date(2027, 1, 2))
    assert not store.desk.queue(Filters(), 1)[0].imminent


def test_before_consent_only_the_language_is_written(store: SqlStore) -> None:
    with store.turn("test", "1", NOON) as turn:
        turn.stand(Standing("en", minor=True, death=True, labels=("threat",), offences=("threats",)))
    line = store.desk.queue(Filters(), 1)[0]
    assert (line.language, line.minor, line.death, line.labels) == ("en", False, False, ())
    assert store._rows("SELECT count(*) FROM marks").fetchone()[0] == 0


def test_consent_taken_back_empties_the_desk(store: SqlStore) -> None:
    nour, number = a_reviewer(store), a_case(store, "1", Standing("fr", labels=("threat",)))
    with store.desk.turn(number, nour, NOON) as turn:
        turn.note("une note")
        turn.decide_finding("threats", "indicated", "excluded")
    with store.turn("test", "1", NOON) as turn:
        turn.set_consent(Consent.NO)
        turn.stand(Standing("fr", labels=("threat",)))
    search = ("found_lines_docsize", "found_exhibits_docsize") if isinstance(store, SqliteStore) else ()
    for table in ("notes", "corrections", "verdicts", "marks", *search):
        assert store._rows(f"SELECT count(*) FROM {table}").fetchone()[0] == 0, table  # noqa: S608 - names from this line


@pytest.mark.parametrize("state", ["asserted", "unsure", "refused"])
def test_a_label_stands_in_one_state_only(state: str) -> None:
    exhibit = an_exhibit(1, "x")
    changed = with_label(exhibit, "threat", state)
    assert label_state(changed, "threat") == state
    assert [changed.labels, changed.unsure, changed.refused].count(("threat",)) == 1


def test_a_correction_undone_leaves_the_case_as_it_was(store: SqlStore) -> None:
    nour, number = a_reviewer(store), a_case(store, "1")
    with store.turn("test", "1", NOON) as turn:
        turn.put_fact(Fact("acts_count", 3, Source.ANSWER))
        turn.add_exhibit(an_exhibit(1, "je te retrouverai"))
    before = store.by_number(number)
    with store.desk.turn(number, nour, NOON) as turn:
        exhibit: Exhibit = turn.case.exhibits[0]
        turn.decide_label(exhibit, with_label(exhibit, "threat", "refused"), "threat")
        turn.decide_fact("acts_count", Fact("acts_count", 40, Source.REVIEWER))
        turn.decide_finding("threats", "indicated", "excluded")
    assert store.by_number(number) != before
    for correction in reversed(store.desk.corrections(number)):
        with store.desk.turn(number, nour, NOON) as turn:
            assert turn.undo(correction.id)
    assert store.by_number(number) == before
    assert store.faults(number) == []


def test_a_correction_of_another_case_is_not_undone(store: SqlStore) -> None:
    nour, first, second = a_reviewer(store), a_case(store, "1"), a_case(store, "2")
    with store.desk.turn(first, nour, NOON) as turn:
        turn.decide_finding("threats", "indicated", "excluded")
    correction = store.desk.corrections(first)[0].id
    with store.desk.turn(second, nour, NOON) as turn:
        assert not turn.undo(correction)
    assert len(store.desk.corrections(first)) == 1


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE audit SET detail = (SELECT detail FROM audit WHERE number = 1) WHERE number = 2",
        "UPDATE audit SET digest = (SELECT digest FROM audit WHERE number = 1) WHERE number = 2",
        "UPDATE audit SET at = '2020-01-01T00:00:00.000+00:00' WHERE number = 1",
        "DELETE FROM audit WHERE number = 2",
        "DELETE FROM audit WHERE number = 3",
        (
            "INSERT INTO audit (number, at, event, detail, previous, digest) "
            "SELECT 4, at, event, detail, previous, digest FROM audit WHERE number = 3"
        ),
        "DELETE FROM audit",
    ],
)
def test_any_change_of_the_audit_log_is_found(store: SqlStore, edit: str) -> None:
    for event in ("signed_in", "case_viewed", "signed_out"):
        store.audit.write(event, {"staff": event}, NOON)
    assert store.integrity() == []
    store._rows(edit)
    assert any(fault.startswith("audit log") for fault in store.integrity())


def test_an_older_store_takes_its_place_at_the_desk(tmp_path: Path) -> None:
    key = "ab" * 32
    database = cipher.connect(tmp_path / "old.db", key)
    for number in range(1, 4):
        database.executescript(f"BEGIN; {migrations.STEPS[number]} PRAGMA user_version = {number}; COMMIT;")
    database.conn.execute(
        "INSERT INTO cases (id, number, channel, chat, consent, opened_at, last_at, state) "
        "VALUES (1, 'R-1', 't', '1', 'yes', ?1, ?1, '{}')",
        (NOON.isoformat(timespec="milliseconds"),),
    )
    database.conn.execute("INSERT INTO alerts (case_id, alert, severity, at) VALUES (1, 'suicide_risk', 'high', 'x')")
    database.conn.execute("INSERT INTO transcript (case_id, who, text, at) VALUES (1, 'person', 'une girafe', 'x')")
    migrations.migrate(database)
    store = SqliteStore(database, tmp_path / "old.db")
    assert store.desk.unstood(5) == ["R-1"]
    query = "SELECT alert FROM desk WHERE case_id = 1"
    assert store._rows(query).fetchone()[0] == 2
    assert store._rows("SELECT rowid FROM found_lines WHERE found_lines MATCH 'girafe'").fetchone() == (1,)
    store.close()


def test_whole_words_find_the_same_messages_on_both_engines(tmp_path: Path, postgres_url: str) -> None:
    """Each text ends on the same word, so that the file takes none of the others for a beginning."""
    dice = random.Random(5)
    pieces = (
        *("été", "ÉTÉ", "ete", "l'été", "œuf", "Straße", "ñandú", "a_b", "a b", "36ème", "x²", "Noël", "NOE\u0308L"),
        *("ça", "ca", "!", "😡", "aujourd'hui", "rdv", "rdv."),
    )
    here, there = a_file(tmp_path), a_postgres_store(postgres_url, tmp_path)
    texts = [" ".join((*dice.choices(pieces, k=dice.randrange(1, 5)), "fin")) for _ in range(60)]
    for store in (here, there):
        for chat, text in enumerate(texts):
            with store.turn("test", str(chat), NOON) as turn:
                turn.set_consent(Consent.YES)
                turn.transcribe("person", text, NOON)
    hits = 0
    for _ in range(200):
        looked_for = f"{' '.join(dice.choices(pieces, k=dice.randrange(1, 3)))} fin"
        found = [_chats(store, looked_for) for store in (here, there)]
        assert found[0] == found[1], looked_for
        hits += bool(found[0])
    assert hits > 100
    here.close()
    there.close()


def _chats(store: SqlStore, looked_for: str) -> set[str]:
    cases = (store.by_number(number) for number in numbers_found(store, looked_for))
    return {case.chat for case in cases if case is not None}


def numbers_found(store: SqlStore, looked_for: str) -> list[str]:
    return [line.number for line in store.desk.queue(Filters(words=looked_for, status="any"), 100)]


def test_an_agreement_to_teach_noted_by_an_older_release_is_kept(tmp_path: Path) -> None:
    database = cipher.connect(tmp_path / "old.db", "cd" * 32)
    for number in range(1, 9):
        database.executescript(f"BEGIN; {migrations.STEPS[number]} PRAGMA user_version = {number}; COMMIT;")
    at = NOON.isoformat(timespec="milliseconds")
    for query in (
        (
            "INSERT INTO staff (id, name, shown, roles, password, secret, made_at) "
            "VALUES (1, 'lina', 'L', '[]', '', '', ?1)"
        ),
        (
            "INSERT INTO cases (id, number, channel, chat, consent, opened_at, last_at, state) "
            "VALUES (1, 'R-1', 't', '1', 'yes', ?1, ?1, '{}')"
        ),
        "INSERT INTO training_consents (case_id, words, staff_id, at) VALUES (1, 'oui', 1, ?1)",
    ):
        database.conn.execute(query, (at,))
    migrations.migrate(database)
    store = SqliteStore(database, tmp_path / "old.db")
    kept = store.team.training_consent("R-1")
    assert kept is not None
    assert (kept.words, kept.author) == ("oui", "lina")
    assert store.erase("R-1")
    assert store._rows("SELECT count(*) FROM training_consents").fetchone() == (0,)
    store.close()


def test_typing_is_noted_of_attended_conversations_only_and_goes_with_the_case(store: SqlStore) -> None:
    number = a_case(store, "1")
    soon = NOON + timedelta(seconds=6)
    store.typing.person("test", "1", soon)
    assert store.typing.person_until(number) is None
    lina, nour = a_reviewer(store, "lina"), a_reviewer(store)
    assert not store.typing.staff(number, lina, soon)
    with store.desk.turn(number, lina, NOON) as turn:
        turn.take_over("Lina")
    store.typing.person("test", "1", soon)
    assert store.typing.person_until(number) == soon
    assert store.typing.staff(number, lina, soon)
    assert not store.typing.staff(number, nour, soon)
    assert store.typing.answered("test", NOON) == ["1"]
    assert store.typing.answered("test", soon) == []
    assert store.typing.answered("other", NOON) == []
    store.erase(number)
    assert store._rows("SELECT count(*) FROM typing").fetchone() == (0,)
