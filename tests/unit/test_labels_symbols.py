"""The symbols: smallest, level Q, in alphanumeric mode, under the mask with the least penalty."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import zxingcpp
from qrcode.util import lost_point

from ledger.errors import Malformed
from ledger.labels.symbols import MASKS, Matrix, datamatrix, penalty, qr_code
from tests.labels_qr import encoded
from tests.labels_sample import LINK

TEXTS = ["A", LINK, "HTTPS://A.EXAMPLE/B/-.L1.0123456789ABCDEF", "UB1:" + "0Z$ %*+-./:" * 40]


def scanned(matrix: Matrix) -> zxingcpp.Barcode:
    dark = np.frombuffer(matrix.dark, np.uint8).reshape(matrix.size, matrix.size)
    picture = np.kron(np.pad(1 - dark, 4, constant_values=1), np.full((4, 4), 255)).astype(np.uint8)
    (found,) = zxingcpp.read_barcodes(picture, text_mode=zxingcpp.TextMode.Plain)
    return found


def fast_penalty(matrix: Matrix) -> int:
    turned = b"".join(matrix.dark[column :: matrix.size] for column in range(matrix.size))
    rows, columns = (int("".join(map(str, dark)), 2) for dark in (matrix.dark, turned))
    return penalty(rows, columns, matrix.size)


def slow_penalty(matrix: Matrix) -> int:
    """ISO/IEC 18004 §7.8.3, module by module."""
    rows = [list(matrix.row(number)) for number in range(matrix.size)]
    lines = rows + [list(column) for column in zip(*rows, strict=True)]
    total = 10 * int(abs(100 * sum(matrix.dark) / len(matrix.dark) - 50) / 5)
    for line in lines:
        runs, text = [1], "".join(map(str, line))
        for before, now in pairwise(line):
            runs = [*runs[:-1], runs[-1] + 1] if before == now else [*runs, 1]
        total += sum(run - 2 for run in runs if run >= 5)
        for at in range(len(text) - 10):
            total += 40 * (text[at : at + 11] in ("10111010000", "00001011101"))
    for y in range(matrix.size - 1):
        for x in range(matrix.size - 1):
            total += 3 * (len({rows[y][x], rows[y][x + 1], rows[y + 1][x], rows[y + 1][x + 1]}) == 1)
    return total


@pytest.mark.parametrize("text", TEXTS)
def test_a_qr_code_is_of_level_q_and_gives_back_its_text(text: str) -> None:
    found = scanned(qr_code(text))
    assert (found.text, found.ec_level, found.format) == (text, "Q", zxingcpp.BarcodeFormat.QRCode)


def test_alphanumeric_mode_keeps_the_link_in_version_5() -> None:
    """87 characters of level Q (ISO/IEC 18004 table 7); as bytes 76 characters would need version 6."""
    assert qr_code(LINK).size == 37
    assert qr_code("A" * 87).size == 37
    assert qr_code("A" * 88).size == 41


@pytest.mark.parametrize("text", TEXTS)
def test_the_penalty_is_that_of_the_standard(text: str) -> None:
    for mask in range(MASKS):
        matrix = encoded(text, mask)
        assert fast_penalty(matrix) == slow_penalty(matrix)


@pytest.mark.parametrize("text", TEXTS)
def test_the_symbol_is_the_encoders_own_under_the_best_of_eight_masks(text: str) -> None:
    symbols = [encoded(text, mask) for mask in range(MASKS)]
    chosen = qr_code(text)
    assert chosen in symbols
    assert slow_penalty(chosen) == min(map(slow_penalty, symbols))


def test_our_choice_is_close_to_the_packages_own() -> None:
    """It counts some patterns otherwise; the symbol that we choose is among its better half."""
    symbols = [encoded(LINK, mask) for mask in range(MASKS)]
    rows = [[list(map(bool, one.row(number))) for number in range(one.size)] for one in symbols]
    theirs = sorted(lost_point(each) for each in rows)
    assert lost_point(rows[symbols.index(qr_code(LINK))]) <= theirs[3]


def test_a_datamatrix_is_square_and_gives_back_its_text() -> None:
    text = "=+04000=A99992112345600=<A9999V00=,000001"
    matrix = datamatrix(text)
    found = scanned(matrix)
    assert (found.text, found.format) == (text, zxingcpp.BarcodeFormat.DataMatrix)
    assert len(matrix.dark) == matrix.size**2


@pytest.mark.parametrize("text", ["", "https://a", "A?B", "A" * 2_421, "Ä"])
def test_what_alphanumeric_mode_cannot_hold_is_not_encodable(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        qr_code(text)
    assert refused.value.code == "not_encodable"


def test_what_a_datamatrix_cannot_hold_is_not_encodable() -> None:
    with pytest.raises(Malformed) as refused:
        datamatrix("x" * 4_000)
    assert refused.value.code == "not_encodable"
