"""What is wrong with a label: unknown, void, on another bag, unreadable, astray."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.label_state import label_on
from tests.domain_labels import (
    ago,
    applied,
    at_bedside,
    destroyed,
    labelled,
    printed,
    scanned,
    voided,
)
from tests.domain_phrases import raised, thaw
from tests.domain_scene import APHERESIS, CLEANROOM, DOSE, DOSE_2, FRESH, VAN, WARD, Scene, scene_at


def on(scene: Scene, container: str = DOSE) -> str | None:
    label = label_on(container, scene.chain)
    return label.serial if label else None


def test_the_ordinary_way_of_a_label_is_clean() -> None:
    scene = scene_at("made")
    assert raised(printed(scene, "L-1", container=DOSE)) == {}
    assert raised(applied(scene, "L-1")) == {}
    assert raised(scanned(scene, "L-1")) == {}
    assert on(scene) == "L-1"


def test_a_label_may_be_printed_and_applied_before_its_bag_comes_to_be() -> None:
    scene = scene_at("ordered")
    assert raised(printed(scene, "L-1", container=FRESH, signer="anna", at=APHERESIS)) == {}
    assert raised(applied(scene, "L-1", FRESH, signer="anna", at=APHERESIS)) == {}


def test_a_label_for_another_patients_bag_says_so() -> None:
    said = printed(scene_at("made"), "L-1", container="OTHER-1")
    assert raised(said) == {"container_known_elsewhere": ("OTHER-1",)}


def test_finding_label_unknown() -> None:
    scene = labelled()
    assert raised(scanned(scene, "L-77")) == {"label_unknown": (DOSE,)}
    assert raised(applied(scene, "L-78")) == {"label_unknown": (DOSE,)}


def test_a_serial_of_nobodys_read_at_thaw_is_found() -> None:
    assert raised(thaw(scene_at("at_ward"), DOSE, labels=["L-77"])) == {"label_unknown": (DOSE,)}


def test_finding_label_voided() -> None:
    scene = labelled()
    assert raised(voided(scene, "L-1")) == {}
    assert on(scene) is None
    assert raised(scanned(scene, "L-1")) == {"label_voided": (DOSE,)}
    assert raised(applied(scene, "L-1")) == {"label_voided": (DOSE,)}


def test_a_destroyed_label_that_turns_up_is_found() -> None:
    scene = labelled()
    destroyed(scene, "L-1")
    assert raised(scanned(scene, "L-1")) == {"label_voided": (DOSE,)}


def test_what_was_done_before_a_label_was_voided_is_no_fault_however_late_it_arrives() -> None:
    scene = labelled()
    voided(scene, "L-1")
    assert raised(scanned(scene, "L-1", occurred_at=ago(scene, 60))) == {}


def test_use_after_the_end_is_told_by_whichever_arrives_last() -> None:
    scene = labelled()
    assert raised(voided(scene, "L-1", occurred_at=ago(scene, 60))) == {"label_voided": (DOSE,)}


@pytest.mark.parametrize("event", ["ThawStarted", "CustodyAccepted"])
def test_a_voided_label_read_from_a_bag_is_found(event: str) -> None:
    scene = labelled()
    scene.decide("quinn", "Released", containers=[DOSE, DOSE_2], site="northcell-1", certificate="ab" * 32,
                 countries=["GB"], protocols=["UB-001"])  # fmt: skip
    voided(scene, "L-1")
    if event == "ThawStarted":
        said = thaw(scene, DOSE, at=CLEANROOM, signer="mia", labels=["L-1"])
    else:
        release = scene.release("mia", CLEANROOM, VAN, DOSE)
        said = scene.accept("kit", CLEANROOM, VAN, DOSE, release=release.id, labels=["L-1"])
    assert raised(said) == {"label_voided": (DOSE,)}


def test_finding_label_on_other_container() -> None:
    scene = labelled()
    assert raised(scanned(scene, "L-1", DOSE_2)) == {"label_on_other_container": (DOSE_2, DOSE)}
    assert raised(applied(scene, "L-2", DOSE)) == {"label_on_other_container": (DOSE, DOSE_2)}


def test_a_label_that_was_applied_before_it_is_known_to_be_meant_for_another_bag() -> None:
    scene = scene_at("made")
    assert raised(applied(scene, "L-1", DOSE)) == {"label_unknown": (DOSE,)}
    assert raised(printed(scene, "L-1", container=DOSE_2)) == {"label_on_other_container": (DOSE_2, DOSE)}


def test_two_bags_that_one_label_is_said_to_be_on_at_one_moment_have_none() -> None:
    scene = labelled()
    applied(scene, "L-1", DOSE_2)
    assert (on(scene, DOSE), on(scene, DOSE_2)) == (None, "L-2")


def test_labels_read_together_belong_to_the_bags_that_are_named() -> None:
    scene = labelled()
    release = scene.release("mia", CLEANROOM, VAN, DOSE)
    both: dict[str, Any] = {"release": release.id, "labels": ["L-1", "L-2"]}
    assert raised(scene.accept("kit", CLEANROOM, VAN, DOSE, **both)) == {
        "label_on_other_container": (DOSE, DOSE_2)
    }


def test_finding_label_wrong_content() -> None:
    assert raised(scanned(labelled(), "L-1", outcome="wrong_content")) == {"label_wrong_content": (DOSE,)}


def test_finding_label_unreadable() -> None:
    assert raised(scanned(labelled(), "L-1", outcome="unreadable")) == {"label_unreadable": (DOSE,)}


def test_finding_label_serial_reused() -> None:
    scene = labelled()
    assert raised(printed(scene, "L-1", container=DOSE)) == {"label_serial_reused": (DOSE,)}
    assert raised(printed(scene, "L-5", "L-5", container=DOSE)) == {"label_serial_reused": (DOSE,)}


def test_finding_unknown_label_ended() -> None:
    scene = labelled()
    assert raised(voided(scene, "L-77")) == {"unknown_label_ended": ()}
    assert raised(destroyed(scene, "L-78")) == {"unknown_label_ended": ()}
    replaces = {"serial": "L-79", "reason": "smeared"}
    assert raised(printed(scene, "L-9", replaces=replaces)) == {"unknown_label_ended": ()}


def test_finding_same_signer() -> None:
    """A reprint takes effect with a second person: until then the old label stands."""
    scene = labelled()
    printed(scene, "L-1B", container=DOSE, replaces={"serial": "L-1", "reason": "smeared"})
    assert raised(applied(scene, "L-1B")) == {"same_signer": (DOSE,)}
    assert on(scene) == "L-1"
    assert raised(applied(scene, "L-1B", signer="lea")) == {}
    assert on(scene) == "L-1B"


def test_a_reprint_by_one_person_is_found_in_whatever_order_it_arrives() -> None:
    scene = labelled()
    applied(scene, "L-1B")
    said = printed(scene, "L-1B", container=DOSE, replaces={"serial": "L-1", "reason": "smeared"})
    assert raised(said) == {"same_signer": (DOSE,)}


def test_a_reprint_that_somebody_else_applied_makes_the_old_label_void() -> None:
    scene = labelled()
    printed(scene, "L-1B", container=DOSE, replaces={"serial": "L-1", "reason": "smeared"})
    scene.forward(60)
    assert raised(applied(scene, "L-1B", signer="lea")) == {}
    assert raised(scanned(scene, "L-1")) == {"label_voided": (DOSE,)}


def test_finding_labels_unreconciled() -> None:
    scene = labelled()
    printed(scene, "L-3", "L-4", "L-5")
    voided(scene, "L-3")
    destroyed(scene, "L-4", fate="returned_unused")
    said = scene.decide("carl", "TherapyClosed", reason="patient_withdrew")
    assert raised(said) == {"labels_unreconciled": ()}


def test_labels_that_all_came_to_an_end_close_quietly() -> None:
    scene = labelled()
    printed(scene, "L-3")
    destroyed(scene, "L-3")
    assert raised(scene.decide("carl", "TherapyClosed", reason="patient_withdrew")) == {}


def test_a_voided_label_at_the_bedside_is_a_hard_stop() -> None:
    scene = at_bedside()
    voided(scene, "L-1", signer="nora", at=WARD)
    said = scene.check("nora", label="L-1")
    assert raised(said) == {"label_voided": (DOSE,)}
