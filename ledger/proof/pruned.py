"""A tree of which some leaves are shown and the others stand as hashes of whole subtrees.

The records, in the order of the leaves, are a C2SP entry bundle (each entry behind its length, two
bytes big-endian) with one addition: a length of zero, which no entry has, is followed by a height,
one byte, and the hash of the complete subtree of 2^height leaves that is not shown (RFC 9162 §2.1).
It starts at a multiple of its width. From the records follows the root at every size at which no
subtree is cut: the proof of inclusion of all that is shown, the proof of consistency between these
sizes, and how much is not shown, in one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from ledger.errors import Malformed, ProofInvalid
from ledger.proof.merkle import EMPTY_ROOT, node_hash

MAX_HEIGHT = 62
_HASH = 32
_HIDDEN = 2 + 1 + _HASH  # bytes of such a record


class Hidden(NamedTuple):
    """2^height leaves that are not shown, and the hash over them (32 bytes)."""

    height: int
    hash: bytes


Record: TypeAlias = bytes | Hidden


def subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Leaves [start, end) as the fewest complete subtrees: (height, index at that height)."""
    while start < end:
        height = (end - start).bit_length() - 1
        if start:
            height = min(height, (start & -start).bit_length() - 1)
        yield height, start >> height
        start += 1 << height


def encode_records(records: Iterable[Record]) -> bytes:
    """The bytes of records."""
    return b"".join(
        len(one).to_bytes(2, "big") + one
        if isinstance(one, bytes)
        else b"\0\0" + bytes([one.height]) + one.hash
        for one in records
    )


def decode_records(data: bytes) -> Iterator[Record]:
    """Raises `Malformed` (`malformed_bundle`)."""
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        end = at + (2 + length if length else _HIDDEN)
        if end > len(data) or at + 2 > len(data):
            raise Malformed("malformed_bundle", "it ends within a record")
        if length:
            yield data[at + 2 : end]
        elif data[at + 2] > MAX_HEIGHT:
            raise Malformed("malformed_bundle", f"no tree holds 2^{data[at + 2]} entries")
        else:
            yield Hidden(data[at + 2], data[at + 3 : end])
        at = end


class Fold:
    """The root of the leaves so far, shown or not. Keeps one hash for each bit of `size`."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, height: int, node: bytes) -> None:
        """The next complete subtree. Raises `ProofInvalid` (`bad_subtree`) where it cannot begin here."""
        if self.size & (1 << height) - 1:
            raise ProofInvalid("bad_subtree", f"no subtree of 2^{height} entries begins at {self.size}")
        self.size += 1 << height
        while self._peaks and self._peaks[-1][0] == height:
            node = node_hash(self._peaks.pop()[1], node)
            height += 1
        self._peaks.append((height, node))

    def root(self) -> bytes:
        """RFC 9162 §2.1.1: the right side may be smaller, so fold from the lowest peak up."""
        if not self._peaks:
            return EMPTY_ROOT
        found = self._peaks[-1][1]
        for _, left in reversed(self._peaks[:-1]):
            found = node_hash(left, found)
        return found
