"""Guessing slows down; the true user is never locked out for ever.

Failures count under the account, and under the address apart. From the fifth in a row each attempt waits twice as long
as the one before, at most a quarter of an hour, and an attempt made too early counts for nothing. A browser from
which the account signed in before has a count of its own: an attacker who keeps the account busy does not stop it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.staff import Failures, Staff

FREE = {"account": 5, "device": 5, "address": 20}  # failures without a wait; an address may be a whole office
LONGEST = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Attempt:
    """The keys under which one attempt counts."""

    keys: tuple[str, ...]

    @classmethod
    def of(cls, staff: Staff, name: str, account: int | None, address: str, device: str) -> "Attempt":
        """`device` is the digest of what the browser holds, or ""."""
        known = account is not None and device and staff.knows_device(device, account)
        who = f"device:{device}:{account}" if known else f"account:{name.casefold()[:100]}"
        return cls((who,) if known else (who, f"address:{address}"))

    def wait(self, staff: Staff, at: datetime) -> timedelta:
        """How long until it may be made; zero when now."""
        return max(self._waits(staff, at), default=timedelta(0))

    def _waits(self, staff: Staff, at: datetime) -> Iterable[timedelta]:
        for key in self.keys:
            yield max(timedelta(0), delay(key, staff.failures(key), at))

    def fail(self, staff: Staff, at: datetime) -> None:
        """It failed."""
        for key in self.keys:
            staff.fail(key, at)

    def succeed(self, staff: Staff) -> None:
        """It succeeded; the address keeps its count, others may be guessing from there."""
        staff.succeed(self.keys[0])


def delay(key: str, failures: Failures, at: datetime) -> timedelta:
    """Time left to wait under one key; negative when over."""
    beyond = failures.count - FREE[key.partition(":")[0]]
    if beyond < 0 or failures.last_at is None:
        return timedelta(0)
    return failures.last_at + min(LONGEST, timedelta(seconds=2 ** min(beyond + 1, 12))) - at
