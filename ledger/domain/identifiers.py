"""Identifiers of the field: parse strictly, prove the check character, name the parts.

ISBT 128 forms follow the public standard ST-001; GS1 keys its General Specifications. No
licensed table is shipped: a facility, product or country code is checked for its form
only. Every parser raises `Malformed` with a stable code and says what was expected.

What check characters guarantee. DIN (ISO 7064 mod 37-2): 2 generates all of 1..36 modulo
37, so that every position has a weight of its own. Any single wrong character and any two
swapped characters, neighbours or not, the check character itself included, are found;
other double errors pass one time in 37. GS1 (mod 10, weights 3 and 1): any single wrong
digit is found; swapped neighbours are found unless they differ by exactly 5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ledger.errors import Malformed

_FACILITY = r"[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{2}"
_COI = re.compile(rf"CH({_FACILITY})([0-9]{{2}})([A-Z0-9]{{6}})")
_DIN = re.compile(rf"({_FACILITY})([0-9]{{2}})([0-9]{{6}})")
_SCHEME = re.compile(r"([a-z0-9]{2,16}):([A-Z0-9-]{4,48})")
_FLAGS = re.compile(r"[A-Z0-9]{2}")
_PRODUCT_CODE = re.compile(r"[A-Z][A-Z0-9]{4}[A-Z0-9]{3}")
_DIVISION = re.compile(r"[A-Z0-9]{6}")
_SEC = re.compile(r"([A-Z]{2})([A-Z0-9]{6})([A-Z0-9]{13})([A-E])([A-Z0-9]{7})([A-Z0-9]{3})([0-9]{8})")
_DIGITS = re.compile(r"[0-9]+")
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_GTIN_LENGTHS = (8, 12, 13, 14)


@dataclass(frozen=True, slots=True)
class CoI:
    """A scheme-qualified chain of identity id. Facility and year only where the scheme has them."""

    scheme: str
    value: str
    facility: str | None = None
    year: str | None = None

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


@dataclass(frozen=True, slots=True)
class Din:
    """A donation identification number: 13 characters, its flags and check left out."""

    value: str
    facility: str
    year: str
    serial: str

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Sec:
    """The Single European Code: 21 characters of donation, 19 of product."""

    country: str
    establishment: str
    donation: str
    coding_system: str
    product: str
    split: str
    expiry: str | None  # YYYYMMDD


def parse_coi(text: str) -> CoI:
    """`isbt128:CH…` (data structure 040, 15 characters) or a sponsor's own `scheme:VALUE`.

    Raises `Malformed` `malformed_coi`.
    """
    found = _SCHEME.fullmatch(text)
    if not found:
        raise Malformed("malformed_coi", f"expected scheme:VALUE such as isbt128:CH…, got {text!r}")
    scheme, value = found.groups()
    if scheme != "isbt128":
        return CoI(scheme, value)
    parts = _COI.fullmatch(value)
    if not parts:
        raise Malformed(
            "malformed_coi",
            f"expected CH, facility (5), year (2) and six of A-Z or 0-9, 15 in all, got {value!r}",
        )
    return CoI(scheme, value, parts[1], parts[2])


def parse_din(text: str) -> Din:
    """Thirteen characters: facility (5), year (2), serial (6). Raises `Malformed` `malformed_din`."""
    parts = _DIN.fullmatch(text)
    if not parts:
        raise Malformed(
            "malformed_din", f"expected facility (5), year (2) and six digits, 13 characters, got {text!r}"
        )
    return Din(text, parts[1], parts[2], parts[3])


def check_character(din: str) -> str:
    """The character that proves a typed DIN: ISO 7064 mod 37-2 over its 13 characters."""
    total = 0
    for character in din:
        total = (total + _VALUES[character]) * 2 % 37
    return _ALPHABET[(38 - total) % 37]


def parse_typed_din(text: str) -> Din:
    """A DIN as a person types it: 13 characters and the boxed check character.

    Raises `Malformed`: `malformed_din`, `wrong_check_character`.
    """
    din = parse_din(text[:13])
    if len(text) != 14 or text[13] != check_character(din.value):
        raise Malformed(
            "wrong_check_character", f"the last of 14 characters does not fit {din}: type the number again"
        )
    return din


def parse_scanned_din(text: str) -> tuple[Din, str]:
    """Data structure 001: `=`, the DIN, and two flag characters that are no part of it.

    Raises `Malformed`: `malformed_din`.
    """
    if len(text) != 16 or text[0] != "=" or not _FLAGS.fullmatch(text[14:]):
        raise Malformed("malformed_din", f"expected =, 13 characters and two flags, got {text!r}")
    return parse_din(text[1:14]), text[14:]


def check_of_flags(flags: str) -> str | None:
    """The check character in the flags of a scanned DIN: 60 and its value (0 to 36), so 60 to 96.

    None: flags of another kind, which prove nothing.
    """
    value = int(flags) - 60 if _DIGITS.fullmatch(flags) else -1
    return _ALPHABET[value] if 0 <= value < len(_ALPHABET) else None


def parse_product_code(text: str) -> str:
    """Data structure 003: `=<` and eight characters. Raises `Malformed` `malformed_product_code`."""
    if not text.startswith("=<") or not _PRODUCT_CODE.fullmatch(text[2:]):
        raise Malformed("malformed_product_code", f"expected =< and eight characters, got {text!r}")
    return text[2:]


def needs_division(product_code: str) -> bool:
    """A code that ends in 99 says that its division stands in data structure 032."""
    return product_code.endswith("99")


def parse_division(text: str) -> str:
    """Data structure 032: `=,` and six characters. Raises `Malformed` `malformed_division`."""
    if not text.startswith("=,") or not _DIVISION.fullmatch(text[2:]):
        raise Malformed("malformed_division", f"expected =, (comma) and six of A-Z and 0-9, got {text!r}")
    return text[2:]


def parse_sec(text: str) -> Sec:
    """Forty characters. Raises `Malformed` `malformed_sec`."""
    parts = _SEC.fullmatch(text)
    if not parts:
        raise Malformed(
            "malformed_sec",
            "expected 40 characters: country 2, establishment 6, donation 13, coding system 1 (A-E), "
            f"product 7, split 3, expiry 8 digits; got {text!r}",
        )
    country, establishment, donation, system, product, split, expiry = parts.groups()
    expires = None if expiry == "00000000" else expiry
    return Sec(country, establishment, donation, system, product, split, expires)


def gs1_check_digit(digits: str) -> str:
    """GS1's mod 10 over the digits before it: weights 3, 1, 3 … from the right."""
    total = sum(int(digit) * (3, 1)[index % 2] for index, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def parse_sscc(text: str) -> str:
    """A parcel's number: 18 digits. Raises `Malformed`: `malformed_sscc`, `wrong_check_digit`."""
    if len(text) != 18 or not _DIGITS.fullmatch(text):
        raise Malformed("malformed_sscc", f"expected 18 digits, got {text!r}")
    return _checked(text)


def parse_gtin(text: str) -> str:
    """A trade item's number, 8, 12, 13 or 14 digits; returned with 14.

    Raises `Malformed`: `malformed_gtin`, `wrong_check_digit`.
    """
    if len(text) not in _GTIN_LENGTHS or not _DIGITS.fullmatch(text):
        raise Malformed("malformed_gtin", f"expected 8, 12, 13 or 14 digits, got {text!r}")
    return _checked(text).rjust(14, "0")


def _checked(digits: str) -> str:
    if digits[-1] != gs1_check_digit(digits[:-1]):
        raise Malformed("wrong_check_digit", f"the last digit does not fit {digits}: scan or type it again")
    return digits
