"""Electronic signatures: whose passkey, how fresh, and where a product asks for one.

21 CFR 11.200(a)(1): "Employ at least two distinct identification components". The key is one;
the other is its passphrase asked again, which only the device can know and so is its claim,
or a passkey, whose assertion everybody can check. What is wrong with the evidence itself is
refused for a fact, too, as a bad signature is. A passkey that was revoked meanwhile is
different: the fact happened, and is recorded with a finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.domain.registry import LEDGER
from ledger.domain.times import milliseconds
from ledger.domain.window import PROMPT_MS, product_of
from ledger.errors import Refused, Unauthentic

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.passkeys import Passkey
    from ledger.domain.world import Entry, World

# 21 CFR 11.50(a)(3): "The meaning (such as review, approval, responsibility, or authorship)
# associated with the signature". The decisions for which a product version may ask for an
# e-signature, and the meaning that it has there unless its signer says another.
MEANINGS = {
    "DeviationDispositioned": "approval",
    "QuarantineLifted": "approval",
    "BatchConfirmed": "responsibility",
    "Released": "approval",
    "ReleasedPendingResults": "approval",
    "OutOfSpecificationRequested": "responsibility",
    "ReleasedOutOfSpecification": "approval",
    "Rejected": "approval",
    "PatientFitnessConfirmed": "responsibility",
    "LymphodepletionAuthorised": "approval",
    "EmergencyOverride": "responsibility",
    "OverrideConfirmed": "review",
    "InfusionChecked": "review",
    "InfusionAuthorised": "approval",
    "PersonalDataErased": "approval",
}
MEANING_OF_FACTS = "authorship"


@dataclass(frozen=True, slots=True)
class ESigned:
    """Who signed the entry at `position` again, when, what it means, and with which component.

    `method`: `passkey`, whose assertion was verified, or `passphrase`, as the device says.
    """

    position: int
    signer: str
    meaning: str
    method: str
    signed_at: str


def meaning_of(event: str) -> str:
    """What an e-signature under this event means, unless its signer says another."""
    return MEANINGS.get(event, MEANING_OF_FACTS)


def esigned(entry: Entry) -> ESigned | None:
    """The e-signature that the entry carries."""
    said = entry.event.esignature
    if said is None:
        return None
    return ESigned(entry.position, entry.signer, said.meaning, said.method, said.signed_at)


def authenticate_esignature(entry: Entry, world: World) -> None:
    """Raises `Unauthentic`: `unknown_passkey`, `wrong_passkey`, `wrong_signer`."""
    if entry.event.esignature is None:
        return
    if entry.signer == LEDGER:
        raise Unauthentic("wrong_signer", "the ledger is no person: it makes no e-signature")
    assertion = entry.event.esignature.assertion
    if assertion is None:
        return
    passkey = world.passkey(assertion.credential)
    if passkey is None:
        raise Unauthentic("unknown_passkey", f"no passkey {assertion.credential} was enrolled in this log")
    if passkey.agent != entry.signer:
        raise Unauthentic("wrong_passkey", f"the passkey {assertion.credential} is not {entry.signer!r}'s")


def revoked_passkey(entry: Entry, world: World) -> Passkey | None:
    """The passkey of the entry's e-signature, if it was revoked before."""
    said = entry.event.esignature
    passkey = world.passkey(said.assertion.credential) if said and said.assertion else None
    return passkey if passkey and passkey.status == "revoked" else None


def require_sound_esignature(entry: Entry, world: World) -> None:
    """What a decision asks of an e-signature that it carries.

    Raises `Unauthentic` `revoked_passkey`, `Refused` `esignature_not_fresh`.
    """
    event = entry.event
    if event.esignature is None:
        return
    passkey = revoked_passkey(entry, world)
    if passkey:
        detail = f"the passkey {passkey.credential} was revoked at position {passkey.position}"
        raise Unauthentic("revoked_passkey", detail)
    signed_at, occurred_at = event.esignature.signed_at, event.occurred_at
    if abs(milliseconds(signed_at) - milliseconds(occurred_at)) > PROMPT_MS:
        detail = f"signed at {signed_at}, decided at {occurred_at}: more than five minutes lie between"
        raise Refused("esignature_not_fresh", detail)


def is_required(event: str, chain: Chain, world: World, *checks: str) -> bool:
    """True if the product version of the order names one of `checks` (without any: `esignature`,
    or `passkey`, which asks for one of that kind) and this decision matters enough for it."""
    product = product_of(chain, world)
    asked = set(product.rules.required_checks or ()) if product else set()
    return event in MEANINGS and not asked.isdisjoint(checks or ("esignature", "passkey"))


def require_esignature(entry: Entry, chain: Chain, world: World) -> None:
    """Raises `Refused`: `esignature_required`, `passkey_required`."""
    event, said = entry.event.type, entry.event.esignature
    if said is None and is_required(event, chain, world):
        detail = f"the product asks for an e-signature under {event}: sign again, with its meaning"
        raise Refused("esignature_required", detail)
    if said is not None and said.method != "passkey" and is_required(event, chain, world, "passkey"):
        raise Refused("passkey_required", f"the product asks for a passkey under {event}, not a passphrase")
