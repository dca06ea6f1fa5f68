"""From stored bytes to entries: exact for what is whole, and a named fault for what isn't."""

from __future__ import annotations

import hashlib

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.events import to_payload
from ledger.domain.handling_events import Packed
from ledger.errors import Fault
from ledger.proof import canonical, statement
from ledger.proof.keyfile import new_key
from ledger.store.decode import LazyEntry, entry_of
from ledger.store.reading import StoredEntry

PAYLOAD = {
    "type": "Packed",
    "v": 1,
    "occurred_at": "2026-09-21T12:00:00.000Z",
    "seen": None,
    "seq": 7,
    "prev": "ab" * 32,
    "at": {"site": "st-mary", "department": "ward-5"},
    "containers": ["BAG-1"],
    "shipper": "BOX 1",
}


def signed() -> bytes:
    payload = canonical.encode(PAYLOAD)
    return statement.sign(
        new_key(), iss="anna", sub="chain/demo:A-1", aud="log", cti=bytes(16), payload=payload
    )


def test_an_entry_says_what_the_strict_parser_says() -> None:
    raw = signed()
    parsed, entry = statement.parse(raw), entry_of(41, raw, 1000)
    assert (entry.position, entry.recorded_ms) == (41, 1000)
    assert (entry.signer, entry.stream, entry.kid) == (parsed.iss, parsed.sub, parsed.kid.hex())
    assert entry.statement_id == parsed.id.hex() == hashlib.sha256(raw).hexdigest()
    assert isinstance(entry.event, Packed)
    assert to_payload(entry.event) == PAYLOAD


def _with(payload: bytes) -> bytes:
    protected = cbor2.dumps({4: bytes(32), 15: {1: "anna", 2: "chain/demo:A-1", 7: bytes(16)}})
    return cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, bytes(64)]))


DAMAGED = {
    "nothing": b"",
    "no CBOR": b"\xff\xff",
    "cut off": signed()[:-70],
    "no tag": cbor2.dumps([b"", {}, b"", b""]),
    "no array": cbor2.dumps(cbor2.CBORTag(18, 7)),
    "no header": cbor2.dumps(cbor2.CBORTag(18, [cbor2.dumps({}), {}, b"{}", b""])),
    "no JSON": _with(b"{"),
    "no object": _with(b"[]"),
    "no text": _with(b"\xff"),
    "no event": _with(b'{"type": "Packed", "v": 1}'),
    "no such event": _with(b'{"type": "Lost", "v": 1}'),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_bytes_are_a_fault_that_names_the_entry(data: bytes) -> None:
    with pytest.raises(Fault, match="entry 41 is damaged") as caught:
        entry_of(41, data, 1000)
    assert (caught.value.code, caught.value.extra) == ("store_failed", {"position": 41})


def lazy(data: bytes, kind: str = "Packed") -> LazyEntry:
    return LazyEntry(StoredEntry(41, kind, data, 1000))


def test_an_entry_that_is_read_bit_by_bit_says_the_same() -> None:
    raw = signed()
    whole, found = entry_of(41, raw, 1000), lazy(raw)
    for name in ("type", "position", "statement_id", "kid", "signer", "stream", "event", "recorded_ms"):
        assert getattr(found, name) == getattr(whole, name)


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_whoever_looks_into_damaged_bytes_is_told_which_entry_it_is(data: bytes) -> None:
    with pytest.raises(Fault, match="entry 41 is damaged") as caught:
        lazy(data).event  # noqa: B018
    assert (caught.value.code, caught.value.extra) == ("store_failed", {"position": 41})


def test_an_entry_has_no_other_members() -> None:
    with pytest.raises(AttributeError):
        lazy(signed()).events  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("name", ["kid", "signer", "stream"])
def test_a_damaged_header_is_told_too(name: str) -> None:
    with pytest.raises(Fault, match="entry 41 is damaged"):
        getattr(lazy(DAMAGED["no header"]), name)


CUT_OR_ALTERED = {
    "the cti is shorter": {4: bytes(32), 15: {1: "anna", 2: "chain/demo:A-1", 7: bytes(15)}},
    "no cti": {4: bytes(32), 15: {1: "anna", 2: "chain/demo:A-1"}},
    "claims are an array": {4: bytes(32), 15: ["", "anna", "chain/demo:A-1"]},
    "claims are bytes": {4: bytes(32), 15: b"anna"},
    "more behind the cti": {4: bytes(32), 15: {1: "anna", 2: "chain/demo:A-1", 7: b"1" * 16, 8: 0}},
}


@pytest.mark.parametrize("header", CUT_OR_ALTERED.values(), ids=CUT_OR_ALTERED.keys())
def test_a_header_of_another_form_is_damage(header: dict[int, object]) -> None:
    raw = cbor2.dumps(cbor2.CBORTag(18, [cbor2.dumps(header), {}, canonical.encode(PAYLOAD), bytes(64)]))
    with pytest.raises(Fault, match="entry 41 is damaged"):
        entry_of(41, raw, 1000)


@given(st.binary(min_size=16, max_size=16), st.data())
def test_a_header_that_was_cut_is_damage_wherever_it_was_cut(cti: bytes, data: st.DataObject) -> None:
    body = cbor2.loads(signed()).value
    protected = body[0][:-16] + cti
    cut = data.draw(st.integers(0, len(protected) - 1))
    raw = cbor2.dumps(cbor2.CBORTag(18, [protected[:cut], *body[1:]]))
    with pytest.raises(Fault, match="entry 41 is damaged"):
        entry_of(41, raw, 1000)


def test_a_row_that_says_another_event_than_its_bytes_is_damage() -> None:
    with pytest.raises(Fault, match="its row says 'Released', its bytes 'Packed'"):
        lazy(signed(), "Released").event  # noqa: B018
