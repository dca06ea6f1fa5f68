"""A server's directory, and what its program says when something is wrong with it."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from api.administrators import administrator
from api.home import Home
from api.starting import explain
from ledger.errors import Conflict, Fault, Malformed, Unauthentic
from ledger.proof.checkpoint import log_vkey
from ledger.proof.keyfile import new_key, seal_key

ORIGIN = "ledger.example/unbroken"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "server")


def test_the_keys_of_a_new_log_open_again_with_their_passphrase(home: Home) -> None:
    made = home.make_keys(ORIGIN, b"open sesame")
    opened = Home(home.path).open_keys(b"open sesame")
    assert opened.origin == ORIGIN
    assert opened.log_key.public.kid == made.log_key.public.kid != opened.event_key.public.kid
    assert str(home.vkey()) == str(log_vkey(ORIGIN, made.log_key.public))


def test_the_private_keys_are_encrypted_and_their_owners_alone(home: Home) -> None:
    home.make_keys(ORIGIN, b"open sesame")
    for name in ("log.pem", "event.pem"):
        path = home.keys / name
        assert b"ENCRYPTED" in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.keys.stat().st_mode) == 0o700


def test_a_wrong_passphrase_opens_nothing(home: Home) -> None:
    home.make_keys(ORIGIN, b"open sesame")
    with pytest.raises(Unauthentic, match="wrong_passphrase"):
        home.open_keys(b"open simsim")


def test_an_init_that_was_interrupted_takes_up_its_keys_again(home: Home) -> None:
    first = home.make_keys(ORIGIN, b"open sesame")
    again = home.make_keys(ORIGIN, b"open sesame")
    assert first.log_key.public.kid == again.log_key.public.kid


def test_an_init_that_was_interrupted_between_two_keys_begins_anew(home: Home) -> None:
    home.keys.mkdir(parents=True)
    (home.keys / "log.pem").write_bytes(seal_key(new_key(), b"open sesame"))
    made = home.make_keys(ORIGIN, b"open sesame")
    assert home.open_keys(b"open sesame").log_key.public.kid == made.log_key.public.kid


def test_a_directory_of_another_log_is_not_taken_over(home: Home) -> None:
    home.make_keys(ORIGIN, b"open sesame")
    with pytest.raises(Conflict, match="log_exists"):
        home.make_keys("other.example/log", b"open sesame")


def test_an_exchanged_key_is_noticed(home: Home) -> None:
    home.make_keys(ORIGIN, b"open sesame")
    (home.keys / "log.pem").write_bytes(seal_key(new_key(), b"open sesame"))
    with pytest.raises(Fault, match="wrong_log"):
        home.open_keys(b"open sesame")


def test_a_directory_without_a_log_says_so(home: Home) -> None:
    with pytest.raises(Malformed, match="no_log_here"):
        home.open_keys(b"open sesame")


def test_a_damaged_verifier_key_says_so(home: Home) -> None:
    home.make_keys(ORIGIN, b"open sesame")
    (home.keys / "log.vkey").write_text("nonsense\n")
    with pytest.raises(Malformed, match="malformed_vkey"):
        home.open_keys(b"open sesame")


def test_two_servers_do_not_share_a_directory(home: Home) -> None:
    home.path.mkdir()
    with home.locked(), pytest.raises(Conflict, match="already_running"), Home(home.path).locked():
        pytest.fail("both hold the lock")
    with home.locked():
        pass


KEY = ed25519.Ed25519PrivateKey.generate().public_key()
DER = KEY.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
PEM = KEY.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
TEXT = base64.urlsafe_b64encode(DER).rstrip(b"=")


@pytest.mark.parametrize("data", [DER, PEM, TEXT, TEXT + b"\n"], ids=["der", "pem", "base64url", "line"])
def test_an_administrators_key_is_read_in_each_form(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "ada:home.pub"
    path.write_bytes(data)
    found = administrator(f"ada:st-mary-trust:{path}")
    assert (found.agent, found.organisation, found.key) == ("ada", "st-mary-trust", TEXT.decode())


RSA = rsa.generate_private_key(65537, 2048).public_key()
RSA_PEM = RSA.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("data", [b"", b"nonsense", RSA_PEM, b"-----BEGIN PUBLIC KEY-----\n"])
def test_an_administrators_key_of_another_kind_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "ada.pub"
    path.write_bytes(data)
    with pytest.raises(Malformed, match="unsupported_key"):
        administrator(f"ada:st-mary-trust:{path}")


@pytest.mark.parametrize("text", ["ada", "ada:org", "ada:org:", "ada:org:/nowhere/ada.pub"])
def test_an_administrator_named_in_another_way_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="bad_administrator"):
        administrator(text)


def test_an_administrators_name_must_be_a_name(tmp_path: Path) -> None:
    path = tmp_path / "ada.pub"
    path.write_bytes(DER)
    with pytest.raises(Malformed, match="bad_administrator"):
        administrator(f"Ada Lovelace:org:{path}")


def test_an_expected_error_is_one_line_that_says_what_to_do() -> None:
    told = explain(Unauthentic("wrong_passphrase", "the passphrase does not open the key file"))
    assert told == (
        "unbroken-server: the passphrase does not open the key file."
        " Check UNBROKEN_PASSPHRASE or --passphrase-file."
    )
    assert explain(PermissionError(13, "Permission denied", "/data/keys")) == (
        "unbroken-server: /data/keys: Permission denied."
    )
