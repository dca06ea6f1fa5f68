"""Loggers' files of our own making, one function per maker: look-alikes, none copied.

Values come from the caller, so that laws can be tested over any readings. The Berlinger look-alike is
signed by keys of our own: its root is `ROOT`, never the maker's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

START = datetime(2026, 3, 30, 22, 30)  # noqa: DTZ001  a logger's own clock
_ROOT_KEY = derive_private_key(0x1234567890ABCDEF, SECP256R1())
_DEVICE_KEY = derive_private_key(0xFEDCBA0987654321, SECP256R1())


def moments(count: int, minutes: int = 15) -> list[datetime]:
    return [START + timedelta(minutes=minutes * index) for index in range(count)]


def tenths(centi: int) -> str:
    """490 -> `4.9`; hundredths are kept where there are any."""
    whole, rest = divmod(abs(centi), 100)
    return f"{'-' if centi < 0 else ''}{whole}.{rest:02}".removesuffix("0")


# --- one function per maker ------------------------------------------------------------


def hobo(values: list[int | None], delimiter: str = ",", zone: str = ", GMT+02:00", mark: str = ".") -> bytes:
    heading = [
        '"#"',
        f'"Date Time{zone}"',
        '"Temp, °C (LGR S/N: 10000001, SEN S/N: 10000001)"',
        '"Host Connected (LGR S/N: 10000001)"',
    ]
    lines = ['"Plot Title: bag store"', delimiter.join(heading)]
    for number, (at, value) in enumerate(zip(moments(len(values)), values, strict=True), start=1):
        cell = "" if value is None else tenths(value).replace(".", mark)
        lines.append(delimiter.join([str(number), at.strftime("%y.%m.%d %H:%M:%S"), cell, ""]))
    end = START + timedelta(minutes=15 * len(values), seconds=7)
    lines.append(delimiter.join([str(len(values) + 1), end.strftime("%y.%m.%d %H:%M:%S"), "", "Logged"]))
    return ("\ufeff" + "\n".join(lines) + "\n").encode()


def ibutton(values: list[int | None]) -> bytes:
    head = [
        "1-Wire/iButton Part Number: DS1921G-F5",
        "1-Wire/iButton Registration Number: 1A00000000ABCD21",
        "Is Mission Active?  false",
        f"Mission Start:  {START.strftime('%a %b %d %H:%M:%S')} CET {START.year}",
        "Sample Rate:  Every 15 minute(s)",
        f"Number of Mission Samples:  {len(values)}",
        "High Temperature Alarm:  85 °C",
        "",
        "Date/Time,Unit,Value",
    ]
    rows = [
        f"{at.strftime('%d/%m/%y')} {at.strftime('%I:%M:%S %p').lstrip('0')},C,{_or(value, '')}\n"
        for at, value in zip(moments(len(values)), values, strict=True)
    ]
    return ("\r\n".join(head) + "\r\n" + "".join(rows)).encode("latin-1")


def tinytag(values: list[int | None], suffix: str = " °C") -> bytes:
    head = [
        ",Time,1,2",
        "S/N,,555001,555001",
        "Type,,Tinytag of ours,Tinytag of ours",
        "Description,,Shipper 4,Shipper 4",
        "Property,,Temperature,Humidity",
    ]
    rows = [
        f"{number},{at.isoformat(' ')},{'' if value is None else tenths(value) + suffix},50.0 %RH"
        for number, (at, value) in enumerate(zip(moments(len(values)), values, strict=True), start=1)
    ]
    return "\r\n".join(head + rows).encode("latin-1")


def tandd(values: list[int | None]) -> bytes:
    head = [
        '"Date/Time","Date/Time","No.1","No.2"',
        '"Date/Time","Date/Time","lid","humidity"',
        '"","","°C","%"',
    ]
    rows = [
        f'"{at.isoformat(" ")}","{_serial_day(at)}","{_or(value, "")}","51.0"'
        for at, value in zip(moments(len(values)), values, strict=True)
    ]
    return "\r\n".join(head + rows).encode("latin-1")


def rotronic(values: list[int | None], delimiter: str = "\t", degree: str = "°") -> bytes:
    head = [
        "[#I]Device Description",
        "Shelf 4",
        "",
        "[#S]Device Information",
        "Version = V9.9-9",
        "Serial Number = B11111111",
        "Log Interval = 00:15:00",
        "",
        "[#1]",
        "Humidity = %rh",
        "[#2]",
        f"Temperature = {degree}C",
        "High Alarm Threshold = 8",
        "",
        "[#H]",
        delimiter.join(["Date", "Time", "Humidity", "Temperature"]),
        "",
        "[#D]",
    ]
    padded = [line + delimiter * max(0, 3 - line.count(delimiter)) for line in head]
    rows = [
        delimiter.join([at.strftime("%d/%m/%Y"), at.strftime("%H:%M:%S"), "41.8", _or(value, "")])
        for at, value in zip(moments(len(values)), values, strict=True)
    ]
    return "\r\n".join(padded + rows).encode()


def hanwell(values: list[int | None]) -> bytes:
    at = moments(len(values))
    head = [
        "",
        "Database Valid",
        "  Sensor:,Thermistor/RH",
        "  Serial No:,1234-56789",
        "",
        f"  No. of Readings:,{len(values)}",
        "",
        "Time, Temperature (C),Humidity (RH(%)),",
    ]
    rows = [
        f"{one.strftime('%H:%M:%S')} {one.day:02}/{one.strftime('%b')}/{one.year},{_or(value, '')},40.5,"
        for one, value in zip(at, values, strict=True)
    ]
    return "\n".join(head + rows).encode()


def berlinger(values: list[int | None], zone: str = "0.00") -> bytes:
    """A shipping tag's file, signed."""
    head = [
        "Device: Q-tag CLm doc LR", "Vers: 1.9", "Conf:", " Serial: TEST00001", f" Zone: {zone}",
        " MKT Energy: 83.0", " Logging Interval: 15", " Alarm:", "  1:", "   Type: 2, T AL: 8.0, t AL: 30",
        "Res:", f" TS Start: {START.strftime('%Y-%m-%d %H:%M')}", "Data:",
        "\tyyyy-MM-dd hh:mm\tT\tOut of limits",
    ]  # fmt: skip
    rows = [
        f"\t{at.strftime('%Y-%m-%d %H:%M')}\t{_or(value, '--.-')}\t{'x' if value and value > 800 else ''}"
        for at, value in zip(moments(len(values)), values, strict=True)
    ]
    return signed("".join(f"{line}\r\n" for line in head + rows).encode())


MAKERS: dict[str, Callable[[list[int | None]], bytes]] = {
    "berlinger": berlinger, "hobo": hobo, "ibutton": ibutton, "tinytag": tinytag, "tandd": tandd,
    "rotronic": rotronic, "hanwell": hanwell,
}  # fmt: skip


def _or(value: int | None, nothing: str) -> str:
    return nothing if value is None else tenths(value)


def _serial_day(at: datetime) -> str:
    return f"{(at - datetime(1899, 12, 30)) / timedelta(days=1):.10f}"  # noqa: DTZ001


# --- the device's signature ------------------------------------------------------------


def _little(*numbers: int) -> str:
    return b"".join(number.to_bytes(32, "little") for number in numbers).hex()


def _public(key) -> str:  # type: ignore[no-untyped-def]
    numbers = key.public_key().public_numbers()
    return _little(numbers.x, numbers.y)


def _signature(key, data: bytes) -> str:  # type: ignore[no-untyped-def]
    digest = hashlib.sha256(data).digest()[::-1]
    return _little(*decode_dss_signature(key.sign(digest, ECDSA(Prehashed(SHA256())))))


ROOT = _public(_ROOT_KEY)


def signed(body: bytes) -> bytes:
    """`body` with a certificate under `ROOT` and the device's signature."""
    cert = f"Cert:\r\n Vers: 1.0\r\n Issuer: Nobody\r\n Public Key: {_public(_DEVICE_KEY)}\r\n".encode()
    whole = body + cert + f"Sig Cert: {_signature(_ROOT_KEY, cert)}\r\n".encode()
    return whole + f"Sig: {_signature(_DEVICE_KEY, whole)}\r\n".encode()
