"""Rules of words that a test can check, over every text file."""

import re
from datetime import UTC, datetime

import pytest

from flows import contacts
from flows.check import TELEPHONE, YEARS
from flows.texts import Text
from tests.builders import ROOT, the_knowledge

SHORT, LAW, LABEL = 320, 600, 64
LETTER = "letter"
LONGEST_SENTENCE = 25
BANNED = (
    "revenge porn", "pornographie infantile", "avouer", "prétendue victime", "pourquoi n'avez-vous pas",
    "pourquoi avez-vous", "vous êtes victime", "chance de gagner", "un bénévole va vous répondre", "je ressens",
    "je comprends votre douleur", "n'hésitez pas", "chère utilisatrice", "child porn", "you are a victim of",
    "why did you", "why didn't you", "i feel your", "alleged victim", "chance of winning", "admit",
)  # fmt: skip
LAW_FILES = ("law/", "assessment.toml")
AT = datetime(2026, 11, 24, 3, tzinfo=UTC)
LONGEST = {
    "association": "Association d'aide aux victimes de la Loire", "contact": "donnees@association-exemple.fr",
    "retention_days": "365", "backup_days": "30", "word": "x" * 20, "labels": "une menace (messages 1, 2, 3)",
    "chosen": "menaces, insultes", "count": "500", "groups": ", dont 120 différents", "authors": ", de 312 comptes",
    "hours": ", entre le 01/10 à 22 h et le 03/10 à 03 h", "delay": "2 heures", "opens": "25/11 à 09 h 00",
    "wiped_hours": "48",
}  # fmt: skip
TEXTS = sorted(
    (f"{language}:{key}" if language != "fr" else key, text)
    for language in the_knowledge().texts.languages
    for key, text in the_knowledge().texts.all(language).items()
)
SPOKEN = [(key, text) for key, text in TEXTS if text.register != "label"]


def filled(text: Text) -> str:
    """The words with their longest values."""
    values = {**LONGEST, **contacts.values(the_knowledge(), AT)}
    return text.words.format(**{name: values.get(name, "xxxx") for name in text.values})


def sentences(words: str) -> list[str]:
    return [sentence for sentence in re.split(r"(?<=[.!?…:;])\s+|\n+", words) if sentence.strip()]


@pytest.mark.parametrize(("key", "text"), SPOKEN, ids=lambda value: value if isinstance(value, str) else "")
def test_a_message_is_short(key: str, text: Text) -> None:
    long = text.file.split("/", 1)[1].startswith(LAW_FILES) or text.register == LETTER
    limit = LAW if long else SHORT
    assert len(filled(text)) <= limit, f"{key}: {len(filled(text))}"


@pytest.mark.parametrize(("key", "text"), SPOKEN, ids=lambda value: value if isinstance(value, str) else "")
def test_no_sentence_is_long(key: str, text: Text) -> None:
    for sentence in sentences(filled(text)):
        assert len(sentence.split()) <= LONGEST_SENTENCE, f"{key}: {sentence}"


def test_the_mean_sentence_has_at_most_fifteen_words() -> None:
    lengths = [len(sentence.split()) for _, text in SPOKEN for sentence in sentences(filled(text))]
    assert sum(lengths) / len(lengths) <= 15


@pytest.mark.parametrize(
    ("key", "text"), [(k, t) for k, t in TEXTS if t.register == "label"], ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_label_fits_a_button_and_says_something_without_emoji(key: str, text: Text) -> None:
    if key.startswith(("buttons.", "questions.")):
        assert len(text.words) <= LABEL
    assert re.search(r"\w", text.words)


def test_no_banned_word_stands_anywhere() -> None:
    for key, text in TEXTS:
        for word in BANNED:
            assert word not in text.words.lower(), f"{key}: {word}"


def test_each_register_keeps_its_tone() -> None:
    for key, text in TEXTS:
        lowered = text.words.lower()
        if text.register in ("options", "law"):
            assert "vous devez" not in lowered, key
            assert "il faut absolument" not in lowered, key
            assert "you must" not in lowered, key
        if text.register == "directive":
            assert "si vous le souhaitez" not in lowered, key
            assert "if you wish" not in lowered, key


def test_no_question_asks_why_she_did_something() -> None:
    for key, text in TEXTS:
        if key.endswith(".ask"):
            assert not text.words.lower().startswith(("pourquoi", "why")), key


@pytest.mark.parametrize(
    ("language", "base", "per_syllable", "talk", "law"), [("fr", 207, 73.6, 70, 55), ("en", 206.8, 84.6, 70, 55)]
)
def test_the_texts_are_readable_by_most(language: str, base: float, per_syllable: float, talk: int, law: int) -> None:
    """By Kandel and Moles (1958) for French, Flesch (1948) for English: words a sentence, syllables a word."""
    ours = [(key.removeprefix(f"{language}:"), text) for key, text in SPOKEN if text.file.startswith(language)]
    of_law = ("law.", "assessment.", "letters.")
    assert readability([t for key, t in ours if not key.startswith(of_law)], base, per_syllable) >= talk
    assert readability([t for key, t in ours if key.startswith(of_law)], base, per_syllable) >= law


def readability(texts: list[Text], base: float, per_syllable: float) -> float:
    words = [word for text in texts for word in re.findall(r"[^\W\d_]+", filled(text))]
    count = sum(len(sentences(filled(text))) for text in texts)
    syllables = sum(max(1, len(re.findall(r"[aeiouyàâäéèêëîïôöùûüœ]+", mute(word.lower())))) for word in words)
    return base - 1.015 * len(words) / count - per_syllable * syllables / len(words)


def mute(word: str) -> str:
    """Without the silent ending that is written and not said."""
    return re.sub(r"(?<=[^aeiouyé])(e|es|ent)$", "", word)


def test_no_telephone_number_stands_outside_the_contacts_file() -> None:
    for path in [*ROOT.glob("flows/**/*.toml"), *ROOT.glob("bot/**/*.py"), ROOT / "config.toml"]:
        if (
            (path.name == "contacts.toml" and path.parent.name == "flows")
            or "law" in path.parts
            or "facts" in path.parts
        ):
            continue
        text = "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if "=" in line or '"' in line)
        found = [
            m.group() for m in TELEPHONE.finditer(YEARS.sub("", text)) if not m.group().isdigit() or len(m.group()) != 3
        ]
        assert not found, f"{path}: {found}"


def test_every_alert_text_carries_a_contact() -> None:
    for key, text in TEXTS:
        if "safety.alert_" in key and key.endswith(("_high", "_medium")):
            assert text.values & set(the_knowledge().contacts), key
