"""Signature lines of notes and checkpoints: one too many, too few, or of the wrong kind.

The forgeries here are made with the log's own key, or beside its lines: what holds them
off is the form, not the signature.
"""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import ProofInvalid, UnbrokenError
from ledger.proof import checkpoint, note
from ledger.proof.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from ledger.proof.keyfile import new_key
from ledger.proof.keys import SigningKey

KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = new_key()
ORIGIN = "log.example/unbroken"
ROOT = bytes(range(32))
TIME = 1_790_000_000
VKEY = checkpoint.log_vkey(ORIGIN, KEY.public)
COSIGNER = VKEY.as_type(note.COSIGNATURE)
HEAD = Checkpoint(ORIGIN, 7, ROOT)
BODY = HEAD.body()
SIGNED = sign_checkpoint(HEAD, KEY, TIME).decode()
PLAIN, STAMPED = SIGNED.splitlines(keepends=True)[-2:]


def code(check: Any, *case: Any) -> str:
    try:
        check(*case)
    except UnbrokenError as error:
        return error.code
    return "accepted"


def opened(text: str) -> str:
    return code(open_checkpoint, text.encode(), VKEY)


def stamped(body: str, time_s: int) -> str:
    """A cosignature line by the log's own key."""
    signature = KEY.sign(checkpoint.cosigned_message(body, time_s))
    return note.signature_line(COSIGNER, time_s.to_bytes(8, "big") + signature)


LINES = {
    "as signed": (f"{PLAIN}{STAMPED}", "accepted"),
    "in the other order": (f"{STAMPED}{PLAIN}", "accepted"),
    "a stranger's line between": (
        f"{PLAIN}{note.sign_note(BODY, note.vkey_of('w', OTHER.public), OTHER)}{STAMPED}",
        "accepted",
    ),
    "no time": (PLAIN, "bad_checkpoint"),
    "a time alone": (STAMPED, "bad_checkpoint"),
    "the plain line twice": (f"{PLAIN}{PLAIN}{STAMPED}", "bad_checkpoint"),
    "two times": (f"{PLAIN}{STAMPED}{stamped(BODY, TIME + 1)}", "bad_checkpoint"),
    "the time of another tree": (f"{PLAIN}{stamped(BODY.replace('7', '8'), TIME)}", "bad_checkpoint"),
    "a time beyond 2^63": (f"{PLAIN}{stamped(BODY, 2**63)}", "bad_checkpoint"),
    "the largest time": (f"{PLAIN}{stamped(BODY, 2**63 - 1)}", "accepted"),
    "another's line under our name and id": (
        note.signature_line(VKEY, OTHER.sign(BODY.encode())) + STAMPED,
        "bad_checkpoint",
    ),
    "the plain signature as a cosignature": (
        PLAIN + note.signature_line(COSIGNER, bytes(8) + KEY.sign(BODY.encode())),
        "bad_checkpoint",
    ),
    "a cosignature with a byte behind": (
        PLAIN
        + note.signature_line(COSIGNER, bytes(8) + KEY.sign(checkpoint.cosigned_message(BODY, 0)) + b"\0"),
        "bad_checkpoint",
    ),
    "a cosignature without its time": (
        PLAIN + note.signature_line(COSIGNER, KEY.sign(BODY.encode())),
        "bad_checkpoint",
    ),
}


@pytest.mark.parametrize("case", LINES)
def test_a_checkpoint_needs_exactly_one_plain_and_one_timed_line_of_the_log(case: str) -> None:
    lines, expected = LINES[case]
    assert opened(f"{BODY}\n{lines}") == expected


def test_a_checkpoint_of_another_origin_is_refused_though_the_same_key_signed_it() -> None:
    body = Checkpoint("log.example/other", 7, ROOT).body()
    text = f"{body}\n{note.sign_note(body, VKEY, KEY)}{stamped(body, TIME)}"
    assert opened(text) == "bad_checkpoint"


LINE = note.signature_line(VKEY, bytes(64))
NO_NOTES = {
    "nothing": b"",
    "no gap": b"text\n" + LINE.encode(),
    "no signature": b"text\n\n",
    "a signature without its newline": b"text\n\n" + LINE.encode()[:-1],
    "a hyphen for the dash": b"text\n\n" + LINE.replace("—", "-").encode(),
    "two spaces": b"text\n\n" + LINE.replace(" ", "  ", 1).encode(),
    "a name with a plus": b"text\n\n" + LINE.replace(ORIGIN, "a+b").encode(),
    "no name": b"text\n\n" + LINE.replace(ORIGIN, "").encode(),
    "a key id alone": b"text\n\n" + note.signature_line(VKEY, b"").encode(),
    "a carriage return": b"te\rxt\n\n" + LINE.encode(),
    "a tab": b"te\txt\n\n" + LINE.encode(),
    "a null": b"te\0xt\n\n" + LINE.encode(),
    "bytes that are no UTF-8": b"te\xfft\n\n" + LINE.encode(),
    "a surrogate": b"te\xed\xa0\x80t\n\n" + LINE.encode(),
    "101 signatures": b"text\n\n" + LINE.encode() * 101,
    "a text behind": b"text\n\n" + LINE.encode() + b"more\n",
}


@pytest.mark.parametrize("case", NO_NOTES)
def test_what_is_not_a_text_a_gap_and_signature_lines_is_no_note(case: str) -> None:
    assert code(note.parse_note, NO_NOTES[case]) == "malformed_note"


def test_a_note_holds_a_hundred_signatures_and_empty_lines_within() -> None:
    found = note.parse_note(b"a\n\nb\n\n" + LINE.encode() * 100)
    assert (found.text, len(found.signatures)) == ("a\n\nb\n", 100)


def test_finding_a_signature_goes_by_name_and_key_together() -> None:
    found = note.parse_note(SIGNED.encode())
    assert note.find(found, VKEY) == KEY.sign(BODY.encode())
    with pytest.raises(ProofInvalid, match="no_signature"):
        note.find(found, note.vkey_of("log.example/other", KEY.public))
