"""`recours staff` and `recours review` from the command line."""

import re
from pathlib import Path

import pytest

from bot import cli, config
from cases import keys, sqlite
from cases.sql.store import SqlStore
from review import secrets
from tests.builders import ROOT

Run = tuple[int, str, str]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration and an empty store of its own."""
    words = (ROOT / "config.toml").read_text(encoding="utf-8")
    words = words.replace("~/.config/recours/key", str(tmp_path / "key"))
    (tmp_path / "config.toml").write_text(words, encoding="utf-8")
    monkeypatch.setenv("RECOURS_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.delenv(keys.VARIABLE, raising=False)
    assert cli.main(["init"]) == 0
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> Run:
    capsys.readouterr()
    code = cli.main(arguments)
    said = capsys.readouterr()
    return code, said.out, said.err


def the_store(at: Path) -> SqlStore:
    return sqlite.open_store(at / "data" / "recours.db", keys.read_file(at / "key"))


def test_what_is_printed_once_is_enough_to_sign_in(capsys: pytest.CaptureFixture[str], at: Path) -> None:
    code, out, _ = run(capsys, "staff", "add", "nour", "--role", "reviewer", "--role", "auditor", "--shown", "Camille")
    assert code == 0
    password = re.search(r"account page\): (\S+)", out)
    assert password is not None
    store = the_store(at)
    account = store.staff.named("NOUR")
    assert account is not None
    assert account.shown == "Camille"
    assert account.roles == ("reviewer", "auditor")
    assert secrets.is_password(account.password, password.group(1))
    assert account.password.startswith("$argon2id$")
    assert account.secret in out
    assert out.count("\n  ") >= secrets.RECOVERY_CODES
    assert store.audit.entries(1)[0].event == "account_made"
    store.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("staff", "add", "nour"), "--role"),
        (("staff", "add", "", "--role", "reviewer"), "name"),
        (("staff", "disable", "nobody"), "no such account"),
        (("staff", "reset-second-factor"), "name is missing"),
        (("review",), "recours staff add"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(
    capsys: pytest.CaptureFixture[str], at: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert at.is_dir()
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1


def test_a_name_is_taken_once(capsys: pytest.CaptureFixture[str], at: Path) -> None:
    assert at.is_dir()
    run(capsys, "staff", "add", "nour", "--role", "reviewer")
    code, _, err = run(capsys, "staff", "add", "Nour", "--role", "reviewer")
    assert code == 2
    assert "choose another" in err


def test_a_lost_second_factor_is_replaced_and_every_session_ends(capsys: pytest.CaptureFixture[str], at: Path) -> None:
    run(capsys, "staff", "add", "nour", "--role", "reviewer")
    store = the_store(at)
    before = store.staff.named("nour")
    assert before is not None
    store.staff.open_session("x", before.id, "t", before.made_at)
    store.close()
    code, out, _ = run(capsys, "staff", "reset-second-factor", "nour")
    store = the_store(at)
    after = store.staff.named("nour")
    assert after is not None
    assert code == 0
    assert after.secret != before.secret
    assert after.secret in out
    assert after.password == before.password
    assert store.staff.session("x") is None
    store.close()


def test_roles_change_and_an_account_is_closed_and_listed(capsys: pytest.CaptureFixture[str], at: Path) -> None:
    assert at.is_dir()
    run(capsys, "staff", "add", "nour", "--role", "reviewer")
    run(capsys, "staff", "role", "nour", "--role", "coordinator")
    run(capsys, "staff", "disable", "nour")
    assert run(capsys, "staff", "list")[1] == "nour: coordinator (disabled)\n"
    run(capsys, "staff", "enable", "nour")
    assert run(capsys, "staff", "list")[1] == "nour: coordinator\n"


def test_the_console_stays_on_this_machine_unless_told_otherwise() -> None:
    assert config.load(ROOT / "config.toml").review.listen == "127.0.0.1"
