"""`config.toml` and the environment, read once into one frozen `Config`. Secrets never stand in config.toml."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypedDict, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cases import keys
from flows.hours import DAYS

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 1_000_000  # of a number; beyond it a duration cannot be counted back from today
MOST_DAYS = 3650  # a retention: no purpose of a helpline lasts longer


class ConfigError(Exception):
    """A setting is missing or wrong; one line that names the key and the remedy."""


@dataclass(frozen=True, slots=True)
class Association:
    """Who runs the helpline: its name as the person reads it, hours as `mon 09:00-17:00` in `timezone`."""

    name: str
    contact: str
    timezone: str = "Europe/Paris"
    team_hours: tuple[str, ...] = ()
    answer_delay: str = ""
    absence_minutes: int = 150


@dataclass(frozen=True, slots=True)
class Conversation:
    """How the conversation behaves."""

    word: str = "parapluie"
    resume_after_hours: int = 6
    language: str = "fr"


@dataclass(frozen=True, slots=True)
class Retention:
    """How long cases and backups are kept, in days."""

    days: int = 365
    abandoned_days: int = 30
    warn_days: int = 14
    court_days: int = 730
    backup_days: int = 7

    def limits(self, now: datetime) -> "Limits":
        """What `Store.purge` erases at an instant."""
        return {
            "before": now - timedelta(days=self.days),
            "today": now.date(),
            "abandoned_before": now - timedelta(days=self.abandoned_days),
        }


class Limits(TypedDict):
    """Arguments of `Store.purge`."""

    before: datetime
    today: date
    abandoned_before: datetime


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where the case store and its key are: a file, or a PostgreSQL database when `url` names one."""

    url: str = ""
    path: Path = Path("data/recours.db")
    key_file: Path = Path("~/.config/recours/key")
    backups: Path = Path("data/backups")


@dataclass(frozen=True, slots=True)
class Telegram:
    """The Telegram channel; the token comes from RECOURS_TELEGRAM_TOKEN or `token_file`."""

    enabled: bool = True
    mode: str = "polling"
    token_file: str = ""
    api: str = "https://api.telegram.org/bot"
    protect_content: bool = True
    webhook_url: str = ""
    webhook_listen: str = "127.0.0.1"
    webhook_port: int = 8443


MEDIA_POLICIES = ("reference", "digest", "keep")


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """What becomes of files she shows, and whether screenshots are read; config.toml explains the law beside each."""

    policy: str = "reference"
    read_screenshots: bool = False


@dataclass(frozen=True, slots=True)
class Web:
    """The web chat: where it listens, its public address, and where the leave key goes."""

    enabled: bool = False
    listen: str = "127.0.0.1"
    port: int = 8480
    url: str = ""
    title: str = "Informations pratiques"
    leave_to: str = "https://meteofrance.com/"
    embed_from: str = ""
    conversations_an_hour: int = 60
    address_header: str = ""


@dataclass(frozen=True, slots=True)
class Matrix:
    """The Matrix channel; the access token comes from RECOURS_MATRIX_TOKEN or `token_file`."""

    enabled: bool = False
    homeserver: str = ""
    user: str = ""
    device: str = ""
    token_file: str = ""


@dataclass(frozen=True, slots=True)
class WhatsApp:
    """The WhatsApp channel (Cloud API); its three secrets come from the environment or from files."""

    enabled: bool = False
    phone_id: str = ""
    api: str = "https://graph.facebook.com/v23.0"
    listen: str = "127.0.0.1"
    port: int = 8490
    template: str = ""
    template_language: str = "fr"
    token_file: str = ""
    app_secret_file: str = ""
    verify_token_file: str = ""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A trusted date for exports: the authority's address, and its root certificate in a PEM file."""

    url: str = ""
    certificates: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """Health, readiness and metrics over HTTP: where they are served, and from when a queue counts as stuck."""

    enabled: bool = False
    listen: str = "127.0.0.1"
    port: int = 8460
    inbox_minutes: int = 2
    outbox_minutes: int = 15


LOG_FORMATS = ("text", "json")


@dataclass(frozen=True, slots=True)
class Logs:
    """How events are written on standard error."""

    format: str = "text"


@dataclass(frozen=True, slots=True)
class Review:
    """The console of the staff: where it listens, how long a session lives, how much is read in a day."""

    listen: str = "127.0.0.1"
    port: int = 8470
    public_url: str = ""
    idle_minutes: int = 30
    session_hours: int = 10
    exposure_limit: int = 30
    identity_by_two: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """All settings."""

    association: Association
    conversation: Conversation = field(default_factory=Conversation)
    retention: Retention = field(default_factory=Retention)
    store: StoreSettings = field(default_factory=StoreSettings)
    telegram: Telegram = field(default_factory=Telegram)
    web: Web = field(default_factory=Web)
    matrix: Matrix = field(default_factory=Matrix)
    whatsapp: WhatsApp = field(default_factory=WhatsApp)
    timestamp: Timestamp = field(default_factory=Timestamp)
    media: MediaSettings = field(default_factory=MediaSettings)
    review: Review = field(default_factory=Review)
    health: Health = field(default_factory=Health)
    logs: Logs = field(default_factory=Logs)
    root: Path = ROOT

    def path(self, setting: Path) -> Path:
        """A path of the configuration: `~` is the home folder, a relative one starts at the configuration's folder."""
        return self.root / setting.expanduser()

    def store_place(self) -> Path | str:
        """The file of the case store, or the address of the database that stands for it."""
        return self.store.url or self.path(self.store.path)


def load(path: Path | None = None) -> Config:
    """Read the configuration (`config.toml` of the checkout, or RECOURS_CONFIG, or `path`).

    Raises:
        ConfigError: the file is absent or not TOML, a key is unknown, or a value is not allowed.
    """
    file = path or location()
    try:
        content = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"{file}: no such file; copy config.toml from the checkout there") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from error
    return load_text(content, file)


def location() -> Path:
    """Where the configuration is read."""
    return Path(os.environ.get("RECOURS_CONFIG", ROOT / "config.toml"))


def load_text(content: str, file: Path) -> Config:
    """The same, of words that stand in `file` or are about to.

    Raises:
        ConfigError: see `load`.
    """
    try:
        raw = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from error
    config = parse(raw, file.name, file.resolve().parent)
    _check(config, file.name)
    return config


def parse(raw: Mapping[str, Any], file: str, root: Path) -> Config:
    """Turn the tables of config.toml into a Config; every wrong key is named."""
    sections = {f.name: f for f in fields(Config) if f.name != "root"}
    hints = get_type_hints(Config)
    _refuse_unknown(raw, sections, file, "")
    if "association" not in raw:
        raise ConfigError(f"{file}: [association] is missing; write the name and the contact of who runs the helpline")
    parts = {name: _section(hints[name], table, file, name) for name, table in raw.items()}
    return Config(**parts, root=root)


def secret(name: str, file: str = "") -> str | None:
    """A secret from the environment variable `name`, the credential of that name, or a file of mode 0600, else None.

    Raises:
        ConfigError: the file is absent or others may read it.
    """
    if value := os.environ.get(name, "").strip():
        return value
    handed = keys.credential(name)
    if not file and handed is None:
        return None
    path = handed or Path(file).expanduser()
    if not path.is_file():
        raise ConfigError(f"{path}: no such file; write the secret there, or set {name}")
    if path.stat().st_mode & 0o077:
        raise ConfigError(f"{path}: others may read it; run: chmod 600 {path}")
    return path.read_text(encoding="utf-8").strip()


def _section(kind: type, table: Any, file: str, name: str) -> Any:  # noqa: ANN401 - any of the section classes
    if not isinstance(table, dict):
        raise ConfigError(f"{file}: {name} must be a table: write [{name}] on its own line")
    assert is_dataclass(kind)  # noqa: S101 - only called with the classes above
    hints = get_type_hints(kind)
    known = {f.name: f for f in fields(kind)}
    _refuse_unknown(table, known, file, f"{name}.")
    values = {key: _value(hints[key], value, file, f"{name}.{key}") for key, value in table.items()}
    try:
        return kind(**values)
    except TypeError as error:
        missing = [key for key in ("name", "contact") if key in known and key not in values]
        raise ConfigError(f"{file}: {name}.{missing[0] if missing else '?'} is missing; write it") from error


def _value(kind: Any, value: Any, file: str, key: str) -> Any:  # noqa: ANN401 - TOML in, typed out
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind == tuple[str, ...] and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if kind is int and isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST:
        return value
    if kind in (str, bool) and isinstance(value, kind):
        return value
    wanted = {
        int: f"a whole number from 1 to {LARGEST}",
        str: "words between quotes",
        bool: "true or false",
        Path: "a path in quotes",
    }
    raise ConfigError(f"{file}: {key} = {value!r}: give {wanted.get(kind, 'a list of words between quotes')}")


def _refuse_unknown(table: Mapping[str, Any], known: Mapping[str, Any], file: str, prefix: str) -> None:
    for key in table:
        if key not in known:
            if "token" in key or "secret" in key or "password" in key:
                raise ConfigError(
                    f"{file}: {prefix}{key}: secrets never stand in this file; set RECOURS_TELEGRAM_TOKEN"
                )
            near = get_close_matches(key, list(known), n=1)
            hint = f"did you mean {prefix}{near[0]}?" if near else f"known: {', '.join(known)}"
            raise ConfigError(f"{file}: {prefix}{key}: no such setting; {hint}")


def _check(config: Config, file: str) -> None:
    try:
        ZoneInfo(config.association.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(f"{file}: association.timezone: no such zone; write for example Europe/Paris") from error
    if config.telegram.mode not in ("polling", "webhook"):
        raise ConfigError(f"{file}: telegram.mode = {config.telegram.mode!r}: write polling or webhook")
    if config.telegram.mode == "webhook" and not config.telegram.webhook_url.startswith("https://"):
        raise ConfigError(f"{file}: telegram.webhook_url: write the public https:// address of the webhook")
    _check_store(config.store.url, file)
    _check_web(config.web, file)
    if config.media.policy not in MEDIA_POLICIES:
        raise ConfigError(f"{file}: media.policy = {config.media.policy!r}: write {', '.join(MEDIA_POLICIES)}")
    if config.retention.warn_days >= config.retention.days:
        raise ConfigError(f"{file}: retention.warn_days: write fewer days than retention.days")
    if config.review.public_url and not config.review.public_url.startswith("https://"):
        raise ConfigError(f"{file}: review.public_url: write the https:// address of the console, or nothing")
    if not 3 <= len(config.conversation.word) <= 30:  # noqa: PLR2004 - said in the sentence
        raise ConfigError(f"{file}: conversation.word: choose one word of 3 to 30 letters")
    if config.logs.format not in LOG_FORMATS:
        raise ConfigError(f"{file}: logs.format = {config.logs.format!r}: write {' or '.join(LOG_FORMATS)}")
    _check_house(config, file)


def _check_store(url: str, file: str) -> None:
    if url and not url.startswith("postgresql://"):
        raise ConfigError(
            f"{file}: store.url: write for example postgresql://recours@db.example.org/recours, or nothing"
        )
    parts = urlsplit(url)
    if parts.password or "password=" in parts.query:
        raise ConfigError(f"{file}: store.url: no password stands in this file; set PGPASSWORD, or write ~/.pgpass")


def _check_house(config: Config, file: str) -> None:
    for name in ("name", "contact"):
        if not getattr(config.association, name).strip():
            raise ConfigError(f"{file}: association.{name} is empty; write it")
    for name in ("days", "abandoned_days", "backup_days"):
        if getattr(config.retention, name) > MOST_DAYS:
            raise ConfigError(f"{file}: retention.{name}: give {MOST_DAYS} days at most, which is ten years")
    for line in config.association.team_hours:
        _check_hours(line, file)


def _check_web(web: Web, file: str) -> None:
    for key, value in (("leave_to", web.leave_to), ("url", web.url or "https://"), ("embed_from", web.embed_from)):
        if value and not value.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ConfigError(f"{file}: web.{key} = {value!r}: write an https:// address")


def _check_hours(line: str, file: str) -> None:
    day, _, hours = line.partition(" ")
    opens, _, closes = hours.partition("-")
    times = [part for part in (opens, closes) if len(part) == 5 and part[2] == ":" and part < "24:01"]  # noqa: PLR2004
    if day not in DAYS or len(times) != 2 or opens >= closes:  # noqa: PLR2004 - opening and closing
        raise ConfigError(f'{file}: association.team_hours: {line!r}: write for example "mon 09:00-17:00"')
