"""Which label somebody means who scans its link or types its serial, in any letter case.

Labels carry their serials in upper case. A serial with a typing error would be recorded as a fact
about a label that nobody has, and the label that is meant would stay in force. So what this
therapy never issued is not signed by mistake; `unbroken record` says it all the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from clients.labels import Labels
from ledger.errors import NotFound, UnbrokenError
from ledger.labels.link import serial_in
from ledger.proof import canonical, statement


def serial_of(labels: Labels, coi: str, text: str) -> str:
    """The serial as it was issued. Where the ledger cannot be asked, or does not tell this reader of
    the therapy's labels: what was given, in upper case.

    Raises `NotFound` `unknown_serial`, `Malformed` `bad_label_link`.
    """
    given = serial_in(text)
    known = {*_issued_here(labels, coi)}
    try:
        known |= {one["serial"] for one in labels.reconcile(coi)["labels"] if one["issued"]}
    except UnbrokenError:
        known.add(given.upper())
    meant = [given] if given in known else [one for one in known if one.upper() == given.upper()]
    if len(meant) != 1:
        raise NotFound(
            "unknown_serial",
            f"therapy {coi} issued no label {given!r}: read the serial again, or the therapy's id. Nothing"
            " was signed. If it is true all the same, say it with: unbroken record",
        )
    return meant[0]


def _issued_here(labels: Labels, coi: str) -> Iterator[str]:
    """By this device, which may not have told the ledger yet."""
    for held in labels.client.outbox.unsent():
        if (held.type, held.stream) == ("LabelIssued", f"chain/{coi}"):
            yield from canonical.decode(statement.parse(held.raw).payload)["serials"]
