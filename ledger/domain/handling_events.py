"""What is said of bags between the hand-overs: packing, storage, and what must not be used."""

from __future__ import annotations

from typing import Literal

from ledger.domain.parts import (
    CarriedFact,
    ChainDecision,
    Code,
    Condition,
    Containers,
    Count,
    Fact,
    Hex32,
    Label,
    Party,
    Phase,
    Photos,
)


class Packed(CarriedFact):
    """`phase`: in which a logger that goes along measures them; where it is absent, the log says it."""

    type: Literal["Packed"]
    v: Literal[1]
    at: Party
    shipper: Label
    seal: Label | None = None
    logger: Label | None = None
    phase: Phase | None = None


class Unpacked(CarriedFact):
    type: Literal["Unpacked"]
    v: Literal[1]
    at: Party
    shipper: Label
    seal: Label | None = None  # as it was read before it was broken


class SealChecked(CarriedFact):
    """On the road or on arrival; the shipper stays shut."""

    type: Literal["SealChecked"]
    v: Literal[1]
    at: Party
    shipper: Label
    seal: Label | None = None
    outcome: Literal["intact", "broken", "missing"]
    photos: Photos | None = None


class Stored(CarriedFact):
    """`location` names the freezer, tank or shelf, `place` where in it."""

    type: Literal["Stored"]
    v: Literal[1]
    at: Party
    location: Label
    place: Label | None = None


class Retrieved(CarriedFact):
    type: Literal["Retrieved"]
    v: Literal[1]
    at: Party
    location: Label


class Quarantined(Fact):
    """These containers, and all that is made of them, wait until Quality lifts it."""

    type: Literal["Quarantined"]
    v: Literal[1]
    containers: Containers
    reason: Code


class QuarantineLifted(ChainDecision):
    """`quarantine` is the statement id of the `Quarantined` that ends."""

    type: Literal["QuarantineLifted"]
    v: Literal[1]
    quarantine: Hex32
    reason: Code


class ContainerDamaged(Fact):
    type: Literal["ContainerDamaged"]
    v: Literal[1]
    at: Party
    containers: Containers
    damage: Literal["leak", "breakage", "label", "other"]
    photos: Photos | None = None


class ContainerLost(CarriedFact):
    """They are not where they should be."""

    type: Literal["ContainerLost"]
    v: Literal[1]
    at: Party
    containers: Containers


class ContainerFound(CarriedFact):
    """What was lost is here again; whether it may still be used is Quality's to say."""

    type: Literal["ContainerFound"]
    v: Literal[1]
    at: Party
    condition: Condition


class ReceiptInspected(CarriedFact):
    """What arrived, as it was looked at; into quarantine if it was not as it should be."""

    type: Literal["ReceiptInspected"]
    v: Literal[1]
    at: Party
    shipper: Label
    seal: Label | None = None
    condition: Condition
    expected: Count  # by the papers
    received: Count  # in the shipper
    outcome: Literal["accepted", "quarantine"]
    photos: Photos | None = None


class CustodyRefused(CarriedFact):
    """The receiver does not take them: the giver keeps them, and the release waits no longer."""

    type: Literal["CustodyRefused"]
    v: Literal[1]
    giver: Party
    receiver: Party
    release: Hex32
    reason: Code
    photos: Photos | None = None


class ShipperSwapped(CarriedFact):
    """On the road, out of one shipper into another."""

    type: Literal["ShipperSwapped"]
    v: Literal[1]
    at: Party
    old_shipper: Label
    old_seal: Label | None = None
    shipper: Label
    seal: Label | None = None
    logger: Label | None = None
    reason: Code


class Returned(Fact):
    """They came back unused; whether they may still be used is Quality's to say."""

    type: Literal["Returned"]
    v: Literal[1]
    at: Party
    containers: Containers
    reason: Code


class Destroyed(Fact):
    """It takes a second person's `DestructionWitnessed` to be complete."""

    type: Literal["Destroyed"]
    v: Literal[1]
    at: Party
    containers: Containers
    method: Code
    reason: Code


class DestructionWitnessed(Fact):
    """`destruction` is the statement id of the `Destroyed` that this person saw."""

    type: Literal["DestructionWitnessed"]
    v: Literal[1]
    at: Party
    containers: Containers
    destruction: Hex32
