"""A receiver of webhooks: a real one on a socket, which answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from standardwebhooks import Webhook

from api.webhooks.endpoints import Endpoint
from ledger.proof import canonical
from tests.e2e.feed_stage import until

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ALL = frozenset({"excursion", "budget", "silence", "tilt", "battery", "clock"})


class Got(NamedTuple):
    """One request: its headers by lower-case name, and the body."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> tuple[str, str]:
        """What became of an alarm of which kind."""
        document = canonical.decode(self.body)
        return document["type"], document["data"]["kind"]

    @property
    def is_signed(self) -> bool:
        from datetime import UTC, datetime

        moment = datetime.fromtimestamp(int(self.headers["webhook-timestamp"]), UTC)
        return Webhook(SECRET).sign(self.id, moment, self.body.decode()) == self.headers["webhook-signature"]


class Receiver:
    """`answers`: the statuses of the next requests, then 204. 0: it takes the request and says nothing."""

    def __init__(self, port: int = 0) -> None:
        self.got: list[Got] = []
        self.answers: list[int] = []
        self.done = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append(Got({name.lower(): value for name, value in self.headers.items()}, body))
                status = receiver.answers.pop(0) if receiver.answers else 204
                if status == 0:
                    receiver.done.wait(20)
                    return
                self.send_response(status)
                self.send_header("content-length", "0")
                if 300 <= status < 400:
                    self.send_header("location", f"http://127.0.0.1:{receiver.port}/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def endpoint(self, name: str = "alerts", organisation: str = "northcell", **more: object) -> Endpoint:
        parts = {"sites": frozenset(), "kinds": ALL} | more
        return Endpoint(name, f"http://127.0.0.1:{self.port}/hook", SECRET, organisation, **parts)  # type: ignore[arg-type]

    def wait(self, count: int) -> list[Got]:
        until(lambda: len(self.got) >= count)
        return self.got

    def close(self) -> None:
        self.done.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    receiver = Receiver(port)
    try:
        yield receiver
    finally:
        receiver.close()
