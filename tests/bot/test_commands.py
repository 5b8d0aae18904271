"""The command line: contracts, one-line errors, never a traceback for a user's mistake."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import cli
from bot.config import ConfigError, load, parse, secret
from cases import keys, sqlite
from tests.builders import ROOT, a_file


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize("name", [name for name, _, _, _ in cli.COMMANDS])
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], name: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main([name, "--help"])
    assert stopped.value.code == 0
    assert len(capsys.readouterr().out) > 60


def test_every_command_is_named_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, _, _, _ in cli.COMMANDS:
        assert f"recours {name}" in readme, name


def test_classify_keeps_order_and_the_contract(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"id":1,"text":"je vais te tuer"}\n{"id":2,"text":"à demain"}\n', encoding="utf-8")
    code, out, _ = run(capsys, "classify", str(file))
    rows = lines(out)
    assert code == 0
    assert [row["id"] for row in rows] == [1, 2]
    assert "threat" in rows[0]["labels"]
    assert rows[0]["threat_kind"] == "death"
    assert rows[1]["labels"] == []
    assert {"id", "labels", "scores", "threat_kind", "rationale"} <= rows[0].keys()


def test_classify_reads_the_victims_own_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"id":"a","text":"je veux en finir"}\n'))
    code, out, _ = run(capsys, "classify", "--as", "victim")
    assert code == 0
    assert lines(out)[0]["alerts"] == ["suicide_risk"]


def test_assess_takes_facts_and_messages(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "case.json"
    case = {
        "id": "c1",
        "facts": {"author_relationship": "ex_partner", "living_conditions_degraded": True, "health_altered": True},
        "messages": [
            {"text": "je vais te tuer", "from": "K", "date": "2026-11-01T22:00"},
            {"text": "tu vas crever salope je te jure", "from": "K", "date": "2026-11-03T22:00"},
        ],
    }
    file.write_text(json.dumps(case, indent=1), encoding="utf-8")
    code, out, _ = run(capsys, "assess", str(file), "--on", "2026-11-24")
    found = lines(out)[0]
    assert code == 0
    statuses = {finding["offence"]: finding["status"] for finding in found["findings"]}
    assert statuses["conjugal_harassment"] == "indicated"
    assert statuses["threats"] == "indicated"
    assert found["facts"]["acts_count"]["exhibits"] == [1, 2]
    assert found["deadlines"][0]["what"] == "proof"
    assert {"findings", "deadlines", "evidence", "actions", "contacts"} <= found.keys()


def test_understand_follows_the_contract(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(
        '{"id":1,"question":"acts_count","answer":"une centaine"}\n'
        '{"id":2,"question":"command","answer":"efface tout"}\n',
        encoding="utf-8",
    )
    _, out, _ = run(capsys, "understand", str(file))
    assert [(row["value"], row["command"]) for row in lines(out)] == [(100, None), (None, "erase")]


def test_facts_lists_the_vocabulary(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "facts")
    rows = json.loads(out)
    assert {"id", "type", "values", "meaning", "question"} <= rows[0].keys()
    assert {"victim_age_band", "acts_count", "last_act_on", "author_relationship"} <= {row["id"] for row in rows}


def test_check_finds_nothing_wrong_in_the_repository(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text((ROOT / "config.toml").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setenv("RECOURS_CONFIG", str(tmp_path / "config.toml"))
    code, out, _ = run(capsys, "check")
    assert (code, out.count("\n")) == (0, 1)


def test_the_law_can_be_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "flow")
    assert out.startswith("flowchart LR")
    assert "o_moral_harassment" in out


def test_run_without_a_token_says_how_to_get_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECOURS_TELEGRAM_TOKEN", raising=False)
    code, out, _ = run(capsys, "run")
    assert code == 0
    assert "@BotFather" in out
    assert "recours chat" in out


def test_init_makes_a_key_and_a_store_and_erase_needs_a_case(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = (
        (ROOT / "config.toml").read_text(encoding="utf-8").replace("~/.config/recours/key", str(tmp_path / "k" / "key"))
    )
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("RECOURS_CONFIG", str(tmp_path / "config.toml"))
    assert run(capsys, "init")[0] == 0
    assert (tmp_path / "data" / "recours.db").exists()
    code, _, err = run(capsys, "erase", "R-AAAA-AAAA")
    assert (code, "no such case" in err) == (2, True)
    assert run(capsys, "purge")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "content", "said"),
    [
        (("classify",), "not json\n", "line 1: not JSON"),
        (("classify",), '{"id":1}\n', '"text" must be a string'),
        (("assess",), '{"facts":{"acts_cout":3}}', "did you mean acts_count"),
        (("assess",), '{"facts":{"acts_count":"many"}}', "give a whole number"),
        (("assess",), '{"facts":{"author_relationship":"ex"}}', "give one of partner"),
        (("assess",), '{"messages":[{"txt":"x"}]}', "messages: give a list"),
        (("assess",), '{"fact":{}}', "only id, facts and messages"),
        (("assess", "--on", "tomorrow"), "{}", "write YYYY-MM-DD"),
        (("understand",), '{"question":"nothing","answer":"x"}', "give a fact"),
        (("evaluate",), '{"text":"x"}\n', 'needs "labels"'),
        (("chat", "--script"), '{"parole":"x"}\n', "line 1: write"),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: tuple[str, ...], content: str, said: str
) -> None:
    file = tmp_path / "in"
    file.write_text(content, encoding="utf-8")
    code, _, err = run(capsys, *arguments, str(file))
    assert code == 2
    assert err.count("\n") == 1
    assert said in err


def test_a_file_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "classify", "/nowhere/at/all")
    assert (code, err.count("\n")) == (2, 1)
    assert "check the path" in err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", r"\[association\] is missing"),
        ("[association]\nname='a'\n", "association.contact is missing"),
        ("[association]\nname='a'\ncontact='b'\ntimezon='c'\n", "did you mean association.timezone"),
        ("[association]\nname='a'\ncontact='b'\n[retention]\ndays=-1\n", "a whole number from 1"),
        ("[association]\nname='a'\ncontact='b'\n[telegram]\ntoken='1:x'\n", "secrets never stand in this file"),
        ("[association]\nname='a'\ncontact='b'\ntimezone='Paris'\n", "write for example Europe/Paris"),
        ("[association]\nname='a'\ncontact='b'\nteam_hours=['lundi 9h']\n", "mon 09:00-17:00"),
        ("[association]\nname='a'\ncontact='b'\n[telegram]\nmode='push'\n", "write polling or webhook"),
        ("x = = 1", "not valid TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "config.toml").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        load(tmp_path / "config.toml")


def test_every_setting_is_explained_in_config_toml() -> None:
    above = ""
    for line in (ROOT / "config.toml").read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            assert above.startswith("#"), line
        above = line


def test_the_defaults_of_the_code_are_those_of_config_toml() -> None:
    written = load(ROOT / "config.toml")
    bare = parse({"association": {"name": "a", "contact": "b"}}, "config.toml", ROOT)
    for section in ("conversation", "retention", "store", "telegram"):
        assert getattr(written, section) == getattr(bare, section)


def test_a_secret_file_that_others_may_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECOURS_TELEGRAM_TOKEN", raising=False)
    file = tmp_path / "token"
    file.write_text("1:x\n", encoding="utf-8")
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        secret("RECOURS_TELEGRAM_TOKEN", str(file))
    file.chmod(0o600)
    assert secret("RECOURS_TELEGRAM_TOKEN", str(file)) == "1:x"


def test_a_script_prints_replies_with_their_buttons(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script = tmp_path / "script.jsonl"
    rows = [
        {"text": "bonjour"},
        {"choice": "phone_safe:yes"},
        {"choice": "consent:yes"},
        {"forward": "je vais te retrouver", "from": "K", "date": "2026-11-20T22:00"},
        {"forward": "réponds", "from": "K", "date": "2026-11-21T22:00"},
        {"photo": "capture"},
    ]
    script.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    code, out, _ = run(capsys, "chat", "--script", str(script))
    said = lines(out)
    assert code == 0
    assert [key["id"] for key in said[0]["keys"]] == ["urgent", "skip", "leave"]
    assert any("2 messages reçus" in row["text"] for row in said)


@pytest.mark.parametrize(("channel", "wiped"), [("matrix", True), ("telegram", False)])
def test_erasing_wipes_old_messages_where_the_platform_still_deletes_them(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channel: str, *, wiped: bool
) -> None:
    (tmp_path / "config.toml").write_text(
        '[association]\nname = "Essai"\ncontact = "a@b.example"\n[store]\npath = "cases.db"\nkey_file = "key"\n'
    )
    monkeypatch.setenv("RECOURS_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.delenv("RECOURS_KEY", raising=False)
    store = a_file(tmp_path)
    long_ago = datetime.now(UTC) - timedelta(days=5)
    with store.turn(channel, "7", long_ago) as turn:
        turn.save_state({})
        turn.note_message("41", long_ago)
    number = store.cases()[0]
    store.close()
    assert run(capsys, "erase", number)[0] == 0
    store = sqlite.open_store(tmp_path / "cases.db", keys.read_file(tmp_path / "key"))
    waiting = store.next_out(channel, "7")
    assert (waiting is not None and waiting[0].kind == "wipe") is wiped
    store.close()
