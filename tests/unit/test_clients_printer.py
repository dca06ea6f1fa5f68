"""Raw ZPL over TCP: what counts as taken, and what is told where it is not known."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from clients.printer import Printer, parse_printer, send
from ledger.errors import Conflict, Fault, Malformed
from tests.fake_printer import FakePrinter, fake_printer

LABEL = b"^XA" + b"0" * 2_000_000 + b"^XZ"  # more than the system's buffers hold


@pytest.fixture
def printer() -> Iterator[FakePrinter]:
    with fake_printer() as found:
        yield found


@pytest.fixture
def mute(printer: FakePrinter) -> FakePrinter:
    """One that answers no question."""
    printer.per_mm = None
    return printer


def put(printer: FakePrinter, data: bytes = LABEL, dpi: int = 300, **waits: float) -> int | None:
    return send(parse_printer(printer.address), data, dpi, **{"ask_s": 0.2, "close_s": 5.0} | waits)


def test_a_printer_that_answers_has_taken_the_label_whole(printer: FakePrinter) -> None:
    assert put(printer) == 300
    assert printer.jobs == [LABEL]


def test_a_printer_that_answers_nothing_has_taken_it_when_it_closes_and_its_resolution_is_not_known(
    mute: FakePrinter,
) -> None:
    assert put(mute) is None
    assert mute.jobs == [LABEL]


@pytest.mark.parametrize("data", [b"^XA^FDlabel^FS^XZ", LABEL], ids=["small", "large"])
@pytest.mark.parametrize("per_mm", [None, 12])
def test_a_printer_that_closes_before_it_was_told_the_end_has_not_taken_the_label(
    printer: FakePrinter, per_mm: int | None, data: bytes
) -> None:
    """It ends the connection in order (FIN) after 64 bytes: what closes is not always done."""
    printer.manner, printer.per_mm = "closes_early", per_mm
    with pytest.raises(Fault, match="printer_broke_off"):
        put(printer, data)


@pytest.mark.parametrize(("per_mm", "named"), [(6, 152), (8, 203), (24, 600)])
def test_a_printer_of_another_resolution_is_sent_nothing(
    printer: FakePrinter, per_mm: int, named: int
) -> None:
    printer.per_mm = per_mm
    with pytest.raises(Conflict, match=rf"printer_resolution.*prints {named} dpi.*for 300.*Nothing was sent"):
        put(printer)
    assert printer.jobs == []


@pytest.mark.parametrize(("per_mm", "dpi"), [(8, 203), (12, 300), (24, 600)])
def test_heads_of_so_many_dots_a_millimetre_print_labels_of_their_resolution(
    printer: FakePrinter, per_mm: int, dpi: int
) -> None:
    printer.per_mm = per_mm
    assert put(printer, b"^XA^XZ", dpi) == dpi


def test_a_printer_that_is_paused_has_the_label_and_has_not_printed_it(printer: FakePrinter) -> None:
    printer.manner = "paused"
    with pytest.raises(Fault, match=r"printer_waits.*is paused"):
        put(printer)


def test_what_a_printer_says_of_itself_unasked_does_not_matter(mute: FakePrinter) -> None:
    mute.manner = "talks_on"
    assert put(mute) is None
    assert mute.jobs == [LABEL]


@pytest.mark.parametrize("per_mm", [None, 12])
def test_a_printer_that_breaks_off_is_told(printer: FakePrinter, per_mm: int | None) -> None:
    printer.manner, printer.per_mm = "breaks_off", per_mm
    with pytest.raises(Fault, match="printer_broke_off"):
        put(printer)


@pytest.mark.parametrize("per_mm", [None, 12])
def test_a_printer_that_does_not_say_that_it_is_done_is_told(
    printer: FakePrinter, per_mm: int | None
) -> None:
    printer.manner, printer.per_mm = "stays_silent", per_mm
    with pytest.raises(Fault, match="printer_silent"):
        put(printer, b"^XA^XZ", close_s=0.2)


def test_a_printer_that_closes_before_the_label_was_sent_nothing(printer: FakePrinter) -> None:
    printer.manner = "closes_at_once"
    with pytest.raises(Fault, match=r"printer_unreachable.*Nothing was sent"):
        put(printer)


def test_a_printer_that_is_off_is_told_with_its_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Fault, match=rf"printer_unreachable.*127\.0\.0\.1:{port}.*Nothing was sent"):
        send(Printer("127.0.0.1", port), b"^XA^XZ", 300)


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
