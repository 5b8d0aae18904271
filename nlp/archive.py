"""Learnt arrays on disk: numbers in .npz, everything else in .json, which holds the digest of the other.

Neither file can run code when it is read, and a changed byte of the .npz is refused.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class ModelError(Exception):
    """The model file is missing, damaged or of another format; one line with what to do."""


def write(folder: Path, name: str, arrays: Mapping[str, Any], sheet: Mapping[str, Any], form: int) -> None:
    """Write `<name>.npz` and `<name>.json`, the same bytes for the same arrays and the same sheet."""
    packed = _pack(arrays)
    told = {"format": form, "sha256": sha256(packed).hexdigest(), **sheet}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.npz").write_bytes(packed)
    (folder / f"{name}.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(folder: Path, name: str, form: int) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Arrays and sheet that `write` wrote.

    Raises:
        ModelError: a file is missing, a digest does not match, or the format is another.
    """
    try:
        packed = (folder / f"{name}.npz").read_bytes()
        sheet = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        if sheet["format"] != form:
            raise ModelError(f"{folder / name}.json: format {sheet['format']}, not {form}; run: recours train")
        if sha256(packed).hexdigest() != sheet["sha256"]:
            raise ModelError(f"{folder / name}.npz: the file was changed or damaged; restore it or run: recours train")
        loaded = np.load(io.BytesIO(packed), allow_pickle=False)
        return {key: loaded[key] for key in loaded.files}, sheet
    except FileNotFoundError as error:
        raise ModelError(f"{error.filename}: no such file; restore it or run: recours train") from error
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ModelError(f"{folder / name}: cannot be read; restore it or run: recours train") from error


def _pack(arrays: Mapping[str, Any]) -> bytes:
    """An .npz without dates, in fixed order, so that training twice gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.save(member, arrays[name])
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, member.getvalue(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
