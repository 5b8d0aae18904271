"""All that Recours knows, read strictly from the TOML files of `flows/`: the only reader of these files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from flows.advice import Action, EvidenceItem, read_actions, read_evidence
from flows.contact_data import Contact, read_contacts
from flows.contradiction_data import Rule, read_rules_of_contradiction
from flows.expressions import Expression, ExpressionError, parse
from flows.facts import FactType
from flows.letter_data import Letter, read_letters
from flows.offences import Offence, read_offence
from flows.questions import Question, by_fact, read_facts
from flows.reports import Flagger, Report, read_reports
from flows.rules import Rules, read_rules
from flows.tables import KnowledgeError, Table
from flows.texts import TextError, Texts
from flows.withdrawn import INSTEAD, KINDS, Withdrawn, ids, read_withdrawn, refuse_unknown

FOLDER = Path(__file__).parent
RULES = "rules.toml"


@dataclass(frozen=True)
class Knowledge:
    """Facts, questions, law, evidence, actions, contacts and texts.

    Attributes:
        folder: where all this was read.
        facts: the vocabulary.
        implications: yes/no facts made true by an expression, and only true.
        derivations: facts defined by an expression over other facts, in an order that can be computed.
        questions: what may be asked, keyed by fact, in their order.
        offences: texts of law by id.
        rules: rules that cut across offences.
        evidence: things to preserve.
        actions: steps of the three families, and notices to platforms.
        contacts: helplines and authorities by id.
        reports: where to report on each platform.
        flaggers: trusted flaggers.
        letters: letters that are filled from facts.
        contradiction_rules: answers that cannot both be true.
        withdrawn: cards an association took back; they are in none of the above.
        texts: every word she reads.
    """

    folder: Path
    facts: Mapping[str, FactType]
    implications: Mapping[str, Expression]
    derivations: Mapping[str, Expression]
    questions: Mapping[str, Question]
    offences: Mapping[str, Offence]
    rules: Rules
    evidence: Sequence[EvidenceItem]
    actions: Sequence[Action]
    contacts: Mapping[str, Contact]
    reports: Sequence[Report]
    flaggers: Sequence[Flagger]
    letters: Mapping[str, Letter]
    contradiction_rules: Sequence[Rule]
    withdrawn: Sequence[Withdrawn]
    texts: Texts

    @cached_property
    def readers_of(self) -> Mapping[str, frozenset[str]]:
        """Fact id to the offences whose elements or circumstances depend on it, derived facts unfolded."""
        readers: dict[str, set[str]] = {name: set() for name in self.facts}
        for offence in self.offences.values():
            for name in self.unfold(offence.facts):
                readers[name].add(offence.id)
        return {name: frozenset(offences) for name, offences in readers.items()}

    def cited(self, offence: str, language: str, most: int | None = None) -> str:
        """The articles of an offence as they are cited to her, the first `most` of them."""
        articles = self.offences[offence].articles[:most]
        return ", ".join(
            f"{self.texts.get(f'codes.{article.code}', language)} {article.number}" for article in articles
        )

    def unfold(self, names: Iterable[str]) -> frozenset[str]:
        """These facts and every fact that a derived one among them is computed from."""
        seen: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting.extend(self.derivations[name].names() if name in self.derivations else ())
        return frozenset(seen)


def load(folder: Path = FOLDER) -> Knowledge:
    """Read everything under `folder` (`facts/`, `law/`, `evidence/`, `actions/`, `contacts.toml`, `texts/`).

    Raises:
        KnowledgeError: a file, key or value is wrong; the sentence names it and says what to do.
    """
    facts, questions = _facts(folder)
    try:
        texts = Texts.load(folder / "texts")
    except TextError as error:
        raise KnowledgeError(str(error)) from error
    reports, flaggers = read_reports(Table.read(folder / "reports.toml", folder), facts)
    whole = Knowledge(
        folder=folder,
        facts=facts,
        implications=_parsed(facts, {name: fact.implied_by for name, fact in facts.items() if fact.implied_by}),
        derivations=_derivations(facts),
        questions=by_fact(questions),
        offences=_offences(folder, facts),
        rules=read_rules(Table.read(folder / "law" / RULES, folder), facts),
        evidence=[item for table in _tables(folder, "evidence") for item in read_evidence(table, facts)],
        actions=[action for table in _tables(folder, "actions") for action in read_actions(table, facts)],
        contacts=read_contacts(Table.read(folder / "contacts.toml", folder), facts),
        reports=reports,
        flaggers=flaggers,
        letters=read_letters(Table.read(folder / "letters.toml", folder), facts),
        contradiction_rules=read_rules_of_contradiction(Table.read(folder / "contradictions.toml", folder), facts),
        withdrawn=[],
        texts=texts,
    )
    return _without_withdrawn(whole, Table.read(folder / "withdrawn.toml", folder))


def _without_withdrawn(known: Knowledge, table: Table) -> Knowledge:
    """The same without the cards an association took back.

    Raises:
        KnowledgeError: a card does not exist, or is an emergency number, which is corrected and never withdrawn.
    """
    withdrawn = read_withdrawn(table)
    gone = {kind: ids(withdrawn, kind) for kind in KINDS}
    refuse_unknown(
        withdrawn,
        {
            "offence": known.offences,
            "evidence": {item.id for item in known.evidence},
            "action": {action.id for action in known.actions},
            "contact": known.contacts,
            "letter": known.letters,
            "report": {report.id for report in known.reports},
            "flagger": {flagger.id for flagger in known.flaggers},
            "text": known.texts.all(),
        },
        table,
    )
    for name in gone["contact"]:
        if known.contacts[name].purpose == "emergency":
            raise table.error("withdrawn", f"contact {name}: correct an emergency number instead of withdrawing it")
    return replace(
        known,
        offences={name: offence for name, offence in known.offences.items() if name not in gone["offence"]},
        evidence=[item for item in known.evidence if item.id not in gone["evidence"]],
        actions=[action for action in known.actions if action.id not in gone["action"]],
        contacts={name: contact for name, contact in known.contacts.items() if name not in gone["contact"]},
        reports=[report for report in known.reports if report.id not in gone["report"]],
        flaggers=[flagger for flagger in known.flaggers if flagger.id not in gone["flagger"]],
        letters={name: letter for name, letter in known.letters.items() if name not in gone["letter"]},
        withdrawn=withdrawn,
        texts=known.texts.without(gone["text"], INSTEAD),
    )


def _tables(folder: Path, part: str) -> Iterator[Table]:
    for path in sorted((folder / part).glob("*.toml")):
        if path.name != RULES:
            yield Table.read(path, folder)


def _facts(folder: Path) -> tuple[dict[str, FactType], dict[str, Question]]:
    facts: dict[str, FactType] = {}
    questions: dict[str, Question] = {}
    for table in _tables(folder, "facts"):
        for fact, question in read_facts(table):
            if fact.id in facts:
                raise table.error(f"fact.{fact.id}", "this fact stands in another file already; keep one")
            facts[fact.id] = fact
            if question is not None:
                questions[fact.id] = question
    return facts, questions


def _parsed(facts: Mapping[str, FactType], sources: Mapping[str, str]) -> dict[str, Expression]:
    try:
        return {name: parse(source, facts) for name, source in sources.items()}
    except ExpressionError as error:
        raise KnowledgeError(f"facts: {error}; correct the expression") from error


def _derivations(facts: Mapping[str, FactType]) -> dict[str, Expression]:
    """Derived facts in an order in which each can be computed."""
    parsed = _parsed(facts, {name: fact.derived for name, fact in facts.items() if fact.derived})
    ordered: dict[str, Expression] = {}
    while len(ordered) < len(parsed):
        ready = [n for n, e in parsed.items() if n not in ordered and not (e.names() & parsed.keys()) - ordered.keys()]
        if not ready:
            circle = ", ".join(sorted(parsed.keys() - ordered.keys()))
            raise KnowledgeError(f"facts: derived: {circle} depend on each other in a circle; break it")
        ordered.update({name: parsed[name] for name in ready})
    return ordered


def _offences(folder: Path, facts: Mapping[str, FactType]) -> dict[str, Offence]:
    offences: dict[str, Offence] = {}
    for table in _tables(folder, "law"):
        offence = read_offence(table, facts)
        if f"{offence.id}.toml" != Path(table.file).name:
            raise table.error("id", f"{offence.id!r} must be the name of the file")
        offences[offence.id] = offence
    return offences
