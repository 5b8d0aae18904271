"""The law and the questions drawn as a Mermaid diagram: which question feeds which offence."""

from collections.abc import Iterator

from flows.knowledge import Knowledge


def mermaid(known: Knowledge) -> str:
    """One flowchart: questions on the left, offences on the right, grouped by family."""
    return "\n".join(["flowchart LR", *_questions(known), *_offences(known), *_arrows(known)])


def _questions(known: Knowledge) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for question in known.questions.values():
        groups.setdefault(question.group, []).append(question.fact)
    for group, facts in groups.items():
        yield f"  subgraph q_{group}[{group}]"
        yield from (f"    {fact}([{fact}])" for fact in facts)
        yield "  end"


def _offences(known: Knowledge) -> Iterator[str]:
    families: dict[str, list[str]] = {}
    for offence in known.offences.values():
        families.setdefault(offence.family, []).append(offence.id)
    for family, offences in families.items():
        yield f"  subgraph o_{family}[{family}]"
        for name in offences:
            articles = ", ".join(f"{article.code} {article.number}" for article in known.offences[name].articles)
            yield f'    o_{name}["{name}<br/>{articles}"]'
        yield "  end"


def _arrows(known: Knowledge) -> Iterator[str]:
    for name, offences in known.readers_of.items():
        if name in known.questions:
            yield from (f"  {name} --> o_{offence}" for offence in sorted(offences))
