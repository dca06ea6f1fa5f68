"""Results by container, against the specification for the country of treatment, and what Quality
made of them. Folded from the therapy itself: no table holds it, no decision reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.domain.esignatures import ESigned
from ledger.domain.specifications import tests_for, verdict_on, verdicts

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Container
    from ledger.domain.parts import SpecifiedTest
    from ledger.domain.registry import ProductVersion


@dataclass(frozen=True, slots=True)
class ShownResult:
    """`counts`: the latest of its test. `verdict` None: the specification does not name the test."""

    test: str
    value_milli: int | None
    unit: str | None
    outcome: str
    verdict: str | None
    counts: bool
    sample: str
    site: str
    signer: str
    occurred_at: str
    certificate: str | None
    statement_id: str
    position: int


@dataclass(frozen=True, slots=True)
class ShownIdentityTest:
    method: str
    reference: str
    outcome: str
    site: str
    signer: str
    occurred_at: str
    position: int


@dataclass(frozen=True, slots=True)
class ShownConfirmation:
    site: str
    signer: str
    confirmation: str
    position: int
    esignature: ESigned | None


@dataclass(frozen=True, slots=True)
class ShownRelease:
    """`tests`: those without a result, or out of specification, as `kind` says."""

    kind: str
    tests: list[str]
    request: str | None
    countries: list[str]
    protocols: list[str]
    site: str
    signer: str
    position: int
    esignature: ESigned | None


@dataclass(frozen=True, slots=True)
class ShownRejection:
    """Of the container, or of what it was made of."""

    reason: str
    signer: str
    position: int
    esignature: ESigned | None


@dataclass(frozen=True, slots=True)
class Assessed:
    """One container that is finished product, or that was tested or decided on."""

    container: str
    outstanding: list[str]
    out_of_specification: list[str]
    results: list[ShownResult]
    identity_tests: list[ShownIdentityTest]
    confirmations: list[ShownConfirmation]
    releases: list[ShownRelease]
    rejections: list[ShownRejection]


def assessed(chain: Chain, product: ProductVersion | None) -> list[Assessed]:
    """Every container of which there is something to say, in the order in which they came to be known."""
    found = (_assessed(one, chain, product) for one in chain.containers.values())
    return [one for one in found if chain.is_finished(one.container) or _says_something(one)]


def specified(chain: Chain, product: ProductVersion | None) -> list[SpecifiedTest]:
    """The specification for the country of treatment."""
    return list(tests_for(product, chain.order.country).values()) if chain.order else []


def _says_something(one: Assessed) -> bool:
    return any((one.results, one.identity_tests, one.confirmations, one.releases, one.rejections))


def _assessed(one: Container, chain: Chain, product: ProductVersion | None) -> Assessed:
    countries = (chain.order.country,) if chain.order else ()
    found = verdicts(one, product, countries)
    told = one.assessment
    return Assessed(
        container=one.id,
        outstanding=sorted(test for test, verdict in found.items() if verdict == "outstanding"),
        out_of_specification=sorted(test for test, verdict in found.items() if verdict == "outside"),
        results=_results(one, {test.test: test for test in specified(chain, product)}),
        identity_tests=[ShownIdentityTest(**test._asdict()) for test in told.identity_tests],
        confirmations=[
            ShownConfirmation(**each._asdict(), esignature=chain.esignatures.get(each.position))
            for each in told.confirmations
        ],
        releases=_releases(one, chain),
        rejections=[
            ShownRejection(**each._asdict(), esignature=chain.esignatures.get(each.position))
            for each in chain.rejections(one.id)
        ],
    )


def _results(one: Container, tests: dict[str, SpecifiedTest]) -> list[ShownResult]:
    return [
        ShownResult(
            **result._asdict(),
            verdict=verdict_on([result], tests[result.test]) if result.test in tests else None,
            counts=result in one.assessment.latest_results(result.test),
        )
        for result in one.assessment.results
    ]


def _releases(one: Container, chain: Chain) -> list[ShownRelease]:
    return [
        ShownRelease(
            kind=each.kind,
            tests=list(each.tests),
            request=each.request,
            countries=sorted(each.countries),
            protocols=sorted(each.protocols),
            site=each.site,
            signer=each.signer,
            position=each.position,
            esignature=chain.esignatures.get(each.position),
        )
        for each in one.quality_releases
    ]
