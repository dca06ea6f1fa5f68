"""Authorities that stamp (RFC 3161): which ones a node asks, and what it takes from them.

A token is taken only when all of it is right, and the authority's clock and ours agree.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from ledger.errors import Fault, Malformed, ProofInvalid
from ledger.proof.time_stamp import MAX_APART_MS, MAX_TOKEN, Stamp, check_token, token_in

if TYPE_CHECKING:
    from cryptography import x509

REQUEST, RESPONSE = "application/timestamp-query", "application/timestamp-reply"  # RFC 3161, section 3.4
TIMEOUT = httpx.Timeout(10.0)
PATIENCE_S = 20.0  # for a whole answer, however slowly it trickles
HASH = "sha256"  # unless the operator asks for another
HASHES = {"sha256": HashAlgorithm.SHA256, "sha512": HashAlgorithm.SHA512}


@dataclass(frozen=True)
class Authorities:
    """Whom a node asks, each by its URL, and the roots that vouch for them. `every_s`: between two
    heads that one stamps; `renew_ms`: how long before a certificate ends a stamp is renewed."""

    urls: tuple[str, ...]
    roots: tuple[x509.Certificate, ...]
    hash_name: str = HASH
    every_s: int = 3600
    renew_ms: int = 90 * 86_400_000


def must_be_url(url: str) -> str:
    """Raises `Malformed` (`bad_authority`): the URL is published, so it may carry no secret, and what is
    refused is not repeated."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise Malformed("bad_authority", "an authority is named by an http(s) URL with a host")
    if parsed.userinfo or parsed.query or parsed.fragment or "?" in url or "#" in url:
        detail = "an authority's URL is published: it holds no password, no ? and no #"
        raise Malformed("bad_authority", detail)
    return url


class Authority:
    """One authority. Asks over the network; use from one thread."""

    def __init__(self, url: str, asked: Authorities, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url
        self._asked = asked
        self._http = httpx.Client(timeout=TIMEOUT, transport=transport, follow_redirects=False)

    def stamp(self, message: bytes, now_ms: int, hash_name: str | None = None) -> Stamp:
        """A token over these bytes, checked. `hash_name`: another than new stamps are by.

        Raises `Fault` (`authority_unreachable`), `ProofInvalid` (`time_stamp_refused`,
        `bad_time_stamp`, `unknown_authority`).
        """
        name = hash_name or self._asked.hash_name
        request = TimestampRequestBuilder(message, HASHES[name]).build()
        token = token_in(self._post(request.as_bytes()))
        found = check_token(token, message, self._asked.roots, request.nonce)
        if abs(found.at_ms - now_ms) > MAX_APART_MS:
            apart = (found.at_ms - now_ms) // 1000
            raise ProofInvalid("bad_time_stamp", f"its clock and this computer's are {apart} s apart")
        if found.hash_name != name:
            raise ProofInvalid("bad_time_stamp", f"its imprint is by {found.hash_name}")
        return found

    def close(self) -> None:
        self._http.close()

    def _post(self, content: bytes) -> bytes:
        body, until = b"", time.monotonic() + PATIENCE_S
        try:
            with self._http.stream(
                "POST", self.url, content=content, headers={"content-type": REQUEST}
            ) as got:
                if got.status_code != httpx.codes.OK:
                    raise ProofInvalid("time_stamp_refused", f"it answers {got.status_code}")
                for part in got.iter_bytes():
                    body += part
                    if len(body) > MAX_TOKEN or time.monotonic() > until:
                        raise Fault("authority_unreachable", "its answer has no end")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Fault("authority_unreachable", f"{error!r}") from error
        return body
