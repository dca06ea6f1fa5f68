"""What check characters guarantee, exactly."""

from __future__ import annotations

import contextlib
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.identifiers import (
    check_character,
    gs1_check_digit,
    parse_coi,
    parse_sscc,
    parse_typed_din,
)
from ledger.errors import Malformed

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
dins = st.from_regex(r"[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{2}[0-9]{2}[0-9]{6}", fullmatch=True).filter(str.isascii)
sscc_bodies = st.text("0123456789", min_size=17, max_size=17)


def is_caught(typed: str) -> bool:
    """True if the check character does not fit: the form alone is not asked."""
    return check_character(typed[:-1]) != typed[-1]


@given(dins)
def test_a_din_with_its_check_character_is_accepted(din: str) -> None:
    assert parse_typed_din(din + check_character(din)).value == din


@given(dins)
def test_every_single_wrong_character_is_caught(din: str) -> None:
    typed = din + check_character(din)
    for at, right in enumerate(typed):
        letters = ALPHABET if at < 13 else ALPHABET + "*"
        assert all(is_caught(typed[:at] + wrong + typed[at + 1 :]) for wrong in letters if wrong != right)


@given(dins)
def test_every_swap_of_two_different_characters_is_caught_neighbours_or_not(din: str) -> None:
    """The check character itself included."""
    typed = din + check_character(din)
    for first, second in combinations(range(14), 2):
        swapped = list(typed)
        swapped[first], swapped[second] = typed[second], typed[first]
        assert typed[first] == typed[second] or is_caught("".join(swapped))


@given(dins, st.text(ALPHABET + "*", min_size=1, max_size=1))
def test_a_mistyped_din_is_refused(din: str, check: str) -> None:
    if check == check_character(din):
        assert parse_typed_din(din + check).value == din
    else:
        with pytest.raises(Malformed):
            parse_typed_din(din + check)


@given(sscc_bodies)
def test_every_single_wrong_digit_of_a_gs1_key_is_caught(body: str) -> None:
    key = parse_sscc(body + gs1_check_digit(body))
    for at, right in enumerate(key):
        for wrong in set("0123456789") - {right}:
            altered = key[:at] + wrong + key[at + 1 :]
            assert gs1_check_digit(altered[:-1]) != altered[-1]


@given(sscc_bodies)
def test_swapped_neighbours_of_a_gs1_key_are_caught_unless_they_differ_by_five(body: str) -> None:
    key = parse_sscc(body + gs1_check_digit(body))
    for at in range(17):
        swapped = key[:at] + key[at + 1] + key[at] + key[at + 2 :]
        passes = gs1_check_digit(swapped[:-1]) == swapped[-1]
        assert passes == (abs(int(key[at]) - int(key[at + 1])) in (0, 5))


@given(st.text(max_size=20))
def test_the_parser_answers_every_text_with_an_id_or_malformed(text: str) -> None:
    with contextlib.suppress(Malformed):
        assert str(parse_coi(text)) == text
