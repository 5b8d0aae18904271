"""From a correction on the page of a case to a model: exported of who agrees, learnt, refused when it reads worse."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import cli, learning
from cases.exhibits import label_state
from nlp import corpus, teaching
from nlp import learning as comparing
from tests.builders import Person
from tests.review.serving import House, Visitor, post

OF_THE_SAMPLE = 30  # every thirtieth message of the corpus
SHOWN = 3  # messages of the sample, which somebody was sent: read again in another hand they teach no harm
LABELS = "labels.npz"
NOISE = 0.015  # of a mean over so few messages: three more moved it by 0.003 either way


@pytest.fixture
def lina(house: House) -> Iterator[Visitor]:
    client = house.signed_in(house.hire("lina", "reviewer"))
    yield client
    client.close()


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small model in place, trained by the command itself on a sample of the corpus."""
    few, told = corpus.messages()[::OF_THE_SAMPLE], corpus.told()[::OF_THE_SAMPLE]
    monkeypatch.setattr(corpus, "messages", lambda: few)
    monkeypatch.setattr(corpus, "told", lambda: told)
    monkeypatch.setattr(learning, "MODELS", tmp_path / "models")
    monkeypatch.setattr(comparing, "NOISE", NOISE)
    monkeypatch.setattr(teaching, "ROUNDS", 1)  # six take a minute
    assert cli.main(["train"]) == 0
    return tmp_path / "models"


@pytest.fixture
def configured(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands work on the store of the console."""
    config = house.folder / "recours.toml"
    config.write_text(
        "[association]\nname = 'Test'\ncontact = 'c@example.org'\n"
        f"[store]\npath = '{house.settings.store}'\nkey_file = '{house.folder / 'key'}'\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("RECOURS_CONFIG", str(config))


def corrected(house: House, client: Visitor, chat: str, text: str, label: str) -> Person:
    """Somebody shows a message; a reviewer adds a label to it on the page."""
    person = Person(house.store, chat=chat).agrees()
    person.forwards(text)
    path = f"/cases/{person.case.number}/exhibits/1/label"
    was = label_state(person.case.exhibits[0], label)
    assert post(client, path, label=label, answer="yes", was=was).status_code == 303
    return person


@pytest.mark.usefixtures("configured")
def test_what_a_reviewer_corrects_teaches_the_program_when_its_person_agrees(
    house: House, lina: Visitor, models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = dict(itertools.islice(((row.text, min(row.labels)) for row in corpus.messages() if row.labels), SHOWN))
    for number, (text, label) in enumerate(told.items()):
        person = corrected(house, lina, f"teaches-{number}", f"{text} 06 12 34 56 78", label)
        post(lina, f"/cases/{person.case.number}/teaching", act="give", words="oui, je veux bien")
    corrected(house, lina, "silent", "celle-ci n'a rien accepté", "insult")
    file = tmp_path / "corrections.jsonl"
    assert cli.main(["corrections", "--out", str(file)]) == 0
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert set(told.values()) <= {label for row in rows for label in row["labels"]}
    assert len(rows) == len(told)
    assert "06 12 34 56 78" not in file.read_text("utf-8")
    assert file.stat().st_mode & 0o077 == 0
    before = (models / LABELS).read_bytes()
    assert cli.main(["train", "--corrections", str(file)]) == 0
    assert f"{SHOWN} corrections" in capsys.readouterr().out
    assert (models / LABELS).read_bytes() != before


@pytest.mark.usefixtures("configured")
def test_a_model_that_reads_worse_stays_out_unless_forced(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = [{"text": row.text, "labels": [] if row.labels else ["raid", "hate"]} for row in corpus.messages()[:150]]
    file = tmp_path / "wrong.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in wrong), encoding="utf-8")
    before = (models / LABELS).read_bytes()
    assert cli.main(["train", "--corrections", str(file)]) == 1
    assert "reads worse" in capsys.readouterr().err
    assert (models / LABELS).read_bytes() == before
    assert cli.main(["train", "--corrections", str(file), "--force"]) == 0
    assert (models / LABELS).read_bytes() != before
