"""Conditions of law and questions, written as short expressions over facts in the TOML files.

    (acts_count >= 2 and acts_distinct_in_time) or (authors_count >= 2 and concerted_or_instigated)

Grammar: `and`, `or`, `not`, parentheses; `fact` alone (yes_no); `fact = value`, `fact != value`,
`fact in [a, b]` (choice); `fact has value` (several); `fact >= n`, `<=`, `>`, `<` (number). Nothing else.
A fact that is not known makes its condition unknown.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from flows.facts import Fact, FactKind, FactType, Value
from flows.kleene import Truth, every, negate, some

TOKEN = re.compile(r"\s*(>=|<=|!=|[()\[\],=<>]|[a-z0-9_]+)")
NUMERIC: Mapping[str, Callable[[int, int], bool]] = {
    ">=": lambda left, right: left >= right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    "<": lambda left, right: left < right,
}
WORDS = frozenset({"and", "or", "not", "in", "has"})


class ExpressionError(ValueError):
    """An expression that does not parse or does not fit the vocabulary; the sentence says what to change."""


class Expression(Protocol):
    """A condition over facts."""

    def truth(self, facts: Mapping[str, Fact]) -> Truth:
        """Evaluate in three values."""

    def names(self) -> frozenset[str]:
        """Ids of the facts it reads."""


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of one fact."""

    fact: str
    operator: str
    operands: tuple[str | int, ...]

    def truth(self, facts: Mapping[str, Fact]) -> Truth:
        """Unknown when the fact is not known."""
        fact = facts.get(self.fact)
        if fact is None:
            return Truth.UNKNOWN
        return Truth.MET if self._holds(fact.value) else Truth.NOT_MET

    def names(self) -> frozenset[str]:
        """The one fact."""
        return frozenset({self.fact})

    def _holds(self, value: Value) -> bool:
        match self.operator:
            case "is":
                return value is True
            case "=" | "in":
                return value in self.operands
            case "!=":
                return value not in self.operands
            case "has":
                return isinstance(value, frozenset) and self.operands[0] in value
        number = self.operands[0]
        return isinstance(value, int) and isinstance(number, int) and NUMERIC[self.operator](value, number)


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary."""

    inner: Expression

    def truth(self, facts: Mapping[str, Fact]) -> Truth:
        """Unknown stays unknown."""
        return negate(self.inner.truth(facts))

    def names(self) -> frozenset[str]:
        """Facts of the inner condition."""
        return self.inner.names()


@dataclass(frozen=True, slots=True)
class Every:
    """All of them."""

    parts: tuple[Expression, ...]

    def truth(self, facts: Mapping[str, Fact]) -> Truth:
        """The weakest part."""
        return every(part.truth(facts) for part in self.parts)

    def names(self) -> frozenset[str]:
        """Facts of every part."""
        return frozenset().union(*(part.names() for part in self.parts))


@dataclass(frozen=True, slots=True)
class Some:
    """One of them."""

    parts: tuple[Expression, ...]

    def truth(self, facts: Mapping[str, Fact]) -> Truth:
        """The strongest part."""
        return some(part.truth(facts) for part in self.parts)

    def names(self) -> frozenset[str]:
        """Facts of every part."""
        return frozenset().union(*(part.names() for part in self.parts))


def parse(source: str, vocabulary: Mapping[str, FactType]) -> Expression:
    """Parse and check an expression against the vocabulary.

    Raises:
        ExpressionError: it does not parse, a fact is unknown, or a value is not one the fact takes.
    """
    parser = _Parser(_tokens(source), vocabulary, source)
    expression = parser.disjunction()
    parser.expect_end()
    return expression


def carried_by(expression: Expression, facts: Mapping[str, Fact]) -> tuple[str, ...]:
    """The known facts that decide the condition; all known ones it reads when no single one decides."""
    truth = expression.truth(facts)
    known = [name for name in sorted(expression.names()) if name in facts]
    if truth is Truth.UNKNOWN:
        return tuple(known)
    decisive = [name for name in known if expression.truth(_without(facts, name)) is not truth]
    return tuple(decisive or known)


def missing_for(
    expression: Expression, facts: Mapping[str, Fact], derivations: Mapping[str, Expression]
) -> tuple[str, ...]:
    """The unknown facts an unknown condition waits for; a derived one is replaced by what it waits for itself."""
    missing: set[str] = set()
    waiting = list(_open_names(expression, facts))
    while waiting:
        name = waiting.pop()
        if name in derivations:
            waiting.extend(_open_names(derivations[name], facts))
        else:
            missing.add(name)
    return tuple(sorted(missing))


def _open_names(expression: Expression, facts: Mapping[str, Fact]) -> frozenset[str]:
    """Facts of the parts that are themselves unknown: a part already decided waits for nothing."""
    if expression.truth(facts) is not Truth.UNKNOWN:
        return frozenset()
    if isinstance(expression, Every | Some):
        return frozenset().union(*(_open_names(part, facts) for part in expression.parts))
    if isinstance(expression, Not):
        return _open_names(expression.inner, facts)
    return expression.names() - facts.keys()


def _without(facts: Mapping[str, Fact], name: str) -> dict[str, Fact]:
    return {key: fact for key, fact in facts.items() if key != name}


def _tokens(source: str) -> list[str]:
    tokens, position = [], 0
    while source[position:].strip():
        found = TOKEN.match(source, position)
        if found is None:
            raise ExpressionError(f"{source!r}: {source[position:].strip()[:12]!r} is not understood here")
        tokens.append(found.group(1))
        position = found.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, tokens: Sequence[str], vocabulary: Mapping[str, FactType], source: str) -> None:
        self._tokens = [*tokens, ""]
        self._vocabulary = vocabulary
        self._source = source
        self._at = 0

    def disjunction(self) -> Expression:
        parts = [self._conjunction()]
        while self._accept("or"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def expect_end(self) -> None:
        if self._tokens[self._at]:
            raise self._error(f"{self._tokens[self._at]!r} is too much")

    def _conjunction(self) -> Expression:
        parts = [self._negation()]
        while self._accept("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _negation(self) -> Expression:
        if self._accept("not"):
            return Not(self._negation())
        if self._accept("("):
            inner = self.disjunction()
            self._expect(")")
            return inner
        return self._test()

    def _test(self) -> Expression:
        name = self._next()
        fact = self._vocabulary.get(name)
        if fact is None or name in WORDS:
            raise self._error(f"{name or 'the end'!r} is not a fact; `recours facts` lists them")
        operator = self._tokens[self._at]
        if operator in NUMERIC and fact.kind is FactKind.NUMBER:
            self._at += 1
            return Test(name, operator, (self._number(),))
        if operator in ("=", "!=") and fact.kind is FactKind.CHOICE:
            self._at += 1
            return Test(name, operator, (self._value(fact),))
        if operator == "in" and fact.kind is FactKind.CHOICE:
            self._at += 1
            return Test(name, "in", self._list(fact))
        if operator == "has" and fact.kind is FactKind.SEVERAL:
            self._at += 1
            return Test(name, "has", (self._value(fact),))
        if fact.kind is FactKind.YES_NO and operator in ("", "and", "or", ")"):
            return Test(name, "is", ())
        raise self._error(f"{name} is of type {fact.kind}: {operator or 'nothing'!r} does not fit after it")

    def _list(self, fact: FactType) -> tuple[str, ...]:
        self._expect("[")
        values = [self._value(fact)]
        while self._accept(","):
            values.append(self._value(fact))
        self._expect("]")
        return tuple(values)

    def _value(self, fact: FactType) -> str:
        value = self._next()
        if value not in fact.values:
            raise self._error(f"{fact.id} never is {value!r}; it is one of {', '.join(fact.values)}")
        return value

    def _number(self) -> int:
        number = self._next()
        if not number.isdigit():
            raise self._error(f"{number!r} is not a number")
        return int(number)

    def _next(self) -> str:
        token = self._tokens[self._at]
        self._at += 1 if token else 0
        return token

    def _accept(self, token: str) -> bool:
        if self._tokens[self._at] != token:
            return False
        self._at += 1
        return True

    def _expect(self, token: str) -> None:
        if not self._accept(token):
            raise self._error(f"{token!r} is missing before {self._tokens[self._at] or 'the end'!r}")

    def _error(self, sentence: str) -> ExpressionError:
        return ExpressionError(f"{self._source!r}: {sentence}")
