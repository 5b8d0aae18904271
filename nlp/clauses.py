"""What an answer says, clause by clause: a command, yes, no, that she does not know, or nothing that is clear."""

import re
from dataclasses import dataclass

from nlp.lexicon import answers
from nlp.normalise import fold, plain, readable, unaccented

MOST_READ = 500  # characters: an answer stands at the beginning, and a page of text must not take long
MOST_WORDS = 20  # beyond, she tells a story: only its first clause may be a yes or a no
CLAUSE_AMONG = 14  # words of an answer in which one clause may be a command
STOPS = re.compile(r"[.,;:!?\n()«»\"…]+|\s-+\s|--+")
QUOTED = re.compile(r"[\"«“][^\"»”]*[\"»”]")
LONG_YES = re.compile(r"\b(?:o+u+i+|u+i+|wi+)\b")
LONG_NO = re.compile(r"\b(?:no+n+|na+n+|nn+)\b")
KEPT = re.compile(r"[^\w\s/.\-,]")
LOOSE_MARK = re.compile(r"(?<!\d)[/.\-]|[/.\-](?!\d)")
PLEASE = re.compile(r"\b(?:s il (?:vous|te) plait|svp|stp|please) ")
ERASED = re.compile(r"(?:effac|supprim)ée?s?\b")
TWO_WORDS = 2  # "effacez tout" is asked for confirmation anyway
FEW_WORDS = 3  # from as many words on, a command may be one clause among others


@dataclass(frozen=True, slots=True)
class Said:
    """An answer in the forms the readers need.

    Attributes:
        folded: folded as typed.
        spelt: folded with SMS words written out.
        marked: `folded`, with the marks between digits and the commas kept, for numbers and days.
        marked_spelt: the same of `spelt`.
        clauses: each clause in both forms, without the polite words around it, and whether it is a question.
        asks: the answer ends on a question mark.
        done: it tells of something erased already ("effacé"), whatever folding makes of it.
    """

    folded: str
    spelt: str
    marked: str
    marked_spelt: str
    clauses: tuple[tuple[tuple[str, ...], bool], ...]
    asks: bool
    done: bool


def said_of(answer: str) -> Said:
    """Cut an answer into its clauses and fold them."""
    words = answers()["polite"]
    answer = readable(answer[:MOST_READ]).replace("œ", "oe").replace("Œ", "Oe").replace("æ", "ae")
    for signs, word in (
        (words["yes_signs"], " oui "), (words["no_signs"], " non "), (words["unknown_signs"], " jsp "),
    ):  # fmt: skip
        for sign in signs:
            if sign in answer and sign != "\ufe0f":
                answer = answer.replace(sign, word)
    clauses: list[tuple[tuple[str, ...], bool]] = []
    start = 0
    for stop in [*STOPS.finditer(answer), None]:
        part = answer[start : stop.start() if stop else len(answer)]
        asks = bool(stop and "?" in stop.group())
        start = stop.end() if stop else start
        forms = _forms(part)
        if forms[0]:
            clauses.append((forms, asks))
        elif asks and clauses:
            clauses[-1] = (clauses[-1][0], True)
    return Said(
        folded=fold(answer),
        spelt=fold(plain(answer)),
        marked=_marked(answer),
        marked_spelt=_marked(plain(answer)),
        clauses=tuple(clauses),
        asks=answer.endswith("?"),
        done=bool(ERASED.search(answer.casefold())),
    )


def command_of(said: Said) -> str | None:
    """What she wants the bot to do; None when it is not beyond doubt."""
    words = len(said.folded.split())
    if words > CLAUSE_AMONG + FEW_WORDS:
        return None
    whole = _forms(said.folded)
    for name, (pattern, unless) in answers()["commands"].items():
        if any(unless.search(form) for form in whole) or (name == "erase" and said.done):
            continue
        if any(pattern.fullmatch(form) for form in whole):
            return str(name)
        few = TWO_WORDS if name == "erase" else FEW_WORDS
        if name != "leave" and words <= CLAUSE_AMONG and _one_clause(pattern, said, few):
            return str(name)
    return None


def _one_clause(pattern: re.Pattern[str], said: Said, few: int) -> bool:
    """One clause among others is a command: never a single word, which may be anything."""
    return any(len(form.split()) >= few and pattern.fullmatch(form) for forms, _ in said.clauses for form in forms)


def is_unknown(said: Said) -> bool:
    """She says that she does not know, cannot tell or would rather not."""
    words, both = answers()["unknown"], answers()["unclear"]["both"]
    if len(said.folded.split()) > MOST_WORDS:
        return False
    if any(words["whole"].fullmatch(form) for form in _forms(said.folded)):
        return True
    if any(pattern.search(form) for pattern in (both, words["anywhere"]) for form in (said.folded, said.spelt)):
        return True
    told = [forms for forms, _ in said.clauses if not any(words["whole"].fullmatch(form) for form in forms)]
    if not told:
        return not said.asks
    return any(words["starts"].match(form) for form in told[0])


def yes_or_no(said: Said) -> bool | None:
    """True, False, or None when the clauses say neither or both."""
    if not said.clauses:
        return None
    asked = answers()["unclear"]["question"]
    if said.asks and (len(said.clauses) == 1 or asked.search(said.folded)):
        return None
    story = len(said.folded.split()) > MOST_WORDS
    heard = {
        _clause(forms) for forms, asks in said.clauses[: 1 if story else None] if not asks and _counts(forms, said)
    }
    heard.discard(None)
    return heard.pop() if len(heard) == 1 else None


def _counts(forms: tuple[str, ...], said: Said) -> bool:
    """After the first clause only the plain words count; a last "non" after no negation asks for agreement."""
    if forms == said.clauses[0][0]:
        return True
    lexicon = answers()["unclear"]
    if any(lexicon["tag"].fullmatch(form) for form in forms):
        return bool(lexicon["negation"].search(said.folded.rsplit(" ", 1)[0]))
    return any(lexicon["plain"].search(form) for form in forms)


def _clause(forms: tuple[str, ...]) -> bool | None:
    lexicon = answers()
    if any(lexicon["unclear"]["question"].search(form) for form in forms):
        return None
    for name, value in (("no", False), ("yes", True)):
        words, other = lexicon[name], lexicon["yes" if name == "no" else "no"]
        if any(words["whole"].fullmatch(form) for form in forms):
            return value
        for form in forms:
            begins, ends = words["starts"].match(form), _last(form, words["last"])
            if ends and name == "no" and not lexicon["unclear"]["negation"].search(form.rsplit(" ", 1)[0]):
                ends = False
            if (begins and not _last(form, other["last"])) or (ends and not other["starts"].match(form)):
                return value
    return None


def _last(form: str, pattern: re.Pattern[str]) -> bool:
    """The clause ends on that word, and nobody is quoted as saying it."""
    words = form.split()
    return (
        len(words) > 1
        and bool(pattern.fullmatch(words[-1]))
        and not answers()["unclear"]["before_last"].fullmatch(words[-2])
    )


def _forms(part: str) -> tuple[str, ...]:
    """A clause as typed and with SMS words written out, without the polite words around it."""
    return tuple(dict.fromkeys(_bare(_short(form)) for form in (fold(part), fold(plain(part)))))


def _short(form: str) -> str:
    return LONG_NO.sub("non", LONG_YES.sub("oui", form))


def _bare(form: str) -> str:
    """Without what stands politely around an answer, unless nothing else is left."""
    lexicon = answers()
    bare = lexicon["after"].sub("", lexicon["before"].sub("", form))
    bare = PLEASE.sub("", bare).strip()
    return bare or form


def _marked(answer: str) -> str:
    """Folded, but for the marks that tell 3/10 from 3 10, and the commas."""
    kept = KEPT.sub(" ", unaccented(answer.casefold()))
    return " ".join(LOOSE_MARK.sub(" ", kept).replace(",", " , ").split()).strip(", ")
