"""One parser per format: what it would write it reads, anything else is `Malformed`.

Two laws for each format, over random bytes, over valid ones altered, cut, spliced or with
their lines in another order, and over CBOR with any part replaced: a parser raises nothing
but `Malformed` with a code of its own, and what it accepts is written again as the very
same bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import Malformed
from ledger.proof import canonical, checkpoint, merkle, note, receipt, statement, tiles
from ledger.proof.keyfile import new_key
from ledger.proof.keys import ED25519, ES256
from ledger.proof.note import VerifierKey
from tests.property.mangled import altered, grafted_envelope

KEYS = [new_key(ED25519), new_key(ES256)]
ORIGIN = "log.example/unbroken"
HEAD = checkpoint.Checkpoint(ORIGIN, 11, bytes(range(32)), ("an extension", "another"))
NOTE = checkpoint.sign_checkpoint(HEAD, KEYS[0], 1_790_000_000)
PROOF = [merkle.leaf_hash(bytes([number])) for number in range(4)]
CLAIMS: dict[str, Any] = {"iss": "nora", "sub": "chain/x:ABCD", "aud": ORIGIN, "cti": bytes(range(16))}


@dataclass(frozen=True)
class Format:
    """How a format is read and written, which codes refuse it, and valid examples."""

    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes]
    codes: set[str]
    examples: list[bytes]


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def write_note(found: note.Note) -> bytes:
    pairs = [(one.name, base64.b64encode(one.key_id + one.signature).decode()) for one in found.signatures]
    return (found.text + "\n" + "".join(f"— {name} {blob}\n" for name, blob in pairs)).encode()


def write_receipt(found: receipt.Receipt) -> bytes:
    signed = found.protected, found.signature
    return receipt.encode_receipt(signed, found.size, found.index, list(found.proof))


def receipts() -> list[bytes]:
    made = [(key, size) for key in KEYS for size in (9, 70_000)]
    signed = [
        (receipt.receipt_signature(key, ORIGIN, size, bytes(32), 1_790_000_000), size) for key, size in made
    ]
    return [receipt.encode_receipt(each, size, 3, PROOF) for each, size in signed]


def payloads() -> list[bytes]:
    values = [{}, {"a": [1, -1, 0], "b": {"c": None, "d": True}}, {"é".encode().hex(): 'é"\\\n\x01\u2028😀'}]
    return [canonical.encode(value) for value in values]


def paths() -> list[bytes]:
    found = [tiles.tile_path(level, index) for level in (0, 7, 63) for index in (0, 999, 1000, 1234067)]
    found += [tiles.tile_path(1, 5, width) for width in (1, 12, 255)] + [tiles.entries_path(10**9, 200)]
    return [path.encode() for path in found]


def statements() -> list[bytes]:
    return [statement.sign(key, **CLAIMS, payload=b'{"type":"ThawStarted","v":1}') for key in KEYS]


VKEYS = [note.vkey_of(name, KEYS[0].public, alg) for name in (ORIGIN, "é") for alg in (1, 4)]
STATEMENT_CODES = {
    "malformed_cbor",
    "malformed_cose",
    "unknown_header",
    "unsupported_algorithm",
    "wrong_content_type",
}
PAYLOAD_CODES = {"malformed_json", "float_in_payload", "integer_out_of_range", "not_canonical"}
FORMATS = {
    "statement": Format(statement.parse, lambda found: bytes(found.raw), STATEMENT_CODES, statements()),
    "receipt": Format(receipt.parse_receipt, write_receipt, {"malformed_receipt"}, receipts()),
    "payload": Format(canonical.decode, canonical.encode, PAYLOAD_CODES, payloads()),
    "note": Format(
        note.parse_note, write_note, {"malformed_note"}, [NOTE, NOTE + b"\xe2\x80\x94 a b26s1uw=\n"]
    ),
    "vkey": Format(
        lambda data: VerifierKey.parse(text_of(data)),
        lambda found: bytes_of(str(found)),
        {"malformed_vkey"},
        [str(vkey).encode() for vkey in VKEYS],
    ),
    "checkpoint": Format(
        lambda data: checkpoint.parse_checkpoint(text_of(data)),
        lambda found: bytes_of(found.body()),
        {"malformed_checkpoint"},
        [HEAD.body().encode(), checkpoint.Checkpoint("é", 0, bytes(32)).body().encode()],
    ),
    "tlog-proof": Format(
        receipt.parse_tlog_proof,
        lambda found: receipt.encode_tlog_proof(*found),
        {"malformed_tlog_proof"},
        [receipt.encode_tlog_proof(3, PROOF, NOTE, extra) for extra in (b"", b"carried along")],
    ),
    "tile path": Format(
        lambda data: tiles.parse_tile_path(text_of(data)),
        lambda ref: bytes_of(tiles.tile_path(ref.level, ref.index, ref.width)),
        {"malformed_tile_path"},
        paths(),
    ),
    "bundle": Format(
        tiles.decode_bundle,
        tiles.encode_bundle,
        {"malformed_bundle"},
        [tiles.encode_bundle(entries) for entries in ([], [b""], [b"a", b"bc" * 200, b""], [b""] * 256)],
    ),
}
ENVELOPES = ["statement", "receipt"]
SHAPES = {  # what looks like it, and seldom is
    "tile path": r"tile/[0-9entris]{1,7}(/x?[0-9]{1,4}){1,4}(\.p/[0-9]{1,4})?",
    "checkpoint": r"[^\n]{0,9}\n[0-9]{1,21}\n[A-Za-z0-9+/=]{43,45}\n([^\n]{0,5}\n)?",
    "vkey": r"[^\n]{0,5}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{43,45}",
    "note": r"[^\n]{0,5}\n{1,3}(— [^\n]{1,3} [A-Za-z0-9+/=]{8}\n){0,3}",
    "tlog-proof": r"c2sp.org/tlog-proof@v1\n(extra [a-z=]{0,8}\n)?(index \d{0,21}\n)?([A-z=]{0,5}\n){0,3}\n",
    "payload": r'\{"[a-zé]{1,2}":([0-9e.+\-]{1,19}|\[(-?\d{1,3}|"(\\u00[01][0-9a-fA-F]|\\[a-z])"),true])\}',
}

every_format = pytest.mark.parametrize("name", FORMATS)


def check(kind: Format, data: bytes) -> bool:
    """Both laws for these bytes; any exception but `Malformed` fails the test. True if accepted."""
    code, found = "", None
    try:
        found = kind.read(data)
    except Malformed as error:
        code = error.code
    assert code in kind.codes if code else kind.write(found) == data
    return not code


@st.composite
def reordered(draw: st.DrawFn, data: bytes) -> bytes:
    """The lines of a text in another order, some left out or twice."""
    lines = data.splitlines(keepends=True)
    return b"".join(draw(st.lists(st.sampled_from(lines), max_size=12))) if lines else b""


@every_format
def test_every_example_is_read_and_written_again(name: str) -> None:
    kind = FORMATS[name]
    assert all(check(kind, example) for example in kind.examples)


@every_format
@given(data=st.data())
def test_random_bytes_are_refused_as_malformed_or_written_again(name: str, data: st.DataObject) -> None:
    kind, middle = FORMATS[name], data.draw(st.binary(max_size=200))
    check(kind, middle)
    example = data.draw(st.sampled_from(kind.examples))
    start = data.draw(st.integers(0, len(example)))
    check(kind, example[:start] + middle)
    check(kind, middle + example[start:])


@every_format
@given(data=st.data())
@settings(max_examples=200)
def test_altered_bytes_are_refused_as_malformed_or_written_again(name: str, data: st.DataObject) -> None:
    kind = FORMATS[name]
    example = data.draw(st.sampled_from(kind.examples))
    check(kind, data.draw(altered(example) | reordered(example)))


@pytest.mark.parametrize("name", ENVELOPES)
@given(data=st.data())
@settings(max_examples=200)
def test_an_envelope_with_any_part_replaced_is_refused_as_malformed_or_written_again(
    name: str, data: st.DataObject
) -> None:
    kind = FORMATS[name]
    check(kind, data.draw(grafted_envelope(data.draw(st.sampled_from(kind.examples)))))


@pytest.mark.parametrize("name", SHAPES)
@given(data=st.data())
def test_what_looks_like_it_is_refused_as_malformed_or_written_again(name: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(SHAPES[name], fullmatch=True))
    check(FORMATS[name], text.encode("utf-8", "replace"))
