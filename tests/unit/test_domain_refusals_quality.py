"""What Quality and the physician may not decide, and what no product may specify."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import Conflict, NotPermitted, Refused, StaleView
from tests.domain_quality import (
    COPIES,
    STERILITY,
    VIABILITY,
    confirm,
    low_viability,
    made,
    out_of_specification,
    passing,
    pending,
    reject,
    released,
    report,
    request,
    viability,
)
from tests.domain_refusing import refused
from tests.domain_scene import (
    CHAIN,
    CLEANROOM,
    DOSE,
    DOSE_2,
    FRESH,
    PRODUCT,
    RELEASED,
    Scene,
    furnished,
    scene_at,
)


def define(scene: Scene, *specifications: tuple[str, list[dict[str, Any]]]) -> dict[str, Any]:
    made_of = [{"country": country, "tests": tests} for country, tests in specifications]
    return PRODUCT | {"version": 2, "specifications": made_of}


def defining(*specifications: tuple[str, list[dict[str, Any]]]) -> Any:
    scene = furnished()
    fields = define(scene, *specifications)
    return refused(Refused, scene, "quinn", "product/decentra-car", "ProductVersionDefined", **fields)


def test_refusal_specification_repeats() -> None:
    assert defining(("GB", [STERILITY]), ("GB", [VIABILITY])) == "specification_repeats"
    assert defining(("GB", [STERILITY, STERILITY]), ("FR", [STERILITY])) == "specification_repeats"


@pytest.mark.parametrize("countries", [("GB",), ("GB", "FR", "US")])
def test_refusal_specification_incomplete(countries: tuple[str, ...]) -> None:
    assert defining(*((one, [STERILITY]) for one in countries)) == "specification_incomplete"


def test_refusal_limits_reversed() -> None:
    reversed_ = COPIES | {"min_milli": 5_001}
    assert defining(("GB", [reversed_]), ("FR", [COPIES])) == "limits_reversed"
    scene = furnished()
    exact = COPIES | {"min_milli": 5_000}
    fields = define(scene, ("GB", [exact]), ("FR", [COPIES]))
    scene.say("quinn", "product/decentra-car", "ProductVersionDefined", **fields)


def test_refusal_not_made_here() -> None:
    with pytest.raises(Refused, match="not_made_here"):
        confirm(made(), containers=[FRESH])


def test_refusal_not_pending() -> None:
    scene = passing(made())
    with pytest.raises(Refused, match="not_pending"):
        pending(scene, "sterility")
    with pytest.raises(Refused, match="not_pending"):
        pending(made(), "horoscope")


def test_refusal_may_not_be_pending() -> None:
    with pytest.raises(Refused, match="may_not_be_pending"):
        pending(made(), "sterility", "viability")
    scene = made()
    viability(scene, 91_500)
    with pytest.raises(Refused, match="may_not_be_pending"):
        pending(scene, "sterility", countries=["GB", "FR"])  # in France it may not


def test_refusal_unknown_request() -> None:
    with pytest.raises(Refused, match="unknown_request"):
        out_of_specification(low_viability(made()), "00" * 32, "viability")


def test_refusal_not_requested() -> None:
    scene = low_viability(made())
    for deviation in report(scene, "smell", "fail").deviations:
        scene.clear(deviation)
    asked = request(scene, "viability")
    with pytest.raises(Refused, match="not_requested"):
        out_of_specification(scene, asked.id, "viability", containers=[DOSE])
    with pytest.raises(Refused, match="not_requested"):
        out_of_specification(scene, asked.id, "viability", "smell")


def test_refusal_scope_too_wide() -> None:
    scene = low_viability(made())
    asked = request(scene, "viability")
    for wider in ({"countries": ["GB", "FR"]}, {"protocols": ["UB-001", "UB-002"]}, {"countries": ["FR"]}):
        with pytest.raises(Refused, match="scope_too_wide"):
            out_of_specification(scene, asked.id, "viability", **wider)


def test_refusal_not_out_of_specification() -> None:
    scene = low_viability(made())
    with pytest.raises(Refused, match="not_out_of_specification"):
        request(scene, "viability", "sterility")
    asked = request(scene, "viability")
    scene.forward(60)
    viability(scene, 91_500)
    with pytest.raises(Refused, match="not_out_of_specification"):
        out_of_specification(scene, asked.id, "viability")


def test_refusal_unknown_container() -> None:
    with pytest.raises(Refused, match="unknown_container"):
        reject(scene_at("made"), "OTHER-1")


def test_refusal_already_rejected() -> None:
    scene = scene_at("made")
    reject(scene)
    with pytest.raises(Conflict, match="already_rejected"):
        reject(scene)
    reject(scene, DOSE, DOSE_2)


def test_who_confirmed_a_batch_does_not_certify_it() -> None:
    scene = passing(made("site_confirmation"))
    confirm(scene)
    with pytest.raises(NotPermitted, match="same_signer"):
        released(scene)
    confirm(scene, "quill")
    released(scene)  # another has confirmed it, too


def test_who_asked_for_a_dose_does_not_release_it() -> None:
    scene = low_viability(made())
    asked = request(scene, "viability")
    scene.chain.requests[asked.id] = scene.chain.requests[asked.id]._replace(signer="quinn")
    with pytest.raises(NotPermitted, match="same_signer"):
        out_of_specification(scene, asked.id, "viability")


def test_only_the_physician_at_the_place_of_treatment_asks() -> None:
    scene = low_viability(made())
    said = {"containers": [DOSE], "tests": ["viability"], "reason": "why", "site": "st-mary"}
    seen = said | {"chain_version": scene.chain.version}
    assert (
        refused(NotPermitted, scene, "nora", CHAIN, "OutOfSpecificationRequested", **seen) == "not_permitted"
    )


def test_a_result_that_its_signer_has_not_seen_makes_a_release_stale() -> None:
    scene = passing(made())
    before = scene.chain.version
    report(scene)
    seen = RELEASED | {"containers": [DOSE, DOSE_2], "chain_version": before}
    assert refused(StaleView, scene, "quinn", CHAIN, "Released", **seen) == "stale_view"


def test_what_happens_in_the_warehouse_makes_no_rejection_stale() -> None:
    scene = scene_at("made")
    before = scene.chain.version
    scene.on_chain("mia", "Quarantined", containers=[DOSE], reason="leaks")
    scene.on_chain("mia", "Stored", at=CLEANROOM, containers=[DOSE], location="TANK-1")
    reject(scene, DOSE, chain_version=before)
