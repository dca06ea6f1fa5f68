"""RFC 8785's reference documents, and the `rfc8785` package as an oracle.

We write a subset (no floats, ASCII names, an object at the top). Of the six documents two
lie within it; each of the others is refused, for the reason listed.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Malformed
from ledger.proof import canonical
from tests.conformance.vectors import vectors

# document: why `encode` refuses its value, why `decode` refuses its canonical text
DOCUMENTS: dict[str, tuple[str | None, str | None]] = {
    "arrays": (None, "malformed_json"),  # an array at the top
    "french": ("not_json", "not_canonical"),  # names that aren't ASCII
    "structures": (None, None),
    "unicode": (None, None),
    "values": ("float_in_payload", "float_in_payload"),
    "weird": ("not_json", "not_canonical"),
}

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
NAMES = st.text(st.characters(max_codepoint=127), max_size=12)
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=6)


def document(name: str) -> tuple[Any, bytes]:
    """The value as JavaScript reads it (56.0 is the number 56), and its canonical text."""
    data = vectors("rfc8785-json-canonicalization") / "testdata"
    text = (data / "input" / f"{name}.json").read_text(encoding="utf-8")
    value = json.loads(text, parse_float=lambda t: int(float(t)) if float(t) == 56 else float(t))
    published = bytes.fromhex((data / "outhex" / f"{name}.txt").read_text())
    assert published == (data / "output" / f"{name}.json").read_bytes().rstrip(b"\n")
    return value, published


def test_all_six_documents_are_written_as_published_or_refused_for_a_listed_reason() -> None:
    ran = 0
    for name, (why, _) in DOCUMENTS.items():
        value, published = document(name)
        assert rfc8785.dumps(value) == published  # the oracle itself
        if why is None:
            assert canonical.encode(value) == published
        else:
            with pytest.raises(Malformed) as refusal:
                canonical.encode(value)
            assert refusal.value.code == why
        ran += 1
    assert ran == 6


def test_all_six_canonical_texts_are_read_or_refused_for_a_listed_reason() -> None:
    ran = 0
    for name, (_, why) in DOCUMENTS.items():
        value, published = document(name)
        if why is None:
            assert canonical.decode(published) == value
        else:
            with pytest.raises(Malformed) as refusal:
                canonical.decode(published)
            assert refusal.value.code == why
        ran += 1
    assert ran == 6


@given(VALUES)
def test_within_the_subset_we_write_what_the_oracle_writes(value: Any) -> None:
    assert canonical.encode(value) == rfc8785.dumps(value)


@given(OBJECTS)
def test_what_we_write_reads_back_as_the_same(value: dict[str, Any]) -> None:
    assert canonical.decode(canonical.encode(value)) == value


@given(OBJECTS)
def test_another_spelling_of_the_same_value_is_refused(value: dict[str, Any]) -> None:
    ours = canonical.encode(value)
    for other in (json.dumps(value), json.dumps(value, indent=1), json.dumps(value, ensure_ascii=False)):
        if other.encode() != ours:
            with pytest.raises(Malformed) as refusal:
                canonical.decode(other.encode())
            assert refusal.value.code == "not_canonical"


@given(st.floats() | st.integers(max_value=-(2**53)) | st.integers(min_value=2**53))
def test_floats_and_big_integers_are_refused_both_ways(number: float) -> None:
    with pytest.raises(Malformed) as writing:
        canonical.encode({"deep": [{"number": number}]})
    with pytest.raises(Malformed) as reading:
        canonical.decode(json.dumps({"deep": [{"number": number}]}, separators=(",", ":")).encode())
    codes = {writing.value.code, reading.value.code}
    assert codes == {"float_in_payload" if isinstance(number, float) else "integer_out_of_range"}
