"""Strict reading of TOML tables: whatever is unknown, missing or of a wrong type names the file, key and remedy."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any


class KnowledgeError(Exception):
    """The law, questions, evidence, actions or contacts cannot be read; one line: file, key, what to do."""


class Table:
    """One table of one file. Every key must be asked for; `close` refuses what nobody asked."""

    def __init__(self, content: Mapping[str, Any], file: str, path: str = "") -> None:
        self._content = content
        self._asked: set[str] = set()
        self.file = file
        self.path = path

    @classmethod
    def read(cls, path: Path, root: Path) -> "Table":
        """Open a TOML file.

        Raises:
            KnowledgeError: it is not valid TOML.
        """
        name = str(path.relative_to(root))
        try:
            return cls(tomllib.loads(path.read_text(encoding="utf-8")), name)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise KnowledgeError(f"{name}: not valid TOML ({error}); correct that line") from error

    def error(self, key: str, sentence: str) -> KnowledgeError:
        """An error about one key of this table."""
        where = f"{self.path}.{key}" if self.path else key
        return KnowledgeError(f"{self.file}: {where}: {sentence}")

    def string(self, key: str, default: str | None = None) -> str:
        """Words between quotes."""
        return str(self._typed(key, str, default, "write words between quotes"))

    def choice(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """One of a closed set of words."""
        value = self.string(key, default)
        if value not in allowed:
            raise self.error(key, f"{value!r} is not allowed; write one of {', '.join(allowed)}")
        return value

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number."""
        return int(self._typed(key, int, default, "write a whole number"))

    def optional_number(self, key: str) -> int | None:
        """A whole number, or None when the key is absent."""
        return self.number(key) if self.has(key) else None

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """True or false."""
        return bool(self._typed(key, bool, default, "write true or false"))

    def day(self, key: str) -> date | None:
        """A day, or None when the file says `""`: looked for and not found."""
        value = self._take(key, "")
        if value == "":
            return None
        if type(value) is date:
            return value
        raise self.error(key, 'write a day without quotes, like 2026-11-23, or "" when it was not found')

    def strings(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of words."""
        value = self._take(key, default)
        if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise self.error(key, "write a list of words between quotes")

    def table(self, key: str) -> "Table":
        """A table inside this one."""
        value = self._take(key, None)
        if not isinstance(value, dict):
            raise self.error(key, f"write it as a table: [{key}]")
        return Table(value, self.file, f"{self.path}.{key}" if self.path else key)

    def mapping(self, key: str) -> dict[str, Any]:
        """A table whose keys are data (facts, expectations); the caller checks them. Empty when absent."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise self.error(key, f"write it as a table: {key} = {{ ... }}")
        return value

    def value(self, key: str) -> Any:  # noqa: ANN401 - the caller knows what it expects
        """Whatever stands there."""
        return self._take(key, None)

    def tables(self, key: str) -> list["Table"]:
        """A list of tables; empty when the key is absent."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.error(key, f"write it as tables: [[{key}]]")
        prefix = f"{self.path}.{key}" if self.path else key
        return [Table(item, self.file, f"{prefix}[{number}]") for number, item in enumerate(value, 1)]

    def named_tables(self) -> Iterator[tuple[str, "Table"]]:
        """Every key as a table of its own."""
        for key in self._content:
            yield key, self.table(key)

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._content

    def close(self) -> None:
        """Refuse keys that nothing reads.

        Raises:
            KnowledgeError: there is one.
        """
        for key in self._content:
            if key not in self._asked:
                near = get_close_matches(key, self._asked, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(self._asked))}"
                raise self.error(key, f"no such key; {hint}")

    def _take(self, key: str, default: Any) -> Any:  # noqa: ANN401 - TOML values are checked by the callers
        self._asked.add(key)
        if key in self._content:
            return self._content[key]
        if default is None:
            raise self.error(key, "it is missing; write it")
        return default

    def _typed(self, key: str, kind: type, default: Any, remedy: str) -> Any:  # noqa: ANN401 - see _take
        value = self._take(key, default)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.error(key, f"{value!r}: {remedy}")
        return value
