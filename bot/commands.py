"""What each subcommand does. Input is parsed at the edge; output is JSON lines, in order, as it is ready."""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time
from itertools import islice
from pathlib import Path
from typing import IO, Any

from bot import capabilities, config, drawing, events, logs, metrics, scheduled
from bot.channel import WITHOUT_LIMIT, Capabilities
from bot.channels import terminal
from bot.state import State
from bot.talk import Means
from cases import backup, keys, opening
from cases.errors import StoreError
from cases.sql.store import SqlStore
from flows import check, knowledge
from flows.assessment import assess
from flows.assessment_json import to_json_object
from flows.contacts import PARIS
from flows.facts import parse_facts
from flows.messages import Message
from nlp import screenshot
from nlp.classifier import Classifier
from nlp.reading import Reading
from nlp.safety import SafetyDetector
from nlp.understand import COMMANDS, understand

MODELS = config.ROOT / "models"
BATCH = 32


class InputError(ValueError):
    """A line of input cannot be used; the sentence names the line and what to write."""


def init(_: argparse.Namespace) -> int:
    """Make the key and an empty case store."""
    settings = config.load()
    key_file, where = settings.path(settings.store.key_file), settings.store_place()
    if not key_file.exists() and not keys.is_given():
        keys.create(key_file)
        print(f"Key: {key_file} (keep a copy elsewhere: without it no case can be read)")
    opening.open_store(where, keys.read(key_file), create=True).close()
    print(f"Case store: {opening.named(where)}")
    return 0


def run(options: argparse.Namespace) -> int:
    """Start the channels, in this process or in several workers."""
    from bot import running  # noqa: PLC0415 - the platforms' libraries take half a second that other commands spare

    settings = config.load()
    secrets = running.secrets(settings)
    if not running.any_channel(settings, secrets):
        print(
            "No channel can start: there is no Telegram token. Ask @BotFather on Telegram for one (/newbot), then:\n"
            "  export RECOURS_TELEGRAM_TOKEN=...   and run again: recours run\n"
            "Meanwhile the same conversation opens here with: recours chat"
        )
        return 0
    if options.workers > 1:
        return _run_workers(settings, secrets, options.workers)
    return _work(settings, means(settings), secrets)


def _work(settings: config.Config, loaded: Means, secrets: Mapping[str, str]) -> int:
    """Be one worker until told to stop; a fault of ours is an event, never a traceback."""
    from bot import running, slots  # noqa: PLC0415 - see run

    with slots.slot(store_path(settings).parent) as name, case_store() as store:
        try:
            asyncio.run(running.run(loaded, store, secrets, name))
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a traceback may hold words of a person; the event does not
            events.tell("stopped", fault=error)
            return 1
    return 0


def _run_workers(settings: config.Config, secrets: Mapping[str, str], count: int) -> int:
    from bot import workers  # noqa: PLC0415 - see run

    if not settings.store.url:
        raise InputError("--workers: several workers need a case store on PostgreSQL; see store.url in config.toml")
    logs.set_up(settings.logs.format)
    with case_store():
        pass  # what is wrong with it is said once, here
    loaded = means(settings)
    loaded.classifier.read(["bonjour"])  # what is read at the first use is shared as well
    loaded.detector.read("bonjour")

    def work() -> int:
        try:
            return _work(settings, loaded, secrets)
        except StoreError as error:
            print(f"recours: {error}", file=sys.stderr)
            return 2

    return workers.Workers(work).run(count)


def means(settings: config.Config) -> Means:
    """Load everything a turn works with."""
    wanted = settings.media.read_screenshots
    if wanted and screenshot.missing():
        print(f"recours: screenshots are not read. {screenshot.missing()}", file=sys.stderr)
    reads = wanted and not screenshot.missing()
    classifier, detector = metrics.readers(MODELS)
    return Means(settings, knowledge.load(), classifier, detector, reads)


def chat(options: argparse.Namespace) -> int:
    """The conversation in the terminal, on a case store of its own that goes when it ends."""
    settings = config.load()
    clock = moment(options.at) if options.at else None
    if options.web:
        return _chat_in_browser(settings)
    if options.script:
        with _opened(options.script) as lines:
            return terminal.play(means(settings), lines, sys.stdout, clock)
    return terminal.talk(means(settings), clock)


def _chat_in_browser(settings: config.Config) -> int:
    from bot import running  # noqa: PLC0415 - see run

    alone = replace(settings, telegram=config.Telegram(enabled=False), web=replace(settings.web, enabled=True, url=""))
    print(f"http://{alone.web.listen}:{alone.web.port}/   (Ctrl-C to stop)")
    with tempfile.TemporaryDirectory(prefix="recours-") as folder:
        store = terminal.own_store(Path(folder))
        try:
            asyncio.run(running.run(means(alone), store, {}))
        finally:
            store.close()
    return 0


def classify(options: argparse.Namespace) -> int:
    """Label messages, or read the victim's own words."""
    with _opened(options.file) as lines:
        if options.role == "victim":
            detector = SafetyDetector.load(MODELS)
            for row in _texts(lines):
                read = detector.read(row["text"])
                alerts = [{"alert": a.alert, "severity": a.severity, "score": a.score} for a in read.alerts]
                scores = {name: round(score, 4) for name, score in read.scores.items()}
                _print(
                    {
                        "id": row.get("id"),
                        "alerts": [a["alert"] for a in alerts],
                        "details": alerts,
                        "perhaps": list(read.perhaps),
                        "scores": scores,
                    }
                )
            return 0
        classifier = Classifier.load(MODELS)
        rows = _texts(lines)
        while batch := list(islice(rows, BATCH)):
            for row, reading in zip(batch, classifier.read([r["text"] for r in batch], rationale=True), strict=True):
                _print({"id": row.get("id"), **_reading_json(reading)})
    return 0


def _reading_json(reading: Reading) -> dict[str, Any]:
    return {
        "labels": list(reading.labels),
        "unsure": list(reading.unsure),
        "scores": {label: round(score, 4) for label, score in reading.scores.items()},
        "threat_kind": reading.threat_kind if "threat" in reading.labels else None,
        "conditional": reading.conditional if "threat" in reading.labels else None,
        "language": reading.language,
        "readable": reading.readable,
        "rationale": [
            {"start": span.start, "end": span.end, "label": span.label, "weight": span.weight}
            for span in reading.rationale
        ],
    }


def understand_answers(options: argparse.Namespace) -> int:
    """Read free answers to the question about a fact, or commands."""
    facts = knowledge.load().facts
    today = day(options.on) if options.on else datetime.now(PARIS).date()
    with _opened(options.file) as lines:
        for where, row in _objects(lines):
            question, answer = row.get("question"), row.get("answer")
            if not isinstance(answer, str):
                raise InputError(f'{where}: "answer" must be a string')
            if question is not None and question not in facts and str(question).lower() not in ("command", *COMMANDS):
                raise InputError(f"{where}: question {question!r}: give a fact (see: recours facts) or command")
            said = understand(facts.get(str(question)), answer, today)
            _print(
                {
                    "id": row.get("id"),
                    "value": said.value,
                    "command": said.command,
                    "unknown": said.unknown,
                    "understood": said.value is not None or said.command is not None or said.unknown,
                }
            )
    return 0


def assess_cases(options: argparse.Namespace) -> int:
    """Assess cases given as one JSON object or as JSON lines."""
    known = knowledge.load()
    at = datetime.combine(day(options.on), time(12), PARIS) if options.on else datetime.now(UTC)
    with _opened(options.file) as lines:
        rows = list(_one_or_many(lines.read()))
    classifier = Classifier.load(MODELS) if any(row.get("messages") for _, row in rows) else None
    for where, row in rows:
        if unknown := row.keys() - {"id", "facts", "messages"}:
            raise InputError(f"{where}: {', '.join(sorted(unknown))}: only id, facts and messages are known")
        facts = parse_facts(known.facts, _mapping(row.get("facts", {}), where))
        messages = _messages(row.get("messages", []), where, classifier)
        _print({"id": row.get("id"), **to_json_object(assess(facts, messages, known, at), known)})
    return 0


def _messages(raw: Any, where: str, classifier: Classifier | None) -> list[Message]:  # noqa: ANN401 - JSON
    if not isinstance(raw, list) or not all(isinstance(m, dict) and isinstance(m.get("text"), str) for m in raw):
        raise InputError(f'{where}: messages: give a list of {{"text", "from", "date"}}')
    readings = classifier.read([message["text"] for message in raw]) if classifier else []
    return [
        Message(
            position=position,
            text=message["text"],
            author=str(message["from"]) if message.get("from") else None,
            sent_at=moment(message["date"]) if message.get("date") else None,
            labels={label: reading.scores[label] for label in reading.labels},
            threat_kind=reading.threat_kind,
            conditional=reading.conditional,
        )
        for position, (message, reading) in enumerate(zip(raw, readings, strict=True), 1)
    ]


def list_facts(_: argparse.Namespace) -> int:
    """The vocabulary of facts as a JSON list."""
    known = knowledge.load()
    rows = [
        {
            "id": fact.id,
            "type": str(fact.kind),
            "values": list(fact.values),
            "meaning": fact.meaning,
            "question": known.texts.get(f"questions.{fact.id}.ask") if fact.askable else None,
            "sensitivity": fact.sensitivity,
            "from_labels": list(fact.from_labels),
            "derived": fact.derived,
        }
        for fact in known.facts.values()
    ]
    print(json.dumps(rows, ensure_ascii=False, indent=1))
    return 0


def check_everything(_: argparse.Namespace) -> int:
    """List what is wrong and where; exit 1 when something is."""
    problems = [str(problem) for problem in check.check(knowledge.FOLDER, datetime.now(PARIS).date())]
    settings = config.load()
    for load in (Classifier.load, SafetyDetector.load):
        load(MODELS)
    if settings.media.read_screenshots and screenshot.missing():
        problems.append(f"config.toml: media.read_screenshots = true: {screenshot.missing()}")
    where = settings.store_place()
    if not isinstance(where, Path) or where.is_file():
        store = opening.open_store(where, keys.read(settings.path(settings.store.key_file)))
        problems += [f"{opening.named(where)}: {fault}" for fault in store.integrity()]
        store.close()
    for problem in problems:
        print(problem)
    print(
        f"{len(problems)} problem(s)." if problems else "Config, law, texts, contacts, models and case store are sound."
    )
    return 1 if problems else 0


def draw(options: argparse.Namespace) -> int:
    """Print the law and the questions as one Mermaid diagram, or as SVG."""
    print((drawing.svg if options.svg else drawing.mermaid)(knowledge.load()))
    return 0


def erase_case(options: argparse.Namespace) -> int:
    """Destroy one case."""
    with case_store() as store:
        case = store.by_number(options.case)
        able = capabilities.of(case.channel if case else "")
        tell = _farewell(State.from_json(case.state), able) if case else None
        since = datetime.now(UTC) - (able.deletion or WITHOUT_LIMIT)
        store.erase(options.case, tell=tell, since=since)
        backup.note_erased(store_path(config.load()), store.erased())  # also what a command cut short had erased
        if options.case not in dict(store.erased()):
            raise InputError(f"{options.case}: no such case; numbers look like R-7KQF-93XD")
    print(f"{options.case}: erased")
    return 0


def _farewell(state: State, able: Capabilities) -> dict[str, Any] | None:
    """What she is told in the chat; nothing to somebody who left or whose phone may be watched."""
    if state.dull or state.cautious:
        return None
    days = config.load().retention.backup_days
    key = f"conversation.erased_{able.wiping}"
    words = knowledge.load().texts.get(key, state.language, backup_days=days, wiped_hours=able.hours)
    return {"text": words, "buttons": [], "keys": []}


def purge_cases(_: argparse.Namespace) -> int:
    """Apply the retention period."""
    settings = config.load()
    with case_store() as store:
        if not store.alone_at("purge"):
            print("Another machine applies the retention period at this moment; nothing was done here.")
            return 0
        for number in scheduled.purge_once(settings, store):
            print(f"{number}: erased")
    return 0


def store_path(settings: config.Config) -> Path:
    """Where the case store stands on this machine, or would: what was erased is noted beside it."""
    return settings.path(settings.store.path)


@contextmanager
def case_store() -> Iterator[SqlStore]:
    """The case store that config.toml names, closed afterwards."""
    settings = config.load()
    where, key_file = settings.store_place(), settings.path(settings.store.key_file)
    backup.settle_key(where, key_file)
    store = opening.open_store(where, keys.read(key_file))
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _opened(name: str) -> Iterator[IO[str]]:
    if name == "-":
        yield sys.stdin
    else:
        with Path(name).open(encoding="utf-8") as file:
            yield file


def _objects(lines: IO[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield f"line {number}", _object(line, f"line {number}")


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not JSON ({error.msg}); write one object a line") from error
    return _mapping(row, where)


def _mapping(row: Any, where: str) -> dict[str, Any]:  # noqa: ANN401 - JSON
    if not isinstance(row, dict):
        raise InputError(f"{where}: an object between braces is expected")
    return row


def _one_or_many(content: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """One JSON object, over as many lines as it likes, or JSON lines."""
    try:
        yield "input", _mapping(json.loads(content), "input")
    except json.JSONDecodeError:
        for number, line in enumerate(content.splitlines(), 1):
            if line.strip():
                yield f"line {number}", _object(line, f"line {number}")


def _texts(lines: IO[str]) -> Iterator[Mapping[str, Any]]:
    for where, row in _objects(lines):
        if not isinstance(row.get("text"), str):
            raise InputError(f'{where}: "text" must be a string')
        yield row


def moment(text: str) -> datetime:
    """An instant; without a zone it is local time in Paris."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise InputError(f"{text!r}: not a date; write 2026-11-24 or 2026-11-24T21:30") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=PARIS)


def day(text: str) -> date:
    """A day as it is written on the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{text!r}: not a day; write YYYY-MM-DD") from error


def _print(row: Mapping[str, Any]) -> None:
    print(json.dumps(row, ensure_ascii=False), flush=True)
