"""What would change this: each announced change really happens when she gives that answer."""

import pytest

from flows.changes import changes
from flows.derive import known_facts
from flows.facts import Fact, Source
from flows.findings import EXCLUDED, find, hold_offence
from flows.knowledge import FOLDER
from flows.stories import Story, load
from tests.builders import facts, the_knowledge

STORIES = load(FOLDER / "stories", the_knowledge())


@pytest.mark.parametrize("story", STORIES[::4], ids=lambda story: story.name)
def test_every_announced_change_happens(story: Story) -> None:
    known = the_knowledge()
    everything = known_facts(story.facts, story.messages, known)
    for finding in find(everything, known, story.on):
        if finding.status == EXCLUDED:
            continue
        for change in changes(finding, everything, known, story.on):
            trial = {n: f for n, f in everything.items() if n not in known.derivations}
            trial[change.fact] = Fact(change.fact, change.value, Source.ANSWER)
            after = hold_offence(known.offences[finding.offence], known_facts(trial, [], known), known, story.on)
            assert (after.status, after.penalty) == (change.status, change.penalty)
            assert (after.status, after.penalty) != (finding.status, finding.penalty)


def test_the_missing_answer_that_would_complete_harassment_is_named() -> None:
    known = the_knowledge()
    everything = known_facts(
        facts(acts_count=9, acts_distinct_in_time=True, living_conditions_degraded=True), [], known
    )
    finding = next(f for f in find(everything, known, STORIES[0].on) if f.offence == "moral_harassment")
    named = {(c.fact, c.value): c.status for c in changes(finding, everything, known, STORIES[0].on)}
    assert named["health_altered", True] == "indicated"
    assert named["health_altered", False] == "excluded"
    assert ("acts_distinct_in_time", False) not in named  # a group may still be behind it: possible, as before
