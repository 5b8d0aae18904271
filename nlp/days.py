"""A day said in French, relative to today: "mardi dernier", "y a 2 semaines", "le 3 oct", "hier soir"."""

import calendar
import re
from datetime import date, timedelta

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = ("jan", "fev", "mar", "avr", "mai", "juin", "juil", "aou", "sep", "oct", "nov", "dec")
WORD_NUMBERS = {
    "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7,
    "huit": 8, "neuf": 9, "dix": 10, "quinze": 15, "quelques": 3, "plusieurs": 3,
}  # fmt: skip
NAMED = (
    (re.compile(r"\b(avant hier|avanthier|before yesterday)\b"), 2),
    (re.compile(r"\b(hier|cette nuit|la nuit derniere|yesterday)\b"), 1),
    (
        re.compile(
            r"\b(aujourd hui|ajd|auj|ce matin|ce soir|cet aprem\w*|tout a l heure|a l instant|maintenant|today|encore la|y a (une|deux|trois|\d+) (heures?|minutes?|h|min))\b"
        ),
        0,
    ),
    (re.compile(r"\b(ce week end|le week end dernier|week end passe)\b"), 2),
    (re.compile(r"\bcette semaine\b"), 2),
    (re.compile(r"\b(la semaine (derniere|passee)|semaine derniere|last week)\b"), 7),
    (re.compile(r"\b(le mois (dernier|passe)|mois dernier|last month)\b"), 30),
    (re.compile(r"\bce mois ci\b"), 10),
    (re.compile(r"\b(l annee derniere|l an dernier|annee derniere|last year)\b"), 365),
)
AGO = re.compile(
    r"\b(?:il y a|y a|ya|depuis|ca fait)(?: a peu pres| environ| bientot)? (\d{1,3}|[a-z]+) (jour|semaine|mois|an|annee)s?\b"
)
NUMERIC = re.compile(r"\b(\d{1,2}) (\d{1,2})(?: (\d{4}|\d{2}))?\b")
ISO = re.compile(r"\b(\d{4}) (\d{2}) (\d{2})\b")
WRITTEN = re.compile(
    r"\b(?:le |au |du )?(\d{1,2}|premier|1er) (jan|fev|mar|avr|mai|juin|juil|aou|sep|oct|nov|dec)[a-z]*(?: (\d{4}|\d{2}))?\b"
)
MONTH_ONLY = re.compile(
    r"\b(?:en|debut|mi|fin|courant|depuis|au mois de?) (jan|fev|mar|avr|mai|juin|juil|aou|sep|oct|nov|dec)[a-z]*(?: (\d{4}))?\b"
)
WEEKDAY = re.compile(rf"\b({'|'.join(WEEKDAYS)})\b")
DAYS_IN = {"jour": 1, "semaine": 7}
MIDDLE = 15


def day_of(said: str, today: date) -> date | None:
    """The day an answer on folded text means, never in the future; None when it gives none."""
    for reader in (_ago, _iso, _written, _numeric, _named, _weekday, _month):
        day = reader(said, today)
        if day is not None:
            return day if day <= today else None
    return None


def _named(said: str, today: date) -> date | None:
    for pattern, days in NAMED:
        if pattern.search(said):
            return today - timedelta(days=days)
    return None


def _ago(said: str, today: date) -> date | None:
    found = AGO.search(said)
    if found is None:
        return None
    word, unit = found.groups()
    count = int(word) if word.isdigit() else WORD_NUMBERS.get(word)
    if count is None:
        return None
    if unit in DAYS_IN:
        return today - timedelta(days=count * DAYS_IN[unit])
    return _months_before(today, count * (1 if unit == "mois" else 12))


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _iso(said: str, _today: date) -> date | None:
    found = ISO.search(said)
    return _make(int(found[1]), int(found[2]), int(found[3])) if found else None


def _numeric(said: str, today: date) -> date | None:
    """Day first: 3/10, 03-10-2026, 3.10.26."""
    found = NUMERIC.search(said)
    if found is None:
        return None
    return _dated(int(found[1]), int(found[2]), found[3], today)


def _written(said: str, today: date) -> date | None:
    found = WRITTEN.search(said)
    if found is None:
        return None
    day = 1 if found[1] in ("premier", "1er") else int(found[1])
    return _dated(day, MONTHS.index(found[2]) + 1, found[3], today)


def _dated(day: int, month: int, year: str | None, today: date) -> date | None:
    """Without a year, the last such day that is not in the future."""
    if year is not None:
        return _make(int(year) + (2000 if len(year) == 2 else 0), month, day)  # noqa: PLR2004 - two digits
    this_year = _make(today.year, month, day)
    return this_year if this_year is not None and this_year <= today else _make(today.year - 1, month, day)


def _weekday(said: str, today: date) -> date | None:
    """The last such day before today."""
    found = WEEKDAY.search(said)
    if found is None:
        return None
    back = (today.weekday() - WEEKDAYS.index(found[1])) % 7 or 7
    return today - timedelta(days=back)


def _month(said: str, today: date) -> date | None:
    found = MONTH_ONLY.search(said)
    if found is None:
        return None
    place = 1 if "debut" in said else 28 if "fin" in said else MIDDLE
    return _dated(place, MONTHS.index(found[1]) + 1, found[2], today)


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
