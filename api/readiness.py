"""What reads answer of a patient's readiness: consent, fitness, doses at hand, overrides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from ledger.domain.overrides import Override
    from ledger.domain.readiness import Availability, Fitness, Readiness


class ConsentDocument(BaseModel):
    """`stands`: given, and not withdrawn since. A position is None where nothing was said."""

    stands: bool
    form: str | None
    recorded_position: int | None
    withdrawn_position: int | None


class FitnessDocument(BaseModel):
    fit: bool
    valid_until: str
    signer: str
    position: int


class AvailabilityDocument(BaseModel):
    """Whether these doses may still be used is for the gates to say."""

    containers: list[str]
    site: str
    signer: str
    position: int


class LymphodepletionDocument(BaseModel):
    """`authorised_position` is None again after a withdrawal of consent."""

    authorised_position: int | None
    started_position: int | None
    regimen: str | None


class ReadinessDocument(BaseModel):
    consent: ConsentDocument
    fitness: FitnessDocument | None
    availability: AvailabilityDocument | None
    lymphodepletion: LymphodepletionDocument


class OverrideDocument(BaseModel):
    """`confirmed_position` is None until a second person confirms: until then it passes nothing."""

    statement_id: str
    position: int
    container: str
    site: str
    gates: list[str]
    reason: str
    signer: str
    confirmed_by: str | None
    confirmed_position: int | None


def readiness_document(readiness: Readiness) -> ReadinessDocument:
    return ReadinessDocument(
        consent=_consent(readiness),
        fitness=_fitness(readiness.fitness),
        availability=_availability(readiness.availability),
        lymphodepletion=LymphodepletionDocument(
            authorised_position=readiness.authorisation.position if readiness.authorisation else None,
            started_position=readiness.started.position if readiness.started else None,
            regimen=readiness.regimen or None,
        ),
    )


def _consent(readiness: Readiness) -> ConsentDocument:
    return ConsentDocument(
        stands=readiness.has_consent,
        form=readiness.form or None,
        recorded_position=readiness.consent.position if readiness.consent else None,
        withdrawn_position=readiness.withdrawal.position if readiness.withdrawal else None,
    )


def _fitness(one: Fitness | None) -> FitnessDocument | None:
    if one is None:
        return None
    return FitnessDocument(
        fit=one.is_fit, valid_until=one.valid_until, signer=one.signer, position=one.position
    )


def _availability(one: Availability | None) -> AvailabilityDocument | None:
    if one is None:
        return None
    return AvailabilityDocument(
        containers=list(one.containers), site=one.site, signer=one.signer, position=one.position
    )


def override_document(one: Override) -> OverrideDocument:
    return OverrideDocument(
        statement_id=one.id,
        position=one.position,
        container=one.container,
        site=one.site,
        gates=list(one.gates),
        reason=one.reason,
        signer=one.signer,
        confirmed_by=one.confirmed_by or None,
        confirmed_position=one.confirmed,
    )
