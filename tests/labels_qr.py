"""The QR encoder by itself, as its makers mean it to be used: an oracle for `ledger.labels.symbols`."""

from __future__ import annotations

from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.util import MODE_ALPHA_NUM, QRData

from ledger.labels.symbols import Matrix


def encoded(text: str, mask: int) -> Matrix:
    """All of the package's own work: smallest version, data, error correction, placing."""
    code = QRCode(error_correction=ERROR_CORRECT_Q, mask_pattern=mask)
    code.add_data(QRData(text.encode("ascii"), mode=MODE_ALPHA_NUM), optimize=0)
    code.make(fit=True)
    return Matrix(code.modules_count, b"".join(map(bytes, code.modules)))
