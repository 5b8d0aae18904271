"""Words on a screenshot, read by Tesseract in French and English. Nothing touches a disk: bytes in, text out."""

import os
import shutil
import subprocess
from functools import cache

PROGRAM = "tesseract"
LANGUAGES = ("fra", "eng")
SECONDS = 30.0
ONE_CORE = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # the conversation goes on beside it
SPARSE = "11"  # page segmentation: bubbles scattered over a screen


class ReadingError(Exception):
    """The picture could not be read; one line."""


@cache
def missing() -> str:
    """What is missing to read screenshots, and how to get it; "" when nothing is."""
    program = shutil.which(PROGRAM)
    if program is None:
        return "Tesseract is not installed: apt-get install tesseract-ocr tesseract-ocr-fra tesseract-ocr-eng"
    listed = subprocess.run([program, "--list-langs"], capture_output=True, check=False, text=True, timeout=SECONDS)  # noqa: S603 - found on the PATH, no argument of anybody
    absent = [language for language in LANGUAGES if language not in listed.stdout.split()]
    return f"Tesseract lacks: apt-get install {' '.join(f'tesseract-ocr-{name}' for name in absent)}" if absent else ""


def read(png: bytes) -> str:
    """The words on a picture, line by line; "" when there are none.

    Args:
        png: a grey picture, dark letters on light.

    Raises:
        ReadingError: Tesseract is absent, fails, or takes longer than `SECONDS`.
    """
    if missing():
        raise ReadingError(missing())
    return _tidy(_run(png))


def _run(png: bytes) -> str:
    command = [shutil.which(PROGRAM) or PROGRAM, "stdin", "stdout", "-l", "+".join(LANGUAGES), "--psm", SPARSE]
    try:
        done = subprocess.run(command, input=png, capture_output=True, check=True, timeout=SECONDS, env=ONE_CORE)  # noqa: S603 - see above
    except (OSError, subprocess.SubprocessError) as error:
        raise ReadingError(f"Tesseract failed ({type(error).__name__})") from error
    return done.stdout.decode(errors="replace")


def _tidy(text: str) -> str:
    """Lines that hold a letter or a digit, without page breaks."""
    lines = (" ".join(line.split()) for line in text.replace("\f", "\n").splitlines())
    return "\n".join(line for line in lines if any(sign.isalnum() for sign in line))
