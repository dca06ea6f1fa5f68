"""Identifiers: published check characters, and each form refused by its stable code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ledger.domain.identifiers import (
    CoI,
    Din,
    Sec,
    check_character,
    gs1_check_digit,
    needs_division,
    parse_coi,
    parse_din,
    parse_division,
    parse_gtin,
    parse_product_code,
    parse_scanned_din,
    parse_sec,
    parse_sscc,
    parse_typed_din,
)
from ledger.errors import Malformed

SEC = "GB" + "000123" + "A999926123456" + "A" + "0S12300" + "001" + "20291231"


@pytest.mark.parametrize(("din", "check"), [("G123498654321", "H"), ("A999921123456", "3")])
def test_published_check_characters(din: str, check: str) -> None:
    assert check_character(din) == check
    assert parse_typed_din(din + check) == parse_din(din)


def test_a_chain_of_identity_id_names_its_facility_and_year() -> None:
    assert parse_coi("isbt128:CHA999926ABC123") == CoI("isbt128", "CHA999926ABC123", "A9999", "26")
    assert str(parse_coi("isbt128:CHA999926ABC123")) == "isbt128:CHA999926ABC123"


def test_a_sponsors_own_scheme_is_free() -> None:
    assert parse_coi("acme:2026-000-17") == CoI("acme", "2026-000-17")


def test_a_din_names_its_parts_and_leaves_its_flags_out() -> None:
    din = Din("A999926123456", "A9999", "26", "123456")
    assert parse_scanned_din("=A99992612345600") == (din, "00")
    assert str(din) == "A999926123456"


def test_product_code_and_division() -> None:
    assert parse_product_code("=<S1234V99") == "S1234V99"
    assert (needs_division("S1234V99"), needs_division("S1234V00")) == (True, False)
    assert parse_division("=,A0B0C0") == "A0B0C0"


def test_the_single_european_code_splits_into_its_forty_characters() -> None:
    assert len(SEC) == 40
    assert parse_sec(SEC) == Sec("GB", "000123", "A999926123456", "A", "0S12300", "001", "20291231")
    assert parse_sec(SEC[:-8] + "00000000").expiry is None


@pytest.mark.parametrize(("digits", "check"), [("10614141234567890", "8"), ("400638133393", "1"), ("", "0")])
def test_gs1_check_digits(digits: str, check: str) -> None:
    assert gs1_check_digit(digits) == check


def test_gs1_keys() -> None:
    assert parse_sscc("106141412345678908") == "106141412345678908"
    assert parse_gtin("4006381333931") == "04006381333931"


REFUSED: list[tuple[Callable[[str], Any], str, str]] = [
    (parse_coi, "CHA999926ABC123", "malformed_coi"),
    (parse_coi, "isbt128:CHA999926ABC12", "malformed_coi"),
    (parse_coi, "isbt128:CHA999926ABC1234", "malformed_coi"),
    (parse_coi, "isbt128:CHO999926ABC123", "malformed_coi"),
    (parse_coi, "isbt128:CH0999926ABC123", "malformed_coi"),
    (parse_coi, "isbt128:CHA9O9926ABC123", "malformed_coi"),
    (parse_coi, "isbt128:CHA99992\u0661ABC123", "malformed_coi"),
    (parse_coi, "isbt128:cha999926abc123", "malformed_coi"),
    (parse_coi, "isbt128:CHA999926ABC123\n", "malformed_coi"),
    (parse_coi, "acme:abc", "malformed_coi"),
    (parse_din, "A99992612345", "malformed_din"),
    (parse_din, "O999926123456", "malformed_din"),
    (parse_din, "A99992612345\u0666", "malformed_din"),
    (parse_scanned_din, "A99992612345600", "malformed_din"),
    (parse_scanned_din, "=A999926123456", "malformed_din"),
    (parse_scanned_din, "=A9999261234560\n", "malformed_din"),
    (parse_typed_din, "G123498654321", "wrong_check_character"),
    (parse_typed_din, "G123498654321J", "wrong_check_character"),
    (parse_typed_din, "G123498654321HH", "wrong_check_character"),
    (parse_typed_din, "G12349865432", "malformed_din"),
    (parse_product_code, "S1234V00", "malformed_product_code"),
    (parse_product_code, "=<S1234V0", "malformed_product_code"),
    (parse_division, "=,A0B0C", "malformed_division"),
    (parse_division, "=<A0B0C0", "malformed_division"),
    (parse_sec, SEC[:-1], "malformed_sec"),
    (parse_sec, SEC.replace("GB", "gb"), "malformed_sec"),
    (parse_sscc, "10614141234567890", "malformed_sscc"),
    (parse_sscc, "106141412345678907", "wrong_check_digit"),
    (parse_gtin, "400638133393X", "malformed_gtin"),
    (parse_gtin, "40063813339", "malformed_gtin"),
    (parse_gtin, "4006381333930", "wrong_check_digit"),
]


@pytest.mark.parametrize(("parse", "text", "code"), REFUSED)
def test_each_wrong_form_is_refused_with_its_code(parse: Callable[[str], Any], text: str, code: str) -> None:
    with pytest.raises(Malformed) as refusal:
        parse(text)
    assert refusal.value.code == code
