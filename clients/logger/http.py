"""Packets over HTTP: `POST /v1/readings`. No session: each packet says by its signature whose it is."""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from clients.logger.answers import Answer, answer_of
from clients.logger.packets import Held
from clients.problems import error_of
from clients.remote import MANY, TIMEOUT
from ledger.errors import Fault, UnbrokenError

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
        except (httpx.HTTPError, httpx.InvalidURL) as error:  # a hotel's own page, badly packed, is one too
            text = str(error) or type(error).__name__
            raise Fault("unreachable", f"no answer from {self._http.base_url}: {text}") from error
        if not response.is_success:
            raise _problem(response)
        return answer_of(response.content, len(packets))


def _problem(response: httpx.Response) -> UnbrokenError:
    try:
        return error_of(response.json(), response.status_code)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        what = f"{PATH}: the server answered {response.status_code}, and not as the ledger does"
        return Fault("bad_answer", what)
