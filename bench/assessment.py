"""How long one assessment takes with 200 messages, and how many questions the stories need.

The baseline, in the same run, is the plain reading of the same facts: `known_facts` without any law. Prints ratios.
Run: python bench/assessment.py
"""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from flows import knowledge
from flows.assessment import assess
from flows.derive import known_facts
from flows.facts import Fact
from flows.interview import MOST_QUESTIONS, next_question
from flows.messages import Message
from flows.stories import Story, load

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
LABELS = ("threat", "insult", "hate", "malicious_contact", "blackmail", "doxxing", "surveillance")
REPEATS = 200


def two_hundred_messages() -> list[Message]:
    """Ten authors, seven labels, an hour apart; one in three carries nothing."""
    return [
        Message(
            position=number,
            text="…",
            author=f"compte-{number % 10}",
            sent_at=AT - timedelta(hours=number),
            labels={} if number % 3 == 0 else {LABELS[number % len(LABELS)]: 0.9},
            threat_kind="death" if number % len(LABELS) == 0 else None,
            conditional=None,
        )
        for number in range(1, 201)
    ]


def milliseconds(work: Callable[[], object]) -> float:
    """The median of many runs."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def questions_of(story: Story, known: knowledge.Knowledge) -> int:
    """How many questions are asked when she answers what the story says, and "I do not know" to the rest."""
    answers: dict[str, Fact] = {}
    asked: list[str] = []
    while (question := next_question(answers, story.messages, asked, known, story.on)) is not None:
        asked.append(question.fact)
        if question.fact in story.facts:
            answers[question.fact] = story.facts[question.fact]
    return len(asked)


def main() -> None:
    """Print both."""
    known = knowledge.load()
    messages = two_hundred_messages()
    facts: dict[str, Fact] = {}
    baseline = milliseconds(lambda: known_facts(facts, messages, known))
    whole = milliseconds(lambda: assess(facts, messages, known, AT))
    print(f"facts of 200 messages (baseline)  {baseline:6.2f} ms  1.00")
    print(f"one assessment, 200 messages      {whole:6.2f} ms  {whole / baseline:.2f}   (aim: under 5 ms)")
    counts = sorted(questions_of(story, known) for story in load(knowledge.FOLDER / "stories", known))
    nine_in_ten = counts[int(len(counts) * 0.9)]
    print(f"questions over {len(counts)} stories: median {statistics.median(counts):.0f}, nine in ten {nine_in_ten}, "
          f"maximum {counts[-1]} (limit {MOST_QUESTIONS}: ratio {counts[-1] / MOST_QUESTIONS:.2f})")  # fmt: skip


if __name__ == "__main__":
    main()
