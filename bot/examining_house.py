"""Examinations of what the association wrote and chose: configuration, texts, models, channels, trusted date."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
from cryptography import x509

from bot import running
from bot.config import ConfigError
from bot.symptoms import Symptom, Visit, notice, right, wrong
from cases import timestamp
from cases.timestamp import TimestampError
from flows import check, knowledge
from flows.contacts import PARIS
from nlp import classifier, safety, screenshot
from nlp.archive import ModelError

DEMONSTRATION = ("(démonstration)", "association.example")
DIGITS = 12  # of a model's digest, enough to compare two machines by eye
NO_HEAD = "0" * 64  # dated to see whether the authority answers: no case has this head
SECONDS = 10.0


def config(visit: Visit) -> Iterator[Symptom]:
    """The configuration was read; whether the association made it its own."""
    yield right("config.right", file=visit.file)
    written = (visit.settings.association.name, visit.settings.association.contact)
    invented = any(mark in word for mark in DEMONSTRATION for word in written)
    yield wrong("association.wrong") if invented else right("association.right")


def content(visit: Visit) -> Iterator[Symptom]:
    """Everything `recours check` reads in the data files."""
    count = len(check.check(knowledge.FOLDER, visit.now.astimezone(PARIS).date()))
    yield wrong("content.wrong", count=count) if count else right("content.right")


def models(visit: Visit) -> Iterator[Symptom]:
    """Both models load, with the digest written beside their weights."""
    try:
        classifier.Classifier.load(visit.models)
        safety.SafetyDetector.load(visit.models)
    except ModelError as error:
        yield wrong("models.wrong", sentence=error)
        return
    digests = [_digest(visit.models / f"{name}.json") for name in (classifier.NAME, safety.NAME)]
    yield right("models.right", classifier=digests[0], detector=digests[1])


def _digest(sheet: Path) -> str:
    return str(json.loads(sheet.read_text(encoding="utf-8"))["sha256"])[:DIGITS]


def screenshots(visit: Visit) -> Iterator[Symptom]:
    """Tesseract with its languages, where screenshots are read."""
    if not visit.settings.media.read_screenshots:
        yield right("screenshots.off")
    else:
        yield wrong("screenshots.wrong") if screenshot.missing() else right("screenshots.right")


def channels(visit: Visit) -> Iterator[Symptom]:
    """Which channels can start; with `online`, whether their platform takes the token."""
    settings = visit.settings
    try:
        secrets = running.secrets(settings)
    except ConfigError as error:
        yield wrong("channels.secret", sentence=error)
        return
    ready = running.ready_channels(settings, secrets)
    for name, can in ready.items():
        if not can:
            yield wrong("channels.missing", channel=name)
    able = [name for name, can in ready.items() if can]
    yield right("channels.right", channels=", ".join(able)) if able else wrong("channels.none")
    if visit.online:
        if "telegram" in able:
            yield _token("Telegram", f"{settings.telegram.api}{secrets[running.TELEGRAM_TOKEN]}/getMe", {})
        if "matrix" in able:
            bearer = {"Authorization": f"Bearer {secrets[running.MATRIX_TOKEN]}"}
            yield _token("Matrix", f"{settings.matrix.homeserver}/_matrix/client/v3/account/whoami", bearer)


def _token(channel: str, url: str, headers: dict[str, str]) -> Symptom:
    """Ask the platform who the token is; its answer is not read further."""
    try:
        status = httpx.get(url, headers=headers, timeout=SECONDS).status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return wrong("token.unreachable", channel=channel, fault=type(error).__name__)
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND):
        return wrong("token.refused", channel=channel)
    if status != httpx.codes.OK:
        return wrong("token.unreachable", channel=channel, fault=f"HTTP {status}")
    return right("token.right", channel=channel)


def trusted_date(visit: Visit) -> Iterator[Symptom]:
    """The timestamp authority, where one is asked."""
    settings = visit.settings.timestamp
    if not settings.url:
        yield right("timestamp.off")
        return
    if not settings.certificates:
        yield notice("timestamp.unchecked")
    elif not _holds_certificate(visit.settings.path(Path(settings.certificates))):
        yield wrong("timestamp.certificates", file=settings.certificates)
    if not visit.online:
        yield right("timestamp.right")
        return
    try:
        timestamp.ask(NO_HEAD, settings.url)
        yield right("timestamp.answered")
    except TimestampError:
        yield notice("timestamp.unreachable")


def _holds_certificate(file: Path) -> bool:
    try:
        return bool(x509.load_pem_x509_certificates(file.read_bytes()))
    except (OSError, ValueError):
        return False
