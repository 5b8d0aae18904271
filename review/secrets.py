"""Passwords, codes of the second factor, recovery codes, and the digests of what a browser holds."""

import hashlib
import secrets
from datetime import datetime

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cases.staff import Account

HASHER = PasswordHasher()  # argon2id, RFC 9106 low-memory profile: 64 MiB, 3 passes
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # none taken for another
SHORTEST, LONGEST = 12, 256  # characters of a password
RECOVERY_CODES = 8
STEP_SECONDS = 30
NOBODY = HASHER.hash("a password that nobody has: the time of an answer must not say whether an account exists")


def draw(groups: int) -> str:
    """Random signs in groups of four, easy to copy; 20 bits a group."""
    return "-".join("".join(secrets.choice(SIGNS) for _ in range(4)) for _ in range(groups))


def digest(secret: str) -> str:
    """SHA-256 (hex) of a long random secret: the secret itself is kept nowhere."""
    return hashlib.sha256(secret.encode()).hexdigest()


def hash_password(password: str) -> str:
    """The argon2id hash."""
    return HASHER.hash(password)


def is_password(kept: str, given: str) -> bool:
    """Whether it is the password; takes the same time whatever the answer."""
    try:
        return HASHER.verify(kept, given[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False


def new_factor() -> str:
    """A shared secret for an application that shows codes (base32, 160 bits)."""
    return pyotp.random_base32()


def recovery_codes() -> list[str]:
    """Codes that each replace the second factor once."""
    return [draw(3) for _ in range(RECOVERY_CODES)]


def recovery_digest(code: str) -> str:
    """What is kept of a recovery code, however it was typed."""
    return digest("".join(sign for sign in code.lower() if sign in SIGNS))


def address_for_app(account: str, secret: str, association: str) -> str:
    """The `otpauth://` address that such an application reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=association)


def step_of(account: Account, code: str, at: datetime) -> int | None:
    """The time step a code belongs to, one step of tolerance each way; None when it is no code of this account."""
    digits = "".join(sign for sign in code if sign.isdecimal() and sign.isascii())
    now = int(at.timestamp()) // STEP_SECONDS
    generator = pyotp.TOTP(account.secret)
    for step in (now, now - 1, now + 1):
        if secrets.compare_digest(generator.at(step * STEP_SECONDS), digits):
            return step
    return None
