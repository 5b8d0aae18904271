"""The page of a case: what happened, what follows, and what is asked of the reviewer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import anyio
from starlette.responses import Response

from cases.case import Case, Consent, Exhibit
from cases.desk import DISPOSITIONS, STATUSES, Line, SpokenLine
from cases.errors import NoCaseError
from cases.exhibits import label_states
from cases.messages import author_of, to_messages
from flows.assessment import Assessment, assess
from flows.findings import EXCLUDED, Finding
from flows.wording import Wording
from nlp.reading import LABELS
from review import chronology, editing, exposure, masking, queue, replies, telling
from review.gate import CASES, Page
from review.visit import RefusedError, Visit

REASONS = ("danger", "request", "wanted", "mistake")  # why the identity is looked at
ALLOWED_FOR = timedelta(hours=1)  # a second person's word holds so long
PASTED_FROM = 12  # characters of an exhibit that hide the line of the conversation which holds it
SECTIONS = ("head", "exhibits", "facts", "findings", "time", "evidence", "links", "agreed", "history")


@dataclass(frozen=True, slots=True)
class Opened:
    """A case and what follows from it, as one page needs them."""

    line: Line
    case: Case
    found: Assessment

    @property
    def is_kept(self) -> bool:
        """She agreed that her story be kept; otherwise nothing of it is here."""
        return self.case.consent is Consent.YES


def open_case(visit: Visit) -> Opened:
    """The case of the address.

    Raises:
        NoCaseError: there is none.
    """
    number = str(visit.request.path_params["number"])
    line, case = visit.store.desk.line(number), visit.store.desk.case(number)
    if line is None or case is None:
        raise NoCaseError(number)
    return Opened(line, case, assessment(visit, case))


def assessment(visit: Visit, case: Case) -> Assessment:
    """The case assessed now, with what reviewers decided."""
    return assess(case.facts, to_messages(case.exhibits), visit.console.knowledge, visit.at, decided=case.verdicts)


async def show(visit: Visit) -> Response:
    """The whole page."""
    opened = open_case(visit)
    visit.audit("case_viewed", case=opened.case.number)
    visit.store.team.read_mentions(visit.account.id, opened.case.number, visit.at)
    return visit.render("case.html", **content(visit, opened))


def parts(visit: Visit, message: str = "", *sections: str) -> Response:
    """The parts of the page that a decision may have changed; without htmx, the page again."""
    number = str(visit.request.path_params["number"])
    if not visit.by_htmx:
        return visit.go(f"/cases/{number}")
    opened = open_case(visit)
    return visit.render(
        "_parts.html", sections=sections or SECTIONS, message=message, swapped=True, **content(visit, opened)
    )


async def show_head(visit: Visit) -> Response:
    """What may change without us: the head of the page."""
    return parts(visit, "", "head")


def content(visit: Visit, opened: Opened) -> dict[str, Any]:
    """Everything the templates of a case read."""
    number, case, knowledge = opened.case.number, opened.case, visit.console.knowledge
    desk, authors = visit.store.desk, numbered_authors(case)
    return {
        "line": opened.line,
        "case": case,
        "found": opened.found,
        "is_kept": opened.is_kept,
        "reasons": list(queue.reasons(visit, opened.line)),
        "people": [account for account in visit.store.staff.accounts() if account.disabled_at is None],
        "statuses": STATUSES,
        "dispositions": DISPOSITIONS,
        "known_tags": desk.tags(),
        "labels": sorted((visit.said(f"labels.{name}"), name) for name in LABELS),
        "exhibits": [row(visit, exhibit, authors) for exhibit in case.exhibits],
        "facts": list(fact_rows(visit, opened)),
        "findings": [finding for finding in opened.found.findings if _is_shown(finding)],
        "wording": Wording(opened.found, knowledge, visit.language),
        "picture": chronology.picture(to_messages(case.exhibits), visit.console.settings.timezone),
        "ticked": desk.ticked(number),
        "notes": desk.notes(number, visit.account.id),
        "transfers": visit.store.team.transfers(number),
        "teaching": visit.store.team.training_consent(number),
        "links": visit.store.team.merges(number),
        "requests": visit.store.team.identity_requests(number, visit.at - ALLOWED_FOR),
        "corrections": desk.corrections(number),
        "custody": visit.store.custody(number),
        "log": visit.store.audit.of_case(number)[-30:],
        "viewers": [name for name in visit.console.live.viewers(number) if name != visit.account.name],
        "has_left": telling.has_left(case),
        "watched": telling.may_be_watched(case),
        "mine": opened.line.taken_by == visit.account.id,
        "draft": desk.draft(number, visit.account.id),
        "canned": replies.canned(visit, telling.language_of(case)),
        "closed_until": replies.closed_until(visit),
        "identity_reasons": REASONS,
        "opted_out": exposure.opted_out(visit),
        "past_limit": exposure.is_past_limit(visit),
        "ago": lambda at: queue.ago(visit, at),
    }


def row(visit: Visit, exhibit: Exhibit, authors: Mapping[str, int]) -> dict[str, Any]:
    """An exhibit without a word of it: what it is, its labels with their state, and what is asked."""
    return {
        "exhibit": exhibit,
        "labels": [(label, state, round(100 * exhibit.scores.get(label, 0))) for label, state in label_states(exhibit)],
        "severity": exposure.WEIGHTS.severity(exhibit.labels),
        "media": (exhibit.media or {}).get("kind"),
        "hidden_author": (exhibit.origin or {}).get("kind") == "hidden_user",
        "author": _author(visit, exhibit, authors),
        "left_out": bool(set(exhibit.labels) & set(exposure.opted_out(visit))),
    }


def numbered_authors(case: Case) -> dict[str, int]:
    """Accounts by a number, in the order they appear: their names are part of who people are."""
    authors = dict.fromkeys(author for author in map(author_of, case.exhibits) if author is not None)
    return {author: number for number, author in enumerate(authors, 1)}


def _author(visit: Visit, exhibit: Exhibit, authors: Mapping[str, int]) -> str:
    author = author_of(exhibit)
    if author is None:
        return visit.words("exhibit.author_unknown")
    return visit.words("exhibit.author", number=authors[author])


def fact_rows(visit: Visit, opened: Opened) -> Iterator[dict[str, Any]]:
    """What is known, then what the findings still wait for."""
    knowledge = visit.console.knowledge
    missing = dict.fromkeys(name for finding in opened.found.shown for name in finding.missing)
    for name in (*sorted(opened.found.facts), *missing):
        fact = opened.found.facts.get(name)
        if name in knowledge.derivations:
            continue
        yield {
            "id": name,
            "name": editing.name_of(visit, name),
            "fact": fact,
            "value": editing.value_words(visit, name, fact.value) if fact else "",
            "editor": editing.editor(visit, name, fact),
            "kept": opened.case.facts.get(name),
        }


def _is_shown(finding: Finding) -> bool:
    """What the reviewer decides on: held, or decided already."""
    return finding.reviewed or (finding.status != EXCLUDED and finding.hidden_by is None and finding.support > 0)


def exhibit_of(visit: Visit, case: Case) -> Exhibit:
    """The exhibit of the address.

    Raises:
        RefusedError: the case has no such exhibit.
    """
    position = int(visit.request.path_params["position"])
    if not 1 <= position <= len(case.exhibits):
        raise RefusedError(404, "error.no_page")
    return case.exhibits[position - 1]


async def show_extract(visit: Visit) -> Response:
    """Second click: the shape of the message, and the words that weighed half hidden."""
    opened = open_case(visit)
    exhibit = exhibit_of(visit, opened.case)
    visit.audit("extract_viewed", case=opened.case.number, exhibit=exhibit.position)
    return visit.render(
        "_extract.html",
        exhibit=exhibit,
        number=opened.case.number,
        pieces=masking.masked(exhibit.text, spans(visit, exhibit)),
    )


async def show_text(visit: Visit) -> Response:
    """Third click: the full text; the custody log, the audit log and the day's count say so. Never a file."""
    opened = open_case(visit)
    exhibit = exhibit_of(visit, opened.case)
    visit.audit("text_viewed", case=opened.case.number, exhibit=exhibit.position)
    with visit.store.desk.turn(opened.case.number, visit.account.id, visit.at) as turn:
        turn.log("viewed", {"exhibit": exhibit.position, "by": "reviewer"})
    exposure.count(visit, exhibit.labels)
    return visit.render(
        "_text.html",
        exhibit=exhibit,
        number=opened.case.number,
        pieces=masking.cut(exhibit.text, spans(visit, exhibit)),
    )


def spans(visit: Visit, exhibit: Exhibit) -> tuple[Any, ...]:
    """The words that weighed."""
    if not exhibit.text:
        return ()
    return visit.console.classifier.read([exhibit.text], rationale=True)[0].rationale


async def show_conversation(visit: Visit) -> Response:
    """The conversation as it happened; what she pasted of others stays an exhibit to ask for."""
    opened = open_case(visit)
    assert visit.session is not None  # noqa: S101 - behind the gate
    known = visit.session.memory.get("conversation") == opened.case.number
    if not (known and visit.request.headers.get("x-background")):
        visit.audit("conversation_viewed", case=opened.case.number)
        memory = {**visit.session.memory, "conversation": opened.case.number}
        visit.store.staff.remember(visit.session.digest, memory)
    lines = visit.store.desk.conversation(opened.case.number)
    return visit.render("_conversation.html", number=opened.case.number, **spoken(visit, opened, lines))


def spoken(visit: Visit, opened: Opened, lines: Sequence[SpokenLine]) -> Mapping[str, Any]:
    """Lines with what they quote: positions of the exhibits whose words they hold."""
    words = [(exhibit.position, exhibit.text) for exhibit in opened.case.exhibits if len(exhibit.text) >= PASTED_FROM]
    quoted = [
        (line, [position for position, text in words if text in line.text] if line.who == "person" else [])
        for line in lines
    ]
    return {"lines": quoted, "is_kept": opened.is_kept, "visit_day": visit.at}


async def export(visit: Visit) -> Response:
    """The dossier as a PDF; both logs say so."""
    opened = open_case(visit)
    if not opened.is_kept:
        raise RefusedError(409, "error.not_kept")
    visit.audit("exported", case=opened.case.number)
    log = visit.store.custody(opened.case.number)
    make = visit.console.settings.print_dossier
    printed, logged = await anyio.to_thread.run_sync(make, opened.case, log, visit.at)
    with visit.store.desk.turn(opened.case.number, visit.account.id, visit.at) as turn:
        turn.log("exported", logged)
    name = f'attachment; filename="{opened.case.number}.pdf"'
    return Response(printed, media_type="application/pdf", headers={"content-disposition": name})


PAGES = (
    Page("/cases/{number}", show, CASES),
    Page("/cases/{number}/head", show_head, CASES),
    Page("/cases/{number}/conversation", show_conversation, CASES, "POST"),
    Page("/cases/{number}/exhibits/{position:int}/extract", show_extract, CASES, "POST"),
    Page("/cases/{number}/exhibits/{position:int}/text", show_text, CASES, "POST"),
    Page("/cases/{number}/dossier", export, CASES, "POST"),
)
