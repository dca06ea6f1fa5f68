"""Tokens of RFC 3161: one that is right is taken, and each thing that can be wrong with one is found."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, tsp, x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Malformed, ProofInvalid
from ledger.proof.time_stamp import MAX_TOKEN, Response, check_token, read_roots, token_in
from tests.tsa import DAY, Authority, authority, root_of

NOTE = b"ledger.example/unbroken\n4711\n"
OPENSSL = shutil.which("openssl")
RSA, CURVE = authority(), authority("Curve TSA", "sha512", elliptic=True)
TOKEN = CURVE.stamp(NOTE)


def why(
    token: bytes,
    message: bytes = NOTE,
    by: Authority = CURVE,
    nonce: int | None = None,
    code: str = "bad_time_stamp",
) -> str:
    with pytest.raises(ProofInvalid) as caught:
        check_token(token, message, [by.root], nonce)
    assert caught.value.code == code
    return caught.value.detail


@pytest.mark.parametrize("by", [RSA, CURVE], ids=["RSA and SHA-256", "ECDSA and SHA-512"])
def test_a_sound_token_says_when_by_whom_and_until_when_it_holds(by: Authority) -> None:
    at = datetime(2026, 11, 27, 6, 0, 0, 123456, tzinfo=UTC)
    honest = Authority(by.root, by.leaf, by.key, by.hash_name, lambda: at)
    found = check_token(honest.stamp(NOTE), NOTE, [RSA.root, CURVE.root])
    assert found.at_ms == int(at.timestamp()) * 1000 + 124  # rounded up: it existed by then
    assert found.by_ms == found.at_ms + 1000
    assert (found.hash_name, found.authority) == (by.hash_name, by.leaf.subject.rfc4514_string())
    assert found.until_ms == by.leaf.not_valid_after_utc.timestamp() * 1000


@pytest.mark.skipif(OPENSSL is None, reason="no openssl on the path")
@pytest.mark.parametrize("by", [RSA, CURVE], ids=["RSA and SHA-256", "ECDSA and SHA-512"])
def test_openssl_takes_the_tokens_of_the_tests_own_authority(by: Authority, tmp_path: Path) -> None:
    for name, data in (("t", by.stamp(NOTE)), ("d", NOTE), ("r", by.pem)):
        (tmp_path / name).write_bytes(data)
    asked = [str(OPENSSL), "ts", "-verify", "-token_in", "-in", "t", "-data", "d", "-CAfile", "r"]
    assert subprocess.run(asked, cwd=tmp_path, capture_output=True, check=False).returncode == 0


CONFIG = """
[tsa]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha512
accuracy = secs:1, millisecs:500
ess_cert_id_alg = {named_by}
"""


@pytest.mark.skipif(OPENSSL is None, reason="no openssl on the path")
@pytest.mark.parametrize("named_by", ["sha1", "sha256"])  # ESSCertID of RFC 2634, and that of RFC 5816
def test_a_token_that_openssl_made_verifies(tmp_path: Path, named_by: str) -> None:
    from cryptography.hazmat.primitives import serialization as as_

    (tmp_path / "conf").write_text(CONFIG.format(folder=tmp_path, named_by=named_by))
    (tmp_path / "serial").write_text("01\n")
    (tmp_path / "d").write_bytes(NOTE)
    (tmp_path / "cert").write_bytes(RSA.leaf.public_bytes(as_.Encoding.PEM))
    (tmp_path / "key").write_bytes(
        RSA.key.private_bytes(as_.Encoding.PEM, as_.PrivateFormat.PKCS8, as_.NoEncryption())
    )
    query = [str(OPENSSL), "ts", "-query", "-data", "d", "-sha512", "-cert", "-out", "q"]
    reply = [str(OPENSSL), "ts", "-reply", "-config", "conf", "-section", "tsa", "-queryfile", "q"]
    reply += ["-signer", "cert", "-inkey", "key", "-out", "r"]
    for command in (query, reply):
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    nonce = tsp.TimeStampReq.load((tmp_path / "q").read_bytes())["nonce"].native
    found = check_token(token_in((tmp_path / "r").read_bytes()), NOTE, [RSA.root], nonce)
    assert (found.accuracy_ms, found.hash_name) == (1500, "sha512")


def test_other_bytes_are_told() -> None:
    assert "other bytes" in why(TOKEN, NOTE + b"x")


def test_another_nonce_is_told() -> None:
    assert "nonce" in why(TOKEN, nonce=1)


def test_an_unknown_root_is_told_and_so_is_none_at_all() -> None:
    assert "issuer" in why(TOKEN, by=RSA, code="unknown_authority")
    with pytest.raises(ProofInvalid, match="no root"):
        check_token(TOKEN, NOTE, [])


def test_a_root_of_the_same_name_is_no_root() -> None:
    impostor = authority("Curve TSA", "sha512", elliptic=True)
    assert impostor.root.subject == CURVE.root.subject
    assert why(TOKEN, by=impostor, code="unknown_authority")


@pytest.mark.parametrize("away", [-2 * DAY, 400 * DAY], ids=["not yet", "no more"])
def test_a_certificate_that_did_not_hold_when_it_stamped_is_told(away: timedelta) -> None:
    late = Authority(CURVE.root, CURVE.leaf, CURVE.key, "sha512", lambda: datetime.now(UTC) + away)
    assert "certificate" in why(late.stamp(NOTE))


USAGES: dict[str, dict[str, Any]] = {
    "for something else": {"usages": (ExtendedKeyUsageOID.EMAIL_PROTECTION,)},
    "for more than stamping": {
        "usages": (ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING)
    },
    "not marked critical": {"critical": False},
    "for nothing in particular": {"usages": ()},
}


@pytest.mark.parametrize("how", USAGES)
def test_a_certificate_must_be_for_time_stamping_alone(how: str) -> None:
    root = root_of("root", datetime.now(UTC) - DAY, datetime.now(UTC) + DAY)
    wrong = authority(root=root, until=datetime.now(UTC) + DAY, **USAGES[how])
    assert "time stamping" in why(wrong.stamp(NOTE), by=wrong)


def altered(change: Callable[[Any], None], token: bytes = TOKEN) -> bytes:
    content = cms.ContentInfo.load(token)
    change(content["content"])
    return bytes(content.dump(force=True))


def _without_certificates(signed: Any) -> None:
    signed["certificates"] = []


def _other_certificate(signed: Any) -> None:
    """Of the same name and number, as only its own issuer could make it; here the impostor's."""
    signed["certificates"].append(signed["certificates"][0])


def _of_the_same_number(signed: Any) -> None:
    """As somebody could who has a certificate of another authority under the same root."""
    serial = signed["certificates"][0].chosen.serial_number
    other = root_of("Another", datetime.now(UTC) - DAY, datetime.now(UTC) + DAY, True)[0]
    loaded = x509.Certificate.load(other.public_bytes(serialization.Encoding.DER))
    loaded["tbs_certificate"]["serial_number"] = serial
    signed["certificates"].append(cms.CertificateChoices("certificate", loaded))


def _two_signers(signed: Any) -> None:
    signed["signer_infos"].append(signed["signer_infos"][0])


def _no_name(signed: Any) -> None:
    kept = [one for one in signed["signer_infos"][0]["signed_attrs"] if "signing" not in one["type"].native]
    signed["signer_infos"][0]["signed_attrs"] = kept


@pytest.mark.parametrize(
    "change", [_without_certificates, _other_certificate, _of_the_same_number, _two_signers, _no_name]
)
def test_a_token_that_does_not_say_by_whom_it_is_is_told(change: Callable[[Any], None]) -> None:
    assert why(altered(change))


@given(st.integers(0, 8 * len(TOKEN) - 1))
def test_a_flipped_bit_gives_no_other_time(bit: int) -> None:
    """Some bits of a CMS structure carry no meaning; none gives another time, authority or message."""
    data = bytearray(TOKEN)
    data[bit // 8] ^= 1 << bit % 8
    sound = check_token(TOKEN, NOTE, [CURVE.root])
    try:
        found = check_token(bytes(data), NOTE, [CURVE.root])
    except ProofInvalid:
        return
    assert (found.at_ms, found.accuracy_ms, found.authority) == (sound.at_ms, 1000, sound.authority)


@given(st.binary(max_size=200))
def test_whatever_else_is_no_token_and_no_response(data: bytes) -> None:
    assert why(data)
    with pytest.raises(ProofInvalid):
        token_in(data)


def test_an_endless_token_is_not_read() -> None:
    assert str(MAX_TOKEN) in why(b"0" * (MAX_TOKEN + 1))


def test_a_refusal_is_told_with_the_authoritys_own_words() -> None:
    status = {"status": "rejection", "status_string": ["we are closed"]}
    with pytest.raises(ProofInvalid, match="we are closed") as caught:
        token_in(Response({"status": status}).dump())
    assert caught.value.code == "time_stamp_refused"
    with pytest.raises(ProofInvalid, match="holds none"):
        token_in(Response({"status": {"status": "granted"}}).dump())


def test_roots_are_read_from_pem_alone() -> None:
    assert read_roots(RSA.pem + CURVE.pem) == [RSA.root, CURVE.root]
    with pytest.raises(Malformed) as caught:
        read_roots(b"none")
    assert caught.value.code == "malformed_roots"
