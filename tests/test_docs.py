"""What the pages for operators tell to type is something that the program knows."""

import re

import pytest

from bot import cli, config, events, metrics
from tests.builders import ROOT

PAGES = ("docs/runbook.md", "docs/operations.md")
COMMAND = re.compile(r"`recours ([a-z-]+)((?: [^`]*)?)`")


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_is_one(page: str) -> None:
    found = COMMAND.findall((ROOT / page).read_text(encoding="utf-8"))
    assert len(found) > 15
    known = {name for name, _, _, _ in cli.COMMANDS}
    for name, rest in found:
        assert name in known, name
        told = rest.split()
        for option in (word for word in told if word.startswith("--")):
            assert option in help_of(name), (name, option)
        if name == "staff" and told and told[0].replace("-", "").islower():
            assert told[0] in help_of(name), told[0]


def help_of(name: str) -> str:
    """All that `--help` of a command says."""
    (verbs,) = (action for action in cli._parser()._actions if action.dest == "==SUPPRESS==" or action.choices)
    assert isinstance(verbs.choices, dict)
    return str(verbs.choices[name].format_help())


def test_every_metric_and_every_setting_of_health_is_explained() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for family in metrics.REGISTRY.collect():
        assert family.name in page or family.name.startswith("process_"), family.name
    for setting in ("inbox_minutes", "outbox_minutes", "format"):
        assert setting in page
    assert config.LOG_FORMATS == ("text", "json")


def test_events_named_in_the_runbook_exist() -> None:
    page = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z]+_(?:failed|refused))`", page))
    assert named
    assert named <= events.EVENTS.keys()


def test_every_link_inside_the_docs_leads_somewhere() -> None:
    for page in [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]:
        for target in re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).is_file(), (page.name, target)
