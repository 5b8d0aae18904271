"""Corrections of the staff enter training, and a model that reads worse does not take the place of the other."""

import json
from pathlib import Path

import numpy as np
import pytest

from bot import cli
from nlp import corpus
from nlp.learning import Comparison, corrections
from nlp.normalise import fold
from nlp.reliability import brier, calibration_error, interval
from nlp.tasks import CORRECTIONS
from tests.builders import ROOT


def test_a_model_is_worse_only_beyond_noise() -> None:
    assert not Comparison({"threat": 0.70}, {"threat": 0.699}).is_worse()
    assert Comparison({"threat": 0.70, "hate": 0.60}, {"threat": 0.70, "hate": 0.50}).is_worse()
    assert not Comparison({}, {"threat": 0.1}).is_worse()


def test_the_difference_is_shown_label_by_label() -> None:
    assert "-0.100" in Comparison({"hate": 0.60}, {"hate": 0.50}).table()


def _file(folder: Path, *rows: dict[str, object]) -> Path:
    path = folder / "corrections.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_corrections_are_one_hand_of_their_own(tmp_path: Path) -> None:
    rows = corrections(_file(tmp_path, {"text": "je vais te tuer", "labels": ["threat"], "threat_kind": "death"}))
    assert {row.writer for row in rows} == {CORRECTIONS}


@pytest.mark.parametrize("force", [False, True])
def test_harmful_corrections_are_refused_unless_forced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, force: bool
) -> None:
    few = corpus.messages()[::20]
    monkeypatch.setattr(corpus, "messages", lambda: few)
    wrong: list[dict[str, object]] = [
        {"text": row.text, "labels": [] if row.labels else ["raid", "hate"]} for row in few[:150]
    ]
    answer = cli.main(
        ["train", "--corrections", str(_file(tmp_path, *wrong)), "--out", str(tmp_path), *["--force"] * force]
    )
    assert answer == (0 if force else 1)
    assert (tmp_path / "labels.npz").exists() is force
    assert "average precision" in capsys.readouterr().out


def test_a_wrong_or_empty_file_of_corrections_says_what_to_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for content, expected in (("", "no line in it"), ('{"text":"x","labels":["menace"]}', "is no label")):
        (tmp_path / "a.jsonl").write_text(content, encoding="utf-8")
        assert cli.main(["train", "--corrections", str(tmp_path / "a.jsonl")]) == 2
        assert expected in capsys.readouterr().err


def test_calibration_brier_and_bootstrap_know_the_plain_cases() -> None:
    truth = np.array([True, False, True, False])
    assert calibration_error(truth.astype(float), truth) == 0
    assert brier(np.full(4, 0.5), truth) == pytest.approx(0.25)
    assert calibration_error(np.full(4, 0.9), truth) == pytest.approx(0.4)
    low, high = interval(lambda drawn: float(truth[drawn].mean()), 4)
    assert low < 0.5 < high


def test_no_text_of_the_final_split_stands_twice_or_was_learnt() -> None:
    final = [(row.id, row.text) for row in corpus.messages(corpus.FINAL_MESSAGES)]
    final += [(row.id, row.text) for row in corpus.told(corpus.FINAL_SAFETY)]
    seen = {fold(row.text) for row in corpus.messages()} | {fold(row.text) for row in corpus.told()}
    for name, text in final:
        key = fold(text)
        assert not key or key not in seen, name
        seen.add(key)


def test_the_models_never_saw_the_final_split() -> None:
    about = json.loads((ROOT / "models" / "labels.json").read_text(encoding="utf-8"))["about"]
    hands = {row.writer for row in corpus.messages()}
    assert about["writers"] == len(hands)
    assert not hands & {row.writer for row in corpus.messages(corpus.FINAL_MESSAGES)}
