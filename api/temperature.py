"""How warm a therapy's containers were: what evidence says against the product's profiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel

from api.documents import Place
from ledger.domain.kinetic import kinetic_mean
from ledger.domain.parts import Phase
from ledger.domain.readings import is_fit
from ledger.domain.temperature import judged
from ledger.domain.temperature_rules import evidence_of, profiles_of, unproved
from ledger.domain.world import timestamp

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.parts import TemperatureProfile
    from ledger.domain.readings import Series
    from ledger.domain.temperature import Excursion, Gap
    from ledger.domain.world import World

PHASES: tuple[str, ...] = get_args(Phase)


class GapDocument(BaseModel):
    """No reading says how warm it was. `proof`: positions of the entries that leave the gap."""

    started_at: str
    ended_at: str
    proof: list[int]


class ExcursionDocument(BaseModel):
    """Outside the band, in the worst case: from the last reading in band to the next one in band."""

    started_at: str
    ended_at: str
    peak_centi_c: int
    proof: list[int]


class EvidenceDocument(BaseModel):
    """One statement's readings. `fit` null: no profile says what the instrument must hold."""

    position: int
    logger: str
    started_at: str
    ended_at: str
    readings: int
    calibrated_until: str | None
    device_signature: str
    fit: bool | None


class PhaseDocument(BaseModel):
    """One container in one phase. Without a profile nothing is judged: its members are null."""

    container: str
    phase: str
    low_centi_c: int | None
    high_centi_c: int | None
    within_limits: bool | None
    spent_s: int | None
    left_s: int | None
    longest_s: int | None
    mean_kinetic_centi_c: int | None
    excursions: list[ExcursionDocument]
    gaps: list[GapDocument]
    evidence: list[EvidenceDocument]
    last_evidence: int


class LegDocument(BaseModel):
    """A carrier held it, and nothing proves how warm it was. `began`, `ended`: the acceptances."""

    container: str
    carrier: Place
    started_at: str
    ended_at: str
    began: int
    ended: int


class TemperatureDocument(BaseModel):
    """`unproved`: the legs whose evidence the product requires, until a fit instrument's readings
    cover them, or Quality accepts that none do."""

    coi: str
    as_of_position: int
    containers: list[PhaseDocument]
    unproved: list[LegDocument]


def temperature_document(chain: Chain, world: World, position: int) -> TemperatureDocument:
    return TemperatureDocument(
        coi=chain.coi,
        as_of_position=position,
        containers=list(_phases(chain, world)),
        unproved=[leg for name in chain.containers for leg in _legs(chain, name, world)],
    )


def _phases(chain: Chain, world: World) -> Iterator[PhaseDocument]:
    profiles: dict[str, TemperatureProfile] = {one.phase: one for one in profiles_of(chain, world)}
    for name in chain.containers:
        for phase in PHASES:
            evidence = evidence_of(chain, name, phase)
            if evidence:
                yield _phase(name, phase, evidence, profiles.get(phase))


def _phase(
    name: str, phase: str, evidence: tuple[Series, ...], profile: TemperatureProfile | None
) -> PhaseDocument:
    judgement = judged(evidence, profile) if profile else None
    in_time = sorted(evidence, key=lambda one: (one.started_ms, one.position))
    return PhaseDocument(
        container=name,
        phase=phase,
        low_centi_c=profile.low_centi_c if profile else None,
        high_centi_c=profile.high_centi_c if profile else None,
        within_limits=judgement.is_within_limits if judgement else None,
        spent_s=_seconds(judgement.spent_ms) if judgement else None,
        left_s=-_seconds(-judgement.left_ms) if judgement else None,
        longest_s=_seconds(judgement.longest_ms) if judgement else None,
        mean_kinetic_centi_c=kinetic_mean(evidence, profile) if profile else None,
        excursions=[_excursion(one) for one in judgement.excursions] if judgement else [],
        gaps=[_gap(one) for one in judgement.gaps] if judgement else [],
        evidence=[_evidence(one, profile) for one in in_time],
        last_evidence=max(one.position for one in evidence),
    )


def _seconds(ms: int) -> int:
    """Upwards: spent time is never rounded away."""
    return -(-ms // 1000)


def _excursion(one: Excursion) -> ExcursionDocument:
    return ExcursionDocument(
        started_at=timestamp(one.start_ms),
        ended_at=timestamp(one.end_ms),
        peak_centi_c=one.peak_centi_c,
        proof=list(one.proof),
    )


def _gap(one: Gap) -> GapDocument:
    return GapDocument(
        started_at=timestamp(one.start_ms), ended_at=timestamp(one.end_ms), proof=list(one.proof)
    )


def _evidence(one: Series, profile: TemperatureProfile | None) -> EvidenceDocument:
    return EvidenceDocument(
        position=one.position,
        logger=one.logger,
        started_at=timestamp(one.started_ms),
        ended_at=timestamp(one.ended_ms),
        readings=sum(1 for _ in one.readings),
        calibrated_until=timestamp(one.calibrated_ms) if one.calibrated_ms is not None else None,
        device_signature=one.signature,
        fit=is_fit(one, profile) if profile else None,
    )


def _legs(chain: Chain, name: str, world: World) -> Iterator[LegDocument]:
    for leg in unproved(chain, name, world):
        yield LegDocument(
            container=name,
            carrier=Place(site=leg.carrier.site, department=leg.carrier.department),
            started_at=timestamp(leg.start_ms),
            ended_at=timestamp(leg.end_ms),
            began=leg.began,
            ended=leg.ended,
        )
