"""The key of the case store: where it is, or how to put it back. It stands outside the data folder."""

import os
import re
import secrets
from pathlib import Path

from cases.errors import KeyMissingError, KeyWrongError

VARIABLE = "RECOURS_KEY"
CREDENTIALS = "CREDENTIALS_DIRECTORY"  # where systemd (LoadCredential=) or a container puts secrets, as files
KEY_BYTES = 32
HEX_KEY = re.compile(r"[0-9a-f]{64}")


def create(path: Path) -> None:
    """Write a new random key of 256 bits to its own file, readable by its owner only.

    Raises:
        FileExistsError: a key is there already; it is never replaced, since that would lose the cases.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")


def next_to(path: Path) -> Path:
    """Where the new key waits while the store is being encrypted with it."""
    return path.with_name(f"{path.name}.next")


def read_file(path: Path) -> str:
    """The key of a file, whatever the environment says; same errors as `read`."""
    return _checked(_content(path), str(path))


def read(path: Path) -> str:
    """The key, 64 hexadecimal digits, from the environment, a credential, or else from its file.

    Raises:
        KeyMissingError: there is none.
        KeyWrongError: others may read the file, or it does not hold a key.
    """
    key = os.environ.get(VARIABLE, "").strip().lower()
    if key:
        return _checked(key, VARIABLE)
    return read_file(credential(VARIABLE) or path)


def credential(name: str) -> Path | None:
    """The file of a secret that systemd or the container handed over under this name, or None."""
    folder = os.environ.get(CREDENTIALS, "")
    file = Path(folder) / name
    return file if folder and file.is_file() else None


def is_given() -> bool:
    """Whether the key comes from the environment or as a credential, and not from its file."""
    return bool(os.environ.get(VARIABLE, "").strip() or credential(VARIABLE))


def _content(path: Path) -> str:
    if not path.is_file():
        raise KeyMissingError(f"{path}: the key is missing. Put it back, set {VARIABLE}, or run: recours init")
    if path.stat().st_mode & 0o077:
        raise KeyWrongError(f"{path}: others may read the key. Run: chmod 600 {path}")
    return path.read_text(encoding="ascii", errors="replace").strip().lower()


def _checked(key: str, place: str) -> str:
    if not HEX_KEY.fullmatch(key):
        raise KeyWrongError(f"{place}: this is not a key (64 hexadecimal digits). Put the right one back.")
    return key
