"""What is wrong with a fact of manufacture."""

from __future__ import annotations

from tests.domain_phrases import STARTED, raised
from tests.domain_scene import (
    CLEANROOM,
    DOSE,
    DOSE_2,
    FRESH,
    WARD,
    Said,
    Scene,
    filled,
    scene_at,
)


def fail(scene: Scene, batch: str = "B-1") -> Said:
    lost = {"at": CLEANROOM, "batch": batch, "containers": [FRESH], "reason": "contamination"}
    return scene.on_chain("mia", "ManufacturingFailed", **lost)


def restart(scene: Scene, failed: str = "B-1", batch: str = "B-2") -> Said:
    again = {"at": CLEANROOM, "failed_batch": failed, "batch": batch, "platform": "P-2"}
    return scene.on_chain("mia", "ManufacturingRestarted", containers=[FRESH], **again)


def started() -> Scene:
    scene = scene_at("at_cleanroom")
    scene.on_chain("mia", "ManufacturingStarted", containers=[FRESH], **STARTED)
    return scene


def test_finding_manufacturing_failed() -> None:
    assert raised(fail(started())) == {"manufacturing_failed": (FRESH,)}


def test_a_failed_batch_is_started_again_on_the_same_chain_under_another_name() -> None:
    scene = started()
    fail(scene)
    assert raised(restart(scene)) == {}
    again = scene.chain.batches["B-2"]
    assert (again.replaces, again.site, "B-2" in scene.chain.failed_batches) == ("B-1", "northcell-1", False)


def test_finding_batch_reused() -> None:
    scene = started()
    fail(scene)
    assert raised(restart(scene, batch="B-1")) == {"batch_reused": (FRESH,)}
    said = started().on_chain("mia", "ManufacturingStarted", containers=[FRESH], **STARTED)
    assert raised(said) == {"batch_reused": (FRESH,)}


def test_finding_batch_unknown() -> None:
    step = {"at": CLEANROOM, "step": "activation", "containers": [FRESH]}
    assert raised(started().on_chain("mia", "StepCompleted", batch="B-1", **step)) == {}
    assert raised(started().on_chain("mia", "StepCompleted", batch="B-7", **step)) == {
        "batch_unknown": (FRESH,)
    }


def test_finding_batch_not_failed() -> None:
    assert raised(restart(started())) == {"batch_not_failed": (FRESH,)}


def test_a_failure_that_arrives_before_the_start_of_its_batch_counts() -> None:
    scene = scene_at("at_cleanroom")
    assert raised(fail(scene)) == {"batch_unknown": (FRESH,), "manufacturing_failed": (FRESH,)}
    scene.on_chain("mia", "ManufacturingStarted", containers=[FRESH], **STARTED)
    assert raised(restart(scene)) == {}


def test_finding_chain_closed() -> None:
    scene = scene_at("infused")
    scene.decide("phil", "TherapyClosed", reason="completed")
    said = scene.on_chain("nora", "Stored", at=WARD, containers=[DOSE_2], location="TANK-1")
    assert "chain_closed" in raised(said)


def test_finding_volume_exceeds_parent() -> None:
    scene = scene_at("at_cleanroom")
    parents = [{"container": FRESH, "volume_ul": 150_000}, {"container": FRESH, "volume_ul": 50_001}]
    said = scene.on_chain("mia", "ContainersDerived", **filled(scene, DOSE, parents=parents))
    assert raised(said) == {"volume_exceeds_parent": (FRESH,)}
    assert scene.chain.containers[FRESH].left_ul == -1


def test_a_container_is_consumed_when_nothing_is_left_in_it() -> None:
    scene = scene_at("at_cleanroom")
    half = {"parents": [{"container": FRESH, "volume_ul": 100_000}]}
    for name, status in ((DOSE, "present"), (DOSE_2, "consumed")):
        scene.on_chain("mia", "ContainersDerived", **filled(scene, name, **half))
        assert scene.chain.containers[FRESH].status == status


def test_a_split_cannot_make_more_than_was_drawn() -> None:
    scene = scene_at("at_cleanroom")
    parents = [{"container": FRESH, "volume_ul": 99_999}]
    said = filled(scene, DOSE, DOSE_2, how="split", parents=parents)
    assert raised(scene.on_chain("mia", "ContainersDerived", **said)) == {
        "volume_exceeds_parent": (DOSE, DOSE_2)
    }
