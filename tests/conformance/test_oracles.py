"""Three other COSE libraries verify what we sign, and we verify what they sign.

`cwt`, `pycose` and `scitt-cose`, each with Ed25519 and ES256. They sign in our profile when
told its header in our order; in another order we refuse, as our parser must. An ES256
signature of theirs may have the high S, which the signer's own library cannot be told to
avoid: then it is lowered before we look.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cbor2
import pytest
import scitt_cose

from ledger.errors import Malformed, Unauthentic
from ledger.proof import merkle, receipt, statement, tiles
from ledger.proof.keyfile import new_key
from ledger.proof.keys import ED25519, ES256, SigningKey
from tests.conformance import oracles
from tests.conformance.test_wycheproof import ORDER, lowered

Accepts = Callable[..., bool]
ORACLES = [oracles.cwt_accepts, oracles.pycose_accepts, oracles.scitt_accepts]
ALGORITHMS = [ED25519, ES256]
NAMES = {ED25519: "EdDSA", ES256: "ES256"}
FIELDS: dict[str, Any] = {
    "iss": "anna",
    "sub": "chain/nmdp:ABCD-1234",
    "aud": "ledger.example/unbroken",
    "cti": bytes(range(16)),
    "payload": b'{"type":"ThawStarted","v":1}',
}
ENTRIES = [b"genesis", b"", b"third", b"fourth", b"fifth"]

by_oracle = pytest.mark.parametrize("accepts", ORACLES, ids=["cwt", "pycose", "scitt-cose"])
by_algorithm = pytest.mark.parametrize("alg", ALGORITHMS, ids=["ed25519", "es256"])


def altered(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def header(key: SigningKey) -> dict[int, Any]:
    """Our protected header, in our order."""
    claims = {1: FIELDS["iss"], 2: FIELDS["sub"], 3: FIELDS["aud"], 7: FIELDS["cti"]}
    return {1: key.alg, 3: statement.EVENT_CONTENT_TYPE, 4: key.public.kid, 15: claims}


def with_low_s(raw: bytes) -> bytes:
    """The same message with the lower S, where it is an ES256 one with the higher."""
    high = int.from_bytes(raw[-32:], "big") > ORDER // 2
    return raw[:-64] + lowered(raw[-64:]) if high else raw


def by_cwt(key: SigningKey) -> bytes:
    theirs = oracles.cwt().COSEKey.from_pem(oracles.private_pem(key), kid=key.public.kid)
    raw = oracles.cwt().COSE.new().encode_and_sign(FIELDS["payload"], theirs, protected=header(key))
    return bytes(raw)


def by_pycose(key: SigningKey) -> bytes:
    from pycose.algorithms import EdDSA, Es256
    from pycose.headers import Algorithm
    from pycose.messages.sign1message import Sign1Message

    chosen = EdDSA if key.alg == ED25519 else Es256
    names = {Algorithm: chosen} | {label: value for label, value in header(key).items() if label != 1}
    message = Sign1Message(phdr=names, payload=FIELDS["payload"], key=oracles.pycose_key(key))
    return bytes(message.encode())


def by_scitt_cose(key: SigningKey) -> bytes:
    pem, name = oracles.private_pem(key), NAMES[key.alg]
    raw = scitt_cose.sign_sign1(FIELDS["payload"], alg=name, private_key_pem=pem, protected=header(key))
    return bytes(raw)


@by_oracle
@by_algorithm
def test_an_oracle_verifies_our_statement_and_no_altered_one(accepts: Accepts, alg: int) -> None:
    key = new_key(alg)
    raw = statement.sign(key, **FIELDS)
    assert accepts(raw, key)
    assert not accepts(altered(raw, -1), key)
    assert not accepts(altered(raw, raw.index(FIELDS["payload"])), key)
    assert not accepts(altered(raw, raw.index(b"anna")), key)


@by_algorithm
@pytest.mark.parametrize("signed", [by_cwt, by_pycose, by_scitt_cose], ids=["cwt", "pycose", "scitt-cose"])
def test_we_verify_what_an_oracle_signs_in_our_profile(
    signed: Callable[[SigningKey], bytes], alg: int
) -> None:
    key = new_key(alg)
    raw = signed(key)
    found = statement.parse(with_low_s(raw) if alg == ES256 else raw)
    statement.verify(found, key.public)
    assert (found.iss, found.cti, found.payload) == (FIELDS["iss"], FIELDS["cti"], FIELDS["payload"])
    if alg == ED25519:  # deterministic: the same bytes
        assert raw == statement.sign(key, **FIELDS)


@by_algorithm
def test_a_statement_with_its_header_in_another_order_is_refused(alg: int) -> None:
    key = new_key(alg)
    claims = {3: FIELDS["aud"], 7: FIELDS["cti"]}
    raw = scitt_cose.build_signed_statement(
        FIELDS["payload"],
        alg=NAMES[alg],
        private_key_pem=oracles.private_pem(key),
        issuer=FIELDS["iss"],
        subject=FIELDS["sub"],
        content_type=statement.EVENT_CONTENT_TYPE,
        extra_cwt_claims=claims,
        kid=key.public.kid,
    )
    assert oracles.scitt_accepts(raw, key)
    with pytest.raises(Malformed, match="malformed_cbor"):
        statement.parse(raw)


def tree() -> tuple[merkle.NodeReader, bytes]:
    edge, changed = tiles.grow(tiles.EMPTY_EDGE, [merkle.leaf_hash(entry) for entry in ENTRIES])
    return tiles.edge_reader(edge, changed), tiles.edge_root(edge)


@by_algorithm
def test_scitt_cose_verifies_our_receipt_of_every_entry_and_of_no_other(alg: int) -> None:
    key, (read, root), size = new_key(alg), tree(), len(ENTRIES)
    signed = receipt.receipt_signature(key, "ledger.example/unbroken", size, root, 1_790_000_000)
    for index, entry in enumerate(ENTRIES):
        token = receipt.encode_receipt(signed, size, index, merkle.inclusion_proof(index, size, read))
        pem = oracles.public_pem(key)
        result = scitt_cose.verify_receipt(token, leaf_entry_hex=entry.hex(), log_public_key_pem=pem)
        assert (result.ok, result.root, result.iat) == (True, root.hex(), 1_790_000_000)
        assert (result.issuer, result.tree_size, result.leaf_index) == (
            "ledger.example/unbroken",
            size,
            index,
        )
        other = scitt_cose.verify_receipt(token, leaf_entry_hex=b"no".hex(), log_public_key_pem=pem)
        assert not other.ok


@by_oracle
@by_algorithm
def test_an_oracle_verifies_our_receipts_signature_over_the_root(accepts: Accepts, alg: int) -> None:
    key, (read, root), size = new_key(alg), tree(), len(ENTRIES)
    signed = receipt.receipt_signature(key, "ledger.example/unbroken", size, root, 1_790_000_000)
    token = receipt.encode_receipt(signed, size, 2, merkle.inclusion_proof(2, size, read))
    assert accepts(token, key, root)
    assert not accepts(token, key, bytes(32))


@by_algorithm
def test_we_verify_a_receipt_that_scitt_cose_signed_in_our_order(alg: int) -> None:
    key, (read, root), size = new_key(alg), tree(), len(ENTRIES)
    claims = {1: "ledger.example/unbroken", 2: "ledger.example/unbroken", 6: 1_790_000_000, -65537: size}
    inclusion = cbor2.dumps([size, 3, merkle.inclusion_proof(3, size, read)])
    token = scitt_cose.sign_sign1(
        root,
        alg=NAMES[alg],
        private_key_pem=oracles.private_pem(key),
        protected={1: alg, 4: key.public.kid, 15: claims, 395: 1},
        unprotected={396: {-1: [inclusion]}},
        detached=True,
    )
    token = with_low_s(token) if alg == ES256 else token
    found = receipt.verify_receipt(token, ENTRIES[3], key.public, "ledger.example/unbroken")
    assert (found.index, found.size, found.time_s) == (3, size, 1_790_000_000)


def test_scitt_cose_computes_the_same_root_and_inclusion_proofs() -> None:
    (read, root), size = tree(), len(ENTRIES)
    hexes = [entry.hex() for entry in ENTRIES]
    assert scitt_cose.merkle_root(hexes) == root.hex()
    for index in range(size):
        theirs = scitt_cose.inclusion_proof(hexes, index)
        assert theirs == [each.hex() for each in merkle.inclusion_proof(index, size, read)]


def test_an_oracles_high_s_signature_is_refused_as_such() -> None:
    key = new_key(ES256)
    raw = statement.sign(key, **FIELDS)
    raised = raw[:-64] + lowered(raw[-64:])
    assert oracles.cwt_accepts(raised, key)
    with pytest.raises(Unauthentic, match="high_s"):
        statement.verify(statement.parse(raised), key.public)
