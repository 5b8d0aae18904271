"""What happens to a case only because she agreed: handed to another association, or used to teach the program."""

import anyio
from starlette.responses import Response

from review import case
from review.gate import CASES, Page
from review.visit import RefusedError, Visit

LONGEST = 500  # characters
SHORTEST = 12  # characters of a passphrase


def _number(visit: Visit) -> str:
    return str(visit.request.path_params["number"])


async def transfer(visit: Visit) -> Response:
    """The bag, for another association; both logs say so, and the case is marked."""
    house, reason = visit.field("house", 100), visit.field("reason", LONGEST)
    if not (house and reason and visit.form.get("agreed") == "on"):
        raise RefusedError(400, "error.transfer")
    passphrase = visit.form.get("passphrase", "").strip()  # written nowhere
    if passphrase and not SHORTEST <= len(passphrase) <= LONGEST:
        raise RefusedError(400, "error.passphrase")
    opened = case.open_case(visit)
    number = opened.case.number
    if not opened.is_kept:
        raise RefusedError(409, "error.not_kept")
    visit.audit("transferred", case=number, house=house, locked=bool(passphrase))
    log = visit.store.custody(number)
    pack = visit.console.settings.pack_bag
    packed, logged = await anyio.to_thread.run_sync(pack, opened.case, log, visit.at, passphrase or None)
    with visit.store.desk.turn(number, visit.account.id, visit.at) as turn:
        turn.log("exported", logged)
        if not turn.line.alert:
            turn.set_status("closed")
    visit.store.team.transfer(number, house, visit.account.id, reason, visit.at)
    name = f'attachment; filename="{number}.zip"'
    return Response(packed, media_type="application/zip", headers={"content-disposition": name})


async def teach(visit: Visit) -> Response:
    """She agrees, in her words, that corrected messages teach the program; or she takes it back."""
    gives, words = visit.field("act") == "give", visit.field("words", LONGEST)
    if visit.field("act") not in ("give", "take_back") or (gives and not words):
        raise RefusedError(400, "error.form")
    opened = case.open_case(visit)
    if not opened.is_kept:
        raise RefusedError(409, "error.not_kept")
    visit.audit("teaching_agreed" if gives else "teaching_taken_back", case=_number(visit))
    visit.store.team.consent_to_training(_number(visit), visit.account.id, words if gives else None, visit.at)
    return case.parts(visit, visit.words("decided.done"), "agreed", "history")


PAGES = (
    Page("/cases/{number}/transfer", transfer, CASES, "POST"),
    Page("/cases/{number}/teaching", teach, CASES, "POST"),
)
