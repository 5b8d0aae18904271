"""Record what a release writes: run in a checkout of that release, `PYTHONPATH=. python record.py OUT.json`.

It lets invented people talk to that release's own code on its own store, then writes every row of every plain table.
`tests/cases/test_upgrades.py` opens such rows with the present code. A recording is never made again: what an old
release wrote does not change.
"""

import json
import sys
import tempfile
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cases import migrations  # type: ignore[import-not-found,unused-ignore]  # of the release
from tests.builders import Person, a_store  # type: ignore[import-not-found,unused-ignore]  # same

AT = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FILE = b"not a picture"


def main() -> None:
    """Record into the file named on the command line."""
    with tempfile.TemporaryDirectory() as folder:
        store = a_store(Path(folder))
        people(store)
        with suppress(ImportError):
            staff(store)
        tables = {name: rows(store, name) for name in names(store)}
        store.close()
    found = {"schema": migrations.NEWEST, "tables": tables}
    Path(sys.argv[1]).write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def people(store: Any) -> None:
    """One who shows messages and is in danger, one who refuses, one whose case was erased, and work left undone."""
    she = Person(store, chat="701", at=AT)
    she.agrees()
    she.writes("Mon ex m'envoie des menaces, j'ai peur, il est devant chez moi")
    she.forwards("je vais te tuer si tu parles", author="Kevin", sent_at=AT - DAY)
    she.forwards("réponds moi sale pute", author="Kevin", sent_at=AT - 2 * DAY)
    she.presses("skip")
    other = Person(store, chat="702", at=AT + timedelta(hours=1))
    other.writes("/start")
    other.presses("phone_safe:yes")
    other.presses("consent:no")
    gone = Person(store, chat="703", at=AT)
    gone.agrees()
    store.erase(gone.case.number)
    store.take("telegram", [("9001", "701", '{"update_id": 9001}'), ("9002", "701", '{"update_id": 9002}')])
    store.skip(store.waiting("telegram")[0].id)
    with store.turn("test", "701", AT + timedelta(hours=2)) as turn:
        turn.note_message("55", AT)
        with suppress(AttributeError):
            turn.log("viewed", {"exhibit": 1})
        with suppress(AttributeError):
            turn.hold_case(date(2027, 6, 30))
        with suppress(AttributeError):
            turn.remind(AT + 30 * DAY)
        with suppress(AttributeError):
            turn.offer_move("d" * 64, AT + 40 * DAY)
        with suppress(AttributeError):
            turn.record_file(1, {"sha256": sha256(FILE).hexdigest(), "kept": True}, FILE)


def staff(store: Any) -> None:
    """Colleagues who looked, decided, wrote, from the release that has them on."""
    from review.commands import add_account  # noqa: PLC0415 - absent from the first releases

    for name, roles in (("nour", ("reviewer", "administrator")), ("sam", ("coordinator", "auditor"))):
        add_account(store, name, roles, AT)
    nour, sam = store.staff.accounts()
    number = store.cases()[0]
    store.audit.write("case_viewed", {"staff": nour.id, "case": number}, AT)
    store.desk.save_view(nour.id, "mine", {"status": "new"})
    store.desk.look(nour.id, AT.date(), "heavy")
    store.staff.open_session("s" * 64, nour.id, "token", AT)
    with store.desk.turn(number, nour.id, AT + DAY) as turn:
        turn.note("Rappeler demain")
        turn.set_status("waiting")
        turn.assign(nour.id)
        turn.decide_finding("threats", "possible", "indicated")
        turn.tick("screenshots", kept=True)
        turn.draft("Bonjour, ")
        with suppress(AttributeError):
            turn.tag("urgent", kept=True)
    with suppress(AttributeError):
        team(store, number, nour, sam)
    with suppress(ImportError):
        from cases.revisions import Change  # noqa: PLC0415 - same

        store.revisions.add(sam.id, "association", [Change("association.name", "A", "B", '"A"')], AT)


def team(store: Any, number: str, nour: Any, sam: Any) -> None:
    """What colleagues tell each other, from the release that has it on."""
    store.team.ask_identity(number, nour.id, "plainte", AT)
    store.team.transfer(number, "Autre association", sam.id, "déménagement", AT)
    store.team.consent_to_training(number, sam.id, "oui, d'accord", AT)
    store.team.merge(number, store.cases()[1], sam.id, "même personne", AT)


def names(store: Any) -> list[str]:
    """Plain tables: what is searched is built from them by triggers."""
    found = store._rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
    return [name for (name,) in found if not name.startswith(("found_", "sqlite_"))]


def rows(store: Any, table: str) -> list[dict[str, Any]]:
    """Rows with the columns that are written, computed ones left out."""
    found = store._rows(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - names of its own tables
    info = store._rows(f"PRAGMA table_xinfo({table})").fetchall()
    columns = [(place, column[1]) for place, column in enumerate(info) if column[6] == 0]
    every = [column[1] for column in info]
    at = {name: every.index(name) for _, name in columns}
    return [{name: written(row[at[name]]) for _, name in columns} for row in found]


def written(value: Any) -> Any:
    """Bytes as JSON can hold them."""
    return {"hex": value.hex()} if isinstance(value, bytes) else value


if __name__ == "__main__":
    main()
