"""Accounts, sessions, what colleagues tell each other and the history of the settings, on every engine of storage."""

from datetime import timedelta

import pytest

from cases.errors import AccountError, NoCaseError
from cases.exhibits import with_label
from cases.revisions import Change
from cases.sql.store import SqlStore
from cases.staff import Account, Failures
from tests.cases.test_desk import a_case, a_reviewer
from tests.cases.test_store import NOON, an_exhibit
from tests.postgres import BOTH_ENGINES

ENGINES = BOTH_ENGINES
LATER = NOON + timedelta(hours=1)


def account_of(store: SqlStore, staff: int) -> Account:
    found = store.staff.by_id(staff)
    assert found is not None
    return found


def test_a_name_is_taken_once_whatever_its_capitals(store: SqlStore) -> None:
    nour = a_reviewer(store, "Noémie")
    for name in ("Noémie", "noémie", "NOÉMIE"):
        with pytest.raises(AccountError, match="choose another"):
            a_reviewer(store, name)
        found = store.staff.named(name)
        assert found is not None
        assert found.id == nour
    assert store.staff.named("Noemie") is None
    assert [account.name for account in store.staff.accounts()] == ["Noémie"]


def test_an_account_changes_and_keeps_the_rest(store: SqlStore) -> None:
    nour = a_reviewer(store)
    before = account_of(store, nour)
    store.staff.change(nour, shown="Camille", roles=["coordinator"], settings={"language": "en"}, disabled_at=LATER)
    after = account_of(store, nour)
    assert (after.shown, after.roles, after.settings, after.disabled_at) == (
        "Camille",
        ("coordinator",),
        {"language": "en"},
        LATER,
    )
    assert (after.name, after.password, after.secret) == (before.name, before.password, before.secret)
    with pytest.raises(ValueError, match="not changed this way"):
        store.staff.change(nour, name="other")


def test_a_step_and_a_recovery_code_work_once(store: SqlStore) -> None:
    nour = a_reviewer(store)
    lea = store.staff.add(Account(0, "lea", "lea", ("reviewer",), "x", "y", 0, NOON, None, {}), ["one", "two"])
    assert [store.staff.use_step(nour, step) for step in (7, 7, 6, 8)] == [True, False, False, True]
    assert [store.staff.use_recovery(lea, code) for code in ("one", "one", "three")] == [True, False, False]
    assert not store.staff.use_recovery(nour, "two")
    assert store.staff.recovery_left(lea) == 1
    store.staff.new_factor(lea, "new", ["three"])
    assert (account_of(store, lea).secret, store.staff.recovery_left(lea)) == ("new", 1)


def test_sessions_remember_end_and_go_stale(store: SqlStore) -> None:
    nour = a_reviewer(store)
    for name in ("a", "b", "c"):
        store.staff.open_session(name, nour, f"token-{name}", NOON)
    store.staff.seen("b", LATER)
    store.staff.remember("a", {"form": "mots"})
    store.staff.remember("absent", {"form": "mots"})
    found = store.staff.session("a")
    assert found is not None
    assert (found.token, dict(found.memory), found.account.id) == ("token-a", {"form": "mots"}, nour)
    assert store.staff.sessions_of(nour)[0].digest == "b"
    store.staff.close_session("a")
    store.staff.drop_stale(NOON + timedelta(minutes=1), NOON - timedelta(hours=9))
    assert [session.digest for session in store.staff.sessions_of(nour)] == ["b"]
    store.staff.change(nour, disabled_at=NOON)
    assert store.staff.session("b") is None


def test_devices_are_known_and_the_oldest_forgotten(store: SqlStore) -> None:
    nour = a_reviewer(store)
    for number in range(21):
        store.staff.know_device(f"d{number}", nour, NOON + timedelta(minutes=number))
    store.staff.know_device("d20", nour, LATER)
    assert not store.staff.knows_device("d0", nour)
    assert store.staff.knows_device("d20", nour)
    assert not store.staff.knows_device("d20", nour + 1)


def test_failures_are_counted_and_forgotten(store: SqlStore) -> None:
    store.staff.fail("nour/127.0.0.1", NOON)
    store.staff.fail("nour/127.0.0.1", LATER)
    assert store.staff.failures("nour/127.0.0.1") == Failures(2, LATER)
    assert store.staff.failures("lea") == Failures(0, None)
    store.staff.succeed("nour/127.0.0.1")
    assert store.staff.failures("nour/127.0.0.1") == Failures(0, None)


def test_views_are_kept_by_name(store: SqlStore) -> None:
    nour, lea = a_reviewer(store), a_reviewer(store, "lea")
    store.desk.save_view(nour, "urgences", {"words": "menace"})
    store.desk.save_view(nour, "à relire", {"label": "threat"})
    store.desk.save_view(nour, "urgences", {"words": "mort"})
    store.desk.save_view(lea, "urgences", {})
    views = store.desk.views(nour)
    assert [(view.name, view.filters) for view in views] == [
        ("urgences", {"words": "mort"}),
        ("à relire", {"label": "threat"}),
    ]
    store.desk.drop_view(nour, views[0].id)
    store.desk.drop_view(lea, views[1].id)
    assert [view.name for view in store.desk.views(nour)] == ["à relire"]
    for _ in range(2):
        store.desk.look(nour, NOON.date(), "high")
    assert store.desk.looks(NOON.date()) == {nour: {"high": 2}}


def test_a_note_to_one_colleague_is_read_by_both_and_by_nobody_else(store: SqlStore) -> None:
    nour, lea, zoe = (a_reviewer(store, name) for name in ("nour", "lea", "zoe"))
    number = a_case(store, "1")
    with store.desk.turn(number, nour, NOON) as turn:
        turn.note("pour toi", to=lea, mentioned=[lea])
        turn.note("pour tous")
    for reader, read in ((nour, ["pour toi", "pour tous"]), (lea, ["pour toi", "pour tous"]), (zoe, ["pour tous"])):
        assert [note.text for note in store.desk.notes(number, reader)] == read
    note = store.desk.notes(number, lea)[0]
    assert (note.author, note.to) == ("nour", "lea")
    assert store.team.unread(lea) == 1
    mention = store.team.mentions(lea)[0]
    assert (mention.number, mention.author, mention.private, mention.read) == (number, "nour", True, False)
    store.team.read_mentions(lea, number, LATER)
    assert store.team.unread(lea) == 0


def test_two_conversations_are_linked_once_and_parted(store: SqlStore) -> None:
    nour, first, second = a_reviewer(store), a_case(store, "1"), a_case(store, "2")
    assert store.team.merge(second, first, nour, "même personne", NOON)
    assert not store.team.merge(first, second, nour, "encore", NOON)
    assert not store.team.merge(first, first, nour, "soi", NOON)
    with pytest.raises(NoCaseError):
        store.team.merge(first, "R-AAAA-AAAA", nour, "x", NOON)
    link = store.team.merges(first)[0]
    assert (link.other, link.reason) == (second, "même personne")
    assert [each.other for each in store.team.merges(second)] == [first]
    assert store.team.unmerge(second, link.id)
    assert not store.team.unmerge(second, link.id)


def test_an_identity_needs_a_second_person(store: SqlStore) -> None:
    nour, lea, number = a_reviewer(store), a_reviewer(store, "lea"), a_case(store, "1")
    store.team.ask_identity(number, nour, "danger", NOON)
    asked = store.team.identity_requests(number, NOON)[0]
    assert (asked.author, asked.reason, asked.allowed_by) == ("nour", "danger", None)
    assert not store.team.allow_identity(number, asked.id, nour, LATER, NOON)
    assert not store.team.allow_identity(number, asked.id, lea, LATER, LATER)
    assert store.team.allow_identity(number, asked.id, lea, LATER, NOON)
    assert not store.team.allow_identity(number, asked.id, lea, LATER, NOON)
    assert store.team.identity_requests(number, NOON)[0].allowed_by == "lea"
    assert store.team.identity_requests(number, LATER) == []


def test_what_was_handed_over_and_what_may_teach(store: SqlStore) -> None:
    nour, number = a_reviewer(store), a_case(store, "1")
    store.team.transfer(number, "CIDFF", nour, "plus près", NOON)
    handed = store.team.transfers(number)[0]
    assert (handed.house, handed.reason) == ("CIDFF", "plus près")
    with store.turn("test", "1", NOON) as turn:
        turn.add_exhibit(an_exhibit(1, "je te retrouverai"))
    with store.desk.turn(number, nour, NOON) as turn:
        turn.decide_label(turn.case.exhibits[0], with_label(turn.case.exhibits[0], "threat", "refused"), "threat")
    assert store.team.teaching() == []
    store.team.consent_to_training(number, nour, "oui, bien sûr", NOON)
    consent = store.team.training_consent(number)
    assert consent is not None
    assert consent.words == "oui, bien sûr"
    assert store.team.teaching() == [(number, [1])]
    store.team.consent_to_training(number, nour, None, NOON)
    assert store.team.training_consent(number) is None


def test_a_change_of_the_settings_is_kept_and_its_undoing_known(store: SqlStore) -> None:
    nour = a_reviewer(store)
    change = Change("answer_delay", "2 heures", "4 heures", '"2 heures"')
    first = store.revisions.add(nour, "house", [change], NOON)
    second = store.revisions.add(nour, "house", [], LATER, undoes=first)
    assert [revision.id for revision in store.revisions.latest(9)] == [second, first]
    kept = store.revisions.by_id(first)
    assert kept is not None
    assert (list(kept.changes), kept.undone) == ([change], True)
    assert store.revisions.by_id(second + 1) is None


def test_the_audit_log_is_read_by_case_and_page_by_page(store: SqlStore) -> None:
    for number in range(5):
        store.audit.write("case_viewed", {"staff": "nour", "case": f"R-{number % 2}"}, NOON)
    store.audit.write("signed_out", {"staff": "nour"}, NOON)
    assert [entry.number for entry in store.audit.of_case("R-1")] == [2, 4]
    assert [entry.number for entry in store.audit.entries(2)] == [6, 5]
    assert [entry.number for entry in store.audit.entries(2, before=5)] == [4, 3]
    assert store.audit.of_case("R-9") == []
