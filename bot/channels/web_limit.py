"""How many conversations one address may open in an hour. None is kept: a keyed digest, in memory, for that hour."""

import secrets
from collections import Counter, deque
from datetime import datetime, timedelta
from hashlib import blake2b
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from starlette.requests import Request

from bot.config import Web

WITHIN = timedelta(hours=1)
HOUSEHOLD = 64  # bits of an IPv6 address that its owner does not choose


class Newcomers:
    """Counts new conversations. Those whose address cannot be told apart are all welcome."""

    def __init__(self, settings: Web) -> None:
        self._most = settings.conversations_an_hour
        self._header = settings.address_header
        self._key = secrets.token_bytes(32)  # of this process: a digest means nothing after it
        self._recent: deque[tuple[datetime, bytes]] = deque()
        self._count: Counter[bytes] = Counter()

    def may_begin(self, request: Request, at: datetime) -> bool:
        """Whether one more conversation may begin; it is counted if so."""
        self._forget(at)
        address = self._address(request)
        if not self._most or address is None:
            return True
        digest = blake2b(_packed(address), key=self._key, digest_size=16).digest()
        if self._count[digest] >= self._most:
            return False
        self._recent.append((at, digest))
        self._count[digest] += 1
        return True

    def _forget(self, at: datetime) -> None:
        while self._recent and at - self._recent[0][0] > WITHIN:
            _, digest = self._recent.popleft()
            self._count[digest] -= 1
            if not self._count[digest]:
                del self._count[digest]

    def _address(self, request: Request) -> IPv4Address | IPv6Address | None:
        """The last address in the header that the reverse proxy writes; without one, the peer's.

        None when it says nothing: behind a proxy whose header is not named, everybody comes from this machine.
        """
        peer = request.client.host if request.client else ""
        named = request.headers.getlist(self._header) if self._header else []
        told = named[-1].rpartition(",")[2].strip() if named else peer
        try:
            address = ip_address(told)
        except ValueError:
            return None
        return None if address.is_loopback else address


def _packed(address: IPv4Address | IPv6Address) -> bytes:
    if isinstance(address, IPv4Address):
        return address.packed
    if address.ipv4_mapped:
        return address.ipv4_mapped.packed
    return IPv6Network((address, HOUSEHOLD), strict=False).network_address.packed
