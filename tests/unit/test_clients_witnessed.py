"""What a client takes from a log whose heads are cosigned, and what it refuses to believe."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients.cli.evidence import _cosigners
from clients.download import Downloaded
from clients.keys import Device
from clients.sdk import Client
from ledger.errors import Malformed, ProofInvalid
from ledger.proof.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from ledger.proof.note import COSIGNATURE, parse_note
from ledger.proof.witnesses import Policy, parse_policy
from tests.unit.fake_ledger import ORIGIN, TIME_S, FakeLedger
from tests.witness_stage import cosigned, key, policy

LOG_KEY = key(1)
TWO_OF_THREE = policy(2, 11, 12, 13)


@pytest.fixture
def device(tmp_path: Path) -> Device:
    device = Device(tmp_path / "home", b"passphrase")
    device.make_key()
    device.set_profile(agent="anna", log_key=str(FakeLedger(LOG_KEY).vkey))
    return device


def ledger(entries: int, witnessed: int = 0, by: tuple[int, ...] = (11, 13)) -> FakeLedger:
    found = FakeLedger(LOG_KEY, entries=[b"statement %d" % number for number in range(entries - 1)])
    found.witnessed = cosigned(found.notes[witnessed - 1], *by) if witnessed else b""
    return found


def fetch(device: Device, log: FakeLedger, folder: Path, asked: Policy | None = TWO_OF_THREE) -> Downloaded:
    with Client(device, transport=log.transport) as client:
        return client.download_log(folder, policy=asked)


def lines(path: Path) -> int:
    return len(parse_note(path.read_bytes()).signatures)


def test_with_a_policy_the_copy_ends_with_the_newest_head_that_meets_it(
    device: Device, tmp_path: Path
) -> None:
    done = fetch(device, ledger(9, witnessed=7), tmp_path / "log")
    assert (done.size, done.left) == (7, 2)
    assert (tmp_path / "log" / "checkpoint").read_bytes() == cosigned(ledger(9).notes[6], 11, 13)
    assert sorted(int(path.name) for path in (tmp_path / "log" / "checkpoints").iterdir()) == [*range(1, 8)]
    assert lines(tmp_path / "log" / "checkpoints" / "7") == 4


def test_without_a_policy_the_copy_is_whole_and_holds_the_cosignatures_too(
    device: Device, tmp_path: Path
) -> None:
    done = fetch(device, ledger(9, witnessed=7), tmp_path / "log", None)
    assert (done.size, done.left) == (9, 0)
    assert lines(tmp_path / "log" / "checkpoints" / "7") == 4
    assert lines(tmp_path / "log" / "checkpoints" / "9") == 2


def test_cosignatures_that_came_later_are_fetched_for_a_head_that_is_there(
    device: Device, tmp_path: Path
) -> None:
    fetch(device, ledger(9), tmp_path / "log", None)
    fetch(device, ledger(9, witnessed=9), tmp_path / "log")
    assert lines(tmp_path / "log" / "checkpoints" / "9") == lines(tmp_path / "log" / "checkpoint") == 4


def test_a_copy_beyond_the_cosigned_head_does_not_shrink(device: Device, tmp_path: Path) -> None:
    fetch(device, ledger(9), tmp_path / "log", None)
    done = fetch(device, ledger(9, witnessed=7), tmp_path / "log")
    assert (done.size, done.left) == (9, 0)
    assert lines(tmp_path / "log" / "checkpoints" / "7") == 4


@pytest.mark.parametrize("by", [(), (11,), (11, 14)], ids=["nobody", "one", "one, and a stranger"])
def test_too_few_witnesses_are_not_enough(device: Device, tmp_path: Path, by: tuple[int, ...]) -> None:
    with pytest.raises(ProofInvalid, match="policy_not_met"):
        fetch(device, ledger(9, witnessed=7, by=by), tmp_path / "log")
    assert not (tmp_path / "log" / "checkpoint").exists()


def test_a_server_that_asks_no_witness_meets_no_policy(device: Device, tmp_path: Path) -> None:
    with pytest.raises(ProofInvalid, match="policy_not_met"):
        fetch(device, ledger(9), tmp_path / "log")


def itself() -> Policy:
    return parse_policy(f"witness w {FakeLedger(LOG_KEY).vkey.as_type(COSIGNATURE)}\nquorum w\n".encode())


def test_a_copy_is_not_made_for_a_policy_that_has_the_log_witness_itself(
    device: Device, tmp_path: Path
) -> None:
    with pytest.raises(Malformed, match="malformed_policy"):
        fetch(device, ledger(9, witnessed=9), tmp_path / "log", itself())
    assert not (tmp_path / "log").exists()


def test_a_proof_does_not_meet_a_policy_that_has_the_log_witness_itself() -> None:
    log = ledger(9)
    with pytest.raises(Malformed, match="malformed_policy"):
        _cosigners(open_checkpoint(log.notes[-1], log.vkey), log.vkey, itself())


def test_a_cosignature_of_another_head_is_refused(device: Device, tmp_path: Path) -> None:
    log = ledger(9, witnessed=7)
    other = cosigned(log.notes[5], 11, 13).split(b"\n\n")[1].split(b"\n", 2)[2]
    log.witnessed = log.notes[6] + other
    with pytest.raises(ProofInvalid, match="bad_cosignature"):
        fetch(device, log, tmp_path / "log")


def test_two_heads_of_one_size_are_a_fork_and_the_first_is_kept(device: Device, tmp_path: Path) -> None:
    log = ledger(9, witnessed=7)
    forged = sign_checkpoint(Checkpoint(ORIGIN, 7, bytes(32)), LOG_KEY, TIME_S)
    log.witnessed = cosigned(forged, 11, 13)
    with pytest.raises(ProofInvalid, match="fork_detected"):
        fetch(device, log, tmp_path / "log", None)
    kept = open_checkpoint((tmp_path / "log" / "checkpoints" / "7").read_bytes(), log.vkey).checkpoint
    assert kept.root != bytes(32)
