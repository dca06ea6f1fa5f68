"""Base45 (RFC 9285): two bytes as three of the characters that a QR code packs best. Strict."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


def encode(data: bytes) -> str:
    """§4: each pair of bytes as a number of three digits to the base 45, the lowest first."""
    made = []
    for at in range(0, len(data) - 1, 2):
        high, low = divmod(int.from_bytes(data[at : at + 2]), 45 * 45)
        middle, lowest = low // 45, low % 45
        made += [ALPHABET[lowest], ALPHABET[middle], ALPHABET[high]]
    if len(data) % 2:
        made += [ALPHABET[data[-1] % 45], ALPHABET[data[-1] // 45]]
    return "".join(made)


def decode(text: str) -> bytes:
    """Raises `ValueError` for what `encode` does not write."""
    try:
        values = [_VALUES[character] for character in text]
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} is no character of base45") from None
    if len(text) % 3 == 1:
        raise ValueError("base45 has no group of one character")
    made = bytearray()
    for at in range(0, len(values), 3):
        group = values[at : at + 3]
        number = sum(value * 45**place for place, value in enumerate(group))
        size = len(group) - 1
        if number >= 256**size:
            raise ValueError("a group of base45 that is too large for its bytes (RFC 9285 §4)")
        made += number.to_bytes(size)
    return bytes(made)
