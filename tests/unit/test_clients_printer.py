"""Raw ZPL over TCP: what counts as taken, and what is told where it is not known."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from clients.printer import Printer, parse_printer, send
from ledger.errors import Fault, Malformed
from tests.fake_printer import FakePrinter, fake_printer

LABEL = b"^XA" + b"0" * 2_000_000 + b"^XZ"  # more than the system's buffers hold


@pytest.fixture
def printer() -> Iterator[FakePrinter]:
    with fake_printer() as found:
        yield found


def test_a_label_is_sent_whole_before_it_counts_as_taken(printer: FakePrinter) -> None:
    send(parse_printer(printer.address), LABEL)
    assert printer.jobs == [LABEL]


def test_what_a_printer_says_of_itself_does_not_matter(printer: FakePrinter) -> None:
    printer.manner = "talks_on"
    send(parse_printer(printer.address), LABEL)
    assert printer.jobs == [LABEL]


def test_a_printer_that_breaks_off_is_told(printer: FakePrinter) -> None:
    printer.manner = "breaks_off"
    with pytest.raises(Fault, match="printer_broke_off"):
        send(parse_printer(printer.address), LABEL)


def test_a_printer_that_does_not_say_that_it_is_done_is_told(printer: FakePrinter) -> None:
    printer.manner = "stays_silent"
    with pytest.raises(Fault, match="printer_silent"):
        send(parse_printer(printer.address), b"^XA^XZ", close_s=0.2)


def test_a_printer_that_is_off_is_told_with_its_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Fault, match=rf"printer_unreachable.*127\.0\.0\.1:{port}.*Nothing was sent"):
        send(Printer("127.0.0.1", port), b"^XA^XZ")


@pytest.mark.parametrize(
    ("text", "printer"),
    [("tcp://zebra-1:9101", Printer("zebra-1", 9101)), ("tcp://10.0.0.7", Printer("10.0.0.7", 9100)),
     ("tcp://[fe80::1]:9100", Printer("fe80::1", 9100))],
)  # fmt: skip
def test_a_printers_address_is_read(text: str, printer: Printer) -> None:
    assert parse_printer(text) == printer


@pytest.mark.parametrize(
    "text", ["zebra-1", "http://zebra-1", "tcp://", "tcp://zebra:9100/x", "tcp://z:99999"]
)
def test_what_names_no_printer_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="bad_printer"):
        parse_printer(text)
