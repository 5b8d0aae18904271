"""Answers that cannot both be true, as data (`flows/contradictions.toml`)."""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.expressions import Expression
from flows.facts import FactType
from flows.scope import read_expression
from flows.tables import Table


@dataclass(frozen=True, slots=True)
class Rule:
    """Two facts that exclude each other when `when` is met; texts under `contradictions.<id>`."""

    id: str
    facts: tuple[str, ...]
    when: Expression


def read_rules_of_contradiction(table: Table, vocabulary: Mapping[str, FactType]) -> list[Rule]:
    """Read the `[[contradiction]]` tables.

    Raises:
        KnowledgeError: a key is unknown, missing or wrong, or fewer than two facts are named.
    """
    rules = [_rule(part, vocabulary) for part in table.tables("contradiction")]
    table.close()
    return rules


def _rule(table: Table, vocabulary: Mapping[str, FactType]) -> Rule:
    when = read_expression(table, "when", vocabulary)
    if when is None:
        raise table.error("when", "it is missing; write a condition over facts")
    rule = Rule(table.string("id"), table.strings("facts"), when)
    table.close()
    if not when.names() <= set(rule.facts):
        raise table.error("facts", "name every fact of the condition, the one to ask again first")
    return rule
