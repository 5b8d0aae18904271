"""What reading does to those who read: counted by person, day and severity; a limit, a pause, and opt-outs."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.responses import Response

from review.gate import CASES, Page
from review.visit import FOLDER, Visit

SEVERITIES = ("heavy", "medium", "light")


@dataclass(frozen=True, slots=True)
class Weights:
    """`exposure.toml`: labels by severity, and what one may ask not to see."""

    heavy: tuple[str, ...]
    medium: tuple[str, ...]
    opt_outs: tuple[str, ...]

    @classmethod
    def load(cls) -> "Weights":
        """Read the file."""
        raw = tomllib.loads((FOLDER / "exposure.toml").read_text(encoding="utf-8"))
        return cls(**{name: tuple(labels) for name, labels in raw.items()})

    def severity(self, labels: Iterable[str]) -> str:
        """The heaviest of some labels."""
        found = set(labels)
        if not found.isdisjoint(self.heavy):
            return "heavy"
        return "light" if found.isdisjoint(self.medium) else "medium"


WEIGHTS = Weights.load()


def opted_out(visit: Visit) -> tuple[str, ...]:
    """What this person asked not to see today."""
    kept = visit.account.settings.get("opt_outs", {})
    today = isinstance(kept, Mapping) and kept.get("day") == _today(visit)
    return tuple(label for label in kept.get("labels", ()) if label in WEIGHTS.opt_outs) if today else ()


def looks_today(visit: Visit) -> Mapping[str, int]:
    """Full texts this person read today, by severity."""
    counts = visit.store.desk.looks(visit.at.astimezone(visit.console.settings.timezone).date())
    return counts.get(visit.account.id, {})


def is_past_limit(visit: Visit) -> bool:
    """Whether lighter cases and a pause are proposed."""
    return looks_today(visit).get("heavy", 0) >= visit.console.settings.exposure_limit


def count(visit: Visit, labels: Iterable[str]) -> None:
    """One more full text shown."""
    day = visit.at.astimezone(visit.console.settings.timezone).date()
    visit.store.desk.look(visit.account.id, day, WEIGHTS.severity(labels))


def _today(visit: Visit) -> str:
    return visit.at.astimezone(visit.console.settings.timezone).date().isoformat()


async def opt_out(visit: Visit) -> Response:
    """What not to be shown until tomorrow."""
    labels = [label for label in WEIGHTS.opt_outs if visit.form.get(f"label_{label}") == "on"]
    chosen = {"opt_outs": {"day": _today(visit), "labels": labels}}
    visit.store.staff.change(visit.account.id, settings={**visit.account.settings, **chosen})
    return visit.go("/account")


async def show_counts(visit: Visit) -> Response:
    """For the coordinator: counts only, never which case."""
    day = visit.at.astimezone(visit.console.settings.timezone).date()
    looks = visit.store.desk.looks(day)
    rows = [
        (account.name, [looks.get(account.id, {}).get(severity, 0) for severity in SEVERITIES])
        for account in visit.store.staff.accounts()
        if account.id in looks
    ]
    return visit.render("exposure.html", rows=rows, severities=SEVERITIES, day=day.strftime("%d/%m/%Y"))


PAGES = (
    Page("/account/opt-outs", opt_out, CASES, "POST"),
    Page("/exposure", show_counts, frozenset({"coordinator"})),
)
