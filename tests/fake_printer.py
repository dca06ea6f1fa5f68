"""A printer that takes raw ZPL over TCP and keeps it; it can be told to misbehave."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

Manner = Literal[
    "takes_all", "breaks_off", "closes_early", "closes_at_once", "stays_silent", "talks_on", "paused"
]
GOES_AWAY = ("breaks_off", "closes_early")
IDENTITY = "\x02ZTC Fake-300dpi,V1.0.0,{per_mm},2104KB\x03\r\n"
STATUS = "\x02030,0,{paused},0885,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0\x03\r\n\x021234,0\x03\r\n"


@dataclass
class FakePrinter:
    """`jobs`: the bytes of each connection without questions, as far as they were read.

    `per_mm`: the dots a millimetre that it names when asked (`~HI`); None: it answers nothing.
    """

    address: str
    manner: Manner = "takes_all"
    per_mm: int | None = 12
    jobs: list[bytes] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):  # whoever prints may break off, too
                self._take(connection)

    def _take(self, connection: socket.socket) -> None:
        taken = b""
        while self.manner != "closes_at_once" and (part := connection.recv(65_536)):
            taken = self._answered(connection, taken + part)
            if taken and self.manner in GOES_AWAY:
                self.jobs.append(taken[:64])
                self._go_away(connection)
                return
        if taken:
            self.jobs.append(taken)
        if self.manner == "talks_on":
            connection.sendall(b"status\n")
        if self.manner == "stays_silent":
            self.done.wait(20)

    def _answered(self, connection: socket.socket, taken: bytes) -> bytes:
        """What is left without the questions; what was asked behind a label ends its job."""
        if taken.startswith(b"~HI"):
            taken = taken.removeprefix(b"~HI")
            self._say(connection, IDENTITY)
        if taken.endswith(b"~HS") and self.manner not in GOES_AWAY:
            self.jobs.append(taken.removesuffix(b"~HS"))
            taken = b""
            if self.manner != "stays_silent":
                self._say(connection, STATUS)
        return taken

    def _say(self, connection: socket.socket, text: str) -> None:
        if self.per_mm is not None:
            told = text.format(per_mm=self.per_mm, paused=int(self.manner == "paused"))
            connection.sendall(told.encode())

    def _go_away(self, connection: socket.socket) -> None:
        """With an error, or as if the job had ended, though it has not."""
        if self.manner == "breaks_off":
            reset = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            return
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass


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
