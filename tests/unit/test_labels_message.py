"""What a DataMatrix says of a container, by the deployer's format; and what it leaves out."""

from __future__ import annotations

import pytest

from ledger.domain.container import Container
from ledger.errors import Malformed
from ledger.labels.message import ISBT128, check_format, message

COI = "isbt128:CHA999926000001"
GS1 = "(01)09506000134352[(17){expiry_utc_date}](21){container}"


def container(**known: str | None) -> Container:
    made = Container("A9999-26-D1")
    for name, value in known.items():
        setattr(made, name, value)
    return made


WHOLE = {"din": "A999926000001", "product_code": "S1234100", "division": "A1B2C3",
         "expires_at": "2027-01-31T23:59:00.000Z"}  # fmt: skip


def said(template: str = ISBT128, coi: str = COI, **known: str | None) -> str | None:
    return message(template, container(**known), coi, "L0001")


def test_the_compound_message_counts_its_structures() -> None:
    assert said(**WHOLE) == "=+04000=A99992600000100=<S1234100=,A1B2C3&/CHA999926000001"
    assert said(din="A999926000001") == "=+02000=A99992600000100&/CHA999926000001"


def test_a_field_of_another_length_is_another_field_and_left_out() -> None:
    assert said(product_code="S1234", division="A1") == "=+01000&/CHA999926000001"


def test_who_knows_nothing_says_nothing() -> None:
    assert said(coi="acme:SHORT") is None


def test_a_gs1_element_string_carries_what_the_deployer_wants() -> None:
    assert said(GS1, **WHOLE) == "(01)09506000134352(17)270131(21)A9999-26-D1"
    assert said(GS1) == "(01)09506000134352(21)A9999-26-D1"


def test_an_unknown_field_outside_of_brackets_leaves_the_symbol_out() -> None:
    assert said("{din}/{serial}") is None
    assert said("{din}/{serial}", **WHOLE) == "A999926000001/L0001"


@pytest.mark.parametrize("template", ["{nobody}", "{din", "", "é{din}"])
def test_a_format_that_cannot_be_filled_is_refused(template: str) -> None:
    with pytest.raises(Malformed, match="bad_label_message"):
        check_format(template)


def test_the_formats_of_the_documentation_can_be_filled() -> None:
    assert check_format(ISBT128) == ISBT128
    assert check_format(GS1) == GS1
