"""Who may have a patient's identifiers erased, when, and with which right."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.erasure import ERASURES, RETENTION_YEARS, is_retained, retained_until
from ledger.domain.rules import tags_of
from ledger.domain.times import milliseconds, timestamp
from ledger.errors import Conflict, NotPermitted, Refused
from tests.domain_refusing import refused
from tests.domain_scene import APHERESIS, CHAIN, COI, DOSE, DOSE_2, FRESH, Scene, enrol, scene_at
from tests.unit.test_domain_provisional import ON_PROV, linked, of, order, provisional

YEAR_MS = 366 * 86_400_000
ERASED: dict[str, Any] = {"site": "st-mary", "basis": "consent_withdrawn"}
ORDERED = {"overrides_retention": "court_order"}


def with_petra(stage: str) -> Scene:
    """Petra is Quality of the hospital; Quinn of the manufacturer."""
    scene = scene_at(stage)
    said = enrol(scene, "petra", "ada", ("quality", "st-mary"))
    scene.say("ben", "agent/petra", "EnrolmentApproved", enrolment=said.id)
    return scene


def closed(stage: str = "infused") -> Scene:
    scene = with_petra(stage)
    scene.decide("carl", "TherapyClosed", reason="completed")
    return scene


def erase(scene: Scene, error: type[Exception], signer: str = "petra", **fields: Any) -> Any:
    seen = {"chain_version": scene.chain.version}
    return refused(error, scene, signer, CHAIN, "PersonalDataErased", **seen | ERASED | fields)  # type: ignore[arg-type]


def test_quality_of_the_hospital_erases_after_the_end_and_the_chain_says_so() -> None:
    scene = closed()
    said = scene.decide("petra", "PersonalDataErased", **ERASED, **ORDERED)
    assert (scene.chain.erased.statement_id, scene.chain.erased.basis) == (said.id, "consent_withdrawn")
    assert scene.chain.erased.signer == "petra"
    assert ERASURES in tags_of(said.entry, said.verdict)
    assert f"chain/{COI}" in tags_of(said.entry, said.verdict)


def test_neither_the_manufacturer_s_quality_nor_the_hospital_s_physician_erases() -> None:
    scene = closed()
    for signer, site in (
        ("quinn", "st-mary"),
        ("quinn", "northcell-1"),
        ("phil", "st-mary"),
        ("petra", "northcell-1"),
    ):
        assert erase(scene, NotPermitted, signer, site=site, **ORDERED) == "not_permitted"


def test_refusal_already_erased() -> None:
    scene = closed()
    scene.decide("petra", "PersonalDataErased", **ERASED, **ORDERED)
    assert erase(scene, Conflict, **ORDERED) == "already_erased"


@pytest.mark.parametrize("stage", ["ordered", "collected", "made", "at_ward", "thawed", "infused"])
def test_refusal_therapy_goes_on(stage: str) -> None:
    """Also before the collection: who comes to it must find the patient."""
    assert erase(with_petra(stage), Refused, **ORDERED) == "therapy_goes_on"


def before_an_order() -> Scene:
    """A bag was collected for a patient whom nobody has ordered for yet."""
    scene = provisional()
    said = enrol(scene, "petra", "ada", ("quality", "st-mary"))
    scene.say("ben", "agent/petra", "EnrolmentApproved", enrolment=said.id)
    return scene


def of_provisional(scene: Scene, signer: str, site: str) -> Any:
    said = ERASED | ORDERED | {"chain_version": of(scene).version, "site": site}
    return refused(Refused, scene, signer, ON_PROV, "PersonalDataErased", **said)


def test_what_was_collected_without_an_order_is_erased_once_nothing_of_it_is_left() -> None:
    scene = before_an_order()
    assert of_provisional(scene, "petra", "st-mary") == "therapy_goes_on"
    assert of_provisional(scene, "quinn", "northcell-1") == "chain_not_opened"
    gone = {"at": APHERESIS, "containers": [FRESH], "method": "incineration", "reason": "patient_withdrew"}
    scene.say("anna", ON_PROV, "Destroyed", **gone)
    said = ERASED | ORDERED | {"chain_version": of(scene).version}
    scene.say("petra", ON_PROV, "PersonalDataErased", **said)
    assert of(scene).erased


def test_what_was_linked_is_decided_with_its_therapy() -> None:
    scene = before_an_order()
    order(scene)
    linked(scene)
    assert of_provisional(scene, "petra", "st-mary") == "therapy_goes_on"


def test_a_bag_that_the_order_set_aside_is_retained() -> None:
    scene = provisional(CHAIN)
    order(scene)
    assert not scene.chain.containers
    assert retained_until(scene.chain) is None


def test_refusal_retention_runs() -> None:
    scene = closed()
    assert erase(scene, Refused, basis="retention_ended") == "retention_runs"
    assert erase(scene, Refused, basis="retention_ended", **ORDERED) == "retention_runs"
    scene.now_ms += (RETENTION_YEARS + 1) * YEAR_MS
    scene.decide("petra", "PersonalDataErased", site="st-mary", basis="retention_ended")


def test_refusal_retention_not_overridden() -> None:
    assert erase(closed(), Refused) == "retention_not_overridden"


def test_where_nothing_was_collected_nothing_is_retained() -> None:
    scene = closed("ordered")
    assert retained_until(scene.chain) == 0
    scene.decide("petra", "PersonalDataErased", **ERASED)


def test_the_thirty_years_run_from_the_latest_expiry_of_a_product() -> None:
    scene = closed()
    expiry = scene.chain.containers[DOSE].expires_at
    until = retained_until(scene.chain)
    assert until is not None
    assert timestamp(until) == f"{int(expiry[:4]) + RETENTION_YEARS}{expiry[4:]}"
    assert is_retained(scene.chain, until - 1)
    assert not is_retained(scene.chain, until)


def test_without_an_expiry_they_run_from_the_therapy_s_end_and_before_it_nobody_knows() -> None:
    scene = scene_at("collected")
    assert retained_until(scene.chain) is None
    assert is_retained(scene.chain, milliseconds("9000-01-01T00:00:00.000Z"))
    scene.decide("carl", "TherapyClosed", reason="patient_withdrew")
    until = retained_until(scene.chain)
    assert until is not None
    assert until > scene.chain.closed_ms + RETENTION_YEARS * 365 * 86_400_000


def test_a_leap_day_and_the_end_of_the_calendar_have_an_end_of_retention() -> None:
    for expiry, until in (
        ("2028-02-29T12:00:00.000Z", "2058-03-01T12:00:00.000Z"),
        ("9990-02-01T00:00:00.000Z", "9999-02-01T00:00:00.000Z"),
    ):
        scene = closed()
        for name in (DOSE, DOSE_2):
            scene.chain.containers[name].expires_at = expiry
        assert timestamp(retained_until(scene.chain) or 0) == until
