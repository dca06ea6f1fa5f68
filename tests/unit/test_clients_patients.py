"""Commitments to patient identifiers: the same reading, the same bytes, and no identifier in sight."""

from __future__ import annotations

import hashlib
import hmac
import json
import stat
from pathlib import Path

import pytest

from clients.patients import commit, commitments, load_identifiers, load_keys, new_keys, normalise
from ledger.domain.parts import Commitment
from ledger.errors import Malformed

KEY = bytes(range(32))


def hmac_by_hand(key: bytes, message: bytes) -> str:
    """RFC 2104 from its definition, so that the test does not repeat the code."""
    padded = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in padded) + message).digest()
    return hashlib.sha256(bytes(b ^ 0x5C for b in padded) + inner).hexdigest()


def test_a_commitment_is_the_hmac_of_field_and_value() -> None:
    message = b"unbroken patient commitment v1\0birth_date\x001961-04-23"
    assert commit("birth_date", " 1961-04-23 ", KEY) == hmac_by_hand(KEY, message)
    assert hmac_by_hand(b"key", b"m") == hmac.digest(b"key", b"m", "sha256").hex()


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("family_name", "  STRAßE  von ", "strasse von"),
        ("family_name", "José", "jose\u0301"),
        ("given_name", "\uff2diriam", "MIRIAM"),
        ("record_number", "00-12 34/a", "001234A"),
        ("national_id", "943.476 5919", "9434765919"),
    ],
)
def test_two_spellings_of_one_identifier_give_one_commitment(field: str, one: str, other: str) -> None:
    assert commit(field, one, KEY) == commit(field, other, KEY)


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("record_number", "001234", "1234"),
        ("family_name", "Muller", "Müller"),
        ("birth_date", "1961-04-23", "1961-04-24"),
    ],
)
def test_two_different_identifiers_stay_different(field: str, one: str, other: str) -> None:
    assert commit(field, one, KEY) != commit(field, other, KEY)


def test_the_field_is_part_of_the_commitment() -> None:
    assert commit("record_number", "12345", KEY) != commit("national_id", "12345", KEY)


@pytest.mark.parametrize("value", ["23/04/1961", "1961-4-23", "1961-02-30", "19610423", "", "1961-04-2x"])
def test_a_date_that_could_be_read_two_ways_is_refused_without_repeating_it(value: str) -> None:
    with pytest.raises(Malformed) as caught:
        normalise("birth_date", value)
    assert caught.value.code == "bad_patient_value"
    assert not value or value not in caught.value.detail


@pytest.mark.parametrize(("field", "value"), [("family_name", "  "), ("record_number", "-./")])
def test_an_identifier_that_normalises_to_nothing_is_refused(field: str, value: str) -> None:
    with pytest.raises(Malformed, match="bad_patient_value"):
        normalise(field, value)


def test_a_field_name_that_the_schema_would_refuse_is_refused() -> None:
    with pytest.raises(Malformed, match="bad_patient_field"):
        commit("Family Name", "x", KEY)


def test_the_patient_member_fits_the_event_schema_and_is_sorted() -> None:
    keys = {"record_number": KEY, "birth_date": bytes(32), "unused": KEY}
    made = commitments({"record_number": "1", "birth_date": "1961-04-23"}, keys)
    assert [Commitment.model_validate(item).field for item in made] == ["birth_date", "record_number"]


def test_a_field_without_a_key_is_named() -> None:
    with pytest.raises(Malformed, match=r"no_patient_key.*birth_date"):
        commitments({"birth_date": "1961-04-23"}, {})


def test_keys_are_drawn_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "patient-keys.json"
    keys = new_keys(path)
    assert load_keys(path) == keys
    assert len(set(keys.values())) == len(keys) == 4
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        new_keys(path)
    assert load_keys(path) == keys


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"a": "zz"}', '{"a": "00"}', "3"])
def test_a_key_file_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys").write_text(text)
    with pytest.raises(Malformed, match="bad_patient_key"):
        load_keys(tmp_path / "keys")


def test_a_key_of_another_size_is_refused() -> None:
    with pytest.raises(Malformed, match="bad_patient_key"):
        commit("record_number", "1", b"short")


def test_a_patient_file_holds_texts(tmp_path: Path) -> None:
    path = tmp_path / "patient.json"
    path.write_text(json.dumps({"record_number": "1"}))
    assert load_identifiers(path) == {"record_number": "1"}
    for wrong in ("[]", '{"record_number": 1}', "no"):
        path.write_text(wrong)
        with pytest.raises(Malformed, match="bad_patient_file"):
            load_identifiers(path)
