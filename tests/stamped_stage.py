"""A log whose heads are stamped by authorities of the tests' own and signed by a second key, too."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from ledger.proof.evidence_record import Chains, encode, renewed, to_renew
from ledger.proof.keyfile import new_second_key
from ledger.proof.time_stamp import check_token
from ledger.store.time_stamps import TimeStampStore
from ledger.verify import Outside
from tests.scenario import ORIGIN, START_MS
from tests.tsa import DAY, Authority, authority

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.proof.ml_dsa import SecondKey

START = datetime.fromtimestamp(START_MS / 1000, UTC)
RSA = authority("Old TSA", since=START - DAY, until=START + 365 * DAY)
CURVE = authority("New TSA", "sha512", elliptic=True, since=START - DAY, until=START + 3650 * DAY)
STRANGER = authority("Stranger", since=START - DAY, until=START + 3650 * DAY)
SECOND = new_second_key(ORIGIN)
DAY_MS = 86_400_000
URL = "https://tsa.example/"


def clocked(by: Authority, at_ms: int) -> Authority:
    return Authority(
        by.root, by.leaf, by.key, by.hash_name, lambda: datetime.fromtimestamp(at_ms / 1000, UTC)
    )


def record(note: bytes, *stamps: tuple[Authority, int]) -> bytes:
    """An evidence record over the note, by these authorities at these times (ms)."""
    chains: Chains = ()
    for by, at_ms in stamps:
        chains = renewed(chains, clocked(by, at_ms).stamp(to_renew(chains, note, by.hash_name)))
    return encode(chains)


def stamp_head(ledger: Ledger, size: int, *stamps: tuple[Authority, int], record: str = URL) -> None:
    """Keep stamps of the head, the first and its renewals."""
    head = ledger.store.checkpoint(size)
    assert head
    kept, chains = TimeStampStore(ledger.store), ()
    for number, (by, kept_ms) in enumerate(stamps):
        message = to_renew(chains, head.note, by.hash_name)
        stamp = check_token(clocked(by, kept_ms).stamp(message), message, [by.root])
        kept.keep(size, record, number, URL, stamp, partial(int, kept_ms))
        chains = renewed(chains, stamp.token)


def outside(*roots: Authority, days: int = 1, second: SecondKey | None = None) -> Outside:
    """What a reader brings, so many days after the story began."""
    return Outside(tuple(one.root for one in roots), START_MS + days * DAY_MS, second)
