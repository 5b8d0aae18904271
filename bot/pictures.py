"""Files she shows: which may be fetched at all, her word before that, and hers on what was read on a screenshot.

The rules of `docs/media.md`: nothing that is or may be intimate, nothing when a person under 18 is or may be concerned,
nothing without consent. What is not known is not a yes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot import exhibits
from bot.messages import MediaKind
from bot.step import Step, pop, push
from bot.talk import Talk
from cases.case import Case, Consent, Exhibit
from cases.messages import REFERENCE_ONLY
from flows import contacts
from nlp.understand import understand

FETCH = "fetch"
LARGEST = 20_000_000  # bytes: the Bot API hands over no larger file
MINORS = ("under_15", "15_17")
MINOR_ALERTS = frozenset({"minor_disclosed", "minor_concerned"})
INTIMATE = "intimate_images"
UNSEEN = frozenset({MediaKind.VOICE, MediaKind.AUDIO})  # they show nothing: she is not asked what they show
FETCHED = UNSEEN | {MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.ANIMATION, MediaKind.VIDEO_NOTE, MediaKind.DOCUMENT}
READ_TYPES = frozenset({"image/jpeg", "image/png", "image/webp"})
SHOWN_AT_ONCE = 550  # characters of a reading in one message
LONGEST_READING = 4000  # characters
SHORTEST = 2  # characters of words that she writes herself


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was found out of a file.

    Attributes:
        exhibit: position of the exhibit.
        sha256: of its bytes, hexadecimal.
        size: bytes.
        perceptual: PDQ digest of a picture, or None.
        content: the file when it is to be kept, or None.
        text: words read on it, or None when nobody asked.
    """

    exhibit: int
    sha256: str
    size: int
    perceptual: str | None = None
    content: bytes | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)


def look_at(talk: Talk, fresh: list[Exhibit]) -> None:
    """Files that just came in: ask about those that show something, fetch at once those that cannot."""
    for exhibit in fresh:
        wanted = _wanted(talk, exhibit)
        if wanted is None:
            continue
        if MediaKind((exhibit.media or {})["kind"]) in UNSEEN:
            _fetch(talk, exhibit, wanted)
        else:
            talk.state.pictures.append(exhibit.position)
    if talk.state.pictures and any(exhibit.position in talk.state.pictures for exhibit in fresh):
        push(talk, "picture_shown")


def still_allowed(case: Case, position: int) -> bool:
    """Whether a file may still be fetched: she may have told her age, withdrawn or erased it meanwhile."""
    if case.consent is not Consent.YES or not 0 < position <= len(case.exhibits):
        return False
    exhibit = case.exhibits[position - 1]
    return exhibit.how == REFERENCE_ONLY and not _about_a_minor(case) and not _thought_intimate(exhibit)


def _wanted(talk: Talk, exhibit: Exhibit) -> Mapping[str, Any] | None:
    """What to do with a file: `read` its words, and the policy that holds for it; None when it stays where it is."""
    media = exhibit.media or {}
    if not talk.able.files or not still_allowed(talk.case, exhibit.position) or not media.get("reference"):
        return None
    kind = MediaKind(media["kind"])
    if kind not in FETCHED or (media.get("size") or 0) > LARGEST:
        return None
    read = talk.means.reads_screenshots and (kind is MediaKind.PHOTO or media.get("mime") in READ_TYPES)
    policy = talk.means.config.media.policy if _is_of_an_adult(talk, kind) else "reference"
    return {"read": read, "policy": policy} if read or policy != "reference" else None


def _about_a_minor(case: Case) -> bool:
    age, subject = case.facts.get("victim_age_band"), case.facts.get("image_subject_minor")
    young = age is not None and age.value in MINORS
    return young or (subject is not None and subject.value is True) or any(a.alert in MINOR_ALERTS for a in case.alerts)


def _thought_intimate(exhibit: Exhibit) -> bool:
    return INTIMATE in (*exhibit.labels, *exhibit.unsure)


def _is_of_an_adult(talk: Talk, kind: MediaKind) -> bool:
    """Digests and copies: only of an adult who said so, and no picture in a case where intimate images are at stake."""
    known = exhibits.everything_known(talk)
    age = known.get("victim_age_band")
    at_stake = any(name in known and known[name].value is True for name in ("images_at_stake", "image_is_intimate"))
    return age is not None and age.value == "adult" and (kind in UNSEEN or not at_stake)


def _fetch(talk: Talk, exhibit: Exhibit, wanted: Mapping[str, Any]) -> None:
    media = exhibit.media or {}
    body = {"exhibit": exhibit.position, "reference": media["reference"], "kind": media["kind"], **wanted}
    talk.turn.say(FETCH, body)
    talk.state.fetching.append(exhibit.position)


# Before anything is fetched


def _ask_shown(talk: Talk) -> None:
    key = "ask_one" if len(talk.state.pictures) == 1 else "ask_many"
    rows = ((talk.button("picture_plain"),), (talk.button("picture_intimate"),), (talk.button("unsure"),))
    talk.say_words(talk.words(f"pictures.{key}", count=len(talk.state.pictures)), rows, burst=True)


def _take_shown(talk: Talk) -> bool:
    choice = talk.inbound.choice
    if choice is None and talk.inbound.text:
        said = understand(None, talk.inbound.text, talk.now.date())
        spoken = {"no": "picture_plain", "yes": "picture_intimate"}.get(said.command or "")
        choice = "unsure" if said.unknown else spoken
    if choice not in ("picture_plain", "picture_intimate", "unsure"):
        return False
    if choice == "picture_plain":
        _go_and_fetch(talk)
    else:
        _leave_there(talk)
    return True


def _go_and_fetch(talk: Talk) -> None:
    found = [talk.case.exhibits[position - 1] for position in talk.state.pictures]
    _no_more(talk)
    wanted = [(exhibit, what) for exhibit in found if (what := _wanted(talk, exhibit)) is not None]
    for exhibit, what in wanted:
        if what["read"]:
            talk.state.to_read.append(exhibit.position)
        else:
            _fetch(talk, exhibit, what)
    if not wanted:
        talk.say("pictures.left")
    elif talk.state.to_read:
        talk.say("pictures.reading_kept" if wanted[0][1]["policy"] == "keep" else "pictures.reading")
        if not talk.state.reading:
            _read_next(talk)
    else:
        talk.say("pictures.kept" if wanted[0][1]["policy"] == "keep" else "pictures.digested")


def _leave_there(talk: Talk) -> None:
    """It is never fetched; how to preserve it lawfully herself."""
    _no_more(talk)
    talk.say("pictures.preserve")
    young = _about_a_minor(talk.case)
    key = "safety.minor_image" if young else "pictures.minor_too"
    talk.say_words(talk.words(key, **contacts.values(talk.knowledge, talk.now, talk.state.language)))


def _no_more(talk: Talk) -> None:
    talk.state.pictures = []
    pop(talk, "picture_shown")


def _read_next(talk: Talk) -> None:
    """One screenshot at a time: she confirms it before the next one is fetched."""
    while talk.state.to_read:
        exhibit = talk.case.exhibits[talk.state.to_read[0] - 1]
        wanted = _wanted(talk, exhibit)
        if wanted is not None and exhibit.file is None:
            _fetch(talk, exhibit, wanted)
            return
        talk.state.to_read.pop(0)


# After it was fetched


def take_fetched(talk: Talk, found: Fetched) -> None:
    """What a file gave: its digest is written down, its words are shown back; one that came twice changes nothing."""
    _settled(talk, found.exhibit)
    if not still_allowed(talk.case, found.exhibit) or talk.case.exhibits[found.exhibit - 1].file is not None:
        return
    record = {
        "sha256": found.sha256,
        "bytes": found.size,
        "perceptual": found.perceptual,
        "fetched_at": _seconds(talk.now),
        "kept": found.content is not None,
    }
    talk.turn.record_file(found.exhibit, record, found.content)
    if found.text is None:
        return
    talk.state.to_read = [position for position in talk.state.to_read if position != found.exhibit]
    if not found.text:
        talk.say("pictures.nothing_read", talk.rows("done"))
        _read_next(talk)
        return
    talk.state.reading = found.exhibit
    talk.turn.hold_reading(found.text[:LONGEST_READING])
    push(talk, "check_reading")
    _ask_reading(talk)


def take_failure(talk: Talk, position: int) -> None:
    """The platform did not give the file: said once, and the next one is tried."""
    asked_to_read = position in talk.state.to_read
    _settled(talk, position)
    talk.state.to_read = [other for other in talk.state.to_read if other != position]
    if asked_to_read:
        talk.say("pictures.not_fetched", talk.rows("done"))
        _read_next(talk)


def _settled(talk: Talk, position: int) -> None:
    talk.state.fetching = [other for other in talk.state.fetching if other != position]


def forget(talk: Talk) -> None:
    """Begin again: nothing waits for her word any more, no word read is held."""
    talk.state.pictures, talk.state.to_read, talk.state.fetching = [], [], []
    talk.state.reading, talk.state.correcting = 0, False
    talk.turn.hold_reading(None)


def leave_behind(talk: Talk) -> None:
    """Her case has moved: what waited to be fetched stays with the platform it was shown on, and she is told."""
    state = talk.state
    waiting = {*state.pictures, *state.to_read, *state.fetching}
    if not waiting:
        return
    state.pictures, state.to_read, state.fetching = [], [], []
    pop(talk, "picture_shown")
    talk.say("moving.files_one" if len(waiting) == 1 else "moving.files_many", count=len(waiting))


def forget_one(talk: Talk, position: int) -> None:
    """An exhibit was erased: its file is neither fetched nor are its words confirmed any more."""
    for waiting in (talk.state.pictures, talk.state.to_read, talk.state.fetching):
        if position in waiting:
            waiting.remove(position)
    if not talk.state.pictures:
        pop(talk, "picture_shown")
    if talk.state.reading == position:
        _close_reading(talk)


def _seconds(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _ask_reading(talk: Talk) -> None:
    """The words as they were read, all of them."""
    if talk.state.correcting:
        talk.say("pictures.write_it", talk.rows("reading_drop"))
        return
    text = talk.case.reading or ""
    pieces = [text[at : at + SHOWN_AT_ONCE] for at in range(0, len(text), SHOWN_AT_ONCE)]
    for piece in pieces:
        talk.say_words(talk.words("pictures.read", text=piece), unwritten=True)
    talk.say("pictures.ask_reading", talk.rows("reading_right", "reading_wrong", "reading_drop"))


def _take_reading(talk: Talk) -> bool:
    choice = talk.inbound.choice
    if choice is None and talk.inbound.text:
        if talk.state.correcting and len(talk.inbound.text.strip()) >= SHORTEST:
            _keep_words(talk, talk.inbound.text.strip(), corrected=True)
            return True
        said = understand(None, talk.inbound.text, talk.now.date()).command
        choice = {"yes": "reading_right", "no": "reading_wrong"}.get(said or "")
    match choice:
        case "reading_right":
            _keep_words(talk, talk.case.reading or "", corrected=False)
        case "reading_wrong":
            talk.state.correcting = True
            _ask_reading(talk)
        case "reading_drop":
            talk.say("pictures.dropped")
            _close_reading(talk)
        case _:
            return False
    return True


def _keep_words(talk: Talk, text: str, *, corrected: bool) -> None:
    """The words become an exhibit of their own, read like any message; it names the picture they stand on."""
    exhibit = talk.case.exhibits[talk.state.reading - 1]
    if text:
        exhibits.add_read(talk, text, exhibit, corrected=corrected)
    _close_reading(talk)
    talk.say("pictures.noted_kept" if (exhibit.file or {}).get("kept") else "pictures.noted")


def _close_reading(talk: Talk) -> None:
    talk.turn.hold_reading(None)
    talk.state.reading, talk.state.correcting = 0, False
    pop(talk, "check_reading")
    _read_next(talk)


PICTURE_SHOWN = Step(_ask_shown, _take_shown, _leave_there, "pictures.why")
CHECK_READING = Step(_ask_reading, _take_reading, _close_reading, "conversation.confirm_labels_why")
