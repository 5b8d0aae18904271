"""The assessment as she reads it on a phone: short cards, the most urgent first. No word is generated."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from flows import contacts
from flows.assessment import Assessment
from flows.changes import Change, changes
from flows.findings import EXCLUDED, INDICATED, Finding
from flows.kleene import Truth
from flows.knowledge import Knowledge
from flows.questions import value_of
from flows.reports import Report
from flows.texts import written_day
from flows.wording import Wording

SHORT, LAW = 320, 600  # characters: any card, a card of law
MOST_TONIGHT = 4
MOST_MISSING = 3
MOST_PLATFORMS = 3
MOST_REPORTS = 4
MOST_CHANGES = 4
MOST_ARTICLES = 2
SECURING = frozenset({"two_factor"})  # actions that have steps of their own on each platform


@dataclass(frozen=True, slots=True)
class Card:
    """One message: its kind (`contacts`, `tonight`, `finding`, ...) and its words."""

    kind: str
    text: str


def digest(found: list[Card]) -> str:
    """Changes when what she would read changes."""
    return sha256("\x1f".join(card.text for card in found).encode()).hexdigest()[:16]


def cards(found: Assessment, knowledge: Knowledge, language: str = "fr") -> list[Card]:
    """All cards, most urgent first; the path that skips everything still gets contacts, preservation and rights."""
    writer = _Writer(found, knowledge, language)
    return [
        *writer.opening(),
        *writer.tonight(),
        *writer.contacts(),
        *writer.findings(),
        *writer.deadlines(),
        *writer.contradictions(),
        *writer.how_to_save(),
        *writer.actions(),
        *writer.reports(),
        *writer.identifiability(),
        *writer.changes(),
        *writer.missing(),
        *writer.rights(),
    ]


class _Writer(Wording):
    """Fills the texts of one assessment in one language."""

    def opening(self) -> Iterator[Card]:
        """One sentence of result, and the minor's or danger contacts when they come first."""
        shown = self.found.shown
        if any(finding.status == INDICATED for finding in shown):
            yield Card("opening", self.words("assessment.opening_indicated"))
        elif shown:
            yield Card("opening", self.words("assessment.opening_possible"))
        else:
            yield Card("opening", self.words("assessment.opening_none"))
        minor = self.found.facts.get("victim_age_band")
        if minor and minor.value in ("under_15", "15_17"):
            values = contacts.values(self.knowledge, self.found.at, self.language)
            yield Card("minor", self.words("safety.minor_first", **values))

    def tonight(self) -> Iterator[Card]:
        """What to save, the earliest loss first."""
        items = list(self.found.evidence)[:MOST_TONIGHT]
        lines = [f"{number}. {self.what_to_save(item)}" for number, item in enumerate(items, 1)]
        for text in contacts.in_messages([self.words("assessment.tonight"), *lines]):
            yield Card("tonight", text)

    def how_to_save(self) -> Iterator[Card]:
        """How to save each of these, the steps of her platforms, and what never to do."""
        for item in self.found.evidence[:MOST_TONIGHT]:
            yield Card("how_to_save", self.words(f"evidence.{item.id}.how"))
        for platform in self.platforms()[:MOST_PLATFORMS]:
            yield Card("platform", self.words(f"platforms.{platform}.save"))
            yield Card("platform", self.words(f"platforms.{platform}.lost"))
        yield Card("never", self.words("assessment.never"))

    def findings(self) -> Iterator[Card]:
        """Each finding: what these facts could be, why, the penalty."""
        for finding in self.found.shown:
            yield Card("finding", self._finding(finding))

    def _finding(self, finding: Finding) -> str:
        name = self.words(f"law.{finding.offence}.name")
        article = self.knowledge.cited(finding.offence, self.language, most=MOST_ARTICLES)
        key = "assessment.indicated" if finding.status == INDICATED else "assessment.possible"
        parts = [self.words(key, name=name, article=article), self.words(f"law.{finding.offence}.plain")]
        why = self._why(finding)
        parts += [self.words("assessment.why_met", reasons=why)] if why else []
        parts.append(self.penalty(finding))
        while len(" ".join(parts)) > LAW and len(parts) > 2:  # noqa: PLR2004 - name and explanation always stay
            parts.pop(-1 if len(parts) > 3 else 2)  # noqa: PLR2004 - the penalty goes first, then the reasons
        return " ".join(parts)

    def _why(self, finding: Finding) -> str:
        met = [state for state in finding.elements if state.truth is Truth.MET]
        return " ; ".join(filter(None, (self.reason(finding, state) for state in met)))

    def deadlines(self) -> Iterator[Card]:
        """The two clocks: proof first, it nearly always runs out first; then the law."""
        proof = self.found.proof
        if proof is not None:
            key = "assessment.proof_passed" if proof.passed else "assessment.proof"
            yield Card("deadline", self.words(key, day=written_day(proof.on)))
        urgent = self.knowledge.rules.urgent_within_days
        told: set[frozenset[str]] = set()
        for finding in self.found.shown:
            pair = frozenset({finding.offence, *finding.either})
            if finding.either and pair not in told:
                told.add(pair)
                yield Card("either", self.words("assessment.either", names=self._names(sorted(pair))))
            limit = finding.limitation
            if limit is None:
                continue
            name = self.words(f"law.{finding.offence}.name")
            if self.knowledge.offences[finding.offence].limitation.press and not limit.passed:
                yield Card("deadline", self.words("assessment.press_clock", name=name))
            if limit.passed:
                yield Card("deadline", self.words("assessment.limit_passed", name=name, day=written_day(limit.on)))
            elif limit.days_left <= urgent:
                yield Card("deadline", self.words("assessment.limit_soon", name=name, day=written_day(limit.on)))

    def contradictions(self) -> Iterator[Card]:
        """Answers that do not go together: shown, never hidden, never decided for her."""
        names = [name for each in self.found.contradictions for name in each.facts if self.has(f"facts.{name}")]
        if names:
            listed = " ; ".join(self.words(f"facts.{name}") for name in dict.fromkeys(names))
            yield Card("contradiction", self.words("contradictions.card", facts=listed))

    def reports(self) -> Iterator[Card]:
        """Where to report on her platforms, and what to attach."""
        rows = self.found.reports[:MOST_REPORTS]
        lines = [self._report(report) for report in rows]
        if lines:
            for text in contacts.in_messages([self.words("reports.intro"), *lines]):
                yield Card("report", text)
        for harm in dict.fromkeys(report.harm for report in rows):
            yield Card("report", self.words(f"reports.{harm}.attach"))
        if any(report.harm == "intimate" for report in rows):
            yield Card("report", self.words("reports.difference"))
        flaggers = [each for each in self.knowledge.flaggers if each.scope.suits(self.found.facts)]
        if rows and flaggers:
            names = " ; ".join(self.words(f"reports.flagger.{each.id}") for each in flaggers)
            yield Card("report", self.words("reports.flaggers", names=names))

    def _report(self, report: Report) -> str:
        if not report.platform:
            return self.words("reports.line", where=report.where)
        platform = self.words(f"questions.platforms.choices.{report.platform}")
        return self.words("reports.on", platform=platform, where=report.where)

    def identifiability(self) -> Iterator[Card]:
        """For which findings the connection data can be asked for; never who it is."""
        stranger = self.found.facts.get("author_relationship")
        if stranger is None or stranger.value not in ("stranger", "online_contact"):
            return
        for reachable, key in ((True, "assessment.ip_yes"), (False, "assessment.ip_no")):
            found = [f for f in self.found.shown if f.ip_reachable is reachable]
            if found:
                yield Card("identifiability", self.words(key, names=self._names(f.offence for f in found)))

    def changes(self) -> Iterator[Card]:
        """What would change this: for each finding, unknown answers that would flip it or raise its penalty."""
        lines: dict[tuple[str, str], str] = {}
        for finding in self.found.shown:
            for change in changes(finding, self.found.facts, self.knowledge, self.today):
                if not change.known and change.fact in self.knowledge.questions:
                    line = self._change(finding, change)
                    if line is not None:
                        lines.setdefault((finding.offence, change.fact), line)
        if lines:
            for text in contacts.in_messages([self.words("assessment.changes"), *list(lines.values())[:MOST_CHANGES]]):
                yield Card("change", text)

    def _change(self, finding: Finding, change: Change) -> str | None:
        heavier = change.penalty.prison_months > finding.penalty.prison_months
        if change.status == INDICATED != finding.status:
            key = "assessment.change_indicated"
        elif change.status == EXCLUDED:
            key = "assessment.change_excluded"
        elif heavier:
            key = "assessment.change_heavier"
        else:
            return None
        question = self.knowledge.questions[change.fact]
        day = self.knowledge.facts[change.fact]
        answers = [c for c in question.choices if c.value is not None and value_of(c, day, self.today) == change.value]
        if not answers:
            return None
        asked = self.words(question.ask).partition("?")[0].strip() + " ?"
        said = self.words("assessment.change_value", answer=self.words(answers[0].text), question=asked)
        return self.words(key, fact=said, name=self.words(f"law.{finding.offence}.name"))

    def contacts(self) -> Iterator[Card]:
        """Who answers now."""
        at, language = self.found.at, self.language
        lines = [contacts.line(self.knowledge, each, at, language) for each in self.found.listening]
        emergency = [contacts.line(self.knowledge, each, at, language) for each in self.found.emergency[:2]]
        for text in contacts.in_messages([self.words("assessment.call"), *emergency, *lines]):
            yield Card("contacts", text)

    def actions(self) -> Iterator[Card]:
        """The families of action, each in as few messages as it needs."""
        for family in ("technical", "platform", "criminal", "civil"):
            chosen = [action for action in self.found.actions if action.family == family]
            lines = [self.step(action) for action in chosen]
            if lines:
                heading = self.words(f"assessment.family_{family}")
                for text in contacts.in_messages([heading, *(f"- {line}" for line in lines)]):
                    yield Card(f"actions_{family}", text)
            if SECURING & {action.id for action in chosen}:
                for platform in self.platforms()[:MOST_PLATFORMS]:
                    yield Card("platform", self.words(f"platforms.{platform}.secure"))

    def _names(self, offences: Iterable[str]) -> str:
        return ", ".join(f"« {self.words(f'law.{name}.name')} »" for name in offences)

    def missing(self) -> Iterator[Card]:
        """What is still missing for the findings that are only possible."""
        names = dict.fromkeys(
            name for finding in self.found.shown if finding.status != INDICATED for name in finding.missing
        )
        known = [self.words(f"facts.{name}") for name in names if self.has(f"facts.{name}")]
        if known:
            yield Card("missing", self.words("assessment.missing", facts=" ; ".join(known[:MOST_MISSING])))

    def rights(self) -> Iterator[Card]:
        """What nobody can refuse her, whatever she answered."""
        yield Card("rights", self.words("assessment.rights"))
        yield Card("limits", self.words("assessment.limits"))
