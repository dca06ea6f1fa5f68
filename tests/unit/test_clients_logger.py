"""A logger's own side: places on the grid, packets by count and time, room, and what the ledger said."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from clients.logger.answers import have_of
from clients.logger.buffer import Buffer, Measured, Measuring
from clients.logger.lines import measured_of
from clients.logger.recorder import Recorder
from clients.logger.uplink import Uplink
from ledger.domain.times import milliseconds, timestamp
from ledger.errors import Fault, Malformed, TooMany
from ledger.live.packet import parse_packet
from tests.fake_intake import FakeIntake
from tests.live_packets import KEY, LOGGER, ORIGIN
from tests.logger_stage import MEASURING, START_MS, at, hasty, link

ROOT = Path(__file__).parents[2]


@pytest.fixture
def buffer(tmp_path: Path) -> Iterator[Buffer]:
    made = Buffer(tmp_path / "readings" / "buffer.db")
    yield made
    made.close()


@pytest.fixture
def intake(tmp_path: Path) -> FakeIntake:
    return FakeIntake(KEY.public, tmp_path / "came")


def test_a_packet_is_signed_by_count_or_by_time_and_says_the_last_battery_and_tilt(buffer: Buffer) -> None:
    recorder = Recorder(buffer, KEY, MEASURING, per_packet=3, packet_s=600)
    recorder.take(at(0, 1, battery=80))
    recorder.take(at(1, 2, tilt=30))
    assert buffer.waiting() == []
    recorder.take(at(2, None))
    (held,) = buffer.waiting()
    said = parse_packet(held.raw).readings
    assert (said.first, said.readings_centi_c, said.battery_pct, said.tilt_deg) == (0, [1, 2, None], 80, 30)
    assert said.started_at == timestamp(START_MS)
    recorder.take(at(3, 4))
    recorder.take(at(13, 5))  # ten minutes after it: due, and nothing was measured in between
    assert parse_packet(buffer.waiting(held.number)[0].raw).readings.readings_centi_c == [4, *[None] * 9, 5]


def test_a_reading_takes_the_nearest_place_and_a_second_one_there_begins_a_recording(buffer: Buffer) -> None:
    recorder = Recorder(buffer, KEY, MEASURING)
    first = [recorder.take(at(minutes)) for minutes in (0, 1.4, 1.6, 4)]
    assert [number for _, number in first] == [0, 1, 2, 4]
    again = recorder.take(at(4.3))
    back = recorder.take(at(1))
    late = recorder.take(at(1 + 8_001))
    assert [number for _, number in (again, back, late)] == [0, 0, 0]
    assert len({recording for recording, _ in (first[0], again, back, late)}) == 4


def test_another_interval_range_or_log_is_another_recording_and_the_ended_one_is_signed(
    buffer: Buffer,
) -> None:
    Recorder(buffer, KEY, MEASURING, per_packet=50).take(at(0, 7))
    assert buffer.waiting() == []
    others = [
        Measuring(LOGGER, ORIGIN, 30, -20_000, 8_000),
        Measuring(LOGGER, ORIGIN, 30, -20_000, 9_000),
        Measuring(LOGGER, "other.example", 30, -20_000, 9_000),
    ]
    for minutes, measuring in enumerate(others, 1):
        _, number = Recorder(buffer, KEY, measuring, per_packet=50).take(at(minutes))
        assert number == 0
    assert parse_packet(buffer.waiting()[0].raw).readings.readings_centi_c == [7]
    assert len(buffer.waiting()) == 3
    assert len(buffer.state()) == 4


def test_a_logger_that_starts_again_goes_on_with_its_recording(tmp_path: Path) -> None:
    places = []
    for minutes in (0, 7):
        buffer = Buffer(tmp_path / "buffer.db")
        places.append(Recorder(buffer, KEY, MEASURING, per_packet=99, packet_s=9_000).take(at(minutes)))
        buffer.close()
    assert places == [(places[0][0], 0), (places[0][0], 7)]


@pytest.mark.parametrize(
    "measured",
    [
        Measured(-1, 0),
        Measured(milliseconds("9900-01-01T00:00:00.000Z"), 0),
        Measured(START_MS, -27_301),
        Measured(START_MS, 0, battery=101),
        Measured(START_MS, 0, tilt=-1),
    ],
)
def test_a_reading_that_no_packet_could_say_is_refused_before_it_is_kept(
    buffer: Buffer, measured: Measured
) -> None:
    recorder = Recorder(buffer, KEY, MEASURING)
    with pytest.raises(Malformed, match="bad_reading"):
        recorder.take(measured)
    assert buffer.state() == []


@pytest.mark.parametrize(
    ("measuring", "per_packet"),
    [
        (Measuring(LOGGER, ORIGIN, 0, -20_000, 8_000), 1),
        (Measuring(LOGGER, ORIGIN, 60, 8_000, 8_000), 1),
        (MEASURING, 0),
        (MEASURING, 8_001),
    ],
)
def test_a_logger_that_could_never_sign_does_not_begin(
    buffer: Buffer, measuring: Measuring, per_packet: int
) -> None:
    with pytest.raises(Malformed, match="bad_reading"):
        Recorder(buffer, KEY, measuring, per_packet=per_packet)


def test_the_oldest_that_the_ledger_has_are_let_go_and_what_it_lacks_never_is(
    tmp_path: Path, intake: FakeIntake
) -> None:
    buffer = hasty(Buffer(tmp_path / "buffer.db", most_bytes=100_000))
    recorder, uplink = Recorder(buffer, KEY, MEASURING), Uplink(buffer, link(intake.handle))
    kept = 0
    with pytest.raises(Fault, match="logger_buffer_full"):
        for kept in range(2_000):
            recorder.take(at(kept, kept))
    assert 50 < kept < 500
    assert len(buffer.waiting(most=5_000, most_bytes=1 << 30)) == kept
    uplink.send()
    measured = kept + kept // 2
    for number in range(kept, measured):
        recorder.take(at(number, number))
    (state,) = buffer.state()
    assert state["let_go"] > 0
    assert state["missing"] == [[kept, measured - 1]]
    uplink.send()
    ((_, came),) = intake.readings.items()
    assert [came[number][1] for number in range(measured)] == list(range(measured))
    (state,) = buffer.state()
    assert (state["acknowledged"], state["missing"]) == (measured, [])
    buffer.close()


def test_a_false_word_that_too_much_is_had_is_put_right_by_the_next_true_one(
    buffer: Buffer, intake: FakeIntake
) -> None:
    recorder = Recorder(buffer, KEY, MEASURING)
    recording, _ = [recorder.take(at(number, number)) for number in range(5)][-1]
    buffer.had([(recording, [(0, 99)]), ("ff" * 16, [(0, 99)])])
    assert buffer.waiting() == []
    buffer.had([(recording, [(0, 1), (3, 3)])])
    assert [one.first for one in buffer.waiting()] == [2, 4]
    buffer.had([(recording, [])])
    assert [one.first for one in buffer.waiting()] == [0, 1, 2, 3, 4]


def test_of_very_many_ranges_some_are_told_and_the_others_are_not_taken_back(buffer: Buffer) -> None:
    recorder = Recorder(buffer, KEY, MEASURING)
    recording, _ = [recorder.take(at(number, number)) for number in range(3)][-1]
    buffer.had([(recording, [(0, 2)])])
    buffer.had([(recording, [(2 * number, 2 * number) for number in range(1_000)])])
    assert buffer.waiting() == []
    buffer.had([(recording, [(2 * number, 2 * number) for number in range(999)])])
    assert [one.first for one in buffer.waiting()] == [1]


def test_a_refused_packet_stays_with_its_code_and_is_sent_again(buffer: Buffer, intake: FakeIntake) -> None:
    recorder, uplink = Recorder(buffer, KEY, MEASURING), Uplink(buffer, link(intake.handle))
    for number in range(3):
        recorder.take(at(number, number))
    intake.refuse = lambda packet: "unknown_key" if packet.first == 1 else None
    sent = uplink.send()
    assert (sent.packets, sent.had, sent.refused) == (3, 2, 1)
    (state,) = buffer.state()
    assert (state["missing"], state["refused_codes"]) == ([[1, 1]], ["unknown_key"])
    intake.refuse = lambda _: None
    assert uplink.send().had == 1
    (state,) = buffer.state()
    assert (state["missing"], state["refused"]) == ([], 0)


def test_a_long_backlog_goes_out_in_bodies_of_bounded_size_each_once(
    buffer: Buffer, intake: FakeIntake
) -> None:
    recorder = Recorder(hasty(buffer), KEY, MEASURING)
    for number in range(600):
        recorder.take(at(number, number))
    bodies = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(len(request.content))
        return intake.handle(request)

    assert Uplink(buffer, link(answer)).send().had == 600
    assert len(bodies) == 3
    assert len(intake.packets) == 600


@pytest.mark.parametrize(
    ("response", "kind", "code"),
    [
        (httpx.Response(503, json={"code": "database_down", "detail": "later"}), Fault, "database_down"),
        (httpx.Response(429, json={"code": "busy", "detail": "later"}), TooMany, "busy"),
        (httpx.Response(200, text="<html>"), Fault, "bad_answer"),
        (httpx.Response(200, json={"recordings": [{}], "refused": []}), Fault, "bad_answer"),
        (httpx.Response(200, json={"recordings": [{"recording": "a", "have": [[1]]}], "refused": []}),
         Fault, "bad_answer"),
        (httpx.Response(200, content=b'{"recordings":[],"refused":[{"index":Infinity,"code":"x"}]}'),
         Fault, "bad_answer"),
        (httpx.Response(200, json={"recordings": [], "refused": [{"index": -1, "code": "x"}]}),
         Fault, "bad_answer"),
        (httpx.Response(200, json={"recordings": [], "refused": [{"index": 1, "code": "x"}]}),
         Fault, "bad_answer"),
        (httpx.Response(200, content=b'{"recordings":[],"refused":[{"index":0,"code":"\\ud800"}]}'),
         Fault, "bad_answer"),
        (httpx.Response(200, content=b"[" * 100_000), Fault, "bad_answer"),
        (httpx.Response(503, content=b"[" * 100_000), Fault, "bad_answer"),
        (httpx.Response(503, content=b'{"status":Infinity}'), Fault, "bad_answer"),
        (httpx.Response(200, json={"recordings": [], "refused": []}), Fault, "unreachable"),
    ],
)  # fmt: skip
def test_an_answer_that_says_nothing_moves_nothing(
    buffer: Buffer, response: httpx.Response, kind: type[Exception], code: str
) -> None:
    Recorder(buffer, KEY, MEASURING).take(at(0))
    with pytest.raises(kind, match=code):
        Uplink(buffer, link(lambda _: response)).send()
    assert len(buffer.waiting()) == 1


@pytest.mark.parametrize("said", [None, 5, [5], [[1, 2, 3]], [[2, 1]], [[-1, 2]], [["0", "1"]], [[0, 1.5]]])
def test_ranges_that_are_none_are_refused(said: Any) -> None:
    with pytest.raises(Fault, match="bad_answer"):
        have_of(json.dumps({"recording": "0a" * 16, "have": said}).encode())


def test_ranges_are_joined_and_put_in_order() -> None:
    said = {"recording": "0a" * 16, "have": [[5, 9], [0, 1], [2, 3], [6, 7]]}
    assert have_of(json.dumps(said).encode()) == {"0a" * 16: [(0, 3), (5, 9)]}


def test_a_logger_sends_as_it_measures_and_comes_back_by_itself(buffer: Buffer, intake: FakeIntake) -> None:
    recorder, out = Recorder(buffer, KEY, MEASURING), threading.Event()
    arrived, heard = threading.Semaphore(0), list[str]()

    def answer(request: httpx.Request) -> httpx.Response:
        if out.is_set():
            arrived.release()
            raise httpx.ConnectError("no network")
        response = intake.handle(request)
        arrived.release()
        return response

    uplink, wake, stop = Uplink(buffer, link(answer)), threading.Event(), threading.Event()
    sending = threading.Thread(target=uplink.keep_sending, args=(wake, stop, heard.append, 0.01))
    sending.start()
    try:
        recorder.take(at(0, 1))
        wake.set()
        assert arrived.acquire(timeout=20)
        out.set()
        recorder.take(at(1, 2))
        wake.set()
        assert arrived.acquire(timeout=20)
        out.clear()
        assert arrived.acquire(timeout=20)
    finally:
        stop.set()
        wake.set()
        sending.join(20)
    ((_, came),) = intake.readings.items()
    assert [value for _, value in came.values()] == [1, 2]
    assert "no network" in heard[0]


def test_a_reading_whose_packet_could_not_be_signed_was_not_kept(buffer: Buffer) -> None:
    class Broken(Recorder):
        def _sign(self, *_: Any) -> bytes:
            raise Fault("no_key", "the key is away")

    with pytest.raises(Fault, match="no_key"):
        Broken(buffer, KEY, MEASURING).take(at(0))
    assert buffer.state() == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("-190.125 83 4", Measured(START_MS, -19_012, 83, 4)),
        ("2026-03-01T13:00:00+01:00 4.9", Measured(milliseconds("2026-03-01T12:00:00.000Z"), 490)),
        ("none", Measured(START_MS, None)),
        ("none - 90  # fell over", Measured(START_MS, None, None, 90)),
        ("", None),
        ("# began", None),
    ],
)
def test_a_line_says_a_reading(line: str, found: Measured | None) -> None:
    assert measured_of(line, START_MS) == found


@pytest.mark.parametrize("line", ["warm", "1 2 3 4", "4.9 8.5", "4.9 -1", "4.9 1000", "999"])
def test_a_line_that_says_none_is_refused(line: str) -> None:
    with pytest.raises(Malformed, match="bad_reading"):
        measured_of(line, START_MS)


def test_a_moment_without_its_zone_is_refused() -> None:
    with pytest.raises(Malformed, match="bad_moment"):
        measured_of("2026-03-01T12:00:00 4.9", START_MS)


def test_no_kill_between_two_steps_loses_or_doubles_a_reading(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.unit.logger_victim", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    counted = json.loads(done.stdout)
    assert counted["kills"] >= counted["steps"] > 80
