"""An e-signature made on this device: the key's passphrase, asked again, with a meaning.

The payload then says that the passphrase was given again at `signed_at`. Nobody but this
device can know that, so it is a claim of the device, which its key signs. A passkey's
assertion is proof; it is made where there is a browser or a security key, in the app.
"""

from __future__ import annotations

from typing import Any

from clients.drafts import now
from clients.keys import Device
from ledger.domain.esignatures import meaning_of


def signed_again(device: Device, event: str, passphrase: bytes, meaning: str | None = None) -> dict[str, Any]:
    """The member `esignature` of an event of this type, for the moment of this call.

    Raises `Unauthentic` `wrong_passphrase`: then nobody signed anything.
    """
    device.confirm(passphrase)
    return unsigned(event, meaning)


def unsigned(event: str, meaning: str | None = None) -> dict[str, Any]:
    """The same before the passphrase is given: what is shown to who is asked for it."""
    return {"meaning": meaning or meaning_of(event), "method": "passphrase", "signed_at": now()}
