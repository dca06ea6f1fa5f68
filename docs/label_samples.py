"""The pictures on `docs/labels.md`: `python -m docs.label_samples` draws them anew.

Made-up content, test codes of the form A9999, a credential by a key that everybody knows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.labels.content import Content
from ledger.labels.credential import Credential, sign_credential, to_text
from ledger.labels.drawing import draw
from ledger.labels.link import make_link
from ledger.labels.picture import Picture
from ledger.labels.templates import TEMPLATES, load_template
from ledger.proof.keys import SigningKey

FOLDER = Path(__file__).parent / "images" / "labels"
DPI = 203
SERIAL, CHECK, CONTAINER = "L7QK2M4D9XP", "0123456789ABCDEF", "A999921123456-01"


def pictures() -> Iterator[tuple[str, Picture]]:
    """File name and picture: each template, the bag in quarantine, one that is not one of several, and
    one printed ahead of need."""
    for name in TEMPLATES:
        yield f"{name}.png", draw(full(), load_template(name), DPI)
    cryobag = load_template("cryobag")
    yield "cryobag-quarantine.png", draw(full(quarantine=True, biohazard=True), cryobag, DPI)
    yield "cryobag-fresh.png", draw(replace(full(), bag=None, bags=None), cryobag, DPI)
    yield "cryobag-blank.png", draw(blank(), cryobag, DPI)


def full(*, quarantine: bool = False, biohazard: bool = False) -> Content:
    return Content(
        link=make_link("ledger.example.org", CONTAINER, SERIAL, CHECK),
        serial=SERIAL,
        container=CONTAINER,
        coi="CHA999921000123",
        datamatrix="=+04000=A99992112345600=<A9999V00=,000001",
        din="A999921123456",
        product_name="CAR-T cells, anti-CD19, cryopreserved",
        product_code="A9999V00",
        division="000001",
        bag="1",
        bags="2",
        volume="50 mL",
        expiry="2027-11-30 23:59 UTC",
        storage="≤ \u2212150 °C, vapour phase of liquid nitrogen",
        site="Example Manufacturing Site 1, Northtown",
        contact="24 h: +00 000 000000",
        credential=_credential(),
        quarantine=quarantine,
        biohazard=biohazard,
    )


def blank() -> Content:
    """Issued for downtime: the therapy is known, the bag is not."""
    link = make_link("ledger.example.org", None, SERIAL, CHECK)
    return Content(link=link, serial=SERIAL, coi="CHA999921000123")


def _credential() -> str:
    digest = hashlib.sha256(b"a sample").digest()
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    said = Credential("ledger.example.org", 1_798_000_000, CONTAINER, SERIAL, 12, digest, 13, digest)
    return to_text(sign_credential(key, said))


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures():
        (FOLDER / name).write_bytes(picture.png())


if __name__ == "__main__":
    main()
