"""The Merkle tree of RFC 9162 §2.1: root, inclusion and consistency, made and verified.

A proof is made from a `NodeReader`: `read(level, index)` gives the hash of the complete
subtree of 2^level leaves that starts at leaf `index` * 2^level. Only complete subtrees are
ever asked for; those on the ragged right edge are put together from them.

Old size 0: RFC 9162 defines no consistency proof from an empty tree, so `verify_consistency`
refuses it, as the published probes do. A witness that starts with nothing (c2sp.org/
tlog-witness asks for an empty proof then) has nothing to check and must not call this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeAlias

from ledger.errors import ProofInvalid

NodeReader: TypeAlias = Callable[[int, int], bytes]

EMPTY_ROOT = hashlib.sha256().digest()  # RFC 9162 §2.1.1: MTH({}) = HASH()
_HASH = 32


def leaf_hash(entry: bytes) -> bytes:
    """RFC 9162 §2.1.1: `MTH({d[0]}) = HASH(0x00 || d[0])`."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 9162 §2.1.1: `HASH(0x01 || MTH(D[0:k]) || MTH(D[k:n]))`."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(size: int, read: NodeReader) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return _range(0, size, read) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, read: NodeReader) -> list[bytes]:
    """RFC 9162 §2.1.3.1, from the leaf's sibling up. Raises `ProofInvalid` (`no_such_leaf`)."""
    if not 0 <= index < size:
        raise ProofInvalid("no_such_leaf", f"there is no entry {index} in a tree of {size}")
    start, end = 0, size
    path: list[bytes] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range(middle, end, read))
            end = middle
        else:
            path.append(_range(start, middle, read))
            start = middle
    return path[::-1]


def inclusion_proofs(start: int, end: int, size: int, read: NodeReader) -> list[list[bytes]]:
    """The inclusion proofs of leaves [start, end), which share the upper part of their paths."""
    proofs: list[list[bytes]] = []

    def descend(low: int, high: int, above: list[bytes]) -> None:
        if high - low == 1:
            proofs.append(above)
            return
        middle = low + _split(high - low)
        if start < middle:
            descend(low, middle, [_range(middle, high, read), *above])
        if end > middle:
            descend(middle, high, [_range(low, middle, read), *above])

    if start < end:
        descend(0, size, [])
    return proofs


def consistency_proof(old: int, new: int, read: NodeReader) -> list[bytes]:
    """RFC 9162 §2.1.4.1. Raises `ProofInvalid` (`no_such_tree`)."""
    if not 0 < old <= new:
        raise ProofInvalid("no_such_tree", f"there is no consistency proof from size {old} to {new}")
    start, end, whole = 0, new, True
    path: list[bytes] = []
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range(middle, end, read))
            end = middle
        else:
            path.append(_range(start, middle, read))
            start, whole = middle, False
    if not whole:
        path.append(_range(start, end, read))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: list[bytes], tree_root: bytes) -> None:
    """RFC 9162 §2.1.3.2. Raises `ProofInvalid` (`bad_inclusion_proof`)."""
    if root_of_inclusion(leaf, index, size, proof) != tree_root:
        raise ProofInvalid("bad_inclusion_proof", f"the proof of entry {index} does not lead to the root")


def root_of_inclusion(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """The root that the proof leads to. Raises `ProofInvalid` (`bad_inclusion_proof`)."""
    if not 0 <= index < size:
        raise ProofInvalid("bad_inclusion_proof", f"there is no entry {index} in a tree of {size}")
    if any(len(each) != _HASH for each in (leaf, *proof)):
        raise ProofInvalid("bad_inclusion_proof", "a hash does not have 32 bytes")
    node, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofInvalid("bad_inclusion_proof", "the proof is too long")
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofInvalid("bad_inclusion_proof", "the proof is too short")
    return found


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: list[bytes]
) -> None:
    """RFC 9162 §2.1.4.2. Raises `ProofInvalid` (`bad_consistency_proof`)."""
    if not 0 < old_size <= new_size or any(len(each) != _HASH for each in proof):
        raise ProofInvalid("bad_consistency_proof", f"no proof leads from size {old_size} to {new_size}")
    if old_size == new_size:
        if proof or old_root != new_root:
            raise ProofInvalid("bad_consistency_proof", "equal sizes need an empty proof and equal roots")
        return
    if (old_size & (old_size - 1)) == 0:
        proof = [old_root, *proof]
    if not proof or _roots_of(old_size, new_size, proof) != (old_root, new_root):
        raise ProofInvalid("bad_consistency_proof", f"size {new_size} does not continue size {old_size}")


def _roots_of(old_size: int, new_size: int, proof: list[bytes]) -> tuple[bytes, bytes]:
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            raise ProofInvalid("bad_consistency_proof", "the proof is too long")
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofInvalid("bad_consistency_proof", "the proof is too short")
    return old, new


def _split(size: int) -> int:
    """RFC 9162 §2.1.1: "the largest power of two smaller than n"."""
    return 1 << (size - 1).bit_length() - 1


def _range(start: int, end: int, read: NodeReader) -> bytes:
    """The hash of leaves [start, end): complete subtrees, joined from the right."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, start >> level)
    middle = start + _split(size)
    return node_hash(_range(start, middle, read), _range(middle, end, read))
