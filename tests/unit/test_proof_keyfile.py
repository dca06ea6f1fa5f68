"""Key files: they open again, here and with OpenSSL's form, and cost a guesser time and memory."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ledger.errors import Malformed, Unauthentic, UnbrokenError
from ledger.proof import keyfile
from ledger.proof.keyfile import new_key, open_key, seal_key
from ledger.proof.keys import ED25519, ED25519_FULL, ES256, SigningKey

PASSPHRASE = "für Elise 7".encode()


@pytest.fixture(autouse=True)
def _cheap_guesses(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of a second a key adds up; one test keeps the real cost."""
    if "real_cost" not in request.fixturenames:
        monkeypatch.setattr(keyfile, "_N", 16)
        monkeypatch.setattr(keyfile, "_P", 1)


@pytest.fixture
def real_cost() -> None:
    """Ask for the parameters that are written in production."""


def der_of(pem: bytes) -> bytes:
    return base64.b64decode(b"".join(pem.splitlines()[1:-1]))


def pem_of(key: object, encryption: serialization.KeySerializationEncryption) -> bytes:
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(*form, encryption)  # type: ignore[attr-defined, no-any-return]


def code(pem: bytes, passphrase: bytes = PASSPHRASE) -> str:
    try:
        open_key(pem, passphrase)
    except UnbrokenError as error:
        return error.code
    return "opened"


@pytest.mark.parametrize("alg", [ED25519, ES256])
def test_a_sealed_key_opens_as_the_same_key(alg: int) -> None:
    key = new_key(alg)
    opened = open_key(seal_key(key, PASSPHRASE), PASSPHRASE)
    assert (opened.public.kid, opened.alg) == (key.public.kid, alg)
    key.public.verify(alg, opened.sign(b"m"), b"m")


def test_a_guess_costs_scrypt_at_16_mib(real_cost: None) -> None:
    key = new_key()
    pem = seal_key(key, PASSPHRASE)
    cost = b"".join(bytes([2, len(raw)]) + raw for raw in (b"\x40\x00", b"\x08", b"\x05"))  # N, r, p
    assert cost in der_of(pem)
    assert open_key(pem, PASSPHRASE).public.kid == key.public.kid


def test_the_same_key_sealed_twice_gives_different_bytes() -> None:
    key = new_key()
    assert seal_key(key, PASSPHRASE) != seal_key(key, PASSPHRASE)


def test_the_private_half_does_not_stand_in_the_file() -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    sealed = der_of(seal_key(SigningKey(private), PASSPHRASE))
    assert private.private_bytes_raw() not in sealed


@pytest.mark.parametrize("guess", [b"", b"fur Elise 7", PASSPHRASE + b" ", PASSPHRASE.upper()])
def test_a_wrong_passphrase_is_called_that(guess: bytes) -> None:
    assert code(seal_key(new_key(), PASSPHRASE), guess) == "wrong_passphrase"


def test_of_400_wrong_passphrases_each_is_called_that() -> None:
    """One in 256 leaves a right-looking padding, and gibberish behind it."""
    pem = seal_key(new_key(), PASSPHRASE)
    assert {code(pem, b"guess %d" % number) for number in range(400)} == {"wrong_passphrase"}


def test_a_key_is_never_written_in_the_clear() -> None:
    with pytest.raises(Malformed, match="no_passphrase"):
        seal_key(new_key(), b"")


def test_a_key_file_in_the_clear_is_not_opened() -> None:
    bare = pem_of(ed25519.Ed25519PrivateKey.generate(), serialization.NoEncryption())
    assert code(bare) == "malformed_key_file"


def test_a_key_file_that_openssl_would_write_opens() -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    pem = pem_of(private, serialization.BestAvailableEncryption(PASSPHRASE))
    assert open_key(pem, PASSPHRASE).public.raw == private.public_key().public_bytes_raw()


@pytest.mark.parametrize(
    "private", [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)]
)
def test_a_key_of_another_kind_is_no_key_file_of_ours(private: object) -> None:
    pem = pem_of(private, serialization.BestAvailableEncryption(PASSPHRASE))
    assert code(pem) == "malformed_key_file"


def test_a_file_cut_short_anywhere_is_malformed() -> None:
    pem = seal_key(new_key(), PASSPHRASE)
    for end in range(len(pem) - 1):
        assert code(pem[:end]) == "malformed_key_file", end


def test_an_altered_file_is_refused_or_opens_but_never_ends_in_a_foreign_exception() -> None:
    """The form has no checksum, so an altered ciphertext may open as another key."""
    pem = seal_key(new_key(), PASSPHRASE)
    for at in range(len(pem)):
        altered = pem[:at] + bytes([pem[at] ^ 4]) + pem[at + 1 :]
        assert code(altered) in {"malformed_key_file", "wrong_passphrase", "opened"}


@pytest.mark.parametrize("data", [b"", b"\x00" * 9000, b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"])
def test_what_is_no_key_file_is_malformed(data: bytes) -> None:
    assert code(data) == "malformed_key_file"


@pytest.mark.parametrize("alg", [ED25519_FULL, 0, -35])
def test_no_key_is_made_for_an_algorithm_that_we_do_not_emit(alg: int) -> None:
    with pytest.raises(Malformed, match="unsupported_algorithm"):
        new_key(alg)


def test_a_wrong_passphrase_is_unauthentic_and_a_broken_file_malformed() -> None:
    pem = seal_key(new_key(), PASSPHRASE)
    with pytest.raises(Unauthentic):
        open_key(pem, b"no")
    with pytest.raises(Malformed):
        open_key(pem[1:], PASSPHRASE)
