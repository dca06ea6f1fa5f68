"""A printer that takes raw ZPL over TCP and keeps it; it can be told to misbehave."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

Manner = Literal["takes_all", "breaks_off", "stays_silent", "talks_on"]


@dataclass
class FakePrinter:
    """`jobs`: the bytes of each connection, as far as they were read."""

    address: str
    manner: Manner = "takes_all"
    jobs: list[bytes] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                self._take(connection)

    def _take(self, connection: socket.socket) -> None:
        if self.manner == "breaks_off":
            self.jobs.append(connection.recv(64))
            reset = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            return
        taken = b"".join(iter(lambda: connection.recv(65_536), b""))
        self.jobs.append(taken)
        if self.manner == "talks_on":
            connection.sendall(b"status\n")
        if self.manner == "stays_silent":
            self.done.wait(20)


@contextmanager
def fake_printer() -> Iterator[FakePrinter]:
    listener = socket.create_server(("127.0.0.1", 0))
    printer = FakePrinter(f"tcp://127.0.0.1:{listener.getsockname()[1]}")
    thread = threading.Thread(target=printer.serve, args=(listener,), daemon=True)
    thread.start()
    try:
        yield printer
    finally:
        printer.done.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
