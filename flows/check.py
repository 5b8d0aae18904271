"""Everything that can be wrong in the data, with file and key: run by `recours check` and by the tests."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from flows import stories
from flows.assessment import assess
from flows.cards import cards
from flows.contacts import PARIS
from flows.deadlines import STARTING_FACTS
from flows.facts import FactKind, parse_facts
from flows.knowledge import Knowledge, load
from flows.tables import KnowledgeError
from flows.texts import DEFAULT_LANGUAGE
from flows.withdrawn import ids

REVIEW_AFTER = timedelta(days=366)  # a value of law read longer ago is to be read again
RENUMBERED_SOON = timedelta(days=60)
CONTACT_REVIEW_AFTER = timedelta(days=4000)  # an association dials before release; older sources are said as such
TELEPHONE = re.compile(
    r"(?<![\d-])(?:0\d(?:[ .]?\d\d){4}|0 ?8\d\d(?: ?\d\d){3}|3[09]\d\d|31\d\d|11[2459]|116 ?\d{3})(?![\d-])"
)
BY_TELEPHONE = ("call", "sms")
DIALLED = re.compile(r"\+?\d[\d .]*")
LETTER = "letter"
PLATFORM_TEXTS = ("save", "secure", "lost")
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
        "non_malicious_acts",
        "data_copied",
        "content_still_online",
        "contacts_third_parties",
        "unlawful_file",
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
    finders = (_texts, _sources, _contacts, _reach, _neighbours, _telephones, _proof, _stories, _dead_ends)
    return [problem for find in finders for problem in find(known, today)]


def _texts(known: Knowledge, _: date) -> Iterator[Problem]:
    """Every key the data call for exists; every other language has all of them."""
    texts = known.texts
    for key in _wanted(known):
        if not texts.has(key):
            yield Problem(f"texts/{DEFAULT_LANGUAGE}", f"{key} is missing; write it")
    for language in texts.languages:
        for key in sorted(texts.all(DEFAULT_LANGUAGE).keys() - texts.all(language).keys()):
            if texts.all(DEFAULT_LANGUAGE)[key].register == LETTER:
                continue  # letters go to French authorities
            yield Problem(f"texts/{language}", f"{key} is missing; translate it")
        for key in sorted(texts.all(language).keys() - texts.all(DEFAULT_LANGUAGE).keys()):
            yield Problem(texts.all(language)[key].file, f"{key} does not exist in French; remove it")
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
    yield from (f"reports.{report.harm}.attach" for report in known.reports)
    yield from (f"reports.flagger.{flagger.id}" for flagger in known.flaggers)
    yield from (f"contradictions.{rule.id}" for rule in known.contradiction_rules)
    yield from (f"platforms.{name}.{part}" for name in known.facts["platforms"].values for part in PLATFORM_TEXTS)
    yield from (f"facts.{name}" for name in known.questions)
    for letter in known.letters.values():
        yield f"letter_names.{letter.id}"
        yield from (f"letters.{letter.id}.{part.text}" for part in letter.parts)
    for name in ("platforms", "channels", "author_relationship"):
        yield from (f"letters.{name}.{value}" for value in known.facts[name].values)


def _sources(known: Knowledge, today: date) -> Iterator[Problem]:
    """A value of law past its review date, or about to be renumbered."""
    sources = [(f"actions {action.id}", action.source) for action in known.actions]
    sources += [(f"letters {letter.id}", letter.source) for letter in known.letters.values()]
    sources += [("law/rules.toml", rule.source) for rule in (known.rules.hate, known.rules.identifiability)]
    sources += [(f"law/{offence.id}.toml", offence.source) for offence in known.offences.values()]
    for where, source in sources:
        if source is not None and source.valid_until is not None and source.valid_until - today < RENUMBERED_SOON:
            yield Problem(
                where, f"source.valid_until: {source.title} ends on {source.valid_until}; write the new number"
            )
    for offence in known.offences.values():
        checked = offence.source.checked
        if checked is not None and today - checked > REVIEW_AFTER:
            yield Problem(f"law/{offence.id}.toml", f"source.checked: read on {checked}; read it again, write the day")


def _contacts(known: Knowledge, today: date) -> Iterator[Problem]:
    for contact in known.contacts.values():
        if contact.checked is not None and today - contact.checked > CONTACT_REVIEW_AFTER:
            yield Problem("contacts.toml", f"{contact.id}: checked on {contact.checked}; dial it, write the day")
        if contact.how in BY_TELEPHONE and not DIALLED.fullmatch(contact.number):
            yield Problem("contacts.toml", f"{contact.id}: number: {contact.number!r} cannot be dialled; write digits")
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
    for offence in known.offences.values():
        names |= set(STARTING_FACTS[offence.limitation.starts])
    clocks = [*(item.clock for item in known.evidence), *(action.clock for action in known.actions)]
    names |= {clock.starts for clock in clocks if clock}
    return known.unfold(names) | SET_BY_PEOPLE


def _proof(known: Knowledge, _: date) -> Iterator[Problem]:
    """Every fact an offence rests on can be proved by something she is told to keep; every item named exists."""
    items = {item.id for item in known.evidence} | ids(known.withdrawn, "evidence")
    for fact in known.facts.values():
        for item in fact.proved_by:
            if item not in items:
                yield Problem(f"fact {fact.id}", f"proved_by: {item}: no such evidence item; correct the id")
    for offence in known.offences.values():
        for name in sorted(known.unfold(offence.facts) - known.derivations.keys()):
            if not known.facts[name].proved_by:
                yield Problem(f"law/{offence.id}.toml", f"{name}: nothing proves it; give the fact a proved_by")
    for thing in known.evidence:
        for offence_id in thing.proves:
            if offence_id not in known.offences:
                yield Problem("evidence", f"{thing.id}: proves: {offence_id}: no such offence; correct the id")


def _stories(known: Knowledge, _: date) -> Iterator[Problem]:
    """Every story holds, and every offence is reached by one of them."""
    try:
        told = stories.load(known.folder / "stories", known)
    except KnowledgeError as error:
        where, __, sentence = str(error).partition(": ")
        yield Problem(where, sentence)
        return
    withdrawn = ids(known.withdrawn, "offence")
    for story in told:
        named = {name for names in story.expected.values() for name in names}
        if named & withdrawn:
            continue  # the card it speaks of was taken back
        for fault in stories.faults(story, known):
            yield Problem(f"story {story.name!r}", f"{fault}; correct the law or the story")
    reached = {name for story in told for name in story.expected.get("indicated", [])}
    for offence in known.offences:
        if offence not in reached and not any(offence in story.expected.get("penalty", {}) for story in told):
            yield Problem(f"law/{offence}.toml", "no story reaches it; write one in flows/stories/")


def _dead_ends(known: Knowledge, today: date) -> Iterator[Problem]:
    """Whatever the situation, and when she answers nothing at all, the cards name contacts and rights."""
    situations = known.facts["situation"].values
    for situation in ("", *situations):
        raw = {"situation": [situation]} if situation else {}
        facts = parse_facts(known.facts, raw)
        for language in known.texts.languages:
            found = assess(facts, [], known, datetime.combine(today, time(3), PARIS))
            kinds = {card.kind for card in cards(found, known, language)}
            if missing := {"contacts", "tonight", "rights"} - kinds:
                yield Problem(
                    f"situation {situation or 'none'}", f"{language}: no card of {', '.join(sorted(missing))}"
                )


def _neighbours(known: Knowledge, _: date) -> Iterator[Problem]:
    for offence in known.offences.values():
        for neighbour in offence.neighbours:
            if neighbour.offence not in {*known.offences, *ids(known.withdrawn, "offence")}:
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
