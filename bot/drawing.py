"""The law and the questions drawn, as Mermaid or SVG: which question feeds which offence."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from flows.knowledge import Knowledge

WIDTH, ROW, HEAD, PAD = 1180, 17, 26, 16  # pixels of the drawing
LEFT, RIGHT = 300, 760  # where the arrows leave and arrive
COLOURS = ("#1b6ca8", "#8a4f7d", "#2e7d4f", "#a15c1b", "#5a5f9e", "#9c3d3d", "#4c7a86", "#7a6a2f", "#6b4f9c", "#3f6f5f")


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


def svg(known: Knowledge) -> str:
    """The same as one picture: questions on the left, texts of law on the right, a line where an answer counts."""
    left = _groups((q.group, q.fact, q.fact) for q in known.questions.values())
    right = _groups((o.family, o.id, _label(known, o.id)) for o in known.offences.values())
    starts, left_marks, left_end = _column(left, LEFT, "end")
    ends, right_marks, right_end = _column(right, RIGHT, "start")
    height = max(left_end, right_end) + PAD
    colours = {group: COLOURS[number % len(COLOURS)] for number, group in enumerate(left)}
    lines = [
        _curve(starts[fact], ends[offence], colours[known.questions[fact].group])
        for fact, offences in known.readers_of.items()
        if fact in starts
        for offence in sorted(offences)
    ]
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
                f'font-size="11" role="img">'
            ),
            "<title>Which question counts for which text of law</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            *lines,
            *left_marks,
            *right_marks,
            "</svg>",
            "",
        ]
    )


def _groups(rows: Iterable[tuple[str, str, str]]) -> dict[str, list[tuple[str, str]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for group, name, label in rows:
        groups.setdefault(group, []).append((name, label))
    return groups


def _column(
    groups: Mapping[str, Sequence[tuple[str, str]]], x: int, anchor: str
) -> tuple[dict[str, int], list[str], int]:
    """Where each row stands, its marks, and where the column ends."""
    heights, marks, y = {}, [], PAD
    for group, rows in groups.items():
        y += HEAD
        marks.append(f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-weight="bold">{group}</text>')
        for name, label in rows:
            y += ROW
            heights[name] = y - 4
            marks.append(f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="#222222">{escape(label)}</text>')
    return heights, marks, y


def _curve(start: int, end: int, colour: str) -> str:
    middle = (LEFT + RIGHT) // 2
    path = f"M{LEFT + 6},{start} C{middle},{start} {middle},{end} {RIGHT - 6},{end}"
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-opacity="0.35"/>'


def _label(known: Knowledge, name: str) -> str:
    articles = ", ".join(f"{article.code} {article.number}" for article in known.offences[name].articles)
    return f"{name} ({articles})"
