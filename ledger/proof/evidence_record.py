"""Time stamps that outlive their algorithms and certificates: evidence records (RFC 4998).

    EvidenceRecord ::= SEQUENCE { version, digestAlgorithms, …, SEQUENCE OF ArchiveTimeStampChain }
    ArchiveTimeStampChain ::= SEQUENCE OF ArchiveTimeStamp   -- of one hash algorithm
    ArchiveTimeStamp ::= SEQUENCE { …, timeStamp ContentInfo }

The first token of a record is over the bytes themselves. Every later one was made while the one
before it still held, and covers it (section 5.2):

- in the same chain ("time-stamp renewal"): it is over the token before;
- as the first of a new chain ("hash-tree renewal", for another hash algorithm): it is over the hash
  of the bytes followed by the hash of all chains before, both by the new algorithm.

One record is about one object, so there are no reduced hash trees; a record with one is refused.
`asn1crypto` has these types, but its sequence lacks the level of the chains.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from asn1crypto import algos, cms, core, tsp

from ledger.errors import Malformed, ProofInvalid
from ledger.proof.authority_chain import HASHES
from ledger.proof.time_stamp import MAX_TOKEN, Claim, Stamp, check_token, claim_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cryptography import x509

MAX_STAMPS = 100  # of one record: a renewal each year for a hundred years
MAX_RECORD = MAX_STAMPS * MAX_TOKEN
Chains = tuple[tuple[bytes, ...], ...]
"""Tokens (DER), oldest first, in chains of one hash algorithm each."""


class _Stamp(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012  the library's own form
        ("digest_algorithm", algos.DigestAlgorithm, {"implicit": 0, "optional": True}),
        ("attributes", cms.CMSAttributes, {"implicit": 1, "optional": True}),
        ("reduced_hashtree", tsp.PartialHashtrees, {"implicit": 2, "optional": True}),
        ("time_stamp", cms.ContentInfo),
    ]


class _Chain(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Stamp


class _Chains(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Chain


class _Record(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("version", core.Integer),
        ("digest_algorithms", tsp.DigestAlgorithms),
        ("crypto_infos", cms.CMSAttributes, {"implicit": 0, "optional": True}),
        ("encryption_info", tsp.EncryptionInfo, {"implicit": 1, "optional": True}),
        ("archive_time_stamp_sequence", _Chains),
    ]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A record whose stamps all verified, oldest first, each made while the one before it held."""

    stamps: tuple[Stamp, ...]

    @property
    def first(self) -> Stamp:
        """The one that says by when the bytes existed."""
        return self.stamps[0]

    @property
    def until_ms(self) -> int:
        """When the first certificate of the newest stamp's chain ends: renew it before."""
        return self.stamps[-1].until_ms

    def holds_at(self, now_ms: int) -> bool:
        return now_ms <= self.until_ms


def encode(chains: Chains) -> bytes:
    """The record as DER."""
    names = dict.fromkeys(hash_of(chain[0]) for chain in chains)
    record = {
        "version": 1,
        "digest_algorithms": [{"algorithm": name} for name in names],
        "archive_time_stamp_sequence": _asn1(chains),
    }
    return bytes(_Record(record).dump())


def decode(data: bytes) -> Chains:
    """What `encode` writes, and nothing else. Raises `Malformed` (`malformed_evidence_record`)."""
    if len(data) > MAX_RECORD:
        raise _malformed(f"it has {len(data)} bytes; at most {MAX_RECORD} are read")
    try:
        sequence = _Record.load(data, strict=True)["archive_time_stamp_sequence"]
        chains = tuple(tuple(bytes(one["time_stamp"].dump()) for one in chain) for chain in sequence)
        count = sum(map(len, chains))
        same = 1 <= count <= MAX_STAMPS and _regular(chains) and encode(chains) == data
    except ProofInvalid as error:
        raise _malformed(error.detail) from None
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise _malformed("not DER of RFC 4998") from None
    if not same:
        raise _malformed("it is not in the one form that is written here")
    return chains


def _regular(chains: Chains) -> bool:
    """Section 5.1: within one chain one hash algorithm, and a new chain for another alone."""
    nothing: Chains = ()
    return reduce(renewed, (token for chain in chains for token in chain), nothing) == chains


def to_renew(chains: Chains, message: bytes, hash_name: str) -> bytes:
    """The bytes that the next token is over, which are hashed with `hash_name`.

    `message`: what the record is about; the first token is over that itself.
    """
    if not chains:
        return message
    if hash_of(chains[-1][0]) == hash_name:
        return chains[-1][-1]
    hashed = hashlib.new(hash_name, message).digest()
    return hashed + hashlib.new(hash_name, _asn1(chains).dump()).digest()


def renewed(chains: Chains, token: bytes) -> Chains:
    """The chains with one more token: in the last one, or in a new one of its own hash algorithm."""
    if chains and hash_of(chains[-1][0]) == hash_of(token):
        return (*chains[:-1], (*chains[-1], token))
    return (*chains, (token,))


def check_record(chains: Chains, message: bytes, roots: Sequence[x509.Certificate]) -> Evidence:
    """Section 5.3: each token holds, covers what was before it, and came before that aged.

    Raises `ProofInvalid` (`bad_time_stamp`, `unknown_authority`), naming the token by its number from 1.
    """
    stamps: list[Stamp] = []
    for number, (before, token) in enumerate(_steps(chains), 1):
        try:
            stamp = check_token(token, to_renew(before, message, hash_of(token)), roots)
            _must_be_in_time(stamp, stamps)
        except ProofInvalid as error:
            raise ProofInvalid(error.code, f"time stamp {number}: {error.detail}") from None
        stamps.append(stamp)
    return Evidence(tuple(stamps))


def claimed(chains: Chains, message: bytes) -> list[Claim]:
    """What the tokens say, whoever signed them; each is about the bytes that it should be about. Raises
    `ProofInvalid` (`bad_time_stamp`)."""
    return [claim_of(token, to_renew(before, message, hash_of(token))) for before, token in _steps(chains)]


def _steps(chains: Chains) -> Iterator[tuple[Chains, bytes]]:
    """Each token with what was before it."""
    for at, chain in enumerate(chains):
        for number, token in enumerate(chain):
            before = chains[:at] + ((chain[:number],) if number else ())
            yield before, token


def _must_be_in_time(stamp: Stamp, before: list[Stamp]) -> None:
    """ "Each Archive Timestamp MUST be valid relative to the time of the succeeding one"."""
    if before and stamp.at_ms < before[-1].at_ms:
        raise ProofInvalid("bad_time_stamp", "it is older than the one that it renews")
    if before and stamp.at_ms > before[-1].until_ms:
        raise ProofInvalid("bad_time_stamp", "it came after the certificate of the one before had expired")


def _asn1(chains: Chains) -> Any:
    return _Chains([
        [{"time_stamp": cms.ContentInfo.load(token)} for token in chain] for chain in chains
    ])  # fmt: skip


def hash_of(token: bytes) -> str:
    """The name of the imprint's algorithm. Raises `ProofInvalid` (`bad_time_stamp`)."""
    try:
        inner = cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"]
        name = tsp.TSTInfo.load(inner.contents)["message_imprint"]["hash_algorithm"]["algorithm"].native
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ProofInvalid("bad_time_stamp", "it cannot be read") from None
    if name not in HASHES:
        raise ProofInvalid("bad_time_stamp", f"its imprint is by {name}, which is not accepted")
    return str(name)


def _malformed(what: str) -> Malformed:
    return Malformed("malformed_evidence_record", what)
