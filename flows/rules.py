"""Rules that cut across offences, read from `flows/law/rules.toml`: hate, connection data, the clock of proof."""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.expressions import Expression
from flows.facts import Fact, FactType
from flows.kleene import Truth
from flows.offences import Offence, Penalty, SourceOfLaw, read_source
from flows.scope import read_expression
from flows.tables import Table


@dataclass(frozen=True, slots=True)
class Hate:
    """A hate motive raises the maximum prison of a delit: doubled up to `doubled_up_to` months, else by `steps`.

    The ground is asked for only when `asked_when` is met.
    """

    when: Expression
    asked_when: Expression
    doubled_up_to: int
    steps: Mapping[int, int]
    not_for: tuple[str, ...]
    source: SourceOfLaw


@dataclass(frozen=True, slots=True)
class Identifiability:
    """When investigators may ask for connection data: prison maximum in months, less when a network was used."""

    prison_months: int
    network_prison_months: int
    network: Expression
    source: SourceOfLaw


@dataclass(frozen=True, slots=True)
class ProofClock:
    """How long providers keep connection data, and how many days before its end to file."""

    kept_days: int
    file_before_days: int
    foreign_days: int
    source: SourceOfLaw


@dataclass(frozen=True, slots=True)
class Rules:
    """All cross-cutting rules."""

    hate: Hate
    identifiability: Identifiability
    proof: ProofClock
    urgent_within_days: int

    def with_hate(self, offence: Offence, penalty: Penalty, facts: Mapping[str, Fact]) -> Penalty:
        """The penalty once the general hate aggravation is applied, where the law allows it."""
        no_prison = penalty.prison_months == 0 or offence.kind == "contravention"
        if no_prison or offence.id in self.hate.not_for or self.hate.when.truth(facts) is not Truth.MET:
            return penalty
        months = penalty.prison_months
        raised = months * 2 if months <= self.hate.doubled_up_to else self.hate.steps.get(months, months)
        return Penalty(raised, penalty.fine_euros)

    def asks_ground(self, offence: Offence, facts: Mapping[str, Fact]) -> bool:
        """Whether the ground of hate is unknown, could raise the penalty, and something points to it."""
        concerned = (
            offence.kind == "delit" and offence.penalty.prison_months > 0 and offence.id not in self.hate.not_for
        )
        pointed_to = self.hate.asked_when.truth(facts) is Truth.MET
        return concerned and pointed_to and self.hate.when.truth(facts) is Truth.UNKNOWN

    def ip_reachable(self, offence: Offence, penalty: Penalty, facts: Mapping[str, Fact]) -> bool:
        """Whether connection data may be requested for this penalty; unknown means of commission count as a network."""
        if offence.kind == "contravention":
            return False
        if penalty.prison_months >= self.identifiability.prison_months:
            return True
        by_network = self.identifiability.network.truth(facts) is not Truth.NOT_MET
        return by_network and penalty.prison_months >= self.identifiability.network_prison_months


def read_rules(table: Table, vocabulary: Mapping[str, FactType]) -> Rules:
    """Read `rules.toml`.

    Raises:
        KnowledgeError: a key is unknown, missing or wrong.
    """
    rules = Rules(
        hate=_hate(table.table("hate"), vocabulary),
        identifiability=_identifiability(table.table("identifiability"), vocabulary),
        proof=_proof(table.table("proof")),
        urgent_within_days=table.number("urgent_within_days"),
    )
    table.close()
    return rules


def _hate(table: Table, vocabulary: Mapping[str, FactType]) -> Hate:
    steps = {}
    for part in table.tables("step"):
        steps[part.number("from_months")] = part.number("to_months")
        part.close()
    hate = Hate(
        _expression(table, "when", vocabulary),
        _expression(table, "asked_when", vocabulary),
        table.number("doubled_up_to_months"),
        steps,
        table.strings("not_for", ()),
        read_source(table.table("source")),
    )
    table.close()
    return hate


def _identifiability(table: Table, vocabulary: Mapping[str, FactType]) -> Identifiability:
    rule = Identifiability(
        table.number("prison_months"),
        table.number("network_prison_months"),
        _expression(table, "network", vocabulary),
        read_source(table.table("source")),
    )
    table.close()
    return rule


def _proof(table: Table) -> ProofClock:
    clock = ProofClock(
        table.number("kept_days"),
        table.number("file_before_days"),
        table.number("foreign_days"),
        read_source(table.table("source")),
    )
    table.close()
    return clock


def _expression(table: Table, key: str, vocabulary: Mapping[str, FactType]) -> Expression:
    expression = read_expression(table, key, vocabulary)
    if expression is None:
        raise table.error(key, "it is missing; write a condition over facts")
    return expression
