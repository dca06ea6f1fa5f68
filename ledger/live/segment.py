"""A segment: the packets of some time of one recording, as a logger's own file.

A CBOR sequence (RFC 8742) of the packets exactly as they were signed, by the number of their first
reading. Each packet begins behind the one before it, in number and in moment, and has its interval
and range. So packets that came in any order, or several times, make the same bytes, and whoever has
the bytes and the log's keys reads what the logger measured, and that it was the logger that said so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, pairwise

from ledger.cold_chain.evidence import MOST_PLACES, MOST_READINGS
from ledger.cold_chain.logger_file import Channel, DeviceSignature, LoggerFile, Zone
from ledger.cold_chain.refusals import Unreadable
from ledger.domain.seals import READ_AS
from ledger.errors import Malformed, Unauthentic
from ledger.live.packet import Packet, parse_packet, verify_packet
from ledger.proof.keys import PublicKey
from ledger.proof.sequence import split
from ledger.proof.statement import Statement

MOST_MISSING = MOST_READINGS - 1  # places between its packets, in all: each is a null that is signed
NAME, ZONE = READ_AS.format, READ_AS.zone  # packets say UTC
CHANNEL = "temperature"
MOST_BYTES = 8 << 20  # of a segment that is written; what is more begins another one

KeyOf = Callable[[Statement], PublicKey | None]
"""The key that a packet's statement names, if its log (`aud`) enrolled it for its signer (`iss`)."""


def write(packets: Iterable[Packet]) -> list[bytes]:
    """The segments that these packets make, in order; each packet stands in one of them, once.

    One is enough where a logger keeps to one grid. Where packets contradict each other (two of the same
    number, another interval, a clock that went back), or too many readings are missing, a new segment begins:
    no packet is left out, and none is preferred.
    """
    once = {one.raw: one for one in packets}
    segments: list[list[Packet]] = []
    size = missing = 0
    for one in sorted(once.values(), key=_order):
        size += len(one.raw)
        missing += _missing(segments[-1][-1], one) if segments else 0
        full = size > MOST_BYTES or missing > MOST_MISSING
        if not segments or full or not _continues(segments[-1][0], segments[-1][-1], one):
            segments.append([])
            size, missing = len(one.raw), 0
        segments[-1].append(one)
    return [b"".join(one.raw for one in segment) for segment in segments]


def read_segment(raw: bytes, key_of: KeyOf) -> LoggerFile:
    """What the logger measured, and whether it signed so. `started_at_ms`: of the first reading.

    The signature is `valid` where every packet verifies under a key that `key_of` gives, else `failed`.
    A reading's line is its packet's number in the file, from 1. Raises `Unreadable`.
    """
    packets = _packets(raw)
    first = packets[0]
    return LoggerFile(
        format=NAME,
        why=f"{len(packets)} packets of recording {first.recording}",
        serial=first.logger,
        model=None,
        raw_sha256=hashlib.sha256(raw).hexdigest(),
        encoding="cbor",
        zone=Zone(0, "packets say UTC"),
        channels=(_channel(packets),),
        interval_s=first.readings.interval_s,
        started_at_ms=first.started_ms,
        device_signature=_signature(packets, key_of),
        range_centi_c=(first.readings.range_low_centi_c, first.readings.range_high_centi_c),
    )


def _order(packet: Packet) -> tuple[str, str, int, int, bytes]:
    return packet.logger, packet.recording, packet.first, packet.started_ms, packet.statement.id


def _follows(earlier: Packet, later: Packet) -> bool:
    """What a reader asks of two packets that stand one behind the other."""
    return (
        (later.logger, later.recording) == (earlier.logger, earlier.recording)
        and later.first > earlier.last
        and later.started_ms > earlier.last_ms
        and _instrument(later) == _instrument(earlier)
    )


def _instrument(packet: Packet) -> tuple[int, int, int]:
    said = packet.readings
    return said.interval_s, said.range_low_centi_c, said.range_high_centi_c


def _continues(first: Packet, earlier: Packet, later: Packet) -> bool:
    """True if evidence can be made of a segment from `first` to `later`: no grid too long for it."""
    return _follows(earlier, later) and later.last_ms - first.started_ms <= MOST_PLACES * later.interval_ms


def _missing(earlier: Packet, later: Packet) -> int:
    """Places of the grid between two packets; where they are no neighbours it does not matter."""
    return max((later.started_ms - earlier.last_ms - 1) // later.interval_ms, 0)


def _packets(raw: bytes) -> list[Packet]:
    found = [_packet(number, item) for number, item in enumerate(_items(raw), 1)]
    if not found:
        raise Unreadable("the segment is empty", "a segment holds at least one packet")
    for number, (earlier, later) in enumerate(pairwise(found), 2):
        if not _follows(earlier, later):
            what = f"packet {number} does not follow the one before it in number, moment, interval and range"
            raise Unreadable(what, "a segment holds one recording's packets in order")
    return found


def _items(raw: bytes) -> list[bytes]:
    try:
        return split(raw)
    except Malformed as error:
        raise Unreadable(error.detail, "get the segment as it was kept") from None


def _packet(number: int, item: bytes) -> Packet:
    try:
        return parse_packet(item)
    except Malformed as error:
        raise Unreadable(
            f"packet {number}: {error.detail}", "get the segment again, as it was kept"
        ) from None


def _channel(packets: Sequence[Packet]) -> Channel:
    rows = [row for number, packet in enumerate(packets, 1) for row in _rows(number, packet)]
    moments, values, lines = zip(*rows, strict=True)
    return Channel(CHANNEL, moments, values, lines)


def _rows(number: int, packet: Packet) -> Iterator[tuple[int, int | None, int]]:
    for at_ms, value in zip(
        count(packet.started_ms, packet.interval_ms), packet.readings.readings_centi_c, strict=False
    ):
        yield at_ms, value, number


def _signature(packets: Sequence[Packet], key_of: KeyOf) -> DeviceSignature:
    wrong = [told for number, one in enumerate(packets, 1) if (told := _unsigned(number, one, key_of))]
    if wrong:
        return DeviceSignature("failed", tuple(wrong))
    told = f"{len(packets)} packets are signed with a key that the log enrolled for {packets[0].logger}"
    return DeviceSignature("valid", (told,))


def _unsigned(number: int, packet: Packet, key_of: KeyOf) -> str | None:
    """Why a packet's signature proves nothing; None: it is the logger's."""
    key = key_of(packet.statement)
    if key is None:
        kid = packet.statement.kid.hex()
        return f"packet {number}: the log holds no key {kid} of {packet.logger} that counts"
    try:
        verify_packet(packet, key)
    except (Malformed, Unauthentic) as error:
        return f"packet {number}: {error.detail}"
    return None
