"""Every story of `tests/stories/`, and the proof that some story notices each element and circumstance they touch."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.assessment import Assessment, assess
from flows.expressions import Not
from flows.findings import find
from flows.kleene import Truth
from flows.knowledge import Knowledge
from flows.offences import Condition, Offence
from tests.builders import facts, the_knowledge

FOLDER = Path(__file__).parent.parent / "stories"
STORIES = [
    story
    for path in sorted(FOLDER.glob("*.toml"))
    for story in tomllib.loads(path.read_text(encoding="utf-8"))["story"]
]
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEYS = {
    "name", "source", "facts", "indicated", "possible", "excluded", "hidden", "penalty", "missing",
    "ip_unreachable", "evidence", "no_evidence",
}  # fmt: skip


def faults(story: dict[str, Any], found: Assessment) -> list[str]:
    """What the story expects and does not find."""
    by_id = {finding.offence: finding for finding in found.findings}
    wrong = []
    for status in ("indicated", "possible", "excluded"):
        wrong += [n for n in story.get(status, []) if n not in by_id or by_id[n].status != status]
    for name, (months, euros) in story.get("penalty", {}).items():
        penalty = by_id[name].penalty if name in by_id else None
        if penalty is None or (penalty.prison_months, penalty.fine_euros) != (months, euros):
            wrong.append(f"penalty of {name}")
    wrong += [n for n, by in story.get("hidden", {}).items() if n not in by_id or by_id[n].hidden_by != by]
    wrong += [n for n, names in story.get("missing", {}).items() if not set(names) <= set(by_id[n].missing)]
    wrong += [f"ip of {n}" for n in story.get("ip_unreachable", []) if by_id[n].ip_reachable]
    evidence = {item.id for item in found.evidence}
    wrong += [n for n in story.get("evidence", []) if n not in evidence]
    wrong += [n for n in story.get("no_evidence", []) if n in evidence]
    return wrong


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story["name"])
def test_the_law_says_of_each_story_what_it_must(story: dict[str, Any]) -> None:
    assert set(story) <= KEYS
    found = assess(facts(**story["facts"]), [], the_knowledge(), AT)
    assert faults(story, found) == []


def broken(offence: Offence, condition: Condition) -> Offence:
    """The same offence with one condition turned into its contrary."""
    contrary = replace(condition, when=Not(condition.when))

    def swap(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        return tuple(contrary if other is condition else other for other in conditions)

    return replace(offence, elements=swap(offence.elements), circumstances=swap(offence.circumstances))


CONDITIONS = [
    pytest.param(offence.id, place, kind, id=f"{offence.id}-{condition.id}")
    for offence in the_knowledge().offences.values()
    for kind in ("elements", "circumstances")
    for place, condition in enumerate(getattr(offence, kind))
]
UNNOTICED = {  # no story yet: they come with the rest of the law
    "privacy_disclosure", "hacking_tools", "data_tampering",
}  # fmt: skip
UNNOTICED_CIRCUMSTANCES = {
    "moral_harassment-itt_over_8", "moral_harassment-vulnerability", "moral_harassment-minor_present",
    "conjugal_harassment-itt_over_8", "conjugal_harassment-minor_present", "conjugal_harassment-suicide",
    "school_harassment-suicide", "sexual_harassment-minor_under_15", "sexual_harassment-vulnerability",
    "sexual_harassment-group", "sexual_harassment-online", "sexual_harassment-minor_present",
    "privacy_violation-public_office", "sexual_deepfake-public_online", "minor_sexual_image-public_online",
    "doxxing-minor_victim", "doxxing-vulnerability",
}  # fmt: skip


@pytest.mark.parametrize(("name", "place", "kind"), CONDITIONS)
def test_some_story_notices_when_a_condition_is_turned_round(name: str, place: int, kind: str) -> None:
    known = the_knowledge()
    condition = getattr(known.offences[name], kind)[place]
    changed = {**known.offences, name: broken(known.offences[name], condition)}
    other = replace(known, offences=changed)
    noticed = any(faults(story, assess(facts(**story["facts"]), [], other, AT)) for story in STORIES)
    if name in UNNOTICED or f"{name}-{condition.id}" in UNNOTICED_CIRCUMSTANCES:
        assert not noticed, "a story notices it now: take it off the list"
    else:
        assert noticed


def test_unknown_never_excludes() -> None:
    for offence in the_knowledge().offences:
        assert all(f.status != "excluded" for f in find({}, _raised(offence), AT.date()))


def _raised(name: str) -> Knowledge:
    """The law with one offence that is always raised."""
    known = the_knowledge()
    always = replace(known.offences[name], raised_by=replace(known.offences[name].raised_by, when=_Always()))
    return replace(known, offences={name: always})


class _Always:
    """A condition that is always met."""

    def truth(self, _: object) -> Truth:
        return Truth.MET

    def names(self) -> frozenset[str]:
        return frozenset()
