"""The same message as another hand would type it: what the encoder learns must not hang on one spelling."""

import re
import unicodedata

import numpy as np

from nlp.normalise import unaccented

STOPS = re.compile(r"[.,!?…]+")
# How often each befalls a text; ours, not measured.
NO_ACCENT = 0.35
LOWER, UPPER = 0.3, 0.03
NO_STOP = 0.25
SLIPS = 0.2
BETWEEN_SLIPS = 40  # characters
SHORTEST = 3  # text one slips in


def misspell(text: str, dice: np.random.Generator) -> str:
    """Without accents, capitals or stops, with slips of the finger, each now and then; often unchanged."""
    if dice.random() < NO_ACCENT:
        text = unicodedata.normalize("NFC", unaccented(text))
    luck = dice.random()
    text = text.lower() if luck < LOWER else text.upper() if luck < LOWER + UPPER else text
    if dice.random() < NO_STOP:
        text = STOPS.sub(" ", text)
    if dice.random() < SLIPS:
        for _ in range(len(text) // BETWEEN_SLIPS + 1):
            text = _slip(text, dice)
    return text


def _slip(text: str, dice: np.random.Generator) -> str:
    """One letter lost, doubled or swapped with the one before; lost as often as the two others together."""
    if len(text) < SHORTEST:
        return text
    at, luck = int(dice.integers(1, len(text) - 1)), int(dice.integers(4))
    before, letter, after = text[:at], text[at], text[at + 1 :]
    if luck == 0:
        return before[:-1] + letter + before[-1] + after
    return before + letter * 2 + after if luck == 1 else before + after
