"""Which language a text is in, among a dozen; nothing is said of texts too short to tell."""

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from nlp.normalise import WORD, readable

LANGUAGES = ["fr", "en", "es", "it", "pt", "de", "nl", "ar", "tr", "pl", "ro", "ru", "zh"]
READ = frozenset({"fr", "en", ""})
OTHER_SCRIPTS = frozenset({"ar", "ru", "zh", "other"})  # no misspelt French is taken for one of these
FEWEST_WORDS = 5  # measured on French: 0.96 right from four words on
SURE = 0.95


@cache
def _identifier() -> LanguageIdentifier:
    every = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    every.set_languages(LANGUAGES)
    # Another one with the columns of these languages only: the table of all 142 would stay in memory, 25 MB.
    return LanguageIdentifier(
        *(every.nb_ptc.copy(), every.nb_pc, every.nb_classes, every.tk_nextmove, every.tk_output),
        norm_probs=True,
        tk_row=every.tk_row,
    )


def language_of(text: str) -> str:
    """ISO 639-1 code, or "" when the text is too short or the answer not sure."""
    words = readable(text)
    if len(WORD.findall(words)) < FEWEST_WORDS:
        return _by_script(words)
    code, probability = _identifier().classify(words)
    return str(code) if probability >= SURE else ""


def _by_script(words: str) -> str:
    """A few words in another script cannot be French."""
    letters = [letter for letter in words if letter.isalpha()]
    foreign = [letter for letter in letters if ord(letter) > 0x24F]  # noqa: PLR2004 - end of Latin Extended-B
    return "other" if letters and len(foreign) > len(letters) / 2 else ""
