"""Thresholds are chosen together, within one budget of false alarms."""

from dataclasses import replace

import numpy as np

from nlp.thresholds import Aim, choose

NAMES = ("a", "b", "attribute")
AIM = Aim(("a", "b"), {"a": 2.0}, {}, 0.05)


def _world(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two heads that lean towards the truth, on 2 000 texts of which half carry nothing."""
    dice = np.random.default_rng(seed)
    targets = np.zeros((2000, 3), dtype=bool)
    targets[:500, 0] = targets[400:1000, 1] = True
    probabilities = np.clip(0.15 + 0.5 * targets + dice.normal(0, 0.2, targets.shape), 0, 1)
    return probabilities, targets


def test_false_alarms_of_all_heads_together_stay_within_the_budget() -> None:
    probabilities, targets = _world()
    chosen = choose(NAMES, probabilities, targets, AIM)
    bare = ~targets[:, :2].any(axis=1)
    alarmed = (probabilities[bare, 0] >= chosen[0][1]) | (probabilities[bare, 1] >= chosen[1][1])
    assert alarmed.mean() <= AIM.budget


def test_a_larger_budget_lets_more_be_found() -> None:
    probabilities, targets = _world()
    found = [
        float((probabilities[targets[:, 0], 0] >= choose(NAMES, probabilities, targets, aim)[0][1]).mean())
        for aim in (replace(AIM, budget=0.01), replace(AIM, budget=0.3))
    ]
    assert found[0] < found[1]


def test_the_bot_asks_below_what_it_asserts_and_an_attribute_takes_the_likelier_answer() -> None:
    chosen = choose(NAMES, *_world(), AIM)
    assert all(ask_from < assert_from for ask_from, assert_from in chosen[:2])
    assert chosen[2] == (0.5, 0.5)
