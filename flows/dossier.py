"""The dossier in words: everything that is printed, section by section, as plain data. No word is generated."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flows import contacts, letters
from flows.assessment import Assessment
from flows.deadlines import Deadline
from flows.facts import Fact, FactKind, Source
from flows.findings import EXCLUDED, ConditionState, Finding
from flows.kleene import Truth
from flows.knowledge import Knowledge
from flows.messages import Message
from flows.questions import value_of
from flows.texts import written_day
from flows.wording import Wording

LANGUAGE = "fr"  # it is made for French authorities
COMPLAINT = "prosecutor"  # the letter that stands in it
MOST_IN_SUMMARY = 12
MOST_WEEKS = 26  # beyond, a line is a month
MOST_NAMES = 3
PROOF_FIRST = 4  # things to save named in the summary

Part = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter: its title, its parts (`kind` and what that kind needs), whether it opens a page."""

    title: str
    parts: Sequence[Part]
    new_page: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that is printed."""

    title: str
    subtitle: str
    header: str
    footer: str
    page: str
    association: str
    sections: Sequence[Section]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON for the printer."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Piece:
    """An exhibit as it is printed (fr: pièce).

    Attributes:
        number: its place, from 1.
        how: `forwarded`, `pasted`, `link`, `media`, `screenshot` or `erased`.
        sent_at: date of the original, or None.
        received_at: when it was given to us.
        author: the name shown, or None.
        author_id: the platform's id of the author, or None.
        hidden: the platform hides the account.
        text: its words, unchanged.
        media: kind of the file, or None.
        size: bytes of the file, or None.
        digest: SHA-256 of the canonical form, hexadecimal.
        copy_of: number of the first one with nearly the same words, or None.
        labels: (label, probability, `confirmed`, `read` or `refused`).
        read_on: number of the picture on which these words were read, or None.
        file: what was found out of the file (`sha256`, `perceptual`, `kept`), or None when it was not fetched.
        weighed: words that weighed most in the reading.
    """

    number: int
    how: str
    sent_at: datetime | None
    received_at: datetime
    author: str | None
    author_id: str | None
    hidden: bool
    text: str
    media: str | None
    size: int | None
    digest: str
    copy_of: int | None
    labels: Sequence[tuple[str, float, str]]
    read_on: int | None = None
    file: Mapping[str, Any] | None = None
    weighed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Log:
    """The custody log as it is printed: how many entries, digest of the last ("" when there is none)."""

    entries: int
    head: str


def compose(
    *,
    number: str,
    association: str,
    found: Assessment,
    pieces: Sequence[Piece],
    messages: Sequence[Message],
    log: Log,
    knowledge: Knowledge,
) -> Content:
    """Everything that is printed.

    Args:
        number: of the case.
        association: who runs the helpline.
        found: the assessment, whose instant is the date of the dossier.
        pieces: exhibits in order.
        messages: the same as the rules read them, for the letter.
        log: the custody log before this export.
        knowledge: law and texts.
    """
    writer = _Writer(found, knowledge, pieces, messages, log)
    heading = {"number": number, "day": written_day(writer.today)}
    return Content(
        title=writer.words("dossier.title", number=number),
        subtitle=writer.words("dossier.subtitle", association=association, day=heading["day"]),
        header=writer.words("dossier.header", **heading),
        footer=writer.words("dossier.footer"),
        page=writer.words("dossier.page"),
        association=association,
        sections=list(writer.sections()),
    )


class _Writer(Wording):
    def __init__(
        self,
        found: Assessment,
        knowledge: Knowledge,
        pieces: Sequence[Piece],
        messages: Sequence[Message],
        log: Log,
    ) -> None:
        super().__init__(found, knowledge, LANGUAGE)
        self._pieces = pieces
        self._messages = messages
        self._log = log
        self._held = [finding for finding in found.shown if finding.status != EXCLUDED]

    def sections(self) -> Iterator[Section]:
        yield self._section("summary", self._summary())
        yield self._section("told", self._told(), new_page=True)
        yield self._section("chronology", self._chronology())
        yield self._section("law", self._law(), new_page=True)
        yield self._section("deadlines", self._deadlines())
        yield self._section("save", self._save())
        yield self._section("actions", self._actions())
        yield self._section("contacts", self._contacts())
        yield self._section("letter", self._letter(), new_page=True)
        yield self._section("pieces", self._all_pieces(), new_page=True)
        yield self._section("method", self._method(), new_page=True)
        yield self._section("custody", self._custody())
        yield self._section("desk", self._desk(), new_page=True)

    def _section(self, name: str, parts: Iterator[Part], *, new_page: bool = False) -> Section:
        return Section(self.words(f"dossier.section.{name}"), list(parts), new_page)

    def _d(self, key: str, **values: object) -> str:
        return self.words(f"dossier.{key}", **values)

    # The first two pages

    def _summary(self) -> Iterator[Part]:
        yield _words(self._d("summary.intro"))
        yield _table([1, 2], [self._d("summary.what"), self._d("summary.said")], list(self._in_brief()))
        yield _heading(self._d("summary.law"))
        lines = [
            self._d(
                "summary.law_line",
                name=self.words(f"law.{finding.offence}.name"),
                article=self.knowledge.cited(finding.offence, LANGUAGE),
                state=self._d(f"state.{finding.status}"),
            )
            for finding in self._held
        ]
        yield _list(lines) if lines else _words(self._d("summary.law_none"))
        yield _heading(self._d("summary.most_urgent"))
        clocks = [part["words"] for part in self._deadlines() if part["kind"] == "words"]
        yield _list([*clocks[:2], *(self.what_to_save(item) for item in self.found.evidence[:PROOF_FIRST])])
        if self._pieces:
            yield _heading(self._d("summary.where"))
            yield self._where()
            if len(self._pieces) > MOST_IN_SUMMARY:
                yield _words(self._d("summary.more_pieces"))

    def _in_brief(self) -> Iterator[list[str]]:
        different = sum(piece.copy_of is None for piece in self._pieces)
        authors = {piece.author_id or piece.author for piece in self._pieces} - {None}
        yield [self._d("summary.period"), self._period()]
        acts = self.found.facts.get("acts_count")
        yield [self._d("summary.acts"), self._d("summary.acts_count", count=acts.value) if acts else self._unknown()]
        yield [
            self._d("summary.pieces"),
            self._d("summary.pieces_count", count=len(self._pieces), different=different) if self._pieces else "0",
        ]
        yield [self._d("summary.authors"), str(len(authors)) if authors else self._unknown()]
        yield [self._d("summary.platforms"), self._answer("platforms")]
        yield [self._d("summary.relationship"), self._answer("author_relationship")]

    def _unknown(self) -> str:
        return self._d("unknown")

    def _answer(self, name: str) -> str:
        fact = self.found.facts.get(name)
        return self._said(fact) if fact else self._unknown()

    def _period(self) -> str:
        days = [f.value for name in ("first_act_on", "last_act_on") if (f := self.found.facts.get(name)) is not None]
        dated = sorted({day for day in days if isinstance(day, date)})
        if len(dated) > 1:
            return self._d("between", first=written_day(dated[0]), last=written_day(dated[-1]))
        return self._d("on", day=written_day(dated[0])) if dated else self._unknown()

    def _where(self) -> Part:
        header = [self._d(f"pieces.{name}") for name in ("number", "date", "who", "original")]
        rows = [
            [
                str(piece.number),
                self._when(piece.sent_at),
                piece.author or self._unknown(),
                self._d(f"original.{piece.how}"),
            ]
            for piece in self._pieces[:MOST_IN_SUMMARY]
        ]
        return _table([1, 3, 4, 7], header, rows)

    def _when(self, moment: datetime | None) -> str:
        return moment.astimezone(contacts.PARIS).strftime("%d/%m/%Y %H:%M") if moment else self._unknown()

    # What she said

    def _told(self) -> Iterator[Part]:
        rows = [
            [self.words(self.knowledge.questions[name].ask).partition("?")[0].strip() + " ?", self._said(fact)]
            for name, fact in self._answered()
        ]
        if not rows:
            yield _words(self._d("told.none"))
            return
        yield _table([3, 2], [self._d("told.question"), self._d("told.answer")], rows)

    def _answered(self) -> Iterator[tuple[str, Fact]]:
        for name in self.knowledge.questions:
            fact = self.found.facts.get(name)
            if fact is not None and fact.source is not Source.EXHIBIT:
                yield name, fact

    def _said(self, fact: Fact) -> str:
        """A value as she chose it: the words of the button when there is one."""
        if isinstance(fact.value, date):
            return written_day(fact.value)
        question = self.knowledge.questions.get(fact.id)
        if question is None:
            return str(fact.value)
        kind = self.knowledge.facts[fact.id]
        if isinstance(fact.value, frozenset):
            chosen = [c for c in question.choices if c.value in fact.value]
        else:
            usual = [c for c in question.choices if c.value is not None and kind.kind is not FactKind.DATE]
            chosen = [c for c in usual if value_of(c, kind, self.today) == fact.value][:1]
        if chosen:
            return " ; ".join(self.words(choice.text) for choice in chosen)
        if isinstance(fact.value, bool):
            return self._d("yes" if fact.value else "no")
        return str(fact.value)

    # When

    def _chronology(self) -> Iterator[Part]:
        for name, key in (("first_act_on", "first"), ("last_act_on", "last")):
            fact = self.found.facts.get(name)
            if fact is not None and isinstance(fact.value, date):
                yield _words(self._d(f"chronology.{key}", day=written_day(fact.value)))
        if "platforms" in self.found.facts:
            yield _words(self._d("chronology.platforms", platforms=self._answer("platforms")))
        dated = [(piece.sent_at.astimezone(contacts.PARIS).date(), piece) for piece in self._pieces if piece.sent_at]
        if not dated:
            yield _words(self._d("chronology.none"))
            return
        yield _words(self._d("chronology.intro"))
        weeks = {day - timedelta(days=day.weekday()) for day, _ in dated}
        by_month = len(weeks) > MOST_WEEKS
        lines: dict[date, list[Piece]] = {}
        for day, piece in sorted(dated, key=lambda each: each[0]):
            start = day.replace(day=1) if by_month else day - timedelta(days=day.weekday())
            lines.setdefault(start, []).append(piece)
        most = max(len(found) for found in lines.values())
        names = ("month" if by_month else "week", "count", "picture", "who")
        yield {
            "kind": "weeks",
            "header": [self._d(f"chronology.{name}") for name in names],
            "rows": [
                {
                    "week": start.strftime("%m/%Y") if by_month else written_day(start),
                    "count": len(found),
                    "share": round(100 * len(found) / most),
                    "who": self._names(found),
                }
                for start, found in lines.items()
            ],
        }
        if len(dated) < len(self._pieces):
            yield _words(self._d("chronology.undated", count=len(self._pieces) - len(dated)))

    def _names(self, pieces: Sequence[Piece]) -> str:
        counted = Counter(piece.author for piece in pieces if piece.author)
        names = [name for name, _ in counted.most_common()]
        listed = ", ".join(names[:MOST_NAMES])
        if len(names) <= MOST_NAMES:
            return listed
        return self._d("chronology.several", names=listed, count=len(names) - MOST_NAMES)

    # The law

    def _law(self) -> Iterator[Part]:
        if not self._held:
            yield _words(self._d("summary.law_none"))
            return
        yield _words(self._d("law.intro"))
        for finding in self._held:
            yield from self._finding(finding)

    def _finding(self, finding: Finding) -> Iterator[Part]:
        offence = self.knowledge.offences[finding.offence]
        name = self.words(f"law.{finding.offence}.name")
        article = self.knowledge.cited(finding.offence, LANGUAGE)
        yield _heading(f"{name} ({article})")
        yield _words(self.words(f"law.{finding.offence}.plain"))
        rows = [[self.reason(finding, state), self._state(state)] for state in finding.elements]
        yield _table([3, 1], [self._d("law.element"), self._d("law.state")], rows)
        heavier = [state for state in finding.circumstances if state.truth is not Truth.NOT_MET]
        if heavier:
            yield {"kind": "strong", "words": self._d("law.circumstances")}
            yield _list(
                [
                    f"{self.words(f'law.{finding.offence}.circumstances.{state.id}')} : {self._state(state)}"
                    for state in heavier
                ]
            )
        yield _words(self.penalty(finding))
        missing = [self.words(f"facts.{name}") for name in finding.missing if self.has(f"facts.{name}")]
        if missing:
            yield _words(self._d("law.missing", facts=" ; ".join(missing)))
        if finding.complaint_required:
            yield _words(self._d("law.complaint_required"))
        limit = finding.limitation
        if limit is not None and self.has(f"facts.{limit.starts}"):
            start = self.found.facts[limit.starts].value
            since = written_day(start) if isinstance(start, date) else self.words(f"facts.{limit.starts}")
            yield _words(self._d("law.limit", day=written_day(limit.on), start=since))
        if offence.limitation.press:
            yield _words(self._d("law.press"))
        checked = offence.source.checked
        key = "law.source" if checked else "law.source_unread"
        yield _words(self._d(key, title=offence.source.title, day=written_day(checked) if checked else ""))

    def _state(self, state: ConditionState) -> str:
        """What holds on the word of a program alone is not called declared."""
        if state.truth is Truth.MET and self._only_read(state):
            return self._d("state.seen")
        return self._d({Truth.MET: "state.met", Truth.NOT_MET: "state.not_met"}.get(state.truth, "state.unknown"))

    def _only_read(self, state: ConditionState) -> bool:
        known = [self.found.facts[name] for name in state.facts if name in self.found.facts]
        return bool(known) and all(fact.source is Source.EXHIBIT and not fact.confirmed for fact in known)

    def _deadlines(self) -> Iterator[Part]:
        told = False
        proof = self.found.proof
        if proof is not None:
            told = True
            key = "assessment.proof_passed" if proof.passed else "assessment.proof"
            yield _words(self.words(key, day=written_day(proof.on)))
        for finding in self._held:
            limit, name = finding.limitation, self.words(f"law.{finding.offence}.name")
            if limit is not None:
                told = True
                yield _words(self.words(self._urgency(limit), name=name, day=written_day(limit.on)))
        if not told:
            yield _words(self._d("deadlines.none"))

    def _urgency(self, limit: Deadline) -> str:
        """A distant day is told without alarm."""
        if limit.passed:
            return "assessment.limit_passed"
        near = limit.days_left <= self.knowledge.rules.urgent_within_days
        return "assessment.limit_soon" if near else "dossier.deadlines.limit"

    # What to do

    def _save(self) -> Iterator[Part]:
        yield _words(self._d("save.intro"))
        items = [f"{self.what_to_save(item)} — {self.words(f'evidence.{item.id}.how')}" for item in self.found.evidence]
        yield {"kind": "steps", "items": items}
        for platform in self.platforms():
            yield _words(self.words(f"platforms.{platform}.save"))
        yield {"kind": "strong", "words": self.words("assessment.never")}

    def _actions(self) -> Iterator[Part]:
        for family in ("technical", "platform", "criminal", "civil"):
            lines = [self.step(action) for action in self.found.actions if action.family == family]
            if lines:
                yield _heading(self.words(f"assessment.family_{family}"))
                yield _list(lines)

    def _contacts(self) -> Iterator[Part]:
        everyone = [*self.found.emergency, *self.found.listening, *self.found.other]
        yield _list(
            list(dict.fromkeys(contacts.line(self.knowledge, each, self.found.at, LANGUAGE) for each in everyone))
        )

    def _letter(self) -> Iterator[Part]:
        letter = self.knowledge.letters.get(COMPLAINT)
        if letter is not None:
            words = letters.fill(letter, self.found, self._messages, self.knowledge, LANGUAGE)
            yield {"kind": "letter", "paragraphs": words.strip().split("\n\n")}

    # The exhibits

    def _all_pieces(self) -> Iterator[Part]:
        if not self._pieces:
            yield _words(self._d("pieces.none"))
            return
        yield _words(self._d("pieces.intro"))
        for piece in self._pieces:
            yield {
                "kind": "piece",
                "title": self._d("pieces.title", number=piece.number),
                "lines": list(self._lines(piece)),
                "text": piece.text,
                "digest": self._d("pieces.digest", digest=piece.digest),
            }

    def _lines(self, piece: Piece) -> Iterator[str]:
        if piece.how == "erased":
            yield self._d("pieces.erased")
            return
        yield self._d("pieces.sent", when=self._when(piece.sent_at))
        yield self._d("pieces.received", when=self._when(piece.received_at))
        if piece.author:
            key = "author_hidden" if piece.hidden else "author_id" if piece.author_id else "author"
            yield self._d(f"pieces.{key}", name=piece.author, id=piece.author_id)
        if piece.read_on:
            yield self._d("pieces.read_on", number=piece.read_on)
        elif piece.media:
            size = self._unknown() if piece.size is None else self._d("pieces.size", kilobytes=-(-piece.size // 1000))
            state = "media" if piece.file is None else "media_kept" if piece.file["kept"] else "media_dropped"
            yield self._d(f"pieces.{state}", kind=self._d(f"media.{piece.media}"), size=size)
        if piece.file is not None:
            yield self._d("pieces.file", digest=piece.file["sha256"])
            if piece.file["perceptual"]:
                yield self._d("pieces.perceptual", digest=piece.file["perceptual"])
        if piece.copy_of:
            yield self._d("pieces.copy", number=piece.copy_of)
        labels = [
            self._d(f"pieces.label_{state}", label=self.words(f"labels.{label}"), percent=round(100 * probability))
            for label, probability, state in piece.labels
        ]
        if labels:
            yield self._d("pieces.labels", labels=" ; ".join(labels))
        if labels and piece.weighed:
            yield self._d("pieces.weighed", words=", ".join(f"« {word} »" for word in piece.weighed))

    def _method(self) -> Iterator[Part]:
        files = [piece.file for piece in self._pieces if piece.file is not None]
        images = "images" if not files else "images_kept" if any(file["kept"] for file in files) else "images_read"
        yield _list([self._d(f"method.{name}") for name in ("how", "rules", "reading", "limits", "signs", images)])

    def _custody(self) -> Iterator[Part]:
        yield _words(self._d("custody.intro"))
        yield _words(self._d("custody.count", count=self._log.entries))
        yield _words(self._d("custody.head", head=self._log.head) if self._log.head else self._d("custody.none"))
        yield _words(self._d("custody.check"))

    # The last page

    def _desk(self) -> Iterator[Part]:
        yield _words(self._d("desk.intro"))
        lines = [self._d("desk.complaint")]
        if self._held:
            first = self._held[0].offence
            article = self.knowledge.cited(first, LANGUAGE)
            lines.append(self._d("desk.main", name=self.words(f"law.{first}.name"), article=article))
        if self._pieces and self._period() != self._unknown():
            lines.append(self._d("desk.period", period=self._period(), count=len(self._pieces)))
        lines += [self._d(f"desk.{name}") for name in ("fast", "originals", "address", "receipt")]
        yield _list(lines)
        yield _words(self._d("desk.refused"))
        yield _words(self._d("desk.company"))
        emergency = [*self.found.emergency[:2], *self.found.listening[:2]]
        yield _list([contacts.line(self.knowledge, each, self.found.at, LANGUAGE) for each in emergency])


def _words(words: str) -> Part:
    return {"kind": "words", "words": words}


def _heading(words: str) -> Part:
    return {"kind": "heading", "words": words}


def _list(items: Sequence[str]) -> Part:
    return {"kind": "list", "items": items}


def _table(widths: Sequence[int], header: Sequence[str], rows: Sequence[Sequence[str]]) -> Part:
    return {"kind": "table", "widths": widths, "header": header, "rows": rows}
