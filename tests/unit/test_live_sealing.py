"""What the ledger says of a segment: by lots of containers, and never more than a statement holds."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from ledger.domain.custody import Holder
from ledger.domain.events import parse_event
from ledger.domain.placements import Placement
from ledger.domain.times import milliseconds, timestamp
from ledger.live.packet import parse_packet
from ledger.live.sealing import statements
from ledger.live.segment import read_segment, write
from ledger.proof import canonical, statement
from tests.live_packets import KEY, LOGGER, STARTED, packet

COI, OTHER = "isbt128:CHA999926000001", "isbt128:CHA999926000002"
STARTED_MS = milliseconds(STARTED)
MINUTE_MS = 60_000
ENVELOPE = {
    "occurred_at": STARTED,
    "seen": {"size": 2**50, "root": "ab" * 32},
    "seq": 2**50,
    "prev": "ab" * 32,
}


def said(values: list[int | None], placed: list[Placement], carrier: bool = False) -> list[dict[str, Any]]:
    (raw,) = write([parse_packet(packet(values))])
    file = read_segment(raw, lambda _: KEY.public)
    return statements(file, placed, timestamp(STARTED_MS + 10**10), carrier)


def placed(name: str = "BAG-1", coi: str = COI, since: int = 0, until: int | None = None) -> Placement:
    ends_ms = None if until is None else STARTED_MS + until * MINUTE_MS
    at = Holder("st-mary", "ward-5")
    return Placement(LOGGER, coi, name, 7, "S-1", at, "frozen", STARTED_MS + since * MINUTE_MS, ends_ms)


def test_containers_that_share_their_time_share_a_statement() -> None:
    together = [placed("BAG-2"), placed("BAG-1"), placed("BAG-3", until=2)]
    first, second = said([1, 2, 3, 4], together)
    assert (first["containers"], first["readings_centi_c"]) == (["BAG-1", "BAG-2"], [1, 2, 3, 4])
    assert (second["containers"], second["readings_centi_c"]) == (["BAG-3"], [1, 2])


def test_on_a_carriers_stream_it_says_whose_each_container_is() -> None:
    (one,) = said([1], [placed("BAG-2", OTHER), placed("BAG-1")], carrier=True)
    assert one["containers"] == ["BAG-1", "BAG-2"]
    assert one["therapies"] == [
        {"coi": COI, "containers": ["BAG-1"]},
        {"coi": OTHER, "containers": ["BAG-2"]},
    ]


def test_where_no_reading_falls_into_the_time_nothing_is_said() -> None:
    assert said([1, 2], [placed(since=5)]) == []


def test_the_most_readings_of_the_most_containers_fit_into_statements_without_a_hole() -> None:
    """As long as names may be, and as cold as a reading may be."""
    values: list[int | None] = [-27_300] * 8_000
    bags = [placed(f"{number:04}" + "A" * 44, COI if number % 2 else OTHER) for number in range(200)]
    found = said(values, bags, carrier=True)
    assert len(found) > 1
    assert [value for one in found for value in one["readings_centi_c"]] == values
    for earlier, later in pairwise(found):
        behind_ms = milliseconds(earlier["started_at"]) + len(earlier["readings_centi_c"]) * MINUTE_MS
        assert milliseconds(later["started_at"]) == behind_ms
    for one in found:
        payload = one | ENVELOPE
        parse_event(payload)
        raw = statement.sign(KEY, iss="ledger", sub="shipment/" + "a" * 64, aud="log.example/" + "a" * 200,
                             cti=bytes(16), payload=canonical.encode(payload))  # fmt: skip
        assert len(raw) <= statement.MAX_STATEMENT
