"""Who may know who a patient is: those who meet them, at the sites of their own care, and no auditor.

To anybody else the answer is that of a person whom the vault does not know. What an organisation enters
is its own, under the therapy's name and its own (`subject_of`), so that nobody stands in another's way.
An order opens one organisation's entry to the other sites of the patient's care, where that organisation
ordered, or where the order was made with what that entry gave out; never by only naming the site.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.chain import MATCHING_IDENTIFIERS
from ledger.domain.erasure import erasure_of
from ledger.domain.policy import PATIENT_ROLES
from ledger.domain.standing import QUALITY
from ledger.errors import Fault, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.reading import Reader
    from api.vault.vault import Vault
    from ledger.domain.chain import Chain

READING_ROLES = PATIENT_ROLES | QUALITY  # the hospital's: of a complaint, or of a request to erase
CARE = "care"  # the kind of site at which somebody meets patients


def vault_of(reader: Reader) -> Vault:
    """Raises `NotFound` (`no_vault`)."""
    if reader.node.vault is None:
        raise NotFound("no_vault", "this server keeps no vault: identifiers are kept elsewhere")
    return reader.node.vault


def subject_of(coi: str, organisation: str) -> str:
    """An organisation's entry of a therapy's patient, in the vault."""
    return f"chain/{coi}/{organisation}"


def therapy_of(subject: str) -> str:
    """Whose entry it is: the other way round."""
    return subject.removeprefix("chain/").rsplit("/", 1)[0]


def care_sites(chain: Chain) -> tuple[str, ...]:
    """Where the patient is known in person; empty before the log knows anything of the therapy."""
    if chain.order is not None:
        return (chain.order.sites.collection, chain.order.sites.treatment)
    return (chain.provisional.site,) if chain.provisional else ()


def meeting(reader: Reader, coi: str, roles: frozenset[str] = PATIENT_ROLES) -> list[str]:
    """The organisations for whose sites this reader meets the patient: those of their care; before the
    log knows the therapy, wherever the reader meets patients at all. Raises `NotFound` (`no_such_person`).
    """
    agent, world = reader.agent, reader.world
    sites = care_sites(world.chain(coi)) or [
        one for one in agent.roles_at if (site := world.site(one)) and site.kind == CARE
    ]
    found = _organisations(reader, [one for one in sites if agent.has_role(roles, one)])
    if not found:
        raise unknown()
    return found


def find_patient(reader: Reader, coi: str, roles: frozenset[str] = PATIENT_ROLES) -> str | None:
    """The vault's subject of a therapy whose patient this reader may know; None: of nobody as yet.

    Raises `NotFound`: `no_vault`, `no_such_person`, `personal_data_erased` with the entry that says so.
    """
    vault, mine = vault_of(reader), meeting(reader, coi, roles)
    require_not_erased(reader, coi)
    chain = reader.world.chain(coi)
    asked = [*_organisations(reader, care_sites(chain)), *mine]
    there = [one for one in dict.fromkeys(asked) if vault.rows.find(subject_of(coi, one))]
    chosen = there if there == mine[:1] else _opened(reader, chain, there, mine)
    return subject_of(coi, chosen[0]) if chosen else None


def require_patient(reader: Reader, coi: str, roles: frozenset[str] = PATIENT_ROLES) -> str:
    """As `find_patient`. Raises `NotFound` (`no_such_person`) where there is nobody."""
    subject = find_patient(reader, coi, roles)
    if subject is None:
        raise unknown()
    vault_of(reader).held(subject)
    return subject


def require_not_erased(reader: Reader, coi: str) -> None:
    """Raises `NotFound` (`personal_data_erased`)."""
    said = erasure_of(coi, reader.world)
    if said is not None:
        detail = f"entry {said.position} of the log says that these identifiers were erased"
        raise NotFound("personal_data_erased", detail, position=said.position)


def _organisations(reader: Reader, sites: Iterable[str]) -> list[str]:
    found = [reader.world.site(one) for one in sites]
    return list(dict.fromkeys(site.organisation for site in found if site))


def _opened(reader: Reader, chain: Chain, there: list[str], mine: list[str]) -> list[str]:
    """Of several entries: the one that was ordered with, then the orderer's, then the reader's own."""
    signer = reader.world.agent(chain.ordered_by) if chain.order else None
    vault = vault_of(reader)
    return (
        [one for one in there if _was_ordered(vault, subject_of(chain.coi, one), chain)]
        or [one for one in there if signer and signer.organisation == one]
        or [one for one in there if one in mine]
    )


def _was_ordered(vault: Vault, subject: str, chain: Chain) -> bool:
    """As many identifiers equal the order's as make a patient: nobody has these commitments but from
    this entry. What was put right since may differ."""
    try:
        made = vault.commitments(subject, vault.read(subject)) if chain.order else []
    except (Fault, NotFound) as error:
        if error.code in ("vault_damaged", "personal_data_erased"):
            return False
        raise
    equal = [one for one in made if chain.commitments.get(one["field"]) == one["commitment"]]
    return len(equal) >= MATCHING_IDENTIFIERS


def unknown() -> NotFound:
    return NotFound("no_such_person", "the vault knows nobody under this name, or not for you")
