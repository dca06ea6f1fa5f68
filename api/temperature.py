"""How warm a therapy's containers were: what evidence says against the product's profiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel

from api.documents import Place
from ledger.domain.clock import Clock, clocks
from ledger.domain.hold_time import Hold, hold_of
from ledger.domain.kinetic import kinetic_mean
from ledger.domain.out_of_storage import limit_of, out_of_storage
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
    """One container in one phase. Without a profile nothing is judged: its members are null.

    `broken`: the limits of the profile that do not hold, by its own names. `proved`: a fit instrument's
    readings say for some of the time how warm it was; without, limits that hold show nothing.
    """

    container: str
    phase: str
    low_centi_c: int | None
    high_centi_c: int | None
    within_limits: bool | None
    proved: bool
    broken: list[str]
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


class ClockDocument(BaseModel):
    """How far a logger's clock is off, seconds ahead of the ledger's: from `low_s` to `high_s`, as
    `openings` of its shipper bear out; null: nothing can be said. `ahead_s`: proved at the least, by
    when its readings were recorded. `off`: further than a clock may be; nothing is corrected by it."""

    logger: str
    low_s: int | None
    high_s: int | None
    ahead_s: int
    openings: int
    off: bool
    proof: list[int]


class HoldDocument(BaseModel):
    """The shipper that a container is in keeps cold until `ends_at`, in the worst case; null: no charge
    of it is known, or its time has no bound."""

    container: str
    shipper: str
    charged_at: str | None
    ends_at: str | None
    proof: list[int]


class OutDocument(BaseModel):
    """How long a container was out of its storage before its thaw: in the worst case (null: there is no
    bound), and as people say. `limit_s` null: the product sets none. `since`: it is not put away yet,
    and less is left each second: `left_s` is null, and what is left is the limit less `spent_s` and the time
    since."""

    container: str
    spent_s: int | None
    claimed_s: int
    limit_s: int | None
    left_s: int | None
    since: str | None
    proof: list[int]


class TemperatureDocument(BaseModel):
    """`unproved`: the legs whose evidence the product requires, until a fit instrument's readings
    cover them, or Quality accepts that none do."""

    coi: str
    as_of_position: int
    containers: list[PhaseDocument]
    unproved: list[LegDocument]
    clocks: list[ClockDocument]
    holds: list[HoldDocument]
    out_of_storage: list[OutDocument]


def temperature_document(chain: Chain, world: World, position: int) -> TemperatureDocument:
    return TemperatureDocument(
        coi=chain.coi,
        as_of_position=position,
        containers=list(_phases(chain, world)),
        unproved=[leg for name in chain.containers for leg in _legs(chain, name, world)],
        clocks=[_clock(one) for one in clocks(chain, world)],
        holds=[
            _hold(one.id, hold)
            for one in chain.containers.values()
            if not one.is_gone and (hold := hold_of(one, chain, world))
        ],
        out_of_storage=list(_out_of_storage(chain, world)),
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
        proved=bool(judgement and judgement.covered),
        broken=list(judgement.broken) if judgement else [],
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


def _clock(one: Clock) -> ClockDocument:
    low_ms, high_ms = one.offset_ms or (None, None)
    return ClockDocument(
        logger=one.logger,
        low_s=low_ms // 1000 if low_ms is not None else None,
        high_s=_seconds(high_ms) if high_ms is not None else None,
        ahead_s=max(0, one.ahead_ms // 1000),
        openings=one.openings,
        off=one.is_off,
        proof=list(one.proof),
    )


def _hold(name: str, one: Hold) -> HoldDocument:
    return HoldDocument(
        container=name,
        shipper=one.shipper,
        charged_at=timestamp(one.charged_ms) if one.charged_ms is not None else None,
        ends_at=timestamp(one.ends_ms) if one.ends_ms is not None else None,
        proof=list(one.proof),
    )


def _out_of_storage(chain: Chain, world: World) -> Iterator[OutDocument]:
    for name in chain.containers:
        out, limit_s = out_of_storage(chain, name, world), limit_of(chain, name, world)
        if out is None:
            continue
        spent_s = _seconds(out.spent_ms) if out.spent_ms is not None else None
        yield OutDocument(
            container=name,
            spent_s=spent_s,
            claimed_s=_seconds(out.claimed_ms),
            limit_s=limit_s,
            left_s=None if limit_s is None or spent_s is None or out.since else limit_s - spent_s,
            since=out.since,
            proof=list(out.proof),
        )
