"""What an event names: its stream's kind, the containers, the sites, the keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.domain.events import EVENTS
from ledger.domain.parts import Event
from ledger.domain.registry import kid_of

Names = tuple[str, ...]

_REGISTRY_STREAMS = {
    "log": ("LogOpened", "RuleSetAdopted", "CheckpointKeyAdded", "AppPublished", "ExportRequested"),
    "site": ("SiteOnboarded", "SiteSuspended", "SiteResumed", "SiteClosed"),
    "agent": (
        "AgentEnrolled",
        "EnrolmentApproved",
        "AgentRolesChanged",
        "QualificationGranted",
        "QualificationWithdrawn",
        "KeyAdded",
        "KeyRetired",
        "KeyRevoked",
        "PasskeyAdded",
        "PasskeyRevoked",
    ),
    "product": ("ProductVersionDefined",),
    "lot": ("LotReceived", "LotReleased", "LotRecalled"),
    "equipment": (
        "EquipmentRegistered",
        "EquipmentQualified",
        "EquipmentCalibrated",
        "ShipperCharged",
        "EquipmentRetired",
    ),
}
STREAM_KINDS: dict[str, str] = {event.__name__: "chain" for event in EVENTS} | {
    name: kind for kind, names in _REGISTRY_STREAMS.items() for name in names
}


def _listed(event: Any) -> Names:
    return tuple(event.containers)


def _one(event: Any) -> Names:
    return (event.container,)


def _perhaps_one(event: Any) -> Names:
    return (event.container,) if event.container else ()


def _collected(event: Any) -> Names:
    return tuple(new.container for new in event.containers)


def _derived(event: Any) -> Names:
    return tuple(one.container for one in (*event.parents, *event.children))


def _sampled(event: Any) -> Names:
    return (event.of.container, event.sample.container)


def _sample(event: Any) -> Names:
    return (event.sample.container,)


def _reported(event: Any) -> Names:
    return (*event.containers, event.sample)


def _children(event: Any) -> Names:
    return tuple(one.container for one in event.children)


_MAKING: dict[str, Callable[[Any], Names]] = {
    "ChainLinked": _collected,
    "CollectionCompleted": _collected,
    "ContainersDerived": _children,
    "SampleTaken": _sample,
}
MAKERS = _MAKING.keys()  # events with which containers come to be
_CONTAINERS: dict[str, Callable[[Any], Names]] = {
    "ChainLinked": _collected,
    "CollectionCompleted": _collected,
    "ContainersDerived": _derived,
    "LabelIssued": _perhaps_one,
    "LabelApplied": _one,
    "LabelScannedBack": _perhaps_one,
    "CustodyReleased": _listed,
    "CustodyAccepted": _listed,
    "CustodyRefused": _listed,
    "ReceiptInspected": _listed,
    "Packed": _listed,
    "Unpacked": _listed,
    "SealChecked": _listed,
    "ShipperSwapped": _listed,
    "Stored": _listed,
    "Retrieved": _listed,
    "TemperatureEvidenceAttached": _listed,
    "ManufacturingStarted": _listed,
    "StepCompleted": _listed,
    "MaterialConsumed": _listed,
    "ManufacturingFailed": _listed,
    "ManufacturingRestarted": _listed,
    "SampleTaken": _sampled,
    "ResultReported": _reported,
    "IdentityTested": _listed,
    "DeviationRaised": _listed,
    "Quarantined": _listed,
    "ContainerDamaged": _listed,
    "ContainerLost": _listed,
    "ContainerFound": _listed,
    "BatchConfirmed": _listed,
    "Returned": _listed,
    "Destroyed": _listed,
    "DestructionWitnessed": _listed,
    "Released": _listed,
    "AvailabilityConfirmed": _listed,
    "EmergencyOverride": _one,
    "ReleasedPendingResults": _listed,
    "OutOfSpecificationRequested": _listed,
    "ReleasedOutOfSpecification": _listed,
    "Rejected": _listed,
    "ThawStarted": _listed,
    "ThawCompleted": _listed,
    "InfusionChecked": _one,
    "InfusionAuthorised": _one,
    "InfusionStarted": _one,
    "InfusionPaused": _one,
    "InfusionResumed": _one,
    "InfusionStopped": _one,
    "InfusionCompleted": _one,
}


def containers_of(event: Event) -> Names:
    """The containers that the event names, in its order; repeated where it repeats them."""
    names = _CONTAINERS.get(event.type)
    return names(event) if names else ()


def created_by(event: Event) -> Names:
    """The containers that come to be with the event."""
    making = _MAKING.get(event.type)
    return making(event) if making else ()


def _handover_sites(event: Any) -> Names:
    return (event.giver.site, event.receiver.site)


def _party_site(event: Any) -> Names:
    return (event.at.site,)


def _site(event: Any) -> Names:
    return (event.site,)


_SITES: dict[str, Callable[[Any], Names]] = {
    "ConsentRecorded": _site,
    "ConsentWithdrawn": _site,
    "PatientIdentified": _site,
    "CollectionCompleted": _party_site,
    "LabelIssued": _party_site,
    "LabelPrinted": _party_site,
    "LabelApplied": _party_site,
    "LabelScannedBack": _party_site,
    "LabelVoided": _party_site,
    "LabelDestroyed": _party_site,
    "CustodyReleased": _handover_sites,
    "CustodyAccepted": _handover_sites,
    "CustodyRefused": _handover_sites,
    "ReceiptInspected": _party_site,
    "Packed": _party_site,
    "Unpacked": _party_site,
    "SealChecked": _party_site,
    "ShipperSwapped": _party_site,
    "Stored": _party_site,
    "Retrieved": _party_site,
    "TemperatureEvidenceAttached": _party_site,
    "ManufacturingStarted": _party_site,
    "StepCompleted": _party_site,
    "MaterialConsumed": _party_site,
    "ManufacturingFailed": _party_site,
    "ManufacturingRestarted": _party_site,
    "ContainersDerived": _party_site,
    "SampleTaken": _party_site,
    "ResultReported": _party_site,
    "IdentityTested": _party_site,
    "ContainerDamaged": _party_site,
    "ContainerLost": _party_site,
    "ContainerFound": _party_site,
    "LymphodepletionStarted": _site,
    "Returned": _party_site,
    "Destroyed": _party_site,
    "DestructionWitnessed": _party_site,
    "ThawStarted": _party_site,
    "ThawCompleted": _party_site,
    "InfusionStarted": _site,
    "InfusionPaused": _site,
    "InfusionResumed": _site,
    "InfusionStopped": _site,
    "InfusionCompleted": _site,
}


def sites_of(event: Event) -> Names:
    """The sites at which a fact happened."""
    sites = _SITES.get(event.type)
    return sites(event) if sites else ()


def registry_tags(event: Any) -> Names:
    """Tags of a registry event beyond its stream: the keys, passkeys and root agents that it names."""
    if event.type == "LogOpened":
        keys = [event.event_key, *(root.key for root in event.administrators)]
        agents = [f"agent/{root.agent}" for root in event.administrators]
        return (*(f"key/{kid_of(key)}" for key in keys), *agents)
    if event.type in ("AgentEnrolled", "KeyAdded"):
        return (f"key/{kid_of(event.key)}",)
    if event.type in ("KeyRetired", "KeyRevoked"):
        return (f"key/{event.kid}",)
    if event.type in ("PasskeyAdded", "PasskeyRevoked"):
        return (f"passkey/{event.credential}",)
    return ()


def linked_tags(event: Any) -> tuple[str, ...]:
    """The provisional chain that the event takes its containers from."""
    return (f"chain/{event.provisional}",) if event.type == "ChainLinked" else ()


def label_tags(event: Any) -> tuple[str, ...]:
    """The checks that labels were issued with: who reads one off a bag finds the entry by it."""
    checks = event.checks if event.type == "LabelIssued" else None
    return tuple(f"label/{check}" for check in checks or ())
