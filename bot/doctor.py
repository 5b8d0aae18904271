"""`recours doctor`: all an association needs on its machine, in plain words: what is right, wrong, and what to do."""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import config, events, examining_house, examining_machine, examining_store
from bot.commands import MODELS
from bot.config import ConfigError
from bot.symptoms import Examination, Mark, Symptom, Visit, wrong
from flows.texts import DEFAULT_LANGUAGE, Texts

FOLDER = Path(__file__).parent / "texts"
EXAMINATIONS: tuple[Examination, ...] = (
    examining_machine.python,
    examining_machine.account,
    examining_house.config,
    examining_house.content,
    examining_house.models,
    examining_store.key,
    examining_store.store,
    examining_store.backups,
    examining_store.purge,
    examining_machine.disk,
    examining_machine.clock,
    examining_machine.ports,
    examining_house.screenshots,
    examining_house.channels,
    examining_house.trusted_date,
)


def arguments(verb: argparse.ArgumentParser) -> None:
    """The options of `recours doctor`."""
    verb.add_argument("--online", action="store_true", help="also ask the platforms and the timestamp authority")
    verb.add_argument("--all", action="store_true", help="read every custody log, not a sample")
    verb.add_argument(
        "--language",
        choices=sorted(path.name for path in FOLDER.iterdir()),
        help="of the report (default: config.toml)",
    )


def run(options: argparse.Namespace) -> int:
    """Examine and report; 1 when something is to be mended."""
    texts, now = Texts.load(FOLDER), datetime.now(UTC)
    file = config.location()
    try:
        settings = config.load(file)
    except (ConfigError, OSError) as error:
        symptoms = [*examine("python", examining_machine.python, None), wrong("config.wrong", sentence=_line(error))]
        return report(symptoms, texts, options.language or DEFAULT_LANGUAGE, now.astimezone())
    visit = Visit(settings, file, MODELS, now, online=options.online, thorough=options.all)
    symptoms = [found for each in EXAMINATIONS for found in examine(each.__name__, each, visit)]
    here = now.astimezone(ZoneInfo(settings.association.timezone))
    return report(symptoms, texts, options.language or settings.conversation.language, here)


def examine(name: str, examination: Examination, visit: Visit | None) -> Iterator[Symptom]:
    """What one examination finds; a fault of its own is one more symptom, without the words of that fault."""
    try:
        yield from examination(visit)  # type: ignore[arg-type]  # only that of Python is made without a configuration
    except Exception as error:  # noqa: BLE001 - the others must be made all the same
        found = events.fault(error)
        yield wrong("unforeseen.wrong", check=name, fault=found["fault"], place=found.get("place", "?"))


def report(symptoms: list[Symptom], texts: Texts, language: str, at: datetime) -> int:
    """Print the symptoms in their order, then how many there are."""

    def words(key: str, **values: object) -> str:
        return texts.get(f"doctor.{key}", language, **values)

    print(words("title", day=at.strftime("%d/%m/%Y"), hour=at.strftime("%H:%M")), end="\n\n")
    width = max(len(words(f"mark.{mark}")) for mark in Mark)
    for symptom in symptoms:
        print(f"[{words(f'mark.{symptom.mark}')}]".ljust(width + 3) + _line(words(symptom.text, **symptom.values)))
    faults = sum(symptom.mark is Mark.WRONG for symptom in symptoms)
    notices = sum(symptom.mark is Mark.NOTICE for symptom in symptoms)
    outcome = "unsound" if faults else "sound_with_notices" if notices else "sound"
    print("\n" + words(outcome, faults=faults, notices=notices))
    return 1 if faults else 0


def _line(said: object) -> str:
    return " ".join(str(said).split())
