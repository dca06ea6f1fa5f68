"""How samples, results and Quality's decisions change a therapy, and what corrections leave in it.

As everything in `evolve.py`: fast, total, and judging nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.domain.assessment import (
    Confirmation,
    Correction,
    IdentityTest,
    Rejection,
    Request,
    Result,
    Sample,
)
from ledger.domain.container import QualityRelease, ReleaseKind

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.quality_events import (
        BatchConfirmed,
        Corrected,
        IdentityTested,
        OutOfSpecificationRequested,
        Rejected,
        ReleasedOutOfSpecification,
        ReleasedPendingResults,
        ResultReported,
        SampleTaken,
    )
    from ledger.domain.therapy_events import Released
    from ledger.domain.world import Entry


def sampled(chain: Chain, entry: Entry, event: SampleTaken) -> None:
    """The first entry that makes a sample counts, as of any container."""
    name = event.sample.container
    sample = Sample(entry.position, name, event.of.container, event.purpose, event.at.site)
    chain.samples.setdefault(name, sample)


def reported(chain: Chain, entry: Entry, event: ResultReported) -> None:
    result = Result(
        entry.position,
        entry.statement_id,
        event.occurred_at,
        entry.signer,
        event.at.site,
        event.sample,
        event.test,
        event.unit,
        event.value_milli,
        event.outcome,
        event.certificate,
    )
    for name in dict.fromkeys(event.containers):
        chain.container(name).assessment.results.append(result)
    chain.touched["result"] = chain.version


def identity_tested(chain: Chain, entry: Entry, event: IdentityTested) -> None:
    compared = (event.method, event.reference, event.outcome)
    test = IdentityTest(entry.position, event.occurred_at, entry.signer, event.at.site, *compared)
    for name in dict.fromkeys(event.containers):
        chain.container(name).assessment.identity_tests.append(test)
    chain.touched["identity"] = chain.version


def confirmed(chain: Chain, entry: Entry, event: BatchConfirmed) -> None:
    confirmation = Confirmation(entry.position, entry.signer, event.site, event.confirmation)
    for name in dict.fromkeys(event.containers):
        chain.container(name).assessment.confirmations.append(confirmation)
    chain.touched["release"] = chain.version


def released(chain: Chain, entry: Entry, event: Released) -> None:
    _release(chain, entry, event, "full")


def released_pending_results(chain: Chain, entry: Entry, event: ReleasedPendingResults) -> None:
    _release(chain, entry, event, "pending_results", tuple(event.outstanding))


def released_out_of_specification(chain: Chain, entry: Entry, event: ReleasedOutOfSpecification) -> None:
    _release(chain, entry, event, "out_of_specification", tuple(event.tests), event.request)


def _release(
    chain: Chain,
    entry: Entry,
    event: Any,
    kind: ReleaseKind,
    tests: tuple[str, ...] = (),
    request: str | None = None,
) -> None:
    scope = (frozenset(event.countries), frozenset(event.protocols))
    release = QualityRelease(entry.position, entry.signer, event.site, *scope, kind, tests, request)
    for name in event.containers:
        chain.container(name).quality_releases.append(release)
    chain.touched["release"] = chain.version


def requested(chain: Chain, entry: Entry, event: OutOfSpecificationRequested) -> None:
    named = (tuple(event.containers), tuple(event.tests), event.reason)
    chain.requests[entry.statement_id] = Request(entry.statement_id, entry.position, entry.signer, *named)
    chain.touched["release"] = chain.version


def rejected(chain: Chain, entry: Entry, event: Rejected) -> None:
    rejection = Rejection(entry.position, entry.signer, event.reason)
    for name in dict.fromkeys(event.containers):
        chain.container(name).assessment.rejections.append(rejection)
    chain.touched["release"] = chain.version


def corrected(chain: Chain, entry: Entry, event: Corrected) -> None:
    said = (event.corrects, event.member, event.was, event.right, event.reason)
    correction = Correction(entry.position, entry.signer, *said)
    chain.corrections.setdefault(event.corrects, []).append(correction)
