"""What she shows: forwarded, pasted, a link, a file. Kept as exhibits, read, counted quietly, confirmed by her."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.messages import Inbound, Media, Origin
from bot.talk import Talk
from cases import exhibits
from cases.case import Exhibit
from cases.messages import READ, REFERENCE_ONLY, author_of, once, to_messages
from flows.assessment import Assessment, assess
from flows.derive import known_facts
from flows.facts import Fact
from nlp.pasted import Pasted
from nlp.reading import Reading

MOST_EXPLAINED = 10  # the words that weighed cost 20 ms to 100 ms a message; a raid must not make her wait


def add_forwarded(talk: Talk) -> None:
    """Keep what was forwarded, words and references of files."""
    inbound = talk.inbound
    if inbound.media:
        for media in inbound.media:
            _add(talk, inbound.text, how=REFERENCE_ONLY, origin=inbound.origin, media=media)
    else:
        _add(talk, inbound.text, how="forwarded", origin=inbound.origin)


def add_pasted(talk: Talk, messages: Sequence[Pasted]) -> None:
    """Keep a pasted conversation, one exhibit for each message of the other person."""
    zone = ZoneInfo(talk.means.config.association.timezone)
    readings = talk.means.classifier.read([message.text for message in messages])
    for message, reading in zip(messages, readings, strict=True):
        sent_at = message.sent_at.replace(tzinfo=zone) if message.sent_at else None
        origin = {"kind": "pasted", "name": message.author} if message.author else None
        _append(talk, message.text, how="pasted", origin=origin, media=None, sent_at=sent_at, reading=reading)


def add_words(talk: Talk, text: str) -> None:
    """Keep words she says she received."""
    _add(talk, text, how="link" if exhibits.is_link(text) else "pasted", origin=None)


def add_media(talk: Talk) -> None:
    """Keep the reference of a file she sent herself; it is never opened."""
    for media in talk.inbound.media:
        _add(talk, talk.inbound.text, how=REFERENCE_ONLY, origin=None, media=media)


def add_read(talk: Talk, text: str, picture: Exhibit, *, corrected: bool) -> None:
    """Keep the words of a screenshot, once she confirmed or corrected them."""
    media = {
        "kind": (picture.media or {}).get("kind"),
        "exhibit": picture.position,
        "sha256": (picture.file or {}).get("sha256"),
        "corrected": corrected,
    }
    reading = talk.means.classifier.read([text])[0]
    _append(talk, text, how=READ, origin=None, media=media, sent_at=None, reading=reading)


def _add(talk: Talk, text: str, *, how: str, origin: Origin | None, media: Media | None = None) -> None:
    reading = talk.means.classifier.read([text])[0] if text.strip() else None
    sent_at = origin.sent_at if origin else None
    _append(
        talk,
        text,
        how=how,
        origin=_origin_json(origin),
        media=_media_json(media),
        sent_at=sent_at,
        reading=reading,
    )


def _append(
    talk: Talk,
    text: str,
    *,
    how: str,
    origin: dict[str, Any] | None,
    media: dict[str, Any] | None,
    sent_at: datetime | None,
    reading: Reading | None,
) -> None:
    earlier = talk.case.exhibits
    bare = Exhibit(
        position=len(earlier) + 1,
        text=text,
        how=how,
        origin=origin,
        media=media,
        sent_at=sent_at.replace(microsecond=0) if sent_at else None,
        received_at=talk.now.replace(microsecond=0),  # the digest counts in seconds: nothing finer is kept
        digest="",
        group=exhibits.group_of(text, earlier),
        scores=reading.scores if reading else {},
        labels=reading.labels if reading else (),
        unsure=reading.unsure if reading else (),
        threat_kind=reading.threat_kind if reading else None,
        conditional=reading.conditional if reading else None,
    )
    talk.turn.add_exhibit(replace(bare, digest=exhibits.digest(bare)))


def _origin_json(origin: Origin | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    return {**asdict(origin), "kind": str(origin.kind), "sent_at": _iso(origin.sent_at)}


def _media_json(media: Media | None) -> dict[str, Any] | None:
    return {**asdict(media), "kind": str(media.kind)} if media else None


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def report(talk: Talk) -> None:
    """One quiet answer to what arrived in this gesture, however many messages it was."""
    fresh = [exhibit for exhibit in talk.case.exhibits if exhibit.position > talk.state.shown]
    words = [count_words(talk, once(fresh) or fresh)]
    sent_for = {*talk.state.fetching, *talk.state.to_read}
    if any(e.how == REFERENCE_ONLY and e.file is None and e.position not in sent_for for e in fresh):
        opens_some = talk.able.files and (talk.means.reads_screenshots or talk.means.config.media.policy != "reference")
        words.append(talk.words("conversation.exhibit_left" if opens_some else "conversation.exhibit_media"))
    if any(exhibit.how == "link" for exhibit in fresh):
        words.append(talk.words("conversation.exhibit_link"))
    if any(exhibit.text and not exhibit.scores for exhibit in fresh):
        words.append(talk.words("conversation.exhibit_language"))
    talk.say_words(" ".join(words), talk.rows("done"), burst=True)


def count_words(talk: Talk, fresh: Sequence[Exhibit]) -> str:
    """How many messages, how many different ones, accounts and hours, in one sentence."""
    if len(fresh) == 1:
        again = fresh[0].group != fresh[0].position
        return talk.words("conversation.exhibit_again" if again else "conversation.exhibits_one")
    different = len({exhibit.group for exhibit in fresh})
    authors = {author_of(exhibit) for exhibit in fresh} - {None}
    dates = sorted(exhibit.sent_at for exhibit in fresh if exhibit.sent_at)
    groups = talk.words("conversation.exhibits_groups", different=different) if different < len(fresh) else ""
    accounts = talk.words("conversation.exhibits_authors", authors=len(authors)) if len(authors) > 1 else ""
    hours = ""
    if dates and dates[-1] - dates[0] > timedelta(hours=1):
        zone = ZoneInfo(talk.means.config.association.timezone)
        first, last = (talk.moment(day.astimezone(zone)) for day in (dates[0], dates[-1]))
        hours = talk.words("conversation.exhibits_hours", first=first, last=last)
    return talk.words("conversation.exhibits_many", count=len(fresh), groups=groups, authors=accounts, hours=hours)


def explain(talk: Talk, fresh: Sequence[Exhibit]) -> None:
    """Write beside what was just shown which words weighed: the first of each kind of message, so many at most."""
    heads = [exhibit for exhibit in fresh if exhibit.labels and exhibit.group == exhibit.position]
    chosen = [exhibit for exhibit in heads if not exhibit.rationale][:MOST_EXPLAINED]
    readings = talk.means.classifier.read([exhibit.text for exhibit in chosen], rationale=True)
    for exhibit, reading in zip(chosen, readings, strict=True):
        talk.turn.explain_exhibit(exhibit.position, [asdict(span) for span in reading.rationale])


def assessed(talk: Talk) -> Assessment:
    """The case as it stands, assessed now; what a reviewer decided holds."""
    messages = to_messages(talk.case.exhibits)
    return assess(talk.case.facts, messages, talk.knowledge, talk.now, decided=talk.case.verdicts)


def everything_known(talk: Talk) -> dict[str, Fact]:
    """Her answers, what the exhibits show, and what follows from both."""
    return known_facts(talk.case.facts, to_messages(talk.case.exhibits), talk.knowledge)


def is_new_gesture(inbound: Inbound) -> bool:
    """Whether something to keep came in: forwarded words or a file of hers."""
    return inbound.origin is not None or bool(inbound.media)
