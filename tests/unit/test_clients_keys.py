"""A device's home: the key encrypted, the log pinned, nothing overwritten."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from clients.disk import Disk
from clients.keys import Device, Profile, default_home, find_passphrase
from ledger.errors import Conflict, Malformed, NotFound, Unauthentic
from ledger.proof.checkpoint import log_vkey
from ledger.proof.keyfile import new_key
from ledger.proof.keys import ES256

VKEY = str(log_vkey("log.example/a", new_key().public))
OTHER = str(log_vkey("log.example/b", new_key().public))


def test_a_key_is_stored_encrypted_and_private_and_opens_again(tmp_path: Path) -> None:
    public = Device(tmp_path / "home", b"secret").make_key()
    path = tmp_path / "home" / "key.pem"
    assert b"ENCRYPTED" in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert Device(tmp_path / "home", b"secret").key.public.kid == public.kid
    with pytest.raises(Unauthentic, match="wrong_passphrase"):
        _ = Device(tmp_path / "home", b"guess").key


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    device = Device(tmp_path, b"secret")
    public = device.make_key()
    with pytest.raises(Conflict, match="key_exists"):
        device.make_key()
    assert device.key.public.kid == public.kid


def test_a_key_without_a_passphrase_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="no_passphrase"):
        Device(tmp_path).make_key()
    assert list(tmp_path.iterdir()) == []


def test_a_device_without_a_key_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="key new"):
        _ = Device(tmp_path, b"secret").key


def test_the_next_key_takes_over_and_the_old_one_is_kept(tmp_path: Path) -> None:
    device = Device(tmp_path, b"secret")
    old, new = device.make_key(), device.make_key(ES256, following=True)
    assert device.key.public.kid == old.kid
    assert device.next_public().kid == new.kid
    device.switch()
    assert Device(tmp_path, b"secret").key.public.kid == new.kid
    assert (tmp_path / f"key-{old.kid.hex()[:16]}.pem").exists()
    with pytest.raises(NotFound):
        device.next_public()


def test_a_switch_that_was_cut_off_is_completed_by_the_next(tmp_path: Path) -> None:
    device = Device(tmp_path, b"secret")
    device.make_key()
    new = device.make_key(following=True)
    (tmp_path / "key.pem").rename(tmp_path / "key-old.pem")
    assert Device(tmp_path, b"secret").switch().kid == new.kid
    assert Device(tmp_path, b"secret").key.public.kid == new.kid


def test_the_profile_pins_the_log_and_takes_its_origin_from_the_key(tmp_path: Path) -> None:
    Device(tmp_path).set_profile(agent="anna", log_key=VKEY, server="http://h")
    profile = Device(tmp_path).profile
    assert profile == Profile("anna", "log.example/a", VKEY, "http://h")
    assert str(profile.verifier()) == VKEY


def test_a_pinned_key_of_another_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="wrong_log_key"):
        Device(tmp_path).set_profile(origin="log.example/b", log_key=VKEY)
    with pytest.raises(Malformed, match="malformed_vkey"):
        Device(tmp_path).set_profile(log_key="log.example/a+00000000+AAAA")
    assert Device(tmp_path).profile == Profile()


def test_a_home_that_holds_one_logs_history_takes_no_other_log(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.set_profile(log_key=VKEY)
    Disk(device.store_path).close()
    device.set_profile(agent="anna")
    with pytest.raises(Conflict, match="other_log"):
        device.set_profile(log_key=OTHER, origin="log.example/b")


@pytest.mark.parametrize("text", ["", "[]", '{"agent": 1}', '{"colour": "red"}'])
def test_a_profile_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "profile.json").write_text(text)
    with pytest.raises(Malformed, match="bad_profile"):
        Device(tmp_path)


def test_what_is_missing_is_named_with_its_option() -> None:
    with pytest.raises(Malformed, match="--log-key") as caught:
        Profile(agent="anna").need("agent", "log_key", "server")
    assert "--server" in caught.value.detail
    assert "--agent" not in caught.value.detail


def test_the_passphrase_comes_from_file_environment_or_prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pass").write_bytes(b"from file \r\n")
    monkeypatch.setenv("UNBROKEN_PASSPHRASE", "from env")
    assert find_passphrase(tmp_path / "pass") == b"from file "
    assert find_passphrase(ask=lambda: "asked") == b"from env"
    monkeypatch.delenv("UNBROKEN_PASSPHRASE")
    assert find_passphrase(ask=lambda: "asked") == b"asked"
    with pytest.raises(Malformed, match="no_passphrase"):
        find_passphrase()


def test_the_home_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNBROKEN_HOME", "/somewhere")
    assert default_home() == Path("/somewhere")
    monkeypatch.setenv("UNBROKEN_HOME", "")
    assert default_home().name == ".unbroken"
