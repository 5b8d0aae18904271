"""For whom a thing is: shown when its condition is met (or when it has none), unless another one is met."""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.expressions import Expression, ExpressionError, parse
from flows.facts import Fact, FactType
from flows.kleene import Truth
from flows.tables import Table


@dataclass(frozen=True, slots=True)
class Scope:
    """`when` must be met, `unless` must not; None is no condition. Unknown does not meet."""

    when: Expression | None
    unless: Expression | None

    def suits(self, facts: Mapping[str, Fact]) -> bool:
        """Whether it is for a case with these facts."""
        wanted = self.when is None or self.when.truth(facts) is Truth.MET
        refused = self.unless is not None and self.unless.truth(facts) is Truth.MET
        return wanted and not refused

    def names(self) -> frozenset[str]:
        """Facts that both conditions read."""
        return frozenset().union(*(part.names() for part in (self.when, self.unless) if part is not None))


def read_scope(table: Table, vocabulary: Mapping[str, FactType]) -> Scope:
    """Read `when` and `unless` of a table; both may be absent.

    Raises:
        KnowledgeError: one of them does not parse.
    """
    return Scope(read_expression(table, "when", vocabulary), read_expression(table, "unless", vocabulary))


def read_expression(table: Table, key: str, vocabulary: Mapping[str, FactType]) -> Expression | None:
    """Read one optional expression; None when the key is absent."""
    if not table.has(key):
        return None
    try:
        return parse(table.string(key), vocabulary)
    except ExpressionError as error:
        raise table.error(key, str(error)) from error
