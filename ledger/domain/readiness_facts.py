"""What is wrong with a fact about the patient's readiness, and with acting without consent.

Whether consent stands is judged by what is known when the act is recorded. A consent that
arrives after what it allowed clears nothing by itself: Quality looks, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.questions import order_sites, planned

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.findings import Found
    from ledger.domain.readiness_events import ConsentRecorded, ConsentWithdrawn, LymphodepletionStarted
    from ledger.domain.world import Entry, World


def without_consent(chain: Chain, found: Found, *names: str) -> None:
    """Something was done to the patient or their cells: did they agree?

    Of a provisional chain that is asked when it is linked: consent stands in the therapy.
    """
    readiness = chain.readiness
    if chain.order is None:
        return
    if readiness.is_withdrawn:
        found.add("consent_withdrawn", *names)
    elif not readiness.has_consent:
        found.add("no_consent", *names)


def consent(
    _: Entry, event: ConsentRecorded | ConsentWithdrawn, chain: Chain, __: World, found: Found
) -> None:
    sites = order_sites(chain)
    planned(event.site, (sites.collection, sites.treatment), (), found)


def lymphodepletion_started(
    _: Entry, event: LymphodepletionStarted, chain: Chain, __: World, found: Found
) -> None:
    planned(event.site, (order_sites(chain).treatment,), (), found)
    without_consent(chain, found)
    if chain.readiness.started:
        found.add("repeated_step")
    if not _is_authorised(event.site, chain):
        found.add("lymphodepletion_without_authorisation")


def _is_authorised(site: str, chain: Chain) -> bool:
    """An authorisation stands until the patient is found unfit, or something stops a dose."""
    readiness = chain.readiness
    if readiness.authorisation is None or readiness.authorisation.site != site:
        return False
    is_fit = readiness.fitness is not None and readiness.fitness.is_fit
    doses = readiness.availability.containers if readiness.availability else ()
    return is_fit and not any(_is_stopped(name, chain) for name in doses)


def _is_stopped(name: str, chain: Chain) -> bool:
    dose = chain.containers.get(name)
    stopped = any(chain.blocking(name)) or any(chain.quarantined(name))
    return stopped or dose is None or dose.is_lost
