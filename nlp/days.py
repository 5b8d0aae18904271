"""A day said in French, relative to today: "mardi dernier", "y a 2 semaines", "le 3 oct", "à la Toussaint".

Of a vague time (a week, a month, a season) the oldest day is taken, as the buttons do: a deadline shown too early
harms nobody.
"""

import calendar
import re
from datetime import date, timedelta

from nlp.feasts import feast_of

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
DAYS_EN = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORT_DAYS = ("lun", "mar", "mer", "jeu", "ven", "sam", "dim")
MONTHS = (
    ("janvier", "january", "janv", "jan"), ("fevrier", "february", "fevr", "fev", "feb"), ("mars", "march"),
    ("avril", "april", "avr", "apr"), ("mai", "may"), ("juin", "june"), ("juillet", "july", "juil", "juill"),
    ("aout", "august"), ("septembre", "september", "sept", "sep"), ("octobre", "october", "oct"),
    ("novembre", "november", "nov"), ("decembre", "december", "dec"),
)  # fmt: skip
MONTH_OF = {name: number for number, names in enumerate(MONTHS, start=1) for name in names}
MONTH = rf"(?P<month>{'|'.join(sorted(MONTH_OF, key=len, reverse=True))})\b"
LAST_YEAR = r"(?:de )?(?:l annee|l an) (?:dernier|derniere|passee?|d avant)"
YEAR = rf"(?: (?:de |en )?(?P<year>(?:19|20)\d\d)\b| (?P<before>{LAST_YEAR}))?"
NO_DAY = re.compile(  # habits, beginnings, futures: no single day
    r"\b(?:demain|prochaine?s?|tomorrow|bientot|depuis|des que|since|dans (?:\d+|une?) (?:jour|semaine|mois|an|heure)s?"
    r"|quand j etais|avant que|apres que|(?:tous|toutes) les|chaque|every|l autre|tout le temps|longtemps|jusqu a"
    r"|(?:il y a|y a|ya|ca fait|voila) [^,.]{1,25} qu(?:e|il|elle|ils|on)?\b|\d+ ?j? ?/ ?7\b|24 ?h? ?/ ?24)\b"
)
LATEST = re.compile(
    r".*\b(?:la derniere (?:fois|fois c etait)|le dernier (?:message|appel|sms|mail)|the last time|no wait|wait no|(?:euh|enfin|ah|attends|attendez|mais) non(?: pardon)?|non (?:pardon|attends|attendez|plutot|en fait))\b"
)
AGO = re.compile(
    r"\b(?:il y a|il y avait|y a|ya|yavait|y avait|yave|ca fait|ca va faire|remonte a|date d|date de|voila)(?: (?:a peu pres|environ|bientot|genre|peut etre|"
    r"presque|deja|juste|a peine|tout juste|de))*"
    r" (?P<count>\d{1,3}|une?)(?: ?(?:ou|a|-|,)? ?\d{1,3})? ?(?P<quinze>quinzaine|dizaine|huitaine|vingtaine)? ?(?:de |d )?"
    r"(?P<unit>jour|j|semaine|sem|mois|an|annee|heure|h|minute|min)s?(?P<half> et demie?)?\b(?! et (?:une?|\d+) )"
)
AGO_FORTNIGHT = re.compile(
    r"\b(?:il y a|y a|ya|ca fait)(?: environ| a peu pres)? une (?:bonne |petite )?(?P<many>quinzaine|dizaine|huitaine|vingtaine|trentaine)(?: de jours)?\b(?! (?:de|d) (?:mois|semaines|an))"
)
MANY = {"huitaine": 8, "dizaine": 10, "quinzaine": 15, "vingtaine": 20, "trentaine": 30}
AGO_EN = re.compile(r"\b(?P<count>\d{1,3}|an?|one) (?P<unit>day|week|month|year|hour|minute)s? ago\b")
HALF_AN_HOUR = re.compile(r"\b(?:y a|ya|il y a) (?:une )?demi heure\b")
ISO = re.compile(r"\b(\d{4})[-/. ](\d{2})[-/. ](\d{2})\b")
NUMERIC = re.compile(
    r"(?<![\d/.-])(\d{1,2})(?:/(\d{1,2})(?:/(\d{4}|\d{2}))?|[-. ](\d{1,2})[-. ](\d{4}|\d{2}))(?![\d/]|[-.]\d)"
)
DOTTED = re.compile(r"^(?:le )?(\d{1,2})[-. ](\d{1,2})$")
MONTH_AND_YEAR = re.compile(r"(?<![\d/])(\d{1,2})/((?:19|20)\d\d)\b")
WRITTEN = re.compile(
    rf"\b(?P<day>\d{{1,2}}|premier|first)(?:er|st|nd|rd|th)?(?: (?:et|ou|au|a|-)(?: le)? \d{{1,2}})? (?:of |du mois de |du mois d )?{MONTH}(?: (?P<short>\d{{2}})(?![\dh:]| ?h))?{YEAR}"
)
WRITTEN_EN = re.compile(rf"\b{MONTH} (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)\b{YEAR}")
DAY_ONLY = re.compile(
    r"^(?:c etait |(?:dans )?la nuit du |(?:il y a eu )?)?le (?P<day>\d{1,2}|premier|1er)(?: au (?:soir|matin)| dans la (?:nuit|journee|soiree)| dernier)?"
    r"(?: (?:de ce|du|de) (?P<which>mois(?: ci| dernier| passe| d avant)?))?$"
)
DATED_WEEKDAY = re.compile(rf"\b({'|'.join(WEEKDAYS)}) (?:le )?(\d{{1,2}})\b(?! ?h| heures)")
OF_LAST_WEEK = re.compile(
    rf"\b({'|'.join(WEEKDAYS)})(?: (?:soir|matin|midi|apres midi|aprem))? de (?:la semaine (?:derniere|passee|d avant)|l autre semaine)\b"
)
LAST_WEEK_ON = re.compile(rf"\b(?:la )?semaine (?:derniere|passee) (?:, )?(?:le )?({'|'.join(WEEKDAYS)})\b")
WEEKDAY = re.compile(
    rf"(?<!\ble )(?<!\bles )(?<!\bdu )\b({'|'.join((*WEEKDAYS, *DAYS_EN))})\b(?! en (?:8|15|huit|quinze)| d avant| precedent)|\ble ({'|'.join(WEEKDAYS)}) (?:dernier|passe)\b"
)
LAST_ONE = re.compile(r"\b(?:dernier|passe|last)\b")
THREE_DAYS = re.compile(r"\bavant avant hier\b")
AT_NIGHT = re.compile(r"\bcette nuit\b.*\b0?[0-7] ?(?:h|heures)\b")
SHORT_DAY = re.compile(rf"\b({'|'.join(SHORT_DAYS)}) (?:dernier|passe|soir|matin|aprem)\b")
BEFORE_YESTERDAY = re.compile(r"\b(?:avant hier|avanthier|avt hier|before yesterday)\b")
YESTERDAY = re.compile(r"\b(?:hier|cette nuit|la nuit (?:derniere|passee)|yesterday|last night|yday)\b")
TODAY = re.compile(
    r"\b(?:aujourd hui|ajd|auj|ojd|ce (?:matin|midi|soir|jour)|cet (?:aprem\w*|apres midi)|cette (?:apres midi|aprem\w*)|tout a l heure|tantot"
    r"|a l instant|la maintenant|^maintenant|en ce moment|tout de suite|today|this (?:morning|afternoon|evening)|tonight|(?:je|il|elle|ils|on|ca) (?:viens|vient|viennent) (?:juste |tout juste |a peine )?de (?:le |la |les |me |m |se )?(?:recevoir|voir|lire|ecrire|appeler|envoyer|recommencer|passer|arriver|decouvrir)|just now|right now)\b"
)
LAST_WEEKEND = re.compile(
    r"\b(?:(?:ce|le|dans le|durant le) )?(?:week ?end|we)(?: (?P<which>dernier|passe|d avant|precedent))?\b|\blast weekend\b"
)
MONTH_ONLY = re.compile(
    rf"(?:\b(?P<place>debut|mi|milieu|fin|end of|early|late|mid|(?:1ere|premiere|2eme|2e|deuxieme|seconde|troisieme|3e|3eme|derniere) (?:quinzaine|semaine))(?: de| du mois de?| d| du mois d)? )?\b{MONTH}(?: (?:dernier|passe|cette annee|de cette annee))?{YEAR}"
)
SHORT_MONTHS = frozenset({"jan", "fev", "feb", "apr", "avr", "sep", "oct", "nov", "dec", "may", "march"})
STARTS = {"debut": 1, "early": 1, "mi": 13, "milieu": 13, "mid": 13, "fin": 25, "late": 25, "end of": 25}
PARTS = {"quinzaine": 15, "semaine": 7}
RANKS = {
    "1ere": 0,
    "premiere": 0,
    "2eme": 1,
    "2e": 1,
    "deuxieme": 1,
    "seconde": 1,
    "troisieme": 2,
    "3e": 2,
    "3eme": 2,
    "derniere": 3,
}
SPANS = (
    (re.compile(r"\bfin de (?:la )?semaine (?:derniere|passee)\b"), "friday", 1),
    (re.compile(r"\bfin du mois (?:dernier|passe)\b"), "end", 1),
    (re.compile(r"\b(?:la )?semaine (?:derniere|passee|d avant)|last week|l autre semaine\b"), "week", 1),
    (re.compile(r"\b(?:cette semaine|(?:en )?debut de (?:la )?semaine|this week)\b"), "week", 0),
    (re.compile(r"\b(?:le )?mois (?:dernier|passe|d avant)|last month\b"), "month", 1),
    (re.compile(r"\b(?:ce mois(?: ci)?|(?:au )?debut (?:du|de ce) mois|this month)\b"), "month", 0),
    (re.compile(r"\b(?:debut (?:de l |d )annee|cette annee(?! la))\b"), "year", 0),
    (re.compile(r"\b(?:l annee|l an) (?:derniere?|passee?)|last year\b"), "year", 1),
)
YEAR_ONLY = re.compile(r"^(?:c etait )?(?:en|in|annee|dans l annee)? ?((?:19|20)\d\d)$")
UNIT_DAYS = {"jour": 1, "j": 1, "semaine": 7, "sem": 7, "day": 1, "week": 7}
UNIT_MONTHS = {"mois": 1, "an": 12, "annee": 12, "month": 1, "year": 12}
YEARS_BACK = re.compile(LAST_YEAR + "|last year")


def day_of(said: str, today: date) -> date | None:
    """The day an answer means, never in the future; None when it gives none.

    Args:
        said: folded text with number words in digits; the marks `/ . -` between digits are kept.
        today: the day relative dates count from.
    """
    said = LATEST.sub("", said).strip()
    last_week = OF_LAST_WEEK.sub("", said)  # "l'autre semaine" is the last one, "l'autre jour" no day
    if NO_DAY.search(last_week):
        return None
    for reader in (
        _iso, _numeric, _written, _day_only, _ago, _of_last_week, _feast, _named, _weekday, _month, _weekend, _span, _year,
    ):  # fmt: skip
        day = reader(said, today)
        if day is not None:
            return day if day <= today else None
        if reader is _written and WRITTEN.search(said):
            return None  # the 32nd of March
    return None


def _iso(said: str, _today: date) -> date | None:
    found = ISO.search(said)
    return _make(int(found[1]), int(found[2]), int(found[3])) if found else None


def _numeric(said: str, today: date) -> date | None:
    """Day first: 3/10, 03-10-2026, 3.10.26; 10/2025 is a month."""
    month = MONTH_AND_YEAR.search(said)
    if month:
        return _make(int(month[2]), int(month[1]), 1)
    found = NUMERIC.search(said)
    if found:
        return _dated(int(found[1]), int(found[2] or found[4]), found[3] or found[5], today)
    dotted = DOTTED.match(said)
    return _dated(int(dotted[1]), int(dotted[2]), None, today) if dotted else None


def _written(said: str, today: date) -> date | None:
    between = re.search(rf"\b(\d{{1,2}}) (?:et|au|ou)(?: le)? \d{{1,2}} {MONTH}", said)
    if between:
        return _dated(int(between[1]), MONTH_OF[between["month"]], None, today)
    found = WRITTEN.search(said) or WRITTEN_EN.search(said)
    if found is None:
        return None
    parts = found.groupdict()
    day = 1 if parts["day"] in ("premier", "first") else int(parts["day"])
    year = parts["year"] or parts.get("short") or (str(today.year - 1) if parts["before"] else None)
    return _dated(day, MONTH_OF[parts["month"]], year, today)


def _day_only(said: str, today: date) -> date | None:
    """Of "le 3", "le 7 du mois dernier": the last month in which that day has come."""
    found = DAY_ONLY.match(said)
    dated = DATED_WEEKDAY.search(said)
    if found is None and dated is None:
        return None
    word = found["day"] if found else dated[2] if dated else ""
    day = 1 if word in ("premier", "1er") else int(word)
    back = 1 if found and found["which"] and found["which"] not in ("mois", "mois ci") else 0
    for months in (back, back + 1):
        first = _months_before(today.replace(day=1), months)
        made = _make(first.year, first.month, day)
        if made is not None and made <= today and (dated is None or made.weekday() == WEEKDAYS.index(dated[1])):
            return made
    return None


def _ago(said: str, today: date) -> date | None:
    many = AGO_FORTNIGHT.search(said)
    if many:
        return today - timedelta(MANY[many["many"]])
    if HALF_AN_HOUR.search(said):
        return today
    found = AGO.search(said) or AGO_EN.search(said)
    if found is None or found.groupdict().get("quinze"):
        return None
    count = int(found["count"]) if found["count"].isdigit() else 1
    return _back(today, count, found["unit"], half=bool(found.groupdict().get("half")))


def _back(today: date, count: int, unit: str, *, half: bool) -> date:
    """So many units before today; hours and minutes are today."""
    if unit in UNIT_DAYS:
        return today - timedelta(count * UNIT_DAYS[unit] + (UNIT_DAYS[unit] // 2 if half else 0))
    if unit in UNIT_MONTHS:
        back = _months_before(today, count * UNIT_MONTHS[unit] + (6 if half and UNIT_MONTHS[unit] > 1 else 0))
        return back - timedelta(15 if half and UNIT_MONTHS[unit] == 1 else 0)
    return today - timedelta(count // 24 if unit in ("h", "heure", "hour") else 0)


def _of_last_week(said: str, today: date) -> date | None:
    found = OF_LAST_WEEK.search(said)
    found = found or LAST_WEEK_ON.search(said)
    named = [place for place, day in enumerate(WEEKDAYS) if day in said]  # "mardi ou mercredi": the oldest
    return _monday(today) - timedelta(7 - named[0]) if found else None


def _feast(said: str, today: date) -> date | None:
    told = re.search(r"\b((?:19|20)\d\d)\b", said)
    year = int(told[1]) if told else today.year - 1 if YEARS_BACK.search(said) else None
    if MONTH_ONLY.search(said) and re.search(r"\b(?:hiver|ete|printemps|automne|rentree)\b", said):
        return None  # "cet hiver, vers février": the month says more
    return feast_of(said, year, today)


def _named(said: str, today: date) -> date | None:
    if AT_NIGHT.search(said):
        return today
    if THREE_DAYS.search(said):
        return today - timedelta(3)
    days = [2] if BEFORE_YESTERDAY.search(said) else []
    said = BEFORE_YESTERDAY.sub(" ", said)
    days += [1] if YESTERDAY.search(said) else []
    days += [0] if TODAY.search(said) and not WEEKDAY.search(said) else []
    return today - timedelta(days[0]) if len(days) == 1 else None


def _weekday(said: str, today: date) -> date | None:
    """The last such day before today; two different ones are not clear."""
    days = {match[1] or match[2] for match in WEEKDAY.finditer(said)}
    if len(days) > 1:
        return None
    if days:
        name = days.pop()
        place = (WEEKDAYS if name in WEEKDAYS else DAYS_EN).index(name)
    else:
        short = SHORT_DAY.search(said)
        if short is None:
            return None
        place = SHORT_DAYS.index(short[1])
    back = (today.weekday() - place) % 7 or 7
    if back == 1 and LAST_ONE.search(said):
        back = 8  # of the day before today she would say yesterday
    return today - timedelta(back)


def _month(said: str, today: date) -> date | None:
    found = MONTH_ONLY.search(said)
    if found is None:
        return None
    name, place = found["month"], found["place"]
    if name in SHORT_MONTHS and not re.search(rf"(?:^|\b(?:en|in|debut|fin|mi|{place}) ){name}\b", said):
        return None
    month = MONTH_OF[name]
    year = found["year"] or (str(today.year - 1) if found["before"] or YEARS_BACK.search(said) else None)
    day = _start(place or "")
    if year is None and month == today.month:
        return _make(today.year, month, day)
    return _dated(day, month, year, today)


def _start(place: str) -> int:
    """The first day of a part of a month: "fin", "deuxième quinzaine"."""
    rank, _, part = place.partition(" ")
    if part not in PARTS:
        return STARTS.get(place, 1)
    return 1 + min(RANKS[rank], 1 if part == "quinzaine" else 3) * PARTS[part]


def _weekend(said: str, today: date) -> date | None:
    """Its Saturday: the last one that has begun, or the one before."""
    found = LAST_WEEKEND.search(said)
    if found is None or re.search(r"\b(?:les|chaque) (?:week ?end|we)", said):
        return None
    saturday = today - timedelta((today.weekday() - 5) % 7)
    if "d avant le dernier" in said or found["which"] in ("d avant", "precedent"):
        return saturday - timedelta(7)
    return saturday


def _span(said: str, today: date) -> date | None:
    """The first day of a week, month or year told from today."""
    for words, unit, back in SPANS:
        if not words.search(said):
            continue
        if unit == "year":
            return date(today.year - back, 1, 1)
        if unit in ("month", "end"):
            return _months_before(today.replace(day=1), back) + timedelta(24 if unit == "end" else 0)
        return _monday(today) - timedelta(7 * back - (4 if unit == "friday" else 0))
    return None


def _year(said: str, today: date) -> date | None:
    found = YEAR_ONLY.match(said)
    return date(int(found[1]), 1, 1) if found and int(found[1]) < today.year else None


def _monday(day: date) -> date:
    return day - timedelta(day.weekday())


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _dated(day: int, month: int, year: str | None, today: date) -> date | None:
    """Without a year, the last such day that is not in the future."""
    if year is not None:
        return _make(int(year) + (2000 if len(year) == 2 else 0), month, day)  # noqa: PLR2004 - two digits
    this_year = _make(today.year, month, day)
    return this_year if this_year is not None and this_year <= today else _make(today.year - 1, month, day)


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
