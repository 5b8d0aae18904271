"""Names, numbers, addresses and links out of a message, a placeholder in the place of each.

A rule of thumb that prefers taking too much: a word that is no longer a name costs the model little, a name that stays
costs somebody much. It is no proof: whoever exports reads what is exported.
"""

import re
from collections.abc import Iterable
from pathlib import Path

LINK = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|fr|net|org|me|io|gg|tv|be|ch|app|link|ly)\b(?:/\S*)?",
    re.IGNORECASE,
)
MAIL = re.compile(r"[\w.+-]+\s*@\s*[\w-]+(?:\.[\w-]+)+")
HANDLE = re.compile(r"(?<!\w)@[\w.]{2,}|\b\w+#\d{3,5}\b")
STREET = (
    r"rue|avenue|av|bd|boulevard|place|allée|allee|chemin|impasse|route|quai|cours|square|résidence|residence|bât"
    r"|street|st|road|rd|lane|drive"
)
SMALL = r"(?:de|du|des|la|le|les|l'|d'|d’|l’|saint|sainte)"
ADDRESS = re.compile(
    rf"(?:\b\d{{1,4}}\s*(?:bis|ter)?,?\s+)?\b(?:{STREET})\b\.?(?:\s+{SMALL})*\s*[\w’'-]+(?:\s+[A-ZÀ-Ý][\w’'-]+)*"
    rf"|\b\d{{1,4}}\s+[A-Z]\w+\s+(?:{STREET})\b",
    re.IGNORECASE,
)
POSTCODE = re.compile(r"\b\d{5}\b(?:\s+[A-ZÀ-Ý][\w’'-]+(?:[ -][A-ZÀ-Ý][\w’'-]+)*)?")
NUMBER = re.compile(r"\+?\d(?:[\s./-]?\d){3,}|\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,}\b|\b[A-Z]{2}-?\d{3}-?[A-Z]{2}\b")
INTRODUCED = re.compile(
    r"\b((?:je suis|c'est|c’est|m'appelle|m’appelle|s'appelle|s’appelle|t'appelles|prénom|prenom|nom|mme|mr|m\."
    r"|monsieur|madame|my name is|i'm|his name is|her name is|called)\s+)([A-Za-zÀ-ÿ][\w’'-]+)",
    re.IGNORECASE,
)
CAPITAL = re.compile(r"\b[A-ZÀ-Ý][a-zà-ÿ’'-]+(?:[ -][A-ZÀ-Ý][a-zà-ÿ’'-]+)*")
SENTENCE = re.compile(r"(?:^|[.!?…:;\n«\"(]\s*)$")
STEPS = (
    (MAIL, "[mail]"),
    (LINK, "[lien]"),
    (HANDLE, "[compte]"),
    (ADDRESS, "[adresse]"),
    (POSTCODE, "[adresse]"),
    (NUMBER, "[numéro]"),
)
NOT_NAMES = frozenset((Path(__file__).parent / "common_words.txt").read_text(encoding="utf-8").split())


def anonymise(text: str, names: Iterable[str] = ()) -> str:
    """The message with placeholders.

    Args:
        text: as it was received.
        names: display names and accounts known of either side, taken out wherever they stand.
    """
    parts = {part for name in names for part in (name, *name.split()) if len(part) > 1}
    for known in sorted(parts, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(known)}(?!\w)", "[nom]", text, flags=re.IGNORECASE)
    for pattern, placeholder in STEPS:
        text = pattern.sub(placeholder, text)
    text = INTRODUCED.sub(_introduced, text)
    return CAPITAL.sub(_capital, text)


def _introduced(found: re.Match[str]) -> str:
    word = found.group(2)
    named = word[0].isupper() or "appelle" in found.group(1).lower() or "nom" in found.group(1).lower()
    return f"{found.group(1)}[nom]" if named and word.casefold() not in NOT_NAMES else found.group(0)


def _capital(found: re.Match[str]) -> str:
    """A capital inside a sentence is a name; at its beginning it is one unless it is a common word."""
    words = found.group(0).split()
    kept = []
    while words and words[0].casefold() in NOT_NAMES:
        kept.append(words.pop(0))
    if not words:
        return found.group(0)
    begins = not kept and SENTENCE.search(found.string[: found.start()]) is not None
    if begins and len(words) == 1:
        return found.group(0) if _is_common(words[0], found.string) else "[nom]"
    return " ".join([*kept, "[nom]"])


def _is_common(word: str, text: str) -> bool:
    """A word that stands without its capital in the same message, or that ends as verbs and adverbs do."""
    low = word.casefold()
    return low in text.replace(word, "", 1) or low.endswith(
        ("ez", "ons", "ment", "er", "ant", "ais", "ait", "s'", "ing")
    )
