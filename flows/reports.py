"""Where to report: platform and kind of harm to a form or address (`flows/reports.toml`); trusted flaggers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.facts import Fact, FactType, chosen_in
from flows.offences import SourceOfLaw, read_source
from flows.scope import Scope, read_scope
from flows.tables import Table

HARMS = ("content", "identity", "intimate", "intimate_minor", "account", "calls", "scam")


@dataclass(frozen=True, slots=True)
class Report:
    """One row of the channel table.

    Attributes:
        id: name of the row.
        harm: kind of harm; what to attach is the text `reports.<harm>.attach`.
        platform: value of the fact `platforms`, or "" when it serves everywhere.
        scope: for which harm.
        where: form, address or menu of the platform.
        delay_days: usual delay in days, or None when nobody says.
        source: where it was read.
    """

    id: str
    harm: str
    platform: str
    scope: Scope
    where: str
    delay_days: int | None
    source: SourceOfLaw


@dataclass(frozen=True, slots=True)
class Flagger:
    """A trusted flagger (DSA art. 22): platforms treat its notices first. Its words: `reports.flagger.<id>`."""

    id: str
    where: str
    scope: Scope
    source: SourceOfLaw


def read_reports(table: Table, vocabulary: Mapping[str, FactType]) -> tuple[list[Report], list[Flagger]]:
    """Read `reports.toml`.

    Raises:
        KnowledgeError: a key is unknown, missing or wrong.
    """
    platforms = vocabulary["platforms"].values
    reports = [_report(part, platforms, vocabulary) for part in table.tables("report")]
    flaggers = [_flagger(part, vocabulary) for part in table.tables("flagger")]
    table.close()
    return reports, flaggers


def for_her(reports: Sequence[Report], facts: Mapping[str, Fact]) -> list[Report]:
    """The rows for the platforms she named and what happens there; rows for every platform last."""
    hers = {*chosen_in(facts, "platforms"), ""}
    suited = [report for report in reports if report.scope.suits(facts) and report.platform in hers]
    return sorted(suited, key=lambda report: not report.platform)


def _report(table: Table, platforms: Sequence[str], vocabulary: Mapping[str, FactType]) -> Report:
    report = Report(
        id=table.string("id"),
        harm=table.choice("harm", HARMS),
        platform=table.choice("platform", (*platforms, ""), ""),
        scope=read_scope(table, vocabulary),
        where=table.string("where"),
        delay_days=table.optional_number("delay_days"),
        source=read_source(table.table("source")),
    )
    table.close()
    return report


def _flagger(table: Table, vocabulary: Mapping[str, FactType]) -> Flagger:
    flagger = Flagger(
        id=table.string("id"),
        where=table.string("where"),
        scope=read_scope(table, vocabulary),
        source=read_source(table.table("source")),
    )
    table.close()
    return flagger
