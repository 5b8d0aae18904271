"""Free answers, commands, days and numbers, in the words people use."""

from datetime import date

import pytest

from nlp.understand import understand
from tests.builders import the_knowledge

TODAY = date(2026, 11, 24)  # a Tuesday


def said(fact: str, answer: str) -> object:
    return understand(the_knowledge().facts[fact], answer, TODAY).value


@pytest.mark.parametrize(
    "answer", ["oui", "Ouais grave", "OUI !!", "carrément", "bah oui", "c'est ça", "yes", "oui je crois"]
)
def test_yes_in_many_forms(answer: str) -> None:
    assert said("threat_present", answer) is True


@pytest.mark.parametrize(
    "answer", ["non", "nan", "Nope", "pas du tout", "jamais", "bah non", "je crois pas", "non merci"]
)
def test_no_in_many_forms(answer: str) -> None:
    assert said("threat_present", answer) is False


@pytest.mark.parametrize(
    "answer", ["bof jsp", "je sais pas", "aucune idée", "peut-être", "je préfère ne pas dire", "chais pas"]
)
def test_not_knowing_is_neither_yes_nor_no(answer: str) -> None:
    understood = understand(the_knowledge().facts["threat_present"], answer, TODAY)
    assert understood.unknown
    assert understood.value is None


@pytest.mark.parametrize(
    ("answer", "day"),
    [
        ("hier", "2026-11-23"), ("avant-hier soir", "2026-11-22"), ("mardi dernier", "2026-11-17"),
        ("y a 2 semaines", "2026-11-10"), ("il y a trois jours", "2026-11-21"), ("le 3 oct", "2026-10-03"),
        ("3/10", "2026-10-03"), ("03/10/2025", "2025-10-03"), ("le 25 décembre", "2025-12-25"),
        ("aujourd'hui", "2026-11-24"), ("il y a un mois", "2026-10-24"), ("début novembre", "2026-11-01"),
        ("samedi", "2026-11-21"), ("1er septembre", "2026-09-01"), ("2026-10-05", "2026-10-05"),
    ],
)  # fmt: skip
def test_days_relative_to_today(answer: str, day: str) -> None:
    assert said("last_act_on", answer) == day


@pytest.mark.parametrize("answer", ["demain", "le 32 mars", "le 3 décembre 2026", "bientôt"])
def test_a_day_that_cannot_be_is_asked_again(answer: str) -> None:
    assert said("last_act_on", answer) is None


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        ("3", 3), ("une seule fois", 1), ("deux ou trois", 2), ("une centaine", 100),
        ("une dizaine de fois", 10), ("une bonne quinzaine", 15), ("deux centaines", 200),
        ("une semaine que ca dure", None), ("un appel", 1), ("twice", 2), ("a dozen times", 12), ("vingt-deux", 22),
        ("quatre-vingt-dix", 90), ("10 fois par jour", 20), ("sans arrêt", 100), ("plusieurs fois", 3), ("10-15", 10),
        ("deux cents messages", 200), ("h24", 100),
    ],
)  # fmt: skip
def test_numbers_and_quantities(answer: str, number: int) -> None:
    assert said("acts_count", answer) == number


@pytest.mark.parametrize(
    ("fact", "answer", "value"),
    [
        ("author_relationship", "c'est mon ex mari", "ex_partner"),
        ("author_relationship", "un gars de ma classe", "schoolmate"),
        ("author_relationship", "aucune idée de qui c'est, numéro masqué", None),
        ("victim_age_band", "14", "under_15"),
        ("victim_age_band", "j'ai 16 ans", "15_17"),
        ("victim_age_band", "34 ans", "adult"),
        ("platforms", "insta et snap", ["instagram", "snapchat"]),
        ("demand_kind", "il veut que je lui fasse un virement", "money"),
        ("threat_kind", "il dit qu'il va me tuer", "death"),
        ("situation", "on a piraté mon compte", ["account_access"]),
    ],
)
def test_choices_in_her_own_words(fact: str, answer: str, value: object) -> None:
    assert said(fact, answer) == value


@pytest.mark.parametrize(
    ("answer", "command"),
    [
        ("passer", "skip"), ("Retour", "back"), ("efface tout stp", "erase"), ("je veux parler à quelqu'un", "human"),
        ("stop", "leave"), ("pause", "pause"), ("pourquoi cette question ?", "why"), ("aide", "help"),
        ("URGENCE", "urgent"), ("in english", "language"), ("je suis revenue", "resume"), ("mon bilan", "assessment"),
    ],
)  # fmt: skip
def test_commands_in_words(answer: str, command: str) -> None:
    assert understand(None, answer, TODAY).command == command
    assert understand(the_knowledge().facts["threat_present"], answer, TODAY).command == command


def test_nothing_clear_is_nothing() -> None:
    for answer in ("", "   ", "\u200b", "🤷", "azertyuiop qsdf"):
        understood = understand(the_knowledge().facts["author_relationship"], answer, TODAY)
        assert (understood.value, understood.command) == (None, None)
