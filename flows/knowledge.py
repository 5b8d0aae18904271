"""All that Recours knows, read strictly from the TOML files of `flows/`: the only reader of these files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flows.advice import Action, EvidenceItem, read_actions, read_evidence
from flows.contact_data import Contact, read_contacts
from flows.expressions import Expression, ExpressionError, parse
from flows.facts import FactType
from flows.offences import Offence, read_offence
from flows.questions import Question, by_fact, read_facts
from flows.rules import Rules, read_rules
from flows.tables import KnowledgeError, Table
from flows.texts import TextError, Texts

FOLDER = Path(__file__).parent
RULES = "rules.toml"


@dataclass(frozen=True)
class Knowledge:
    """Facts, questions, law, evidence, actions, contacts and texts.

    Attributes:
        facts: the vocabulary.
        implications: yes/no facts made true by an expression, and only true.
        derivations: facts defined by an expression over other facts, in an order that can be computed.
        questions: what may be asked, keyed by fact, in their order.
        offences: texts of law by id.
        rules: rules that cut across offences.
        evidence: things to preserve.
        actions: steps of the three families, and notices to platforms.
        contacts: helplines and authorities by id.
        texts: every word she reads.
    """

    facts: Mapping[str, FactType]
    implications: Mapping[str, Expression]
    derivations: Mapping[str, Expression]
    questions: Mapping[str, Question]
    offences: Mapping[str, Offence]
    rules: Rules
    evidence: Sequence[EvidenceItem]
    actions: Sequence[Action]
    contacts: Mapping[str, Contact]
    texts: Texts

    @cached_property
    def readers_of(self) -> Mapping[str, frozenset[str]]:
        """Fact id to the offences whose elements or circumstances depend on it, derived facts unfolded."""
        readers: dict[str, set[str]] = {name: set() for name in self.facts}
        for offence in self.offences.values():
            for name in self.unfold(offence.facts):
                readers[name].add(offence.id)
        return {name: frozenset(offences) for name, offences in readers.items()}

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
    return Knowledge(
        facts=facts,
        implications=_parsed(facts, {name: fact.implied_by for name, fact in facts.items() if fact.implied_by}),
        derivations=_derivations(facts),
        questions=by_fact(questions),
        offences=_offences(folder, facts),
        rules=read_rules(Table.read(folder / "law" / RULES, folder), facts),
        evidence=[item for table in _tables(folder, "evidence") for item in read_evidence(table, facts)],
        actions=[action for table in _tables(folder, "actions") for action in read_actions(table, facts)],
        contacts=read_contacts(Table.read(folder / "contacts.toml", folder), facts),
        texts=texts,
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
