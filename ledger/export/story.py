"""What of a therapy FHIR can say, between our aggregate and FHIR's resources.

`story_of` takes it out of the therapy, `fhir.py` writes it down, `fhir_reading.py` reads it back: the
two stories are equal. What a story leaves out is lost in FHIR, and stands in its entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ledger.domain.naming import containers_of, created_by
from ledger.domain.registry import LEDGER
from ledger.domain.shares import share_of
from ledger.domain.times import timestamp
from ledger.export.standing import AVAILABLE, Outlook, is_fit, is_matched, state_of

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Container
    from ledger.domain.custody import Handover
    from ledger.domain.entry import Entry
    from ledger.domain.readings import Series

LegStatus = Literal["in-progress", "completed", "abandoned"]
DoseStatus = Literal["preparation", "allocated", "in-progress", "issued", "returned"]
Party = tuple[str, str]  # site, department


@dataclass(frozen=True, slots=True)
class Warmth:
    """What one logger showed of a container: lowest and highest reading; `position` of the entry.

    `fit`: its instrument proves it. What an unfit one shows proves no good, and counts where it is bad.
    """

    phase: str
    logger: str
    started_at: str
    ended_at: str
    low_centi_c: int
    high_centi_c: int
    position: int
    device_signature: str
    calibrated_until: str | None
    fit: bool


@dataclass(frozen=True, slots=True)
class Product:
    """A container: of the patient's cells, of a product, or a sample. `state`: why it is not available."""

    container: str
    made_by: str
    made_at: str
    signer: str
    site: str | None
    parents: tuple[str, ...]
    volume_ul: int
    available: bool
    state: str
    din: str | None = None
    product_code: str | None = None
    division: str | None = None
    expires_at: str | None = None
    bag: int | None = None
    of: int | None = None
    component: str | None = None
    inside: str | None = None
    temperature: tuple[Warmth, ...] = ()
    purpose: str | None = None  # of a sample

    @property
    def is_sample(self) -> bool:
        return self.made_by == "sample"


@dataclass(frozen=True, slots=True)
class Leg:
    """A hand-over, by its release's statement id; `acceptance` the id of what completed it.

    Completed only if it moved all of its containers.
    """

    release: str
    position: int
    status: LegStatus
    containers: tuple[str, ...]
    giver: Party
    receiver: Party
    released_at: str
    acceptance: str | None = None
    accepted_at: str | None = None


@dataclass(frozen=True, slots=True)
class Dose:
    """What happened at the bedside. `matched`: two people found patient and bag to match, and read the
    label that is in force."""

    container: str
    status: DoseStatus
    matched: bool | None
    performers: tuple[str, ...]
    site: str | None
    prepared_at: str | None = None
    started_at: str | None = None
    given_ul: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A deviation; `containers` empty: of the whole therapy."""

    statement: str
    position: int
    code: str
    severity: str
    blocking: bool
    containers: tuple[str, ...]
    raised_by: str
    by_device: bool
    recorded_at: str
    disposition: str | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """One entry: who signed what, and the statement's bytes where the reader may have them."""

    position: int
    statement: str
    type: str
    signer: str
    by_device: bool
    key: str
    occurred_at: str
    recorded_at: str
    containers: tuple[str, ...]
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """One therapy; `product` and `version` as ordered, None before the order."""

    coi: str
    product: str | None
    version: int | None
    products: tuple[Product, ...]
    legs: tuple[Leg, ...]
    doses: tuple[Dose, ...]
    findings: tuple[Finding, ...]
    signed: tuple[Signed, ...]


def story_of(
    chain: Chain,
    entries: Iterable[tuple[Entry, bytes | None]],
    outlook: Outlook,
    is_device: Callable[[str], bool] = lambda signer: signer == LEDGER,
) -> Story:
    """The therapy as its entries, with the bytes that its reader may have, made it."""
    shares = [(share_of(entry, chain.coi), raw) for entry, raw in entries]
    makers = {name: entry.signer for entry, _ in reversed(shares) for name in created_by(entry.event)}
    by_id = {entry.statement_id: entry for entry, _ in shares}
    ordered = chain.order.product if chain.order else None
    return Story(
        chain.coi,
        ordered.product if ordered else None,
        ordered.version if ordered else None,
        tuple(_container(one, makers.get(one.id, ""), chain, outlook) for one in chain.containers.values()),
        tuple(_legs(chain)),
        tuple(_dose(one, chain) for one in chain.containers.values() if _is_at_bedside(one)),
        tuple(_findings(chain, by_id, is_device)),
        tuple(_signed(entry, raw, is_device(entry.signer)) for entry, raw in shares),
    )


def _container(one: Container, signer: str, chain: Chain, outlook: Outlook) -> Product:
    """Of a sample only what a Specimen can say."""
    made = _product(one, signer, chain, outlook)
    if not made.is_sample:
        return made
    sample = chain.samples.get(one.id)
    return Product(
        made.container, made.made_by, made.made_at, made.signer, made.site, made.parents, made.volume_ul,
        made.available, made.state, expires_at=made.expires_at, purpose=sample.purpose if sample else None,
    )  # fmt: skip


def _product(one: Container, signer: str, chain: Chain, outlook: Outlook) -> Product:
    origin, state = one.custody.origin, state_of(one, chain, outlook)
    return Product(
        one.id, one.made_by, one.made_at, signer, origin.site if origin else None, one.parents,
        one.volume_ul, state == AVAILABLE, state, one.din, one.product_code, one.division,
        one.expires_at, one.bag, one.of, one.component, one.inside,
        tuple(_warmth(each, is_fit(each, chain, outlook)) for each in one.evidence if any(each.readings)),
    )  # fmt: skip


def _warmth(series: Series, fit: bool) -> Warmth:
    values = [centi_c for _, centi_c in series.readings]
    started, ended = timestamp(series.started_ms), timestamp(series.ended_ms)
    until = None if series.calibrated_ms is None else timestamp(series.calibrated_ms)
    return Warmth(
        series.phase, series.logger, started, ended, min(values), max(values), series.position,
        series.signature, until, fit,
    )  # fmt: skip


def _legs(chain: Chain) -> Iterator[Leg]:
    for release in chain.handovers.values():
        if not (release.accepts or release.refuses):
            yield _leg(release, _answer(release, chain), _is_refused(release, chain))


def _leg(release: Handover, answer: Handover | None, refused: bool) -> Leg:
    status: LegStatus = "completed" if answer else "abandoned" if refused else "in-progress"
    return Leg(
        release.id, release.position, status, release.containers,
        (release.giver.site, release.giver.department), (release.receiver.site, release.receiver.department),
        release.occurred_at, answer.id if answer else None, answer.occurred_at if answer else None,
    )  # fmt: skip


def _answer(release: Handover, chain: Chain) -> Handover | None:
    """The acceptance with which custody of the last of its containers moved; None: not of all."""
    custodies = [chain.container(name).custody for name in release.containers]
    answers = [one.moved[release.id][1] for one in custodies if release.id in one.moved]
    whole = len(answers) == len(custodies)
    return max(answers, key=lambda one: (one.occurred_at, one.position), default=None) if whole else None


def _is_refused(release: Handover, chain: Chain) -> bool:
    """Every container of it was."""
    return all(chain.container(name).custody.is_refused(release) for name in release.containers)


def _is_at_bedside(one: Container) -> bool:
    return bool(one.checks or one.authorisation or one.infusion_start or one.infusion_end)


def _dose(one: Container, chain: Chain) -> Dose:
    given, start = one.authorisation, one.infusion_start
    people = (*one.checks, *((given.signer,) if given else ()), *((start.signer,) if start else ()))
    sites = [at.site for at in (*one.checks.values(), given, start) if at]
    thawed = max(one.thaw_ends, key=lambda each: each.occurred_at, default=None)
    return Dose(
        one.id,
        _dose_status(one),
        is_matched(one, chain),
        tuple(dict.fromkeys(people)),
        sites[-1] if sites else None,
        thawed.occurred_at if thawed else None,
        start.occurred_at if start else None,
        one.dose_given_ul,
    )


def _dose_status(one: Container) -> DoseStatus:
    if one.infusion_end:
        return "issued"
    if one.infusion_start:
        return "in-progress"
    if one.returned:
        return "returned"
    return "allocated" if one.authorisation else "preparation"


def _findings(chain: Chain, by_id: dict[str, Entry], is_device: Callable[[str], bool]) -> Iterator[Finding]:
    for one in chain.deviations.values():
        if one.id in by_id:
            recorded_at = timestamp(by_id[one.id].recorded_ms)
            yield Finding(
                one.id, one.position, one.code, one.severity, one.blocking, one.containers, one.raised_by,
                is_device(one.raised_by), recorded_at, one.disposition,
            )  # fmt: skip


def _signed(entry: Entry, raw: bytes | None, by_device: bool) -> Signed:
    event = entry.event
    named = tuple(dict.fromkeys(containers_of(event)))
    return Signed(
        entry.position, entry.statement_id, event.type, entry.signer, by_device, entry.kid,
        event.occurred_at, timestamp(entry.recorded_ms), named, raw,
    )  # fmt: skip
