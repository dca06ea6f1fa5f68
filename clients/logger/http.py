"""Packets over HTTP: `POST /v1/readings`. No session: each packet says by its signature whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from clients.logger.buffer import Held
from clients.logger.uplink import Answer, ranges_of
from clients.problems import error_of
from clients.remote import MANY, TIMEOUT
from ledger.errors import Fault

PATH = "/v1/readings"


class HttpLink:
    """A server at an address such as `https://ledger.example`."""

    def __init__(self, server: str, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(base_url=server, transport=transport, timeout=TIMEOUT)

    def close(self) -> None:
        self._http.close()

    def exchange(self, packets: Sequence[Held]) -> Answer:
        """Raises the error that the server named for the whole body; `Fault` `unreachable`, `bad_answer`."""
        body = b"".join(one.raw for one in packets)
        try:
            response = self._http.post(PATH, content=body, headers={"content-type": MANY})
        except (httpx.TransportError, httpx.InvalidURL) as error:
            text = str(error) or type(error).__name__
            raise Fault("unreachable", f"no answer from {self._http.base_url}: {text}") from error
        document = _document(response)
        if not response.is_success:
            raise error_of(document, response.status_code)
        return _answer(document)


def _document(response: httpx.Response) -> dict[str, Any]:
    try:
        document = response.json()
    except ValueError:
        document = None
    if isinstance(document, dict):
        return document
    raise Fault("bad_answer", f"{PATH}: the server answered {response.status_code}, and no JSON object")


def _answer(document: dict[str, Any]) -> Answer:
    try:
        have = {str(one["recording"]): ranges_of(one["have"]) for one in document["recordings"]}
        return Answer(have, {int(one["index"]): str(one["code"]) for one in document["refused"]})
    except (KeyError, TypeError, ValueError) as error:
        raise Fault("bad_answer", f"{PATH}: the server's answer lacks a member: {error}") from None
