"""Replacing values of TOML files: comments and order stay, what is wrong is found in a copy, a file changes at once."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Any

import tomlkit
from tomlkit.items import Item

from flows.check import check
from review.editable import Field, Sheet, value_of
from review.settings import House

LONG = 90  # characters of a text that is written on lines of its own


@dataclass(frozen=True, slots=True)
class Candidate:
    """Files as they would stand, and as they stood when they were read: nothing is written over what changed since."""

    before: Mapping[Path, str]
    after: Mapping[Path, str]
    sources: Mapping[str, str | None]


class MeanwhileError(Exception):
    """Somebody else changed the file."""


def typed_into(sheet: Sheet, typed: Mapping[str, str]) -> list[Field]:
    """The fields whose value would change."""
    return [field for field in sheet.fields if typed.get(field.key, field.value).strip() != field.value.strip()]


def prepare(fields: Sequence[Field], typed: Mapping[str, str]) -> Candidate:
    """The files with what was typed."""
    return _replaced(fields, {field.key: _item(field, value_of(field, typed[field.key])) for field in fields})


def put_back(fields: Sequence[Field], sources: Mapping[str, str | None]) -> Candidate:
    """The files with the TOML that stood there before, to the letter; None takes a key away."""
    items = {
        key: tomlkit.parse(f"value = {source}")["value"] if source is not None else None
        for key, source in sources.items()
    }
    return _replaced(fields, items)


def _replaced(fields: Sequence[Field], items: Mapping[str, Any]) -> Candidate:
    before = {file: _content(file) for file in {field.file for field in fields}}
    documents = {file: tomlkit.parse(content) for file, content in before.items()}
    sources: dict[str, str | None] = {}
    for field in fields:
        *tables, key = field.path
        table: Any = documents[field.file]
        for name in tables:
            table = table[name]
        sources[field.key] = table.item(key).as_string() if key in table else None
        if items[field.key] is None:
            table.remove(key)
        else:
            table[key] = items[field.key]
    return Candidate(before, {file: tomlkit.dumps(document) for file, document in documents.items()}, sources)


def _content(file: Path) -> str:
    return file.read_bytes().decode()  # as it is: Python would change the ends of lines


def _item(field: Field, value: object) -> Item:
    if field.kind == "words":
        words = str(value)
        if "\n" in words or len(words) > LONG:
            return tomlkit.string(f"\n{words}", multiline=True)
    return tomlkit.item(value)


def faults(house: House, fields: Sequence[Field], candidate: Candidate, today: date) -> dict[str, list[str]]:
    """What `recours check` would say that it does not say now, under the field it speaks of."""
    found: dict[str, list[str]] = {}
    for sentence in _sentences(house, fields, candidate, today):
        told = (field.key for field in fields if any(mark in sentence for mark in field.told))
        found.setdefault(next(told, fields[0].key), []).append(sentence)
    return found


def _sentences(house: House, fields: Sequence[Field], candidate: Candidate, today: date) -> Iterator[str]:
    for field in fields:
        if field.kind == "choice" and (value := _value_in(candidate, field)) not in field.choices:
            yield f"{'.'.join(field.path)}: {value!r} is not allowed; write one of {', '.join(field.choices)}"
    for file, content in candidate.after.items():
        if file == house.config:
            if sentence := house.fault_of(content, file):
                yield sentence.replace(f"{file}: ", "").replace(f"{file.name}: ", "")
            return
    for field in fields:
        if field.kind == "words":
            yield from _holes(field, candidate)
    known = {str(problem) for problem in check(house.flows, today)}
    with tempfile.TemporaryDirectory(prefix="recours-check-") as folder:
        copy = Path(folder) / "flows"
        shutil.copytree(house.flows, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        for file, content in candidate.after.items():
            (copy / file.relative_to(house.flows)).write_bytes(content.encode())
        yield from (str(problem) for problem in check(copy, today) if str(problem) not in known)


def _holes(field: Field, candidate: Candidate) -> Iterator[str]:
    """The program fills the same holes as before: a new one would stay empty, in every language at once."""
    try:
        names = {name for _, name, _, _ in Formatter().parse(_value_in(candidate, field)) if name is not None}
    except ValueError:
        return  # the check names the brace
    wanted = {name for _, name, _, _ in Formatter().parse(field.value) if name is not None}
    if names != wanted:
        holes = " ".join(f"{{{name}}}" for name in sorted(wanted)) or "no {value}"
        yield f"texts/{field.key}: {field.path[-1]} must use {holes}, as before"


def _value_in(candidate: Candidate, field: Field) -> str:
    value: Any = tomlkit.parse(candidate.after[field.file])
    for name in field.path:
        value = value.get(name, "")
    return str(value)


def write(candidate: Candidate) -> None:
    """Replace each file at once, its mode kept.

    Raises:
        MeanwhileError: a file is not what it was when it was read; none was written.
        OSError: the folder cannot be written to.
    """
    if any(_content(file) != content for file, content in candidate.before.items()):
        raise MeanwhileError
    ready = [(_beside(file, content), file) for file, content in candidate.after.items()]
    for new, file in ready:
        new.replace(file)
        _settle(file.parent)


def _beside(file: Path, content: str) -> Path:
    """A new file in the same folder, on the disk."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content.encode())
            out.flush()
            os.fchmod(out.fileno(), stat.S_IMODE(file.stat().st_mode))
            os.fsync(out.fileno())
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _settle(folder: Path) -> None:
    """The new name is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
