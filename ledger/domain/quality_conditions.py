"""The conditions of testing and of Quality: results, identity, confirmation, rejection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.conditions import Look, Outcome
from ledger.domain.specifications import verdicts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.domain.container import Container
    from ledger.domain.specifications import Verdict


def results_in_specification(look: Look) -> Outcome:
    """Of every country that the release names. What the release itself names is excused: a test
    that has no result by a release pending it, one that is outside by a release for that."""
    container = look.container
    if container is None:
        return Outcome(False, f"No result of {look.name} is known.")
    found = verdicts(container, look.product, look.countries)
    stops = {name: one for name, one in found.items() if _stops(name, one, look)}
    proof = tuple(one.position for name in found for one in container.assessment.latest_results(name))
    if stops:
        return Outcome(False, f"{look.name}: {_told(stops)}.", proof)
    if not found:
        return Outcome(True, "The product version specifies no test for these countries.")
    return Outcome(True, f"{look.name} meets what is specified, or the release names what it lacks.", proof)


def _stops(name: str, verdict: Verdict, look: Look) -> bool:
    if verdict == "outstanding":
        return name not in look.excused.pending
    return verdict == "outside" and name not in look.excused.outside


def _told(stops: Mapping[str, str]) -> str:
    said = {"outstanding": "has no result that counts", "outside": "is out of specification"}
    return ", ".join(f"{name} {said[verdict]}" for name, verdict in sorted(stops.items()))


def identity_tested(look: Look) -> Outcome:
    container, product = look.container, look.product
    if container is None or product is None:
        return Outcome(False, f"Whether {look.name} was tested for identity is not known.")
    tests = container.assessment.latest_identity_tests()
    proof = tuple(one.position for one in tests)
    if any(one.outcome == "mismatch" for one in tests):
        return Outcome(False, f"The cells in {look.name} are not this patient's: stop.", proof)
    if tests and all(one.outcome == "match" for one in tests):
        return Outcome(True, f"The cells in {look.name} were tested and are this patient's.", proof)
    if "identity_test" not in (product.rules.required_checks or ()):
        return Outcome(True, "The product version asks for no identity test.", (product.position,))
    return Outcome(False, f"No identity test has matched for {look.name}: ask the laboratory.", proof)


def site_confirmed(look: Look) -> Outcome:
    container, product = look.container, look.product
    if container is None or product is None:
        return Outcome(False, f"Whether {look.name} was confirmed is not known.")
    confirmations = container.assessment.confirmations
    proof = tuple(one.position for one in confirmations)
    if confirmations:
        sites = ", ".join(sorted({one.site for one in confirmations}))
        return Outcome(True, f"{sites} confirmed how {look.name} was made.", proof)
    if "site_confirmation" not in (product.rules.required_checks or ()):
        return Outcome(True, "The product version asks for no confirmation.", (product.position,))
    return Outcome(False, f"The manufacturing site has not confirmed {look.name}: ask its Quality.")


def not_rejected(look: Look) -> Outcome:
    container: Container | None = look.container
    if container is None:
        return Outcome(False, f"Nothing is known of {look.name}.")
    rejections = list(look.chain.rejections(look.name))
    if not rejections:
        return Outcome(True, f"Quality has not rejected {look.name}.", (container.position,))
    reasons = ", ".join(sorted({one.reason for one in rejections}))
    proof = tuple(sorted(one.position for one in rejections))
    return Outcome(False, f"Quality rejected {look.name} ({reasons}): never use it.", proof)
