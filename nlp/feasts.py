"""Days that everybody knows by name: feasts fixed and moving, school holidays, seasons."""

import re
from collections.abc import Callable
from datetime import date, timedelta

SUNDAY, FRIDAY, SATURDAY = 6, 4, 5


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm of Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), f = divmod(b, 4), (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    ell = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * ell) // 451
    month, day = divmod(h + ell - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def _after_easter(days: int) -> Callable[[int], date]:
    return lambda year: easter(year) + timedelta(days)


def _weekday_before(month: int, day: int, weekday: int) -> Callable[[int], date]:
    """The last such weekday on or before a day."""
    return lambda year: date(year, month, day) - timedelta((date(year, month, day).weekday() - weekday) % 7)


def _mothers(year: int) -> date:
    """The last Sunday of May, a week later when that is Whit Sunday."""
    last = _weekday_before(5, 31, SUNDAY)(year)
    return last + timedelta(7) if last == easter(year) + timedelta(49) else last


# The first that matches wins: the longer wording stands before the one it contains.
FEASTS: tuple[tuple[re.Pattern[str], Callable[[int], date]], ...] = tuple(
    (re.compile(rf"\b(?:{words})\b"), day)
    for words, day in (
        (r"vacances (?:scolaires )?(?:de |d )?(?:la )?toussaint|vacances d automne", _weekday_before(10, 22, SATURDAY)),
        (r"vacances (?:scolaires )?de (?:fin d annee|noel)", _weekday_before(12, 23, SATURDAY)),
        (r"vacances (?:scolaires )?(?:de (?:paques|printemps|avril)|du printemps)", _after_easter(-1)),
        (r"vacances (?:scolaires )?(?:de fevrier|d hiver|de ski)|relache", _fixed(2, 7)),
        (r"(?:reveillon|soir|veille|soiree)s? de noel|24 au soir|christmas eve", _fixed(12, 24)),
        (r"noel|christmas|xmas", _fixed(12, 25)),
        (
            r"(?:reveillon|soir|veille) (?:du (?:nouvel an|jour de l an|premier de l an|31)|de l an)|(?:la )?st sylvestre|saint sylvestre|new year s eve",
            _fixed(12, 31),
        ),
        (r"jour de l an|nouvel an|premier de l an|1er de l an|new year(?: s day)?", _fixed(1, 1)),
        (r"epiphanie|galette des rois", _fixed(1, 6)),
        (r"chandeleur", _fixed(2, 2)),
        (r"(?:saint|st) valentin|valentine(?: s day)?", _fixed(2, 14)),
        (r"journee (?:internationale )?(?:des (?:droits des )?femmes|de la femme)", _fixed(3, 8)),
        (r"(?:saint|st) patrick", _fixed(3, 17)),
        (r"poissons? d avril", _fixed(4, 1)),
        (r"lundi de paques|easter monday", _after_easter(1)),
        (r"vendredi saint|good friday", _after_easter(-2)),
        (r"(?:dimanche des )?rameaux", _after_easter(-7)),
        (r"mardi gras", _after_easter(-47)),
        (r"paques|easter", _after_easter(0)),
        (r"(?:jeudi de l )?ascension", _after_easter(39)),
        (r"lundi de (?:la )?pentecote", _after_easter(50)),
        (r"pentecote", _after_easter(49)),
        (r"fete du travail|fete du muguet", _fixed(5, 1)),
        (r"fete des meres", _mothers),
        (r"fete des peres", _weekday_before(6, 21, SUNDAY)),
        (r"fete de la musique", _fixed(6, 21)),
        (r"(?:saint|st) jean(?: baptiste)?", _fixed(6, 24)),
        (r"bal des pompiers|feu d artifice du 14|fete nationale(?! (?:belge|suisse))", _fixed(7, 14)),
        (r"fete nationale belge", _fixed(7, 21)),
        (r"fete nationale suisse", _fixed(8, 1)),
        (r"assomption", _fixed(8, 15)),
        (r"(?:jour de la |la |a la |de la |depuis la )?rentree(?: scolaire| des classes)?", _fixed(9, 1)),
        (r"halloween", _fixed(10, 31)),
        (r"toussaint", _fixed(11, 1)),
        (r"jour des morts|fete des morts", _fixed(11, 2)),
        (r"armistice", _fixed(11, 11)),
        (r"black friday", _weekday_before(11, 28, FRIDAY)),
        (r"(?:saint|st) nicolas", _fixed(12, 6)),
        # A season stands for its oldest day; summer for the first day of the holidays, as people mean it.
        (r"(?:cet|en|l|de l|d) ete|grandes vacances|vacances d ete|summer", _fixed(7, 1)),
        (r"printemps|spring", _fixed(3, 21)),
        (r"automne|autumn", _fixed(9, 22)),
        (r"hiver|winter", _fixed(12, 21)),
    )
)
EVE = re.compile(r"\b(?:la )?veille (?:de |du |d )")
MORROW = re.compile(r"\b(?:le )?lendemain (?:de |du |d )")
AROUND = re.compile(r"\b(?:avant|apres|entre|autour|before|after)\b")


def feast_of(said: str, year: int | None, today: date) -> date | None:
    """The feast an answer on folded text names: of that year, else the last one that is not in the future."""
    for words, day in FEASTS:
        found = words.search(said)
        if found is None:
            continue
        before = said[: found.start()]
        if AROUND.search(before):
            return None  # "après Noël" is no day
        shift = timedelta(1 if MORROW.search(said) else -1 if EVE.search(before) else 0)
        if year is not None:
            return day(year) + shift
        this_year = day(today.year) + shift
        return this_year if this_year <= today else day(today.year - 1) + shift
    return None
