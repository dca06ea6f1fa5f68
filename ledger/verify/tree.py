"""Step 3: the entries and the tiles give the root of every checkpoint.

Each leaf is known twice: hashed from the entry, and as stored in the level-0 tile. Where
the two differ, the next checkpoint says which one is true: so an altered entry is named as
the entry and an altered tile as the tile, and the audit goes on behind it.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from ledger.errors import ProofInvalid
from ledger.proof.merkle import leaf_hash
from ledger.proof.tiles import TILE_WIDTH, decode_bundle, entries_path, tile_path
from ledger.verify.frontier import HASH, Frontier
from ledger.verify.report import told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.verify.checkpoints import Head, Heads
    from ledger.verify.report import Findings
    from ledger.verify.source import LogSource


GIVE_UP = 256  # bundles in a row without entries and hashes: a head may claim more than a disk can hold


class Tree:
    """Reads the log bundle by bundle and holds it against the checkpoints.

    `bad` are the positions that are not what the log committed to (missing ones too);
    `committed` is the size of the largest checkpoint whose root came out.
    """

    def __init__(self, source: LogSource, heads: Heads, findings: Findings) -> None:
        self.bad: set[int] = set()
        self.committed = 0
        self._source = source
        self._heads = iter(heads.heads)
        self._head = next(self._heads, None)
        self._size = heads.last.size if heads.last else 0
        self._findings = findings
        self._frontier = Frontier()
        self._hashed: list[bytes | None] = []  # since the last checkpoint: from the entries
        self._stored: list[bytes | None] = []  # the same, from the tiles
        self._roots = self._tiles = 0
        self._absent = 0  # bundles in a row of which nothing could be read

    def slabs(self, bundles: int) -> Iterator[tuple[Sequence[int], list[bytes | None]]]:
        """(positions, entries) of `bundles` bundles at a time; None for an entry that cannot be read."""
        width = bundles * TILE_WIDTH
        for first in range(0, self._size, width):
            with self._findings.timed(3):
                last = -(-min(first + width, self._size) // TILE_WIDTH)
                entries = [entry for index in range(first // TILE_WIDTH, last) for entry in self._take(index)]
            yield range(first, first + len(entries)), entries
            if self._absent >= GIVE_UP:
                self._give_up(first + len(entries))
                return
        with self._findings.timed(3):
            self._finish()

    def _give_up(self, position: int) -> None:
        rest = f"entries {position} to {self._size - 1}"
        what = f"nothing of the last {GIVE_UP} bundles could be read: {rest} were not looked for"
        self._findings.wrong(3, position, what)
        self._findings.stopped(3, what)

    def _take(self, index: int) -> Sequence[bytes | None]:
        width = min(TILE_WIDTH, self._size - index * TILE_WIDTH)
        entries = self._bundle(index, width)
        self._hashed += [None if entry is None else leaf_hash(entry) for entry in entries]
        leaves = self._leaves(index, width)
        self._stored += leaves
        self._absent = self._absent + 1 if entries[0] is None and leaves[0] is None else 0
        while self._head is not None and self._head.size <= index * TILE_WIDTH + width:
            self._settle(self._head)
            self._head = next(self._heads, None)
        return entries

    # --- reading -----------------------------------------------------------------------

    def _bundle(self, index: int, width: int) -> Sequence[bytes | None]:
        try:
            entries = decode_bundle(self._source.bundle(index, width))
            if len(entries) != width:
                raise ProofInvalid("bad_bundle", f"it holds {len(entries)} entries, not {width}")
        except Exception as error:  # whatever a source provokes is a finding about it
            first = index * TILE_WIDTH
            what = f"the entries {first} to {first + width - 1} cannot be read: {told(error)}"
            self._findings.wrong(3, first, what, where=entries_path(index, width))
            self.bad.update(range(first, first + width))
            return [None] * width
        return entries

    def _leaves(self, index: int, width: int) -> Sequence[bytes | None]:
        data = self._tile(0, index, width)
        if data is None:
            return [None] * width
        return [data[at : at + HASH] for at in range(0, width * HASH, HASH)]

    def _tile(self, level: int, index: int, width: int) -> bytes | None:
        self._tiles += 1
        try:
            data = self._source.tile(level, index, width)
            if len(data) != width * HASH:
                raise ProofInvalid("bad_tile", f"it holds {len(data)} bytes, not {width} hashes of {HASH}")
        except Exception as error:
            self._findings.wrong(3, None, told(error), where=tile_path(level, index, width))
            return None
        return data

    # --- judging -----------------------------------------------------------------------

    def _settle(self, head: Head) -> None:
        """Hold the leaves since the last checkpoint against the next one's root."""
        self._roots += 1
        count = head.size - self._frontier.size
        hashed, stored = self._hashed[:count], self._stored[:count]
        del self._hashed[:count], self._stored[:count]
        if hashed == stored and None not in hashed:
            self._frontier.extend(hashed)  # type: ignore[arg-type]
            self._check_root(head)
        else:
            self._weigh(head, hashed, stored)
        self._check_tiles(self._frontier.full)
        self._frontier.full.clear()

    def _check_root(self, head: Head) -> None:
        if self._frontier.root() == head.root:
            self.committed = head.size
            return
        self._findings.wrong(
            3,
            None,
            f"entries and tiles agree, but the first {head.size} entries do not give this root: "
            "the checkpoint is of another history",
            where=f"checkpoints/{head.size}",
        )

    def _weigh(self, head: Head, hashed: list[bytes | None], stored: list[bytes | None]) -> None:
        """Entries and tiles differ somewhere: the checkpoint decides which are true."""
        first = self._frontier.size
        for leaves, others, blame in (
            (stored, hashed, self._blame_entry),
            (hashed, stored, self._blame_tile),
        ):
            merged = [leaf or other for leaf, other in zip(leaves, others, strict=True)]
            trial = self._try(merged)
            if trial is not None and trial.root() == head.root:
                self._frontier, self.committed = trial, head.size
                for at, (leaf, true) in enumerate(zip(others, merged, strict=True), first):
                    if leaf is not None and leaf != true:
                        blame(at)
                return
        self._blame_both(head, hashed, stored)

    def _try(self, leaves: list[bytes | None]) -> Frontier | None:
        if None in leaves:
            return None
        trial = self._frontier.copy()
        trial.extend(leaves)  # type: ignore[arg-type]
        return trial

    def _blame_entry(self, position: int) -> None:
        self.bad.add(position)
        where = entries_path(*self._place(position))
        self._findings.wrong(3, position, "this entry is not the one that the log committed to", where=where)

    def _blame_tile(self, position: int) -> None:
        where = tile_path(0, *self._place(position))
        what = f"hash {position % TILE_WIDTH} of this tile is wrong; the entry itself is the committed one"
        self._findings.wrong(3, position, what, where=where)

    def _place(self, position: int) -> tuple[int, int]:
        index = position // TILE_WIDTH
        return index, min(TILE_WIDTH, self._size - index * TILE_WIDTH)

    def _blame_both(self, head: Head, hashed: list[bytes | None], stored: list[bytes | None]) -> None:
        first = self._frontier.size
        merged = [mine or theirs for mine, theirs in zip(hashed, stored, strict=True)]
        self._frontier.extend([leaf or bytes(HASH) for leaf in merged])
        for at, (mine, theirs) in enumerate(zip(hashed, stored, strict=True), first):
            if mine != theirs or mine is None:
                self.bad.add(at)
                what = f"entry and tile differ, and neither gives the root of checkpoint {head.size}"
                self._findings.wrong(3, at, what, where=entries_path(*self._place(at)))

    def _check_tiles(self, tiles: Sequence[tuple[tuple[int, int], bytes]]) -> None:
        """The tiles above the leaves, as far as the accepted leaves determine them."""
        for (level, index), hashes in tiles:
            width = len(hashes) // HASH
            data = self._tile(level, index, width)
            if data is not None and data != hashes:
                wrong = next(at for at, (a, b) in enumerate(zip_longest(data, hashes)) if a != b) // HASH
                what = f"hash {wrong} of this tile does not follow from the tiles below it"
                self._findings.wrong(3, None, what, where=tile_path(level, index, width))

    def _finish(self) -> None:
        self._check_tiles(self._frontier.partial())
        for name, what in self._source.strays(self._size):
            self._findings.wrong(3, None, what, where=name)
        self._findings.done(
            3, f"{self._size} entries, {self._tiles} tiles and {self._roots} roots hang together"
        )
