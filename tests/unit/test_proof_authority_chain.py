"""What an authority's signature and its certificates rest on: weak algorithms are refused, each alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ledger.errors import ProofInvalid
from ledger.proof.authority_chain import MAX_CERTIFICATES, MIN_RSA
from ledger.proof.time_stamp import Stamp, check_token
from tests.tsa import DAY, Authority, Private, authority, by_sha1, certificate, root_of

NOTE = b"ledger.example/unbroken\n4711\n"
NOW = datetime.now(UTC)
ROOT, ROOT_KEY = root_of("Root", NOW - DAY, NOW + 900 * DAY)
KEY = rsa.generate_private_key(65537, MIN_RSA)


def checked(by: Authority, *roots: x509.Certificate) -> Stamp:
    return check_token(by.stamp(NOTE), NOTE, roots or (by.root,))


def refused(by: Authority, *roots: x509.Certificate) -> tuple[str, str]:
    with pytest.raises(ProofInvalid) as caught:
        checked(by, *roots)
    return caught.value.code, caught.value.detail


def issued(
    subject: str,
    key: Private,
    issuer: str = "Root",
    by: Private = ROOT_KEY,
    days: int = 300,
    ca: bool = False,
) -> x509.Certificate:
    how = {"usages": None} if ca else {}
    return certificate(subject, key, issuer, by, NOW - DAY, NOW + days * DAY, **how)  # type: ignore[arg-type]


# --- the signature --------------------------------------------------------------------------------


@pytest.mark.parametrize("weak", ["md5", "sha1"])
def test_a_token_that_is_signed_over_a_broken_hash_is_told_whatever_its_imprint(weak: str) -> None:
    assert checked(authority())
    code, detail = refused(replace(authority(), signs_with=weak))
    assert (code, weak in detail) == ("bad_time_stamp", True)


# --- keys -------------------------------------------------------------------------------------------


WEAK = (rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP224R1()))


@pytest.mark.parametrize("key", WEAK, ids=["RSA", "EC"])
def test_a_signers_key_that_is_too_small_is_told(key: Private) -> None:
    code, detail = refused(Authority(ROOT, issued("Weak", key), key))
    assert (code, "key is too weak" in detail) == ("bad_time_stamp", True)


@pytest.mark.parametrize("key", WEAK, ids=["RSA", "EC"])
def test_a_small_key_between_is_told_and_so_is_one_of_the_root(key: Private) -> None:
    between, root = issued("Between", key, ca=True), issued("Small", key, "Small", key, ca=True)
    assert checked(above(issued("Between", KEY, ca=True), KEY))
    for by in (above(between, key), Authority(root, issued("TSA", KEY, "Small", key), KEY)):
        code, detail = refused(by)
        assert (code, "is weak" in detail) == ("bad_time_stamp", True)


def above(between: x509.Certificate, key: Private, days: int = 300) -> Authority:
    """An authority below a certificate that comes with its tokens."""
    leaf = issued("TSA", KEY, "Between", key, days)
    return Authority(ROOT, leaf, KEY, between=(between,))


# --- certificates -----------------------------------------------------------------------------------


def test_a_certificate_that_is_signed_over_sha1_is_told_but_for_a_root_that_was_given() -> None:
    leaf, between = issued("TSA", KEY), issued("Between", KEY, ca=True)
    assert refused(Authority(ROOT, by_sha1(leaf, ROOT_KEY), KEY))[0] == "bad_time_stamp"
    assert refused(above(by_sha1(between, ROOT_KEY), KEY))[0] == "bad_time_stamp"
    assert checked(Authority(by_sha1(ROOT, ROOT_KEY), leaf, KEY))


def test_what_is_in_a_token_and_not_needed_does_no_harm() -> None:
    """Authorities add their root, and other roads to it, some of them old."""
    old = by_sha1(issued("Between", KEY, ca=True, days=800), ROOT_KEY)
    extra = (ROOT, old, issued("Between", KEY, ca=True))
    assert checked(Authority(ROOT, issued("TSA", KEY, "Between", KEY), KEY, between=extra))


def test_who_may_not_issue_issues_nothing() -> None:
    assert refused(above(issued("Between", KEY), KEY))[0] == "bad_time_stamp"


def test_a_chain_holds_as_long_as_the_first_of_its_certificates() -> None:
    """The one between ends 290 days before the signer's."""
    between = issued("Between", KEY, ca=True, days=10)
    found = checked(above(between, KEY))
    assert found.until_ms == between.not_valid_after_utc.timestamp() * 1000


def test_a_root_that_ends_first_ends_it() -> None:
    root, key = root_of("Short", NOW - DAY, NOW + 5 * DAY)
    found = checked(Authority(root, issued("TSA", KEY, "Short", key), KEY))
    assert found.until_ms == root.not_valid_after_utc.timestamp() * 1000


def test_a_certificate_between_that_did_not_hold_then_is_told() -> None:
    by = above(issued("Between", KEY, ca=True, days=10), KEY)
    late = replace(by, now=lambda: NOW + 20 * DAY)
    assert refused(late)[0] == "bad_time_stamp"


def test_a_root_that_is_itself_between_is_enough_where_its_own_is_there() -> None:
    between = issued("Between", KEY, ca=True)
    alone = Authority(ROOT, issued("TSA", KEY, "Between", KEY), KEY)
    assert checked(alone, between, ROOT)
    assert refused(alone)[0] == "unknown_authority"


def test_of_two_roots_of_one_name_the_one_that_issued_counts() -> None:
    """As where an authority changed its key and kept its name."""
    newer, key = root_of("Root", NOW - DAY, NOW + 900 * DAY)
    for roots in ((ROOT, newer), (newer, ROOT)):
        assert checked(Authority(ROOT, issued("TSA", KEY), KEY), *roots)
        assert checked(Authority(newer, issued("TSA", KEY, by=key), KEY), *roots)


def test_a_knot_of_certificates_ends_the_search() -> None:
    """Each issues the other, and neither leads anywhere."""
    one, other = issued("A", KEY, "B", KEY, ca=True), issued("B", KEY, "A", KEY, ca=True)
    by = Authority(ROOT, issued("TSA", KEY, "A", KEY), KEY, between=(one, other))
    assert refused(by)[0] == "unknown_authority"


def test_more_certificates_than_anybody_needs_are_not_looked_at() -> None:
    many = tuple(issued(f"B{number}", KEY, ca=True) for number in range(MAX_CERTIFICATES))
    assert "more than" in refused(Authority(ROOT, issued("TSA", KEY), KEY, between=many))[1]


# --- how exactly ------------------------------------------------------------------------------------


def test_a_time_that_is_only_roughly_said_is_told() -> None:
    def roughly(seconds: int) -> Authority:
        return replace(authority(), altered=lambda told: told.update(accuracy={"seconds": seconds}))

    assert checked(roughly(300)).accuracy_ms == 300_000
    assert "301 s" in refused(roughly(301))[1]
    assert refused(roughly(10**12))[0] == "bad_time_stamp"


def test_an_extension_that_must_be_understood_is_told() -> None:
    def extended(critical: bool) -> Authority:
        one = {"extn_id": "1.2.3.4", "critical": critical, "extn_value": b"\x05\x00"}
        return replace(authority(), altered=lambda told: told.update(extensions=[one]))

    assert checked(extended(False))
    assert "critical extension" in refused(extended(True))[1]
