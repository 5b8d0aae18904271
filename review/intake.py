"""On the telephone or at the door: the same questions, read aloud; the answers go through the same engine."""

import secrets

from starlette.responses import Response

from cases.case import Outgoing
from review.gate import CASES, Page
from review.visit import RefusedError, Visit

CHANNEL = "desk"
LONGEST = 4000  # characters


async def begin(visit: Visit) -> Response:
    """A new conversation, which nobody but the staff writes in."""
    chat = secrets.token_hex(8)
    visit.console.settings.converse(visit.store, chat, "/start", None, visit.at)
    case = visit.store.peek(CHANNEL, chat)
    assert case is not None  # noqa: S101 - the engine has just answered
    visit.audit("intake_begun", case=case.number)
    with visit.store.desk.turn(case.number, visit.account.id, visit.at) as turn:
        turn.assign(visit.account.id)
        turn.set_status("open")
    return visit.go(f"/cases/{case.number}/intake")


async def show(visit: Visit) -> Response:
    """What is to be read to her now, and what she may answer."""
    chat = _chat(visit)
    visit.audit("conversation_viewed", case=_number(visit))
    said = [outgoing.body for outgoing in _queued(visit, chat) if outgoing.kind == "send"]
    return visit.render("intake.html", number=_number(visit), bodies=said)


async def answer(visit: Visit) -> Response:
    """Her answer, typed as she says it or as one of the buttons."""
    chat, choice, words = _chat(visit), visit.field("choice", 100) or None, visit.field("words", LONGEST)
    if not (choice or words):
        raise RefusedError(400, "error.form")
    number = _number(visit)
    visit.audit("intake_answered", case=number)
    _read_out(visit, chat)
    visit.console.settings.converse(visit.store, chat, words, choice, visit.at)
    if visit.store.peek(CHANNEL, chat) is None:  # she had everything erased
        _read_out(visit, chat)
        return visit.go("/")
    return visit.go(f"/cases/{number}/intake")


def _number(visit: Visit) -> str:
    return str(visit.request.path_params["number"])


def _chat(visit: Visit) -> str:
    """The conversation of the address.

    Raises:
        RefusedError: the person writes by herself; nobody answers in her place.
    """
    case = visit.store.desk.case(_number(visit))
    if case is None or case.channel != CHANNEL:
        raise RefusedError(404, "error.no_page")
    return case.chat


def _queued(visit: Visit, chat: str) -> list[Outgoing]:
    return visit.store.queued(CHANNEL, chat)


def _read_out(visit: Visit, chat: str) -> None:
    """It was said to her: nothing waits for a platform that is a voice."""
    for outgoing in _queued(visit, chat):
        visit.store.sent(outgoing.id, visit.at)


PAGES = (
    Page("/intake", begin, CASES, "POST"),
    Page("/cases/{number}/intake", show, CASES),
    Page("/cases/{number}/intake", answer, CASES, "POST"),
)
