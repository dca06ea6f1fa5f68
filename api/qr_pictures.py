"""QR codes that are no labels: large, on their own, to be held before a camera."""

from __future__ import annotations

import io

from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_Q

MODULE = 12  # pixels: sharp on a screen, and some 5 cm wide on paper at 150 dpi
QUIET = 4  # modules, ISO/IEC 18004 §6.3.8


def qr_png(text: str) -> bytes:
    """One code of level Q, for any text."""
    code = QRCode(error_correction=ERROR_CORRECT_Q, box_size=MODULE, border=QUIET)
    code.add_data(text)
    code.make(fit=True)
    png = io.BytesIO()
    code.make_image().save(png)
    return png.getvalue()
