"""The ledger's side of `POST /v1/readings`, as documented: strict packets in, ranges and refusals out.

What it stored is a file of packets, so that it outlives a sender that is killed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx

from ledger.errors import UnbrokenError
from ledger.live.packet import Packet, parse_packet, verify_packet
from ledger.proof.keys import PublicKey
from ledger.proof.sequence import split


class FakeIntake:
    """`refuse` gives a code for a packet that it does not take."""

    def __init__(
        self, key: PublicKey, path: Path, refuse: Callable[[Packet], str | None] | None = None
    ) -> None:
        self.key = key
        self.path = path
        self.refuse = refuse or (lambda _: None)

    @property
    def packets(self) -> list[Packet]:
        """What was stored, in order, with all that came again."""
        return [parse_packet(raw) for raw in split(self.path.read_bytes())] if self.path.exists() else []

    @property
    def readings(self) -> dict[str, dict[int, tuple[int, int | None]]]:
        """By recording and number: moment and value. Fails where a number was said in two ways."""
        found: dict[str, dict[int, tuple[int, int | None]]] = {}
        for packet in self.packets:
            of = found.setdefault(packet.recording, {})
            for index, value in enumerate(packet.readings.readings_centi_c):
                said = (packet.started_ms + index * packet.interval_ms, value)
                assert of.setdefault(packet.first + index, said) == said
        return found

    def have(self, recording: str) -> list[list[int]]:
        ranges: list[list[int]] = []
        for number in sorted(self.readings.get(recording, ())):
            if ranges and ranges[-1][1] + 1 == number:
                ranges[-1][1] = number
            else:
                ranges.append([number, number])
        return ranges

    def handle(self, request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/v1/readings")
        assert request.headers["content-type"] == "application/cbor-seq"
        recordings, refused = set(), []
        for index, raw in enumerate(split(request.content)):
            packet = parse_packet(raw)
            recordings.add(packet.recording)
            code = self.take(packet)
            if code:
                refused.append({"index": index, "code": code, "detail": code})
        have = [{"recording": one, "have": self.have(one)} for one in sorted(recordings)]
        return httpx.Response(200, text=json.dumps({"recordings": have, "refused": refused}))

    def take(self, packet: Packet) -> str | None:
        try:
            verify_packet(packet, self.key)
        except UnbrokenError as error:
            return error.code
        code = self.refuse(packet)
        if code is None:
            with self.path.open("ab") as file:
                file.write(packet.raw)
        return code
