"""The right edge of an RFC 9162 tree while it grows, and the hash tiles that it fills.

The verifier has its own, smaller than the writer's: a fault in one shows against the
other. One hash a leaf on average, and log2(n) for each root.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from ledger.proof.merkle import EMPTY_ROOT, node_hash
from ledger.proof.tiles import TILE_HEIGHT, TILE_WIDTH

if TYPE_CHECKING:
    from collections.abc import Sequence

HASH = 32  # bytes


class Frontier:
    """`size` leaves, of which only the complete subtrees' roots are kept.

    `full` collects ((level, index), hashes) of each tile that became full, from level 1
    on; level 0 is the leaves themselves, which the caller has.
    """

    def __init__(self) -> None:
        self.size = 0
        self.full: list[tuple[tuple[int, int], bytes]] = []
        self._peaks: list[bytes] = []  # by height; meaningful where size has that bit
        self._rows: list[bytearray] = []  # hashes of the unfinished tile of level row + 1

    def copy(self) -> Frontier:
        return deepcopy(self)

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Append leaf hashes."""
        for leaf in leaves:
            self._append(leaf)

    def _append(self, leaf: bytes) -> None:
        node, height, index = leaf, 0, self.size
        while index & 1:
            node = node_hash(self._peaks[height], node)
            height += 1
            index >>= 1
            if height % TILE_HEIGHT == 0:
                self._put(height // TILE_HEIGHT, index, node)
        self._peaks[height : height + 1] = [node]
        self.size += 1

    def _put(self, level: int, index: int, node: bytes) -> None:
        if len(self._rows) < level:
            self._rows.append(bytearray())
        row = self._rows[level - 1]
        row += node
        if len(row) == TILE_WIDTH * HASH:
            self.full.append(((level, index // TILE_WIDTH), bytes(row)))
            row.clear()

    def root(self) -> bytes:
        """RFC 9162 §2.1.1: the right side may be smaller, so fold from the lowest peak up."""
        root = None
        for height, peak in enumerate(self._peaks):
            if self.size >> height & 1:
                root = peak if root is None else node_hash(peak, root)
        return EMPTY_ROOT if root is None else root

    def partial(self) -> list[tuple[tuple[int, int], bytes]]:
        """((level, index), hashes) of the unfinished tiles, from level 1 on."""
        width = TILE_WIDTH * HASH
        return [
            ((level, (self.size >> TILE_HEIGHT * level) * HASH // width), bytes(row))
            for level, row in enumerate(self._rows, 1)
            if row
        ]
