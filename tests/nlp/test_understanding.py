"""Free answers, commands, days and numbers, in the words people use."""

import json
from collections import Counter
from datetime import date, timedelta

import pytest

from bench.understanding import ANSWERS, FACTS, judge
from bench.understanding import TODAY as THAT_DAY
from flows.facts import FactKind
from nlp.feasts import easter
from nlp.lexicon import answers
from nlp.numbers import in_digits
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


def test_outside_a_question_a_yes_with_a_condition_settles_nothing() -> None:
    for answer in ("oui mais il regarde des fois", "ok mais pas mes photos", "oui sauf les images", "yes but not now"):
        assert understand(None, answer, TODAY).command is None
    assert understand(None, "mais oui", TODAY).command == "yes"


def test_nothing_clear_is_nothing() -> None:
    for answer in ("", "   ", "\u200b", "🤷", "azertyuiop qsdf"):
        understood = understand(the_knowledge().facts["author_relationship"], answer, TODAY)
        assert (understood.value, understood.command) == (None, None)


@pytest.mark.parametrize(
    "answer",
    [
        "il a tout effacé", "j'ai tout effacé", "tout effacé", "il veut que j'efface tout",
        "efface tout sinon je te retrouve",
        "elle m'a demandé de supprimer mon compte", "comment supprimer mon compte instagram", "supprime tes messages",
        "j'ai supprimé mes messages", "faut-il que j'efface ses messages ?", "il a dit efface tout",
        "efface ta vidéo",
        "je veux qu'il efface la vidéo", "je veux que tout ça disparaisse", "j'ai envie de tout arrêter",
        "je veux disparaître",
        "on m'a effacé mes photos", "il me dit supprime tout ou je viens", "elle efface tout",
        "peut-il tout effacer à distance ?",
    ],
)  # fmt: skip
def test_what_others_erase_or_order_is_never_a_command_to_erase(answer: str) -> None:
    for fact in (None, *the_knowledge().facts.values()):
        assert understand(fact, answer, TODAY).command != "erase"


@pytest.mark.parametrize(
    ("answer", "command"),
    [
        ("je veux arrêter", "pause"), ("on s'arrête là pour ce soir", "pause"), ("je continuerai demain", "pause"),
        ("supprimez tout ce que je vous ai dit", "erase"), ("je voudrais que vous effaciez mes messages", "erase"),
        ("j'ai pas envie de répondre à celle-là", "skip"), ("j'ai cliqué trop vite", "back"),
        ("pourquoi vous me demandez mon âge", "why"), ("je veux pas parler à un robot", "human"),
        ("on en était où ?", "resume"), ("sorry i don't speak french", "language"),
        ("je veux arrêter, effacez tout", "erase"), ("trop honte, trop seul, j'arrête là", None),
        ("il veut parler à ma mère", None), ("j'ai passé la nuit à pleurer", None), ("il continue", None),
        ("Tu as bloqué mon numéro ? Je continuerai demain, et après-demain, j'ai la patience de dix hommes", None),
        ("he told me to speak english to him", None), ("j'ai déjà parlé à un conseiller", None),
    ],
)  # fmt: skip
def test_commands_in_whole_sentences_and_what_only_looks_like_one(answer: str, command: str | None) -> None:
    assert understand(None, answer, TODAY).command == command


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("Je ne l'ai pas fait, non. J'avais trop honte.", False), ("il l'a fait, oui", True), ("wsh ofc", True),
        ("pantoute", False), ("mets-en", True), ("bien sûr que non", False), ("👍", True),
        ("ça a commencé par un non", None),
        ("c'est bien du harcèlement, non ?", None), ("c'est bien du harcèlement, non", None), ("il a dit oui", None),
        ("si je réponds pas il me tue", None), ("no panic", None), ("vous allez le dire à la police ?", None),
    ],
)  # fmt: skip
def test_yes_and_no_stand_in_a_clause_of_their_own(answer: str, value: object) -> None:
    assert said("threat_present", answer) is value


@pytest.mark.parametrize(
    "answer", ["oui et non", "oui enfin non je sais plus", "ni oui ni non", "🤷", "faut que je demande"]
)
def test_yes_and_no_together_is_not_knowing(answer: str) -> None:
    assert understand(the_knowledge().facts["threat_present"], answer, TODAY).unknown


@pytest.mark.parametrize(
    ("answer", "day"),
    [
        ("lundi de la semaine passée", "2026-11-16"), ("mercredi dernier ça fait une semaine demain", None),
        ("ça fait une semaine", "2026-11-17"), ("le quinze août deux mille vingt-six", "2026-08-15"),
        ("le jour de la Toussaint", "2026-11-01"), ("à la saint valentin", "2026-02-14"), ("le dimanche de Pâques",
        "2026-04-05"),
        ("le 14 juillet pdt le feu d'artifice", "2026-07-14"), ("la veille de noël", "2025-12-24"), ("cet été",
        "2026-07-01"),
        ("fin septembre", "2026-09-25"), ("en novembre de l'année dernière", "2025-11-01"), ("2 sept", "2026-09-02"),
        ("entre le 5 et le 8 novembre", "2026-11-05"), ("last friday", "2026-11-20"), ("3 days ago", "2026-11-21"),
        ("lundi dernier", "2026-11-16"), ("y a 2h", "2026-11-24"), ("le week-end dernier", "2026-11-21"),
        ("la dernière fois c'était hier, depuis septembre", None), ("la fête des mères", "2026-05-31"),
        ("la semaine passée, mardi", "2026-11-17"), ("hier, euh non lundi", "2026-11-23"), ("samedi d'avant", None),
        ("avant-avant-hier", "2026-11-21"), ("mardi ou mercredi de la semaine dernière", "2026-11-17"),
        ("il y a 48h", "2026-11-22"),
        ("fin du mois dernier", "2026-10-25"), ("depuis que je l'ai quitté", None), ("depuis 3 mois", None),
        ("tous les lundis", None), ("24h/24", None),
        ("il y a 3 mois que ça dure", None), ("lundi prochain", None), ("après noël", None),
        ("le soir surtout", None),
    ],
)  # fmt: skip
def test_feasts_spans_and_what_is_no_day(answer: str, day: str | None) -> None:
    assert said("last_act_on", answer) == day


def test_easter_is_the_sunday_everybody_kept() -> None:
    kept = [
        "2019-04-21",
        "2020-04-12",
        "2021-04-04",
        "2022-04-17",
        "2023-04-09",
        "2024-03-31",
        "2025-04-20",
        "2026-04-05",
        "2038-04-25",
    ]
    assert [easter(int(day[:4])).isoformat() for day in kept] == kept


@pytest.mark.parametrize(
    "answer",
    [
        "noël",
        "lundi",
        "en juin",
        "le 3",
        "cet hiver",
        "le mois dernier",
        "début novembre",
        "le week-end dernier",
        "à la rentrée",
    ],
)
def test_no_day_is_ever_in_the_future_nor_two_years_old(answer: str) -> None:
    for days in range(0, 800, 11):
        today = date(2025, 1, 1) + timedelta(days)
        value = understand(the_knowledge().facts["last_act_on"], answer, today).value
        assert value is None or today - timedelta(500) < date.fromisoformat(str(value)) <= today


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("vingt et un", 21), ("soixante dix", 70), ("soixante et onze", 71), ("quatre vingts", 80),
        ("quatre vingt dix neuf", 99),
        ("septante et un", 71), ("huitante six", 86), ("nonante neuf", 99), ("deux cents", 200), ("cent un", 101),
        ("trois cent quarante deux", 342), ("mille cinq cents", 1500), ("deux mille vingt six", 2026),
        ("dix sept", 17),
    ],
)  # fmt: skip
def test_number_words_of_every_french_speaking_country(words: str, number: int) -> None:
    assert in_digits(words, answers()) == str(number)
    assert in_digits(f"le {words} du mois", answers()) == f"le {number} du mois"


@pytest.mark.parametrize(
    ("fact", "answer", "number"),
    [
        ("authors_count", "2 mecs et sa sœur", 3), ("authors_count", "lui et sa nouvelle copine", 2), ("acts_count",
        "lui et sa copine", None),
        ("authors_count", "toute la classe, on est 29 avec moi", 28), ("authors_count",
        "elle et ses deux copines", 3),
        ("acts_count", "2 douzaines", 24), ("acts_count", "1 200", 1200), ("acts_count", "tlj", 20), ("acts_count",
        "2 ou 3x", 2),
        ("acts_count", "ça arrête pas", 100), ("acts_count", "plusieurs fois par semaine", 20), ("acts_count",
        "merci beaucoup", None),
        ("acts_count", "une fois lundi et une fois mardi", 2), ("acts_count", "depuis 3 mois", None), ("acts_count",
        "300 euros", None),
        ("acts_count", "toute la classe", None), ("acts_count", "trop", None), ("acts_count", "plus d'une fois", 2),
        ("acts_count", "dix fois plus qu'avant", None), ("acts_count", "pas souvent", None),
    ],
)  # fmt: skip
def test_sums_rates_and_numbers_that_count_nothing(fact: str, answer: str, number: int | None) -> None:
    assert said(fact, answer) == number


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("le père de ma fille, on est séparés depuis 2023", "ex_partner"),
        ("mon mari, on est en instance de divorce", "ex_partner"),
        ("la copine de mon ex", None), ("l'ex de mon copain", None), ("la sœur de mon mari", "family"),
        ("pas mon ex", None),
        ("Le monsieur du dessous, au deuxième.", "neighbour"), ("qqn du bahut", "schoolmate"),
        ("la voisine et son fils", "neighbour"),
        ("un client du magasin", None), ("chez une amie", None), ("mon ex ou un pote à lui", None), ("mon daron",
        "family"),
        ("mon chum", "partner"), ("je suis étudiante", None), ("le père d'une élève", None), ("mon ancien chef",
        "superior"),
    ],
)  # fmt: skip
def test_the_person_meant_is_the_one_named_not_whom_she_is_tied_to(answer: str, value: str | None) -> None:
    assert said("author_relationship", answer) == value


@pytest.mark.parametrize(
    ("answer", "band"),
    [
        ("née en 2009", "15_17"), ("née en 2008", None), ("je suis née le 12/06/2010", "15_17"), ("1987", "adult"),
        ("la quarantaine bien tassée", "adult"), ("en 6ème", "under_15"), ("je suis en terminale", "15_17"),
        ("trente-huit", "adult"),
        ("bientôt 18 ans", "15_17"), ("entre 14 et 16 ans", None), ("prof au collège", None),
        ("3 ou 4 fois par jour", None),
        ("je l'ai quitté il y a 16 ans", None), ("première fois que j'en parle", None), ("15 rue des lilas", None),
    ],
)  # fmt: skip
def test_an_age_told_by_birth_class_or_decade(answer: str, band: str | None) -> None:
    assert said("victim_age_band", answer) == band


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("snap insta disc", ["discord", "instagram", "snapchat"]), ("pas sur insta, sur snap", ["snapchat"]),
        ("snapchat non", None),
        ("whatsapp sur mon téléphone", ["whatsapp"]), ("appel whatsapp", ["whatsapp"]),
        ("un site de rencontres", ["dating_or_sales"]),
        ("il s'appelle Max", None), ("partout", None),
    ],
)  # fmt: skip
def test_services_by_their_nicknames(answer: str, value: list[str] | None) -> None:
    assert said("platforms", answer) == value


def test_answers_by_other_hands_stay_understood() -> None:
    verdicts: Counter[str] = Counter()
    facts = the_knowledge().facts
    for file in sorted(ANSWERS.glob("*.jsonl")):
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            if not row["final"]:
                fact = FACTS[row["kind"]]
                heard = understand(facts[fact] if fact else None, row["answer"], THAT_DAY)
                verdicts[judge(row["kind"], row["expected"], heard)] += 1
    assert verdicts["right"] >= 0.95 * sum(verdicts.values())
    assert verdicts["wrong"] <= 0.02 * sum(verdicts.values())


def test_an_answer_is_read_at_its_beginning_however_long_the_page_is() -> None:
    story = "il m'a dit que ça ne regarde personne et que tout le monde le sait bien " * 10
    for fact in the_knowledge().facts.values():
        if fact.kind is not FactKind.SEVERAL:  # what happens may be told at length
            assert understand(fact, story + "oui le 3 mars 14 ans mon ex tuer", TODAY) == understand(fact, story, TODAY)
