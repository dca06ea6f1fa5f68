"""What reads answer: the shapes of therapies, containers, custody and lineage.

Patients' commitments are in none of them: matching happens where the identifiers are, and
a reader of a therapy has no need to try birth dates against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from api.readiness import OverrideDocument, ReadinessDocument, override_document, readiness_document
from ledger.domain.esignatures import ESigned, esigned
from ledger.domain.events import to_payload
from ledger.domain.label_state import label_on
from ledger.domain.provisional import before_order
from ledger.domain.window import product_of, window_of
from ledger.domain.world import Entry, World, timestamp

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Batch, Container
    from ledger.domain.custody import Holder
    from ledger.domain.deviation import Deviation, Quarantine
    from ledger.domain.window import Window


class Place(BaseModel):
    """Who can hold a bag: a department of a site."""

    site: str
    department: str


class OrderDocument(BaseModel):
    product: str
    product_version: int
    protocol: str
    country: str
    collection_site: str
    manufacturing_sites: list[str]
    treatment_site: str
    couriers: list[str]
    ordered_by: str
    position: int


class PackingDocument(BaseModel):
    shipper: str
    seal: str | None
    logger: str | None
    position: int


class StorageDocument(BaseModel):
    """`retrieved` is the position of the entry that took it out again."""

    location: str
    place: str | None
    position: int
    retrieved: int | None


class BatchDocument(BaseModel):
    """One run of manufacture. `replaces` names the failed batch before it."""

    batch: str
    site: str
    platform: str
    position: int
    replaces: str | None
    failed_position: int | None


class ReleaseDocument(BaseModel):
    """Quality's release. `tests`: those without a result, or out of specification, as `kind` says."""

    kind: str
    tests: list[str]
    countries: list[str]
    protocols: list[str]
    position: int


class ContainerDocument(BaseModel):
    """A container now, or as of `as_of_position`. `held_since` is the entry that moved it last.

    `quarantined`, `rejected`: it is, or something that it was made of. `lost`: and not found since.
    `label`: the serial of the label in force on it. `destroyed`, `returned`: the position that says so.
    """

    container: str
    chain: str
    as_of_position: int
    status: str
    quarantined: bool
    lost: bool
    rejected: bool
    label: str | None
    returned: int | None
    destroyed: int | None
    holder: Place | None
    held_since: int | None
    offered_to: Place | None
    claimed_by: list[Place]
    made_by: str
    parents: list[str]
    din: str | None
    product_code: str | None
    division: str | None
    volume_ul: int
    left_ul: int
    expires_at: str | None
    bag: int | None
    of: int | None
    component: str | None
    inside: str | None
    packing: PackingDocument | None
    storage: StorageDocument | None
    releases: list[ReleaseDocument]
    position: int


class WindowDocument(BaseModel):
    """How long the dose may be given, in the worst case: see ledger/domain/window.py. `state`: open,
    closed, or unbounded (the thaw's device had no bound on its time: it counts as closed). `ends_at`:
    when the infusion must have ended, where the product says so."""

    starts_with: str
    opens_at: str | None
    closes_at: str | None
    ends_at: str | None
    state: str


class AuthorisationDocument(BaseModel):
    """The physician's. What came after it may stop the bag all the same: the infusion check tells."""

    site: str
    signer: str
    position: int


class BedsideContainer(ContainerDocument):
    """With what a bedside asks about one bag. `window` is None until something opens it; `state` is
    of the moment of the answer. `dose_given_ul`: as its end was recorded."""

    window: WindowDocument | None
    authorisation: AuthorisationDocument | None
    dose_given_ul: int | None


class DeviationDocument(BaseModel):
    """`containers` empty: the whole therapy. `blocks`: release and infusion wait for Quality."""

    statement_id: str
    position: int
    code: str
    severity: str
    blocking: bool
    blocks: bool
    containers: list[str]
    cause: str | None
    raised_by: str
    disposition: str | None
    disposition_position: int | None


class QuarantineDocument(BaseModel):
    """`lifted_position` is None while it holds."""

    statement_id: str
    position: int
    reason: str
    containers: list[str]
    put_by: str
    lifted_position: int | None


class ProvisionalDocument(BaseModel):
    """What was recorded before the order, by whom; `containers` wait to be linked."""

    site: str
    opened_by: str
    position: int
    linked_to: str | None
    containers: list[ContainerDocument]


class ChainDocument(BaseModel):
    """One therapy. `version` is what the signer of a decision names as `chain_version`."""

    coi: str
    version: int
    as_of_position: int
    order: OrderDocument | None
    provisional: ProvisionalDocument | None
    containers: list[ContainerDocument]
    deviations: list[DeviationDocument]
    quarantines: list[QuarantineDocument]
    readiness: ReadinessDocument
    overrides: list[OverrideDocument]
    batches: list[BatchDocument]
    closed_position: int | None


class TimelineEntry(BaseModel):
    """`corrected_by`: positions of the entries that say what it said wrong; it stays as it is.

    `event`: without a patient's commitments, and without the bytes of a passkey's assertion.
    """

    position: int
    statement_id: str
    kid: str
    signer: str
    stream: str
    type: str
    occurred_at: str
    recorded_at: str
    event: dict[str, Any]
    esignature: ESigned | None
    corrected_by: list[int]


def place_of(holder: Holder | None) -> Place | None:
    return Place(site=holder.site, department=holder.department) if holder else None


def chain_document(chain: Chain, position: int) -> ChainDocument:
    return ChainDocument(
        coi=chain.coi,
        version=chain.version,
        as_of_position=position,
        order=_order(chain),
        provisional=_provisional(chain, position),
        containers=[container_document(one, chain, position) for one in chain.containers.values()],
        deviations=[deviation_document(one) for one in chain.deviations.values()],
        quarantines=[_quarantine(one) for one in chain.quarantines.values()],
        readiness=readiness_document(chain.readiness),
        overrides=[override_document(one) for one in chain.readiness.overrides.values()],
        batches=[_batch(one, chain) for one in chain.batches.values()],
        closed_position=chain.closed,
    )


def _provisional(chain: Chain, position: int) -> ProvisionalDocument | None:
    before = before_order(chain)
    if before is None or before.provisional is None:
        return None
    site, opened_at, signer = before.provisional
    return ProvisionalDocument(
        site=site,
        opened_by=signer,
        position=opened_at,
        linked_to=before.linked_to,
        containers=[container_document(one, before, position) for one in before.containers.values()],
    )


def _order(chain: Chain) -> OrderDocument | None:
    order = chain.order
    if order is None:
        return None
    return OrderDocument(
        product=order.product.product,
        product_version=order.product.version,
        protocol=order.protocol,
        country=order.country,
        collection_site=order.sites.collection,
        manufacturing_sites=order.sites.manufacturing,
        treatment_site=order.sites.treatment,
        couriers=order.sites.couriers,
        ordered_by=chain.ordered_by,
        position=chain.order_position,
    )


def container_document(one: Container, chain: Chain, position: int) -> ContainerDocument:
    label = label_on(one.id, chain)
    return ContainerDocument(
        container=one.id,
        chain=chain.coi,
        as_of_position=position,
        status=one.status,
        quarantined=any(chain.quarantined(one.id)),
        lost=one.is_lost,
        rejected=chain.is_rejected(one.id),
        label=label.serial if label else None,
        returned=one.returned.position if one.returned else None,
        destroyed=one.destroyed.position if one.destroyed else None,
        packing=_packing(one),
        storage=StorageDocument(**one.storage._asdict()) if one.storage else None,
        releases=_releases(one),
        position=one.position,
        **_custody(one),
        **_contents(one),
    )


def bedside_container(
    one: Container, chain: Chain, world: World, position: int, now_ms: int
) -> BedsideContainer:
    """The container in the world as of `position`, and how its window stands at `now_ms`."""
    known = container_document(one, chain, position).model_dump()
    product, given = product_of(chain, world), one.authorisation
    window = window_of(one, product, world) if product else None
    return BedsideContainer(
        **known,
        window=_window(window, now_ms) if window else None,
        authorisation=AuthorisationDocument(site=given.site, signer=given.signer, position=given.position)
        if given
        else None,
        dose_given_ul=one.dose_given_ul,
    )


def _window(window: Window, now_ms: int) -> WindowDocument:
    opens, closes, ends = (
        None if ms is None else timestamp(ms) for ms in (window.opens_ms, window.closes_ms, window.ends_ms)
    )
    state = "unbounded" if closes is None else "open" if window.is_open(now_ms) else "closed"
    return WindowDocument(
        starts_with=window.starts_with, opens_at=opens, closes_at=closes, ends_at=ends, state=state
    )


def _custody(one: Container) -> dict[str, Any]:
    custody = one.custody
    return {
        "holder": place_of(custody.holder),
        "held_since": custody.position if custody.holder else None,
        "offered_to": place_of(custody.offered.receiver if custody.offered else None),
        "claimed_by": [Place(site=by.site, department=by.department) for by in _claimants(one)],
    }


_TOLD = ("made_by", "din", "product_code", "division", "volume_ul", "left_ul", "expires_at", "bag", "of",
         "component", "inside")  # fmt: skip


def _contents(one: Container) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _TOLD} | {"parents": list(one.parents)}


def _claimants(one: Container) -> list[Holder]:
    return list(dict.fromkeys(claim.receiver for claim in one.custody.claims.values()))


def _packing(one: Container) -> PackingDocument | None:
    packed = one.packing
    if packed is None:
        return None
    return PackingDocument(
        shipper=packed.shipper, seal=packed.seal, logger=packed.logger, position=packed.position
    )


def _releases(one: Container) -> list[ReleaseDocument]:
    return [
        ReleaseDocument(
            kind=each.kind,
            tests=list(each.tests),
            countries=sorted(each.countries),
            protocols=sorted(each.protocols),
            position=each.position,
        )
        for each in one.quality_releases
    ]


def deviation_document(one: Deviation) -> DeviationDocument:
    return DeviationDocument(
        statement_id=one.id,
        position=one.position,
        code=one.code,
        severity=one.severity,
        blocking=one.blocking,
        blocks=one.blocks,
        containers=list(one.containers),
        cause=one.cause,
        raised_by=one.raised_by,
        disposition=one.disposition,
        disposition_position=one.disposition_position,
    )


def _batch(one: Batch, chain: Chain) -> BatchDocument:
    return BatchDocument(
        batch=one.name,
        site=one.site,
        platform=one.platform,
        position=one.position,
        replaces=one.replaces,
        failed_position=chain.failed_batches.get(one.name),
    )


def _quarantine(one: Quarantine) -> QuarantineDocument:
    return QuarantineDocument(
        statement_id=one.id,
        position=one.position,
        reason=one.reason,
        containers=list(one.containers),
        put_by=one.put_by,
        lifted_position=one.lifted,
    )


def _told(payload: dict[str, Any]) -> dict[str, Any]:
    payload.pop("patient", None)
    (payload.get("esignature") or {}).pop("assertion", None)
    return payload


def timeline_entry(entry: Entry, chain: Chain) -> TimelineEntry:
    """The entry, of a shipment's this therapy's share, as the chain came to know of it."""
    return TimelineEntry(
        position=entry.position,
        statement_id=entry.statement_id,
        kid=entry.kid,
        signer=entry.signer,
        stream=entry.stream,
        type=entry.event.type,
        occurred_at=entry.event.occurred_at,
        recorded_at=timestamp(entry.recorded_ms),
        event=_told(to_payload(entry.event)),
        esignature=esigned(entry),
        corrected_by=[one.position for one in chain.corrections.get(entry.statement_id, ())],
    )
