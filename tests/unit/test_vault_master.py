"""Where a master key may lie: a file, the environment, a token."""

from __future__ import annotations

import hmac
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ledger.errors import Fault, Malformed
from ledger.vault.keys import KeyStore
from ledger.vault.master import id_of, open_master
from tests.vaulting import PERSON, master_in, new_keys

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")


def bad(word: str) -> str:
    with pytest.raises(Malformed) as refusal:
        open_master(word)
    assert refusal.value.code == "bad_master_key"
    return refusal.value.detail


def test_a_file_s_key_and_the_same_in_the_environment_are_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    word = master_in(tmp_path)
    text = (tmp_path / "master.key").read_text()
    monkeypatch.setenv("UNBROKEN_TEST_MASTER", text)
    by_file, by_name = open_master(word), open_master("env:UNBROKEN_TEST_MASTER")
    assert by_file.derive(b"label") == by_name.derive(b"label")
    assert by_file.derive(b"label") == hmac.digest(bytes.fromhex(text), b"label", "sha256")
    assert id_of(by_file) == id_of(by_name)
    assert bytes.fromhex(text) != open_master(word).derive(b"")


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    word = master_in(tmp_path)
    (tmp_path / "master.key").chmod(0o640)
    assert "others may read" in bad(word)


def test_no_key_is_repeated_in_what_is_said_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "master.key"
    for text in ("secret", "ab" * 31, "ab" * 33, ""):
        path.write_text(text)
        path.chmod(0o600)
        monkeypatch.setenv("UNBROKEN_TEST_MASTER", text)
        for word in (f"file:{path}", "env:UNBROKEN_TEST_MASTER"):
            said = bad(word)
            assert not text or text not in said
    assert "there is no" in bad(f"file:{tmp_path}/elsewhere")


@pytest.mark.parametrize(
    "word", ["", "file:", "env:", "file", "hsm:x", "pkcs11:", "pkcs11:/lib?token=t", "pkcs11:?token=t"]
)
def test_a_word_of_no_form_is_refused(word: str) -> None:
    bad(word)


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The word of a key in a SoftHSM token of this test's own."""
    pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: no token is tested")
    module = next(filter(os.path.exists, MODULES), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM2 is not installed: no token is tested")
    tokens = tmp_path / "tokens"
    tokens.mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    words = [
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        "vault",
        "--pin",
        "1234",
        "--so-pin",
        "4321",
    ]
    subprocess.run(words, check=True, capture_output=True)
    with _library(pkcs11, module).get_token(token_label="vault").open(rw=True, user_pin="1234") as session:
        secret = {
            pkcs11.Attribute.SIGN: True,
            pkcs11.Attribute.SENSITIVE: True,
            pkcs11.Attribute.EXTRACTABLE: False,
        }
        for label in ("master", "master-2"):
            session.generate_key(
                pkcs11.KeyType.GENERIC_SECRET, 256, label=label, store=True, template=secret,
                mechanism=pkcs11.Mechanism.GENERIC_SECRET_KEY_GEN,
            )  # fmt: skip
    (tmp_path / "pin").write_text("1234\n")
    (tmp_path / "pin").chmod(0o600)
    return f"pkcs11:{module}?token=vault&object=master&pin-file={tmp_path}/pin"


def _library(pkcs11: object, module: str) -> object:
    """Read anew: the library keeps the tokens that there were when it was first loaded."""
    library = pkcs11.lib(module)  # type: ignore[attr-defined]
    library.reinitialize()
    return library


def test_a_vault_works_under_a_key_that_never_leaves_its_token(tmp_path: Path, token: str) -> None:
    keys = new_keys(tmp_path, open_master(token))
    drawn = keys.begin(PERSON)
    again = KeyStore(tmp_path / "keys.db", open_master(token))
    assert again.of(PERSON) == drawn
    with pytest.raises(Fault, match="wrong_master_key"):
        KeyStore(tmp_path / "keys.db", open_master(token.replace("object=master", "object=master-2")))


def test_a_vault_moves_from_a_file_into_a_token_and_on(tmp_path: Path, token: str) -> None:
    keys = new_keys(tmp_path)
    drawn = keys.begin(PERSON)
    for word in (token, token.replace("object=master", "object=master-2")):
        keys.rotate(open_master(word))
        keys = KeyStore(tmp_path / "keys.db", open_master(word))
        assert keys.of(PERSON) == drawn


def test_a_token_that_is_not_there_is_a_fault_that_says_no_pin(tmp_path: Path, token: str) -> None:
    for changed in (
        token.replace("token=vault", "token=none"),
        token.replace("object=master", "object=none"),
    ):
        with pytest.raises(Fault, match="master_unavailable") as fault:
            open_master(changed).derive(b"label")
        assert "1234" not in fault.value.detail
