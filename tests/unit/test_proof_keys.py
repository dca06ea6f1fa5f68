"""What a key refuses before, and besides, a signature that does not fit.

The points of low order are computed here from the curve's equation, not copied, so that
the rule under test meets every one of them in every encoding that 32 bytes allow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x25519

from ledger.errors import Malformed, Unauthentic
from ledger.proof.keyfile import new_key
from ledger.proof.keys import ED25519, ED25519_FULL, ES256, PublicKey, SigningKey

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493  # of the base point, RFC 8032 §5.1
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
MESSAGE = b"a bag of cells"
Point = tuple[int, int]


def add(one: Point, other: Point) -> Point:
    """RFC 8032 §5.1.4, in affine coordinates."""
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    return x, (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P


def times(scalar: int, point: Point) -> Point:
    total = (0, 1)
    for bit in f"{scalar:b}":
        total = add(total, total)
        total = add(total, point) if bit == "1" else total
    return total


def on_curve(y: int) -> Point | None:
    """A point with that y, if there is one. RFC 8032 §5.1.3."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    for found in (x, x * ROOT_OF_MINUS_ONE % P):
        if found * found % P == square:
            return found, y
    return None


def torsion() -> list[Point]:
    """The eight points whose order divides eight: the multiples of one of order eight."""
    for y in range(2, 200):
        point = on_curve(y)
        low = times(ORDER, point) if point else (0, 1)
        if times(4, low) != (0, 1):
            return [times(scalar, low) for scalar in range(8)]
    raise AssertionError("no generator found")


def encodings(point: Point) -> Iterator[bytes]:
    """Both signs of x (also for x = 0), and y also with p added where 255 bits hold it."""
    for y in (point[1], point[1] + P):
        for sign in (0, 1):
            if y < 2**255:
                yield (y | sign << 255).to_bytes(32, "little")


LOW_ORDER = sorted({each for point in torsion() for each in encodings(point)})
NON_CANONICAL = [(y | sign << 255).to_bytes(32, "little") for y in range(P, 2**255) for sign in (0, 1)]


def test_the_points_of_low_order_are_eight_in_fourteen_encodings() -> None:
    points = torsion()
    assert len(set(points)) == 8
    assert all(times(8, point) == (0, 1) for point in points)
    assert len(LOW_ORDER) == 14
    assert len(NON_CANONICAL) == 38


@pytest.mark.parametrize("point", sorted({*LOW_ORDER, *NON_CANONICAL}), ids=bytes.hex)
def test_no_point_of_low_order_or_second_spelling_is_a_key_or_an_r(point: bytes) -> None:
    with pytest.raises(Unauthentic, match="low_order_point"):
        PublicKey.from_raw(point)
    with pytest.raises(Unauthentic, match="low_order_point"):
        new_key().public.verify(ED25519, point + bytes(32), MESSAGE)


def test_a_key_of_low_order_is_refused_in_its_spki_form_too() -> None:
    prefix = new_key().public.spki[:-32]
    for point in LOW_ORDER:
        with pytest.raises(Unauthentic, match="low_order_point"):
            PublicKey.from_spki(prefix + point)


def test_a_signature_with_a_low_order_r_that_the_library_accepts_is_refused() -> None:
    """R = 0 and S = h * a: the owner of the key signs so, and verifiers disagree about it."""
    secret = bytes(range(32))
    private = ed25519.Ed25519PrivateKey.from_private_bytes(secret)
    key = PublicKey(private.public_key())
    clamped = int.from_bytes(hashlib.sha512(secret).digest()[:32], "little") & (2**254 - 8) | 2**254
    nonce = (1).to_bytes(32, "little")
    hashed = int.from_bytes(hashlib.sha512(nonce + key.raw + MESSAGE).digest(), "little")
    forged = nonce + (hashed * clamped % ORDER).to_bytes(32, "little")
    private.public_key().verify(forged, MESSAGE)
    with pytest.raises(Unauthentic, match="low_order_point"):
        key.verify(ED25519, forged, MESSAGE)


def test_an_ed25519_s_with_the_order_added_is_refused() -> None:
    key = new_key()
    signature = key.sign(MESSAGE)
    second = (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(32, "little")
    with pytest.raises(Unauthentic, match="bad_signature"):
        key.public.verify(ED25519, signature[:32] + second, MESSAGE)


def test_the_high_s_twin_of_an_es256_signature_is_refused_as_such() -> None:
    key = new_key(ES256)
    signature = key.sign(MESSAGE)
    twin = signature[:32] + (N - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    key.public.verify(ES256, signature, MESSAGE)
    with pytest.raises(Unauthentic, match="high_s"):
        key.public.verify(ES256, twin, MESSAGE)


@pytest.mark.parametrize("count", range(20))
def test_es256_signs_with_the_low_s_always_and_the_same_twice(count: int) -> None:
    key = new_key(ES256)
    message = MESSAGE * count
    signature = key.sign(message)
    assert 0 < int.from_bytes(signature[32:], "big") <= N // 2
    assert signature == key.sign(message)
    key.public.verify(ES256, signature, message)


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(65), bytes(64), b"\xff" * 64], ids=len)
@pytest.mark.parametrize("alg", [ED25519, ES256])
def test_a_signature_of_another_length_or_of_no_meaning_is_refused(alg: int, signature: bytes) -> None:
    with pytest.raises(Unauthentic):
        new_key(alg).public.verify(alg, signature, MESSAGE)


def test_a_zero_before_s_makes_no_second_signature() -> None:
    """As numbers r and s are the same; as bytes they are not."""
    key = new_key(ES256)
    signature = key.sign(MESSAGE)
    with pytest.raises(Unauthentic, match="bad_signature"):
        key.public.verify(ES256, signature[:32] + b"\0" + signature[32:], MESSAGE)


@pytest.mark.parametrize(
    ("kind", "alg"), [(ED25519, ES256), (ES256, ED25519), (ES256, ED25519_FULL), (ES256, 0)]
)
def test_an_algorithm_of_another_kind_of_key_is_refused(kind: int, alg: int) -> None:
    key = new_key(kind)
    with pytest.raises(Malformed, match="unsupported_algorithm"):
        key.public.verify(alg, key.sign(MESSAGE), MESSAGE)


@pytest.mark.parametrize("alg", [ED25519, ED25519_FULL])
def test_an_ed25519_signature_verifies_under_both_of_its_numbers(alg: int) -> None:
    key = new_key()
    key.public.verify(alg, key.sign(MESSAGE), MESSAGE)


@pytest.mark.parametrize("alg", [ED25519, ES256])
def test_a_public_key_reads_back_and_is_named_by_the_hash_of_its_spki(alg: int) -> None:
    key = new_key(alg).public
    again = PublicKey.from_spki(key.spki)
    assert (again.spki, again.kid, again.alg) == (key.spki, hashlib.sha256(key.spki).digest(), alg)


def spki(key: Any) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return bytes(key.public_key().public_bytes(serialization.Encoding.DER, form))


FOREIGN: dict[str, Callable[[], Any]] = {
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "Ed448": ed448.Ed448PrivateKey.generate,
    "X25519": x25519.X25519PrivateKey.generate,
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_key_of_another_kind_is_unsupported(name: str) -> None:
    with pytest.raises(Malformed, match="unsupported_key"):
        PublicKey.from_spki(spki(FOREIGN[name]()))


def test_a_p256_key_in_its_compressed_or_hybrid_form_is_unsupported() -> None:
    key = new_key(ES256)
    point = key.public.spki[-65:]
    compressed = bytes([2 + (point[-1] & 1)]) + point[1:33]
    inner = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
    der = inner + b"\x03\x22\x00" + compressed
    serialization.load_der_public_key(b"\x30" + bytes([len(der)]) + der)
    with pytest.raises(Malformed, match="unsupported_key"):
        PublicKey.from_spki(b"\x30" + bytes([len(der)]) + der)
    hybrid = key.public.spki[:-65] + bytes([6 + (point[-1] & 1)]) + point[1:]
    with pytest.raises(Malformed, match="unsupported_key"):
        PublicKey.from_spki(hybrid)


@pytest.mark.parametrize("alg", [ED25519, ES256])
def test_an_altered_spki_is_refused_or_is_another_key(alg: int) -> None:
    der = new_key(alg).public.spki
    for bit in range(8 * len(der)):
        altered = bytearray(der)
        altered[bit // 8] ^= 1 << bit % 8
        try:
            found = PublicKey.from_spki(bytes(altered))
        except (Malformed, Unauthentic):
            continue
        assert found.spki == bytes(altered) != der


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"-----BEGIN PUBLIC KEY-----", bytes(44)], ids=repr)
def test_what_is_no_key_at_all_is_unsupported(der: bytes) -> None:
    with pytest.raises(Malformed, match="unsupported_key"):
        PublicKey.from_spki(der)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_raw_key_of_another_length_is_unsupported(length: int) -> None:
    with pytest.raises(Malformed, match="unsupported_key"):
        PublicKey.from_raw(bytes([9] * length))


def test_32_bytes_that_are_no_point_verify_nothing() -> None:
    y = next(y for y in range(2, 100) if on_curve(y) is None)
    key = PublicKey.from_raw(y.to_bytes(32, "little"))
    with pytest.raises(Unauthentic, match="bad_signature"):
        key.verify(ED25519, new_key().sign(MESSAGE), MESSAGE)


def test_a_signing_key_says_what_it_emits() -> None:
    assert [SigningKey(new_key(alg).private).alg for alg in (ED25519, ES256)] == [ED25519, ES256]
