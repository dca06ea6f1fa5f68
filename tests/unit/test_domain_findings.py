"""Every finding, raised by the smallest departure from the ordinary story.

Here: device, signer, place, and the table; the rest in the files beside this one.
`test_every_finding_has_its_test` fails when a code has no `test_finding_<code>` in any.
"""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.findings import FINDINGS, MAX_NAMED, finding, findings_markdown
from ledger.domain.world import timestamp
from tests.domain_phrases import STARTED, named_tests, pack, raised, start_infusion, thaw
from tests.domain_scene import (
    APHERESIS,
    DOSE,
    FAR_VAN,
    FRESH,
    PHARMACY,
    VAN,
    kid,
    patient,
    scene_at,
)


def test_every_finding_has_its_test() -> None:
    tests = named_tests("finding")
    assert {code for code in FINDINGS if code not in tests} == set()


def test_the_ordinary_story_raises_nothing() -> None:
    scene = scene_at("infused")
    assert [verdict for _, verdict in scene.entries if verdict.findings] == []
    assert scene.chain.containers[DOSE].status == "infused"


# --- the device, its key and its clock --------------------------------------------------


@pytest.mark.parametrize("wrong", [{"seq": 99}, {"prev": "00" * 32}])
def test_finding_sequence_gap(wrong: dict[str, Any]) -> None:
    assert raised(pack(scene_at("collected"), **wrong)) == {"sequence_gap": (FRESH,)}


@pytest.mark.parametrize("size", [7, 10_000])
def test_finding_unknown_checkpoint(size: int) -> None:
    said = pack(scene_at("collected"), seen={"size": size, "root": "00" * 32})
    assert raised(said) == {"unknown_checkpoint": (FRESH,)}


def test_finding_clock_ahead() -> None:
    scene = scene_at("collected")
    assert raised(pack(scene, occurred_at=timestamp(scene.now_ms + 300_001))) == {"clock_ahead": (FRESH,)}
    assert raised(pack(scene, occurred_at=timestamp(scene.now_ms + 300_000))) == {}


def test_finding_clock_behind() -> None:
    scene = scene_at("collected")
    assert raised(pack(scene, occurred_at=timestamp(scene.now_ms - 300_001))) == {"clock_behind": (FRESH,)}
    assert raised(pack(scene, occurred_at=timestamp(scene.now_ms - 300_000))) == {}


def test_a_fact_that_comes_hours_late_is_simply_late() -> None:
    scene = scene_at("collected")
    made_offline = {"occurred_at": timestamp(scene.now_ms), "seen": scene.seen}
    scene.forward(9 * 3600)
    assert raised(pack(scene, **made_offline)) == {}


def test_finding_late_by_retired_key() -> None:
    scene = scene_at("collected")
    scene.say("ada", "agent/anna", "KeyRetired", kid=kid("anna"), reason="new_phone")
    assert raised(pack(scene)) == {"late_by_retired_key": (FRESH,)}


# --- the signer -------------------------------------------------------------------------


def test_finding_unrelated_signer() -> None:
    scene = scene_at("collected")
    said = pack(scene, "otto", at=FAR_VAN)
    assert (raised(said), said.verdict.standing) == ({"unrelated_signer": ()}, False)


def test_finding_chain_not_opened() -> None:
    said = scene_at("ordered").say(
        "anna",
        "chain/acme:NEVER-ORDERED",
        "Packed",
        at=APHERESIS,
        containers=[FRESH],
        shipper="SHIPPER-1",
    )
    assert (raised(said), said.verdict.standing) == ({"chain_not_opened": ()}, False)


@pytest.mark.parametrize("signer", ["kit", "mia"])
def test_finding_role_not_permitted(signer: str) -> None:
    said = pack(scene_at("collected"), signer)
    assert (raised(said), said.verdict.standing) == ({"role_not_permitted": (FRESH,)}, True)


def test_finding_not_qualified() -> None:
    said = start_infusion(scene_at("authorised"), "nell")
    assert raised(said) == {"not_qualified": (DOSE,)}


def test_a_qualification_that_has_run_out_does_not_count() -> None:
    scene = scene_at("authorised")
    until = timestamp(scene.now_ms + 1000)
    granted = {"qualification": "bedside", "expires_at": until}
    scene.say("ada", "agent/nora", "QualificationGranted", **granted)
    scene.forward(1)
    assert raised(start_infusion(scene)) == {"not_qualified": (DOSE,)}


# --- places -----------------------------------------------------------------------------


def test_finding_unknown_site() -> None:
    scene = scene_at("collected")
    nowhere = {"site": "nowhere", "department": "dock"}
    assert raised(scene.release("anna", APHERESIS, nowhere, FRESH)) == {"unknown_site": (FRESH,)}


def test_finding_site_not_in_force() -> None:
    scene = scene_at("collected")
    scene.say("cleo", "site/swift-depot", "SiteSuspended", reason="inspection")
    assert raised(scene.release("anna", APHERESIS, VAN, FRESH)) == {"site_not_in_force": (FRESH,)}
    scene.say("cleo", "site/swift-depot", "SiteResumed", reason="cleared")
    assert raised(scene.accept("kit", APHERESIS, VAN, FRESH)) == {}


def test_finding_site_not_planned() -> None:
    scene = scene_at("ordered")
    said = scene.on_chain("mia", "PatientIdentified", site="northcell-1", patient=patient(),
                          method="scan", outcome="match")  # fmt: skip
    assert raised(said)["site_not_planned"] == ()


def test_finding_site_not_active_for_product() -> None:
    scene = scene_at("collected")
    said = scene.on_chain(
        "anna", "ManufacturingStarted", **STARTED | {"at": APHERESIS, "containers": [FRESH]}
    )
    assert raised(said) == {
        "role_not_permitted": (FRESH,),
        "site_not_planned": (FRESH,),
        "site_not_active_for_product": (FRESH,),
    }


# --- the table --------------------------------------------------------------------------


def test_more_containers_than_a_deviation_can_name_means_the_whole_therapy() -> None:
    names = tuple(f"BAG-{n}" for n in range(MAX_NAMED + 1))
    assert finding("container_reused", names[:-1]).containers == names[:-1]
    assert finding("container_reused", names).containers == ()


def test_the_reference_page_lists_every_finding_with_its_sentence() -> None:
    page = findings_markdown()
    for code, meaning in FINDINGS.items():
        assert f"| `{code}` | {meaning.severity} | {'yes' if meaning.blocking else 'no'} |" in page
        assert meaning.sentence.endswith(".")
        assert meaning.sentence in page


def test_whatever_is_critical_blocks_and_what_blocks_is_at_least_major() -> None:
    for code, meaning in FINDINGS.items():
        assert not meaning.blocking or meaning.severity in ("major", "critical"), code
        assert meaning.blocking or meaning.severity != "critical", code


def test_a_container_of_the_pharmacy_is_not_the_wards() -> None:
    """Custody is a department's: the same site is not enough to act on a bag."""
    scene = scene_at("at_ward")
    assert raised(thaw(scene, DOSE, at=PHARMACY)) == {"acted_without_custody": (DOSE,)}
