"""The dossier and its bag: read by other programs, the same bytes each time, and no change goes unseen."""

import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import bagit
import pytest

from cases.dossier import bag, pdf
from cases.sql.store import SqlStore
from tests.builders import a_file
from tests.cases.dossiers import NOON, WORDS, export, keep_case
from tests.postgres import BOTH_ENGINES

ENGINES = BOTH_ENGINES


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = a_file(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def words_of_the_pdf(store: SqlStore, tmp_path: Path) -> str:
    keep_case(store)
    made, _ = export(store)
    (tmp_path / "d.pdf").write_bytes(made)
    tool = shutil.which("pdftotext")
    if tool is None:
        pytest.skip("poppler-utils is not installed; .ci/run installs it")
    read = subprocess.run([tool, "-layout", tmp_path / "d.pdf", "-"], capture_output=True, check=True)
    return read.stdout.decode()


def test_the_pdf_says_what_a_desk_needs(words_of_the_pdf: str) -> None:
    for words in ("Résumé", "Chronologie", "Pièce 6", "SHA-256", "Projet de plainte", "au guichet", "Kevin 1"):
        assert words in words_of_the_pdf
    pages = words_of_the_pdf.split("\f")[:-1]
    assert all("Déclaratif, non vérifié" in page for page in pages)
    assert "je sais où tu habites" in words_of_the_pdf


def test_no_sign_is_lost_on_paper(words_of_the_pdf: str) -> None:
    assert "⟨U+4F60⟩" in words_of_the_pdf
    assert "⟨U+0000⟩" in words_of_the_pdf
    assert "\ufffd" not in words_of_the_pdf


def test_the_same_case_gives_the_same_bytes(store: SqlStore) -> None:
    keep_case(store)
    case = store.by_number(store.cases()[0])
    assert case is not None
    content = {"title": "t", "association": "a", "header": "h", "footer": "f", "page": "p", "subtitle": "s"}
    assert pdf.render({**content, "sections": []}, NOON) == pdf.render({**content, "sections": []}, NOON)


@pytest.mark.parametrize("text", [*WORDS, "\u202e\u200d\ufeff", "𝕳𝖆𝖙𝖊", "🏴‍☠️" * 50, "x" * 10_000])
def test_any_text_can_be_printed(text: str) -> None:
    piece = {"kind": "piece", "title": text, "lines": [text], "text": text, "digest": "0"}
    section = {"title": "Pièces", "parts": [piece], "new_page": False}
    content = {"title": "t", "association": "a", "header": "h", "footer": "f", "page": "p", "subtitle": "s"}
    assert pdf.render({**content, "sections": [section]}, NOON).startswith(b"%PDF-1.7")


def test_bagits_own_validator_accepts_the_bag(store: SqlStore, tmp_path: Path) -> None:
    keep_case(store)
    _, files = export(store)
    zipped = tmp_path / "bag.zip"
    zipped.write_bytes(bag.pack(files, "R-TEST"))
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(tmp_path / "out")
    opened = bagit.Bag(str(tmp_path / "out" / "R-TEST"))
    assert opened.validate()
    assert bag.faults(bag.read(tmp_path / "out")) == []
    (tmp_path / "out" / "R-TEST" / "data" / "exhibits" / "0001.txt").write_text("autre chose", encoding="utf-8")
    assert not opened.is_valid()


def test_a_locked_bag_opens_with_its_passphrase_only(store: SqlStore) -> None:
    keep_case(store)
    _, files = export(store)
    locked = bag.pack(files, "R-TEST", "quatre mots de passe")
    assert bag.is_locked(locked)
    assert WORDS[1].encode() not in locked
    assert bag.unpack(locked, "bag.zip", "quatre mots de passe") == files
    for wrong in (None, "un autre"):
        with pytest.raises(bag.BagError):
            bag.unpack(locked, "bag.zip", wrong)


def test_the_text_of_an_erased_exhibit_is_in_no_file(store: SqlStore) -> None:
    keep_case(store)
    with store.turn("terminal", "her", NOON) as turn:
        turn.erase_exhibit(2)
    assert store.integrity() == []
    made, files = export(store)
    assert bag.faults(files) == []
    assert not any(WORDS[1].encode() in content for content in (made, *files.values()))


EDITS = (
    "UPDATE exhibits SET body = json_set(body, '$.text', 'autre') WHERE position = 3",
    "UPDATE exhibits SET body = json_set(body, '$.sent_at', '2025-01-01T00:00:00+00:00') WHERE position = 2",
    "UPDATE exhibits SET body = json_set(body, '$.labels', json('[]')) WHERE position = 1",
    "UPDATE exhibits SET body = json_set(body, '$.how', 'erased') WHERE position = 4",
    "DELETE FROM exhibits WHERE position = 6",
    "DELETE FROM custody WHERE number = 1",
    "DELETE FROM custody WHERE number = (SELECT max(number) FROM custody)",
    "UPDATE custody SET event = 'viewed' WHERE number = 2",
    "UPDATE custody SET detail = '{}' WHERE number = 4",
    "UPDATE custody SET at = '2025-01-01T00:00:00.000+00:00' WHERE number = 3",
    "INSERT INTO custody SELECT case_id, number + 1, at, event, detail, digest, digest FROM custody WHERE number = 7",
    "INSERT INTO exhibits SELECT case_id, 7, json_set(body, '$.position', 7) FROM exhibits WHERE position = 1",
    "UPDATE exhibits SET body = 'x' WHERE position = 1",
)


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_behind_the_stores_back_is_found(store: SqlStore, edit: str) -> None:
    keep_case(store)
    assert store.integrity() == []
    store._rows(edit)
    store._exhibits.clear()
    assert store.integrity() != []
