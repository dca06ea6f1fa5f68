"""Signed notes (c2sp.org/signed-note): a text, an empty line, and lines of signatures.

Parsing is strict: what we would not write is refused, except signatures by keys that we
don't know, which a verifier ignores as the specification asks.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from ledger.errors import Malformed, ProofInvalid, UnbrokenError
from ledger.proof.keys import ED25519, PublicKey, SigningKey

SIGNATURE = 0x01  # Ed25519 over the text
COSIGNATURE = 0x04  # timestamped Ed25519, c2sp.org/tlog-cosignature
MAX_SIGNATURES = 100
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_VKEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")


class Named(Protocol):
    """What a signature line is found by."""

    @property
    def name(self) -> str: ...
    @property
    def key_id(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A key that notes are checked with: `name+hash+base64(alg || key)`."""

    name: str
    alg: int
    public: PublicKey

    @property
    def key_id(self) -> bytes:
        """`SHA-256(name || 0x0A || alg || key)[:4]`."""
        return hashlib.sha256(f"{self.name}\n".encode() + bytes([self.alg]) + self.public.raw).digest()[:4]

    def __str__(self) -> str:
        material = base64.b64encode(bytes([self.alg]) + self.public.raw).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Raises `Malformed` (`malformed_vkey`)."""
        match = _VKEY.fullmatch(text)
        material = unbase64(match[3]) if match else b""
        if not match or len(material) != 33 or not is_name(match[1]):
            raise Malformed("malformed_vkey", f"{text[:120]!r} is not an Ed25519 verifier key")
        try:
            found = vkey_of(match[1], PublicKey.from_raw(material[1:]), material[0])
        except UnbrokenError as error:
            raise Malformed("malformed_vkey", error.detail) from None
        if found.key_id.hex() != match[2]:
            raise Malformed("malformed_vkey", "the verifier key's hash doesn't fit its name and key")
        return found

    def as_type(self, alg: int) -> VerifierKey:
        """The same key and name for another kind of signature."""
        return VerifierKey(self.name, alg, self.public)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: `signature` is what follows the four bytes of the key id."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """`text` ends in a newline and is what was signed."""

    text: str
    signatures: tuple[Signature, ...]


def vkey_of(name: str, public: PublicKey, alg: int = SIGNATURE) -> VerifierKey:
    """Raises `Malformed` (`malformed_vkey`) for a name with a space or a plus."""
    if not is_name(name) or public.alg != ED25519 or alg not in (SIGNATURE, COSIGNATURE):
        raise Malformed("malformed_vkey", f"{name!r} with this key makes no verifier key")
    return VerifierKey(name, alg, public)


def is_name(name: str) -> bool:
    """ "Key names MUST be non-empty and MUST NOT contain any Unicode spaces or plus"; nor, with
    us, anything that cannot be seen."""
    return bool(name) and name.isprintable() and " " not in name and "+" not in name


def parse_note(data: bytes) -> Note:
    """Raises `Malformed` (`malformed_note`)."""
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise Malformed("malformed_note", "not UTF-8") from None
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not lines.endswith("\n") or _CONTROL.search(whole):
        raise Malformed("malformed_note", "a note is a text, an empty line and lines of signatures")
    signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > MAX_SIGNATURES:
        raise Malformed("malformed_note", f"{len(signatures)} signatures; at most {MAX_SIGNATURES} are read")
    return Note(text + "\n", signatures)


def _signature(line: str) -> Signature:
    match = _LINE.fullmatch(line)
    blob = unbase64(match[2]) if match else b""
    if not match or len(blob) < 5:
        raise Malformed("malformed_note", f"{line[:80]!r} is not a signature line")
    return Signature(match[1], blob[:4], blob[4:])


def sign_note(text: str, vkey: VerifierKey, key: SigningKey) -> str:
    """One signature line over a text that ends in a newline. `key` is `vkey`'s private half."""
    return signature_line(vkey, key.sign(text.encode()))


def signature_line(vkey: Named, signature: bytes) -> str:
    return f"— {vkey.name} {base64.b64encode(vkey.key_id + signature).decode()}\n"


def find(note: Note, vkey: Named) -> bytes:
    """The one signature under that key. Raises `ProofInvalid` (`no_signature`)."""
    found = [s.signature for s in note.signatures if (s.name, s.key_id) == (vkey.name, vkey.key_id)]
    if len(found) != 1:
        raise ProofInvalid("no_signature", f"{len(found)} signatures by {vkey.name!r}, where one is due")
    return found[0]


def verify_note(data: bytes, vkeys: Iterable[VerifierKey]) -> Note:
    """Check a plain note against each key given; others' signatures are ignored.

    Stricter than the specification, where one known signature is enough: a caller names the
    keys that it relies on, so each of them must have signed, once. `vkeys` are of the plain
    kind; a cosignature (0x04) is checked by `checkpoint.open_checkpoint`, which knows its time.
    Raises `Malformed` (`malformed_note`), `ProofInvalid` (`no_signature`, `bad_note`).
    """
    note, relied_on = parse_note(data), list(vkeys)
    if not relied_on:
        raise ProofInvalid("no_signature", "a note that is checked against no key proves nothing")
    for vkey in relied_on:
        if vkey.alg != SIGNATURE:
            raise ProofInvalid("bad_note", f"{vkey.name}: a cosigner's key, which signs no plain note")
        check_signature(vkey, find(note, vkey), note.text.encode(), "bad_note")
    return note


def check_signature(vkey: VerifierKey, signature: bytes, message: bytes, code: str) -> None:
    """Raises `ProofInvalid` with the given code."""
    try:
        vkey.public.verify(ED25519, signature, message)
    except UnbrokenError as error:
        raise ProofInvalid(code, f"{vkey.name}: {error.detail}") from None


def unbase64(text: str) -> bytes:
    """Canonical standard base64, or empty bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:  # binascii.Error, and what Python says of letters beyond ASCII
        return b""
    return data if base64.b64encode(data).decode() == text else b""
