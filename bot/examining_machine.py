"""Examinations of the machine: interpreter, account, disk, clock, ports."""

import os
import platform
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address

import httpx

from bot.symptoms import Symptom, Visit, notice, right, wrong
from cases import keys, opening
from cases.errors import StoreError

OLDEST_PYTHON = (3, 11)
RELEASED_ON = date(2026, 11, 24)  # no clock that is right shows a day before the release
MEGABYTE = 1_000_000
LOW, LEAST = 1_000 * MEGABYTE, 200 * MEGABYTE
COPIES = 2  # of the store: a backup and the room to restore it
STEP_BACK = timedelta(minutes=5)
MOST_DRIFT = 30.0  # seconds: codes of a second factor live as long
SECONDS = 5.0


def python(_: Visit) -> Iterator[Symptom]:
    """Whether the interpreter is recent enough."""
    version = platform.python_version()
    yield (
        right("python.right", version=version)
        if sys.version_info >= OLDEST_PYTHON
        else wrong("python.wrong", version=version)
    )


def account(_: Visit) -> Iterator[Symptom]:
    """Whether this runs as root."""
    if os.geteuid() == 0:
        yield notice("account.notice")


def disk(visit: Visit) -> Iterator[Symptom]:
    """Room for the store to grow and for a backup."""
    path = visit.settings.path(visit.settings.store.path)
    folder = next(parent for parent in path.parents if parent.is_dir())
    free = shutil.disk_usage(folder).free
    size = path.stat().st_size if path.is_file() else 0
    needed = max(LEAST, COPIES * size)
    values = {"free": free // MEGABYTE, "needed": needed // MEGABYTE}
    if free < needed:
        yield wrong("disk.wrong", **values)
    else:
        yield notice("disk.low", **values) if free < LOW + needed else right("disk.right", **values)


def clock(visit: Visit) -> Iterator[Symptom]:
    """Whether the clock can be right: after the release, after all that is in the store, near the platform's."""
    found = list(_clock_faults(visit))
    yield from found or [right("clock.right")]


def _clock_faults(visit: Visit) -> Iterator[Symptom]:
    if visit.now.date() < RELEASED_ON:
        yield wrong("clock.past", day=visit.now.strftime("%d/%m/%Y"))
    latest = _last_written_at(visit)
    if latest is not None and latest > visit.now + STEP_BACK:
        yield wrong("clock.behind")
    drift = _drift(visit) if visit.online else None
    if drift is not None and drift > MOST_DRIFT:
        yield wrong("clock.drift", seconds=round(drift))


def _last_written_at(visit: Visit) -> datetime | None:
    """The latest instant in the store; None when it cannot be read, which other examinations say."""
    where = visit.settings.store_place()
    try:
        store = opening.open_store(where, keys.read(visit.settings.path(visit.settings.store.key_file)))
    except StoreError:
        return None
    try:
        return store.health.last_written_at()
    finally:
        store.close()


def _drift(visit: Visit) -> float | None:
    """Seconds between this clock and the one of Telegram's servers; None when they do not answer."""
    with suppress(httpx.HTTPError, KeyError, ValueError, TypeError):
        answer = httpx.get(httpx.URL(visit.settings.telegram.api).join("/"), timeout=SECONDS)
        theirs = parsedate_to_datetime(answer.headers["date"])
        return abs((datetime.now(UTC) - theirs).total_seconds())
    return None


def ports(visit: Visit) -> Iterator[Symptom]:
    """Who holds the ports of the configuration, and whether one is open to others."""
    settings = visit.settings
    webhook = settings.telegram.enabled and settings.telegram.mode == "webhook"
    places = (
        ("console", settings.review.listen, settings.review.port, True),
        ("/healthz", settings.health.listen, settings.health.port, settings.health.enabled),
        ("web", settings.web.listen, settings.web.port, settings.web.enabled),
        ("Telegram", settings.telegram.webhook_listen, settings.telegram.webhook_port, webhook),
        ("WhatsApp", settings.whatsapp.listen, settings.whatsapp.port, settings.whatsapp.enabled),
    )
    for what, listen, port, wanted in places:
        if wanted:
            yield _port(what, listen, port)
            if not _is_loopback(listen):
                yield notice("port.abroad", what=what, listen=listen)


def _port(what: str, listen: str, port: int) -> Symptom:
    if _is_free(listen, port):
        return right("port.right", what=what, port=port)
    here = "127.0.0.1" if not _is_loopback(listen) else listen
    with suppress(httpx.HTTPError, ValueError):
        if httpx.get(f"http://{here}:{port}/healthz", timeout=SECONDS).text.startswith("recours"):
            return right("port.served", what=what, port=port)
    return notice("port.taken", what=what, port=port)


def _is_free(listen: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in listen else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listen, port))
        except OSError:
            return False
    return True


def _is_loopback(listen: str) -> bool:
    if listen == "localhost":
        return True
    try:
        return ip_address(listen).is_loopback
    except ValueError:
        return False
