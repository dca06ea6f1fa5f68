"""What a ledger forges with its own keys and its people's: the page's story and the replay must name each."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger.proof import canonical, statement
from tests.scenario import CLEANROOM, ORIGIN, Scenario, Signer, b64, new_key, patient
from tests.unit.verify_book import CHAIN, COI, Book


@dataclass(frozen=True)
class Told:
    """An honest log as a book, whose people's keys are at hand."""

    scenario: Scenario
    book: Book

    def again(self, position: int, iss: str = "", by: str = "", **changes: Any) -> Book:
        """The entry says something else, or somebody else says it: `iss`, with the key of `by`."""
        old = statement.parse(self.book.raws[position])
        payload = canonical.encode(self.book.says(position) | changes)
        key = self.scenario.signer(by or iss or old.iss).key
        raw = statement.sign(
            key, iss=iss or old.iss, sub=old.sub, aud=old.aud, cti=os.urandom(16), payload=payload
        )
        return self.book.with_entry(position, raw)

    def instead(self, position: int, iss: str, sub: str, **says: Any) -> Book:
        """Another statement in the place of the entry, with its envelope."""
        said = {name: self.book.says(position)[name] for name in ("occurred_at", "seen", "seq", "prev")}
        raw = statement.sign(self.scenario.signer(iss).key, iss=iss, sub=sub, aud=ORIGIN, cti=os.urandom(16),
                             payload=canonical.encode({"v": 1} | said | says))  # fmt: skip
        return self.book.with_entry(position, raw)

    def then(self, forge: Callable[[Told], Book]) -> Told:
        return Told(self.scenario, forge(self))

    def at(self, kind: str, nth: int = 0) -> int:
        return self.book.position_of(kind, nth)

    def without(self, kind: str, nth: int = 0) -> Book:
        return self.book.without(self.at(kind, nth))


OTHERS = patient("patient-9")


def with_a_key_of_mine(told: Told) -> Book:
    """A nurse adds a key to another nurse, and checks in her name."""
    told.scenario.signers["mine"] = Signer("mine", new_key())
    key = b64(told.scenario.signer("mine").key.public.spki)
    added = told.then(
        lambda it: it.instead(it.at("ConsentRecorded"), "nils", "agent/nora", type="KeyAdded", key=key)
    )
    return added.again(added.at("InfusionChecked"), iss="nora", by="mine")


def excused_by(code: str, kind: str, **changes: Any) -> Callable[[Told], Book]:
    """The entry says something else, and a deviation that means something else is raised because of it."""

    def forge(told: Told) -> Book:
        changed = told.then(lambda it: it.again(it.at(kind), **changes))
        cause = statement.parse(changed.book.raws[changed.at(kind)]).id.hex()
        return changed.instead(changed.at("ConsentRecorded"), "ledger", CHAIN, type="DeviationRaised",
                               code=code,
                               severity="minor", blocking=False, containers=[], cause=cause)  # fmt: skip

    return forge


def rejected(told: Told) -> Book:
    position = told.at("AvailabilityConfirmed")
    version = told.book.says(position)["chain_version"]
    return told.instead(position, "quinn", CHAIN, type="Rejected", chain_version=version,
                        containers=["BAG-F1"], reason="leaks")  # fmt: skip


def for_another_patient(told: Told) -> Book:
    """The order and both checks; the wristband at the collection stays as it was read."""
    ordered = told.then(lambda it: it.again(it.at("TherapyOrdered"), patient=OTHERS))
    first = ordered.then(lambda it: it.again(it.at("InfusionChecked"), patient=OTHERS))
    return first.again(first.at("InfusionChecked", 1), patient=OTHERS)


FORGERIES: dict[str, tuple[Callable[[Told], Book], str]] = {
    "one check": (lambda it: it.without("InfusionChecked"), "1 of two different people checked BAG-D1"),
    "both checks by one person": (
        lambda it: it.again(it.at("InfusionChecked", 1), iss="nora"),
        "1 of two different people checked BAG-D1",
    ),
    "checks of another patient": (
        lambda it: it.again(it.at("InfusionChecked", 1), patient=OTHERS),
        "the checks of BAG-D1 do not agree on the patient of the order",
    ),
    "a check of one identifier alone": (
        lambda it: it.again(it.at("InfusionChecked"), patient=[patient("patient-1")[0], OTHERS[1]]),
        "do not agree on the patient of the order",
    ),
    "a check of another bag": (
        lambda it: it.again(it.at("InfusionChecked"), container="BAG-D2"),
        "1 of two different people checked BAG-D1",
    ),
    "no release": (lambda it: it.without("Released"), "Quality had not released BAG-D1 for GB under UB-001"),
    "a release for another country": (
        lambda it: it.again(it.at("Released"), countries=["DE"]),
        "Quality had not released BAG-D1 for GB under UB-001",
    ),
    "a release by somebody else": (
        lambda it: it.again(it.at("Released"), iss="anna"),
        "anna had no role for it at northcell-1: quality",
    ),
    "a release at another site": (
        lambda it: it.again(it.at("Released"), site="st-mary"),
        "quinn had no role for it at st-mary: quality",
    ),
    "Quality without a second signature": (
        lambda it: it.without("EnrolmentApproved"),
        "quinn had no role for it at northcell-1: quality",
    ),
    "a second signature by the same person": (
        lambda it: it.again(it.at("EnrolmentApproved"), iss="ben"),
        "the same person enrolled and approved",
    ),
    "no qualification": (
        lambda it: it.without("QualificationGranted"),
        "phil was not qualified for it: bedside",
    ),
    "a qualification that had run out": (
        lambda it: it.again(it.at("QualificationGranted"), expires_at="2026-01-01T00:00:00.000Z"),
        "phil was not qualified for it: bedside",
    ),
    "a statement with another person's key": (
        lambda it: it.again(it.at("InfusionChecked"), iss="nora", by="nils"),
        "the key is nils's, not nora's",
    ),
    "a bag of another therapy": (
        lambda it: it.again(it.at("InfusionAuthorised"), container="OTHER-D1"),
        "OTHER-D1 did not come to be in this therapy",
    ),
    "a dose made of strange cells": (
        lambda it: it.again(it.at("ContainersDerived"), parents=[{"container": "OTHER-F1", "volume_ul": 1}]),
        "it was made of OTHER-F1, which is not of this therapy",
    ),
    "an infusion without an authorisation": (
        lambda it: it.without("InfusionAuthorised"),
        "infusion of BAG-D1 began without an authorisation",
    ),
    "an acceptance by another party": (
        lambda it: it.again(it.at("CustodyAccepted", 3), receiver=CLEANROOM),
        "it names cleanroom at northcell-1 as receiver, its release",
    ),
    "an acceptance of what was not handed over": (
        lambda it: it.again(it.at("CustodyAccepted", 3), containers=["BAG-D1", "BAG-D7"]),
        "it accepts BAG-D7, which its release",
    ),
    **{
        f"{kind} by the ledger itself": (
            lambda it, kind=kind, nth=nth: it.again(it.at(kind, nth), iss="ledger"),
            "ledger had no role for it",
        )
        for kind, nth in (
            ("InfusionChecked", 1),
            ("Released", 0),
            ("InfusionAuthorised", 0),
            ("EnrolmentApproved", 0),
        )
    },
    "the dose of another therapy": (
        lambda it: it.again(
            it.at("CollectionCompleted", 1), containers=[{"container": "BAG-D1", "volume_ul": 1}]
        ),
        f"BAG-D1 came to be in another therapy (chain/{COI})",
    ),
    "a key that a nurse added for another": (with_a_key_of_mine, "nils had no role for it: administrator"),
    "a key that an administrator alone added for Quality": (
        lambda it: it.instead(
            it.at("ConsentRecorded"), "ben", "agent/quinn", type="KeyAdded", key=b64(new_key().public.spki)
        ),
        "quinn has a role that takes two signers",
    ),
    "a key that a nurse revoked": (
        lambda it: it.instead(
            it.at("ConsentRecorded"), "nils", "agent/nora", type="KeyRevoked", kid="ab" * 32, reason="lost"
        ),
        "nils had no role for it: administrator",
    ),
    "strange cells, and a deviation about something else": (
        excused_by("sequence_gap", "ContainersDerived", parents=[{"container": "OTHER-F1", "volume_ul": 1}]),
        "it was made of OTHER-F1, which is not of this therapy",
    ),
    "a strange acceptance, and a deviation about something else": (
        excused_by("clock_behind", "CustodyAccepted", receiver=CLEANROOM),
        "it names cleanroom at northcell-1 as receiver, its release",
    ),
    "a dose of cells that Quality had rejected": (
        rejected,
        "Quality had rejected BAG-D1, or what it was made of",
    ),
    "an order for another patient": (for_another_patient, "the wristband that was read is not the patient's"),
}
