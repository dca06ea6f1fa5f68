"""How often strangers may ask: a limit for each network address, or key, kept in this process's memory.

What is open to everybody would else tell a program, as fast as it can ask, which of many links it
holds are still in force, and take the database's time from those who work.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections.abc import Callable

from ledger.errors import TooMany

PERIOD_S = 60.0
IPV6_NETWORK = 64  # bits: what one line or phone is given; it may use any address of them
MOST = 50_000  # addresses kept, some 10 MB; then those go that asked longest ago


def label_checks(limit: int, wait_s: int) -> TooMany:
    detail = f"more than {limit} label checks a minute from one address: wait, or sign in"
    return TooMany("too_many_label_checks", detail, retry_after_s=wait_s)


def readings(limit: int, wait_s: int) -> TooMany:
    detail = f"more than {limit} requests with readings a minute from one address: send more in each"
    return TooMany("too_many_readings", detail, retry_after_s=wait_s)


def packets(limit: int, wait_s: int) -> TooMany:
    detail = f"more than {limit} packets a minute from one key: send this one again later"
    return TooMany("too_many_packets", detail, retry_after_s=wait_s)


class Pace:
    """`limit` questions of one address (or key) at once, and as many in each minute after, evenly; one
    per node. Safe to use from any thread. `now_s`: any clock that only goes forward.
    """

    def __init__(
        self,
        limit: int,
        now_s: Callable[[], float] = time.monotonic,
        refusal: Callable[[int, int], TooMany] = label_checks,
    ) -> None:
        self._limit = limit
        self._each = PERIOD_S / limit
        self._refusal = refusal
        self._now_s = now_s
        self._due: dict[str, float] = {}  # when all that was asked would have been, evenly spread
        self._turn = threading.Lock()

    def take(self, address: str) -> None:
        """Count one. Raises the refusal, a `TooMany` with `retry_after_s`."""
        asker = network(address)
        with self._turn:
            now = self._now_s()
            due = max(self._due.pop(asker, now), now) + self._each
            wait = due - now - PERIOD_S
            if wait <= self._each * 1e-9:
                self._due[asker] = due
                self._forget()
                return
            self._due[asker] = due - self._each
        raise self._refusal(self._limit, max(1, math.ceil(wait)))

    def _forget(self) -> None:
        while len(self._due) > MOST:
            del self._due[next(iter(self._due))]


def network(address: str) -> str:
    """Whom an address stands for: itself, and of IPv6 its network of 64 bits."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]  # a socket of this machine, or a test
    if isinstance(read, ipaddress.IPv4Address):
        return str(read)
    return str(read.ipv4_mapped or ipaddress.ip_network((int(read), IPV6_NETWORK), strict=False))
