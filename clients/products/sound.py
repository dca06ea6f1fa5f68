"""What the ledger would refuse in a product that is well formed, found before it is signed."""

from __future__ import annotations

from collections.abc import Iterator

from clients.products.lines import Path
from ledger.domain.parts import Specification
from ledger.domain.registry_events import ProductVersionDefined
from ledger.domain.specifications import require_sound_specifications, require_sound_window
from ledger.errors import Refused


def unsound(event: ProductVersionDefined) -> Iterator[tuple[Path, str]]:
    """Where, as the event names it, and why: the ledger's own rules, asked part by part."""
    try:
        require_sound_window(event)
    except Refused as refused:
        yield ("complete_within_s",), refused.detail
    found = False
    for number, one in enumerate(event.specifications or ()):
        for path, why in _unsound_tests(event, one):
            found = True
            yield ("specifications", number, *path), why
    whole = None if found else _refusal(event, event.specifications)
    if whole:
        yield ("specifications",), whole


def _unsound_tests(event: ProductVersionDefined, one: Specification) -> Iterator[tuple[Path, str]]:
    seen: list[str] = []
    for number, test in enumerate(one.tests):
        alone = one.model_copy(update={"tests": [test]})
        twice = f"{test.test} is specified twice for {one.country}"
        why = twice if test.test in seen else _refusal(event, [alone])
        seen.append(test.test)
        if why:
            yield ("tests", number, "test"), why


def _refusal(event: ProductVersionDefined, specifications: list[Specification] | None) -> str | None:
    """Why the ledger would refuse these specifications, each for a country of the version."""
    narrowed = specifications is not event.specifications
    countries = [one.country for one in specifications or ()] if narrowed else event.countries
    candidate = event.model_copy(update={"specifications": specifications, "countries": countries})
    try:
        require_sound_specifications(candidate)
    except Refused as refused:
        return refused.detail
    return None
