"""A trusted date (RFC 3161) for the head of a custody log: a stranger swears that it existed then.

Only a digest leaves the machine. The authority learns that somebody asked, never about whom.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import httpx
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

HEAD, TOKEN = "data/custody-head.txt", "data/custody-head.tsr"
SECONDS = 15


class TimestampError(Exception):
    """The authority did not give a date, or the date does not hold; one line."""


def ask(head: str, url: str) -> bytes:
    """The authority's answer for the digest of a log's last entry, as it goes into the bag.

    Raises:
        TimestampError: the authority cannot be reached or refuses.
    """
    request = TimestampRequestBuilder().data(head.encode()).hash_algorithm(HashAlgorithm.SHA256).build()
    headers = {"Content-Type": "application/timestamp-query"}
    try:
        answer = httpx.post(url, content=request.as_bytes(), headers=headers, timeout=SECONDS)
        answer.raise_for_status()
        response = decode_timestamp_response(answer.content)
        imprint = response.tst_info.message_imprint.message
    except (httpx.HTTPError, ValueError) as error:
        raise TimestampError(f"{url}: no trusted date ({type(error).__name__}); the dossier is made without") from error
    if imprint != request.message_imprint.message:
        raise TimestampError(f"{url}: the authority dated something else; the dossier is made without a trusted date")
    return answer.content


def check(token: bytes, head: str, certificates: Path) -> datetime:
    """When the authority saw this head.

    Args:
        token: its answer.
        head: digest of the log's last entry.
        certificates: PEM file with the certificate of the authority's root.

    Raises:
        TimestampError: the answer is of another head, was changed, or no certificate there vouches for it.
    """
    try:
        builder = VerifierBuilder()
        for root in _roots(certificates):
            builder = builder.add_root_certificate(root)
        response = decode_timestamp_response(token)
        builder.build().verify_message(response, head.encode())
    except (VerificationError, ValueError) as error:
        raise TimestampError(f"the trusted date does not hold: {error}") from error
    at: datetime = response.tst_info.gen_time
    return at


def _roots(certificates: Path) -> Sequence[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(certificates.read_bytes())
    except OSError as error:
        raise TimestampError(f"{certificates}: no such file; write the authority's certificate there (PEM)") from error
