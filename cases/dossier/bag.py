"""The bag: a BagIt folder (RFC 8493) that anybody can verify with common tools, made and read in memory.

`bagit` works on folders only; a case must not stand unencrypted on a disk because it was asked to be handed over.
Its own validator checks what is made here, in the tests.
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyzipper

from cases import canonical, exhibits, inspection
from cases.case import Case
from cases.custody import Entry
from cases.inspection import Piece

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST, TAG_MANIFEST, INFO, BAGIT = "manifest-sha256.txt", "tagmanifest-sha256.txt", "bag-info.txt", "bagit.txt"
PDF, LOG, ASSESSMENT, README = "data/dossier.pdf", "data/custody.jsonl", "data/assessment.json", "data/LISEZMOI.txt"
EPOCH = (1980, 1, 1, 0, 0, 0)  # one date for every file of the archive: the same content gives the same bytes
LARGEST = 200_000_000  # bytes of an archive read back

Files = Mapping[str, bytes]


class BagError(ValueError):
    """What was given is no bag, or cannot be opened; one line that says what to do."""


def fill(
    case: Case,
    entries: Sequence[Entry],
    pdf: bytes,
    assessment: Mapping[str, Any],
    readme: str,
    *,
    extra: Files | None = None,
    kept: Mapping[int, bytes] | None = None,
) -> dict[str, bytes]:
    """Every file of the bag, by its path inside the bag.

    Args:
        case: whose exhibits go in.
        entries: the custody log, the export of this PDF being its last entry.
        pdf: the dossier.
        assessment: what followed from the facts, plain JSON.
        readme: how to read and verify all this.
        extra: more files of the payload (a timestamp), by path.
        kept: files kept of exhibits that go in, by position.
    """
    payload = {PDF: pdf, README: readme.encode(), ASSESSMENT: _pretty(assessment), LOG: _log(entries), **(extra or {})}
    for exhibit in case.exhibits:
        name = f"data/exhibits/{exhibit.position:04d}"
        beside = {
            "canonical": exhibits.form(exhibit),
            "sha256": exhibit.digest,
            "labels": list(exhibit.labels),
            "refused_labels": list(exhibit.refused),
            "probabilities": {label: round(p, 4) for label, p in exhibit.scores.items()},
            "threat_kind": exhibit.threat_kind,
            "conditional": exhibit.conditional,
            "rationale": [dict(span) for span in exhibit.rationale],
            "file": exhibit.file,
            "near_copy_of": exhibit.group if exhibit.group != exhibit.position else None,
        }
        payload[f"{name}.json"] = _pretty(beside)
        payload[f"{name}.txt"] = exhibit.text.encode()
        if kept and exhibit.position in kept:
            payload[_file_of(exhibit.position)] = kept[exhibit.position]
    last = entries[-1] if entries else None
    info = {
        "Source-Organization": "Recours",
        "External-Identifier": case.number,
        "Bagging-Date": (last.at if last else case.opened_at).astimezone(UTC).date().isoformat(),
        "Payload-Oxum": f"{sum(len(content) for content in payload.values())}.{len(payload)}",
        "Custody-Head": last.digest if last else "",
    }
    tags = {
        BAGIT: DECLARATION,
        INFO: "".join(f"{name}: {value}\n" for name, value in info.items()).encode(),
        MANIFEST: _manifest(payload),
    }
    return {**tags, TAG_MANIFEST: _manifest(tags), **payload}


def pack(files: Files, folder: str, passphrase: str | None = None) -> bytes:
    """One zip archive; with a passphrase, AES-256 in the form that 7-Zip, WinZip and others open.

    Files are stored, not compressed: the bytes then depend on nothing but the content.
    """
    buffer = io.BytesIO()
    if passphrase:
        with pyzipper.AESZipFile(buffer, "w", encryption=pyzipper.WZ_AES) as archive:
            archive.setpassword(passphrase.encode())
            for name in sorted(files):
                archive.writestr(f"{folder}/{name}", files[name])
    else:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as plain:
            for name in sorted(files):
                plain.writestr(zipfile.ZipInfo(f"{folder}/{name}", EPOCH), files[name])
    return buffer.getvalue()


def read(path: Path, passphrase: str | None = None) -> dict[str, bytes]:
    """The files of a bag, from its folder or its zip archive.

    Raises:
        BagError: there is no bag there, or the passphrase is missing or wrong.
    """
    if path.is_dir():
        base = path if (path / BAGIT).is_file() else next((p.parent for p in sorted(path.glob(f"*/{BAGIT}"))), path)
        found = {p.relative_to(base).as_posix(): p.read_bytes() for p in sorted(base.rglob("*")) if p.is_file()}
        return _a_bag(found, path)
    if path.stat().st_size > LARGEST:
        raise BagError(f"{path}: larger than any bag of ours ({LARGEST} bytes); give the bag itself")
    return unpack(path.read_bytes(), path.name, passphrase)


def unpack(archive: bytes, name: str, passphrase: str | None = None) -> dict[str, bytes]:
    """The files of a zipped bag, its outer folder taken away.

    Raises:
        BagError: it is no archive, was damaged, or the passphrase is missing or wrong.
    """
    try:
        with pyzipper.AESZipFile(io.BytesIO(archive)) as opened:
            if passphrase:
                opened.setpassword(passphrase.encode())
            found = {info.filename.partition("/")[2]: opened.read(info) for info in opened.infolist()}
            twice = len(found) != len(opened.infolist())
    except RuntimeError as error:
        raise BagError(f"{name}: {_asked(error)}") from error
    except Exception as error:
        raise BagError(f"{name}: cannot be opened, it was damaged or is no bag ({type(error).__name__})") from error
    if twice:
        raise BagError(f"{name}: a file stands in it twice: it was changed since it was made")
    return _a_bag(found, Path(name))


def repacked(archive: bytes, files: Files) -> bool:
    """Whether an archive is, byte for byte, the one we would make of these files."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            folder = opened.namelist()[0].partition("/")[0]
    except (zipfile.BadZipFile, IndexError, ValueError):
        return False
    return pack(files, folder) == archive


def is_locked(archive: bytes) -> bool:
    """Whether an archive is protected with a passphrase; its envelope then cannot be made again to compare."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return any(info.flag_bits & 1 for info in opened.infolist())


def faults(files: Files) -> list[str]:
    """What was changed in a bag since it was made; empty when everything holds."""
    broken = [*_manifest_faults(files, TAG_MANIFEST, tags=True), *_manifest_faults(files, MANIFEST, tags=False)]
    try:
        entries = [_entry(json.loads(line)) for line in files.get(LOG, b"").decode().splitlines()]
        pieces = [_piece(json.loads(files[name]), files) for name in sorted(files) if _is_exhibit(name)]
        broken += inspection.faults(pieces, entries, head(files))
        broken += [*_texts(files), *_pdf(files, entries)]
    except (ValueError, KeyError, TypeError) as error:
        broken.append(f"the exhibits or the custody log cannot be read ({type(error).__name__})")
    return broken


def _asked(error: Exception) -> str:
    said = str(error).lower()
    if "password" in said or "encrypted" in said:
        return "it is protected and this passphrase does not open it; set RECOURS_PASSPHRASE"
    return f"cannot be opened, it was damaged or is no bag ({type(error).__name__})"


def _a_bag(files: dict[str, bytes], path: Path) -> dict[str, bytes]:
    if not {BAGIT, MANIFEST} & files.keys():
        raise BagError(f"{path}: no bag there; give its folder, its .zip or the .pdf")
    return files


def _is_exhibit(name: str) -> bool:
    return name.startswith("data/exhibits/") and name.endswith(".json")


def _manifest(files: Files) -> bytes:
    return "".join(f"{sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()


def _manifest_faults(files: Files, manifest: str, *, tags: bool) -> list[str]:
    """Files that a manifest lists and that are changed or gone, and files that no manifest lists."""
    if manifest not in files:
        return [f"{manifest} is missing"]
    lines = files[manifest].decode(errors="replace").splitlines()
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    own = {name for name in files if name.startswith("data/") is not tags and name != TAG_MANIFEST}
    gone = [f"{name} is missing" for name in sorted(listed.keys() - files.keys())]
    more = [f"{name} was added: {manifest} does not list it" for name in sorted(own - listed.keys())]
    wrong = [
        f"{name} was changed"
        for name in sorted(listed.keys() & files.keys())
        if sha256(files[name]).hexdigest() != listed[name]
    ]
    rewritten = _manifest({name: files[name] for name in listed.keys() & files.keys()}) != files[manifest]
    same = [] if gone or more or wrong or not rewritten else [f"{manifest} was changed"]
    return [*gone, *more, *wrong, *same]


def _texts(files: Files) -> list[str]:
    """The plain text beside each exhibit says what its canonical form says."""
    names = [name for name in sorted(files) if _is_exhibit(name)]
    return [
        f"{name.removesuffix('.json')}.txt does not say what the exhibit says"
        for name in names
        if json.loads(files[name])["canonical"]["text"].encode() != files.get(f"{name.removesuffix('.json')}.txt")
    ]


def _pdf(files: Files, entries: Sequence[Entry]) -> list[str]:
    exported = [entry.detail.get("pdf") for entry in entries if entry.event == "exported"]
    if not exported or sha256(files.get(PDF, b"")).hexdigest() != exported[-1]:
        return [f"{PDF} is not the one whose export the custody log tells"]
    return []


def head(files: Files) -> str:
    """Digest of the last entry of the log, as bag-info.txt names it; "" when it does not."""
    for line in files.get(INFO, b"").decode(errors="replace").splitlines():
        name, _, value = line.partition(": ")
        if name == "Custody-Head":
            return value
    return ""


def _log(entries: Sequence[Entry]) -> bytes:
    return b"".join(
        canonical.canonical(
            {
                "number": entry.number,
                "at": entry.at.astimezone(UTC).isoformat(timespec="milliseconds"),
                "event": entry.event,
                "detail": entry.detail,
                "previous": entry.previous,
                "digest": entry.digest,
            }
        )
        + b"\n"
        for entry in entries
    )


def _entry(row: Mapping[str, Any]) -> Entry:
    at = datetime.fromisoformat(row["at"])
    return Entry(row["number"], at, row["event"], row["detail"], row["previous"], row["digest"])


def _piece(row: Mapping[str, Any], files: Files) -> Piece:
    content = files.get(_file_of(row["canonical"]["position"]))
    group = row["near_copy_of"] or row["canonical"]["position"]
    reading = exhibits.reading_digest(row["probabilities"], row["threat_kind"], group, conditional=row["conditional"])
    return Piece(row["canonical"], row["sha256"], row["labels"], row["refused_labels"], reading, row["file"], content)


def _file_of(position: int) -> str:
    """Where the file of an exhibit stands in a bag: no extension, so that nothing opens it by a tap."""
    return f"data/files/{position:04d}"


def _pretty(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
