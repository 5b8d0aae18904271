"""The encoder taught on the corpus: its gradients are true, it learns, and what it says of its own texts is unseen."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp import encoder, teaching, tuning
from nlp.archive import ModelError
from nlp.encoder import Encoder
from nlp.spelling import misspell
from nlp.tasks import CORRECTIONS, Task, hands_left_out

TEXTS = ("je vais te tuer ce soir", "ok", "on se voit demain matin à la gare ?")
N_HEADS = 4
STEP = 1e-5


def _batch() -> tuple[Any, Any]:
    """Arrays in double precision, where a difference of 1e-5 still tells."""
    dice = np.random.default_rng(1)
    weights = {name: array.astype(np.float64) for name, array in encoder.bundled().arrays().items()}
    weights["heads"], weights["bias"] = dice.normal(0, 0.3, (512, N_HEADS)), np.full(N_HEADS, -0.5)
    pieces = tuning.pieces(encoder.bundled(), TEXTS)
    pieces = tuning.Pieces(pieces.vectors.astype(np.float64), pieces.starts, pieces.windows, pieces.eps)
    targets, weigh = dice.random((3, N_HEADS)) < 0.4, dice.random((3, N_HEADS))
    return weights, (pieces, targets, weigh, np.ones((3, 512)))


def test_every_gradient_is_the_slope_of_the_loss() -> None:
    weights, batch = _batch()
    found = tuning.gradients(weights, *batch)
    assert set(found) == set(weights)
    dice = np.random.default_rng(2)
    for name, array in weights.items():
        way = dice.normal(size=array.shape)
        way /= np.linalg.norm(way)
        above = tuning.loss({**weights, name: array + STEP * way}, *batch)
        below = tuning.loss({**weights, name: array - STEP * way}, *batch)
        assert float((found[name] * way).sum()) == pytest.approx((above - below) / (2 * STEP), rel=1e-3, abs=1e-7), name


def test_the_pass_that_is_taught_is_the_one_the_library_runs() -> None:
    texts = (*TEXTS, "Je sais où tu habites. " * 40)
    arrays = encoder.bundled().arrays() | {"heads": np.zeros((512, 1), "f4"), "bias": np.zeros(1, "f4")}
    batch = tuning.pieces(encoder.bundled(), texts)
    vectors = tuning.Forward(arrays, batch, np.ones((len(texts), 512), "f4")).vector
    assert vectors == pytest.approx(encoder.bundled().encode(texts), abs=1e-5)


def test_it_learns_and_other_arrays_are_read() -> None:
    texts = [f"je vais te tuer numéro {n}" for n in range(20)] + [f"bonjour madame, le colis {n}" for n in range(20)]
    targets = np.array([[True]] * 20 + [[False]] * 20)
    tuned = tuning.tune(texts, targets, np.ones_like(targets), rounds=8)
    said = tuned.log_odds(["je vais te tuer demain", "bonjour monsieur, votre colis est là"])[:, 0]
    assert said[0] > 0 > said[1]
    assert not np.allclose(tuned.weights["w2_3"], encoder.bundled().arrays()["w2_3"], atol=1e-3)


def test_arrays_of_another_library_are_refused() -> None:
    arrays = encoder.bundled().arrays()
    for wrong in ({**arrays, "d0": arrays["d0"][:-1]}, {n: a for n, a in arrays.items() if n != "d0"}):
        with pytest.raises(ModelError, match="not of this release"):
            Encoder(wrong)


def _task(names: tuple[str, ...], texts: list[str], writers: list[str]) -> Task:
    targets = np.array([[name in text for name in names] for text in texts])
    return Task(names, texts, writers, targets, np.ones_like(targets))


@pytest.mark.parametrize(("hands", "folds"), [(["a"] * 4, 3), (["a", "b"] * 3, 2), (list("abcde") * 2, 3)])
def test_every_text_is_left_out_once_and_its_hand_with_it(hands: list[str], folds: int) -> None:
    splits = hands_left_out(hands, teaching.FOLDS)
    assert len(splits) == folds
    assert sorted(row for _, left in splits for row in left) == list(range(len(hands)))
    if len(set(hands)) > 1:
        assert all({hands[row] for row in seen}.isdisjoint({hands[row] for row in left}) for seen, left in splits)


def test_a_known_text_has_its_unseen_score_and_a_correction_what_the_encoder_says(tmp_path: Path) -> None:
    texts = [f"{word} {n}" for n in range(6) for word in ("tuer", "photo", "merci")]
    hands = [f"hand{n}" for n in range(6) for _ in range(3)]
    task = _task(("tuer", "photo"), texts, hands)
    taught = teaching.teach([task], rounds=2)
    taught.save(tmp_path)
    again, loaded = teaching.load(tmp_path), encoder.load(tmp_path)
    said = again.log_odds(_task(("tuer", "photo"), [*texts, "photo nouvelle"], [*hands, CORRECTIONS]))
    direct = loaded.encode([*texts, "photo nouvelle"]) @ again.heads + again.bias
    assert said[:-1] == pytest.approx(taught.unseen.astype(float))
    assert said[-1] == pytest.approx(direct[-1], abs=1e-4)
    assert not np.allclose(said[:-1], direct[:-1], atol=1e-3)
    with pytest.raises(ModelError, match="not the one the encoder was taught on"):
        again.log_odds(_task(("tuer", "photo"), ["photo nouvelle"], ["hand1"]))
    with pytest.raises(ModelError, match="not taught insult"):
        again.log_odds(_task(("tuer", "insult"), texts, hands))


def test_a_missing_or_damaged_encoder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="recours train"):
        encoder.load(tmp_path)
    encoder.save(encoder.bundled().arrays(), tmp_path)
    content = bytearray((tmp_path / "encoder.npz").read_bytes())
    content[5000] ^= 1
    (tmp_path / "encoder.npz").write_bytes(content)
    with pytest.raises(ModelError, match="changed or damaged"):
        encoder.load(tmp_path)


def test_misspelling_changes_spelling_and_little_else() -> None:
    said, dice = "Je vais te retrouver, Léa. Demain !", np.random.default_rng(0)
    spelt = {misspell(said, dice) for _ in range(60)}
    assert said in spelt
    assert any("Lea" in text for text in spelt)
    assert any(text.islower() for text in spelt)
    assert any("," not in text and len(text) == len(said) for text in spelt)
    assert {len(text) - len(said) for text in spelt} >= {-1, 0, 1}
    assert all(abs(len(text) - len(said)) <= 1 for text in spelt)
    assert misspell("", dice) == ""
