"""What is wrong with a fact about the patient's readiness, and with acting without consent.

Whether consent stands is judged by what is known when the act is recorded. A consent that
arrives after what it allowed clears nothing by itself: Quality looks, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.conditions import Look
from ledger.domain.questions import order_sites, planned
from ledger.domain.readiness_conditions import fitness_confirmed, product_available
from ledger.domain.window import latest_ms

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
    entry: Entry, event: LymphodepletionStarted, chain: Chain, world: World, found: Found
) -> None:
    planned(event.site, (order_sites(chain).treatment,), (), found)
    without_consent(chain, found)
    if chain.readiness.started:
        found.add("repeated_step")
    look = Look(world, chain, "", event.site, latest_ms(event.occurred_at, entry.recorded_ms))
    if not _is_authorised(look):
        found.add("lymphodepletion_without_authorisation")


def _is_authorised(look: Look) -> bool:
    """An authorisation stands while the patient is fit, and each dose may still be used here."""
    authorisation = look.chain.readiness.authorisation
    if authorisation is None or authorisation.site != look.site:
        return False
    return fitness_confirmed(look).passed and product_available(look).passed
