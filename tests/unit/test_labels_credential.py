"""The signed credential: what it proves, what it doesn't, and each refusal."""

from __future__ import annotations

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from ledger.errors import Malformed, ProofInvalid, UnbrokenError
from ledger.labels import base45
from ledger.labels.credential import MAX_TEXT, from_text, sign_credential, to_text, verify_credential
from ledger.labels.drawing import draw
from ledger.labels.symbols import ALPHANUMERIC, qr_code
from ledger.labels.templates import load_template
from ledger.proof.keys import SigningKey
from ledger.proof.note import vkey_of
from tests.labels_credentials import CREDENTIAL, CREDENTIAL_BYTES, CREDENTIAL_TEXT, KEY, ORIGIN, VKEY
from tests.labels_sample import of_png, sample, texts

OTHER = SigningKey(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)))
RFC_9285 = [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0")]


def test_a_credential_says_what_was_signed() -> None:
    assert verify_credential(CREDENTIAL_BYTES, VKEY) == CREDENTIAL


def test_the_credential_is_read_off_the_drawn_shipper_label_and_verifies() -> None:
    picture = draw(sample(credential=CREDENTIAL_TEXT), load_template("shipper"), 203)
    (text,) = (one for one in texts(of_png(picture.png(), picture)) if "UB1:" in one)
    found = verify_credential(from_text(text.removeprefix("QRCode:")), VKEY)
    assert (found.serial, found.container) == (CREDENTIAL.serial, CREDENTIAL.container)


def test_its_text_fits_alphanumeric_mode_and_a_symbol_of_85_modules() -> None:
    assert ALPHANUMERIC.issuperset(CREDENTIAL_TEXT)
    assert qr_code(CREDENTIAL_TEXT).size == 85
    assert len(CREDENTIAL_TEXT) < MAX_TEXT


@pytest.mark.parametrize("vkey", [vkey_of(ORIGIN, OTHER.public), vkey_of("other.example/log", KEY.public)])
def test_another_key_or_another_log_is_a_bad_credential(vkey: object) -> None:
    with pytest.raises(ProofInvalid) as refused:
        verify_credential(CREDENTIAL_BYTES, vkey)  # type: ignore[arg-type]
    assert refused.value.code == "bad_credential"


def test_no_flipped_bit_verifies() -> None:
    """Every bit there is, of the bytes."""
    for bit in range(len(CREDENTIAL_BYTES) * 8):
        flipped = bytearray(CREDENTIAL_BYTES)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(UnbrokenError) as refused:
            verify_credential(bytes(flipped), VKEY)
        assert refused.value.code in ("bad_credential", "malformed_credential")


def test_no_other_character_in_its_text_verifies() -> None:
    for at in range(len(CREDENTIAL_TEXT)):
        other = "0" if CREDENTIAL_TEXT[at] != "0" else "1"
        with pytest.raises(UnbrokenError):
            verify_credential(from_text(CREDENTIAL_TEXT[:at] + other + CREDENTIAL_TEXT[at + 1 :]), VKEY)


def test_a_receipt_or_statement_of_the_same_key_is_no_credential() -> None:
    """Their protected headers differ, so no signature can be carried from one to the other."""
    protected = cbor2.dumps({1: -8, 3: "application/vnd.unbroken.event+json; v=1", 4: KEY.public.kid})
    _, _, payload, _ = cbor2.loads(CREDENTIAL_BYTES[1:])
    forged = b"\xd2" + cbor2.dumps(
        [protected, {}, payload, KEY.sign(cbor2.dumps(["Signature1", protected, b"", payload]))]
    )
    with pytest.raises(Malformed) as refused:
        verify_credential(forged, VKEY)
    assert refused.value.code == "malformed_credential"


@pytest.mark.parametrize(
    "changes",
    [
        {"position": 123_460},
        {"size": -1},
        {"issued_s": 2**53},
        {"serial": ""},
        {"root": b"short"},
        {"statement": "text"},
    ],
)
def test_what_no_log_could_mean_is_not_signed(changes: dict[str, object]) -> None:
    with pytest.raises(Malformed) as refused:
        sign_credential(KEY, CREDENTIAL._replace(**changes))  # type: ignore[arg-type]
    assert refused.value.code == "malformed_credential"


NO_CREDENTIALS = [b"", b"\xd2", b"\xd2\x80", b"\xd2\x84\x40\xa0\x40\x40", b"\xd2\x01", bytes(400)]
NO_TEXTS = ["", "UB1", "UB2:00", "UB1:0", "UB1:GGW0", "UB1::::", "UB1:a", "UB1:" + "0" * 1_200]


@pytest.mark.parametrize("raw", NO_CREDENTIALS)
def test_other_bytes_are_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        verify_credential(raw, VKEY)
    assert refused.value.code == "malformed_credential"


@pytest.mark.parametrize("text", NO_TEXTS)
def test_other_texts_are_malformed(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        from_text(text)
    assert refused.value.code == "malformed_credential"


@pytest.mark.parametrize(("data", "text"), RFC_9285)
def test_base45_as_in_the_examples_of_rfc_9285(data: bytes, text: str) -> None:
    assert (base45.encode(data), base45.decode(text)) == (text, data)


def test_a_text_is_the_prefix_and_base45() -> None:
    assert to_text(b"AB") == "UB1:BB8"
    assert from_text("UB1:BB8") == b"AB"
