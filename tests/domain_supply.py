"""What tests of lots and equipment say: a lot of vector and a platform of northcell's."""

from __future__ import annotations

from typing import Any

from ledger.domain.world import timestamp
from tests.domain_scene import CLEANROOM, FRESH, HOUR_MS, Said, Scene, scene_at

LOT: dict[str, Any] = {"site": "northcell-1", "material": "vector", "supplier_lot": "LV 2026/117"}
PLATFORM: dict[str, Any] = {
    "site": "northcell-1",
    "equipment_kind": "platform",
    "model": "Benchtop 2",
    "serial": "SN-0042",
}
YEAR_H = 365 * 24


def in_hours(scene: Scene, hours: int) -> str:
    return timestamp(scene.now_ms + hours * HOUR_MS)


def receive(scene: Scene, lot: str, **fields: Any) -> Said:
    return scene.say("mia", f"lot/{lot}", "LotReceived", organisation="northcell", **LOT | fields)


def release_lot(scene: Scene, lot: str) -> Said:
    return scene.say("quinn", f"lot/{lot}", "LotReleased")


def recall(scene: Scene, lot: str) -> Said:
    return scene.say("quinn", f"lot/{lot}", "LotRecalled", reason="contamination")


def stocked(scene: Scene, *lots: str) -> Scene:
    """With lots that were received and released."""
    for lot in lots:
        receive(scene, lot)
        release_lot(scene, lot)
    return scene


def consume(scene: Scene, *lots: str, **fields: Any) -> Said:
    used = {"at": CLEANROOM, "batch": "B-1", "containers": [FRESH], "lots": list(lots)}
    return scene.on_chain("mia", "MaterialConsumed", **used | fields)


def register(scene: Scene, name: str, **fields: Any) -> Said:
    stream = f"equipment/{name}"
    return scene.say("mia", stream, "EquipmentRegistered", organisation="northcell", **PLATFORM | fields)


def qualify_equipment(scene: Scene, name: str, hours: int = YEAR_H) -> Said:
    return scene.say("mia", f"equipment/{name}", "EquipmentQualified", until=in_hours(scene, hours))


def with_lot(stage: str, lot: str = "lv-1") -> Scene:
    """The ordinary story up to the stage, its vector's lot recorded once all was made."""
    scene = stocked(scene_at(stage), lot)
    consume(scene, lot)
    return scene
