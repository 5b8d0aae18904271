"""The pages of the settings: looked at, tried, written after the check, put back. Only the administrator."""

from collections.abc import Callable, Mapping, Sequence

import anyio
from starlette.responses import Response

from cases.revisions import Change
from flows import knowledge
from review import editable, replacing
from review.accounts import ADMINISTRATORS
from review.editable import Field, Sheet
from review.gate import Page
from review.replacing import Candidate, MeanwhileError
from review.settings import House
from review.visit import RefusedError, Visit

LONGEST = 6000  # characters of a value
HISTORY = 100
CONFLICT, WRONG = 409, 422


async def show(visit: Visit) -> Response:
    """What there is to edit."""
    house = _house(visit)
    visit.audit("settings_viewed")
    groups = {name: len(texts) for name, texts in editable.groups(house).items()}
    return visit.render(
        "settings.html", sections=editable.sections(house), contacts=editable.contacts(house), groups=groups
    )


async def show_group(visit: Visit) -> Response:
    """The texts of one file."""
    name = str(visit.request.path_params["group"])
    texts = editable.groups(_house(visit)).get(name)
    if texts is None:
        raise RefusedError(404, "error.no_page")
    return visit.render("settings_group.html", group=name, texts=texts)


async def show_sheet(visit: Visit) -> Response:
    """One form."""
    sheet = _sheet(visit)
    return _form(visit, sheet, {field.key: field.value for field in sheet.fields})


async def change(visit: Visit) -> Response:
    """Try what was typed, or write it."""
    house = _house(visit)
    async with visit.console.editing:
        sheet = _sheet(visit)
        typed = {field.key: visit.field(field.key, LONGEST) for field in sheet.fields if field.key in visit.form}
        if visit.form.get("seal") != sheet.seal:
            return _form(visit, sheet, typed, CONFLICT, conflict=True)
        fields = replacing.typed_into(sheet, typed)
        if not fields:
            return _form(visit, sheet, typed, unchanged=True)
        candidate = replacing.prepare(fields, typed)
        found = await _faults(visit, house, fields, candidate)
        if found:
            return _form(visit, sheet, typed, WRONG, faults=found)
        if visit.form.get("act") != "save":
            return _form(visit, sheet, typed, changed=fields)
        return await _write(visit, sheet, fields, candidate, lambda field: typed[field.key])


async def show_history(visit: Visit) -> Response:
    """Who changed what and when."""
    _house(visit)
    return visit.render("settings_history.html", revisions=visit.store.revisions.latest(HISTORY), problem="")


async def undo(visit: Visit) -> Response:
    """Put back what stood before a revision, unless it was changed again since."""
    house, revision = _house(visit), visit.store.revisions.by_id(int(visit.request.path_params["revision"]))
    if revision is None:
        raise RefusedError(404, "error.no_page")
    async with visit.console.editing:
        kind, _, name = revision.sheet.partition("/")
        sheet = editable.sheet(house, kind, name)
        changes = {each.key: each for each in revision.changes}
        fields = [field for field in sheet.fields if field.key in changes] if sheet else []
        now = {field.key: field.value.strip() for field in fields}
        if sheet is None or now != {key: each.after.strip() for key, each in changes.items()}:
            return _history(visit, "settings.changed_since")
        candidate = replacing.put_back(fields, {key: each.source for key, each in changes.items()})
        if await _faults(visit, house, fields, candidate):
            return _history(visit, "settings.no_longer_right")
        return await _write(
            visit, sheet, fields, candidate, lambda field: changes[field.key].before, undoes=revision.id
        )


async def _faults(
    visit: Visit, house: House, fields: Sequence[Field], candidate: Candidate
) -> Mapping[str, Sequence[str]]:
    today = visit.at.astimezone(visit.console.settings.timezone).date()
    return await anyio.to_thread.run_sync(replacing.faults, house, fields, candidate, today)


async def _write(
    visit: Visit,
    sheet: Sheet,
    fields: Sequence[Field],
    candidate: Candidate,
    after: Callable[[Field], str],
    *,
    undoes: int | None = None,
) -> Response:
    """Log, write, remember: the log says what was tried even when the disk refuses."""
    changes = [Change(field.key, field.value, after(field), candidate.sources[field.key]) for field in fields]
    event = "settings_undone" if undoes else "settings_changed"
    visit.audit(event, sheet=sheet.id, keys=[each.key for each in changes])
    try:
        replacing.write(candidate)
    except MeanwhileError:
        return _history(visit, "settings.changed_since")
    except OSError as error:
        raise RefusedError(500, "settings.cannot_write") from error
    visit.store.revisions.add(visit.account.id, sheet.id, changes, visit.at, undoes)
    await _take_effect(visit, sheet.kind)
    return visit.go("/settings/history")


async def _take_effect(visit: Visit, kind: str) -> None:
    """The console goes on with what stands in the files now; the program that talks to people reads it at its start."""
    console, house = visit.console, _house(visit)
    if kind == "config":
        console.settings = house.renewed(console.settings)
    else:
        console.knowledge = await anyio.to_thread.run_sync(knowledge.load, house.flows)


def _history(visit: Visit, problem: str) -> Response:
    revisions = visit.store.revisions.latest(HISTORY)
    return visit.render("settings_history.html", CONFLICT, revisions=revisions, problem=visit.words(problem))


def _form(
    visit: Visit,
    sheet: Sheet,
    typed: Mapping[str, str],
    status: int = 200,
    *,
    faults: Mapping[str, Sequence[str]] | None = None,
    changed: Sequence[Field] = (),
    conflict: bool = False,
    unchanged: bool = False,
) -> Response:
    return visit.render(
        "settings_sheet.html",
        status,
        sheet=sheet,
        typed=typed,
        faults=faults or {},
        changed=changed,
        conflict=conflict,
        unchanged=unchanged,
        heading=heading(visit, sheet.id),
        label=lambda field: _label(visit, sheet, field),
        choice=lambda field, value: _choice(visit, sheet, field, value),
    )


def heading(visit: Visit, sheet: str) -> str:
    """A sheet in words."""
    kind, _, name = sheet.partition("/")
    if kind == "config":
        return visit.words(f"settings.section_{name}")
    if kind == "contacts" and visit.console.knowledge.texts.has(f"contacts.{name}.name"):
        return visit.said(f"contacts.{name}.name")
    return name


def _label(visit: Visit, sheet: Sheet, field: Field) -> str:
    if sheet.kind == "texts":
        return visit.words(f"language.{field.key}") if field.key in ("fr", "en") else field.key
    place = sheet.name if sheet.kind == "config" else "contact"
    return visit.words(f"settings.{place}_{field.key}")


def _choice(visit: Visit, sheet: Sheet, field: Field, value: str) -> str:
    place = sheet.name if sheet.kind == "config" else "contact"
    return visit.words(f"settings.{place}_{field.key}_{value}")


def _house(visit: Visit) -> House:
    house = visit.console.settings.house
    if house is None:
        raise RefusedError(404, "error.no_page")
    return house


def _sheet(visit: Visit) -> Sheet:
    found = editable.sheet(_house(visit), visit.request.path_params["kind"], visit.request.path_params["name"])
    if found is None:
        raise RefusedError(404, "error.no_page")
    return found


PAGES = (
    Page("/settings", show, ADMINISTRATORS),
    Page("/settings/group/{group}", show_group, ADMINISTRATORS),
    Page("/settings/history", show_history, ADMINISTRATORS),
    Page("/settings/history/{revision:int}/undo", undo, ADMINISTRATORS, "POST"),
    Page("/settings/edit/{kind}/{name}", show_sheet, ADMINISTRATORS),
    Page("/settings/edit/{kind}/{name}", change, ADMINISTRATORS, "POST"),
)
