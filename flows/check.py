"""Everything that can be wrong in the data, with file and key: run by `recours check` and by the tests."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from flows.facts import FactKind
from flows.knowledge import Knowledge, load
from flows.tables import KnowledgeError
from flows.texts import DEFAULT_LANGUAGE

REVIEW_AFTER = timedelta(days=366)  # a value of law read longer ago is to be read again
CONTACT_REVIEW_AFTER = timedelta(days=4000)  # an association dials before release; older sources are said as such
TELEPHONE = re.compile(
    r"(?<![\d-])(?:0\d(?:[ .]?\d\d){4}|0 ?8\d\d(?: ?\d\d){3}|3[09]\d\d|31\d\d|11[2459]|116 ?\d{3})(?![\d-])"
)
YEARS = re.compile(r"(?:19|20)\d\d")
ASKED_BY_THE_BOT = frozenset({"phone_safe"})  # asked outside the interview
# Set by a reviewer, an import or a later release; the interview never asks for these.
SET_BY_PEOPLE = frozenset(
    {
        "region",
        "suicide_or_attempt",
        "complaint_state",
        "lives_with_author",
        "discovered_on",
        "turns_18_on",
        "first_act_on",
        "publication_on",
        "non_malicious_acts",
        "order_not_to_complain",
        "property_danger",
        "data_copied",
        "content_still_online",
        "contacts_third_parties",
        "sexual_pressure",
        "montage_obvious_or_stated",
        "author_age_band",
        "at_work",
    }
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, and a sentence that says what to do."""

    where: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}"


def check(folder: Path, today: date) -> list[Problem]:
    """All problems of the data under `folder` as of `today`; empty when it is sound."""
    try:
        known = load(folder)
    except KnowledgeError as error:
        where, _, sentence = str(error).partition(": ")
        return [Problem(where, sentence)]
    finders = (_texts, _sources, _contacts, _reach, _neighbours, _telephones)
    return [problem for find in finders for problem in find(known, today)]


def _texts(known: Knowledge, _: date) -> Iterator[Problem]:
    """Every key the data call for exists; every other language has all of them."""
    texts = known.texts
    for key in _wanted(known):
        if not texts.has(key):
            yield Problem(f"texts/{DEFAULT_LANGUAGE}", f"{key} is missing; write it")
    for language in texts.languages:
        for key in texts.all(DEFAULT_LANGUAGE).keys() - texts.all(language).keys():
            yield Problem(f"texts/{language}", f"{key} is missing; translate it")
        for key, text in texts.all(language).items():
            if texts.has(key) and text.values != texts.all(DEFAULT_LANGUAGE)[key].values:
                yield Problem(text.file, f"{key} must use the same {{values}} as in French")


def _wanted(known: Knowledge) -> Iterator[str]:
    for question in known.questions.values():
        yield question.ask
        yield question.why
        yield from (choice.text for choice in question.choices)
    for offence in known.offences.values():
        yield from (f"law.{offence.id}.{part}" for part in ("name", "plain"))
        yield from (f"law.{offence.id}.elements.{element.id}" for element in offence.elements)
        yield from (f"law.{offence.id}.circumstances.{circumstance.id}" for circumstance in offence.circumstances)
        yield from (f"law.{offence.id}.not_required.{name}" for name in offence.not_required)
        yield from (f"codes.{article.code}" for article in offence.articles)
    yield from (f"evidence.{item.id}.{part}" for item in known.evidence for part in ("what", "how"))
    yield from (f"actions.{action.id}.what" for action in known.actions)
    yield from (f"contacts.{name}.name" for name in known.contacts)


def _sources(known: Knowledge, today: date) -> Iterator[Problem]:
    """A value of law past its review date; one that nobody could check must not call itself verified."""
    for offence in known.offences.values():
        checked = offence.source.checked
        if checked is not None and today - checked > REVIEW_AFTER:
            yield Problem(f"law/{offence.id}.toml", f"source.checked: read on {checked}; read it again, write the day")


def _contacts(known: Knowledge, today: date) -> Iterator[Problem]:
    for contact in known.contacts.values():
        if contact.checked is not None and today - contact.checked > CONTACT_REVIEW_AFTER:
            yield Problem("contacts.toml", f"{contact.id}: checked on {contact.checked}; dial it, write the day")
        if contact.flag == "verified" and contact.checked is None:
            yield Problem("contacts.toml", f"{contact.id}: verified without a day; write checked = 2026-11-23")
    if not any(contact.always and contact.purpose == "emergency" for contact in known.contacts.values()):
        yield Problem("contacts.toml", "no emergency contact is open day and night; add one")


def _reach(known: Knowledge, _: date) -> Iterator[Problem]:
    """No fact without a way to be known, no question without effect, no offence that no answer can reach."""
    read = _read_somewhere(known)
    for fact in known.facts.values():
        given = fact.askable or fact.derived or fact.from_labels or fact.implied_by or fact.kind is FactKind.DATE
        if not given and fact.id not in SET_BY_PEOPLE | ASKED_BY_THE_BOT:
            yield Problem(f"fact {fact.id}", "nothing can establish it; add a question, a label or an expression")
        if fact.askable and fact.id not in read:
            yield Problem(f"fact {fact.id}", "its question has no effect; use the fact in an offence or remove it")
    for offence in known.offences.values():
        for name in known.unfold(offence.facts):
            fact = known.facts[name]
            derived = fact.derived or fact.askable or fact.from_labels or fact.implied_by
            if not derived and fact.kind is not FactKind.DATE and name not in SET_BY_PEOPLE:
                yield Problem(f"law/{offence.id}.toml", f"no answer can reach {name}; add a question")


def _read_somewhere(known: Knowledge) -> frozenset[str]:
    names = {"reporter", "situation", "last_act_on"}
    for offence in known.offences.values():
        names |= offence.facts | offence.raised_by.when.names()
    scopes = [*(i.scope for i in known.evidence), *(a.scope for a in known.actions)]
    for scope in (*scopes, *(contact.scope for contact in known.contacts.values())):
        names |= scope.names()
    names |= known.rules.hate.when.names()
    return known.unfold(names) | SET_BY_PEOPLE


def _neighbours(known: Knowledge, _: date) -> Iterator[Problem]:
    for offence in known.offences.values():
        for neighbour in offence.neighbours:
            if neighbour.offence not in known.offences:
                yield Problem(
                    f"law/{offence.id}.toml", f"neighbour {neighbour.offence}: no such offence; correct the id"
                )


def _telephones(known: Knowledge, _: date) -> Iterator[Problem]:
    """No telephone number stands in a text: it would go stale where nobody looks."""
    for language in known.texts.languages:
        for key, text in known.texts.all(language).items():
            found = TELEPHONE.search(YEARS.sub("", text.words))
            if found:
                sentence = f"{key}: {found.group()} looks like a telephone number; write {{contact id}} instead"
                yield Problem(text.file, sentence)
