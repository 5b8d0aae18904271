"""Parts of an assessment in words, as the cards and the dossier both say them. No word is generated."""

from flows import contacts
from flows.advice import Action, EvidenceItem
from flows.assessment import Assessment
from flows.facts import chosen_in
from flows.findings import ConditionState, Finding
from flows.knowledge import Knowledge
from flows.texts import written_day

TONIGHT_HOURS = 48
YEAR = 12


class Wording:
    """Fills the texts of one assessment in one language.

    Attributes:
        found: the assessment.
        knowledge: law and texts.
        language: of the words.
        today: the day of the assessment, in Paris.
    """

    def __init__(self, found: Assessment, knowledge: Knowledge, language: str) -> None:
        self.found = found
        self.knowledge = knowledge
        self.language = language
        self.today = found.at.astimezone(contacts.PARIS).date()

    def words(self, key: str, **values: object) -> str:
        """The text of `key`, filled."""
        return self.knowledge.texts.get(key, self.language, **values)

    def has(self, key: str) -> bool:
        """Whether the text exists, in her language or in French."""
        return self.knowledge.texts.has(key, self.language) or self.knowledge.texts.has(key)

    def what_to_save(self, item: EvidenceItem) -> str:
        """What to save, and until when: within hours, or until the day that a clock of the case ends."""
        what = self.words(f"evidence.{item.id}.what")
        if item.hours_left is not None and item.hours_left <= TONIGHT_HOURS:
            return self.words("assessment.within", what=what, hours=item.hours_left)
        lost_on = self.found.lost_on.get(item.id)
        if lost_on is not None and lost_on >= self.today:
            return self.words("assessment.until", what=what, day=written_day(lost_on))
        return what

    def reason(self, finding: Finding, state: ConditionState) -> str:
        """The element in plain words, and which messages carry it."""
        words = self.words(f"law.{finding.offence}.elements.{state.id}")
        known = [self.found.facts[name] for name in state.facts if name in self.found.facts]
        positions = sorted({position for fact in known for position in fact.exhibits})
        if not positions:
            return words
        few = ", ".join(str(position) for position in positions[:4]) + ("…" if len(positions) > 4 else "")  # noqa: PLR2004
        return self.words("assessment.reason_exhibits", reason=words, positions=few)

    def penalty(self, finding: Finding) -> str:
        """The heaviest maximum, in words."""
        months, fine = finding.penalty.prison_months, finding.penalty.fine_euros
        euros = f"{fine:,}".replace(",", " ")
        if months == 0:
            return self.words("assessment.fine", euros=euros)
        key = "years" if months >= 2 * YEAR else "year" if months == YEAR else "months"
        duration = self.words(f"assessment.{key}", count=months // YEAR if months >= YEAR else months)
        at_least = "_at_least" if finding.may_be_heavier else ""
        return self.words(f"assessment.penalty{at_least}", duration=duration, euros=euros)

    def step(self, action: Action) -> str:
        """An action, with the day it should be done by when one is known and not past."""
        what = self.words(f"actions.{action.id}.what")
        due_on = self.found.due_on.get(action.id)
        if due_on is None or due_on < self.today:
            return what
        return self.words("assessment.due", what=what.rstrip("."), day=written_day(due_on))

    def platforms(self) -> list[str]:
        """The platforms she named, in the order of the vocabulary."""
        values = chosen_in(self.found.facts, "platforms")
        return [platform for platform in self.knowledge.facts["platforms"].values if platform in values]
