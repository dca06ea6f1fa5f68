"""Laws of a logger's buffer: what was kept arrives once, in its place, whatever happens on the way."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from clients import disk
from clients.logger.buffer import Buffer, Measured, Measuring
from clients.logger.http import HttpLink
from clients.logger.recorder import Recorder
from clients.logger.uplink import Uplink
from ledger.errors import Fault
from tests.fake_intake import FakeIntake
from tests.live_packets import KEY, LOGGER, ORIGIN

MEASURING = Measuring(LOGGER, ORIGIN, 60, -20_000, 8_000)
START_MS = 1_790_000_000_000
MINUTE = 60_000


@contextmanager
def logger(**settings: Any) -> Iterator[tuple[Buffer, Recorder, FakeIntake]]:
    with tempfile.TemporaryDirectory() as folder:
        buffer = Buffer(Path(folder) / "buffer.db")
        with buffer.disk.reading() as db:
            db.execute("PRAGMA synchronous = OFF")
        try:
            yield (
                buffer,
                Recorder(buffer, KEY, MEASURING, **settings),
                FakeIntake(KEY.public, Path(folder) / "came"),
            )
        finally:
            buffer.close()


STEPS = st.lists(
    st.tuples(
        st.integers(-MINUTE, 5 * MINUTE) | st.just(MINUTE) | st.integers(0, 9_000 * MINUTE),
        st.none() | st.integers(-20_000, 8_000),
    ),
    min_size=1,
    max_size=40,
)
LOSSES = st.lists(st.sampled_from(["", "request", "answer"]), max_size=20)


def over(intake: FakeIntake, losses: Iterator[str]) -> HttpLink:
    """A network that loses requests, or answers to requests that arrived."""

    def answer(request: httpx.Request) -> httpx.Response:
        lost = next(losses, "")
        if lost == "request":
            raise httpx.ConnectError("lost")
        response = intake.handle(request)
        if lost == "answer":
            raise httpx.ReadError("lost")
        return response

    return HttpLink("http://ledger.invalid", httpx.MockTransport(answer))


@given(steps=STEPS, losses=LOSSES, per_packet=st.integers(1, 7))
@settings(max_examples=60)
def test_every_reading_arrives_once_in_its_place_whatever_is_lost_on_the_way(
    steps: list[tuple[int, int | None]], losses: list[str], per_packet: int
) -> None:
    with logger(per_packet=per_packet, packet_s=600) as (buffer, recorder, intake):
        uplink = Uplink(buffer, over(intake, iter(losses)))
        kept: dict[tuple[str, int], tuple[int, int | None]] = {}
        at_ms = START_MS
        for step, value in steps:
            at_ms += step
            place = recorder.take(Measured(at_ms, value))
            assert place not in kept
            kept[place] = at_ms, value
            with suppress(Fault):
                uplink.send()
        recorder.flush()
        for _ in losses:
            with suppress(Fault):
                uplink.send()
        uplink.send()
        came = intake.readings
        for (recording, number), (measured_ms, value) in kept.items():
            said_ms, said = came[recording][number]
            assert said == value
            assert abs(said_ms - measured_ms) <= MINUTE // 2
        for recording, readings in came.items():
            assert sorted(readings) == list(range(len(readings)))  # contiguous: a missing number is a loss
            assert all(said is None for n, (_, said) in readings.items() if (recording, n) not in kept)
        assert buffer.waiting() == []
        assert all(one["missing"] == [] for one in buffer.state())


RANGES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=4)


@given(sizes=st.lists(st.integers(1, 5), min_size=1, max_size=10), told=st.lists(RANGES, max_size=5))
@settings(max_examples=60)
def test_what_waits_is_what_the_ledgers_last_word_lacks(
    sizes: list[int], told: list[list[tuple[int, int]]]
) -> None:
    with logger(per_packet=100, packet_s=6000) as (buffer, recorder, _):
        number = 0
        for size in sizes:
            for _ in range(size):
                recorder.take(Measured(START_MS + number * MINUTE, number))
                number += 1
            recorder.flush()
        packets = buffer.waiting()
        has: set[int] = set()
        for spans in told:
            has = {place for first, more in spans for place in range(first, first + more + 1)}
            ranges = [(place, place) for place in sorted(has)]
            joined = []
            for first, last in ranges:
                if joined and joined[-1][1] + 1 == first:
                    joined[-1] = joined[-1][0], last
                else:
                    joined.append((first, last))
            buffer.had([(packets[0].recording, joined)])
        lacking = [one for one in packets if not has.issuperset(range(one.first, one.last + 1))]
        assert buffer.waiting() == lacking


def test_the_disk_of_a_logger_is_as_durable_as_an_outbox(tmp_path: Path) -> None:
    db = disk.connect(tmp_path / "any.db")
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    db.close()
