"""Laws of results: what counts does not depend on the order in which it arrives."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.assessment import Result
from ledger.domain.container import Container
from ledger.domain.gates import infusion_gates, release_gates
from ledger.domain.parts import SpecifiedTest
from ledger.domain.registry import ProductVersion
from ledger.domain.registry_events import ProductVersionDefined
from ledger.domain.specifications import is_outside, verdict_on, verdicts
from ledger.domain.world import timestamp
from tests.domain_quality import SPECIFICATIONS, identity, made, report, viability
from tests.domain_scene import COI, DOSE, PRODUCT, Scene

MOMENTS = [timestamp(1_790_000_000_000 + seconds * 1000) for seconds in range(3)]
results = st.builds(
    lambda number, moment, test, unit, value, outcome: Result(
        number, f"{number:064x}", moment, "tess", "assay-lab", "S-1", test, unit, value, outcome, None
    ),
    st.integers(0, 99),
    st.sampled_from(MOMENTS),
    st.sampled_from(["sterility", "viability", "vector_copies"]),
    st.sampled_from([None, "percent"]),
    st.sampled_from([None, 0, 69_999, 70_000, 80_000]),
    st.sampled_from(["pass", "fail", "invalid"]),
)
RULES = ProductVersionDefined.model_validate(
    PRODUCT
    | {"specifications": SPECIFICATIONS, "type": "ProductVersionDefined", "v": 1, "seq": 0, "prev": None}
    | {"occurred_at": MOMENTS[0], "seen": None}
)
countries = st.lists(st.sampled_from(["GB", "FR"]), min_size=1, max_size=2, unique=True)


def standing(found: list[Result], where: list[str]) -> dict[str, str]:
    container = Container("DOSE-1")
    container.assessment.results.extend(found)
    return dict(verdicts(container, ProductVersion(RULES, 0), where))


@given(st.lists(results, max_size=6), countries, st.randoms(use_true_random=False))
def test_the_verdicts_are_the_same_in_whatever_order_results_arrive(
    found: list[Result], where: list[str], random: Any
) -> None:
    shuffled = random.sample(found, len(found))
    assert standing(shuffled, where) == standing(found, where[::-1])


@given(st.lists(results, max_size=6), countries)
def test_a_test_passes_only_by_results_that_all_pass_in_every_country(
    found: list[Result], where: list[str]
) -> None:
    for test, verdict in standing(found, where).items():
        latest = max((one.occurred_at for one in found if one.test == test), default="")
        counting = [one for one in found if one.test == test and one.occurred_at == latest]
        if verdict == "passed":
            assert counting
            assert {one.outcome for one in counting} == {"pass"}


@given(results, st.integers(0, 90_000), st.integers(0, 90_000))
def test_wider_limits_never_make_a_result_worse(one: Result, low: int, wider: int) -> None:
    """None of the laboratory's own words can bring a value in that lies outside."""
    told = {"test": "viability", "unit": "percent", "required": True, "may_be_pending": False}
    narrow = SpecifiedTest.model_validate(told | {"min_milli": low})
    wide = SpecifiedTest.model_validate(told | {"min_milli": max(0, low - wider)})
    order = ["passed", "outstanding", "outside"]
    assert order.index(verdict_on([one], wide)) <= order.index(verdict_on([one], narrow))
    if is_outside(one, narrow):
        assert verdict_on([one], narrow) == "outside"


def tell(scene: Scene, number: int, moment: str) -> None:
    """One of five reports, each later than the one before."""
    told: dict[str, Any] = {"occurred_at": moment}
    if number < 2:
        report(scene, "sterility", ("invalid", "pass")[number], **told)
    elif number == 2:
        viability(scene, 91_500, **told)
    else:
        identity(scene, ("inconclusive", "match")[number - 3], **told)


def gates(scene: Scene) -> list[tuple[str, bool]]:
    found = release_gates(scene.world, COI, [DOSE], "northcell-1", ["GB"], scene.now_ms)
    found += infusion_gates(scene.world, COI, DOSE, "st-mary", scene.now_ms)
    return [(gate.name, gate.passed) for gate in found]


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(5)))
def test_every_gate_comes_out_the_same_in_every_order_of_arrival(order: list[int]) -> None:
    shuffled, straight = made("identity_test"), made("identity_test")
    for scene, numbers in ((shuffled, order), (straight, range(5))):
        moments = [timestamp(scene.now_ms + number * 1000) for number in range(5)]
        for number in numbers:
            tell(scene, number, moments[number])
    assert gates(shuffled) == gates(straight)
    assert ("identity_tested", True) in gates(shuffled)
