"""What a label may say, and which text cannot be printed."""

from __future__ import annotations

import pytest

from ledger.errors import Malformed
from tests.labels_sample import sample


def test_the_check_character_is_worked_out_and_the_parts_of_a_din_stand_apart() -> None:
    content = sample(din="A999921123456")
    assert (content.din_text, content.din_check) == ("A9999 21 123456", "3")


def test_without_a_din_there_is_no_check_character() -> None:
    content = sample(din=None)
    assert (content.din_text, content.din_check) == (None, None)


@pytest.mark.parametrize("value", ["", " 50 mL", "50 mL ", "50\nmL", "50\u200bmL", "x" * 201])
def test_a_text_that_cannot_be_seen_as_it_is_is_refused_with_its_member(value: str) -> None:
    with pytest.raises(Malformed, match="volume") as refused:
        sample(volume=value)
    assert refused.value.code == "bad_label_content"


@pytest.mark.parametrize(("member", "value"), [("serial", "L2"), ("container", "A9999-02")])
def test_the_printed_text_and_the_link_name_the_same_label(member: str, value: str) -> None:
    with pytest.raises(Malformed, match=member) as refused:
        sample(**{member: value})
    assert refused.value.code == "bad_label_content"


def test_a_wrong_din_and_a_wrong_link_are_refused_by_their_own_codes() -> None:
    with pytest.raises(Malformed) as din:
        sample(din="A9999")
    with pytest.raises(Malformed) as link:
        sample(link="https://ledger.example.org/")
    assert (din.value.code, link.value.code) == ("malformed_din", "bad_label_link")
