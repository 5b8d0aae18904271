"""The privacy papers say what the configuration does."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot import cli, papers
from bot.config import MEDIA_POLICIES, MediaSettings, Retention, Telegram, Timestamp
from tests.builders import the_knowledge, the_means

SETTINGS = the_means().config


@pytest.mark.parametrize(("paper", "language"), [(paper, language) for paper, language, _ in papers.PAPERS])
def test_a_paper_names_who_runs_it_and_leaves_no_value_unfilled(paper: str, language: str) -> None:
    written = papers.compose(paper, language, the_knowledge().texts, SETTINGS, "24/11/2026")
    assert "{" not in written
    assert written.startswith("# ")
    assert paper == "impact" or SETTINGS.association.name in written


def test_the_papers_follow_the_configuration() -> None:
    texts = the_knowledge().texts
    quiet = replace(SETTINGS, telegram=Telegram(enabled=False), retention=Retention(days=90))
    dated = replace(SETTINGS, timestamp=Timestamp(url="https://tsa.example"))
    assert "Telegram transporte" in papers.compose("record", "fr", texts, SETTINGS, "")
    assert "Telegram" not in papers.compose("record", "fr", texts, quiet, "")
    assert "90 jours après" in papers.compose("notice", "fr", texts, quiet, "")
    assert "https://tsa.example" in papers.compose("notice", "en", texts, dated, "")
    assert "tsa.example" not in papers.compose("notice", "en", texts, SETTINGS, "")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_notice_says_what_becomes_of_files(language: str) -> None:
    texts = the_knowledge().texts
    for policy in MEDIA_POLICIES:
        for reads in (True, False):
            settings = replace(SETTINGS, media=MediaSettings(policy, read_screenshots=reads))
            written = papers.compose("notice", language, texts, settings, "")
            said = {
                name
                for name in (*MEDIA_POLICIES, "read", "not_read")
                if texts.get(f"papers.files.{name}", language) in written
            }
            assert said == {policy, "read" if reads else "not_read"}
            assert ("Tesseract" in written) is reads
            assert "Telegram" in written


def test_a_paper_completed_by_hand_is_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["papers", "--out", str(tmp_path)]) == 0
    (tmp_path / "registre.md").write_text("complété", encoding="utf-8")
    assert cli.main(["papers", "--out", str(tmp_path)]) == 2
    assert (tmp_path / "registre.md").read_text(encoding="utf-8") == "complété"
    assert "stands there already" in capsys.readouterr().err
