"""Wycheproof: Ed25519 (151), ECDSA P-256 in DER (484) and in P1363 (262).

We write r||s with the lower of the two S that verify; ECDSA itself accepts both. So a
published valid signature with the higher S must be refused here as `high_s`, and accepted
once S is taken from the group's order. Everything else must get the published verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric import utils

from ledger.errors import UnbrokenError
from ledger.proof.keys import ED25519, ED25519_FULL, ES256, PublicKey
from tests.conformance.vectors import load, vectors

HIGH_S_DER, HIGH_S_P1363 = 71, 70  # of the valid ones; counted once with plain ECDSA
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def cases(name: str) -> Iterator[tuple[PublicKey, dict[str, Any]]]:
    published = load(vectors("wycheproof") / "testvectors_v1" / f"{name}.json")
    for group in published["testGroups"]:
        key = PublicKey.from_spki(bytes.fromhex(group["publicKeyDer"]))
        for case in group["tests"]:
            yield key, case


def verdict(key: PublicKey, alg: int, signature: bytes, message: str) -> str:
    """`valid`, or the code of the refusal."""
    try:
        key.verify(alg, signature, bytes.fromhex(message))
    except UnbrokenError as error:
        return error.code
    return "valid"


def raw_of(der: bytes) -> bytes:
    """DER to r||s, strictly: only the one encoding of two numbers that fit 32 bytes each."""
    r, s = utils.decode_dss_signature(der)
    if utils.encode_dss_signature(r, s) != der:
        raise ValueError("not the one DER encoding")
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def lowered(signature: bytes) -> bytes:
    s = int.from_bytes(signature[32:], "big")
    return signature[:32] + (ORDER - s if s < ORDER else ORDER).to_bytes(32, "big")


def count_ecdsa(pairs: Iterator[tuple[PublicKey, dict[str, Any], bytes | None]]) -> Counter[str]:
    """Verdicts over (key, case, r||s or None where no r||s can be read).

    What is refused for its high S is asked once more with the lower one, so that the rule
    hides no wrong verdict: `valid, high S` counts those that are accepted then.
    """
    counted: Counter[str] = Counter()
    for key, case, signature in pairs:
        found = verdict(key, ES256, signature, case["msg"]) if signature is not None else "unreadable"
        kind = case["result"]
        if found == "high_s" and signature is not None:
            found = verdict(key, ES256, lowered(signature), case["msg"])
            kind += ", high S" if kind == "valid" else ""
        assert (found == "valid") == (case["result"] == "valid"), (case["tcId"], found)
        counted[kind] += 1
    return counted


def test_all_151_ed25519_cases_get_the_published_verdict_under_both_algorithm_numbers() -> None:
    counted: Counter[str] = Counter()
    for key, case in cases("ed25519_test"):
        for alg in (ED25519, ED25519_FULL):
            found = verdict(key, alg, bytes.fromhex(case["sig"]), case["msg"])
            assert (found == "valid") == (case["result"] == "valid"), (case["tcId"], found)
        counted[case["result"]] += 1
    assert counted == {"valid": 88, "invalid": 63}


def test_all_484_der_cases_get_the_published_verdict_but_for_the_low_s_rule() -> None:
    counted = count_ecdsa(in_der())
    assert counted == {
        "valid": 174 - HIGH_S_DER,
        "invalid": 310,
        "valid, high S": HIGH_S_DER,
    }


def in_der() -> Iterator[tuple[PublicKey, dict[str, Any], bytes | None]]:
    for key, case in cases("ecdsa_secp256r1_sha256_test"):
        try:
            yield key, case, raw_of(bytes.fromhex(case["sig"]))
        except (ValueError, OverflowError):
            yield key, case, None


def test_all_262_p1363_cases_get_the_published_verdict_but_for_the_low_s_rule() -> None:
    published = cases("ecdsa_secp256r1_sha256_p1363_test")
    counted = count_ecdsa((key, case, bytes.fromhex(case["sig"])) for key, case in published)
    assert counted == {
        "valid": 173 - HIGH_S_P1363,
        "invalid": 89,
        "valid, high S": HIGH_S_P1363,
    }
