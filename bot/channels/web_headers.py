"""What every answer of the web chat forbids the browser: outside requests, inline code, keeping anything, framing."""

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.config import Web


def policy(settings: Web) -> str:
    """The Content-Security-Policy; a form that leaves is redirected, so its target is allowed by name."""
    out = urlsplit(settings.leave_to)
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            f"form-action 'self' {out.scheme}://{out.netloc}",
            "frame-ancestors " + (settings.embed_from or "'none'"),
            "base-uri 'none'",
            "object-src 'none'",
        )
    )


class Headers:
    """Adds them to every answer."""

    def __init__(self, app: ASGIApp, settings: Web) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": policy(settings),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
            "X-Robots-Tag": "noindex",
            **({} if settings.embed_from else {"X-Frame-Options": "DENY"}),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer back with its headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, with_headers)


def is_ours(request: Request) -> bool:
    """Whether a post comes from our own page: another site cannot make her say anything."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
