"""Pictures drawn for the tests: a chat as a phone shows it. Nothing of anybody."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from tests.builders import ROOT

FONT = ROOT / "cases/dossier/fonts/DejaVuSans.ttf"
WIDTH = 1080  # pixels, a phone
PAGE = {"light": (255, 255, 255), "dark": (18, 18, 20)}
BUBBLES = {"light": ((233, 233, 235), (0, 122, 255)), "dark": ((50, 50, 54), (0, 92, 75))}
LETTERS = {"light": ("black", "white"), "dark": ("white", "white")}


def a_chat(words: Sequence[str], *, theme: str = "light", form: str = "JPEG", quality: int = 80) -> bytes:
    """A screenshot of a chat, one bubble a message, left and right in turn."""
    picture = Image.new("RGB", (WIDTH, 160 + 130 * len(words)), PAGE[theme])
    draw, font = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 30)
    draw.text((30, 40), "K.   22:14", font=font, fill=LETTERS[theme][0])
    for number, text in enumerate(words):
        side, top = number % 2, 140 + 130 * number
        wide = draw.textlength(text, font=font) + 60
        left = 30 if side == 0 else WIDTH - wide - 30
        draw.rounded_rectangle((left, top, left + wide, top + 90), 30, fill=BUBBLES[theme][side])
        draw.text((left + 30, top + 25), text, font=font, fill=LETTERS[theme][side])
    made = io.BytesIO()
    picture.save(made, form, quality=quality)
    return made.getvalue()
