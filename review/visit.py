"""One request of a browser as the pages see it, and what they answer with."""

import asyncio
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from cases.sql.store import SqlStore
from cases.staff import Account, Session
from flows.knowledge import Knowledge
from flows.texts import Texts
from nlp.classifier import Classifier
from review.live import Live
from review.secrets import digest
from review.settings import Settings

FOLDER = Path(__file__).parent
FORM_TOKEN = "token"  # noqa: S105 - the name of a field
SEE_OTHER = 303


@dataclass(slots=True)
class Console:
    """Everything the pages work with; built once when the console starts."""

    settings: Settings
    store: SqlStore
    knowledge: Knowledge
    texts: Texts
    classifier: Classifier
    live: Live
    templates: Environment
    refreshed_on: date | None = None
    editing: asyncio.Lock = field(default_factory=asyncio.Lock)
    spent: dict[bytes, int] = field(default_factory=dict, repr=False)  # challenges answered, until when
    sealing: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def now(self) -> datetime:
        """This instant (UTC)."""
        return datetime.now(UTC)


def templates() -> Environment:
    """Every value is escaped; a name that is missing is an error."""
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class RefusedError(Exception):
    """A request that is not served: its status and the key of the sentence that says why."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers or {}


@dataclass(slots=True)
class Visit:
    """One request.

    Attributes:
        console: what the pages work with.
        request: Starlette's.
        session: whose, or None before signing in.
        form: fields of a form; the last value of each.
    """

    console: Console
    request: Request
    session: Session | None = None
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def account(self) -> Account:
        """Who is signed in."""
        assert self.session is not None  # noqa: S101 - the gate lets nobody else in
        return self.session.account

    @property
    def store(self) -> SqlStore:
        """The case store."""
        return self.console.store

    @property
    def language(self) -> str:
        """Of the pages: the account's, else the browser's when it is there, else the house's."""
        known = self.console.texts.languages
        if self.session is not None:
            wanted = str(self.account.settings.get("language", ""))
        else:
            wanted = self.request.headers.get("accept-language", "")[:2].lower()
        return wanted if wanted in known else self.console.settings.language

    @property
    def by_htmx(self) -> bool:
        """Whether only parts of the page are wanted."""
        return self.request.headers.get("hx-request") == "true"

    def words(self, key: str, **values: object) -> str:
        """A text of the console."""
        return self.console.texts.get(key, self.language, **values)

    def said(self, key: str, **values: object) -> str:
        """A text of the law, the facts, the labels."""
        return self.console.knowledge.texts.get(key, self.language, **values)

    def field(self, name: str, longest: int = 200) -> str:
        """A field of the form, stripped.

        Raises:
            RefusedError: it is too long.
        """
        value = self.form.get(name, "").strip()
        if len(value) > longest:
            raise RefusedError(400, "error.too_long")
        return value

    def audit(self, event: str, **detail: object) -> None:
        """Write to the audit log, before anything is shown; ids only."""
        who = self.session.account.name if self.session else None
        self.store.audit.write(event, {"staff": who, **detail}, self.at)

    def moment(self, at: datetime) -> str:
        """A date and an hour of the house."""
        return at.astimezone(self.console.settings.timezone).strftime("%d/%m/%Y %H:%M")

    def render(self, template: str, /, status: int = 200, **values: Any) -> Response:  # noqa: ANN401 - whatever a template needs
        """A page or a part of one."""
        return HTMLResponse(self.markup(template, **values), status)

    def markup(self, template: str, /, **values: Any) -> str:  # noqa: ANN401 - see render
        """The same as text."""
        return self.console.templates.get_template(template).render(
            visit=self,
            t=self.words,
            said=self.said,
            language=self.language,
            account=self.session.account if self.session else None,
            token=self.session.token if self.session else "",
            settings=self.console.settings,
            **values,
        )

    def go(self, path: str) -> Response:
        """Another page of ours; never an address that came from outside."""
        if self.by_htmx:
            return Response(status_code=204, headers={"HX-Redirect": path})
        return RedirectResponse(path, SEE_OTHER)

    def seal(self, value: str) -> str:
        """What only this process can write about a value (forms before signing in)."""
        return hmac.new(self.console.sealing, value.encode(), "sha256").hexdigest()

    def held(self, cookie: str) -> str:
        """Digest of what the browser holds under that name; "" when nothing."""
        value = self.request.cookies.get(self.cookie(cookie), "")
        return digest(value) if value else ""

    def cookie(self, name: str) -> str:
        """The name of a cookie; over https no other host or path can set it."""
        return f"__Host-recours-{name}" if self.console.settings.secure else f"recours-{name}"

    def keep(self, response: Response, name: str, value: str, seconds: int | None = None) -> None:
        """Give the browser a cookie that scripts and other sites cannot use."""
        response.set_cookie(
            self.cookie(name),
            value,
            max_age=seconds,
            path="/",
            secure=self.console.settings.secure,
            httponly=True,
            samesite="strict",
        )
