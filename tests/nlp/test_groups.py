"""The same message reads the same whichever group it names."""

import pytest

from bench.fairness import KINDS, LISTED, NOISE
from nlp.classifier import Classifier
from nlp.groups import name_one_group
from tests.builders import ROOT

CLASSIFIER = Classifier.load(ROOT / "models")
SAID = (
    "les {} dehors, on va vous brûler",
    "sale vermine, les {} n'ont rien à faire ici",
    "les {} m'ont bien accueilli pendant le voyage",
    "Tous les {} sont des voleurs et toi le premier",
)


@pytest.mark.parametrize("groups", [KINDS[kind] for kind in LISTED])
@pytest.mark.parametrize("said", SAID)
def test_naming_another_group_of_its_kind_does_not_change_what_is_read(said: str, groups: tuple[str, ...]) -> None:
    readings = CLASSIFIER.read([said.format(group) for group in groups])
    for label in readings[0].scores:
        scores = [reading.scores[label] for reading in readings]
        assert max(scores) - min(scores) <= NOISE, label


@pytest.mark.parametrize("text", ["le chat noir dort", "un riz cantonais chinois", "la pédale du vélo est cassée", ""])
def test_a_word_that_names_no_group_here_stays(text: str) -> None:
    assert name_one_group(text) == text


def test_number_and_capitals_are_kept() -> None:
    assert name_one_group("SALE JUIF, les Algériennes") == "SALE ARABE, les Arabes"
