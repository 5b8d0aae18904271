"""`recours corrections`: what the staff corrected, without who it is about, of people who agreed that it teaches."""

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from bot.commands import case_store
from cases.case import Case
from cases.sql.store import SqlStore
from nlp.anonymise import anonymise


def export(options: argparse.Namespace) -> int:
    """Write the corrections, readable by this account only; the audit log says how many.

    Raises:
        FileExistsError: the file is there already.
    """
    path = Path(options.out)
    with case_store() as store:
        lines = rows(store)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in lines)
        store.audit.write("corrections_exported", {"staff": "command line", "count": len(lines)}, datetime.now(UTC))
    print(f"{path}: {len(lines)} message(s). Read them before you train: no rule finds every name.")
    return 0


def rows(store: SqlStore) -> list[dict[str, Any]]:
    """Text, labels and kind of threat; in an order that keeps the messages of one person apart."""
    found = []
    for number, positions in store.team.teaching():
        case = store.by_number(number)
        if case is not None:
            found += list(_of(case, positions))
    return sorted(found, key=lambda row: sha256(str(row["text"]).encode()).digest())


def _of(case: Case, positions: Sequence[int]) -> Iterator[dict[str, Any]]:
    names = {str((exhibit.origin or {}).get("name") or "") for exhibit in case.exhibits} - {""}
    for position in positions:
        exhibit = case.exhibits[position - 1]
        if exhibit.text.strip():
            kind = exhibit.threat_kind if "threat" in exhibit.labels else None
            yield {"text": anonymise(exhibit.text, names), "labels": sorted(exhibit.labels), "threat_kind": kind}
