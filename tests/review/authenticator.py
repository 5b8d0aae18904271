"""An authenticator in a few lines: it signs what a test wants signed, true or not, as the W3C's page writes it."""

import hashlib
import json
import os
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


class Authenticator:
    """One passkey; each keyword of an answer is the truth unless a test says otherwise."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.party = "localhost"
        self.counter = 0
        self.identifier = os.urandom(32)
        self._key = ec.generate_private_key(ec.SECP256R1())

    def made(self, challenge: str, **told: Any) -> str:
        """What `navigator.credentials.create` gives."""
        numbers = self._key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        attested = bytes(16) + len(self.identifier).to_bytes(2, "big") + self.identifier + key
        data = self._data(ATTESTED, **told) + attested
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", challenge, **told)
        return self._answer(clientDataJSON=client, attestationObject=statement)

    def signed(self, challenge: str, **told: Any) -> str:
        """What `navigator.credentials.get` gives."""
        self.counter += 1
        data, client = self._data(0, **told), self._client("webauthn.get", challenge, **told)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature)

    def _data(
        self, flags: int, *, party: str = "", counter: int | None = None, verified: bool = True, **_: Any
    ) -> bytes:
        flags |= PRESENT | (VERIFIED if verified else 0)
        count = self.counter if counter is None else counter
        digest = hashlib.sha256((party or self.party).encode()).digest()
        return digest + bytes([flags]) + count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, *, origin: str = "", **_: Any) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": origin or self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _answer(self, **response: bytes) -> str:
        name = bytes_to_base64url(self.identifier)
        parts = {part: bytes_to_base64url(content) for part, content in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": parts})
