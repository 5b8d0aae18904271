"""Colleagues named in a note with @name, and a word for one of them alone."""

from starlette.responses import Response

from cases.staff import Account
from review.gate import CASES, Page
from review.visit import RefusedError, Visit


def colleagues(visit: Visit) -> list[Account]:
    """Who works on cases."""
    return [each for each in visit.store.staff.accounts() if each.disabled_at is None and CASES & {*each.roles}]


def recipient(visit: Visit) -> int | None:
    """The one colleague a note is for; None: everybody who may see the case.

    Raises:
        RefusedError: nobody of that id works on cases.
    """
    wanted = visit.field("to")
    people = {str(each.id): each.id for each in colleagues(visit)}
    if wanted and wanted not in people:
        raise RefusedError(400, "error.form")
    return people.get(wanted)


def mentioned(visit: Visit, words: str, to: int | None) -> list[int]:
    """Who is told: those named after an @ that may read the note, and the one it is for; never its author.

    The longest name wins: @anna-lise does not call @anna.
    """
    if to is not None:
        return [to] if to != visit.account.id else []
    left, found = words.casefold(), []
    for each in sorted(colleagues(visit), key=lambda account: -len(account.name)):
        call = f"@{each.name.casefold()}"
        if call in left:
            left = left.replace(call, " ")
            found.append(each.id)
    return [each for each in found if each != visit.account.id]


async def show(visit: Visit) -> Response:
    """Where one was named: cases and authors, no word of the notes."""
    return visit.render("mentions.html", mentions=visit.store.team.mentions(visit.account.id))


PAGES = (Page("/mentions", show, CASES),)
