"""The link of a label: its one form, what is read in its place, and the check that the log commits to."""

from __future__ import annotations

import hashlib

import pytest

from ledger.errors import Malformed
from ledger.labels.link import Link, check_digest, make_link, parse_link
from ledger.labels.symbols import ALPHANUMERIC

CHECK = "0123456789ABCDEF"


def test_a_link_is_upper_case_and_fits_alphanumeric_mode() -> None:
    link = make_link("ledger.example.org:8443", "A9999-01", "L7QK2M4D9XP", CHECK)
    assert link == f"HTTPS://LEDGER.EXAMPLE.ORG:8443/B/A9999-01.L7QK2M4D9XP.{CHECK}"
    assert ALPHANUMERIC.issuperset(link)
    assert not {"?", "=", "&"} & set(link)


def test_a_label_without_a_container_has_a_dash_in_its_link() -> None:
    link = make_link("ledger.example.org", None, "L7QK2M4D9XP", CHECK)
    assert link == f"HTTPS://LEDGER.EXAMPLE.ORG/B/-.L7QK2M4D9XP.{CHECK}"
    assert parse_link(link) == Link(None, "L7QK2M4D9XP", CHECK)


@pytest.mark.parametrize(
    "text",
    [
        f"HTTPS://LEDGER.EXAMPLE.ORG/B/A9999-01.L1.{CHECK}",
        f"https://ledger.example.org/b/a9999-01.l1.{CHECK.lower()}",
        f"/b/A9999-01.L1.{CHECK}",
        f"A9999-01.L1.{CHECK}",
    ],
)
def test_a_link_is_read_in_any_letter_case_and_without_its_address(text: str) -> None:
    assert parse_link(text) == Link("A9999-01", "L1", CHECK)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://ledger.example.org/",
        f"http://ledger.example.org/b/A9999-01.L1.{CHECK}",
        f"https://ledger.example.org/b/A9999-01.L1.{CHECK}?x=1",
        f"https://ledger.example.org/b/A9999-01.L1.{CHECK}/",
        f"https://user@ledger.example.org/b/A9999-01.L1.{CHECK}",
        f"https://ledger.example.org/b/A9999-01.L1.{CHECK}.X",
        f"https://ledger.example.org/b/A99.L1.{CHECK}",
        f"https://ledger.example.org/b/A9999-01..{CHECK}",
        "https://ledger.example.org/b/A9999-01.L1.0123456789ABCDE",
        "https://ledger.example.org/b/A9999-01.L1.0123456789ABCDEU",
        f"https://ledger.example.org/b/A9999-01.L\u017f.{CHECK}",
        f"https://ledger.example.org/b/A9999-01.L1.{CHECK}\n",
    ],
)
def test_what_we_would_not_write_is_refused_as_bad_label_link(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse_link(text)
    assert refused.value.code == "bad_label_link"


@pytest.mark.parametrize(
    ("host", "container", "serial", "check", "named"),
    [
        ("ledger example", "A9999-01", "L1", CHECK, "ledger example"),
        ("ledger.example", "a9999-01", "L1", CHECK, "a9999-01"),
        ("ledger.example", "A9999-01", "blank 1", CHECK, "blank 1"),
        ("ledger.example", "A9999-01", "L1", CHECK.lower(), CHECK.lower()),
    ],
)
def test_a_part_that_cannot_stand_in_a_link_is_named(
    host: str, container: str, serial: str, check: str, named: str
) -> None:
    with pytest.raises(Malformed, match=named) as refused:
        make_link(host, container, serial, check)
    assert refused.value.code == "bad_label_link"


def test_the_digest_of_a_check_is_of_its_one_text() -> None:
    expected = hashlib.sha256(b"unbroken label check v1\nL7QK2M4D9XP\n0123456789ABCDEF").hexdigest()
    assert check_digest("L7QK2M4D9XP", CHECK) == expected


def test_another_serial_or_check_has_another_digest() -> None:
    assert len({check_digest("L1", CHECK), check_digest("L2", CHECK), check_digest("L1", CHECK[::-1])}) == 3
