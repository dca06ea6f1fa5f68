"""A logger's own side: places on the grid, packets by count and time, room, and what the ledger said."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from clients.logger import buffer as buffers
from clients.logger import uplink as uplinks
from clients.logger.answers import Answer, have_of
from clients.logger.buffer import Buffer, Measured, Measuring
from clients.logger.http import HttpLink
from clients.logger.lines import measured_of
from clients.logger.packets import Held, Ranges
from clients.logger.recorder import Recorder
from clients.logger.uplink import Uplink
from ledger.domain.times import milliseconds, timestamp
from ledger.errors import Fault, Malformed, TooMany
from ledger.live.packet import parse_packet
from ledger.proof.keyfile import new_key
from tests.fake_intake import FakeIntake
from tests.live_packets import KEY, LOGGER, ORIGIN

ROOT = Path(__file__).parents[2]
MEASURING = Measuring(LOGGER, ORIGIN, 60, -20_000, 8_000)
START_MS = 1_790_000_000_000
MINUTE = 60_000


@pytest.fixture
def buffer(tmp_path: Path) -> Iterator[Buffer]:
    made = Buffer(tmp_path / "readings" / "buffer.db")
    yield made
    made.close()


@pytest.fixture
def intake(tmp_path: Path) -> FakeIntake:
    return FakeIntake(KEY.public, tmp_path / "came")


def link(answer: Any) -> HttpLink:
    return HttpLink("http://ledger.invalid", httpx.MockTransport(answer))


def hasty(buffer: Buffer) -> Buffer:
    """Without waiting for the disk: no power is cut here."""
    with buffer.disk.reading() as db:
        db.execute("PRAGMA synchronous = OFF")
    return buffer


def at(minutes: float, value: int | None = 0, **more: Any) -> Measured:
    return Measured(START_MS + int(minutes * MINUTE), value, **more)


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


class Judging:
    """A way to a ledger that has the packets for which `takes` is true. It tells refusals, or is `silent`."""

    def __init__(self, takes: Callable[[Held], bool], silent: bool = False) -> None:
        self.takes, self.silent = takes, silent
        self.batches: list[list[int]] = []

    def exchange(self, packets: Sequence[Held]) -> Answer:
        self.batches.append([one.number for one in packets])
        taken = [one for one in packets if self.takes(one)]
        have: dict[str, Ranges] = {one.recording: [(0, one.last)] for one in taken}
        refused = {index: "retired_key" for index, one in enumerate(packets) if one not in taken}
        return Answer(have, {} if self.silent else refused)

    def close(self) -> None: ...


def two_keys(buffer: Buffer, old: int) -> Recorder:
    """A logger with so many packets of a key that the ledger takes no more; its next key's recorder."""
    recorder = Recorder(hasty(buffer), new_key(), MEASURING)
    for number in range(old):
        recorder.take(at(number, number))
    return Recorder(buffer, KEY, Measuring(LOGGER, ORIGIN, 30, -20_000, 8_000))


def of_new_key(one: Held) -> bool:
    return parse_packet(one.raw).statement.kid == KEY.public.kid


@pytest.mark.parametrize("silent", [False, True], ids=["over HTTP", "over MQTT"])
def test_packets_that_are_refused_stand_before_no_other_and_wait_longer_each_time(
    buffer: Buffer, monkeypatch: pytest.MonkeyPatch, silent: bool
) -> None:
    recorder, ledger = two_keys(buffer, 520), Judging(of_new_key, silent)
    uplink, clock = Uplink(buffer, ledger), [START_MS]
    monkeypatch.setattr(buffers, "_now_ms", lambda: clock[0])
    for number in range(3):
        ledger.batches.clear()
        recorder.take(at(600 + number / 2))
        assert uplink.send(patient=True).had == 1
        if number:
            assert ledger.batches == [[521 + number]]  # nothing that was refused goes along
        elif silent:
            assert 521 in ledger.batches[1]  # the first silence already makes it look for newer ones
    waits = []
    for _ in range(8):
        began = clock[0]
        while not (due := buffer.waiting(0, "due", most=600)):
            clock[0] += MINUTE
        waits.append((clock[0] - began) // MINUTE)
        assert len(due) == 520
        recorder.take(at(602 + len(waits) / 2))
        uplink.send(patient=True)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    clock[0] -= 365 * 86_400_000  # a clock that was a year ahead
    assert len(buffer.waiting(0, "due", most=600)) == 520


def test_a_ledger_that_answers_to_nothing_is_out_of_reach_and_nothing_is_put_off(buffer: Buffer) -> None:
    two_keys(buffer, 600)
    nobody = Judging(lambda _: False, silent=True)
    with pytest.raises(Fault, match="has not answered"):
        Uplink(buffer, nobody).send()
    assert [len(batch) for batch in nobody.batches] == [256, 256]
    assert len(buffer.waiting(most=700)) == 600


def test_a_person_who_sends_does_not_wait_until_a_refused_packet_is_due(buffer: Buffer) -> None:
    two_keys(buffer, 2)
    assert Uplink(buffer, Judging(lambda _: False)).send().refused == 2
    assert Uplink(buffer, Judging(lambda _: True)).send(patient=True).packets == 0
    assert Uplink(buffer, Judging(lambda _: True)).send().had == 2


def ended_and_believed(buffer: Buffer) -> None:
    """Five packets of a recording that has ended, all of which a false word says the ledger has."""
    recorder = Recorder(buffer, KEY, MEASURING)
    recording, _ = [recorder.take(at(number, number)) for number in range(5)][-1]
    recorder.take(at(-60))
    buffer.had([(recording, [(0, 2**53 - 1)])])


def test_a_false_word_about_an_ended_recording_is_put_right_at_the_next_start(
    buffer: Buffer, intake: FakeIntake
) -> None:
    ended_and_believed(buffer)
    Uplink(buffer, link(intake.handle)).send(patient=True)
    assert sorted(len(one) for one in intake.readings.values()) == [1, 5]
    assert len(intake.packets) == 6
    assert all(one["missing"] == [] for one in buffer.state())


def test_it_is_put_right_within_a_day_without_a_start_and_nothing_goes_again_before(
    buffer: Buffer, intake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(uplinks, "monotonic", lambda: now[0])
    uplink = Uplink(buffer, link(intake.handle))
    uplink.send()
    ended_and_believed(buffer)
    uplink.send()
    assert len(intake.packets) == 1
    now[0] += 86_401
    uplink.send()
    assert len(intake.packets) == 6 + 1  # the other recording's last one again


def test_a_ledger_restored_from_a_backup_gets_what_it_lost(buffer: Buffer, intake: FakeIntake) -> None:
    ended_and_believed(buffer)
    Uplink(buffer, link(intake.handle)).send()
    kept = [one.raw for one in intake.packets]
    intake.path.write_bytes(b"".join(kept[:2]))
    Uplink(buffer, link(intake.handle)).send(patient=True)
    assert sorted(len(one) for one in intake.readings.values()) == [1, 5]


def test_all_that_is_still_here_goes_again_where_a_person_wants_it(
    buffer: Buffer, intake: FakeIntake
) -> None:
    ended_and_believed(buffer)
    Uplink(buffer, link(intake.handle)).send()
    assert Uplink(buffer, link(intake.handle)).send(everything=True) == (6, 6, 0)
    assert len(intake.packets) == 12
    intake.refuse = lambda _: "retired_key"  # says nothing about what it has
    assert Uplink(buffer, link(intake.handle)).send(everything=True).refused == 6
    assert all(one["missing"] == [] and one["refused"] == 0 for one in buffer.state())


def test_a_recording_that_another_logger_began_ends_here(buffer: Buffer, intake: FakeIntake) -> None:
    recorder, uplink = Recorder(buffer, KEY, MEASURING), Uplink(buffer, link(intake.handle))
    taken, _ = recorder.take(at(0))
    intake.refuse = lambda packet: "recording_of_another" if packet.recording == taken else None
    uplink.send()
    places = [recorder.take(at(minutes)) for minutes in (1, 2)]
    assert [number for _, number in places] == [0, 1]
    assert places[0][0] == places[1][0] != taken
    assert uplink.send(patient=True).had == 2


def test_a_reading_whose_packet_could_not_be_signed_was_not_kept(buffer: Buffer) -> None:
    class Broken(Recorder):
        def _sign(self, *_: Any) -> bytes:
            raise Fault("no_key", "the key is away")

    with pytest.raises(Fault, match="no_key"):
        Broken(buffer, KEY, MEASURING).take(at(0))
    assert buffer.state() == []


def test_a_buffer_of_before_learns_to_wait(tmp_path: Path) -> None:
    made = Buffer(tmp_path / "buffer.db")
    Recorder(made, KEY, MEASURING).take(at(0))
    with made.disk.writing() as db:
        for index in ("packet_new", "packet_due"):
            db.execute(f"DROP INDEX {index}")
        for name in ("refusals", "next_try_ms"):
            db.execute(f"ALTER TABLE packet DROP COLUMN {name}")
    made.close()
    again = Buffer(tmp_path / "buffer.db")
    assert Uplink(again, Judging(lambda _: False)).send().refused == 1
    assert again.waiting(0, "due") == []
    again.close()


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (None, "no answer from"),
        (RuntimeError("nobody thought of it"), "nothing was sent: RuntimeError('nobody thought of it')"),
    ],
)
def test_whatever_comes_instead_of_an_answer_is_told_and_ends_no_sending(
    buffer: Buffer, intake: FakeIntake, trouble: Exception | None, told: str
) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        if trouble:
            raise trouble
        page = httpx.ByteStream(b"<html>")  # of a hotel, and not packed as it says
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=page)

    Recorder(buffer, KEY, MEASURING).take(at(0))
    heard: list[str] = []
    assert not Uplink(buffer, link(answer)).try_to_send(heard.append)
    assert told in heard[0]
    assert Uplink(buffer, link(intake.handle)).try_to_send(heard.append)


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
