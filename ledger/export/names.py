"""How the things of a log are named to partners: URIs below the log's origin, and back again.

The names are the operator's own (CBV 2.0 section 8.2.3 allows them): nothing has to answer there.
A shipper whose label is an SSCC is named as GS1 names it.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from urllib.parse import quote, unquote

from ledger.domain.identifiers import parse_sscc
from ledger.errors import Malformed
from ledger.export.gs1_uris import CANONICAL

_PARCEL = f"{CANONICAL}/00/"
_DIGEST = "ni:///sha-256;"  # RFC 6920
Party = dict[str, str]


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one log's things; `origin` as its checkpoints say it."""

    origin: str

    @property
    def base(self) -> str:
        return f"https://{quote(self.origin, safe='/:@')}"

    def of(self, kind: str, name: str) -> str:
        """The URI of a thing: chain, container, site, logger, location, batch, statement …"""
        return f"{self.base}/{kind}/{quote(name, safe=':')}"

    def read(self, kind: str, uri: object) -> str:
        """The name in a URI of this kind. Raises `Malformed` (`foreign_identifier`)."""
        lead = f"{self.base}/{kind}/"
        if not isinstance(uri, str) or not uri.startswith(lead) or "/" in uri[len(lead) :]:
            raise Malformed("foreign_identifier", f"expected {lead}…, a {kind} of this log, got {uri!r}")
        return unquote(uri[len(lead) :])

    def party(self, party: Party) -> str:
        """A department of a site."""
        return f"{self.of('site', party['site'])}/{quote(party['department'])}"

    def read_party(self, uri: object) -> Party:
        """Raises `Malformed` (`foreign_identifier`)."""
        site, slash, department = uri.rpartition("/") if isinstance(uri, str) else ("", "", "")
        if not slash or not department:
            raise Malformed("foreign_identifier", f"expected a site of this log and its department: {uri!r}")
        return {"site": self.read("site", site), "department": unquote(department)}

    def shipper(self, label: str) -> str:
        return f"{_PARCEL}{label}" if _is_sscc(label) else self.of("shipper", label)

    def read_shipper(self, uri: object) -> str:
        """Raises `Malformed` (`foreign_identifier`)."""
        if isinstance(uri, str) and uri.startswith(_PARCEL):
            return uri.removeprefix(_PARCEL)
        return self.read("shipper", uri)


def _is_sscc(label: str) -> bool:
    try:
        return bool(parse_sscc(label))
    except Malformed:
        return False


def digest_uri(sha256: str) -> str:
    """A SHA-256 (hex) as a URI."""
    return _DIGEST + urlsafe_b64encode(bytes.fromhex(sha256)).rstrip(b"=").decode()


def read_digest(uri: object) -> str:
    """The SHA-256 (hex) that a URI names. Raises `Malformed` (`foreign_identifier`)."""
    try:
        assert isinstance(uri, str)
        assert uri.startswith(_DIGEST)
        found = urlsafe_b64decode(uri.removeprefix(_DIGEST) + "=")
        assert len(found) == 32
    except (AssertionError, ValueError):
        raise Malformed("foreign_identifier", f"expected {_DIGEST}… of 32 bytes, got {uri!r}") from None
    return found.hex()
