"""Does one thing to a case store and kills itself (-9) at the n-th step that touches a file, for n = 1, 2, ...

    python -m tests.cases.killing FOLDER backup|restore|rekey|erase|export

Prints `killed` after each death and waits for a line, so that the test looks at what is left; `done` at the end.
"""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from bot import cli
from cases import backup, keys

WATCHED = frozenset({"open", "os.rename", "os.remove", "os.chmod", "os.mkdir"})


def store(folder: Path) -> Path:
    """Where the case store stands."""
    return folder / "cases.db"


def rekey(folder: Path) -> None:
    """As `recours rekey` does, more than once a day."""
    backup.settle_key(store(folder), folder / "key")
    (folder / f"key.{datetime.now(UTC).date()}").unlink(missing_ok=True)
    backup.new_key(store(folder), folder / "key", datetime.now(UTC).date(), folder / "scratch")


def restore(folder: Path) -> None:
    """The first backup."""
    first = min((folder / "backups").iterdir())
    backup.restore(first, store(folder), keys.read(folder / "key"), replace=True)


def command(*arguments: str) -> None:
    """One subcommand, that must succeed."""
    if cli.main(arguments) != 0:
        os._exit(3)


DEEDS: Mapping[str, Callable[[Path], None]] = {
    "backup": lambda folder: command("backup", "--to", str(folder / "b")),
    "restore": restore,
    "rekey": rekey,
    "erase": lambda folder: command("erase", (folder / "gone").read_text(encoding="ascii")),
    "export": lambda folder: command("dossier", (folder / "kept").read_text(encoding="ascii"), "--out", str(folder)),
}


def die_at(step: int, folder: Path) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook that kills this process before its `step`-th touch of a file of the folder."""
    left = [step]

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in WATCHED and str(arguments[0]).startswith(str(folder)):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return watch


def main() -> None:
    """Die again and again, each time one step later, until nothing is left to die at."""
    folder, deed = Path(sys.argv[1]), DEEDS[sys.argv[2]]
    for step in count(1):
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            sys.addaudithook(die_at(step, folder))
            deed(folder)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            print("done" if os.WEXITSTATUS(status) == 0 else "failed", flush=True)
            return
        print("killed", flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    main()
