"""What is taken out of a message before it may teach: names, numbers, addresses, links, accounts."""

import pytest

from nlp.anonymise import anonymise

SECRETS = {
    "appelle moi au 06 12 34 56 78 ou +33612345678": ("06 12", "78", "612345678"),
    "je vais venir au 12 rue des Lilas à Montreuil": ("12 rue", "Lilas", "Montreuil"),
    "j'arrive 4 bis avenue Jean Jaurès 69007 Lyon": ("Jaurès", "69007", "Lyon"),
    "écris à lea.martin@exemple.fr salope": ("lea.martin", "exemple"),
    "ton insta @lea_mrtn et ton discord lea#1234": ("lea_mrtn", "lea#1234"),
    "regarde https://exemple.com/lea?x=1 et www.exemple.fr/lea": ("exemple", "lea"),
    "je vais te tuer Léa Martin": ("Léa", "Martin"),
    "Kevin va te retrouver": ("Kevin",),
    "elle s'appelle yasmine": ("yasmine",),
    "paie sur FR76 3000 6000 0112 3456 7890 189": ("3000", "7890"),
    "sa plaque c'est AB-123-CD": ("AB-123-CD",),
    "my name is John Smith, i live 12 Baker Street": ("John", "Smith", "Baker"),
    "Dis à Mme Dupont que je sais": ("Dupont",),
}


@pytest.mark.parametrize("text", SECRETS)
def test_nothing_that_names_somebody_stays(text: str) -> None:
    found = anonymise(text)
    for secret in SECRETS[text]:
        assert secret not in found, found
    assert "[" in found


def test_a_name_known_to_the_case_goes_whatever_its_spelling() -> None:
    assert anonymise("t morte LEA, lea la grosse", ["Léa Martin", "lea"]) == "t morte [nom], [nom] la grosse"
    assert anonymise("league of legends", ["lea"]) == "league of legends"


@pytest.mark.parametrize(
    "text",
    [
        "je vais te tuer",
        "Je sais où tu habites, tu vas payer",
        "Sale pute. Tu vas crever",
        "t'as 3 jours pour payer 500 euros",
        "ENVOIE MOI LES PHOTOS",
        "Si tu portes plainte tu es mort",
    ],
)
def test_what_names_nobody_stays_as_it_is(text: str) -> None:
    assert anonymise(text) == text


def test_said_twice_it_changes_nothing_more() -> None:
    for text in SECRETS:
        assert anonymise(anonymise(text)) == anonymise(text)
