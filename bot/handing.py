"""The dossier handed over: composed from the case, printed, logged, and put in a bag for whoever wants to check it."""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from bot import sharing
from bot.messages import Document
from bot.step import Step, pop, push
from bot.talk import Talk
from cases.case import Case, Exhibit
from cases.custody import Entry, next_entry
from cases.dossier import bag, pdf
from cases.messages import author_of, to_messages
from flows import dossier
from flows.assessment import Assessment, assess
from flows.assessment_json import to_json_object
from flows.dossier import Log, Piece
from flows.knowledge import Knowledge

EXPORTED = "exported"
FILE, BAG = "document.pdf", "document.zip"  # neutral: a name is read over a shoulder
FOLDER = "dossier"
SIGNS, GROUPS = "abcdefghjkmnpqrstuvwxyz23456789", 4  # of a passphrase; none taken for another


@dataclass(frozen=True, slots=True)
class Printed:
    """A dossier: the PDF, what the custody log says of it, and the assessment it rests on (plain JSON)."""

    pdf: bytes = field(repr=False)
    logged: Mapping[str, Any]
    assessment: Mapping[str, Any] = field(repr=False)


def print_dossier(case: Case, log: Sequence[Entry], knowledge: Knowledge, association: str, at: datetime) -> Printed:
    """Make the PDF of a case as it stands.

    Args:
        case: with its facts and exhibits.
        log: its custody log so far; the export itself comes after.
        knowledge: law and texts.
        association: who runs the helpline.
        at: date of the dossier (aware).
    """
    messages = to_messages(case.exhibits)
    found: Assessment = assess(case.facts, messages, knowledge, at, decided=case.verdicts)
    head = Log(len(log), log[-1].digest if log else "")
    asked = {e.detail.get("exhibit") for e in log if e.event in ("confirmed", "corrected") and "by" not in e.detail}
    content = dossier.compose(
        number=case.number,
        association=association,
        found=found,
        pieces=[_piece(exhibit, asked) for exhibit in case.exhibits],
        messages=messages,
        log=head,
        knowledge=knowledge,
    )
    made = pdf.render(content.to_json(), at)
    return Printed(made, {"pdf": sha256(made).hexdigest()}, to_json_object(found, knowledge))


def _piece(exhibit: Exhibit, asked: Collection[object]) -> Piece:
    """An exhibit as it is printed; `asked` holds the positions whose labels she confirmed or corrected."""
    state = "confirmed" if exhibit.position in asked else "read"
    origin, media = exhibit.origin or {}, exhibit.media or {}
    weighed = [exhibit.text[span["start"] : span["end"]] for span in exhibit.rationale]
    name, identity = origin.get("name"), origin.get("platform_id")
    return Piece(
        number=exhibit.position,
        how=exhibit.how,
        sent_at=exhibit.sent_at,
        received_at=exhibit.received_at,
        author=str(name) if name else author_of(exhibit),
        author_id=str(identity) if identity else None,
        hidden=origin.get("kind") == "hidden_user",
        text=exhibit.text,
        media=str(media["kind"]) if media else None,
        read_on=media.get("exhibit"),
        file=exhibit.file,
        weighed=list(dict.fromkeys(weighed)),
        size=media.get("size"),
        digest=exhibit.digest,
        copy_of=exhibit.group if exhibit.group != exhibit.position else None,
        labels=[
            *((label, exhibit.scores.get(label, 1.0), state) for label in exhibit.labels),
            *((label, exhibit.scores.get(label, 0.0), "refused") for label in exhibit.refused),
        ],
    )


def offer(talk: Talk) -> None:
    """Hand over the PDF, and offer the bag that a lawyer or an expert can check."""
    if not (talk.case.exhibits or talk.knowledge.questions.keys() & talk.case.facts.keys()):
        talk.say("handing.nothing")
        return
    printed = _print(talk)
    talk.say_words(talk.words("handing.sent"), document=Document(FILE, "application/pdf", printed.pdf))
    talk.say("handing.phone")
    push(talk, "handing")


def _print(talk: Talk) -> Printed:
    """Print the case as it stands; the custody log says so in the same transaction."""
    association = talk.means.config.association.name
    printed = print_dossier(talk.case, talk.turn.custody(), talk.knowledge, association, talk.now)
    talk.turn.log(EXPORTED, printed.logged)
    return printed


def bag_of(
    case: Case,
    log: Sequence[Entry],
    printed: Printed,
    knowledge: Knowledge,
    at: datetime,
    *,
    date_head: Callable[[str], Mapping[str, bytes]] | None = None,
    kept: Mapping[int, bytes] | None = None,
) -> dict[str, bytes]:
    """The files of the bag, the export of this PDF being the last entry of its log.

    `date_head` gives more files for the digest of that entry (a trusted date). `kept` are the files kept of its
    exhibits: they go into a bag that is handed over on a disk, never into a chat.
    """
    last = log[-1] if log and log[-1].detail == printed.logged else None
    entries = log if last else [*log, next_entry(log[-1] if log else None, EXPORTED, printed.logged, at)]
    readme = knowledge.texts.get("dossier.readme", number=case.number)
    extra = date_head(entries[-1].digest) if date_head else None
    return bag.fill(case, entries, printed.pdf, printed.assessment, readme, extra=extra, kept=kept)


def _take(talk: Talk) -> bool:
    match talk.inbound.choice:
        case "bag":
            _give_bag(talk, None)
        case "bag_locked":
            passphrase = "-".join("".join(secrets.choice(SIGNS) for _ in range(4)) for _ in range(GROUPS))
            _give_bag(talk, passphrase)
            talk.say_words(talk.words("handing.passphrase", passphrase=passphrase), unwritten=True)
        case "back_to_assessment":
            pop(talk, "handing")
            sharing.offer(talk)
        case _:
            return False
    return True


def _give_bag(talk: Talk, passphrase: str | None) -> None:
    log = talk.turn.custody()
    printed = _print(talk)
    files = bag_of(talk.case, log, printed, talk.knowledge, talk.now)
    content = bag.pack(files, FOLDER, passphrase)
    talk.say_words(talk.words("handing.bag_sent"), document=Document(BAG, "application/zip", content))


def _skip(talk: Talk) -> None:
    pop(talk, "handing")


HANDING = Step(
    lambda talk: talk.say("handing.ask", talk.rows("bag", "bag_locked", "back_to_assessment")),
    _take,
    _skip,
    "handing.why",
)
