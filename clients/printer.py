"""A label printer on the network: raw ZPL over TCP, as printers take it on port 9100.

    ~HI ──▶ its resolution ──▶ the label, ~HS ──▶ its status: it has the label whole
     └────▶ no answer ───────▶ the label, the end ──▶ it closes

Zebra's printers answer questions on the same connection (ZPL II: `~HI` host identification,
`~HS` host status return). What comes back for a question that was asked behind the label shows
that the label arrived whole. Of a printer that answers nothing, nobody knows the resolution, and
its one sign is that it closes the connection after it was told the end. One that closes before
that has not taken all; one that stays silent may have, and a person has to look.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from ledger.errors import Conflict, Fault, Malformed

PORT = 9100
CONNECT_S, SEND_S, CLOSE_S = 5.0, 30.0, 10.0  # a large label at 600 dpi takes a printer some seconds
ASK_S = 2.0  # a printer that answers at all does so at once
STAY_S = 0.5  # as long as a printer is watched for closing before it was told the end

MAX_SAYINGS = 100  # a printer that talks on and on is no printer
IDENTIFY, STATUS = b"~HI", b"~HS"
STX, ETX = b"\x02", b"\x03"  # around each line of an answer
DPI_OF = {b"6": 152, b"8": 203, b"12": 300, b"24": 600}  # of dots a millimetre, as heads are sold
NOT_DONE = {1: "is out of paper", 2: "is paused", 7: "has only a part of the label"}  # fields of ~HS


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


def send(
    printer: Printer, data: bytes, dpi: int, *, ask_s: float = ASK_S, close_s: float = CLOSE_S
) -> int | None:
    """Returns once the printer has taken every byte: the resolution (dpi) that it names, or None if
    it does not say.

    Raises `Conflict` `printer_resolution` where it names another one than the label's, and `Fault`:
    `printer_unreachable` (after both of these nothing of the label was sent), `printer_broke_off`
    (some of it was: it may have printed), `printer_silent` (all was sent, and it does not say that
    it is done), `printer_waits` (it says that it cannot print now).
    """
    with _connected(printer) as connection:
        named = _resolution(printer, connection, ask_s)
        if named is not None and named != dpi:
            detail = f"{printer} prints {named} dpi, and the label is drawn for {dpi}: say the right --dpi"
            raise Conflict("printer_resolution", f"{detail}, or name another printer. Nothing was sent")
        try:
            status = _put(connection, data, named is not None, close_s)
        except TimeoutError:
            detail = f"{printer} took the label and does not say that it is done"
            raise Fault("printer_silent", detail) from None
        except OSError as error:
            raise Fault("printer_broke_off", f"{printer} broke off: {error.strerror or error}") from None
    if status:
        raise Fault("printer_waits", f"{printer} took the label, and {status}")
    return named


def _resolution(printer: Printer, connection: socket.socket, wait_s: float) -> int | None:
    """By `~HI`: model, version, dots a millimetre, memory, options. None: it does not say."""
    try:
        connection.settimeout(wait_s)
        connection.sendall(IDENTIFY)
        fields = _answer(connection)
    except TimeoutError:
        return None
    except OSError as error:
        detail = f"{printer} closed before the label: {error.strerror or error}. Nothing was sent"
        raise Fault("printer_unreachable", detail) from None
    return DPI_OF.get(fields[2]) if len(fields) > 2 else None


def _put(connection: socket.socket, data: bytes, answers: bool, close_s: float) -> str:
    """Send the label and wait for the printer's sign; what it says that it waits for, or ''."""
    connection.settimeout(SEND_S)
    connection.sendall(data + (STATUS if answers else b""))
    if answers:
        connection.settimeout(close_s)
        fields = _answer(connection)
        _leave(connection)
        return " and ".join(told for at, told in NOT_DONE.items() if fields[at : at + 1] == [b"1"])
    _must_stay(connection)
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(close_s)
    _until_closed(connection)
    return ""


def _must_stay(connection: socket.socket) -> None:
    """Raises `OSError` where it closes now: it cannot know that it has the whole label."""
    connection.settimeout(STAY_S)
    try:
        _until_closed(connection)
    except TimeoutError:
        return
    raise ConnectionAbortedError("it closed before it was told the label's end")


def _leave(connection: socket.socket) -> None:
    """In order: some printers throw away what they have when a connection breaks off."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(STAY_S)
        _until_closed(connection)


def _answer(connection: socket.socket) -> list[bytes]:
    """The fields of the next line of an answer. Raises `TimeoutError`, and `OSError` if it closes."""
    heard = b""
    for _ in range(MAX_SAYINGS):
        said = connection.recv(4096)
        if not said:
            raise ConnectionAbortedError("it closed before it answered")
        heard += said
        line = heard.partition(STX)[2]
        if ETX in line:
            return [field.strip() for field in line.partition(ETX)[0].split(b",")]
    raise TimeoutError


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
