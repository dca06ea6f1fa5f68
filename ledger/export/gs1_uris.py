"""GS1's identifiers as they stand in EPCIS, in the one form that its event hash compares.

An EPC URN and a GS1 Digital Link URI under any domain become the canonical Digital Link URI
(`https://id.gs1.org/…`): CBV 2.0 section 8.9.2, EPC Tag Data Standard section 6. What is neither
stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from ledger.domain.identifiers import gs1_check_digit

CANONICAL = "https://id.gs1.org"
_URN = re.compile(r"urn:epc:(id|idpat|class):([a-z]+):(.+)")
_NO_EXTENSION = "0"  # of an SGLN: the location itself

Parts = list[str]


def _checked(digits: str) -> str:
    return digits + gs1_check_digit(digits)


def _gtin(company: str, indicator_and_item: str) -> str:
    return _checked(indicator_and_item[0] + company + indicator_and_item[1:])


def _gtin_and(qualifier: str) -> Callable[[Parts], str]:
    return lambda part: f"/01/{_gtin(part[0], part[1])}" + _further(f"/{qualifier}/", part[2:])


def _document(key: str, lead: str = "") -> Callable[[Parts], str]:
    """A type of the company's, checked, and a serial right behind it."""
    return lambda part: f"/{key}/{lead}{_checked(part[0] + part[1])}" + _further("", part[2:])


def _further(lead: str, rest: Parts) -> str:
    """The serial, left out in a pattern for all serials."""
    return "" if not rest or rest[0] == "*" else lead + _escaped(rest[0])


def _escaped(text: str) -> str:
    return quote(unquote(text), safe="'")


def _location(part: Parts) -> str:
    return f"/414/{_checked(part[0] + part[1])}" + _further(
        "/254/", [one for one in part[2:] if one != _NO_EXTENSION]
    )


def _parcel(part: Parts) -> str:
    return f"/00/{_checked(part[1][0] + part[0] + part[1][1:])}"


def _piece(part: Parts) -> str:
    return f"/8006/{_gtin(part[0], part[1])}{part[2]}{part[3]}" + _further("/21/", part[4:])


def _component(part: Parts) -> str:
    return f"/8010/{part[0]}{_escaped(part[1])}" + _further("/8011/", part[2:])


_SCHEMES: dict[str, Callable[[Parts], str]] = {
    "sgtin": _gtin_and("21"),
    "upui": _gtin_and("235"),
    "lgtin": _gtin_and("10"),
    "itip": _piece,
    "sscc": _parcel,
    "sgln": _location,
    "pgln": lambda part: f"/417/{_checked(part[0] + part[1])}",
    "grai": _document("8003", "0"),
    "giai": lambda part: f"/8004/{part[0]}{_escaped(part[1])}",
    "gsrn": lambda part: f"/8018/{_checked(part[0] + part[1])}",
    "gsrnp": lambda part: f"/8017/{_checked(part[0] + part[1])}",
    "gdti": _document("253"),
    "sgcn": _document("255"),
    "cpi": _component,
    "ginc": lambda part: f"/401/{part[0]}{_escaped(part[1])}",
    "gsin": lambda part: f"/402/{_checked(part[0] + part[1])}",
}
# Primary keys of a Digital Link, and what their value looks like.
_KEYS = {
    "00": r"\d{18}",
    "01": r"\d{8}|\d{12,14}",
    "253": r"\d{13}.*",
    "255": r"\d{13}.*",
    "401": r".{1,30}",
    "402": r"\d{17}",
    "414": r"\d{13}",
    "417": r"\d{13}",
    "8003": r"\d{14}.*",
    "8004": r"\d.{3,29}",
    "8006": r"\d{18}",
    "8010": r"\d.{3,29}",
    "8013": r"\d.{3,29}",
    "8017": r"\d{18}",
    "8018": r"\d{18}",
}
_QUALIFIERS = {"22", "10", "21", "235", "254", "7040", "8011", "8019", "8020"}
_ALIASES = {"gtin": "01", "sscc": "00", "gln": "414", "lot": "10", "ser": "21"}


@lru_cache(maxsize=4096)  # a document names the same few things again and again
def canonical(uri: str) -> str:
    """The identifier in its one form."""
    found = _URN.fullmatch(uri)
    if found:
        scheme = _SCHEMES.get(found[2])
        return _of_urn(scheme, found[3], uri) if scheme else uri
    return _of_link(uri) if uri.startswith(("http://", "https://")) else uri


def _of_urn(scheme: Callable[[Parts], str], value: str, uri: str) -> str:
    try:
        return CANONICAL + scheme(value.split("."))
    except (IndexError, ValueError):  # not built as its scheme says: nothing to make equal
        return uri


def _of_link(uri: str) -> str:
    steps = urlsplit(uri).path.split("/")
    for at, step in enumerate(steps[:-1]):
        key = _ALIASES.get(step, step)
        if key in _KEYS and re.fullmatch(_KEYS[key], steps[at + 1]):
            value = steps[at + 1].rjust(14, "0") if key == "01" else steps[at + 1]
            return "/".join([CANONICAL, key, value, *_qualified(steps[at + 2 :])])
    return uri


def _qualified(rest: Parts) -> Parts:
    """Known qualifiers and their values."""
    kept: Parts = []
    for name, value in zip(rest[::2], rest[1::2], strict=False):
        key = _ALIASES.get(name, name)
        kept += [key, value] if key in _QUALIFIERS else []
    return kept
