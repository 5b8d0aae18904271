"""The safety detector: alerts in her own words, before anything else. Reviewed phrases first, a model beside them.

A phrase of `nlp/words/alerts.toml` decides alone (high recall on what is said plainly, and negations that
cancel it); the model finds what no list foresaw. An age is read as a number, never guessed.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nlp.model import Model, load
from nlp.normalise import fold, plain
from nlp.reading import ALERTS, Alert, SafetyReading

NAME = "safety"
PHRASES = Path(__file__).parent / "words" / "alerts.toml"
MAJORITY = 18
CERTAIN, LIKELY = 0.99, 0.9
URGENCY = ("imminent_danger", "suicide_risk", "minor_disclosed", "third_party_suicide", "minor_concerned")
QUOTED = re.compile(r"«[^»]*»|\"[^\"]*\"|“[^”]*”")
OWN_AGE = re.compile(
    r"\b(?:j ?ai|je n ai que|g|ai|je vais avoir|j aurai|i m|i am|im)"
    r"(?: que| a peine| tout juste| juste| seulement| only| just)? (\d{1,2}) ?"
    r"(?:ans?|a|piges?|years?|yo)\b(?! (?:de|d|qu)\b)"
)
OWN_AGE_WORDS = re.compile(
    r"\bj ?ai (?:que |a peine |seulement |juste )?(dix|onze|douze|treize|quatorze|quinze|seize|dix sept) ans\b"
)


@dataclass(frozen=True, slots=True)
class Phrases:
    """Patterns of one alert on folded text: what raises it, what makes it severe, what is not said, what denies it."""

    high: tuple[re.Pattern[str], ...]
    medium: tuple[re.Pattern[str], ...]
    with_age: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    denies: tuple[re.Pattern[str], ...]

    def severity(self, own: str) -> str:
        """`high`, `medium`, or "" when nothing is raised; what `unless` or `denies` matches is read as not said."""
        denied = self.denied(own)
        for pattern in (*self.unless, *self.denies):
            own = pattern.sub(" ", own)
        if any(pattern.search(own) for pattern in self.high):
            return "high"
        return "medium" if not denied and any(pattern.search(own) for pattern in self.medium) else ""

    def denied(self, own: str) -> bool:
        """Whether the text says the contrary in so many words: only a phrase that is severe outweighs that."""
        return any(pattern.search(own) for pattern in self.denies)

    def worsened(self, own: str) -> bool:
        """Whether something severe is told beside it."""
        return any(pattern.search(own) for pattern in self.with_age)


class SafetyDetector:
    """Reads what she writes."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._columns = {head.name: column for column, head in enumerate(model.heads)}

    @classmethod
    def load(cls, folder: Path) -> "SafetyDetector":
        """Load the model from `models/`.

        Raises:
            ModelError: it is missing or damaged.
        """
        return cls(load(folder, NAME))

    def read(self, text: str) -> SafetyReading:
        """Alerts of one text, most urgent first; at most one of each kind."""
        scores, high = self._by_model(text)
        said = _by_phrases(text)
        for alert, severity in said.items():
            scores[alert] = max(scores[alert], CERTAIN if severity == "high" else LIKELY)
        heads = {head.name: head for head in self._model.heads}
        own = fold(plain(QUOTED.sub(" ", text)))
        found, perhaps = [], []
        for alert in URGENCY:
            denied = _phrases()[alert].denied(own)
            heard = scores[alert] >= heads[alert].assert_from and not denied
            if said.get(alert) or heard:
                severe = said.get(alert) == "high" or (heard and high[alert])
                found.append(Alert(alert, "high" if severe else "medium", round(scores[alert], 4), alert in said))
            elif scores[alert] >= heads[alert].ask_from and not denied:
                perhaps.append(alert)
        return SafetyReading(tuple(found), tuple(perhaps), scores)

    def _by_model(self, text: str) -> tuple[dict[str, float], dict[str, bool]]:
        if not fold(text):
            return dict.fromkeys(ALERTS, 0.0), dict.fromkeys(ALERTS, False)
        row = self._model.probabilities([text])[0]
        scores = {alert: float(row[self._columns[alert]]) for alert in ALERTS}
        severe = {alert: bool(row[self._columns[f"high:{alert}"]] >= 0.5) for alert in ALERTS}  # noqa: PLR2004 - calibrated
        return scores, severe


def _by_phrases(text: str) -> dict[str, str]:
    """Alerts that reviewed phrases raise, with their severity; words between quotation marks are somebody else's."""
    own = fold(plain(QUOTED.sub(" ", text)))
    phrases = _phrases()
    said = {alert: severity for alert in ALERTS if (severity := phrases[alert].severity(own))}
    age = own_age(text)
    if age is not None and age < MAJORITY:
        said.setdefault("minor_disclosed", "medium")
    if age is not None and age >= MAJORITY:
        said.pop("minor_disclosed", None)
    if "minor_disclosed" in said and phrases["minor_disclosed"].worsened(own):
        said["minor_disclosed"] = "high"
    return said


def own_age(text: str) -> int | None:
    """Her age when she says it herself ("j'ai 14 ans"), not somebody else's nor a duration."""
    own = fold(QUOTED.sub(" ", text))
    found = OWN_AGE.search(own)
    if found:
        return int(found.group(1))
    spelt = OWN_AGE_WORDS.search(own)
    words = ("dix", "onze", "douze", "treize", "quatorze", "quinze", "seize", "dix sept")
    return words.index(spelt.group(1)) + 10 if spelt else None


@cache
def _phrases() -> Mapping[str, Phrases]:
    raw = tomllib.loads(PHRASES.read_text(encoding="utf-8"))
    return {
        alert: Phrases(
            *(
                tuple(re.compile(p) for p in raw[alert].get(part, []))
                for part in ("high", "medium", "with_age", "unless", "denies")
            )
        )
        for alert in ALERTS
    }
