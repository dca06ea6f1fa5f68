"""Refusals of decisions on a therapy."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import (
    Conflict,
    GateFailed,
    NotPermitted,
    Refused,
    StaleView,
    UnbrokenError,
)
from tests.domain_refusing import authorise, check, order, ordered_sites, refused, release
from tests.domain_scene import (
    CHAIN,
    CLEANROOM,
    DOSE,
    FRESH,
    ORDER,
    WARD,
    Scene,
    furnished,
    patient,
    qualify,
    scene_at,
)
from tests.domain_warm import evidence, warm_scene

# --- the order --------------------------------------------------------------------------


def test_refusal_chain_exists() -> None:
    assert refused(Conflict, scene_at("ordered"), "carl", CHAIN, "TherapyOrdered", **ORDER) == "chain_exists"


@pytest.mark.parametrize(
    "product", [{"product": "decentra-car", "version": 2}, {"product": "x", "version": 1}]
)
def test_refusal_unknown_product_version(product: dict[str, Any]) -> None:
    fields = order(product=product)
    assert (
        refused(Refused, furnished(), "carl", CHAIN, "TherapyOrdered", **fields) == "unknown_product_version"
    )


def test_refusal_country_not_covered() -> None:
    fields = order(country="US")
    assert refused(Refused, furnished(), "carl", CHAIN, "TherapyOrdered", **fields) == "country_not_covered"


def test_refusal_site_not_active_for_product() -> None:
    fields = ordered_sites(manufacturing=["northcell-1", "northcell-hq"])
    assert refused(Refused, furnished(), "carl", CHAIN, "TherapyOrdered", **fields) == (
        "site_not_active_for_product"
    )


def test_refusal_site_not_in_force() -> None:
    scene = furnished()
    scene.say("cleo", "site/swift-depot", "SiteSuspended", reason="inspection")
    assert refused(Refused, scene, "carl", CHAIN, "TherapyOrdered", **ORDER) == "site_not_in_force"


def test_refusal_identifiers_repeat() -> None:
    fields = order(patient=[patient()[0], patient("patient-2")[0]])
    assert refused(Refused, furnished(), "carl", CHAIN, "TherapyOrdered", **fields) == "identifiers_repeat"


# --- decisions on a therapy -------------------------------------------------------------


def test_refusal_chain_not_opened() -> None:
    scene = furnished()
    assert refused(Refused, scene, "quinn", CHAIN, "Released", **release(scene)) == "chain_not_opened"


def test_refusal_not_qualified() -> None:
    scene = scene_at("thawed")
    assert refused(NotPermitted, scene, "nell", CHAIN, "InfusionChecked", **check(scene)) == "not_qualified"
    qualify(scene, "nell", "ada", "bedside", days=0)
    assert refused(NotPermitted, scene, "nell", CHAIN, "InfusionChecked", **check(scene)) == "not_qualified"
    qualify(scene, "nell", "ada", "bedside", days=1)
    scene.check("nell")


def test_refusal_view_from_future() -> None:
    scene = scene_at("thawed")
    ahead = check(scene, chain_version=scene.chain.version + 1)
    assert refused(StaleView, scene, "nora", CHAIN, "InfusionChecked", **ahead) == "view_from_future"


def test_refusal_stale_view() -> None:
    scene = scene_at("checked")
    seen = authorise(scene)
    scene.on_chain("nora", "ThawCompleted", at=WARD, containers=[DOSE])
    assert refused(StaleView, scene, "phil", CHAIN, "InfusionAuthorised", **seen) == "stale_view"
    scene.say("phil", CHAIN, "InfusionAuthorised", **authorise(scene))


def test_the_first_check_never_makes_the_second_stale() -> None:
    scene = scene_at("thawed")
    seen_by_both = check(scene)
    scene.say("nora", CHAIN, "InfusionChecked", **seen_by_both)
    scene.say("nils", CHAIN, "InfusionChecked", **seen_by_both)
    assert scene.chain.gates_touched < scene.chain.version - 1


def test_an_authorisation_must_have_seen_both_checks() -> None:
    scene = scene_at("thawed")
    scene.check("nora")
    before_the_second = authorise(scene)
    scene.check("nils")
    assert refused(StaleView, scene, "phil", CHAIN, "InfusionAuthorised", **before_the_second) == "stale_view"


def test_what_touches_no_gate_makes_no_view_stale() -> None:
    scene = scene_at("made")
    seen = release(scene)
    scene.on_chain("mia", "Packed", at=CLEANROOM, containers=[DOSE], shipper="S-2")
    scene.release("mia", CLEANROOM, {"site": "swift-depot", "department": "van-2"}, DOSE)
    scene.say("quinn", CHAIN, "Released", **seen)


def test_a_disposition_must_have_seen_its_deviation() -> None:
    scene = scene_at("checked")
    before = scene.chain.version
    raised = scene.check("nora", patient=patient("patient-2")).deviations[0]
    fields = {"deviation": raised.statement_id, "disposition": "accepted", "reason": "assessed"}
    stale = fields | {"chain_version": before}
    assert refused(StaleView, scene, "quinn", CHAIN, "DeviationDispositioned", **stale) == "stale_view"
    scene.clear(raised)


def test_refusal_unknown_deviation() -> None:
    scene = scene_at("made")
    fields = {"deviation": "00" * 32, "disposition": "accepted", "reason": "assessed"}
    found = refused(
        Refused, scene, "quinn", CHAIN, "DeviationDispositioned", chain_version=scene.chain.version, **fields
    )
    assert found == "unknown_deviation"


def test_refusal_already_dispositioned() -> None:
    scene = scene_at("thawed")
    raised = scene.check("nora", patient=patient("patient-2")).deviations[0]
    scene.clear(raised, "rejected")
    with pytest.raises(Conflict, match="already_dispositioned"):
        scene.clear(raised)


def test_refusal_chain_closed() -> None:
    scene = scene_at("made")
    scene.decide("carl", "TherapyClosed", reason="patient_withdrew")
    again = {"chain_version": scene.chain.version, "reason": "completed"}
    assert refused(Refused, scene, "carl", CHAIN, "TherapyClosed", **again) == "chain_closed"
    assert refused(Refused, scene, "quinn", CHAIN, "Released", **release(scene)) == "chain_closed"


def test_quality_finishes_what_is_open_after_the_end_of_a_therapy() -> None:
    scene = scene_at("made")
    put = scene.on_chain("mia", "Quarantined", containers=[DOSE], reason="seal_broken")
    scene.decide("carl", "TherapyClosed", reason="patient_withdrew")
    scene.decide("quinn", "QuarantineLifted", quarantine=put.id, reason="inspected")
    late = scene.on_chain("mia", "Packed", at=CLEANROOM, containers=[DOSE], shipper="S-1")
    scene.clear(late.deviations[0])


def test_refusal_infusion_under_way() -> None:
    scene = scene_at("infusing")
    fields = {"chain_version": scene.chain.version, "reason": "completed"}
    assert refused(Refused, scene, "phil", CHAIN, "TherapyClosed", **fields) == "infusion_under_way"


def lift(error: type[UnbrokenError], scene: Scene, quarantine: str, **fields: Any) -> Any:
    seen = {"chain_version": scene.chain.version, "quarantine": quarantine, "reason": "inspected"}
    return refused(error, scene, "quinn", CHAIN, "QuarantineLifted", **seen | fields)


def test_refusal_unknown_quarantine() -> None:
    assert lift(Refused, scene_at("made"), "00" * 32) == "unknown_quarantine"


def test_refusal_already_lifted() -> None:
    scene = scene_at("made")
    put = scene.on_chain("mia", "Quarantined", containers=[DOSE], reason="seal_broken")
    scene.decide("quinn", "QuarantineLifted", quarantine=put.id, reason="inspected")
    assert lift(Conflict, scene, put.id) == "already_lifted"


def test_a_quarantine_that_its_signer_has_not_seen_cannot_be_lifted() -> None:
    scene = scene_at("made")
    before = scene.chain.version
    put = scene.on_chain("mia", "Quarantined", containers=[DOSE], reason="seal_broken")
    assert lift(StaleView, scene, put.id, chain_version=before) == "stale_view"


def test_a_quarantine_makes_a_release_stale() -> None:
    scene = scene_at("made")
    before = scene.chain.version
    scene.on_chain("mia", "Quarantined", containers=[DOSE], reason="seal_broken")
    blind = release(scene, containers=[DOSE]) | {"chain_version": before}
    assert refused(StaleView, scene, "quinn", CHAIN, "Released", **blind) == "stale_view"


def test_refusal_gate_failed() -> None:
    scene = scene_at("thawed")
    assert (
        refused(GateFailed, scene, "phil", CHAIN, "InfusionAuthorised", **authorise(scene)) == "gate_failed"
    )
    scene = scene_at("at_cleanroom")
    unfinished = release(scene, containers=[FRESH])
    assert refused(GateFailed, scene, "quinn", CHAIN, "Released", **unfinished) == "gate_failed"


def test_refusal_typed_without_reason() -> None:
    scene = scene_at("thawed")
    typed = check(scene, method="typed")
    assert refused(Refused, scene, "nora", CHAIN, "InfusionChecked", **typed) == "typed_without_reason"
    scene.check("nora", method="typed", typed_reason="band_wet")


def test_refusal_unfounded_seal() -> None:
    """What no logger sent live, the ledger attests to nobody."""
    scene = warm_scene("at_cleanroom")
    said = evidence(scene, 500)
    assert (
        refused(NotPermitted, scene, "ledger", CHAIN, "TemperatureEvidenceAttached", **said)
        == "unfounded_seal"
    )
