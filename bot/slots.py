"""The name of a worker among those of its machine: whoever has it is alone with it, and the one before has ended.

A slot is a small file beside the case store that holds a name and that its worker locks. The lock ends with the
process, however it ends, so that the next one takes the name over, and with it at once what its predecessor had.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path


@contextmanager
def slot(folder: Path) -> Iterator[str]:
    """The first name that no living worker of this folder has."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number in count(1):
        descriptor = os.open(folder / f"worker-{number}", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        try:
            yield _name(descriptor)
        finally:
            os.close(descriptor)
        return


def _name(descriptor: int) -> str:
    if name := os.pread(descriptor, 100, 0).decode():
        return name
    name = secrets.token_hex(8)
    os.pwrite(descriptor, name.encode(), 0)
    return name
