"""The classifier: hostile input, rationale, files that cannot be silently damaged, training that repeats itself."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from nlp import corpus, encoder, model, teaching, training
from nlp.archive import ModelError
from nlp.classifier import Classifier
from nlp.normalise import fold, plain, readable
from nlp.reading import LABELS
from nlp.tasks import message_task, safety_task
from nlp.thresholds import ALERT_AIM, LABEL_AIM
from tests.builders import ROOT

MODELS = ROOT / "models"
CLASSIFIER = Classifier.load(MODELS)


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("c*nnasse", "cnnasse"),
        ("SALOOOOPE", "salope"),
        ("jte retrouve", "je te retrouve"),
        ("t\u200bu v\u200bas voir", "tu es vas voir"),
        ("𝓽𝓾 𝓿𝓪𝓼 𝓿𝓸𝓲𝓻", "tu vas voir"),
        ("n1que", "nique"),
    ],
)
def test_masks_elongations_and_invisible_signs_are_lifted(written: str, means: str) -> None:
    assert plain(written).replace("tu es vas", "tu vas") == means.replace("tu es vas", "tu vas")


def test_fold_forgets_case_accents_and_signs() -> None:
    assert fold("  Été, j'arrive ! ") == "ete j arrive"
    assert len(readable("a" * 100_000)) <= 2000


@pytest.mark.parametrize("text", ["", " ", "\u200b", "x" * 100_000, "\ufdfa" * 8, "...", "\x00\x01"])
def test_empty_and_hostile_input_is_read_without_harm(text: str) -> None:
    reading = CLASSIFIER.read([text])[0]
    assert set(reading.scores) == set(LABELS)


def test_another_language_is_said_and_not_guessed() -> None:
    reading = CLASSIFIER.read(["Te voy a encontrar y vas a pagar por todo lo que me hiciste, te lo juro"])[0]
    assert reading.language == "es"
    assert not reading.readable
    assert reading.labels == ()


def test_a_text_reads_the_same_alone_and_in_a_batch() -> None:
    texts = ["je vais te tuer", "à demain", "envoie 500 euros ou je publie tes photos"]
    together = CLASSIFIER.read(texts)
    alone = [CLASSIFIER.read([text])[0] for text in texts]
    for one, other in zip(together, alone, strict=True):
        assert one.labels == other.labels
        assert one.scores == pytest.approx(other.scores, abs=1e-6)


def test_taking_the_rationale_away_lowers_the_score() -> None:
    text = "je vais te tuer toi et ton chien, tu es morte"
    reading = CLASSIFIER.read([text], rationale=True)[0]
    assert reading.rationale
    for span in reading.rationale:
        without = text[: span.start] + " " + text[span.end :]
        assert CLASSIFIER.read([without])[0].scores[span.label] < reading.scores[span.label]


@pytest.mark.parametrize("place", [100, 5000, -40])
def test_a_changed_byte_of_a_model_is_refused(tmp_path: Path, place: int) -> None:
    for name in ("labels.npz", "labels.json"):
        (tmp_path / name).write_bytes((MODELS / name).read_bytes())
    content = bytearray((tmp_path / "labels.npz").read_bytes())
    content[place] ^= 1
    (tmp_path / "labels.npz").write_bytes(content)
    with pytest.raises(ModelError, match="changed or damaged"):
        model.load(tmp_path, "labels")


def test_a_missing_model_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="recours train"):
        model.load(tmp_path, "labels")


def test_training_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    messages, told = message_task(corpus.messages()[::200]), safety_task(corpus.told()[::200])
    for name in ("first", "second"):
        folder = tmp_path / name
        taught = teaching.teach([messages, told], rounds=1)
        taught.save(folder)
        training.train(messages, LABEL_AIM, taught).save(folder, "labels")
        training.train(told, ALERT_AIM, taught).save(folder, "safety")
    files = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert files == sorted(
        f"{name}.{end}" for name in ("encoder", "taught", "labels", "safety") for end in ("json", "npz")
    )
    for file in files:
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes(), file


def test_a_model_beside_another_encoder_is_refused(tmp_path: Path) -> None:
    for name in ("labels.npz", "labels.json"):
        (tmp_path / name).write_bytes((MODELS / name).read_bytes())
    encoder.save(encoder.bundled().arrays(), tmp_path)
    with pytest.raises(ModelError, match="another encoder"):
        model.load(tmp_path, "labels")


def test_the_released_models_were_trained_on_the_corpus_of_the_repository() -> None:
    messages, told = message_task(corpus.messages()), safety_task(corpus.told())
    known = set(teaching.load(MODELS).known.tolist())
    assert known == {*teaching.digests(messages).tolist(), *teaching.digests(told).tolist()}
    for name, task in (("labels", messages), ("safety", told)):
        about = json.loads((MODELS / f"{name}.json").read_text(encoding="utf-8"))["about"]
        assert about["texts"] == len(task.texts)
        assert about["corpus_sha256"] == sha256("\x1e".join(task.texts).encode()).hexdigest()
    final = message_task(corpus.messages(corpus.FINAL_MESSAGES)), safety_task(corpus.told(corpus.FINAL_SAFETY))
    assert known.isdisjoint(digest for task in final for digest in teaching.digests(task).tolist())


def test_every_line_of_the_corpus_is_sound_and_its_id_unique() -> None:
    rows = corpus.messages()
    assert len({row.id for row in rows}) == len(rows)
    assert all(bool(row.threat_kind) == ("threat" in row.labels) for row in rows)


def test_a_wrong_line_of_a_corpus_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id":"1","text":"x","labels":["menace"]}\n', encoding="utf-8")
    with pytest.raises(corpus.CorpusError, match=r"a\.jsonl:1: 'menace' is no label"):
        corpus.messages(tmp_path)
