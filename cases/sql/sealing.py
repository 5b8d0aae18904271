"""Sealing values before they reach a database on another machine, and opening them again.

Keys are derived from the key of the case store by HKDF, one for each column, salted by the database. Most values are
sealed by AES-256-GCM with a random nonce. Those that are looked for by equality are sealed by AES-SIV: the same value
gives the same bytes, which is all that such a column shows.
"""

import hmac
import json
import os
import re
import unicodedata
from functools import cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cases.errors import StoreDamagedError
from cases.sql.engine import Secret
from cases.sql.tables import BYTES, EVERY

RANDOM, LOOKED_UP = b"\x01", b"\x02"  # first byte of a sealed value: how it was sealed
NONCE = 12  # bytes
STEP = 32  # bytes; the length of a text shows only in such steps
SALT = 16  # bytes
WORD = re.compile(r"[^\W_]+")
WORD_BYTES = 8  # of the HMAC of a word: at a million different words, one chance in 40 million of one wrong find


class Sealer:
    """Seals and opens the values of one database."""

    def __init__(self, key: str, salt: bytes) -> None:
        secret = bytes.fromhex(key)

        @cache
        def derived(purpose: str, length: int) -> bytes:
            info = f"recours/postgresql/1/{purpose}".encode()
            return HKDF(SHA256(), length, salt, info).derive(secret)

        @cache
        def random(column: str) -> AESGCM:
            return AESGCM(derived(f"column/{column}", 32))

        @cache
        def same(purpose: str) -> AESSIV:
            return AESSIV(derived(f"lookup/{purpose}", 64))

        self._random, self._same = random, same
        self._proof = hmac.digest(derived("proof", 32), b"recours", "sha256")
        self._words = hmac.new(derived("words", 32), digestmod=sha256)

    def seal(self, secret: Secret) -> bytes | None:
        """What is written.

        Raises:
            ValueError: it is bound to another number of columns than `TABLES` says.
        """
        if secret.value is None:
            return None
        table, _, name = secret.column.partition(".")
        plain = secret.value if isinstance(secret.value, bytes) else secret.value.encode()
        purpose = EVERY[table].looked_up.get(name)
        if purpose is not None:
            return LOOKED_UP + self._same(purpose).encrypt(b"\x80" + plain, [purpose.encode()])
        if len(secret.bound) != len(EVERY[table].sealed[name]):
            raise ValueError(f"{secret.column} is bound to {EVERY[table].sealed[name]}")
        nonce = os.urandom(NONCE)
        kept = plain if secret.column in BYTES else _padded(plain)
        return RANDOM + nonce + self._random(secret.column).encrypt(nonce, kept, _bound(secret))

    def open(self, column: str, sealed: bytes, bound: tuple[object, ...] = ()) -> str | bytes:
        """The contrary of `seal`.

        Raises:
            StoreDamagedError: it was changed, or stands in a row or a column where it was not written.
        """
        table, _, name = column.partition(".")
        purpose = EVERY[table].looked_up.get(name)
        try:
            if purpose is not None:
                plain = self._same(purpose).decrypt(sealed[1:], [purpose.encode()])[1:]
            else:
                secret = Secret(column, None, bound)
                plain = self._random(column).decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], _bound(secret))
                plain = plain if column in BYTES else plain[: plain.rindex(b"\x80")]
        except (InvalidTag, ValueError) as error:
            raise StoreDamagedError(
                f"a value of {column} does not open: it was changed, or moved from another row. Restore the last backup"
            ) from error
        return plain if column in BYTES else plain.decode()

    def words(self, text: str) -> list[int]:
        """What a text is found by: a keyed digest of each of its words, as a signed number of 64 bits; sorted."""
        return sorted({self.number(word) for word in words(text)})

    def proof(self) -> bytes:
        """What the database keeps to tell that a key is the right one."""
        return self._proof

    def number(self, name: str) -> int:
        """A keyed digest of a name or a word, as a signed number of 64 bits."""
        keyed = self._words.copy()
        keyed.update(name.encode())
        return int.from_bytes(keyed.digest()[:WORD_BYTES], "big", signed=True)


def words(text: str) -> list[str]:
    """The words of a text as SQLite's own search sees them: letters and digits, small, without accents."""
    bare = "".join(sign for sign in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(sign))
    return WORD.findall(bare)


def _padded(plain: bytes) -> bytes:
    marked = plain + b"\x80"
    return marked + bytes(-len(marked) % STEP)


def _bound(secret: Secret) -> bytes:
    return json.dumps([secret.column, *secret.bound], ensure_ascii=True).encode()
