"""A downloaded log is complete, resumable, and in the layout that an audit reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from clients.download import Downloaded
from clients.keys import Device
from clients.sdk import Client
from ledger.errors import Fault, ProofInvalid
from ledger.proof.checkpoint import open_checkpoint
from ledger.proof.keyfile import new_key
from ledger.proof.keys import SigningKey
from ledger.proof.merkle import root
from ledger.proof.tiles import bundle_hashes, decode_bundle, entries_path, tile_path, tile_reader
from tests.unit.fake_ledger import FakeLedger

MINE = [b"statement %d" % number for number in range(1200)]


@pytest.fixture(scope="module")
def log_key() -> SigningKey:
    return new_key()


@pytest.fixture
def device(tmp_path: Path, log_key: SigningKey) -> Device:
    device = Device(tmp_path / "home", b"passphrase")
    device.make_key()
    device.set_profile(agent="anna", log_key=str(FakeLedger(log_key).vkey))
    return device


def fetch(device: Device, ledger: FakeLedger, folder: Path) -> Downloaded:
    with Client(device, transport=ledger.transport) as client:
        return client.download_log(folder)


def paths(folder: Path) -> Iterator[str]:
    return (str(path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file())


def assert_whole(folder: Path, ledger: FakeLedger) -> None:
    """Every entry is there, and the tiles make the root that the checkpoint signs."""
    head = open_checkpoint((folder / "checkpoint").read_bytes(), ledger.vkey).checkpoint
    assert (head.size, head.root) == (len(ledger.entries), ledger.root)

    def tile(level: int, index: int) -> bytes:
        width = min(256, (head.size >> 8 * level) - 256 * index)
        return (folder / tile_path(level, index, width)).read_bytes()

    assert root(head.size, tile_reader(tile)) == head.root
    entries: list[bytes] = []
    for index in range(-(-head.size // 256)):
        width = min(256, head.size - 256 * index)
        bundle = decode_bundle((folder / entries_path(index, width)).read_bytes())
        assert bundle_hashes(bundle) == tile(0, index)
        entries += bundle
    assert entries == ledger.entries
    assert sorted(int(path.name) for path in (folder / "checkpoints").iterdir()) == list(
        range(1, head.size + 1)
    )


@pytest.mark.parametrize("count", [0, 1, 254, 255, 256, 700])
def test_a_download_holds_the_whole_log(
    device: Device, log_key: SigningKey, tmp_path: Path, count: int
) -> None:
    ledger = FakeLedger(log_key, entries=MINE[:count])
    done = fetch(device, ledger, tmp_path / "log")
    assert (done.size, done.root, done.kept) == (count + 1, ledger.root, 0)
    assert_whole(tmp_path / "log", ledger)


def test_an_update_fetches_only_what_is_new_and_drops_what_it_replaces(
    device: Device, log_key: SigningKey, tmp_path: Path
) -> None:
    folder = tmp_path / "log"
    for count in (99, 520, 700):
        ledger = FakeLedger(log_key, entries=MINE[:count])
        fetch(device, ledger, folder)
        assert_whole(folder, ledger)
    partial = [path for path in paths(folder) if ".p/" in path]
    assert partial == ["tile/0/002.p/189", "tile/1/000.p/2", "tile/entries/002.p/189"]
    assert not (folder / "tile/0/000.p").exists()
    ledger.requests.clear()
    again = fetch(device, ledger, folder)
    assert (again.fetched, again.kept) == (0, 7)
    assert not [path for _, path in ledger.requests if "entries" in path]


def test_an_interrupted_download_goes_on_from_where_it_broke(
    device: Device, log_key: SigningKey, tmp_path: Path
) -> None:
    ledger, folder = FakeLedger(log_key, entries=MINE), tmp_path / "log"
    allowed = 9

    def break_off(request: httpx.Request) -> None:
        nonlocal allowed
        allowed -= 1
        if allowed < 0:
            raise httpx.ReadError("cut", request=request)

    ledger.before = break_off
    broken = 0
    while not (folder / "checkpoint").exists():
        try:
            fetch(device, ledger, folder)
        except Fault:
            broken += 1
            allowed = 60 if broken > 3 else 9
    assert broken > 3
    ledger.before = lambda request: None
    assert_whole(folder, ledger)
    assert not [path for path in paths(folder) if "/." in path]


def test_a_copy_that_is_newer_than_the_server_is_an_alarm(
    device: Device, log_key: SigningKey, tmp_path: Path
) -> None:
    fetch(device, FakeLedger(log_key, entries=MINE[:50]), tmp_path / "log")
    with pytest.raises(ProofInvalid, match="log_went_back"):
        fetch(device, FakeLedger(log_key, entries=MINE[:20]), tmp_path / "log")


def test_a_tile_of_the_wrong_size_is_refused(device: Device, log_key: SigningKey, tmp_path: Path) -> None:
    ledger = FakeLedger(log_key, entries=MINE[:50])
    real = ledger._file
    short = lambda path: httpx.Response(200, content=b"x") if path.startswith("tile/0") else real(path)  # noqa: E731
    ledger._file = short  # type: ignore[method-assign]
    with pytest.raises(ProofInvalid, match="wrong_tile"):
        fetch(device, ledger, tmp_path / "log")
    assert not (tmp_path / "log" / "checkpoint").exists()


def test_progress_counts_up_to_all(device: Device, log_key: SigningKey, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    ledger = FakeLedger(log_key, entries=MINE[:600])
    with Client(device, transport=ledger.transport) as client:
        client.download_log(tmp_path / "log", lambda done, total: steps.append((done, total)))
    assert steps == [(done, 7) for done in range(1, 8)]
