"""The queue: the most urgent case on top, the reason on the line."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any

from starlette.responses import Response

from cases.desk import DISPOSITIONS, NOBODY, STATUSES, Filters, Line
from nlp.reading import LABELS
from review import exposure
from review.gate import CASES, Page
from review.visit import RefusedError, Visit

PAGE = 50  # lines
MOST_VIEWS = 20
MINUTES, HOURS, DAYS = 60, 3600, 86400  # seconds of each


def filters_of(visit: Visit) -> Filters:
    """The filter in use: it lives in the session, never in an address."""
    assert visit.session is not None  # noqa: S101 - behind the gate
    return from_json(visit.session.memory.get("filters", {}))


def to_json(filters: Filters) -> dict[str, Any]:
    """A filter as a session or a saved view keeps it."""
    raw = asdict(filters)
    raw["since"] = filters.since.isoformat() if filters.since else None
    return {name: value for name, value in raw.items() if value not in ("", None, ())}


def from_json(raw: Mapping[str, Any]) -> Filters:
    """The contrary of `to_json`."""
    known = {name: value for name, value in raw.items() if name in Filters.__dataclass_fields__}
    since = known.pop("since", None)
    without = tuple(known.pop("without", ()))
    return Filters(**known, since=date.fromisoformat(since) if since else None, without=without)


def from_form(visit: Visit) -> Filters:
    """The filter as the form says.

    Raises:
        RefusedError: a value is not among those offered.
    """
    status, label, assignee = visit.field("status"), visit.field("label"), visit.field("assignee")
    offence, language, since = visit.field("offence"), visit.field("language"), visit.field("since")
    disposition = visit.field("disposition")
    known = (
        status in ("", "any", *STATUSES)
        and label in ("", *LABELS)
        and offence in ("", *visit.console.knowledge.offences)
        and language in ("", *visit.console.knowledge.texts.languages)
        and disposition in ("", *DISPOSITIONS)
        and (assignee == "" or assignee.isdecimal())
    )
    if not known:
        raise RefusedError(400, "error.form")
    try:
        day = date.fromisoformat(since) if since else None
    except ValueError as error:
        raise RefusedError(400, "error.form") from error
    return Filters(
        status=status,
        label=label,
        offence=offence,
        assignee=int(assignee) if assignee else None,
        language=language,
        since=day,
        words=visit.field("words"),
        tag=visit.field("tag"),
        disposition=disposition,
        without=exposure.WEIGHTS.heavy if visit.form.get("lighter") == "on" else (),
    )


async def show(visit: Visit) -> Response:
    """The whole page."""
    visit.audit("queue_viewed")
    return visit.render("queue.html", **_lines(visit), **_choices(visit))


async def show_lines(visit: Visit) -> Response:
    """The lines alone, when something arrived."""
    return visit.render("_lines.html", **_lines(visit))


async def narrow(visit: Visit) -> Response:
    """Use a filter, from its first page."""
    filters = from_form(visit)
    if filters.words:
        visit.audit("searched")
    _remember(visit, filters=to_json(filters), page=0)
    return visit.go("/")


async def turn_page(visit: Visit) -> Response:
    """The next lines, or the ones before."""
    wanted = visit.field("page")
    if not wanted.isdecimal():
        raise RefusedError(400, "error.form")
    _remember(visit, page=min(int(wanted), 10_000))
    return visit.go("/")


async def save_view(visit: Visit) -> Response:
    """Keep the filter in use under a name."""
    name = visit.field("name", 60)
    if name and len(visit.store.desk.views(visit.account.id)) < MOST_VIEWS:
        visit.store.desk.save_view(visit.account.id, name, to_json(filters_of(visit)))
    return visit.go("/")


async def use_view(visit: Visit) -> Response:
    """One's own view only."""
    wanted = visit.request.path_params["view"]
    found = [view for view in visit.store.desk.views(visit.account.id) if view.id == wanted]
    if not found:
        raise RefusedError(404, "error.no_page")
    _remember(visit, filters=dict(found[0].filters), page=0)
    return visit.go("/")


async def drop_view(visit: Visit) -> Response:
    """Forget one's own view."""
    visit.store.desk.drop_view(visit.account.id, visit.request.path_params["view"])
    return visit.go("/")


def _remember(visit: Visit, **changed: object) -> None:
    assert visit.session is not None  # noqa: S101 - behind the gate
    visit.store.staff.remember(visit.session.digest, {**visit.session.memory, **changed})


def _lines(visit: Visit) -> dict[str, Any]:
    assert visit.session is not None  # noqa: S101 - behind the gate
    today = visit.at.astimezone(visit.console.settings.timezone).date()
    if visit.console.refreshed_on != today:
        visit.store.desk.refresh(today)
        visit.console.refreshed_on = today
    filters, page = filters_of(visit), int(visit.session.memory.get("page", 0))
    without = tuple(dict.fromkeys((*filters.without, *exposure.opted_out(visit))))
    found = visit.store.desk.queue(replace(filters, without=without), PAGE + 1, page * PAGE)
    names = {account.id: account.name for account in visit.store.staff.accounts()}
    return {
        "lines": [(line, list(reasons(visit, line)), names.get(line.assignee or NOBODY)) for line in found[:PAGE]],
        "page": page,
        "more": len(found) > PAGE,
        "past_limit": exposure.is_past_limit(visit),
        "ago": lambda at: ago(visit, at),
    }


def _choices(visit: Visit) -> dict[str, Any]:
    knowledge = visit.console.knowledge
    offences = sorted((visit.said(f"law.{name}.name"), name) for name in knowledge.offences)
    return {
        "filters": filters_of(visit),
        "views": visit.store.desk.views(visit.account.id),
        "statuses": STATUSES,
        "dispositions": DISPOSITIONS,
        "tags": visit.store.desk.tags(),
        "labels": sorted((visit.said(f"labels.{name}"), name) for name in LABELS),
        "offences": offences,
        "languages": knowledge.texts.languages,
        "people": [account for account in visit.store.staff.accounts() if account.disabled_at is None],
        "nobody": NOBODY,
    }


def reasons(visit: Visit, line: Line) -> Iterator[tuple[str, str]]:
    """Why the case stands there: kind (for the eye) and words, the strongest first."""
    if line.alert:
        for alert in line.alerts:
            yield ("alert" if line.alert > 1 else "watch"), visit.words(f"alert.{alert}")
    if line.imminent and line.deadline_on:
        yield "deadline", visit.words("reason.deadline", day=line.deadline_on.strftime("%d/%m/%Y"))
    if line.minor:
        yield "minor", visit.words("reason.minor")
    if line.death:
        yield "death", visit.words("reason.death")
    if line.waiting_since:
        yield "waiting", visit.words("reason.waiting", since=ago(visit, line.waiting_since))
    if line.second_reader:
        yield "second", visit.words("reason.second_reader")
    if line.taken_name:
        yield "taken", visit.words("reason.taken", name=line.taken_name)
    yield from _of_the_team(visit, line)


def _of_the_team(visit: Visit, line: Line) -> Iterator[tuple[str, str]]:
    if line.returns:
        yield "returns", visit.words("reason.returns", count=line.returns)
    if line.houses:
        yield "transferred", visit.words("reason.transferred", houses=", ".join(line.houses))
    if line.disposition:
        yield "disposition", visit.words(f"disposition.{line.disposition}")
    if line.blocked_until and line.blocked_until > visit.at:
        yield "blocked", visit.words("reason.blocked", until=visit.moment(line.blocked_until))


def ago(visit: Visit, at: datetime) -> str:
    """How long since, in the largest unit that fits."""
    seconds = max(0, int((visit.at - at) / timedelta(seconds=1)))
    for unit, length in (("days", DAYS), ("hours", HOURS), ("minutes", MINUTES)):
        if seconds >= length:
            return visit.words(f"ago.{unit}", count=seconds // length)
    return visit.words("ago.now")


PAGES = (
    Page("/", show, CASES),
    Page("/queue/lines", show_lines, CASES),
    Page("/queue", narrow, CASES, "POST"),
    Page("/queue/page", turn_page, CASES, "POST"),
    Page("/views", save_view, CASES, "POST"),
    Page("/views/{view:int}/use", use_view, CASES, "POST"),
    Page("/views/{view:int}/drop", drop_view, CASES, "POST"),
)
