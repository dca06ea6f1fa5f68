"""Notes, checkpoints, receipts and proof files: their exact forms, and each refusal by its code."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from ledger.errors import Malformed, ProofInvalid, UnbrokenError
from ledger.proof import checkpoint, merkle, note, receipt, statement, tiles
from ledger.proof.checkpoint import Checkpoint, log_vkey, open_checkpoint, parse_checkpoint, sign_checkpoint
from ledger.proof.keyfile import new_key
from ledger.proof.keys import ES256, SigningKey
from ledger.proof.note import VerifierKey

PRIVATE = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = SigningKey(PRIVATE)
ORIGIN = "log.example/unbroken"
TIME = 1_790_000_000
ENTRIES = [b"zero", b"one", b"two"]
EDGE, CHANGED = tiles.grow(tiles.EMPTY_EDGE, [merkle.leaf_hash(entry) for entry in ENTRIES])
ROOT = tiles.edge_root(EDGE)
HEAD = Checkpoint(ORIGIN, 3, ROOT)
VKEY = log_vkey(ORIGIN, KEY.public)
SIGNED = sign_checkpoint(HEAD, KEY, TIME)
PROOF = merkle.inclusion_proof(1, 3, tiles.edge_reader(EDGE, CHANGED))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def key_id(alg: int) -> bytes:
    return hashlib.sha256(ORIGIN.encode() + b"\n" + bytes([alg]) + KEY.public.raw).digest()[:4]


def code(check: Any, *case: Any) -> str:
    try:
        check(*case)
    except UnbrokenError as error:
        return error.code
    return "accepted"


def test_a_checkpoint_has_the_exact_form_of_the_three_specifications() -> None:
    """signed-note, tlog-checkpoint and tlog-cosignature, each line written by hand."""
    body = f"{ORIGIN}\n3\n{b64(ROOT)}\n"
    plain = key_id(0x01) + PRIVATE.sign(body.encode())
    message = f"cosignature/v1\ntime {TIME}\n{body}".encode()
    stamped = key_id(0x04) + TIME.to_bytes(8, "big") + PRIVATE.sign(message)
    expected = f"{body}\n— {ORIGIN} {b64(plain)}\n— {ORIGIN} {b64(stamped)}\n"
    assert expected.encode() == SIGNED


def test_a_verifier_key_has_the_exact_form_of_signed_note() -> None:
    assert str(VKEY) == f"{ORIGIN}+{key_id(0x01).hex()}+{b64(bytes([0x01]) + KEY.public.raw)}"


LINES = SIGNED.decode().split("\n")
BODY, PLAIN, STAMPED = "\n".join(LINES[:4]), LINES[4], LINES[5]


def noted(*lines: str, body: str = BODY) -> bytes:
    return ("\n".join([body, *lines]) + "\n").encode()


WRONG_CHECKPOINTS: dict[str, bytes] = {
    "no time": noted(PLAIN),
    "the time alone": noted(STAMPED),
    "the plain line twice": noted(PLAIN, PLAIN, STAMPED),
    "the stamped line twice": noted(PLAIN, STAMPED, STAMPED),
    "no signatures": BODY.encode(),
    "another size": noted(PLAIN, STAMPED, body=BODY.replace("\n3\n", "\n4\n")),
    "another origin": noted(PLAIN, STAMPED, body=BODY.replace(ORIGIN, "log.example/other")),
    "an extension added": noted(PLAIN, STAMPED, body=BODY.rstrip("\n") + "\nextra\n"),
    "a carriage return": SIGNED.replace(b"\n", b"\r\n"),
    "a line behind": SIGNED + b"\n",
    "a byte behind": SIGNED + b"x",
    "no last line break": SIGNED[:-1],
    "a hyphen for the dash": SIGNED.replace("—".encode(), b"-"),
    "two spaces": SIGNED.replace("— ".encode(), "—  ".encode()),
    "not UTF-8": b"\xff" + SIGNED,
    "a tab": SIGNED.replace(b"\n3\n", b"\n3\t\n"),
    "a null byte": b"\0" + SIGNED,
    "101 signatures": noted(*[PLAIN.replace(ORIGIN, f"w{number}") for number in range(99)], PLAIN, STAMPED),
}


@pytest.mark.parametrize("case", WRONG_CHECKPOINTS)
def test_a_checkpoint_that_we_would_not_write_does_not_open(case: str) -> None:
    assert code(open_checkpoint, WRONG_CHECKPOINTS[case], VKEY) == "bad_checkpoint"


def test_the_time_is_signed() -> None:
    blob = base64.b64decode(STAMPED.split(" ")[2])
    later = blob[:4] + (TIME + 1).to_bytes(8, "big") + blob[12:]
    forged = noted(PLAIN, f"— {ORIGIN} {b64(later)}")
    assert code(open_checkpoint, forged, VKEY) == "bad_checkpoint"


def test_a_time_beyond_2_to_the_63_is_neither_written_nor_read() -> None:
    assert code(sign_checkpoint, HEAD, KEY, checkpoint.MAX_TIME) == "accepted"
    assert code(sign_checkpoint, HEAD, KEY, 2**63) == "malformed_checkpoint"
    assert code(sign_checkpoint, HEAD, KEY, -1) == "malformed_checkpoint"
    message = checkpoint.cosigned_message(HEAD.body(), 2**63)
    stamped = key_id(0x04) + (2**63).to_bytes(8, "big") + KEY.sign(message)
    forged = noted(PLAIN, f"— {ORIGIN} {b64(stamped)}")
    assert code(open_checkpoint, forged, VKEY) == "bad_checkpoint"


def test_a_plain_signature_never_passes_for_a_cosignature() -> None:
    """A log named like the first line of the cosigned message could be made to sign one."""
    assert code(log_vkey, "cosignature/v1", KEY.public) == "bad_origin"
    assert code(log_vkey, "x" * 256, KEY.public) == "bad_origin"
    assert code(log_vkey, "x" * 255, KEY.public) == "accepted"


def test_a_checkpoint_of_another_log_under_the_same_key_does_not_open() -> None:
    other = sign_checkpoint(Checkpoint("log.example/other", 3, ROOT), KEY, TIME)
    assert code(open_checkpoint, other, VKEY) == "bad_checkpoint"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "o\n3\n",
        f"o\n3\n{b64(ROOT)}",
        f"\n3\n{b64(ROOT)}\n",
        f"o\n\n{b64(ROOT)}\n",
        f"o\n03\n{b64(ROOT)}\n",
        f"o\n+3\n{b64(ROOT)}\n",
        f"o\n-3\n{b64(ROOT)}\n",
        f"o\n3 \n{b64(ROOT)}\n",
        f"o\n\u0663\n{b64(ROOT)}\n",
        f"o\n\u00b2\n{b64(ROOT)}\n",  # a superscript, which isdigit() and not int() takes for a digit
        f"o\n{2**63}\n{b64(ROOT)}\n",
        f"o\n{'9' * 5000}\n{b64(ROOT)}\n",
        f"o\n3\n{b64(ROOT[:31])}\n",
        f"o\n3\n{b64(ROOT)[:-1]}\n",
        f"o\n3\n{b64(ROOT).rstrip('=')}=\n=\n\n",
        f"o\n3\n{b64(bytes(32))[:-2]}B=\n",
        f"o\n3\n{ROOT.hex()}\n",
        f"o\n3\n{b64(ROOT)}\n\n",
        f"o\n3\n{b64(ROOT)}\n\nextension\n",
    ],
    ids=range(21),
)
def test_a_body_that_we_would_not_write_is_no_checkpoint(text: str) -> None:
    assert code(parse_checkpoint, text) == "malformed_checkpoint"


def test_the_largest_size_is_signed_and_read() -> None:
    largest = Checkpoint(ORIGIN, 2**63 - 1, ROOT)
    assert open_checkpoint(sign_checkpoint(largest, KEY, TIME), VKEY).checkpoint == largest


@pytest.mark.parametrize(
    "head",
    [
        Checkpoint(ORIGIN, -1, ROOT),
        Checkpoint(ORIGIN, 2**63, ROOT),
        Checkpoint(ORIGIN, 3, ROOT[:31]),
        Checkpoint(ORIGIN, 3, ROOT, ("",)),
        Checkpoint(ORIGIN, 3, ROOT, ("a\nb",)),
    ],
    ids=range(5),
)
def test_a_head_that_would_not_be_read_is_not_signed(head: Checkpoint) -> None:
    assert code(sign_checkpoint, head, KEY, TIME) == "malformed_checkpoint"


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\tb", "a\u00a0b", "a\u2003b", "a\x00b", "a\nb", "\ud800"]
)
def test_a_name_with_a_space_a_plus_or_something_unseen_makes_no_key(name: str) -> None:
    assert code(note.vkey_of, name, KEY.public) == "malformed_vkey"
    assert code(log_vkey, name, KEY.public) == "malformed_vkey"


def test_a_key_that_signs_no_notes_makes_no_verifier_key() -> None:
    assert code(note.vkey_of, ORIGIN, new_key(ES256).public) == "malformed_vkey"
    assert code(note.vkey_of, ORIGIN, KEY.public, 0x02) == "malformed_vkey"


TEXT = str(VKEY)
WRONG_VKEYS = {
    "nothing": "",
    "no key": f"{ORIGIN}+{key_id(1).hex()}",
    "another hash": TEXT.replace(key_id(1).hex(), "00000000"),
    "the hash in capitals": TEXT.replace(key_id(1).hex(), key_id(1).hex().upper()),
    "another kind": f"{ORIGIN}+{key_id(2).hex()}+{b64(bytes([2]) + KEY.public.raw)}",
    "a short key": f"{ORIGIN}+{key_id(1).hex()}+{b64(bytes([1]) + KEY.public.raw[:31])}",
    "a key of low order": f"{ORIGIN}+{key_id(1).hex()}+{b64(bytes([1]) + bytes(32))}",
    "a line break": TEXT + "\n",
    "a lone surrogate": "\ud800" + TEXT,
}


@pytest.mark.parametrize("case", WRONG_VKEYS)
def test_a_text_that_is_no_verifier_key_is_refused(case: str) -> None:
    assert code(VerifierKey.parse, WRONG_VKEYS[case]) == "malformed_vkey"


def test_a_note_must_be_signed_by_every_key_that_the_caller_relies_on() -> None:
    text = "a text\n\nwith an empty line\n"
    data = f"{text}\n{note.sign_note(text, VKEY, KEY)}".encode()
    assert note.verify_note(data, [VKEY]).text == text
    assert code(note.verify_note, data, [VKEY, note.vkey_of("other", KEY.public)]) == "no_signature"


def test_a_receipt_has_the_exact_form_of_rfc_9942_with_its_size_signed() -> None:
    """`ORIGIN` has 20 letters; the claim -65537 is 3a 00 01 00 00."""
    text = b"\x74" + ORIGIN.encode()
    claims = b"\xa4\x01" + text + b"\x02" + text + b"\x06\x1a" + TIME.to_bytes(4, "big")
    claims += b"\x3a\x00\x01\x00\x00\x03"
    protected = b"\xa4\x01\x27\x04\x58\x20" + KEY.public.kid + b"\x0f" + claims + b"\x19\x01\x8b\x01"
    to_sign = b"\x84\x6aSignature1\x58" + bytes([len(protected)]) + protected + b"\x40\x58\x20" + ROOT
    inclusion = b"\x83\x03\x01\x82" + b"".join(b"\x58\x20" + each for each in PROOF)
    expected = b"\xd2\x84\x58" + bytes([len(protected)]) + protected
    expected += b"\xa1\x19\x01\x8c\xa1\x20\x81\x58" + bytes([len(inclusion)]) + inclusion
    expected += b"\xf6\x58\x40" + PRIVATE.sign(to_sign)
    signed = receipt.receipt_signature(KEY, ORIGIN, 3, ROOT, TIME)
    assert expected == receipt.encode_receipt(signed, 3, 1, PROOF)
    assert receipt.verify_receipt(expected, b"one", KEY.public, ORIGIN).time_s == TIME


def test_a_receipt_whose_size_is_not_the_signed_one_is_malformed() -> None:
    """Entry 10 of 11 and entry 3 of 4 take the same steps to the root."""
    leaves = [merkle.leaf_hash(bytes([number])) for number in range(11)]
    edge, changed = tiles.grow(tiles.EMPTY_EDGE, leaves)
    proof, root = merkle.inclusion_proof(10, 11, tiles.edge_reader(edge, changed)), tiles.edge_root(edge)
    merkle.verify_inclusion(leaves[10], 3, 4, proof, root)
    signed = receipt.receipt_signature(KEY, ORIGIN, 11, root, TIME)
    forged = receipt.encode_receipt(signed, 4, 3, proof)
    assert code(receipt.parse_receipt, forged) == "malformed_receipt"
    assert code(receipt.verify_receipt, forged, bytes([10]), KEY.public, ORIGIN) == "bad_receipt"


def test_a_statement_is_no_receipt_and_a_receipt_no_statement() -> None:
    signed = receipt.receipt_signature(KEY, ORIGIN, 3, ROOT, TIME)
    token = receipt.encode_receipt(signed, 3, 1, PROOF)
    raw = statement.sign(KEY, iss="a", sub="b", aud=ORIGIN, cti=bytes(16), payload=b"{}")
    assert code(receipt.parse_receipt, raw) == "malformed_receipt"
    with pytest.raises(Malformed):
        statement.parse(token)


def test_a_receipt_of_another_data_structure_is_malformed() -> None:
    claims = {1: ORIGIN, 2: ORIGIN, 6: TIME, -65537: 3}
    protected = cbor2.dumps({1: KEY.alg, 4: KEY.public.kid, 15: claims, 395: 2})
    signed = protected, KEY.sign(statement.sig_structure(protected, ROOT))
    assert code(receipt.parse_receipt, receipt.encode_receipt(signed, 3, 1, PROOF)) == "malformed_receipt"


FILE = receipt.encode_tlog_proof(1, PROOF, SIGNED)


def test_a_proof_file_has_the_exact_form_of_tlog_proof() -> None:
    lines = ["c2sp.org/tlog-proof@v1", "extra eA==", "index 1", *map(b64, PROOF), "", SIGNED.decode()]
    assert receipt.encode_tlog_proof(1, PROOF, SIGNED, b"x").decode() == "\n".join(lines)


WRONG_FILES: dict[str, bytes] = {
    "nothing": b"",
    "another version": FILE.replace(b"@v1", b"@v2"),
    "no index": FILE.replace(b"index 1\n", b""),
    "a leading zero": FILE.replace(b"index 1", b"index 01"),
    "a negative index": FILE.replace(b"index 1", b"index -1"),
    "an index of 5,000 digits": FILE.replace(b"index 1", b"index " + b"1" * 5000),
    "an empty extra": FILE.replace(b"index 1", b"extra \nindex 1"),
    "extra that is no base64": FILE.replace(b"index 1", b"extra ?\nindex 1"),
    "extra twice": FILE.replace(b"index 1", b"extra eA==\nextra eA==\nindex 1"),
    "extra behind": FILE.replace(b"index 1", b"index 1\nextra eA=="),
    "a hash that is no base64": FILE.replace(b64(PROOF[0]).encode(), b64(PROOF[0]).encode()[:-1] + b"?"),
    "a carriage return": FILE.replace(b"\n", b"\r\n"),
}


@pytest.mark.parametrize("case", WRONG_FILES)
def test_a_proof_file_that_we_would_not_write_is_malformed(case: str) -> None:
    assert code(receipt.parse_tlog_proof, WRONG_FILES[case]) == "malformed_tlog_proof"
    assert code(receipt.verify_tlog_proof, WRONG_FILES[case], b"one", VKEY) == "bad_tlog_proof"


def test_a_proof_file_whose_checkpoint_is_unsigned_proves_nothing() -> None:
    with pytest.raises(ProofInvalid, match="bad_tlog_proof"):
        receipt.verify_tlog_proof(receipt.encode_tlog_proof(1, PROOF, BODY.encode()), b"one", VKEY)
