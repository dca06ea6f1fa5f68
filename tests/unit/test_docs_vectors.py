"""Old artefacts verify for ever: each folder under tests/vectors, whatever version wrote it."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from ledger.domain.events import parse_event
from ledger.errors import ProofInvalid, UnbrokenError
from ledger.live import sealed
from ledger.proof import canonical, receipt, statement
from ledger.proof.assertion import Passkey
from ledger.proof.checkpoint import open_checkpoint
from ledger.proof.keys import PublicKey
from ledger.proof.note import VerifierKey
from ledger.verify.base64url import unbase64url
from ledger.verify.esignatures import check_assertion
from tests.unit.documents import ROOT, blocks

FOLDERS = sorted(path.parent for path in (ROOT / "tests" / "vectors").glob("*/statement.cose"))


def log_of(folder: Path) -> VerifierKey:
    return VerifierKey.parse((folder / "log.vkey").read_text().strip())


def test_there_are_artefacts() -> None:
    assert "0001-packed" in {folder.name for folder in FOLDERS}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_statement_still_verifies_and_reads(folder: Path) -> None:
    signed = statement.parse((folder / "statement.cose").read_bytes())
    statement.verify(signed, PublicKey.from_spki((folder / "signer.spki").read_bytes()))
    assert parse_event(canonical.decode(signed.payload)).type


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_proofs_still_hold(folder: Path) -> None:
    raw, vkey = (folder / "statement.cose").read_bytes(), log_of(folder)
    found = receipt.verify_receipt((folder / "receipt.cose").read_bytes(), raw, vkey.public, vkey.name)
    head = receipt.verify_tlog_proof((folder / "proof.tlog-proof").read_bytes(), raw, vkey)
    latest = open_checkpoint((folder / "checkpoint").read_bytes(), vkey)
    assert (found.size, head.checkpoint) == (latest.checkpoint.size, latest.checkpoint)


def test_a_sealed_segment_still_bears_out_what_was_attested_of_it() -> None:
    folder = ROOT / "tests" / "vectors" / "0003-live"
    event = canonical.decode(statement.parse((folder / "statement.cose").read_bytes()).payload)
    raw = (folder / "segment.cbor").read_bytes()
    key = PublicKey.from_spki((folder / "logger.spki").read_bytes())
    assert hashlib.sha256(raw).hexdigest() == event["raw"]
    assert event["readings_centi_c"] == [410, None, 430, 425, 431]
    assert sealed.differs(event, raw, lambda signed: {key.kid: key}.get(signed.kid)) is None


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_changed_byte_of_the_statement_passes(folder: Path) -> None:
    raw = (folder / "statement.cose").read_bytes()
    key, vkey = PublicKey.from_spki((folder / "signer.spki").read_bytes()), log_of(folder)
    token = (folder / "receipt.cose").read_bytes()
    for at in range(len(raw)):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with pytest.raises(UnbrokenError):
            statement.verify(statement.parse(changed), key)
        with pytest.raises(ProofInvalid):
            receipt.verify_receipt(token, changed, vkey.public, vkey.name)


def test_the_assertion_still_verifies_and_stands_on_the_formats_page() -> None:
    folder = ROOT / "tests" / "vectors" / "0002-passkey"
    payload = statement.parse((folder / "statement.cose").read_bytes()).payload
    event = parse_event(canonical.decode(payload))
    enrolled = json.loads((folder / "passkey.json").read_text())
    passkey = Passkey(PublicKey.from_spki(unbase64url(enrolled["key"])), enrolled["rp_id"])
    check_assertion(event, canonical.decode(payload), {enrolled["credential"]: passkey}.get)
    page = "".join(block.text for block in blocks(ROOT / "docs" / "formats.md"))
    assert payload.decode() in re.sub(r"'\n\s*'", "", page)


def test_the_example_of_the_formats_page_is_the_first_one() -> None:
    text = "".join(block.text for block in blocks(ROOT / "docs" / "formats.md")).replace("\n", "")
    for name in ("statement.cose", "receipt.cose"):
        assert (FOLDERS[0] / name).read_bytes().hex() in text
