"""A thousand random single changes of a bag, its archive, its PDF, the database: all found; untouched ones accepted.

The dice always fall the same way. A change may touch anything: one bit, one byte more or less, two things swapped, one
dropped, one added, one field of an exhibit or of an entry of the log.
"""

import json
import random
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from bot import handing, keeping
from cases.case import Consent
from cases.dossier import bag
from cases.errors import StoreError
from cases.sqlite import SqliteStore
from tests.builders import a_file, the_knowledge
from tests.cases.dossiers import CHANNEL, CHAT, NOON, a_small_bag, an_exhibit, export, keep_case

ROUNDS = 1000
PICTURE = b"the bytes of a file that is kept"
COLUMNS = ("event", "detail", "at", "previous", "digest", "number")
FIELDS = (
    *("text", "how", "origin", "media", "sent_at", "received_at", "digest", "position", "group"),
    *("labels", "refused", "scores", "threat_kind", "conditional", "file"),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """A case with exhibits, one of them confirmed, one erased, one whose file is kept, and an export."""
    opened = a_file(tmp_path)
    keep_case(opened)
    with opened.turn(CHANNEL, CHAT, NOON) as turn:
        turn.erase_exhibit(2)
        found = {"sha256": sha256(PICTURE).hexdigest(), "bytes": len(PICTURE), "perceptual": None, "kept": True}
        turn.record_file(4, found, PICTURE)
    export(opened)
    yield opened
    opened.close()


def flipped(content: bytes, dice: random.Random) -> bytes:
    """One bit changed."""
    at = dice.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << dice.randrange(8)]) + content[at + 1 :]


def torn(content: bytes, dice: random.Random) -> bytes:
    """One bit, one byte more, one less, two bytes swapped, or the end cut off."""
    at = dice.randrange(len(content))
    match dice.randrange(5):
        case 0:
            return content[:at] + bytes([dice.randrange(256)]) + content[at:]
        case 1:
            return content[:at] + content[at + 1 :]
        case 2:
            other = dice.choice([i for i in range(len(content)) if content[i] != content[at]])
            low, high = sorted((at, other))
            middle = content[low + 1 : high]
            return content[:low] + content[high : high + 1] + middle + content[low : low + 1] + content[high + 1 :]
        case 3:
            return content[:at]
    return flipped(content, dice)


def changed_bag(files: dict[str, bytes], dice: random.Random) -> tuple[dict[str, bytes], str]:
    """One change of one file of a bag."""
    new = dict(files)
    name = dice.choice([name for name in sorted(new) if new[name]])
    match dice.choice(["torn", "torn", "drop", "add", "swap", "line", "rename"]):
        case "drop":
            del new[name]
        case "add":
            name = f"data/exhibits/{dice.randrange(10, 99):04d}.json"
            new[name] = new["data/exhibits/0001.json"]
        case "swap":
            other = dice.choice([each for each in sorted(new) if new[each] != new[name]])
            new[name], new[other] = new[other], new[name]
        case "line":
            name = bag.LOG
            lines = new[name].splitlines(keepends=True)
            at, beside = dice.sample(range(len(lines)), 2)
            lines[at], lines[beside] = lines[beside], lines[at]
            new[name] = b"".join(lines)
        case "rename":
            new[f"{name}x"] = new.pop(name)
        case _:
            new[name] = torn(new[name], dice)
    return new, name


def a_full_bag(store: SqliteStore, pdf: bytes) -> dict[str, bytes]:
    """A bag with a kept file in it."""
    case = store.peek(CHANNEL, CHAT)
    assert case is not None
    printed = handing.Printed(pdf, {"pdf": sha256(pdf).hexdigest()}, {"on": "2026-11-24"})
    kept = store.files(case.number)
    return handing.bag_of(case, store.custody(case.number), printed, the_knowledge(), NOON, kept=kept)


def test_a_thousand_changes_of_a_bag(store: SqliteStore) -> None:
    files = a_full_bag(store, b"%PDF-1.7 of a test")
    assert "data/files/0004" in files
    assert bag.faults(files) == []
    dice = random.Random(7)
    for _ in range(ROUNDS):
        tampered, name = changed_bag(files, dice)
        assert tampered != files
        assert bag.faults(tampered), name


def test_a_thousand_changes_of_an_archive(store: SqliteStore) -> None:
    archive = bag.pack(a_full_bag(store, b"%PDF-1.7 of a test"), "R-TEST")
    assert holds(archive)
    dice = random.Random(11)
    for number in range(ROUNDS):
        assert not holds(torn(archive, dice)), number


def holds(archive: bytes) -> bool:
    """What `recours verify` says of an archive."""
    try:
        files = bag.unpack(archive, "bag.zip")
    except bag.BagError:
        return False
    return not bag.faults(files) and bag.repacked(archive, files)


def test_a_thousand_changes_of_a_pdf(store: SqliteStore) -> None:
    made, files = export(store)
    log = store.custody(store.cases()[0])
    assert keeping.exported_as(made, log)
    dice = random.Random(13)
    for number in range(ROUNDS):
        other = torn(made, dice)
        assert not keeping.exported_as(other, log), number
        assert bag.faults({**files, bag.PDF: other}), number


def test_a_thousand_untouched_copies_are_accepted(store: SqliteStore) -> None:
    dice = random.Random(3)
    for _ in range(ROUNDS):
        assert holds(bag.pack(a_small_bag(store, dice.randbytes(40)), "R-TEST"))


def test_a_thousand_untouched_cases_are_accepted(tmp_path: Path) -> None:
    opened = a_file(tmp_path / "many")
    dice = random.Random(5)
    for number in range(ROUNDS):
        with opened.turn(CHANNEL, str(number), NOON) as turn:
            turn.set_consent(Consent.YES)
            for position in range(1, dice.randrange(2, 5)):
                text = "".join(chr(dice.choice((65, 233, 0x1F621, 0x0645, 10))) for _ in range(dice.randrange(40)))
                turn.add_exhibit(an_exhibit(position, text))
            if dice.random() < 0.5:
                turn.replace_exhibit(turn.case.exhibits[0])
            if dice.random() < 0.3:
                turn.erase_exhibit(1)
    assert len(opened.cases()) == ROUNDS
    assert opened.integrity() == []
    opened.close()


def other_value(value: Any, dice: random.Random) -> Any:  # noqa: PLR0911 - one line a sort
    """Something else of the same sort."""
    match value:
        case None:
            return "x"
        case bool():
            return not value
        case float():
            return 1 - value
        case int():
            return value + dice.choice((-1, 1))
        case str():
            return torn(value.encode(), dice).decode(errors="replace") if value else "x"
        case list():
            return [*value, "insult"] if not value or dice.random() < 0.5 else value[:-1]
        case dict():
            key = dice.choice(sorted(value)) if value else "x"
            return {**value, key: other_value(value.get(key), dice)}
    raise AssertionError(value)


class Edit:
    """One change of the evidence of a case behind the store's back, and its undoing."""

    def __init__(self, store: SqliteStore, dice: random.Random) -> None:
        self._run = store._rows
        self._dice = dice
        self._kinds: tuple[Callable[[], str], ...] = (
            *(self._field, self._field, self._entry, self._entry, self._drop),
            *(self._add, self._swap, self._file, self._head),
        )

    def make(self) -> str:
        """Change one thing; what it was."""
        return self._dice.choice(self._kinds)()

    def _rows(self, query: str) -> list[Any]:
        return self._run(query).fetchall()

    def _one(self, table: str, key: str) -> Any:
        return self._dice.choice(self._rows(f"SELECT {key} FROM {table}"))[0]

    def _field(self) -> str:
        position = self._one("exhibits", "position")
        body = json.loads(self._rows(f"SELECT body FROM exhibits WHERE position = {position}")[0][0])
        erased = ("how", "digest", "position", "file", "received_at", "text")
        name = self._dice.choice(erased if position == 2 else FIELDS)
        body[name] = other_value(body[name], self._dice)
        self._run("UPDATE exhibits SET body = ? WHERE position = ?", (json.dumps(body), position))
        return f"{name} of exhibit {position}"

    def _entry(self) -> str:
        number, column = self._one("custody", "number"), self._dice.choice(COLUMNS)
        value = self._rows(f"SELECT {column} FROM custody WHERE number = {number}")[0][0]
        if column == "detail":
            value = json.dumps(other_value(json.loads(value), self._dice))
        elif column == "number":
            value = 1000
        else:
            value = other_value(value, self._dice)
        self._run(f"UPDATE custody SET {column} = ? WHERE number = ?", (value, number))
        return f"{column} of entry {number}"

    def _drop(self) -> str:
        table, key = self._dice.choice((("exhibits", "position"), ("custody", "number")))
        which = self._one(table, key)
        self._run(f"DELETE FROM {table} WHERE {key} = ?", (which,))
        return f"{table} {which} dropped"

    def _add(self) -> str:
        if self._dice.random() < 0.5:
            new = "(SELECT max(position) + 1 FROM exhibits)"
            which = self._dice.choice((1, 3, 5))
            body = f"json_set(body, '$.position', {new})"
            self._run(f"INSERT INTO exhibits SELECT case_id, {new}, {body} FROM exhibits WHERE position = ?", (which,))
            return "an exhibit added"
        number = self._one("custody", "number")
        last = "(SELECT max(number) + 1 FROM custody)"
        columns = f"case_id, {last}, at, event, detail, previous, digest"
        self._run(f"INSERT INTO custody SELECT {columns} FROM custody WHERE number = ?", (number,))
        return f"entry {number} added again at the end"

    def _swap(self) -> str:
        table, key = self._dice.choice((("exhibits", "position"), ("custody", "number")))
        one, other = self._dice.sample([row[0] for row in self._rows(f"SELECT {key} FROM {table}")], 2)
        for was, becomes in ((one, -1), (other, one), (-1, other)):
            self._run(f"UPDATE {table} SET {key} = ? WHERE {key} = ?", (becomes, was))
        return f"{table} {one} and {other} swapped"

    def _file(self) -> str:
        match self._dice.randrange(3):
            case 0:
                self._run("DELETE FROM files")
            case 1:
                self._run("UPDATE files SET content = ?", (torn(PICTURE, self._dice),))
            case _:
                self._run("UPDATE files SET position = ?", (self._dice.choice((1, 2, 3, 9)),))
        return "the file kept"

    def _head(self) -> str:
        head = self._rows("SELECT log_head FROM cases")[0][0]
        self._run("UPDATE cases SET log_head = ?", (other_value(head, self._dice),))
        return "the head of the log"


def test_a_thousand_changes_of_the_database(store: SqliteStore) -> None:
    assert store.integrity() == []
    number = store.cases()[0]
    edit = Edit(store, random.Random(17))
    for _ in range(ROUNDS):
        store._rows("BEGIN")
        what = edit.make()
        found = store.faults(number)
        store._rows("ROLLBACK")
        assert found, what
    assert store.integrity() == []


def test_a_changed_byte_of_the_encrypted_file_is_found(tmp_path: Path) -> None:
    """The pages carry their own authentication: any byte that is used is watched."""
    opened = a_file(tmp_path)
    keep_case(opened)
    opened.close()
    path = tmp_path / "cases.db"
    content, dice = path.read_bytes(), random.Random(19)
    for number in range(60):
        path.write_bytes(flipped(content, dice))
        assert not opens_soundly(tmp_path), number
    path.write_bytes(content)
    assert opens_soundly(tmp_path)


def opens_soundly(folder: Path) -> bool:
    try:
        opened = a_file(folder)
    except StoreError:
        return False
    try:
        return opened.integrity() == []
    except StoreError:
        return False
    finally:
        opened.close()
