"""Labels: what a printer puts on a bag, from data to one bitmap in four formats.

    Content + Template  →  draw()  →  Picture  →  PNG, SVG, PDF, ZPL

Pure: no clock, no randomness, no network. All four formats carry the same bitmap, so that
they agree module for module. Nothing personal can stand on a label: `Content` has no place
for it.
"""

from ledger.labels.content import Content
from ledger.labels.drawing import draw
from ledger.labels.link import Link, check_digest, make_link, parse_link
from ledger.labels.picture import Picture
from ledger.labels.symbols import Matrix, datamatrix, qr_code
from ledger.labels.templates import RESOLUTIONS, TEMPLATES, Template, load_template

__all__ = [
    "RESOLUTIONS",
    "TEMPLATES",
    "Content",
    "Link",
    "Matrix",
    "Picture",
    "Template",
    "check_digest",
    "datamatrix",
    "draw",
    "load_template",
    "make_link",
    "parse_link",
    "qr_code",
]
