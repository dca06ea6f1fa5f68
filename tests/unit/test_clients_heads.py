"""A device notices when the log shows it two histories, or hides one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from clients.disk import Disk
from clients.heads import Head, Heads
from clients.keys import Device
from clients.sdk import Client
from ledger.errors import Fault, ProofInvalid
from ledger.proof.keyfile import new_key
from ledger.proof.keys import SigningKey
from tests.unit.fake_ledger import FakeLedger

CHAIN = "chain/isbt128:CHA9999260000AB"
THAW = {"type": "ThawStarted", "at": {"site": "st-mary", "department": "ward-5"}, "containers": ["BAG-1"]}
MINE = [b"statement %d" % number for number in range(700)]


@pytest.fixture(scope="module")
def log_key() -> SigningKey:
    return new_key()


@pytest.fixture
def device(tmp_path: Path, log_key: SigningKey) -> Device:
    device = Device(tmp_path / "home", b"passphrase")
    device.make_key()
    device.set_profile(agent="anna", log_key=str(FakeLedger(log_key).vkey))
    return device


@pytest.fixture
def heads(tmp_path: Path) -> Iterator[Heads]:
    disk = Disk(tmp_path / "heads.db")
    yield Heads(disk)
    disk.close()


def client_of(device: Device, ledger: FakeLedger) -> Client:
    return Client(device, transport=ledger.transport)


@pytest.mark.parametrize("sizes", [(1, 2), (1, 255, 256, 257), (3, 600), (256, 512), (300, 301, 700)])
def test_a_log_that_grows_is_followed(device: Device, log_key: SigningKey, sizes: tuple[int, ...]) -> None:
    for size in sizes:
        with client_of(device, FakeLedger(log_key, entries=MINE[: size - 1])) as client:
            assert client.refresh().size == size


@pytest.mark.parametrize(("agreed", "first", "second"), [(0, 5, 5), (3, 5, 9), (300, 400, 600)])
def test_a_log_with_two_histories_is_caught_whichever_is_longer(
    device: Device, log_key: SigningKey, agreed: int, first: int, second: int
) -> None:
    other = MINE[:agreed] + [b"another " + entry for entry in MINE[agreed:]]
    with client_of(device, FakeLedger(log_key, entries=MINE[:first])) as client:
        client.refresh()
    with client_of(device, FakeLedger(log_key, entries=other[:second])) as client:
        with pytest.raises(ProofInvalid, match="fork_detected") as caught:
            client.refresh()
        assert len(caught.value.extra["heads"]) == 2
        assert len(client.heads.unchecked()) == 1
        assert client.heads.newest() is not None
        with pytest.raises(ProofInvalid, match="fork_detected"):
            client.refresh()


def test_a_log_that_lost_what_it_had_signed_is_caught(device: Device, log_key: SigningKey) -> None:
    with client_of(device, FakeLedger(log_key, entries=MINE[:300])) as client:
        client.refresh()
    for entries in (MINE[:12], MINE[5:17]):
        with client_of(device, FakeLedger(log_key, entries=entries)) as client:
            with pytest.raises(ProofInvalid, match="log_went_back") as caught:
                client.refresh()
            assert [head["size"] for head in caught.value.extra["heads"]] == [13, 301]


def test_the_fork_is_raised_by_a_receipt_as_well(device: Device, log_key: SigningKey) -> None:
    with client_of(device, FakeLedger(log_key, entries=MINE[:5])) as client:
        client.refresh()
    with client_of(device, FakeLedger(log_key, entries=MINE[5:15])) as client:
        with pytest.raises(ProofInvalid, match="fork_detected"):
            client.record(THAW, CHAIN)
        assert [held.state for held in client.outbox.held()] == ["accepted"]


def test_an_older_head_of_the_same_history_is_no_fork(device: Device, log_key: SigningKey) -> None:
    old, new = (FakeLedger(log_key, entries=MINE[:count]) for count in (9, 300))
    with client_of(device, new) as client:
        client.refresh()
        client.heads.meet(Head(10, old.root, b""))
        assert client.refresh().size == 301
        assert client.heads.unchecked() == []


def test_wrong_tiles_are_told_apart_from_a_fork(device: Device, log_key: SigningKey) -> None:
    with client_of(device, FakeLedger(log_key, entries=MINE[:20])) as client:
        client.refresh()
    ledger = FakeLedger(log_key, entries=MINE[:30])
    ledger.tiles[0, 0] = bytes(len(ledger.tiles[0, 0]))
    with client_of(device, ledger) as client, pytest.raises(ProofInvalid, match="wrong_tiles"):
        client.refresh()


def test_a_log_that_hides_its_tiles_is_reported(device: Device, log_key: SigningKey) -> None:
    with client_of(device, FakeLedger(log_key, entries=MINE[:20])) as client:
        client.refresh()
    ledger = FakeLedger(log_key, entries=MINE[:30])
    ledger.tiles.clear()
    with client_of(device, ledger) as client, pytest.raises(ProofInvalid, match="tiles_withheld"):
        client.refresh()


def test_a_partial_tile_that_is_gone_is_read_from_the_full_one(device: Device, log_key: SigningKey) -> None:
    with client_of(device, FakeLedger(log_key, entries=MINE[:19])) as client:
        client.refresh()
    shown, grown = (FakeLedger(log_key, entries=MINE[:count]) for count in (99, 300))

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/log/checkpoint":
            return shown.handle(request)
        if ".p/" in request.url.path:
            return httpx.Response(404, json={"status": 404, "code": "not_found"})
        return grown.handle(request)

    with Client(device, transport=httpx.MockTransport(answer)) as client:
        assert client.refresh().size == 100


def test_heads_that_could_not_be_checked_are_checked_the_next_time(
    device: Device, log_key: SigningKey
) -> None:
    ledger = FakeLedger(log_key, entries=MINE[:20])

    def no_tiles(request: httpx.Request) -> None:
        if request.url.path.startswith("/log/tile"):
            raise httpx.ConnectError("gone", request=request)

    with client_of(device, ledger) as client:
        client.refresh()
        ledger.before = no_tiles
        client.record(THAW, CHAIN)
        assert [head.size for head in client.heads.unchecked()] == [22]
        with pytest.raises(Fault, match="unreachable"):
            client.refresh()
        ledger.before = lambda request: None
        assert client.refresh().size == 22
        assert client.heads.unchecked() == []


def test_a_checkpoint_of_another_key_is_refused(device: Device) -> None:
    with (
        client_of(device, FakeLedger(new_key())) as client,
        pytest.raises(ProofInvalid, match="bad_checkpoint"),
    ):
        client.refresh()


def test_only_the_newest_checked_head_is_kept(heads: Heads) -> None:
    ledger = FakeLedger(new_key(), entries=MINE[:10])
    reader = ledger_reader(ledger)
    for count in (3, 5, 8):
        heads.meet(Head(count, FakeLedger(ledger.key, entries=MINE[: count - 1]).root, b"note"))
        assert heads.check(reader) is not None
    newest = heads.newest()
    assert newest
    assert newest.size == 8
    with heads._disk.reading() as db:
        assert db.execute("SELECT count(*) FROM head").fetchone() == (1,)


def ledger_reader(ledger: FakeLedger):  # type: ignore[no-untyped-def]
    from ledger.proof.tiles import tile_reader

    return lambda size: tile_reader(lambda level, index: ledger.tiles[level, index])
