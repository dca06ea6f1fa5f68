"""How a logger sends: what is refused stands before nothing else, and what the ledger has is asked again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from clients.logger import buffer as buffers
from clients.logger import uplink as uplinks
from clients.logger.answers import Answer
from clients.logger.buffer import Buffer, Measuring
from clients.logger.packets import Held, Ranges
from clients.logger.recorder import Recorder
from clients.logger.uplink import Uplink
from ledger.errors import Fault
from ledger.live.packet import parse_packet
from ledger.proof.keyfile import new_key
from tests.fake_intake import FakeIntake
from tests.live_packets import KEY, LOGGER, ORIGIN
from tests.logger_stage import MEASURING, MINUTE, START_MS, at, hasty, link


@pytest.fixture
def buffer(tmp_path: Path) -> Iterator[Buffer]:
    made = Buffer(tmp_path / "readings" / "buffer.db")
    yield made
    made.close()


@pytest.fixture
def intake(tmp_path: Path) -> FakeIntake:
    return FakeIntake(KEY.public, tmp_path / "came")


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
