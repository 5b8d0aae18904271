"""A file fetched to memory and nowhere else: its digests, its words; then dropped, or kept where that is allowed."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256

from bot.messages import MediaKind
from bot.pictures import LARGEST, Fetched
from cases import pictures
from cases.case import Outgoing
from nlp import screenshot

PICTURES = frozenset({MediaKind.PHOTO, MediaKind.DOCUMENT})


class TooLargeError(ValueError):
    """More bytes came than the platform announced."""


async def take(outgoing: Outgoing, chunks: AsyncIterator[bytes]) -> Fetched:
    """Read a file as it comes. Only a picture, and a file to be kept, are held whole, in memory.

    Raises:
        TooLargeError: it is larger than `LARGEST` bytes.
    """
    body = outgoing.body
    keep, read = body["policy"] == "keep", bool(body["read"])
    whole = keep or MediaKind(body["kind"]) in PICTURES
    digest, size, parts = sha256(), 0, []
    async for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        if size > LARGEST:
            raise TooLargeError
        if whole:
            parts.append(chunk)
    content = b"".join(parts)
    seen = await asyncio.to_thread(pictures.perceptual, content) if body["policy"] != "reference" and whole else None
    text = await asyncio.to_thread(_words, content) if read else None
    return Fetched(body["exhibit"], digest.hexdigest(), size, seen, content if keep else None, text)


def _words(content: bytes) -> str:
    """What stands on a picture; "" when it is no picture or holds no words."""
    try:
        return screenshot.read(pictures.for_reading(content))
    except (pictures.NoPictureError, screenshot.ReadingError):
        return ""
