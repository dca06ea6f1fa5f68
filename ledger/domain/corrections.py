"""What is wrong with a correction: of what, of which member, by whom.

A correction may arrive before the entry that it corrects. It is then judged when that entry
arrives, so that the order makes no difference to what Quality has to decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.naming import containers_of
from ledger.domain.standing import is_quality_of

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.findings import Found
    from ledger.domain.quality_events import Corrected
    from ledger.domain.world import Entry, World

# What gates rest on: the last word of a member's path says which kind of thing it is.
MATTERS = frozenset({
    "bag", "batch", "commitment", "container", "containers", "countries", "country", "department", "din",
    "din_check", "division", "expires_at", "field", "giver", "lots", "occurred_at", "of", "outcome",
    "parents", "patient", "product", "product_code", "protocol", "protocols", "receiver", "release",
    "sample", "site", "test", "unit", "value_milli", "version", "volume_ul",
})  # fmt: skip


def corrected(entry: Entry, event: Corrected, chain: Chain, world: World, found: Found) -> None:
    original = world.statement(chain.coi, event.corrects)
    if original is None:
        found.add("correction_of_unknown")
    else:
        _judge(event.member, entry.signer, original.signer, original.containers, (chain, world, found))


def awaited(entry: Entry, chain: Chain, world: World, found: Found) -> None:
    """Corrections of this entry that came before it."""
    for one in chain.corrections.get(entry.statement_id, ()):
        named = containers_of(entry.event)
        _judge(one.member, one.signer, entry.signer, named, (chain, world, found))


def _judge(
    member: str,
    signer: str,
    original_signer: str,
    containers: tuple[str, ...],
    scene: tuple[Chain, World, Found],
) -> None:
    chain, world, found = scene
    words = [word for word in member.split(".") if not word.isdecimal()]
    if not words or words[-1] in MATTERS:
        found.add("correction_matters", *containers)
    agent = world.agent(signer)
    if signer != original_signer and not (agent and is_quality_of(agent, chain, world)):
        found.add("correction_by_other", *containers)
