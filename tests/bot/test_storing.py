"""The command line on a store in PostgreSQL: made, moved there and back, saved, put back, sealed anew."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot import cli
from cases import keys, postgres, sqlite
from cases.sql.store import SqlStore
from tests.cases.full_store import fill
from tests.cases.test_copying import rows

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in a house of its own; its exit code and all that it printed."""
    configure(tmp_path)
    monkeypatch.setenv("RECOURS_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.delenv("RECOURS_KEY", raising=False)

    def running(*arguments: str) -> tuple[int, str]:
        code = cli.main(arguments)
        said = capsys.readouterr()
        if code == 2:
            assert said.err.count("\n") == 1, said.err
        return code, said.out + said.err

    return running


def configure(folder: Path, url: str = "") -> None:
    (folder / "config.toml").write_text(
        f'[association]\nname = "Essai"\ncontact = "a@b.example"\n[store]\nurl = "{url}"\npath = "data/cases.db"\n'
        'key_file = "key"\nbackups = "backups"\n'
    )


def here(folder: Path, name: str = "data/cases.db") -> SqlStore:
    return sqlite.open_store(folder / name, keys.read_file(folder / "key"))


def content(store: SqlStore) -> object:
    try:
        assert store.integrity() == []
        return rows(store)
    finally:
        store.close()


def test_a_helpline_moves_there_works_there_and_comes_back(run: Run, tmp_path: Path, postgres_url: str) -> None:
    assert run("init")[0] == 0
    store = here(tmp_path)
    kept, gone = fill(store)
    store.close()
    before = content(here(tmp_path))

    code, said = run("store", "copy", "--from", "data/cases.db", "--to", postgres_url)
    assert (code, "each row compared" in said, "3 case(s)" in said) == (0, True, True), said
    assert content(here(tmp_path)) == before
    assert run("store", "copy", "--from", "data/cases.db", "--to", postgres_url)[1].endswith("empty database\n")

    configure(tmp_path, postgres_url)
    (tmp_path / "data/cases.db").unlink()
    there = postgres.open_store(postgres_url, keys.read_file(tmp_path / "key"))
    assert content(there) == before
    assert run("verify") == (0, "Everything holds.\n")
    code, said = run("backup")
    assert code == 0
    assert run("erase", gone) == (0, f"{gone}: erased\n")
    assert run("restore", said.strip())[1].endswith("add --replace\n")
    assert run("restore", said.strip(), "--replace")[1].startswith(f"{gone}: had been erased since, erased again\n")
    assert run("rekey")[0] == 0
    assert run("verify") == (0, "Everything holds.\n")
    assert run("staff", "add", "ana", "--role", "reviewer")[0] == 0

    assert run("store", "copy", "--from", postgres_url, "--to", "data/cases.db")[0] == 0
    configure(tmp_path)
    back = here(tmp_path)
    assert (kept in back.cases(), gone in back.cases(), gone in dict(back.erased())) == (True, False, True)
    assert back.staff.named("ana") is not None
    assert back.integrity() == []
    back.close()
    assert not [path for path in (tmp_path / "data").iterdir() if path.name not in ("cases.db", "erased.txt")]


def test_a_store_is_made_in_an_empty_database(run: Run, tmp_path: Path, postgres_url: str) -> None:
    configure(tmp_path, postgres_url)
    assert "recours init" in run("verify")[1] or "key" in run("verify")[1]
    code, said = run("init")
    assert code == 0
    assert "Case store: /" in said
    assert run("verify") == (0, "Everything holds.\n")
    assert not (tmp_path / "data/cases.db").exists()


def test_a_copy_that_cannot_be_made_leaves_no_file(run: Run, tmp_path: Path) -> None:
    assert run("init")[0] == 0
    for arguments, said in (
        (("data/cases.db", "data/cases.db"), "the same store"),
        (("absent.db", "new.db"), "recours init"),
        (("data/cases.db", "postgresql://127.0.0.1:9/x"), "does not answer"),
        (("postgresql://127.0.0.1:9/x", "new.db"), "does not answer"),
    ):
        code, printed = run("store", "copy", "--from", arguments[0], "--to", arguments[1])
        assert (code, said in printed) == (2, True), printed
    assert not (tmp_path / "new.db").exists()


def test_a_store_that_somebody_uses_is_not_copied(run: Run, tmp_path: Path, postgres_url: str) -> None:
    assert run("init")[0] == 0
    held = here(tmp_path)
    held.cases()
    code, said = run("store", "copy", "--from", "data/cases.db", "--to", postgres_url)
    assert (code, "another process holds" in said) == (2, True), said
    held.close()
    configure(tmp_path, postgres_url)
    assert run("init")[0] == 0
    using = postgres.open_store(postgres_url, keys.read_file(tmp_path / "key"))
    code, said = run("store", "copy", "--from", postgres_url, "--to", "new.db")
    assert (code, "Stop the bot" in said) == (2, True), said
    using.close()
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://x/y", "write for example postgresql://"),
        ("postgresql://recours:h4t8@db.example.org/recours", "PGPASSWORD"),
        ("postgresql://db.example.org/recours?password=h4t8", "PGPASSWORD"),
    ],
)
def test_a_wrong_address_in_the_configuration_says_what_to_write(run: Run, tmp_path: Path, url: str, said: str) -> None:
    configure(tmp_path, url)
    code, printed = run("verify")
    assert (code, said in printed, "h4t8" in printed) == (2, True, False)
