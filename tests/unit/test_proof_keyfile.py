"""A private key at rest: sealed with scrypt, opened by its passphrase, never in the clear."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import Malformed, Unauthentic
from ledger.proof import keyfile
from ledger.proof.keyfile import new_key, open_key, seal_key
from ledger.proof.keys import ED25519, ED25519_FULL, ES256, SigningKey
from tests.key_cost import LEAST, REAL, costing
from tests.property.mangled import altered, flipped

PASSPHRASE = b"correct horse battery staple"
KEY = new_key()
SEALED = seal_key(KEY, PASSPHRASE)
PEM = serialization.Encoding.PEM


@pytest.fixture(autouse=True)
def key_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real cost: it is what this file is about."""
    costing(monkeypatch, REAL)


@pytest.fixture
def cheap(key_cost: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scrypt at its least cost, for tests that open many files."""
    costing(monkeypatch, LEAST)


def pem(private: object, *, sealed: bool, form: str = "PKCS8") -> bytes:
    how = serialization.BestAvailableEncryption(PASSPHRASE) if sealed else serialization.NoEncryption()
    shape = getattr(serialization.PrivateFormat, form)
    return bytes(private.private_bytes(PEM, shape, how))  # type: ignore[attr-defined]


def opened(data: bytes) -> SigningKey | None:
    try:
        return open_key(data, PASSPHRASE)
    except (Malformed, Unauthentic):
        return None


def outcome(data: bytes, passphrase: bytes = PASSPHRASE) -> str:
    try:
        open_key(data, passphrase)
    except (Malformed, Unauthentic) as error:
        return error.code
    return "opened"


@pytest.mark.parametrize("alg", [ED25519, ES256])
def test_a_sealed_key_opens_as_the_same_key(alg: int) -> None:
    key = new_key(alg)
    again = open_key(seal_key(key, PASSPHRASE), PASSPHRASE)
    assert (again.public.kid, again.alg) == (key.public.kid, alg)
    assert again.sign(b"a message") == key.sign(b"a message")


@pytest.mark.parametrize("wrong", [b"", b"correct horse battery stapl", PASSPHRASE + b" ", b"\xff" * 300])
def test_a_wrong_passphrase_opens_nothing(wrong: bytes) -> None:
    assert outcome(SEALED, wrong) == "wrong_passphrase"


def test_the_same_key_is_never_sealed_the_same_way_twice(cheap: None) -> None:
    assert len({seal_key(KEY, PASSPHRASE) for _ in range(20)}) == 20


@pytest.mark.parametrize("passphrase", [b"", b"\0", b"\0\0\0"])
def test_a_key_is_not_sealed_without_a_passphrase(passphrase: bytes) -> None:
    """HMAC pads its key with zeros, so that zeros alone are no passphrase either."""
    with pytest.raises(Malformed, match="no_passphrase"):
        seal_key(KEY, passphrase)


def test_nothing_of_the_key_stands_in_the_file() -> None:
    raw = KEY.private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )[-32:]
    body = base64.b64decode(b"".join(SEALED.splitlines()[1:-1]))
    assert raw not in body
    assert KEY.public.raw not in body


def test_the_file_names_scrypt_with_16_mebibytes_and_aes_256() -> None:
    body = base64.b64decode(b"".join(SEALED.splitlines()[1:-1]))
    assert bytes.fromhex("06092b06010401da47040b") in body  # RFC 7914 §7.1
    assert bytes.fromhex("02024000020108020105") in body  # N = 16384, r = 8, p = 5
    assert bytes.fromhex("060960864801650304012a") in body
    assert 128 * keyfile._N * keyfile._R == 16 * 2**20


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
def test_a_plaintext_key_is_refused_whatever_the_passphrase(form: str) -> None:
    private = new_key(ES256).private
    for passphrase in (b"", PASSPHRASE):
        assert outcome(pem(private, sealed=False, form=form), passphrase) == "malformed_key_file"


def test_a_key_that_another_program_sealed_by_pkcs8_opens() -> None:
    assert open_key(pem(KEY.private, sealed=True), PASSPHRASE).public.kid == KEY.public.kid


@pytest.mark.parametrize("kind", ["P-384", "RSA"])
def test_a_sealed_key_of_another_kind_is_refused(kind: str) -> None:
    private = (
        ec.generate_private_key(ec.SECP384R1()) if kind == "P-384" else rsa.generate_private_key(65537, 2048)
    )
    assert outcome(pem(private, sealed=True)) == "malformed_key_file"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a key",
        SEALED[:-40],
        SEALED + SEALED,
        b"comment\n" + SEALED,
        SEALED.replace(b"ENCRYPTED ", b""),
        SEALED.replace(b"\n", b"\r\n"),
        SEALED + b"\n" * 9000,
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n",
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n=\n-----END ENCRYPTED PRIVATE KEY-----\n",
    ],
    ids=["empty", "words", "cut", "two", "comment", "label", "crlf", "long", "hollow", "padding"],
)
def test_what_is_not_one_whole_sealed_key_is_refused_as_such(data: bytes) -> None:
    assert outcome(data) == "malformed_key_file"


@pytest.mark.parametrize("change", [lambda der: der[:-1], lambda der: der + b"\0"], ids=["cut", "longer"])
def test_a_file_whose_length_is_not_the_one_it_states_is_malformed(change: Callable[[bytes], bytes]) -> None:
    """Else it would be taken for a wrong passphrase, and its owner would go on guessing."""
    first, *lines, last = SEALED.splitlines()
    forged = base64.b64encode(change(base64.b64decode(b"".join(lines))))
    assert outcome(b"\n".join([first, forged, last, b""])) == "malformed_key_file"


def test_white_space_around_the_file_does_no_harm() -> None:
    assert outcome(b"\n" + SEALED + b"\n\n") == "opened"


@pytest.mark.usefixtures("cheap")
class TestCheaply:
    """Many files, each sealed at scrypt's least cost."""

    @given(
        passphrase=st.binary(max_size=80).map(lambda each: b"!" + each), alg=st.sampled_from([ED25519, ES256])
    )
    @settings(max_examples=40)
    def test_any_passphrase_opens_what_it_sealed(self, passphrase: bytes, alg: int) -> None:
        key = new_key(alg)
        assert open_key(seal_key(key, passphrase), passphrase).public.kid == key.public.kid

    def test_a_file_with_one_bit_of_its_ciphertext_altered_never_opens_as_the_key(self) -> None:
        key = new_key()
        lines = seal_key(key, PASSPHRASE).splitlines()
        body = base64.b64decode(b"".join(lines[1:-1]))
        for at in range(8 * (len(body) - 64), 8 * len(body)):
            forged = base64.b64encode(flipped(body, at))
            found = opened(b"\n".join([lines[0], forged, lines[-1], b""]))
            assert found is None or found.public.kid != key.public.kid

    @given(data=st.data())
    def test_altered_files_are_refused_and_do_no_harm(self, data: st.DataObject) -> None:
        sealed = seal_key(KEY, PASSPHRASE)
        label = sealed.index(b"\n") + 120  # past the cost, which could be raised to minutes
        found = opened(sealed[:label] + data.draw(altered(sealed[label:])))
        assert found is None or found.public.spki

    def test_of_400_wrong_passphrases_each_is_called_that(self) -> None:
        """One in 256 leaves a right-looking padding, and gibberish behind it."""
        sealed = seal_key(KEY, PASSPHRASE)
        assert {outcome(sealed, b"guess %d" % number) for number in range(400)} == {"wrong_passphrase"}

    def test_a_file_with_any_byte_altered_ends_in_no_foreign_exception(self) -> None:
        """The cost's own bytes among them: one that makes no sense is a malformed file."""
        sealed = seal_key(KEY, PASSPHRASE)
        for at in range(len(sealed)):
            code = outcome(flipped(sealed, 8 * at + 2))
            assert code in {"malformed_key_file", "wrong_passphrase", "opened"}

    def test_a_file_cut_short_anywhere_is_malformed(self) -> None:
        sealed = seal_key(KEY, PASSPHRASE)
        for end in range(len(sealed) - 1):
            assert outcome(sealed[:end]) == "malformed_key_file", end


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl program to compare with")
@pytest.mark.parametrize("alg", [ED25519, ES256])
def test_openssls_own_program_opens_the_file(alg: int, tmp_path: Path) -> None:
    key = new_key(alg)
    file = tmp_path / "key.pem"
    file.write_bytes(seal_key(key, PASSPHRASE))
    given_to = ["-in", str(file), "-passin", f"pass:{PASSPHRASE.decode()}", "-pubout", "-outform", "DER"]
    done = subprocess.run(["openssl", "pkey", *given_to], capture_output=True, check=True)
    assert done.stdout == key.public.spki


def test_a_new_key_is_made_for_two_algorithms_alone() -> None:
    for alg in (ED25519_FULL, 0, -257):
        with pytest.raises(Malformed, match="unsupported_algorithm"):
            new_key(alg)
