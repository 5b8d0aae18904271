"""Canonical JSON and its digest: the same content always gives the same bytes (RFC 8785 for the values used here)."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any


def canonical(content: Mapping[str, Any]) -> bytes:
    """Sorted keys, no space, UTF-8, NFC left as given; floats are not used."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical form, hexadecimal."""
    return sha256(canonical(content)).hexdigest()
