"""Imports go with the stream: platform, engine, then what reads, decides and keeps. None is hidden in a function."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("bot", "cases", "flows", "nlp", "review")
ALLOWED = {
    "bot": {"nlp", "flows", "cases"},
    "review": {"nlp", "flows", "cases"},
    "nlp": {"flows.facts"},
    "cases": {"flows.facts", "flows.messages", "flows.standing"},  # the vocabulary
    "flows": set(),
}
STARTS_THE_CONSOLE = "bot/cli.py"
HIDDEN_ON_PURPOSE = {("bot/commands.py", "bot")}  # the Telegram library takes half a second that other commands spare
MODULES = sorted(path for package in OURS for path in (ROOT / package).rglob("*.py"))


def imports(path: Path) -> list[tuple[str, bool]]:
    """(module, whether inside a function) of every import of ours."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = set(ast.iter_child_nodes(tree))
    found = []
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        found += [(name, node not in top) for name in names if name.split(".")[0] in OURS]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_import_goes_against_the_stream(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    for name, hidden in imports(path):
        root = name.split(".")[0]
        starts = root == "review" and str(path.relative_to(ROOT)) == STARTS_THE_CONSOLE
        assert starts or root == package or root in ALLOWED[package] or name in ALLOWED[package], f"{name} in {path}"
        assert not hidden or (str(path.relative_to(ROOT)), name) in HIDDEN_ON_PURPOSE, f"{name} hidden in {path}"


def test_only_one_module_knows_the_encrypted_database() -> None:
    knowing = [path.name for path in MODULES if "sqlcipher3" in path.read_text(encoding="utf-8")]
    assert [name for name in knowing if name != "sqlite.py"] == ["cipher.py"]


def test_only_one_module_speaks_to_postgresql() -> None:
    speaking = [
        path.name for path in MODULES if re.search(r"^\s*(from|import) psycopg", path.read_text(), re.MULTILINE)
    ]
    assert speaking == ["postgres_link.py"]


def test_sql_stands_in_the_case_store_only() -> None:
    statement = re.compile(r"[\"'](SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE TABLE) ")
    elsewhere = [path for path in MODULES if path.relative_to(ROOT).parts[0] != "cases"]
    assert [path.name for path in elsewhere if statement.search(path.read_text(encoding="utf-8"))] == []


def test_no_platform_type_comes_past_its_channel() -> None:
    for path in MODULES:
        source = path.read_text(encoding="utf-8")
        if re.search(r"^(from telegram[. ]|import telegram$|from nio|import nio)", source, re.MULTILINE):
            assert path.name in ("telegram.py", "telegram_updates.py", "matrix.py"), path


def test_no_article_number_stands_in_code() -> None:
    for path in MODULES:
        for number in ("222-", "226-", "312-1", "323-", "227-2", "R. 6", "132-7"):
            assert number not in path.read_text(encoding="utf-8"), f"{number} in {path}"
