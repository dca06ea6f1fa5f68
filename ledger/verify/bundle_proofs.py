"""Proofs of single entries in a bundle, for tools that know nothing of bundles.

proofs/<position>.cose            the entry itself
proofs/<position>.receipt.cose    its receipt (RFC 9942), under the bundle's last head
proofs/<position>.tlog-proof      the same as c2sp.org/tlog-proof, under a head of the bundle

The tree of the bundle proves more than each of these; here each is held against that tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import ProofInvalid, UnbrokenError
from ledger.proof.merkle import leaf_hash, root_of_inclusion
from ledger.proof.receipt import parse_tlog_proof, verify_receipt, verify_tlog_proof
from ledger.verify.manifest import MANIFEST, PROOF, proof_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.proof.note import VerifierKey
    from ledger.verify.bundle_file import BundleFile
    from ledger.verify.checkpoints import Head, Heads

STATEMENT, RECEIPT, TLOG_PROOF = "cose", "receipt.cose", "tlog-proof"


def proved_in(bundle: BundleFile) -> set[int]:
    """The positions of which there is any file."""
    return {int(found[1]) for name in bundle.named("proofs") if (found := PROOF.fullmatch(name))}


def proof_problems(
    bundle: BundleFile, leaves: Mapping[int, bytes], heads: Heads, vkey: VerifierKey
) -> Iterator[tuple[str, str]]:
    """(file, sentence) of what is wrong. `leaves`: the hashes of the entries that are given, by position."""
    last, proved = heads.last, proved_in(bundle)
    said = bundle.manifest.proofs
    if len(proved) != (said.entries if said else 0):
        yield MANIFEST, f"proofs of {len(proved)} entries are here, and it names another number"
    for position in sorted(proved):
        try:
            assert last is not None
            entry = bundle.file(proof_name(position, STATEMENT))
            if leaf_hash(entry) != leaves.get(position):
                raise ProofInvalid("bad_digest", "it is not the entry that is given at this position")
            _check_receipt(bundle.file(proof_name(position, RECEIPT)), entry, position, last, vkey)
            _check_tlog_proof(bundle.file(proof_name(position, TLOG_PROOF)), entry, position, heads, vkey)
        except UnbrokenError as error:
            yield f"proofs/{position}", error.detail


def _check_receipt(data: bytes, entry: bytes, position: int, last: Head, vkey: VerifierKey) -> None:
    found = verify_receipt(data, entry, vkey.public, vkey.name)
    root = root_of_inclusion(leaf_hash(entry), found.index, found.size, list(found.proof))
    if (found.index, found.size, root, found.time_s) != (position, last.size, last.root, last.time_s):
        raise ProofInvalid("bad_receipt", "the receipt is of another position or head")


def _check_tlog_proof(data: bytes, entry: bytes, position: int, heads: Heads, vkey: VerifierKey) -> None:
    head = verify_tlog_proof(data, entry, vkey).checkpoint
    if parse_tlog_proof(data)[0] != position or parse_tlog_proof(data)[3]:
        raise ProofInvalid("bad_tlog_proof", "the tlog-proof is of another position, or says more")
    if (head.size, head.root) not in {(one.size, one.root) for one in heads.heads}:
        raise ProofInvalid("bad_tlog_proof", "the tlog-proof is under a head that is not here")
