"""Who may say what: one table, and the relations that it names.

Rows say event → roles, relation, qualification. A role counts at a site; a relation says at
which sites. `docs/reference/policy.md` is made from the table, and a test walks event by
role by relation, so that a missing row fails.

For a decision the row is a condition. A fact is recorded anyway: by somebody with a part in
the therapy it raises a deviation, by anybody else it is kept for review and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger.domain.events import EVENTS
from ledger.domain.registry import LEDGER, Agent
from ledger.domain.standing import (
    THERAPY_ROLES,
    at_a_site_of,
    care_and_manufacture,
    has_role_at,
    may_read_chain,
    of_sponsor,
    sponsor_of,
)

if TYPE_CHECKING:
    from ledger.domain.equipment import Equipment
    from ledger.domain.lots import Lot
    from ledger.domain.registry import Site
    from ledger.domain.world import Entry, World

HOLDING_ROLES = THERAPY_ROLES - {"device"}
BEDSIDE_ROLES = frozenset({"nurse", "physician"})
PATIENT_ROLES = BEDSIDE_ROLES | {"apheresis", "coordinator"}  # who meets the patient in person
LABEL_ROLES = frozenset({"apheresis", "cell_lab", "manufacturer", "quality", "coordinator", "nurse"})
EXPORTING_ROLES = frozenset({"auditor", "quality", "physician", "coordinator"})
DESTROYING_ROLES = HOLDING_ROLES - {"coordinator", "courier"}


@dataclass(frozen=True, slots=True)
class Row:
    """Who may say it: one of `roles` in effect under `relation`, holding `qualification`."""

    roles: frozenset[str]
    relation: str
    qualification: str | None = None


def _row(roles: str | frozenset[str], relation: str, qualification: str | None = None) -> Row:
    named = frozenset(roles.split()) if isinstance(roles, str) else roles
    return Row(named, relation, qualification)


POLICY: dict[str, Row] = {
    "LogOpened": _row("", "ledger"),
    "RuleSetAdopted": _row("", "ledger"),
    "CheckpointKeyAdded": _row("", "ledger"),
    "AppPublished": _row("administrator", "whole_log"),
    "SiteOnboarded": _row("administrator", "own_organisation"),
    "SiteSuspended": _row("administrator quality", "own_organisation"),
    "SiteResumed": _row("administrator quality", "own_organisation"),
    "SiteClosed": _row("administrator", "own_organisation"),
    "AgentEnrolled": _row("administrator", "own_organisation"),
    "EnrolmentApproved": _row("administrator", "any_organisation"),
    "AgentRolesChanged": _row("administrator", "own_organisation"),
    "QualificationGranted": _row("administrator quality", "own_organisation"),
    "QualificationWithdrawn": _row("administrator quality", "own_organisation"),
    "KeyAdded": _row("administrator", "own_organisation_or_self"),
    "KeyRetired": _row("administrator", "own_organisation_or_self"),
    "KeyRevoked": _row("administrator", "own_organisation_or_self"),
    "PasskeyAdded": _row("administrator", "own_organisation"),
    "PasskeyRevoked": _row("administrator", "own_organisation_or_self"),
    "ProductVersionDefined": _row("administrator quality", "own_organisation"),
    "LotReceived": _row("administrator manufacturer quality", "own_organisation"),
    "LotReleased": _row("quality", "own_organisation"),
    "LotRecalled": _row("quality", "own_organisation"),
    "EquipmentRegistered": _row("administrator manufacturer quality", "own_organisation"),
    "EquipmentQualified": _row("administrator manufacturer quality", "own_organisation"),
    "EquipmentCalibrated": _row("administrator manufacturer quality", "own_organisation"),
    "ShipperCharged": _row("administrator courier cell_lab manufacturer quality", "own_organisation"),
    "EquipmentRetired": _row("administrator manufacturer quality", "own_organisation"),
    "TherapyOrdered": _row("coordinator physician", "ordering"),
    "ConsentRecorded": _row("coordinator physician nurse", "at_site"),
    "ConsentWithdrawn": _row("coordinator physician nurse", "at_site"),
    "ChainLinked": _row("coordinator quality", "collecting"),
    "PatientIdentified": _row("apheresis nurse physician", "at_site"),
    "CollectionCompleted": _row("apheresis", "at_party"),
    "LabelIssued": _row(LABEL_ROLES, "at_party"),
    "LabelPrinted": _row(LABEL_ROLES, "at_party"),
    "LabelApplied": _row(LABEL_ROLES, "at_party"),
    "LabelScannedBack": _row(LABEL_ROLES, "at_party"),
    "LabelVoided": _row(LABEL_ROLES, "at_party"),
    "LabelDestroyed": _row(LABEL_ROLES, "at_party"),
    "CustodyReleased": _row(HOLDING_ROLES, "giver"),
    "CustodyAccepted": _row(HOLDING_ROLES, "receiver"),
    "CustodyRefused": _row(HOLDING_ROLES, "receiver"),
    "ReceiptInspected": _row(HOLDING_ROLES, "at_party"),
    "Packed": _row(HOLDING_ROLES, "at_party"),
    "Unpacked": _row(HOLDING_ROLES, "at_party"),
    "SealChecked": _row(HOLDING_ROLES, "at_party"),
    "ShipperSwapped": _row(HOLDING_ROLES, "at_party"),
    "Stored": _row(HOLDING_ROLES, "at_party"),
    "Retrieved": _row(HOLDING_ROLES, "at_party"),
    "TemperatureEvidenceAttached": _row(THERAPY_ROLES, "at_party"),
    "ManufacturingStarted": _row("manufacturer", "at_party"),
    "StepCompleted": _row("cell_lab manufacturer", "at_party"),
    "MaterialConsumed": _row("cell_lab manufacturer", "at_party"),
    "ManufacturingFailed": _row("manufacturer", "at_party"),
    "ManufacturingRestarted": _row("manufacturer", "at_party"),
    "ContainersDerived": _row("cell_lab manufacturer", "at_party"),
    "SampleTaken": _row("apheresis cell_lab manufacturer quality", "at_party"),
    "ResultReported": _row("cell_lab manufacturer quality", "at_party"),
    "IdentityTested": _row("cell_lab manufacturer quality", "at_party"),
    "DeviationRaised": _row(THERAPY_ROLES, "related"),
    "DeviationDispositioned": _row("quality", "assessing"),
    "Quarantined": _row("quality cell_lab manufacturer nurse", "related"),
    "QuarantineLifted": _row("quality", "assessing"),
    "ContainerDamaged": _row(HOLDING_ROLES, "at_party"),
    "ContainerLost": _row(HOLDING_ROLES, "at_party"),
    "ContainerFound": _row(HOLDING_ROLES, "at_party"),
    "BatchConfirmed": _row("quality", "manufacturing_site"),
    "Returned": _row(HOLDING_ROLES, "at_party"),
    "Destroyed": _row(DESTROYING_ROLES, "at_party"),
    "DestructionWitnessed": _row(DESTROYING_ROLES, "at_party"),
    "Released": _row("quality", "releasing_site", "batch_release"),
    "PatientFitnessConfirmed": _row("physician", "treatment_site"),
    "AvailabilityConfirmed": _row("coordinator physician quality nurse", "treatment_site"),
    "LymphodepletionAuthorised": _row("physician", "treatment_site", "bedside"),
    "LymphodepletionStarted": _row(BEDSIDE_ROLES, "at_site"),
    "EmergencyOverride": _row("physician", "treatment_site", "bedside"),
    "OverrideConfirmed": _row("nurse physician quality", "assessing"),
    "ReleasedPendingResults": _row("quality", "releasing_site", "batch_release"),
    "OutOfSpecificationRequested": _row("physician", "treatment_site"),
    "ReleasedOutOfSpecification": _row("quality", "releasing_site", "batch_release"),
    "Rejected": _row("quality", "assessing"),
    "ThawStarted": _row("cell_lab manufacturer nurse physician", "at_party"),
    "ThawCompleted": _row("cell_lab manufacturer nurse physician", "at_party"),
    "InfusionChecked": _row(BEDSIDE_ROLES, "treatment_site", "bedside"),
    "InfusionAuthorised": _row(BEDSIDE_ROLES, "treatment_site", "bedside"),
    "InfusionStarted": _row(BEDSIDE_ROLES, "at_site", "bedside"),
    "InfusionPaused": _row(BEDSIDE_ROLES, "at_site"),
    "InfusionResumed": _row(BEDSIDE_ROLES, "at_site", "bedside"),
    "InfusionStopped": _row(BEDSIDE_ROLES, "at_site"),
    "InfusionCompleted": _row(BEDSIDE_ROLES, "at_site"),
    "TherapyClosed": _row("coordinator physician", "assessing"),
    "Corrected": _row(THERAPY_ROLES, "related"),
    "LateStatementAttested": _row("quality", "related"),
    "TherapyExportRequested": _row(EXPORTING_ROLES, "reading"),
    "ExportRequested": _row("auditor quality", "whole_log"),
    "PersonalDataErased": _row("quality", "care_site"),
}

RELATION_MEANINGS: dict[str, str] = {
    "ledger": "the ledger itself",
    "whole_log": "whatever the organisation: it concerns all who use the log",
    "own_organisation": "what they decide about belongs to their own organisation",
    "any_organisation": "whatever the organisation; another person than the one who enrolled",
    "own_organisation_or_self": "an agent of their own organisation; or, in any role, their own key",
    "ordering": "at a site of the order (not a courier's), or of the product's sponsor",
    "at_site": "at the site where it happened",
    "at_party": "at the site of the department that did it",
    "giver": "at the giver's site",
    "receiver": "at the receiver's site",
    "related": "at a site with a part in the therapy, or of the product's sponsor",
    "reading": "whoever may read the therapy",
    "collecting": "at the collection site of the order",
    "assessing": "at a site of the order (not a courier's), or of the product's sponsor",
    "manufacturing_site": "at a site that the order plans for manufacture, named in the decision",
    "releasing_site": "at the releasing site: one planned for manufacture, or of the product's sponsor",
    "treatment_site": "at the treatment site of the order, named in the decision",
    "care_site": "at the collection or the treatment site of the order, or of the provisional chain, named"
    " in the decision",
}


def permits(entry: Entry, agent: Agent, world: World) -> bool:
    """True if the agent's role and relation cover this statement."""
    row = POLICY[entry.event.type]
    return _RELATIONS[row.relation](row, entry, agent, world)


def is_qualified(entry: Entry, agent: Agent, moment: str) -> bool:
    """True if the qualification that the row asks for runs past the moment (text)."""
    needed = POLICY[entry.event.type].qualification
    return needed is None or agent.is_qualified(needed, moment)


def policy_markdown() -> str:
    """The reference page of `docs/`."""
    kinds = {event.__name__: event.kind for event in EVENTS}
    rows = ["| Event | Kind | Roles | Where | Qualification |", "|---|---|---|---|---|"]
    for event, row in POLICY.items():
        roles = ", ".join(sorted(row.roles)) or "none"
        qualification = f"`{row.qualification}`" if row.qualification else ""
        where = RELATION_MEANINGS[row.relation]
        rows.append(f"| `{event}` | {kinds[event]} | {roles} | {where} | {qualification} |")
    return "\n".join(rows) + "\n"


# --- relations -------------------------------------------------------------------------


def _related(row: Row, entry: Entry, agent: Agent, world: World) -> bool:
    chain = world.chain(entry.stream.removeprefix("chain/"))
    return at_a_site_of(chain, row.roles, agent) or of_sponsor(chain, row.roles, agent, world)


def _reading(row: Row, entry: Entry, agent: Agent, world: World) -> bool:
    chain = world.chain(entry.stream.removeprefix("chain/"))
    return not agent.roles.isdisjoint(row.roles) and may_read_chain(agent, world, chain)


def _assessing(row: Row, entry: Entry, agent: Agent, world: World) -> bool:
    """What happened on the road is not for the carrier to clear."""
    chain = world.chain(entry.stream.removeprefix("chain/"))
    if chain.order is None:
        return False
    return has_role_at(agent, row.roles, care_and_manufacture(chain.order.sites)) or of_sponsor(
        chain, row.roles, agent, world
    )


def _collecting(row: Row, entry: Entry, agent: Agent, world: World) -> bool:
    order = world.chain(entry.stream.removeprefix("chain/")).order
    return order is not None and agent.has_role(row.roles, order.sites.collection)


def _ordering(row: Row, entry: Entry, agent: Agent, world: World) -> bool:
    event: Any = entry.event
    if has_role_at(agent, row.roles, care_and_manufacture(event.sites)):
        return True
    sponsor = sponsor_of(event.product.product, world)
    return sponsor == agent.organisation and not agent.roles.isdisjoint(row.roles)


def _releasing_site(row: Row, entry: Entry, agent: Agent, world: World) -> bool:
    event: Any = entry.event
    if not agent.has_role(row.roles, event.site):
        return False
    order = world.chain(entry.stream.removeprefix("chain/")).order
    if order is None:
        return False
    site = world.site(event.site)
    of_sponsor = site is not None and site.organisation == sponsor_of(order.product.product, world)
    return of_sponsor or event.site in order.sites.manufacturing


def _manufacturing_site(row: Row, entry: Entry, agent: Agent, world: World) -> bool:
    event: Any = entry.event
    order = world.chain(entry.stream.removeprefix("chain/")).order
    planned = order.sites.manufacturing if order else ()
    return event.site in planned and agent.has_role(row.roles, event.site)


def _treatment_site(row: Row, entry: Entry, agent: Agent, world: World) -> bool:
    event: Any = entry.event
    order = world.chain(entry.stream.removeprefix("chain/")).order
    return order is not None and order.sites.treatment == event.site and agent.has_role(row.roles, event.site)


def _care_site(row: Row, entry: Entry, agent: Agent, world: World) -> bool:
    """Where the patient is known in person; a manufacturer or the sponsor never is."""
    event: Any = entry.event
    chain = world.chain(entry.stream.removeprefix("chain/"))
    care: tuple[str, ...] = (chain.provisional.site,) if chain.provisional else ()
    if chain.order is not None:
        care = (chain.order.sites.collection, chain.order.sites.treatment)
    return event.site in care and agent.has_role(row.roles, event.site)


def _own_organisation(row: Row, entry: Entry, agent: Agent, world: World) -> bool:
    """An unknown subject has no organisation yet: whether it may be unknown is another rule's."""
    organisation = subject_organisation(entry, world)
    return _acts_as(row, agent) and organisation in (None, agent.organisation)


def _own_or_self(row: Row, entry: Entry, agent: Agent, world: World) -> bool:
    """Somebody who is nothing but an auditor writes nothing, not even about their own keys."""
    is_self = entry.stream == f"agent/{agent.id}"
    may_write = agent.is_administrator or bool(agent.roles - {"auditor"})
    return (is_self and may_write) or _own_organisation(row, entry, agent, world)


def _acts_as(row: Row, agent: Agent) -> bool:
    if agent.is_administrator and "administrator" in row.roles:
        return True
    return not agent.roles.isdisjoint(row.roles)


def subject_organisation(entry: Entry, world: World) -> str | None:
    """The organisation of the site, agent, product, lot or equipment that a decision is about."""
    kind, _, name = entry.stream.partition("/")
    named = getattr(entry.event, "organisation", None)
    if named is not None:
        return str(named)
    if kind == "product":
        return sponsor_of(name, world)
    subjects: dict[str, Callable[[str], Site | Agent | Lot | Equipment | None]] = {
        "site": world.site,
        "agent": world.agent,
        "lot": world.lot,
        "equipment": world.equipment,
    }
    subject = subjects[kind](name) if kind in subjects else None
    return subject.organisation if subject else None


_RELATIONS: dict[str, Callable[[Row, Entry, Agent, World], bool]] = {
    "ledger": lambda row, entry, agent, world: agent.id == LEDGER,
    "whole_log": lambda row, entry, agent, world: _acts_as(row, agent),
    "own_organisation": _own_organisation,
    "any_organisation": lambda row, entry, agent, world: _acts_as(row, agent),
    "own_organisation_or_self": _own_or_self,
    "ordering": _ordering,
    "at_site": lambda row, entry, agent, world: agent.has_role(row.roles, _event(entry).site),
    "at_party": lambda row, entry, agent, world: agent.has_role(row.roles, _event(entry).at.site),
    "giver": lambda row, entry, agent, world: agent.has_role(row.roles, _event(entry).giver.site),
    "receiver": lambda row, entry, agent, world: agent.has_role(row.roles, _event(entry).receiver.site),
    "related": _related,
    "reading": _reading,
    "collecting": _collecting,
    "assessing": _assessing,
    "manufacturing_site": _manufacturing_site,
    "releasing_site": _releasing_site,
    "treatment_site": _treatment_site,
    "care_site": _care_site,
}


def _event(entry: Entry) -> Any:
    return entry.event
