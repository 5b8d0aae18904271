"""A table as a file that spreadsheets open: no cell of it is ever taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def written(rows: Iterable[Sequence[str]], separator: str) -> bytes:
    """UTF-8 with the mark by which spreadsheets know it; `;` between cells where a comma is a decimal sign."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerows([defused(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def defused(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would compute, spaces before it or not."""
    return f"'{cell}" if cell.startswith(FORMULA) or cell.lstrip().startswith(FORMULA) else cell
