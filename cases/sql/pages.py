"""A whole table, a page at a time, in the order of its key."""

from collections.abc import Iterator

from cases.rows import Row
from cases.sql.engine import Engine
from cases.sql.tables import TABLES

PAGE = 500  # rows


def pages(engine: Engine, name: str) -> Iterator[list[Row]]:
    """The rows of a table, its columns as in `TABLES`. A sealed key orders nothing: such a table is one page."""
    table = TABLES[name]
    columns, key = ", ".join(table.columns), ", ".join(table.key)
    if any(column in table.looked_up or column in table.sealed for column in table.key):
        rows = engine.execute(f"SELECT {columns} FROM {name}").fetchall()  # noqa: S608 - names of ours
        places = [table.columns.index(column) for column in table.key]
        yield sorted(rows, key=lambda row: [row[place] for place in places])
        return
    places = [table.columns.index(column) for column in table.key]
    marks = ", ".join("?" for _ in table.key)
    where, last = "", ()
    while True:
        query = f"SELECT {columns} FROM {name} {where} ORDER BY {key} LIMIT {PAGE}"  # noqa: S608 - names of ours
        rows = engine.execute(query, last).fetchall()
        if rows:
            yield rows
        if len(rows) < PAGE:
            return
        where, last = f"WHERE ({key}) > ({marks})", tuple(rows[-1][place] for place in places)
