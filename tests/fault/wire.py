"""A wire to a PostgreSQL server that can be cut at the worst moment."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Literal

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

Cut = Literal["before commit", "after commit"] | None
_COMMIT = b"COMMIT\x00"  # the end of a simple Query message


class Wire:
    """Listens on a port of its own and passes on what it hears.

    `cut` says at which COMMIT to break off: before the server gets it, or when it has
    answered and the client doesn't know. `down` refuses new connections and ends those that are.
    """

    def __init__(self, database_url: str) -> None:
        self.cut: Cut = None
        self.cuts = 0
        self._down = False
        self._there = _address(database_url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ends: list[socket.socket] = []
        self.url = _through(database_url, self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def down(self) -> None:
        self._down = True
        self._end_all()

    def up(self) -> None:
        self._down = False

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self._end_all()

    def _end_all(self) -> None:
        ends, self._ends = self._ends, []
        _end(*ends)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._down:
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX if isinstance(self._there, str) else socket.AF_INET)
            server.connect(self._there)
            self._ends += [client, server]
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(source, target, source is client)).start()

    def _pass(self, source: socket.socket, target: socket.socket, asks: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if asks and self.cut and data.endswith(_COMMIT):
                    self._break_off(data, source, target)
                else:
                    target.sendall(data)
        _end(source, target)

    def _break_off(self, data: bytes, client: socket.socket, server: socket.socket) -> None:
        cut, self.cut = self.cut, None
        self.cuts += 1
        client.shutdown(socket.SHUT_WR)  # no answer passes from here on
        if cut == "after commit":
            server.sendall(data)
        _end(client)
        if cut == "before commit":
            _end(server)


def _end(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


def _address(database_url: str) -> str | tuple[str, int]:
    parts = conninfo_to_dict(database_url.replace("postgresql+psycopg:", "postgresql:"))
    host, port = str(parts.get("host", "127.0.0.1")), int(str(parts.get("port", 5432)))
    return f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)


def _through(database_url: str, port: int) -> str:
    url = make_url(database_url).difference_update_query(["host", "port"])
    url = url.set(host="127.0.0.1", port=port).update_query_dict({"sslmode": "disable"})
    return url.render_as_string(hide_password=False)


@contextlib.contextmanager
def wire(database_url: str) -> Iterator[Wire]:
    made = Wire(database_url)
    try:
        yield made
    finally:
        made.close()
