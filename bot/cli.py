"""The `recours` command: one function a subcommand; an error of the user is one line and exit code 2."""

import argparse
import shutil
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import commands, config, demo, doctor, handing, intake, keeping, learning, logs, papers, storing, teaching
from bot.channels.terminal import ScriptError
from bot.config import ConfigError
from cases import keys
from cases.case import Case
from cases.custody import Entry
from cases.dossier import bag
from cases.dossier.bag import BagError
from cases.errors import AccountError, StoreError
from flows import knowledge
from flows.facts import FactError
from flows.tables import KnowledgeError
from flows.texts import TextError
from nlp.archive import ModelError
from nlp.corpus import CorpusError
from review import commands as console
from review.settings import House, Settings

USER_ERRORS = (
    ConfigError,
    StoreError,
    AccountError,
    FactError,
    KnowledgeError,
    TextError,
    CorpusError,
    ModelError,
    ScriptError,
    BagError,
    commands.InputError,
    FileNotFoundError,
    IsADirectoryError,
    PermissionError,
    FileExistsError,
    UnicodeDecodeError,
)
BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except USER_ERRORS as error:
        print(f"recours: {_sentence(error)}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away; nothing is wrong here
        return 0
    except KeyboardInterrupt:
        return 130


def _sentence(error: BaseException) -> str:
    """One line that says what to do."""
    if isinstance(error, UnicodeDecodeError):
        return "the input is not UTF-8 text; save it as UTF-8 and try again"
    if isinstance(error, OSError) and not isinstance(error, StoreError):
        return f"{error.filename}: {(error.strerror or 'cannot be read').lower()}; check the path"
    return str(error).replace("\n", " ")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="recours", description="Assistant for victims of cyber-harassment in France.")
    parser.set_defaults(run=lambda _: _show_help(parser))
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, run, summary, add in COMMANDS:
        verb = verbs.add_parser(name, help=summary, description=summary)
        verb.set_defaults(run=run)
        add(verb)
    return parser


def house(file: Path, flows: Path) -> House:
    """The files that the console lets the administrator edit."""

    def fault_of(content: str, file: Path) -> str:
        try:
            config.load_text(content, file)
        except ConfigError as error:
            return str(error)
        return ""

    def renewed(current: Settings) -> Settings:
        settings = config.load(file)
        association, review = settings.association, settings.review
        return replace(
            current,
            association=association.name,
            timezone=ZoneInfo(association.timezone),
            team_hours=association.team_hours,
            absence=timedelta(minutes=association.absence_minutes),
            language=settings.conversation.language,
            idle=timedelta(minutes=review.idle_minutes),
            longest=timedelta(hours=review.session_hours),
            exposure_limit=review.exposure_limit,
        )

    return House(file, flows, fault_of, renewed)


def console_settings(settings: config.Config, edited: House | None = None) -> Settings:
    """What the console needs of the configuration; it knows neither this package nor its files."""
    known = knowledge.load()
    review, association = settings.review, settings.association

    def print_dossier(case: Case, log: Sequence[Entry], at: datetime) -> tuple[bytes, Mapping[str, object]]:
        printed = handing.print_dossier(case, log, known, association.name, at)
        return printed.pdf, printed.logged

    def pack_bag(
        case: Case, log: Sequence[Entry], at: datetime, passphrase: str | None
    ) -> tuple[bytes, Mapping[str, object]]:
        printed = handing.print_dossier(case, log, known, association.name, at)
        return bag.pack(handing.bag_of(case, log, printed, known, at), case.number, passphrase), printed.logged

    return Settings(
        store=settings.store_place(),
        key=keys.read(settings.path(settings.store.key_file)),
        models=commands.MODELS,
        association=association.name,
        timezone=ZoneInfo(association.timezone),
        print_dossier=print_dossier,
        pack_bag=pack_bag,
        converse=intake.converser(lambda: commands.means(settings)),
        team_hours=association.team_hours,
        absence=timedelta(minutes=association.absence_minutes),
        language=settings.conversation.language,
        listen=review.listen,
        port=review.port,
        public_url=review.public_url.rstrip("/"),
        idle=timedelta(minutes=review.idle_minutes),
        longest=timedelta(hours=review.session_hours),
        exposure_limit=review.exposure_limit,
        house=edited,
        identity_by_two=review.identity_by_two,
    )


def _review(_: argparse.Namespace) -> int:
    settings = config.load()
    logs.set_up(settings.logs.format)
    return console.review(console_settings(settings, house(config.location(), knowledge.FOLDER)))


def _staff(options: argparse.Namespace) -> int:
    return console.staff(options, console_settings(config.load()))


def _demo(options: argparse.Namespace) -> int:
    def start(settings: config.Config) -> None:
        copies = settings.store.path.parent  # what is tried in the forms goes with the demonstration
        shutil.copy(config.location(), copies / "config.toml")
        shutil.copytree(knowledge.FOLDER, copies / "flows", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        edited = house(copies / "config.toml", copies / "flows")
        invented = replace(console_settings(settings, edited), demo=True)
        console.prepare_demo(invented)
        threading.Thread(target=console.serve_demo, args=(invented,), daemon=True).start()

    return demo.run(options, start)


def _show_help(parser: argparse.ArgumentParser) -> int:
    parser.print_help()
    return 0


def _flow(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--svg", action="store_true", help="one picture instead of Mermaid text")


def _nothing(_: argparse.ArgumentParser) -> None:
    """No option."""


def _file(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("file", nargs="?", default="-", help="JSON lines; - or nothing reads standard input")


def _run(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="processes that share the work on this machine (default: 1); several need PostgreSQL",
    )


def _chat(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--script", metavar="FILE", help="read inbound lines as JSON, print replies as JSON lines")
    verb.add_argument("--web", action="store_true", help="the same conversation in a browser, on loopback")
    verb.add_argument("--at", metavar="TIME", help="fixed time of the conversation, ISO 8601 (for tests)")


def _classify(verb: argparse.ArgumentParser) -> None:
    _file(verb)
    verb.add_argument(
        "--as", dest="role", choices=("message", "victim"), default="message", help="whose words these are"
    )


def _assess(verb: argparse.ArgumentParser) -> None:
    _file(verb)
    verb.add_argument("--on", metavar="DATE", help="today for the law and the deadlines, YYYY-MM-DD")


def _understand(verb: argparse.ArgumentParser) -> None:
    _file(verb)
    verb.add_argument("--on", metavar="DATE", help="today for relative dates, YYYY-MM-DD")


def _train(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--out", metavar="FOLDER", help="where to write the models (default: models/)")
    verb.add_argument("--corrections", metavar="FILE", help="JSON lines of `recours corrections`: learn from them too")
    verb.add_argument("--force", action="store_true", help="keep the new classifier even when it reads worse")


def _evaluate(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("file", help="labelled JSON lines: text with labels, or text with alerts")


def _out(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--out", metavar="FILE", required=True, help="where to write the JSON lines; a new file")


def _case(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("case", help="case number, like R-7KQF-93XD")


def _dossier(verb: argparse.ArgumentParser) -> None:
    _case(verb)
    verb.add_argument("--out", metavar="FOLDER", default=".", help="where to write the files (default: here)")
    verb.add_argument(
        "--locked", action="store_true", help="protect the bag with the passphrase of RECOURS_PASSPHRASE (AES-256)"
    )
    verb.add_argument("--at", metavar="TIME", help="date of the dossier, ISO 8601 (default: now)")


def _verify(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("path", nargs="?", help="a bag (folder or .zip) or a dossier's .pdf; nothing: the case store")


def _papers(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--out", metavar="FOLDER", default=".", help="where to write them (default: here)")


def _hold(verb: argparse.ArgumentParser) -> None:
    _case(verb)
    verb.add_argument("until", help="last day of the hold, YYYY-MM-DD, or `none` to lift it")
    verb.add_argument("--agreed", metavar="DAY", help="day on which the person agreed, YYYY-MM-DD; kept in the log")


def _backup(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--to", metavar="FOLDER", help="where to write it (default: store.backups of config.toml)")


def _restore(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("file", help="a file that recours backup wrote")
    verb.add_argument("--replace", action="store_true", help="put it in the place of the store that stands there")


def _store(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("action", choices=("copy",), help="copy: every row into an empty store, verified; same key")
    place = "a file, or postgresql://…"
    verb.add_argument("--from", dest="source", metavar="STORE", required=True, help=f"the original: {place}")
    verb.add_argument("--to", dest="target", metavar="STORE", required=True, help=f"the copy: {place}")


COMMANDS = (
    ("init", commands.init, "make the key and the case store", _nothing),
    ("run", commands.run, "start the channels that config.toml enables", _run),
    ("demo", _demo, "the conversation here and the console beside it, with invented cases", _nothing),
    ("chat", commands.chat, "the conversation in the terminal", _chat),
    ("classify", commands.classify, "label messages: JSON lines in, JSON lines out", _classify),
    ("understand", commands.understand_answers, "read free answers: JSON lines in, JSON lines out", _understand),
    ("assess", commands.assess_cases, "facts and messages in, findings and what follows out", _assess),
    ("facts", commands.list_facts, "the vocabulary of facts, as JSON", _nothing),
    ("check", commands.check_everything, "what is wrong with config, law, texts, contacts, model, database", _nothing),
    ("doctor", doctor.run, "what is right and wrong on this machine, and what to do", doctor.arguments),
    ("flow", commands.draw, "draw the law and the questions as Mermaid or SVG", _flow),
    ("train", learning.train_models, "rebuild the models from the corpus", _train),
    ("corrections", teaching.export, "write what the staff corrected, of people who agreed that it teaches", _out),
    ("evaluate", learning.evaluate_file, "score the models on a labelled file", _evaluate),
    ("dossier", keeping.write_dossier, "write the dossier of a case: a PDF and a bag", _dossier),
    ("verify", keeping.verify, "find any change in a bag, a dossier or the case store", _verify),
    ("papers", papers.write_papers, "write the privacy papers that the configuration calls for", _papers),
    ("hold", keeping.hold, "keep a case that is in court, with the person's consent, until a day", _hold),
    ("erase", commands.erase_case, "destroy a case", _case),
    ("purge", commands.purge_cases, "erase what is older than the retention period", _nothing),
    ("backup", keeping.back_up, "make a verified, encrypted copy of the case store", _backup),
    ("restore", keeping.restore, "put a backup in place, without the cases erased since", _restore),
    ("store", storing.copy, "move the helpline from a file to PostgreSQL, or back", _store),
    ("staff", _staff, "manage the accounts of the console", console.arguments),
    ("review", _review, "serve the review console", _nothing),
    ("rekey", keeping.new_key, "encrypt the case store with a new key", _nothing),
)
