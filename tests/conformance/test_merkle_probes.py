"""The Merkle probes of transparency-dev/merkle: 491 of its 518 files apply to us.

All 98 inclusion and 98 consistency probes. A subtree (draft-ietf-plants-merkle-tree-certs)
that starts at a valid place is a tree of its own for inclusion, so all 204 probes of
subtree inclusion run on our verifier, and a subtree that starts at 0 is a tree for
consistency: 91 of 118. The other 27 are subtrees that start further right, or are empty:
we have no use for them and no code.

Old size 0 is an error in these probes and with us (`verify_consistency` says why).
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from ledger.errors import ProofInvalid
from ledger.proof.merkle import verify_consistency, verify_inclusion
from tests.conformance.vectors import load, vectors

Probe = dict[str, Any]
Check = Callable[[Probe], None]


def probes(kind: str) -> Iterator[Probe]:
    folder = vectors("transparency-dev-merkle") / "testdata" / kind
    for path in sorted(folder.rglob("*.json")):
        yield load(path) | {"path": str(path.relative_to(folder))}


def hashed(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def proof(probe: Probe) -> list[bytes]:
    return [hashed(each) for each in probe["proof"] or []]


def refused(check: Check, probe: Probe) -> bool:
    try:
        check(probe)
    except ProofInvalid:
        return True
    return False


def verdicts(kind: str, check: Check, applies: Callable[[Probe], bool] = lambda _: True) -> Counter[bool]:
    """How many probes were accepted (True) and refused, each as its file says."""
    counted: Counter[bool] = Counter()
    for probe in probes(kind):
        if applies(probe):
            assert refused(check, probe) == probe["wantErr"], probe["path"]
            counted[not probe["wantErr"]] += 1
    return counted


def included(probe: Probe) -> None:
    verify_inclusion(
        hashed(probe["leafHash"]), probe["leafIdx"], probe["treeSize"], proof(probe), hashed(probe["root"])
    )


def consistent(probe: Probe) -> None:
    old, new = hashed(probe["root1"]), hashed(probe["root2"])
    verify_consistency(probe["size1"], old, probe["size2"], new, proof(probe))


def included_in_subtree(probe: Probe) -> None:
    start, end = probe["start"], probe["end"]
    if start >= end or start % (1 << (end - start - 1).bit_length()):
        raise ProofInvalid("no_subtree", "a subtree starts at a multiple of its rounded-up size")
    leaf, index = hashed(probe["leafHash"]), probe["leafIdx"] - start
    verify_inclusion(leaf, index, end - start, proof(probe), hashed(probe["root"]))


def consistent_prefix(probe: Probe) -> None:
    old, new = hashed(probe["root1"]), hashed(probe["root2"])
    verify_consistency(probe["end"], old, probe["size"], new, proof(probe))


def test_all_98_inclusion_probes_get_the_published_verdict() -> None:
    assert verdicts("inclusion", included) == {True: 6, False: 92}


def test_all_98_consistency_probes_get_the_published_verdict() -> None:
    assert verdicts("consistency", consistent) == {True: 6, False: 92}


def test_all_204_subtree_inclusion_probes_get_the_published_verdict() -> None:
    assert verdicts("subtreeinclusion", included_in_subtree) == {True: 12, False: 192}


def test_the_91_subtree_consistency_probes_of_prefixes_get_the_published_verdict() -> None:
    counted = verdicts("subtreeconsistency", consistent_prefix, lambda p: p["start"] == 0 and p["end"] > 0)
    assert counted == {True: 6, False: 85}


def test_the_27_probes_that_do_not_apply_are_empty_or_start_further_right() -> None:
    left_out = [p for p in probes("subtreeconsistency") if p["start"] or not p["end"]]
    assert len(left_out) == 27


def test_old_size_zero_is_refused_as_the_probes_ask() -> None:
    from_nothing = [p for p in probes("consistency") if p["size1"] == 0]
    assert len(from_nothing) == 9
    assert all(refused(consistent, probe) for probe in from_nothing)
