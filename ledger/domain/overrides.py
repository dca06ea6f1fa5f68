"""Emergency overrides: which gates they may pass, and what they cover.

A physician names the gates that stop one bag; a second person confirms. Then these gates
count as overridden, for this bag at this site. Two limits keep that safe:

1. Only what stands in `OVERRIDABLE` can be passed. Identity, consent and a bag that was
   used cannot, nor can a deviation that contradicts identity.
2. An override covers what stood when it was made: a failed gate is passed only if every
   entry that proves the failure came before the override. A deviation, a quarantine, a
   rejection that comes later stops the bag again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ledger.errors import Refused

if TYPE_CHECKING:
    from ledger.domain.chain import Chain

# A gate that is not listed is never passed: whoever adds a gate decides it here.
OVERRIDABLE = frozenset(
    {
        "product_in_force",
        "site_in_force",
        "fitness_confirmed",
        "released",
        "not_expired",
        "no_blocking_deviation",
        "not_quarantined",
        "temperature_in_limits",
        "lots_in_force",
        "not_lost",
        "custody_here",
        "thaw_window",
        "component_order",
        "earlier_bags_finished",
    }
)
# What has to hold before anybody overrides anything else for a bag.
NEEDED = frozenset({"chain_open", "treatment_site", "consent", "container_of_chain", "not_infused"})
# Deviations that say: not this patient, or not this patient's bag. Quality alone clears them.
OF_IDENTITY = frozenset(
    {
        "patient_mismatch",
        "identity_mismatch",
        "identity_test_mismatch",
        "container_known_elsewhere",
        "label_unknown",
        "label_on_other_container",
        "label_voided",
        "label_wrong_content",
        "linked_with_faults",
    }
)


class Override(NamedTuple):
    """`version` is the chain's when it was made. `confirmed`: the position of the second signature."""

    id: str
    position: int
    version: int
    signer: str
    site: str
    container: str
    gates: tuple[str, ...]
    reason: str
    confirmed: int | None = None
    confirmed_by: str = ""

    def covers(self, gate: str, proof: Iterable[int]) -> bool:
        """True if it passes this gate, and all that makes the gate fail came before."""
        named = self.confirmed is not None and gate in self.gates
        return named and all(position < self.position for position in proof)


def covering(chain: Chain, container: str, site: str, gate: str, proof: Sequence[int]) -> Override | None:
    """The confirmed override that passes this failed gate for this bag at this site."""
    if gate not in OVERRIDABLE or contradicts_identity(chain, container, gate):
        return None
    here = (
        one for one in chain.readiness.overrides.values() if (one.container, one.site) == (container, site)
    )
    return next((one for one in here if one.covers(gate, proof)), None)


def contradicts_identity(chain: Chain, container: str, gate: str) -> bool:
    """True for the gate of deviations while one of them is about identity."""
    return gate == "no_blocking_deviation" and any(
        one.code in OF_IDENTITY for one in chain.blocking(container)
    )


def require_overridable(chain: Chain, container: str, gates: Sequence[str]) -> None:
    """Raises `Refused` `gates_repeat`, `not_overridable`."""
    if len(set(gates)) < len(gates):
        raise Refused("gates_repeat", "each gate may be named once")
    never = [gate for gate in gates if gate not in OVERRIDABLE]
    if never:
        raise Refused("not_overridable", f"{', '.join(never)}: nobody may override this")
    if any(contradicts_identity(chain, container, gate) for gate in gates):
        raise Refused("not_overridable", "a deviation doubts patient or bag: only Quality clears that")
