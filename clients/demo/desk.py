"""Where the demo's server brings what a visitor's browser asks for: the administrators' desk.

The administrators' keys stay in their companies' processes, which only the storyteller can reach, so
the desk is in the storyteller's process. It listens on this machine's own address, for as long as the
demo runs.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Approve = Callable[[str, str], dict[str, Any]]  # agent, key as KeyAdded says it -> what the log said
JSON = "application/json"


class Desk:
    """Answers until it is closed."""

    def __init__(self, approve: Approve) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(approve))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(approve: Approve) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            wanted = json.loads(self.rfile.read(int(self.headers["content-length"])))
            answer = json.dumps(approve(wanted["agent"], wanted["key"])).encode()
            self.send_response(200)
            self.send_header("content-type", JSON)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  http.server's own name
            """Not into the story."""

    return Handler
