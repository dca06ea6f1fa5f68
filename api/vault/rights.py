"""Who may know who a patient is: those who meet them, at the sites of their own care, and no auditor.

To anybody else the answer is that of a person whom the vault does not know. What an organisation enters
is its own, under the therapy's name and its own (`subject_of`), so that nobody stands in another's way.
An order opens one organisation's entry to the other sites of the patient's care, where that organisation
ordered, or where the order was made with what that entry gave out; never by only naming the site. Whatever
others order, collect or erase under a therapy's name, an organisation keeps its own entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.care import care_sites, organisations
from ledger.domain.chain import MATCHING_IDENTIFIERS
from ledger.domain.policy import PATIENT_ROLES
from ledger.domain.provisional import before_order
from ledger.domain.standing import QUALITY
from ledger.errors import Fault, NotFound

if TYPE_CHECKING:
    from api.reading import Reader
    from api.vault.vault import Vault
    from ledger.domain.chain import Chain
    from ledger.domain.erasure import Erased
    from ledger.domain.world import World

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


def parts_of(subject: str) -> tuple[str, str]:
    """Therapy and organisation: the other way round."""
    coi, _, organisation = subject.removeprefix("chain/").rpartition("/")
    return coi, organisation


def meeting(reader: Reader, coi: str, roles: frozenset[str] = PATIENT_ROLES) -> list[str]:
    """The organisations for whose sites this reader meets the patient: those of their care, then those with
    an entry of their own; before the log knows the therapy, wherever the reader meets patients at all.
    Raises `NotFound` (`no_such_person`)."""
    agent, world = reader.agent, reader.world
    care = care_sites(world.chain(coi))
    own = [one for one in agent.roles_at if (site := world.site(one)) and site.kind == CARE]
    of_care, mine = (
        organisations(world, [one for one in sites if agent.has_role(roles, one)]) for sites in (care, own)
    )
    kept = [one for one in mine if not care or vault_of(reader).rows.find(subject_of(coi, one))]
    if found := list(dict.fromkeys([*of_care, *kept])):
        return found
    raise unknown()


def find_patient(reader: Reader, coi: str, roles: frozenset[str] = PATIENT_ROLES) -> str | None:
    """The vault's subject of a therapy whose patient this reader may know; None: of nobody as yet.

    Raises `NotFound`: `no_vault`, `no_such_person`, `personal_data_erased` with the entry that says so.
    """
    vault, mine = vault_of(reader), meeting(reader, coi, roles)
    chain = reader.world.chain(coi)
    care = organisations(reader.world, care_sites(chain))
    asked = [*care, *mine] if set(care) & set(mine) else mine
    living = _not_erased(reader.world, coi, list(dict.fromkeys(asked)))
    there = [one for one in living if vault.rows.find(subject_of(coi, one))]
    chosen = there if there == mine[:1] else _opened(reader, chain, there, mine)
    return subject_of(coi, chosen[0]) if chosen else None


def require_patient(reader: Reader, coi: str, roles: frozenset[str] = PATIENT_ROLES) -> str:
    """As `find_patient`. Raises `NotFound` (`no_such_person`) where there is nobody."""
    subject = find_patient(reader, coi, roles)
    if subject is None:
        raise unknown()
    vault_of(reader).held(subject)
    return subject


def erasure_of(world: World, coi: str, organisation: str) -> Erased | None:
    """What erased an organisation's entry: of the care that the therapy has, the therapy's erasure. What a
    hospital entered for a provisional chain that was linked goes with the therapy that took it, whoever
    else has ordered under its name since."""
    chain = world.chain(coi)
    before = before_order(chain)
    if before and before.linked_to and not _ordered_by(world, chain, organisation):
        site = before.provisional.site if before.provisional else ""
        if organisation in organisations(world, [site]):
            return world.chain(before.linked_to).erased
    return chain.erased if organisation in organisations(world, care_sites(chain)) else None


def is_cared_for(world: World, coi: str, organisation: str) -> bool:
    """Whether the log knows of the therapy, or of a collection before it, at a site of this organisation."""
    chain = world.chain(coi)
    before = before_order(chain)
    sites = [*care_sites(chain), *(care_sites(before) if before else ())]
    return organisation in organisations(world, sites)


def erased(said: Erased) -> NotFound:
    detail = f"entry {said.position} of the log says that these identifiers were erased"
    return NotFound("personal_data_erased", detail, position=said.position)


def _not_erased(world: World, coi: str, asked: list[str]) -> list[str]:
    """Raises `NotFound` (`personal_data_erased`) where all of them are."""
    by = {one: erasure_of(world, coi, one) for one in asked}
    living = [one for one, said in by.items() if said is None]
    for said in by.values() if not living else ():
        if said is not None:
            raise erased(said)
    return living


def _opened(reader: Reader, chain: Chain, there: list[str], mine: list[str]) -> list[str]:
    """Of several entries: the one that was ordered with, then the orderer's, then the reader's own. What a
    provisional chain's wristbands commit to was in the log before, so whoever copies it proves nothing."""
    vault = vault_of(reader)
    ordered_with = [
        one for one in there if not chain.aside and _was_ordered(vault, subject_of(chain.coi, one), chain)
    ]
    return (
        ordered_with
        or [one for one in there if _ordered_by(reader.world, chain, one)]
        or [one for one in there if one in mine]
    )


def _ordered_by(world: World, chain: Chain, organisation: str) -> bool:
    signer = world.agent(chain.ordered_by) if chain.order else None
    return signer is not None and signer.organisation == organisation


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
