"""An e-signature holds for one payload, to the last bit of every member."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.events import parse_event
from ledger.domain.registry_events import PasskeyAdded
from ledger.errors import UnbrokenError
from ledger.proof import canonical
from ledger.proof.assertion import Passkey
from ledger.verify.esignatures import check_assertion, passkey_of
from tests.authenticator import Authenticator

PASSKEY = Authenticator(private=ec.derive_private_key(11, ec.SECP256R1()))
ENVELOPE: dict[str, Any] = {"occurred_at": "2026-03-01T09:30:00.000Z", "seq": 3, "prev": "ab" * 32}
SEEN = {"seen": {"size": 9, "root": "cd" * 32}}
RELEASED = ENVELOPE | SEEN | {
    "type": "Released", "v": 1, "chain_version": 12, "site": "northcell-1", "containers": ["DOSE-1"],
    "certificate": "ef" * 32, "countries": ["GB"], "protocols": ["UB-001"],
}  # fmt: skip
SIGNED = PASSKEY.esign(RELEASED)
ENROLLED = passkey_of(
    PasskeyAdded.model_validate(ENVELOPE | SEEN | {"type": "PasskeyAdded", "v": 1} | PASSKEY.enrolment)
)


def found(credential: str) -> Passkey | None:
    return ENROLLED if credential == PASSKEY.credential else None


def accepts(raw: bytes) -> bool:
    """As intake and audit do, from the bytes of the payload."""
    try:
        payload = canonical.decode(raw)
        event = parse_event(payload)
        check_assertion(event, payload, found)
    except UnbrokenError:
        return False
    return event.esignature is not None and event.esignature.method == "passkey"


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in inside:
        yield from leaves(inner, (*path, step))
    if not isinstance(value, dict | list):
        yield path


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    made = dict(value) if isinstance(value, dict) else list(value)
    made[path[0]] = changed(value[path[0]], path[1:], new)
    return made


def test_the_payload_as_it_was_signed_is_accepted() -> None:
    assert accepts(canonical.encode(SIGNED))


def test_every_single_flipped_bit_of_the_payload_is_refused() -> None:
    raw = canonical.encode(SIGNED)
    for bit in range(8 * len(raw)):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not accepts(bytes(flipped)), (bit, raw[bit // 8 - 20 : bit // 8 + 20])


@given(path=st.sampled_from(sorted(leaves(SIGNED), key=str)), data=st.data())
def test_every_changed_member_is_refused(path: tuple[Any, ...], data: st.DataObject) -> None:
    old = SIGNED
    for step in path:
        old = old[step]  # type: ignore[assignment]
    new = data.draw(st.integers(0, 2**53 - 1) if isinstance(old, int) else st.text("abcdef0123", min_size=1))
    if new != old:
        assert not accepts(canonical.encode(changed(SIGNED, path, new)))


@given(seq=st.integers(0, 1000), meaning=st.sampled_from(["approval", "review"]))
def test_an_assertion_moves_to_no_other_payload(seq: int, meaning: str) -> None:
    other = PASSKEY.esign(RELEASED | {"seq": seq}, meaning)
    moved = RELEASED | {"esignature": other["esignature"]}
    same = (seq, meaning) == (RELEASED["seq"], "approval")
    assert accepts(canonical.encode(other))
    assert accepts(canonical.encode(moved)) == (seq == RELEASED["seq"])
    assert (moved == SIGNED) == same


@pytest.mark.parametrize("taken", ["credential", "authenticator_data", "client_data", "signature"])
def test_no_part_of_the_assertion_may_be_missing(taken: str) -> None:
    said = {name: one for name, one in SIGNED["esignature"]["assertion"].items() if name != taken}
    without = SIGNED | {"esignature": SIGNED["esignature"] | {"assertion": said}}
    assert not accepts(canonical.encode(without))
