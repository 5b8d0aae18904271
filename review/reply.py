"""Talking: taking over under a first name, answering through the outbox, handing back."""

from collections.abc import AsyncIterator
from datetime import timedelta

from starlette.responses import Response, StreamingResponse

from cases.case import ABSENCE
from cases.desk import DeskTurn
from cases.errors import NoCaseError
from review import case, telling
from review.gate import CASES, Page
from review.live import COMMENT
from review.visit import RefusedError, Visit

LONGEST = 3500  # characters: every platform carries that much
LONGEST_NAME = 30
STILL_TYPING = timedelta(seconds=6)  # after one sign


def _number(visit: Visit) -> str:
    return str(visit.request.path_params["number"])


async def take_over(visit: Visit) -> Response:
    """The bot says that a person answers now, under the first name the reviewer chose."""
    name = visit.field("name", LONGEST_NAME) or visit.account.shown
    visit.audit("taken_over", case=_number(visit))
    with visit.store.desk.turn(_number(visit), visit.account.id, visit.at) as turn:
        if turn.line.taken_by not in (None, visit.account.id):
            return _talk(visit, visit.words("reply.taken_by", name=turn.line.taken_name))
        _refuse_gone(turn)
        if turn.line.taken_by is None:
            _say(visit, turn, "taken", name)
        turn.take_over(name)
        if turn.line.waiting_since is not None and visit.console.settings.team_hours:
            turn.remind(visit.at + visit.console.settings.absence, ABSENCE)
        if turn.line.assignee is None:
            turn.assign(visit.account.id)
        if turn.line.status == "new":
            turn.set_status("open")
    return _talk(visit, visit.words("reply.taken"))


async def hand_back(visit: Visit) -> Response:
    """The program answers again, and says so."""
    visit.audit("handed_back", case=_number(visit))
    with visit.store.desk.turn(_number(visit), visit.account.id, visit.at) as turn:
        if turn.line.taken_by is None:
            return _talk(visit, visit.words("reply.not_taken"))
        if not telling.has_left(turn.case):
            _say(visit, turn, "handed_back", turn.line.taken_name or "")
        turn.hand_back()
    visit.store.typing.stop(_number(visit))
    return _talk(visit, visit.words("reply.handed_back"))


async def answer(visit: Visit) -> Response:
    """Words to her, in the outbox in the same transaction as the line of the conversation."""
    words = visit.field("words", LONGEST)
    if not words:
        return _talk(visit, visit.words("reply.empty"))
    visit.audit("answered", case=_number(visit))
    with visit.store.desk.turn(_number(visit), visit.account.id, visit.at) as turn:
        if turn.line.taken_by != visit.account.id:
            return _talk(visit, visit.words("reply.take_first"))
        _refuse_gone(turn)
        knowledge, language, name = visit.console.knowledge, telling.language_of(turn.case), turn.line.taken_name or ""
        signed = knowledge.texts.get("desk.signed", language, name=name, words=words)
        turn.reply(name, words, telling.body(knowledge, language, signed))
        turn.draft("")
    visit.store.typing.stop(_number(visit))
    return _talk(visit, visit.words("reply.queued"))


async def types(visit: Visit) -> Response:
    """Somebody types an answer: the platform shows her so. Nothing of the words comes here, and nothing if she left."""
    number = _number(visit)
    case = visit.store.desk.case(number)
    if case is None:
        raise NoCaseError(number)
    if not telling.has_left(case):
        visit.store.typing.staff(number, visit.account.id, visit.at + STILL_TYPING)
    return Response(status_code=204)


async def draft(visit: Visit) -> Response:
    """What is being typed survives a reload."""
    words = visit.field("words", LONGEST)
    with visit.store.desk.turn(_number(visit), visit.account.id, visit.at) as turn:
        turn.draft(words)
    return Response(status_code=204)


def _refuse_gone(turn: DeskTurn) -> None:
    """She left: nothing is pushed to a phone that somebody else may hold."""
    if telling.has_left(turn.case):
        raise RefusedError(409, "error.has_left")


def _say(visit: Visit, turn: DeskTurn, key: str, name: str) -> None:
    knowledge, language = visit.console.knowledge, telling.language_of(turn.case)
    words = knowledge.texts.get(f"desk.{key}", language, name=name, association=visit.console.settings.association)
    turn.say("send", telling.body(knowledge, language, words))
    turn.transcribe("bot", words, visit.at)


def _talk(visit: Visit, message: str) -> Response:
    response = case.parts(visit, message, "head", "talk")
    response.headers["hx-trigger"] = "recours:change"
    return response


async def stream_queue(visit: Visit) -> Response:
    """Something arrived: the page asks for its lines again."""
    return _stream(_beats(visit))


async def stream_case(visit: Visit) -> Response:
    """The same for one case; while it is open others see who looks at it."""
    visit.store.desk.pulse_of(_number(visit))
    return _stream(_beats_of(visit, _number(visit)))


def _stream(beats: AsyncIterator[bytes]) -> Response:
    return StreamingResponse(beats, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def _beats(visit: Visit) -> AsyncIterator[bytes]:
    live = visit.console.live
    seen = live.queue
    yield COMMENT
    async for _ in live.beats():
        if not _still_in(visit):
            return
        yield b"event: change\ndata: 1\n\n" if live.queue != seen else COMMENT
        seen = live.queue


async def _beats_of(visit: Visit, number: str) -> AsyncIterator[bytes]:
    live = visit.console.live
    seen: tuple[object, ...] = ()
    typed = visit.store.typing.person_until(number)
    with live.looking(number, visit.account.name):
        await live.poke()
        yield COMMENT
        async for _ in live.beats():
            if not _still_in(visit) or visit.store.desk.line(number) is None:
                yield b"event: gone\ndata: 1\n\n"
                return
            now = (*visit.store.desk.pulse_of(number), *live.viewers(number))
            yield b"event: change\ndata: 1\n\n" if now != seen else COMMENT
            seen, before, typed = now, typed, visit.store.typing.person_until(number)
            if typed is not None and typed != before:
                yield b"event: typing\ndata: 1\n\n"
    await live.poke()


def _still_in(visit: Visit) -> bool:
    """The session may end while a stream is open."""
    assert visit.session is not None  # noqa: S101 - behind the gate
    session = visit.store.staff.session(visit.session.digest)
    return session is not None and visit.console.now() - session.seen_at <= visit.console.settings.idle


PAGES = (
    Page("/cases/{number}/take", take_over, CASES, "POST"),
    Page("/cases/{number}/hand-back", hand_back, CASES, "POST"),
    Page("/cases/{number}/answer", answer, CASES, "POST"),
    Page("/cases/{number}/typing", types, CASES, "POST"),
    Page("/cases/{number}/draft", draft, CASES, "POST"),
    Page("/live", stream_queue, CASES),
    Page("/cases/{number}/live", stream_case, CASES),
)
