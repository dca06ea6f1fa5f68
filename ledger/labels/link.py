"""The link in a label's QR code: `HTTPS://HOST/B/<container>.<serial>.<check>`.

All in upper case and without `? = &`, so that a QR code holds it in alphanumeric mode
(ISO/IEC 18004 §7.4.4), 5.5 bits a character instead of 8. The check is 80 random bits: who
guesses a serial still makes no link that the log knows. The log holds only its digest, so
anybody who has the entry can tell an issued label from an invented one.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from ledger.errors import Malformed

NO_CONTAINER = "-"  # a label that was issued ahead of need
CHECK_BITS = 80  # 16 characters of five bits

_CROCKFORD = "0-9A-HJKMNP-TV-Z"
_HOST = re.compile(r"[A-Z0-9](?:[A-Z0-9.-]{0,98}[A-Z0-9])?(?::[0-9]{1,5})?")
_CONTAINER = re.compile(r"[A-Z0-9][A-Z0-9-]{3,47}")
_SERIAL = re.compile(r"[A-Z0-9-]{1,40}")
_CHECK = re.compile(rf"[{_CROCKFORD}]{{16}}")
_ADDRESS = re.compile(r"(?:HTTPS://([^/]+))?/B/([^/]+)")


class Link(NamedTuple):
    """What a label's link says. `container` is None for a label that was issued ahead of need."""

    container: str | None
    serial: str
    check: str

    @property
    def part(self) -> str:
        """`<container>.<serial>.<check>`: the link without the address before it."""
        return f"{self.container or NO_CONTAINER}.{self.serial}.{self.check}"


def make_link(host: str, container: str | None, serial: str, check: str) -> str:
    """The link, in upper case. `host`: name and, where it isn't 443, `:port`.

    Raises `Malformed` (`bad_label_link`) where a part cannot stand in a link.
    """
    return f"HTTPS://{check_host(host)}/B/{_checked(Link(container, serial, check)).part}"


def check_host(host: str) -> str:
    """A host that a link can name, in upper case. Raises `Malformed` (`bad_label_link`)."""
    name = host.upper()
    if not _HOST.fullmatch(name):
        raise _bad(f"{host!r:.80} is no host name: write HOST or HOST:PORT")
    return name


def parse_link(text: str) -> Link:
    """Read a link, its bare path `/B/…`, or only the part behind that, in any letter case.

    Raises `Malformed` (`bad_label_link`), and says which part it was.
    """
    address = text.upper() if text.isascii() else ""
    found = _ADDRESS.fullmatch(address)
    if found and found[1] is not None and not _HOST.fullmatch(found[1]):
        raise _bad(f"{found[1]!r:.80} is no host name")
    parts = (found[2] if found else address).split(".")
    if len(parts) != 3:
        raise _bad(f"expected HTTPS://HOST/B/container.serial.check, got {text!r:.120}")
    container, serial, check = parts
    return _checked(Link(None if container == NO_CONTAINER else container, serial, check))


def serial_in(text: str) -> str:
    """The serial: of a scanned link, or as it was typed. Raises `Malformed` (`bad_label_link`)."""
    return parse_link(text).serial if "/" in text or text.count(".") == 2 else text


def check_digest(serial: str, check: str) -> str:
    """What the log says of a check: SHA-256, 64 hex digits in lower case."""
    return hashlib.sha256(f"unbroken label check v1\n{serial}\n{check}".encode("ascii")).hexdigest()


def _checked(link: Link) -> Link:
    if link.container is not None and not _CONTAINER.fullmatch(link.container):
        raise _bad(f"{link.container!r:.80} is no container that a link can name: 4 to 48 of A-Z, 0-9 and -")
    if not _SERIAL.fullmatch(link.serial):
        raise _bad(f"{link.serial!r:.80} is no serial that a link can name: 1 to 40 of A-Z, 0-9 and -")
    if not _CHECK.fullmatch(link.check):
        raise _bad(f"{link.check!r:.80} is no check: 16 characters of Crockford's base32, in upper case")
    return link


def _bad(detail: str) -> Malformed:
    return Malformed("bad_label_link", detail)
