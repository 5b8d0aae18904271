"""Every word she reads, keyed so that another language is another folder.

`flows/texts/<language>/**/*.toml` holds tables of strings. A key is the file's path and the tables' names
joined by dots: `questions.acts_count.ask`, `law.moral_harassment.plain`. Each file opens with
`register = "…"`, which the lint tests read: `directive` (safety and preservation: one best action), `options`
(no pressure), `care` (the rest of the conversation), `law` (legal cards), `label` (buttons and names), `letter`
(letters to French authorities, in French only).
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Any

REGISTERS = ("directive", "options", "care", "law", "label", "letter")
DEFAULT_LANGUAGE = "fr"
FOLDER = Path(__file__).parent / "texts"


class TextError(Exception):
    """A text is missing or broken; the sentence names the file or key and what to do."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text: the words with `{values}` to fill, its register, and the file it stands in."""

    words: str
    register: str
    file: str

    @property
    def values(self) -> frozenset[str]:
        """Names of the values the words ask for."""
        return frozenset(name for _, name, _, _ in Formatter().parse(self.words) if name)


class Texts:
    """All texts of all languages."""

    def __init__(self, by_language: Mapping[str, Mapping[str, Text]]) -> None:
        self._by_language = by_language

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Texts":
        """Read every language under `folder`.

        Raises:
            TextError: a file is not TOML, has no register, or holds something else than strings.
        """
        languages = sorted(path for path in folder.iterdir() if path.is_dir())
        return cls({language.name: _read_language(language) for language in languages})

    def without(self, keys: Collection[str], instead: str) -> "Texts":
        """The same, where each of `keys` says what the text `instead` says, in every language."""
        if not keys:
            return self
        return Texts(
            {
                language: {
                    key: replace(texts[instead], register=text.register) if key in keys and instead in texts else text
                    for key, text in texts.items()
                }
                for language, texts in self._by_language.items()
            }
        )

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages present, sorted."""
        return tuple(self._by_language)

    def all(self, language: str = DEFAULT_LANGUAGE) -> Mapping[str, Text]:
        """Key to text of one language."""
        return self._by_language[language]

    def has(self, key: str, language: str = DEFAULT_LANGUAGE) -> bool:
        """Whether a text exists in that language."""
        return key in self._by_language.get(language, {})

    def get(self, key: str, language: str = DEFAULT_LANGUAGE, **values: object) -> str:
        """The words of `key`, filled. A language that lacks the key falls back to French: never a hole in a reply.

        Raises:
            TextError: the key exists in no language, or a value it asks for is not given.
        """
        text = self._by_language.get(language, {}).get(key) or self._by_language[DEFAULT_LANGUAGE].get(key)
        if text is None:
            raise TextError(f"{key}: no such text; add it under flows/texts/{DEFAULT_LANGUAGE}/")
        try:
            return text.words.format(**values)
        except (KeyError, IndexError, ValueError) as error:
            raise TextError(f"{text.file}: {key}: cannot fill {error}; correct the words between braces") from error


def written_day(day: date) -> str:
    """A day as it is written in France."""
    return day.strftime("%d/%m/%Y")


def _read_language(folder: Path) -> dict[str, Text]:
    texts: dict[str, Text] = {}
    for path in sorted(folder.rglob("*.toml")):
        name = f"{folder.name}/{path.relative_to(folder)}"
        prefix = ".".join(path.relative_to(folder).with_suffix("").parts)
        content = _read_file(path, name)
        register = content.pop("register", None)
        if register not in REGISTERS:
            raise TextError(f"{name}: register is {register!r}; write one of {', '.join(REGISTERS)} on the first line")
        for key, words in _leaves(content, prefix, name):
            texts[key] = text = Text(words, register, name)
            try:
                text.values  # noqa: B018 - read once here, so that a brace left open is found now
            except ValueError as error:
                raise TextError(
                    f"{name}: {key}: a brace is left open ({error}); write {{name}}, or no brace"
                ) from error
    return texts


def _read_file(path: Path, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TextError(f"{name}: not valid TOML ({error}); correct that line") from error


def _leaves(table: Mapping[str, Any], prefix: str, file: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, str):
            yield f"{prefix}.{key}", value.strip()
        elif isinstance(value, dict):
            yield from _leaves(value, f"{prefix}.{key}", file)
        else:
            raise TextError(f"{file}: {prefix}.{key} is not a string; put the words between quotes")
