"""A label's credential that Python signs, and Node's verdict on it and its mutants."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import UnbrokenError
from ledger.proof.checkpoint import log_vkey
from ledger.proof.keys import SigningKey
from tests.property.mangled import every_flip
from tests.web.agent import Agent

credential = pytest.importorskip("ledger.labels.credential", reason="labels have no credentials here yet")
LOG = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))))
VKEY = log_vkey("ledger.example/unbroken", LOG.public)
SAID = {
    "origin": "ledger.example/unbroken",
    "issued_s": 1_790_000_000,
    "container": "A9999-26-000001",
    "serial": "L0123456789",
    "position": 41,
    "statement": bytes(range(32)),
    "size": 300,
    "root": bytes(32),
}


def verdict(raw: bytes) -> str:
    try:
        credential.verify_credential(raw, VKEY)
    except UnbrokenError as error:
        return error.code
    return "ok"


def test_what_python_signs_node_reads_and_believes(node: Agent) -> None:
    raw = credential.sign_credential(LOG, credential.Credential(**SAID))
    found = node.ask("credential", text=credential.to_text(raw), vkey=str(VKEY))
    assert found.pop("issuedS") == SAID["issued_s"]
    said = {name: value.hex() if isinstance(value, bytes) else value for name, value in SAID.items()}
    assert found == {name: value for name, value in said.items() if name != "issued_s"}


def test_every_one_flipped_bit_is_refused_by_both(node: Agent) -> None:
    mutants = every_flip(credential.sign_credential(LOG, credential.Credential(**SAID)))
    asked = [{"op": "credential", "text": credential.to_text(raw), "vkey": str(VKEY)} for raw in mutants]
    codes = node.codes(asked)
    assert codes == [verdict(raw) for raw in mutants]
    assert "ok" not in codes


def test_another_logs_credential_is_refused(node: Agent) -> None:
    stranger = SigningKey(Ed25519PrivateKey.generate())
    text = credential.to_text(credential.sign_credential(stranger, credential.Credential(**SAID)))
    assert node.codes([{"op": "credential", "text": text, "vkey": str(VKEY)}]) == ["bad_credential"]
    assert node.codes([{"op": "credential", "text": "UB1:A", "vkey": str(VKEY)}]) == ["malformed_credential"]
