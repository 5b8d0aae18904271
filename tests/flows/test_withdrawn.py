"""A card taken back by the association is gone at once, and nothing else breaks."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flows import contacts, knowledge
from flows.assessment import assess
from flows.cards import cards
from flows.check import check
from flows.tables import KnowledgeError
from tests.builders import the_knowledge

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
TODAY = date(2026, 11, 24)


def withdrawing(folder: Path, kind: str, name: str, reason: str = "read again") -> Path:
    """A copy of the data in which one card is withdrawn."""
    copy = folder / "flows"
    shutil.copytree(knowledge.FOLDER, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    lines = f'[[withdrawn]]\nkind = "{kind}"\nid = "{name}"\nreason = "{reason}"\nsince = 2026-11-24\n'
    (copy / "withdrawn.toml").write_text(lines, encoding="utf-8")
    return copy


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("offence", "malicious_calls"), ("offence", "school_harassment"), ("evidence", "medical"),
        ("action", "thesee"), ("contact", "suicide"), ("contact", "digital_youth"), ("letter", "cnil"),
        ("report", "pharos"), ("flagger", "e_enfance"), ("text", "actions.damages.what"),
    ],
)  # fmt: skip
def test_what_is_withdrawn_is_gone_and_the_rest_stays_sound(tmp_path: Path, kind: str, name: str) -> None:
    folder = withdrawing(tmp_path, kind, name)
    known = knowledge.load(folder)
    assert check(folder, TODAY) == []
    words = "\n".join(card.text for card in cards(assess({}, [], known, AT), known))
    assert words
    held = {
        "offence": known.offences, "evidence": {i.id for i in known.evidence}, "action": {a.id for a in known.actions},
        "contact": known.contacts, "letter": known.letters, "report": {r.id for r in known.reports},
        "flagger": {f.id for f in known.flaggers}, "text": (),
    }  # fmt: skip
    assert name not in held[kind]


def test_a_withdrawn_number_is_replaced_by_one_that_answers(tmp_path: Path) -> None:
    known = knowledge.load(withdrawing(tmp_path, "contact", "suicide"))
    said = known.texts.get("safety.alert_suicide_risk_high", **contacts.values(known, AT))
    assert "3114" not in said
    assert "Appelez le 17" in said


def test_a_withdrawn_text_says_that_it_is_being_read_again(tmp_path: Path) -> None:
    known = knowledge.load(withdrawing(tmp_path, "text", "actions.damages.what"))
    for language in known.texts.languages:
        instead = known.texts.get("assessment.withdrawn", language)
        assert known.texts.get("actions.damages.what", language) == instead
        assert the_knowledge().texts.get("actions.damages.what", language) != instead


@pytest.mark.parametrize(
    ("kind", "name", "reason", "said"),
    [
        ("contact", "police", "x", "correct an emergency number"),
        ("action", "no_such_action", "x", "there is none"),
        ("planet", "mars", "x", "is not allowed"),
        ("action", "thesee", " ", "write why"),
    ],
)
def test_a_wrong_withdrawal_is_refused_in_words(tmp_path: Path, kind: str, name: str, reason: str, said: str) -> None:
    with pytest.raises(KnowledgeError, match=said):
        knowledge.load(withdrawing(tmp_path, kind, name, reason))
