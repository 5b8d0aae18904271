"""Every story of `flows/stories/`, and the proof that some story notices each rule of the law being broken."""

from dataclasses import replace

import pytest

from flows.expressions import Not
from flows.findings import find
from flows.kleene import Truth
from flows.knowledge import FOLDER, Knowledge
from flows.offences import Aggravation, Condition, Limitation, Offence, Penalty
from flows.stories import DEFAULT_DAY, Story, faults, load
from tests.builders import the_knowledge

STORIES = load(FOLDER / "stories", the_knowledge())
OFFENCES = the_knowledge().offences
FEWEST_STORIES, FEWEST_DECISIONS = 60, 20


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_the_law_says_of_each_story_what_it_must(story: Story) -> None:
    assert faults(story, the_knowledge()) == []


def test_there_are_enough_stories_and_enough_of_them_were_decided_by_a_court() -> None:
    decided = [s for s in STORIES if any(word in s.source for word in ("Crim.", "Civ.", "TC ", "TJ ", "CA ", "TGI "))]
    assert len(STORIES) >= FEWEST_STORIES
    assert len(decided) >= FEWEST_DECISIONS
    assert len({story.name for story in STORIES}) == len(STORIES)


def noticed(offence: Offence) -> bool:
    """Whether some story fails once this offence takes the place of the true one."""
    known = the_knowledge()
    other = replace(known, offences={**known.offences, offence.id: offence})
    return any(faults(story, other) for story in STORIES)


def with_contrary(offence: Offence, condition: Condition) -> Offence:
    """The same offence with one condition turned into its contrary."""
    contrary = replace(condition, when=Not(condition.when))

    def swap(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        return tuple(contrary if other is condition else other for other in conditions)

    return replace(offence, elements=swap(offence.elements), circumstances=swap(offence.circumstances))


CONDITIONS = [
    pytest.param(offence, condition, id=f"{offence.id}-{condition.id}")
    for offence in OFFENCES.values()
    for condition in (*offence.elements, *offence.circumstances)
]


@pytest.mark.parametrize(("offence", "condition"), CONDITIONS)
def test_some_story_notices_when_a_condition_is_turned_round(offence: Offence, condition: Condition) -> None:
    assert noticed(with_contrary(offence, condition))


AGGRAVATIONS = [
    pytest.param(offence, aggravation, id=f"{offence.id}-{'-'.join(aggravation.any_of)}-{aggravation.at_least}")
    for offence in OFFENCES.values()
    for aggravation in offence.aggravations
]


@pytest.mark.parametrize(("offence", "aggravation"), AGGRAVATIONS)
def test_some_story_notices_when_an_aggravation_is_lost(offence: Offence, aggravation: Aggravation) -> None:
    others = tuple(other for other in offence.aggravations if other is not aggravation)
    assert noticed(replace(offence, aggravations=others))


@pytest.mark.parametrize("offence", OFFENCES.values(), ids=lambda offence: offence.id)
def test_some_story_notices_a_wrong_penalty(offence: Offence) -> None:
    def worse(penalty: Penalty) -> Penalty:
        return Penalty(penalty.prison_months + 1, penalty.fine_euros + 1)

    heavier = tuple(replace(a, penalty=worse(a.penalty)) for a in offence.aggravations)
    assert noticed(replace(offence, penalty=worse(offence.penalty), aggravations=heavier))


@pytest.mark.parametrize(
    "offence", [o for o in OFFENCES.values() if o.limitation.press], ids=lambda offence: offence.id
)
def test_the_press_clock_is_short(offence: Offence) -> None:
    assert offence.limitation == Limitation(
        offence.limitation.months, offence.limitation.starts, press=True, source=None
    )
    assert offence.limitation.months <= 12


def test_unknown_never_excludes() -> None:
    for offence in OFFENCES:
        assert all(f.status != "excluded" for f in find({}, _raised(offence), DEFAULT_DAY))


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
