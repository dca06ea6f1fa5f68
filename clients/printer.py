"""A label printer on the network: raw ZPL over TCP, as printers take it on port 9100.

The protocol has no answer. A printer that closes the connection after the last byte has taken
all; one that breaks it off has not; one that stays silent may have, and a person has to look.
"""

from __future__ import annotations

import socket
from typing import NamedTuple
from urllib.parse import urlsplit

from ledger.errors import Fault, Malformed

PORT = 9100
CONNECT_S, SEND_S, CLOSE_S = 5.0, 30.0, 10.0  # a large label at 600 dpi takes a printer some seconds

MAX_SAYINGS = 100  # a printer that talks on and on is no printer


class Printer(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp://{self.host}:{self.port}"


def parse_printer(text: str) -> Printer:
    """`tcp://host:9100`; the port may be left out. Raises `Malformed` `bad_printer`."""
    parts = urlsplit(text)
    try:
        host, port = parts.hostname, parts.port or PORT
    except ValueError:
        host, port = None, 0
    if parts.scheme != "tcp" or not host or parts.path or parts.query or parts.username:
        raise Malformed("bad_printer", f"{text!r:.80} names no printer: write tcp://HOST:9100")
    return Printer(host, port)


def send(printer: Printer, data: bytes, close_s: float = CLOSE_S) -> None:
    """Returns once the printer has taken every byte and closed the connection.

    Raises `Fault`: `printer_unreachable` (nothing was sent), `printer_broke_off` (some of it was:
    it may have printed), `printer_silent` (all was sent, and it does not say that it is done).
    """
    with _connected(printer) as connection:
        try:
            connection.settimeout(SEND_S)
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(close_s)
            _until_closed(connection)
        except TimeoutError:
            raise Fault(
                "printer_silent", f"{printer} took the label and does not say that it is done"
            ) from None
        except OSError as error:
            raise Fault("printer_broke_off", f"{printer} broke off: {error.strerror or error}") from None


def _until_closed(connection: socket.socket) -> None:
    """What it says of itself meanwhile was not asked for. Raises `TimeoutError`."""
    for _ in range(MAX_SAYINGS):
        if not connection.recv(4096):
            return
    raise TimeoutError


def _connected(printer: Printer) -> socket.socket:
    try:
        return socket.create_connection(printer, CONNECT_S)
    except OSError as error:
        told = "no answer" if isinstance(error, TimeoutError) else error.strerror or str(error)
        raise Fault(
            "printer_unreachable", f"{printer}: {told}. Is it on, and its address right? Nothing was sent"
        ) from None
