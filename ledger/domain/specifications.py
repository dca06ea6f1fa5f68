"""A product's specifications, and how results stand against them.

A result that counts is the latest of its test for a container, by what the signers say. Said
for the same moment, several count, and the worst decides: so that the order in which they
arrive does not matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from ledger.errors import Refused

if TYPE_CHECKING:
    from ledger.domain.container import Container
    from ledger.domain.parts import SpecifiedTest
    from ledger.domain.registry import ProductVersion
    from ledger.domain.registry_events import ProductVersionDefined

Verdict = Literal["passed", "outstanding", "outside"]
_BADNESS: dict[Verdict, int] = {"passed": 0, "outstanding": 1, "outside": 2}


class Reported(Protocol):
    """What a laboratory said: the event, or what the container keeps of it."""

    @property
    def unit(self) -> str | None: ...
    @property
    def value_milli(self) -> int | None: ...
    @property
    def outcome(self) -> str: ...


def require_sound_specifications(event: ProductVersionDefined) -> None:
    """Raises `Refused`: `specification_repeats`, `specification_incomplete`, `limits_reversed`."""
    specifications = event.specifications or []
    countries = Counter(one.country for one in specifications)
    if any(count > 1 for count in countries.values()):
        raise Refused("specification_repeats", "each country may have one specification")
    if specifications and countries.keys() != set(event.countries):
        odd = ", ".join(sorted(countries.keys() ^ set(event.countries)))
        detail = f"{odd}: give a specification for every country of this version, and for no other"
        raise Refused("specification_incomplete", detail)
    for one in specifications:
        _require_sound_tests(one.tests)


def _require_sound_tests(tests: Sequence[SpecifiedTest]) -> None:
    if len({one.test for one in tests}) < len(tests):
        raise Refused("specification_repeats", "each test may be specified once for a country")
    for one in tests:
        if one.min_milli is not None and one.max_milli is not None and one.min_milli > one.max_milli:
            raise Refused("limits_reversed", f"{one.test}: its lower limit lies above its upper limit")


def require_sound_window(event: ProductVersionDefined) -> None:
    """Raises `Refused` `limits_reversed`: who may start last must still be able to finish."""
    if event.complete_within_s is not None and event.complete_within_s < event.window_s:
        detail = (
            "complete_within_s is shorter than window_s: the infusion starts within the window and ends later"
        )
        raise Refused("limits_reversed", detail)


def tests_for(product: ProductVersion | None, country: str) -> dict[str, SpecifiedTest]:
    """The tests that the product must meet in a country, by code."""
    specifications = (product.rules.specifications or ()) if product else ()
    return {test.test: test for one in specifications if one.country == country for test in one.tests}


def has_limits(test: SpecifiedTest) -> bool:
    return test.min_milli is not None or test.max_milli is not None


def is_outside(reported: Reported, test: SpecifiedTest) -> bool:
    """Its value lies outside the limits, whatever the laboratory called it. A void test has no value."""
    value = reported.value_milli
    if value is None or reported.outcome == "invalid" or reported.unit != test.unit:
        return False
    below = test.min_milli is not None and value < test.min_milli
    return below or (test.max_milli is not None and value > test.max_milli)


def contradicts(reported: Reported, test: SpecifiedTest) -> bool:
    """Called passed, although the value is outside, missing, or in another unit."""
    if reported.outcome != "pass":
        return False
    missing = has_limits(test) and reported.value_milli is None
    return missing or reported.unit != test.unit or is_outside(reported, test)


def verdict_on(results: Iterable[Reported], test: SpecifiedTest) -> Verdict:
    """What the results that count make of a specified test; none makes it outstanding."""
    found = [_verdict(one, test) for one in results]
    return max(found, key=_BADNESS.__getitem__, default="outstanding")


def _verdict(reported: Reported, test: SpecifiedTest) -> Verdict:
    if reported.outcome == "fail" or is_outside(reported, test):
        return "outside"
    return "outstanding" if reported.outcome == "invalid" or contradicts(reported, test) else "passed"


def verdicts(
    container: Container, product: ProductVersion | None, countries: Iterable[str]
) -> dict[str, Verdict]:
    """Every test that was done or must be, with the worst that the countries' limits make of it."""
    worst: dict[str, Verdict] = {}
    for country in countries:
        for name, test in tests_for(product, country).items():
            results = container.assessment.latest_results(name)
            if results or test.required:
                found = (verdict_on(results, test), worst.get(name, "passed"))
                worst[name] = max(found, key=_BADNESS.__getitem__)
    return worst
