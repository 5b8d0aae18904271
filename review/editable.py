"""What the administrator may edit without code: sheets of fields, each a value of a TOML file.

`config/<section>` is a part of config.toml, `contacts/<id>` a contact, `texts/<key>` one text in every language.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cases.canonical import digest
from flows.contact_data import FLAGS
from flows.texts import DEFAULT_LANGUAGE, Text, Texts
from review.settings import House

# Neither where things are kept nor where programs listen: a wrong word there closes the console to who would mend it.
SECTIONS: Mapping[str, Sequence[str]] = {
    "association": ("name", "contact", "timezone", "team_hours", "answer_delay", "absence_minutes"),
    "conversation": ("word", "resume_after_hours", "language"),
    "retention": ("days", "abandoned_days", "backup_days"),
    "media": ("policy", "read_screenshots"),
    "review": ("idle_minutes", "session_hours", "exposure_limit"),
}
CHOICES: Mapping[str, Sequence[str]] = {
    "media.policy": ("reference", "digest", "keep"),
    "conversation.language": ("fr", "en"),
    "flag": FLAGS,
}
CONTACT: Mapping[str, str] = {"number": "text", "hours": "lines", "checked": "day", "source": "text", "flag": "choice"}
NUMBER = re.compile(r"-?\d{1,15}")


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a file.

    Attributes:
        key: name within the sheet, and of the field of the form.
        file: where it stands.
        path: tables and key within the file.
        kind: `text`, `words` (several lines), `lines` (a list), `number`, `flag`, `day` or `choice`.
        value: as a form shows it.
        choices: what a `choice` offers.
        told: words of a problem that point to this field.
    """

    key: str
    file: Path
    path: tuple[str, ...]
    kind: str
    value: str
    choices: Sequence[str] = ()
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Fields that are edited together."""

    kind: str
    name: str
    fields: Sequence[Field]

    @property
    def id(self) -> str:
        """As the history names it."""
        return f"{self.kind}/{self.name}"

    @property
    def seal(self) -> str:
        """Changes with any of the values: what somebody else did meanwhile is noticed."""
        return digest({field.key: field.value for field in self.fields})


def sections(house: House) -> list[str]:
    """Parts of the configuration that stand in the file and may be edited."""
    content = _read(house.config)
    return [name for name in SECTIONS if name in content]


def contacts(house: House) -> list[str]:
    """Ids of the contacts, in the order of the file."""
    return list(_read(house.flows / "contacts.toml"))


def groups(house: House) -> dict[str, dict[str, Text]]:
    """Files of texts to the French texts of each."""
    found: dict[str, dict[str, Text]] = {}
    for key, text in Texts.load(house.flows / "texts").all().items():
        found.setdefault(_group(text), {})[key] = text
    return found


def sheet(house: House, kind: str, name: str) -> Sheet | None:
    """One sheet as it stands in the files now; None when there is none of that name."""
    fields = tuple({"config": _section, "contacts": _contact, "texts": _text}.get(kind, _nothing)(house, name))
    return Sheet(kind, name, fields) if fields else None


def value_of(field: Field, typed: str) -> Any:  # noqa: ANN401 - what TOML can hold
    """What to write for what was typed; what is not of its kind stays words, and the check says what is wanted."""
    typed = typed.strip()
    if field.kind == "number":
        return int(typed) if NUMBER.fullmatch(typed) else typed
    if field.kind == "flag":
        return typed == "true"
    if field.kind == "lines":
        return [line.strip() for line in typed.split("\n") if line.strip()]
    if field.kind == "day":
        try:
            return date.fromisoformat(typed)
        except ValueError:
            return typed
    return typed


def _section(house: House, name: str) -> Iterator[Field]:
    table = _read(house.config).get(name, {})
    for key in SECTIONS.get(name, ()):
        if key in table:
            full = f"{name}.{key}"
            kind = "choice" if full in CHOICES else _kind(table[key])
            yield Field(
                key,
                house.config,
                (name, key),
                kind,
                _shown(table[key]),
                tuple(CHOICES.get(full, ())),
                (f"{full}:", f"{full} ="),
            )


def _contact(house: House, name: str) -> Iterator[Field]:
    file = house.flows / "contacts.toml"
    table = _read(file).get(name)
    if isinstance(table, dict):
        for key, kind in CONTACT.items():
            told = (f"{name}.{key}", f"{name}: {key}")
            yield Field(key, file, (name, key), kind, _shown(table.get(key, "")), tuple(CHOICES.get(key, ())), told)


def _text(house: House, name: str) -> Iterator[Field]:
    texts = Texts.load(house.flows / "texts")
    for language in sorted(texts.languages, key=lambda known: (known != DEFAULT_LANGUAGE, known)):
        text = texts.all(language).get(name)
        if text is not None:
            path = tuple(name.removeprefix(f"{_group(text)}.").split("."))
            file = house.flows / "texts" / text.file
            yield Field(language, file, path, "words", text.words, (), (text.file, f"texts/{language}"))


def _nothing(_: House, __: str) -> Iterator[Field]:
    return iter(())


def _group(text: Text) -> str:
    return ".".join(Path(text.file).with_suffix("").parts[1:])


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "flag"
    return "number" if isinstance(value, int) else "lines" if isinstance(value, list) else "text"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))
