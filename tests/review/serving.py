"""A console that really listens, on a store with invented people, and browsers of staff."""

import asyncio
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import httpx
import pyotp
import uvicorn

from bot import cli, demo, handing, intake
from cases import keys
from cases.desk import Filters
from cases.dossier import bag
from cases.sql.store import SqlStore
from review.app import serve
from review.commands import add_account
from review.secrets import STEP_SECONDS
from review.settings import Settings
from tests.builders import ROOT, a_store, place_of, the_knowledge, the_means
from tests.ports import free_port

TOKEN = re.compile(r'name="token" value="([^"]+)"')
SEAL = re.compile(r'name="seal" value="([^"]+)"')


@dataclass
class Member:
    """Somebody of the staff, with what it takes to sign in."""

    name: str
    password: str
    secret: str
    codes: list[str]
    used: list[str] = field(default_factory=list)

    def code(self) -> str:
        """A code that was not given yet: the next step is accepted too, then the recovery codes.

        The step before only while it holds for ten seconds more: a browser takes its time to type.
        """
        now = int(datetime.now(UTC).timestamp())
        before = [now - STEP_SECONDS] if now % STEP_SECONDS < STEP_SECONDS - 10 else []
        for moment in (*before, now, now + STEP_SECONDS):
            code = pyotp.TOTP(self.secret).at(moment)
            if code not in self.used:
                self.used.append(code)
                return code
        return self.codes.pop()


class Visitor(httpx.Client):
    """A browser; it may be used before it is closed by `with`."""

    def __enter__(self) -> Self:
        return self


@dataclass
class House:
    """A running console and the store behind it."""

    url: str
    settings: Settings
    store: SqlStore
    folder: Path
    opened: list[Visitor] = field(default_factory=list)

    def hire(self, name: str, *roles: str) -> Member:
        """Make an account."""
        return Member(name, *add_account(self.store, name, roles, datetime.now(UTC)))

    def visitor(self, **headers: str) -> Visitor:
        """A browser that has not signed in."""
        opened = Visitor(base_url=self.url, headers=headers, timeout=20)
        self.opened.append(opened)
        return opened

    def signed_in(self, member: Member) -> Visitor:
        """A browser that has."""
        client = self.visitor()
        answer = sign_in(client, member.name, member.password, member.code())
        assert answer.status_code == 303, answer.text
        return client

    @property
    def cases(self) -> list[str]:
        """Numbers, in the order of the queue."""
        return [line.number for line in self.store.desk.queue(Filters(status="any"), 100)]


def sign_in(client: httpx.Client, name: str, password: str, code: str, **more: str) -> httpx.Response:
    """Fill the form in."""
    seal = SEAL.search(client.get("/sign-in").text)
    data = {"seal": seal.group(1) if seal else "", "name": name, "password": password, "code": code, **more}
    return client.post("/sign-in", data=data)


def token_of(client: httpx.Client) -> str:
    """The token of the forms of this session."""
    found = TOKEN.search(client.get("/account").text)
    assert found is not None
    return found.group(1)


def post(client: httpx.Client, path: str, **data: str) -> httpx.Response:
    """Send a form as the pages do."""
    return client.post(path, data={"token": token_of(client), **data})


@contextmanager
def a_house(folder: Path, change: Callable[[Settings], Settings] = lambda settings: settings) -> Iterator[House]:
    """Start the console on a new store; stop it in the end."""
    store = a_store(folder)
    demo.invent(store, the_means(), datetime.now(UTC))
    settings = change(settings_for(folder))
    listening, servers = threading.Event(), []

    def started(server: uvicorn.Server) -> None:
        servers.append(server)
        listening.set()

    serving = threading.Thread(target=lambda: asyncio.run(serve(settings, started)))
    serving.start()
    assert listening.wait(30)
    house = House(f"http://{settings.listen}:{settings.port}", settings, store, folder)
    try:
        yield house
    finally:
        for visitor in house.opened:
            visitor.close()
        servers[0].should_exit = True
        serving.join(20)
        store.close()


def settings_for(folder: Path) -> Settings:
    """Those of the tests."""

    def print_dossier(*of: Any) -> tuple[bytes, Any]:
        printed = handing.print_dossier(of[0], of[1], the_knowledge(), "Association de test", of[2])
        return printed.pdf, printed.logged

    def pack_bag(*of: Any) -> tuple[bytes, Any]:
        printed = handing.print_dossier(of[0], of[1], the_knowledge(), "Association de test", of[2])
        files = handing.bag_of(of[0], of[1], printed, the_knowledge(), of[2])
        return bag.pack(files, of[0].number, of[3]), printed.logged

    config = folder / "config.toml"
    shutil.copy(ROOT / "config.toml", config)
    left_out = shutil.ignore_patterns("*.py", "__pycache__")
    shutil.copytree(ROOT / "flows", folder / "flows", ignore=left_out, dirs_exist_ok=True)
    return Settings(
        house=cli.house(config, folder / "flows"),
        store=place_of(folder),
        key=keys.read_file(folder / "key"),
        models=ROOT / "models",
        association="Association de test",
        timezone=ZoneInfo("Europe/Paris"),
        print_dossier=print_dossier,
        pack_bag=pack_bag,
        converse=intake.converser(the_means),
        port=free_port(),
    )
