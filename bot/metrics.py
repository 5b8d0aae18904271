"""What is counted, for Prometheus: a registry of its own, and no label that could name a person, a chat or a case.

Counters say that somebody wrote; a small helpline must not let them say what about. So alerts by kind are given out
by the day (`AlertsByDay`), everything else at once. `docs/operations.md` argues it.
"""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from bot.instants import now
from cases.case import AlertRecord
from nlp.classifier import Classifier
from nlp.reading import Reading, SafetyReading
from nlp.safety import SafetyDetector

disable_created_metrics()  # type: ignore[no-untyped-call]  # it takes nothing; the instant of the first alert of a kind would be somebody's
REGISTRY = CollectorRegistry(auto_describe=True)
ProcessCollector(registry=REGISTRY)

RECEIVED = Counter("recours_updates_received", "Updates written to the inbox.", ["channel"], registry=REGISTRY)
TURNS = Histogram(
    "recours_turn_seconds",
    "Time of one turn of the conversation, its transaction included.",
    ["channel"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=REGISTRY,
)
FAILED_TURNS = Counter("recours_turns_failed", "Turns that ended with an apology.", ["channel"], registry=REGISTRY)
DELIVERIES = Counter(
    "recours_deliveries",
    "Attempts to deliver: sent, later (tried again), refused (dropped), gone (conversation closed to us).",
    ["channel", "fate"],
    registry=REGISTRY,
)
READING = Histogram(
    "recours_reading_seconds",
    "Time to read texts: classifier (messages of others), detector (her own words).",
    ["reader"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
    registry=REGISTRY,
)
STORE_ERRORS = Counter("recours_store_errors", "Errors of the case store.", ["kind"], registry=REGISTRY)
PURGED = Counter("recours_cases_purged", "Cases erased by the retention period.", registry=REGISTRY)
PURGED_AT = Gauge("recours_purge_timestamp_seconds", "When the retention period was last applied.", registry=REGISTRY)


class AlertsByDay(Collector):
    """Alerts by kind and severity, given out once a day (UTC) and never fewer than `FEWEST` at once.

    Who watches the figures by the minute would otherwise see what somebody, whom he knows to be writing, disclosed.
    """

    FEWEST = 5

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._day: date = clock().date()
        self._waiting: Tally[tuple[str, str]] = Tally()
        self._given: Tally[tuple[str, str]] = Tally()

    def add(self, alerts: Sequence[AlertRecord]) -> None:
        """Count what a committed turn raised."""
        self._turn_day()
        self._waiting.update((alert.alert, alert.severity) for alert in alerts)

    def collect(self) -> Iterable[CounterMetricFamily]:
        """See `prometheus_client.registry.Collector`."""
        self._turn_day()
        family = CounterMetricFamily(
            "recours_alerts", "Alerts up to a past midnight (UTC), by kind.", labels=["alert", "severity"]
        )
        for kind, count in sorted(self._given.items()):
            family.add_metric(kind, count)
        yield family

    def describe(self) -> Iterable[CounterMetricFamily]:
        """The name is known before the first alert."""
        yield CounterMetricFamily("recours_alerts", "", labels=["alert", "severity"])

    def _turn_day(self) -> None:
        today = self._clock().date()
        if today != self._day and self._waiting.total() >= self.FEWEST:
            self._given += self._waiting
            self._waiting.clear()
        self._day = today


ALERTS = AlertsByDay(now)
REGISTRY.register(ALERTS)


class TimedClassifier(Classifier):
    """The classifier, with the time it takes."""

    def read(self, texts: Sequence[str], *, rationale: bool = False) -> list[Reading]:
        """See `Classifier.read`."""
        with READING.labels("classifier").time():
            return super().read(texts, rationale=rationale)


class TimedDetector(SafetyDetector):
    """The safety detector, with the time it takes."""

    def read(self, text: str) -> SafetyReading:
        """See `SafetyDetector.read`."""
        with READING.labels("detector").time():
            return super().read(text)


def readers(models: Path) -> tuple[Classifier, SafetyDetector]:
    """Both readers, measured.

    Raises:
        ModelError: a model is missing or damaged.
    """
    return TimedClassifier.load(models), TimedDetector.load(models)
