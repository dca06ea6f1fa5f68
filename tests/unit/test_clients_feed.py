"""The feed's stream is read strictly however it is cut, and followed over broken connections."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.sse import format_sse_event
from hypothesis import given
from hypothesis import strategies as st

from clients.feed import MAX_LINE, EventStream, Feed, Message
from clients.keys import Device
from clients.sdk import Client
from ledger.errors import Fault, NotFound, TooMany, UnbrokenError
from ledger.proof import canonical
from ledger.proof.keyfile import new_key
from tests.unit.fake_ledger import FakeLedger, problem

TYPES = st.sampled_from(["Packed", "CustodyReleased", "LogOpened"])
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1, max_size=40)
ENTRIES = st.tuples(st.integers(0, 2**53 - 1), TYPES, TEXTS).map(Message._make)
MESSAGES = ENTRIES | st.integers(-1, 2**53 - 1).map(Message)
CUTS = st.lists(st.integers(0, 600), max_size=12)


def written(message: Message) -> bytes:
    """As the server writes it."""
    return format_sse_event(id=str(message.id), event=message.event or None, data_str=message.data or None)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    at = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    return [data[start:stop] for start, stop in pairwise(at)]


def read(chunks: list[bytes]) -> tuple[list[Message], bool]:
    """The messages, and whether the stream was refused behind them."""
    stream, found = EventStream(), list[Message]()
    try:
        for chunk in chunks:
            found.extend(stream.take(chunk))
    except Fault as fault:
        return found, fault.code == "bad_answer"
    return found, False


@given(st.lists(MESSAGES), CUTS)
def test_what_the_server_writes_is_read_however_it_is_cut(messages: list[Message], cuts: list[int]) -> None:
    data = b": still here\n\n".join([b"", *map(written, messages)])
    assert read(pieces(data, cuts)) == (messages, False)
    assert read([data[at : at + 1] for at in range(len(data))]) == (messages, False)


@given(st.binary(max_size=300) | st.lists(MESSAGES).map(lambda m: b"".join(map(written, m))), CUTS, st.data())
def test_the_cuts_never_change_what_is_read(data: bytes, cuts: list[int], draw: st.DataObject) -> None:
    if data:
        at = draw.draw(st.integers(0, len(data) - 1))
        data = data[:at] + draw.draw(st.binary(max_size=3)) + data[at + 1 :]
    assert read(pieces(data, cuts)) == read([data])


def test_what_is_unfinished_is_thrown_away() -> None:
    whole = written(Message(7, "Packed", "{}"))
    assert [read([whole[:end]]) for end in range(len(whole))] == [([], False)] * len(whole)
    assert read([whole]) == ([Message(7, "Packed", "{}")], False)


@pytest.mark.parametrize(
    "data",
    [
        b"id: 1\r\n\r\n",
        b"id:1\n\n",
        b"id\n\n",
        b"id: 01\n\n",
        b"id: -2\n\n",
        b"id: x\n\n",
        b"id: \n\n",
        b"id: 1\nid: 2\n\n",
        b"\xef\xbb\xbfid: 1\n\n",
        b"id: 1\nevent: Packed\n\n",
        b"id: 1\ndata: {}\n\n",
        b"event: Packed\ndata: {}\n\n",
        b"id: 1\nevent: Packed\ndata: {\ndata: }\n\n",
        b"comment: 1\n\n",
        b"event: \xff\n",
        b"x" * (MAX_LINE + 1),
        b":" * (MAX_LINE + 1) + b"\n",
    ],
    ids=lambda data: data[:30],
)
def test_what_the_server_would_not_write_is_refused(data: bytes) -> None:
    good = written(Message(0, "Packed", "{}"))
    assert read([good + data]) == ([Message(0, "Packed", "{}")], True)


# --- following ------------------------------------------------------------------------------


@pytest.fixture
def ledger() -> FakeLedger:
    return FakeLedger(new_key())


@pytest.fixture
def client(tmp_path: Path, ledger: FakeLedger) -> Iterator[Client]:
    device = Device(tmp_path / "home", b"passphrase")
    device.make_key()
    device.set_profile(agent="anna", log_key=str(ledger.vkey))
    ledger.documents["/v1/log"] = {"size": 5}
    with Client(device, transport=ledger.transport) as client:
        yield client


def entry(number: int, **changed: Any) -> bytes:
    document = {"position": number, "type": "Packed", "signer": "anna"} | changed
    return written(Message(number, "Packed", canonical.encode(document).decode()))


def passed(position: int) -> bytes:
    return written(Message(position))


def broken(*blocks: bytes) -> Iterator[bytes]:
    yield from blocks
    raise httpx.ReadError("connection reset by peer")


def followed(client: Client, count: int, after: int | None = 0) -> tuple[Feed, list[int], list[float]]:
    """So many entries, and how long it paused."""
    feed, pauses = client.feed(after), list[float]()
    feed._pause = pauses.append
    return feed, [one["position"] for one in islice(feed, count)], pauses


def test_a_feed_goes_on_where_its_connection_broke(client: Client, ledger: FakeLedger) -> None:
    ledger.streams = [
        broken(passed(0), entry(1), entry(3)[:-1]),
        broken(),
        [entry(3), passed(7)],
        [entry(8)],
    ]
    _, positions, pauses = followed(client, 3)
    assert positions == [1, 3, 8]
    assert ledger.resumed == ["0", "1", "1", "7"]
    assert pauses == [1.0, 2.0, 1.0]


def test_a_feed_begins_with_what_comes_after_it_was_asked_for(client: Client, ledger: FakeLedger) -> None:
    ledger.streams = [[entry(5)]]
    feed, positions, _ = followed(client, 1, None)
    assert (positions, ledger.resumed, feed.position) == ([5], ["4"], 5)


def test_a_session_that_ran_out_is_opened_anew(client: Client, ledger: FakeLedger) -> None:
    ledger.streams = [[entry(1)], problem(401, "no_session"), [entry(2)]]
    assert followed(client, 2)[1] == [1, 2]
    assert ledger.requests.count(("POST", "/v1/session")) == 2


def test_a_session_that_is_refused_again_and_again_is_an_error(client: Client, ledger: FakeLedger) -> None:
    ledger.streams = [problem(401, "no_session"), problem(401, "no_session")]
    with pytest.raises(UnbrokenError, match="no_session"):
        followed(client, 1)


def test_a_server_that_is_away_is_waited_for_longer_and_longer(client: Client, ledger: FakeLedger) -> None:
    away = [problem(503, "store_unavailable"), problem(429, "too_many_feeds")] * 4
    ledger.streams = [[entry(1)], *away, [entry(2)]]
    _, positions, pauses = followed(client, 2)
    assert positions == [1, 2]
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30, 30]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(404, "not_recorded_yet"), NotFound),
        (problem(429, "too_many_feeds"), TooMany),
        (problem(503, "closing"), Fault),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_the_first_connection_is_told_is_raised(
    client: Client, ledger: FakeLedger, answer: dict[str, Any], kind: type[UnbrokenError]
) -> None:
    ledger.streams = [answer]
    with pytest.raises(kind):
        followed(client, 1)


@pytest.mark.parametrize(
    "block",
    [
        entry(1),
        entry(0),
        passed(0),
        entry(2, position=3),
        entry(2, type="Released"),
        written(Message(2, "Packed", json.dumps([2]))),
        written(Message(2, "Packed", '{"position": 2, "type": "Packed"}')),
        b"nonsense\n",
    ],
)
def test_an_entry_that_comes_twice_or_is_another_is_an_error(
    client: Client, ledger: FakeLedger, block: bytes
) -> None:
    ledger.streams = [[entry(1), block, entry(4)]]
    feed = client.feed(0)
    found = iter(feed)
    assert next(found)["position"] == 1
    with pytest.raises(Fault, match="bad_answer"):
        next(found)
    assert feed.position == 1
