"""Challenges that the server checks without having kept them."""

from __future__ import annotations

import base64

import pytest

from api.challenges import challenge_key, check, issue
from ledger.errors import Unauthentic
from ledger.proof.keyfile import new_key

SECRET = b"s" * 32
END = 1_790_000_000_000


def test_a_challenge_holds_until_its_end() -> None:
    assert check(SECRET, issue(SECRET, END), END - 1) == END


def test_a_challenge_has_ended_at_its_end() -> None:
    with pytest.raises(Unauthentic, match="challenge_expired"):
        check(SECRET, issue(SECRET, END), END)


def test_no_two_challenges_are_equal() -> None:
    assert issue(SECRET, END) != issue(SECRET, END)


def test_any_flipped_bit_spoils_a_challenge() -> None:
    data = base64.urlsafe_b64decode(issue(SECRET, END) + "==")
    for at in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[at // 8] ^= 1 << at % 8
        text = base64.urlsafe_b64encode(flipped).rstrip(b"=").decode()
        with pytest.raises(Unauthentic, match="bad_challenge"):
            check(SECRET, text, 0)


@pytest.mark.parametrize("text", ["", "x", "!!!!", "AAAA", "é", "A" * 1000])
def test_what_was_never_issued_is_refused(text: str) -> None:
    with pytest.raises(Unauthentic, match="bad_challenge"):
        check(SECRET, text, 0)


def test_nodes_with_the_same_key_check_each_others_challenges_and_no_others() -> None:
    key = new_key()
    assert challenge_key(key) == challenge_key(key)
    with pytest.raises(Unauthentic, match="bad_challenge"):
        check(challenge_key(new_key()), issue(challenge_key(key), END), 0)
