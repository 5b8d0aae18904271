"""Cases with exhibits, for the tests of dossiers, bags and backups."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from bot import handing
from cases import exhibits
from cases.case import Consent, Exhibit
from cases.custody import Entry, next_entry
from cases.dossier import bag
from cases.sql.store import SqlStore
from tests.builders import facts, the_knowledge

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
CHANNEL, CHAT = "terminal", "her"
WORDS = (
    "je sais où tu habites 😡",
    "réponds ou je viens",
    "مرحبا، سأجدك",
    "你好 👩‍👩‍👧\navec\x00 un nul",
    "t'es rien " + "A" * 500,
    "300 euros avant demain ou ta mère voit les photos",
)
ANSWERS = {
    "reporter": "victim",
    "situation": ["threats", "many_messages_or_calls"],
    "victim_age_band": "adult",
    "acts_count": 40,
    "author_relationship": "ex_partner",
    "platforms": ["instagram", "whatsapp"],
    "first_act_on": "2026-09-03",
    "last_act_on": "2026-11-22",
    "threat_kind": "death",
}


def an_exhibit(position: int, text: str) -> Exhibit:
    bare = Exhibit(
        position=position,
        text=text,
        how="forwarded",
        origin={"kind": "user", "name": f"Kevin {position % 3}", "platform_id": "7", "sent_at": None},
        media=None,
        sent_at=NOON - timedelta(days=3 * position),
        received_at=NOON,
        digest="",
        group=position,
        scores={"threat": 0.9},
        labels=("threat",),
    )
    return replace(bare, digest=exhibits.digest(bare))


def keep_case(store: SqlStore, words: Sequence[str] = WORDS, chat: str = CHAT) -> str:
    """Write a case with answers and exhibits; its number."""
    with store.turn(CHANNEL, chat, NOON) as turn:
        turn.set_consent(Consent.YES)
        for fact in facts(**ANSWERS).values():
            turn.put_fact(fact)
        for position, text in enumerate(words, 1):
            turn.add_exhibit(an_exhibit(position, text))
        turn.replace_exhibit(turn.case.exhibits[0])
        return turn.case.number


def export(store: SqlStore, chat: str = CHAT) -> tuple[bytes, dict[str, bytes]]:
    """Print and log the dossier of that conversation: the PDF and the files of the bag."""
    with store.turn(CHANNEL, chat, NOON) as turn:
        printed = handing.print_dossier(turn.case, turn.custody(), the_knowledge(), "Association d'essai", NOON)
        files = handing.bag_of(turn.case, turn.custody(), printed, the_knowledge(), NOON)
        turn.log(handing.EXPORTED, printed.logged)
    return printed.pdf, files


def a_small_bag(store: SqlStore, pdf: bytes) -> dict[str, bytes]:
    """A bag around any bytes for a PDF, without printing."""
    case = store.peek(CHANNEL, CHAT)
    assert case is not None
    log: list[Entry] = list(store.custody(case.number))
    log.append(next_entry(log[-1], handing.EXPORTED, {"pdf": sha256(pdf).hexdigest()}, NOON))
    return bag.fill(case, log, pdf, {"on": "2026-11-24"}, "lisez-moi")
