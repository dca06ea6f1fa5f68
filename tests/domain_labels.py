"""What tests say of labels, again and again."""

from __future__ import annotations

from typing import Any

from ledger.domain.world import timestamp
from tests.domain_scene import CLEANROOM, DOSE, DOSE_2, RELEASED, VAN, WARD, Said, Scene, fit, scene_at


def printed(scene: Scene, *serials: str, signer: str = "mia", at: Any = CLEANROOM, **fields: Any) -> Said:
    return scene.on_chain(signer, "LabelIssued", at=at, serials=list(serials), **fields)


def put_out(scene: Scene, serial: str, signer: str = "mia", at: Any = CLEANROOM, **fields: Any) -> Said:
    """A printer took the label."""
    picture = {"template": "cryobag", "medium": "zpl", "dpi": 300, "digest": "ab" * 32}
    return scene.on_chain(signer, "LabelPrinted", **{"at": at, "serial": serial} | picture | fields)


def applied(
    scene: Scene, serial: str, container: str = DOSE, signer: str = "mia", at: Any = CLEANROOM, **fields: Any
) -> Said:
    return scene.on_chain(signer, "LabelApplied", at=at, serial=serial, container=container, **fields)


def scanned(
    scene: Scene,
    serial: str,
    container: str | None = DOSE,
    outcome: str = "readable",
    signer: str = "lea",
    **fields: Any,
) -> Said:
    read = {"at": CLEANROOM, "serial": serial, "container": container, "outcome": outcome}
    return scene.on_chain(signer, "LabelScannedBack", **read | fields)


def voided(scene: Scene, serial: str, signer: str = "mia", at: Any = CLEANROOM, **fields: Any) -> Said:
    return scene.on_chain(signer, "LabelVoided", **{"at": at, "serial": serial, "reason": "smeared"} | fields)


def destroyed(scene: Scene, *serials: str, fate: str = "destroyed", **fields: Any) -> Said:
    gone = {"at": CLEANROOM, "serials": list(serials), "fate": fate}
    return scene.on_chain("mia", "LabelDestroyed", **gone | fields)


def labelled() -> Scene:
    """Two finished doses, each with its label: L-1 on the first, L-2 on the second."""
    scene = scene_at("made")
    for serial, dose in (("L-1", DOSE), ("L-2", DOSE_2)):
        printed(scene, serial, container=dose)
        applied(scene, serial, dose)
        scanned(scene, serial, dose)
    return scene


def at_bedside() -> Scene:
    """The labelled doses at the ward, the first thawed; nobody has checked."""
    scene = labelled()
    scene.decide("quinn", "Released", containers=[DOSE, DOSE_2], **RELEASED)
    scene.hand_over(("mia", CLEANROOM), ("kit", VAN), DOSE, DOSE_2)
    scene.hand_over(("kit", VAN), ("nora", WARD), DOSE, DOSE_2)
    scene.decide("phil", "PatientFitnessConfirmed", **fit(scene))
    scene.on_chain("nora", "ThawStarted", at=WARD, containers=[DOSE])
    return scene


def ago(scene: Scene, seconds: int) -> str:
    return timestamp(scene.now_ms - seconds * 1000)
