"""The pages of the web chat: one page, one form, one stream of events, one way out. All is rendered on the server."""

import hashlib
import json
import secrets
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs, quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from bot.channel import Raw, Take
from bot.channels.web_headers import Headers, is_ours
from bot.channels.web_limit import Newcomers
from bot.channels.web_threads import Thread, Threads
from bot.config import Config
from bot.instants import now
from bot.messages import MediaKind
from flows import contacts
from flows.knowledge import Knowledge
from flows.texts import Texts

FILES = Path(__file__).parent / "web_files"
STATIC = {"chat.css": "text/css", "chat.js": "text/javascript", "icon.svg": "image/svg+xml"}
COOKIE = "s"
LARGEST_POST = 200_000  # bytes: a long paste; no file is ever sent here
LONGEST_WAIT = 8.0  # seconds a page without script waits for the answer
KEEP_ALIVE = 15.0  # seconds between two signs of life on a quiet stream
KINDS = {"image": MediaKind.PHOTO, "video": MediaKind.VIDEO, "audio": MediaKind.AUDIO}
LEAVE = "leave"


class Pages:
    """Everything a browser may ask for."""

    def __init__(self, settings: Config, knowledge: Knowledge, threads: Threads, typed: Callable[[str], None]) -> None:
        self._typed = typed
        self._web = settings.web
        self._settings = settings
        self._knowledge = knowledge
        self._texts = knowledge.texts
        self._threads = threads
        self._newcomers = Newcomers(settings.web)
        self._templates = Environment(
            loader=FileSystemLoader(FILES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def app(self, take: Take) -> Starlette:
        """The application; what is posted is given to `take`."""

        async def say(request: Request) -> Response:
            return await self._say(request, take) if is_ours(request) else Response(status_code=403)

        async def leave(request: Request) -> Response:
            return await self._leave(request, take) if is_ours(request) else Response(status_code=403)

        routes = [
            Route("/", self._page, methods=["GET"]),
            Route("/say", say, methods=["POST"]),
            Route("/leave", leave, methods=["POST"]),
            Route("/typing", self._typing, methods=["POST"]),
            Route("/events", self._events, methods=["GET"]),
            Route("/file/{number:int}", self._file, methods=["GET"]),
            Route("/{name}", self._static, methods=["GET"]),
        ]
        return Starlette(routes=routes, middleware=[Middleware(Headers, settings=self._web)])

    async def _page(self, request: Request) -> Response:
        chat = _chat(request.cookies.get(COOKIE))
        thread = self._threads.open(chat, now()) if chat else None
        if thread and thread.gone:
            return self._out(request)
        return self._render(request, thread)

    def _render(
        self, request: Request, thread: Thread | None, fault: str = "", status: int = 200, **values: str
    ) -> Response:
        words = _Words(self._texts, _language(request, self._texts, self._settings.conversation.language))
        page = self._templates.get_template("page.html").render(
            words=words,
            title=self._web.title,
            leave_to=self._web.leave_to,
            association=self._settings.association.name,
            lines=thread.lines if thread else [],
            last=thread.lines[-1].number if thread and thread.lines else 0,
            begun=thread is not None,
            nonce=secrets.token_urlsafe(12),
            fault=words(fault, **values) if fault else "",
        )
        return HTMLResponse(page, status_code=status)

    async def _say(self, request: Request, take: Take) -> Response:
        form = await _form(request)
        if form is None:
            return self._render(request, self._thread_of(request), "too_long", status=413)
        if form.get("choice") == LEAVE:
            return await self._leave(request, take)
        token = request.cookies.get(COOKIE, "")
        chat = _chat(token)
        if not chat and not self._newcomers.may_begin(request, now()):
            return self._too_many(request)
        if not chat:
            token = secrets.token_urlsafe(32)
            chat = _chat(token)
        thread = self._threads.open(chat, now())
        raw = _raw(chat, form, _language(request, self._texts, self._settings.conversation.language))
        if raw is None:
            return _told(request, RedirectResponse("/", status_code=303))
        thread.expect(raw.update)
        if not await take([raw]):
            return self._render(request, thread, "down", status=503)
        said = form.get("text", "") or thread.label(form.get("choice", "")) or form.get("name", "")
        if said and not said.startswith("/"):
            thread.add(said, mine=True)
        response = await self._answer(request, thread)
        self._set_cookie(response, token)
        return response

    def _too_many(self, request: Request) -> Response:
        """Somebody who may be in danger is never turned away without the numbers."""
        language = _language(request, self._texts, self._settings.conversation.language)
        numbers = contacts.values(self._knowledge, now(), language)
        if _by_script(request):
            return PlainTextResponse(self._texts.get("web.too_many", language, **numbers), status_code=429)
        return self._render(request, None, "too_many", status=429, **numbers)

    async def _answer(self, request: Request, thread: Thread) -> Response:
        """For the script nothing more is needed; a page without script waits for the answer."""
        if _by_script(request):
            return Response(status_code=204)
        deadline = now().timestamp() + LONGEST_WAIT
        try:
            while not thread.drained.is_set():
                await thread.change(deadline - now().timestamp())
        except TimeoutError:
            pass
        return self._out(request) if thread.gone else RedirectResponse("/#end", status_code=303)

    async def _typing(self, request: Request) -> Response:
        """She types: that it happens, nothing of what; its content is not even read."""
        if not is_ours(request):
            return Response(status_code=403)
        chat = _chat(request.cookies.get(COOKIE))
        thread = self._threads.get(chat)
        if thread is not None and not thread.gone:
            self._typed(chat)
        return Response(status_code=204)

    async def _leave(self, request: Request, take: Take) -> Response:
        """The screen goes at once; the engine is told through the inbox like everything else."""
        chat = _chat(request.cookies.get(COOKIE))
        if chat:
            thread = self._threads.get(chat)
            if thread is None or not thread.gone:
                update = f"{chat}-{secrets.token_urlsafe(9)}"
                await take([_update(chat, update, {"choice": LEAVE})])
            self._threads.drop(chat)
        return self._out(request)

    def _out(self, request: Request) -> Response:
        response: Response = RedirectResponse(self._web.leave_to, status_code=303)
        if _by_script(request) or (request.url.path == "/leave" and request.headers.get("sec-fetch-mode") == "no-cors"):
            response = Response(status_code=204)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=self._secure)
        return response

    async def _events(self, request: Request) -> Response:
        thread = self._thread_of(request)
        if thread is None:
            return Response(status_code=204)  # an EventSource stops there
        last = request.headers.get("last-event-id") or request.query_params.get("after", "0")
        stream = self._stream(thread, int(last) if last.isdigit() else 0)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def _stream(self, thread: Thread, last: int) -> AsyncIterator[str]:
        template = self._templates.get_template("line.html")
        thread.streams += 1
        typed = thread.typed
        try:
            yield "retry: 2000\n\n"
            while not self._threads.closing:
                if thread.wiped_at > last:
                    last = thread.wiped_at
                    yield f"id: {last}\nevent: wiped\ndata:\n\n"
                for line in thread.after(last):
                    last = line.number
                    data = template.render(line=line).replace("\n", "\ndata: ")
                    yield f"id: {last}\nevent: line\ndata: {data}\n\n"
                if thread.typed != typed:
                    typed = thread.typed
                    yield "event: typing\ndata:\n\n"
                if thread.gone:
                    yield "event: gone\ndata:\n\n"
                    return
                try:
                    await thread.change(KEEP_ALIVE)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            thread.streams -= 1
            thread.seen_at = now()

    async def _file(self, request: Request) -> Response:
        thread = self._thread_of(request)
        found = [line for line in thread.lines if line.number == request.path_params["number"]] if thread else []
        if not found or found[0].file is None:
            return Response(status_code=404)
        file = found[0].file
        name = quote(file["name"])
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(b64decode(file["base64"]), media_type=file["mime"], headers=headers)

    async def _static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STATIC:
            return Response(status_code=404)
        return FileResponse(FILES / name, media_type=STATIC[name])

    def _thread_of(self, request: Request) -> Thread | None:
        chat = _chat(request.cookies.get(COOKIE))
        return self._threads.open(chat, now()) if chat else None

    def _set_cookie(self, response: Response, token: str) -> None:
        if "set-cookie" not in response.headers:
            response.set_cookie(COOKIE, token, path="/", httponly=True, samesite="strict", secure=self._secure)

    @property
    def _secure(self) -> bool:
        return self._web.url.startswith("https://")


class _Words:
    """The page's own words, in one language."""

    def __init__(self, texts: Texts, language: str) -> None:
        self._texts = texts
        self.language = language

    def __call__(self, name: str, **values: object) -> str:
        return self._texts.get(f"web.{name}", self.language, **values)


def _chat(token: str | None) -> str:
    """The conversation of a session: the store never holds what would open it."""
    return hashlib.sha256(token.encode()).hexdigest()[:32] if token else ""


def _raw(chat: str, form: Mapping[str, str], language: str) -> Raw | None:
    """What was posted, as it waits in the inbox; a form posted twice is handled once. None when it is empty."""
    content: dict[str, object] = {"language": language}
    if choice := form.get("choice"):
        content["choice"] = choice[:64]
    elif mime := form.get("mime"):
        kind = KINDS.get(mime.partition("/")[0], MediaKind.DOCUMENT)
        size = form.get("size", "")
        content["media"] = {"kind": kind, "mime": mime[:100], "size": int(size) if size.isdecimal() else None}
    elif text := form.get("text", "").strip():
        content["text"] = text
    else:
        return None
    what = json.dumps([chat, form.get("nonce") or secrets.token_urlsafe(12), content])
    return _update(chat, hashlib.sha256(what.encode()).hexdigest()[:32], content)


def _update(chat: str, update: str, content: Mapping[str, object]) -> Raw:
    return Raw(update, chat, json.dumps({"chat": chat, "update": update, **content}, ensure_ascii=False))


async def _form(request: Request) -> dict[str, str] | None:
    """The fields of a posted form; None when it is too large."""
    content = b""
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > LARGEST_POST:
                return None
    except ClientDisconnect:
        return {}
    fields = parse_qs(content.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
    return {name: values[-1].replace("\r\n", "\n") for name, values in fields.items()}


def _language(request: Request, texts: Texts, default: str) -> str:
    wanted = request.headers.get("accept-language", "").partition(",")[0].partition("-")[0].strip().lower()
    return wanted if wanted in texts.languages else default


def _by_script(request: Request) -> bool:
    return request.headers.get("accept") == "text/event-stream"


def _told(request: Request, otherwise: Response) -> Response:
    return Response(status_code=204) if _by_script(request) else otherwise
