"""The figures as pages and files: who may, what is masked, what a spreadsheet does with them."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.charts import Row, columns, lines
from review.sheets import defused, written
from tests.builders import Person
from tests.review.serving import House, Visitor, post

THIS_YEAR = datetime.now(UTC).year
COUNTS = st.lists(st.one_of(st.none(), st.integers(0, 5000)), max_size=60)


@pytest.fixture(scope="module")
def coordinator(house: House) -> Iterator[Visitor]:
    with house.signed_in(house.hire("zoé", "coordinator")) as client:
        yield client


def test_fewer_than_five_cases_show_nothing(house: House, coordinator: Visitor) -> None:
    page = coordinator.get(f"/figures/{THIS_YEAR - 3}").text
    assert "<svg" not in page
    for count in range(3):
        Person(house.store, chat=f"old-{count}", at=datetime(THIS_YEAR - 3, 5, 4, tzinfo=UTC)).agrees()
    page = coordinator.get(f"/figures/{THIS_YEAR - 3}").text
    assert "Moins de cinq dossiers" in page
    assert "<svg" not in page
    exported = post(coordinator, f"/figures/{THIS_YEAR - 3}/csv").text
    assert "3" not in exported.replace(str(THIS_YEAR - 3), "")


def test_no_small_count_stands_in_the_page_or_in_the_file(house: House, coordinator: Visitor) -> None:
    for count in range(7):
        person = Person(
            house.store, chat=f"year-{count}", at=datetime(THIS_YEAR - 1, 5, 4 + count, tzinfo=UTC)
        ).agrees()
        person.answers("a:reporter:victim", "a:situation:threats" if count else "a:situation:scam")
    page = coordinator.get(f"/figures/{THIS_YEAR - 1}").text
    cells = [int(cell) for cell in re.findall(r"<td>(\d+)</td>", page)]
    assert cells
    assert all(cell == 0 or cell >= 5 for cell in cells)
    assert "masqué" in page
    answer = post(coordinator, f"/figures/{THIS_YEAR - 1}/csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["année", "tableau", "ligne", "colonne", "nombre"]
    counts = [row[4] for row in rows[1:]]
    assert "masqué" in counts
    assert all(count == "masqué" or int(count) == 0 or int(count) >= 5 for count in counts)
    # Six chose threats and one a scam: six is masked too, seven less six would tell the other.
    assert not [row for row in rows if row[2] == "Menaces" and row[4] == "6"]


def test_viewing_and_exporting_stand_in_the_audit_log(house: House, coordinator: Visitor) -> None:
    coordinator.get("/figures")
    post(coordinator, f"/figures/{THIS_YEAR}/csv")
    events = [(entry.event, entry.detail) for entry in house.store.audit.entries(4)]
    assert ("figures_viewed", {"staff": "zoé", "year": THIS_YEAR}) in events
    assert ("figures_exported", {"staff": "zoé", "year": THIS_YEAR}) in events


@pytest.mark.parametrize("year", [0, 1999, 2201, 10**12])
def test_a_year_that_cannot_be_is_no_page(coordinator: Visitor, year: int) -> None:
    assert coordinator.get(f"/figures/{year}").status_code == 404


@given(st.text(), st.sampled_from(["=", "+", "-", "@", "\t=", "\r", "\n@", "  ="]))
def test_no_cell_is_a_formula(rest: str, start: str) -> None:
    assert defused(start + rest).startswith("'")
    assert written([[start + rest]], ";").decode("utf-8-sig").lstrip('"').startswith("'")


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=2, max_size=4), min_size=1))
def test_a_spreadsheet_reads_back_every_cell(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(written(rows, ";").decode("utf-8-sig"), newline=""), delimiter=";"))
    assert read == [[defused(cell) for cell in row] for row in rows]


@given(COUNTS)
def test_a_masked_bar_has_one_length_and_no_bar_leaves_its_frame(counts: list[int | None]) -> None:
    rows = [Row(str(place), count) for place, count in enumerate(counts)]
    for chart in (lines(rows), columns(rows)):
        sizes = {bar.height if chart.upright else bar.width for bar in chart.bars if bar.count is None}
        assert len(sizes) <= 1
        for bar in chart.bars:
            assert 0 <= bar.x <= bar.x + bar.width <= chart.width
            assert 0 <= bar.y <= bar.y + bar.height <= chart.height
