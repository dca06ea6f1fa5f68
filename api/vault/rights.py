"""Who may know who a patient is: those who meet them, at the sites of their own care, and no auditor.

To anybody else the answer is that of a person whom the vault does not know. Before there is an order, a
person belongs to the organisation that entered them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.policy import PATIENT_ROLES
from ledger.domain.standing import QUALITY
from ledger.errors import NotFound

if TYPE_CHECKING:
    from api.reading import Reader
    from api.vault.vault import Vault
    from ledger.domain.chain import Chain
    from ledger.store.vault import Held

READING_ROLES = PATIENT_ROLES | QUALITY  # the hospital's: of a complaint, or of a request to erase


def vault_of(reader: Reader) -> Vault:
    """Raises `NotFound` (`no_vault`)."""
    if reader.node.vault is None:
        raise NotFound("no_vault", "this server keeps no vault: identifiers are kept elsewhere")
    return reader.node.vault


def may_meet(reader: Reader, coi: str, roles: frozenset[str] = PATIENT_ROLES) -> bool:
    """True for a role where this patient is treated or collected; before all that, for a role anywhere."""
    agent = reader.agent
    sites = care_sites(reader.world.chain(coi)) or tuple(agent.roles_at)
    return any(agent.has_role(roles, site) for site in sites)


def care_sites(chain: Chain) -> tuple[str, ...]:
    """Where the patient is known in person; empty before the log knows anything of the therapy."""
    if chain.order is not None:
        return (chain.order.sites.collection, chain.order.sites.treatment)
    return (chain.provisional.site,) if chain.provisional else ()


def require_patient(reader: Reader, coi: str, roles: frozenset[str] = PATIENT_ROLES) -> str:
    """The vault's subject of a therapy whose patient this reader may know.

    Raises `NotFound`: `no_vault`, `no_such_person`, `personal_data_erased` with the entry that says so.
    """
    vault, subject = vault_of(reader), f"chain/{coi}"
    require_meeting(reader, coi, roles)
    held = vault.rows.find(subject)
    if held is not None and not _keeps(reader, coi, held):
        raise unknown()
    require_not_erased(reader, coi)
    vault.held(subject)
    return subject


def require_meeting(reader: Reader, coi: str, roles: frozenset[str] = PATIENT_ROLES) -> None:
    """Raises `NotFound` (`no_such_person`)."""
    if not may_meet(reader, coi, roles):
        raise unknown()


def require_not_erased(reader: Reader, coi: str) -> None:
    """Raises `NotFound` (`personal_data_erased`)."""
    said = reader.world.chain(coi).erased
    if said is not None:
        detail = f"entry {said.position} of the log says that these identifiers were erased"
        raise NotFound("personal_data_erased", detail, position=said.position)


def keeper(reader: Reader, coi: str) -> str:
    """The organisation whose person it becomes: of the care site at which the reader works."""
    sites = [
        site for site in care_sites(reader.world.chain(coi)) if reader.agent.has_role(PATIENT_ROLES, site)
    ]
    known = reader.world.site(sites[0]) if sites else None
    return known.organisation if known else reader.agent.organisation


def _keeps(reader: Reader, coi: str, held: Held) -> bool:
    """Nobody answers for another hospital's patient by having taken the therapy's name first."""
    sites = [reader.world.site(site) for site in care_sites(reader.world.chain(coi))]
    keepers = {site.organisation for site in sites if site} or {reader.agent.organisation}
    return held.organisation in keepers


def unknown() -> NotFound:
    return NotFound("no_such_person", "the vault knows nobody under this name, or not for you")
