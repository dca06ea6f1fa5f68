"""Sites that close, roles that change, qualifications that are withdrawn."""

from __future__ import annotations

import pytest

from ledger.domain.registry import Agent
from ledger.domain.world import timestamp
from ledger.errors import Conflict, NotPermitted, Refused
from tests.domain_phrases import STARTED, raised
from tests.domain_refusing import ordered_sites, refused
from tests.domain_scene import CHAIN, FRESH, Said, Scene, enrol, furnished, key_of, scene_at

WHY = {"reason": "why"}


def change(scene: Scene, name: str, *roles: tuple[str, str], by: str = "ben") -> Said:
    named = [{"role": role, "site": site} for role, site in roles]
    return scene.say(by, f"agent/{name}", "AgentRolesChanged", roles=named, reason="moved")


def agent(scene: Scene, name: str) -> Agent:
    found = scene.world.agent(name)
    assert found is not None
    return found


# --- sites --------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["SiteSuspended", "SiteResumed", "SiteClosed"])
def test_refusal_site_closed(event: str) -> None:
    scene = furnished()
    scene.say("ben", "site/northcell-1", "SiteClosed", **WHY)
    assert refused(Conflict, scene, "ben", "site/northcell-1", event, **WHY) == "site_closed"


def test_a_suspended_site_may_still_be_closed_and_only_a_known_one() -> None:
    scene = furnished()
    scene.say("ben", "site/northcell-1", "SiteSuspended", **WHY)
    scene.say("ben", "site/northcell-1", "SiteClosed", **WHY)
    assert refused(Refused, scene, "ben", "site/nowhere", "SiteClosed", **WHY) == "unknown_site"


def test_a_closed_site_is_not_in_force_for_orders_facts_and_roles() -> None:
    scene = scene_at("at_cleanroom")
    scene.say("cleo", "site/swift-depot", "SiteClosed", **WHY)
    fields = ordered_sites(couriers=["swift-depot"])
    assert refused(Refused, scene, "carl", "chain/acme:NEW-1", "TherapyOrdered", **fields) == (
        "site_not_in_force"
    )
    with pytest.raises(Conflict, match="site_closed"):
        enrol(scene, "newby", "cleo", ("courier", "swift-depot"))
    scene.say("ben", "site/northcell-1", "SiteClosed", **WHY)
    started = scene.on_chain("mia", "ManufacturingStarted", containers=[FRESH], **STARTED)
    assert raised(started) == {"site_not_in_force": (FRESH,)}


# --- roles --------------------------------------------------------------------------------


def test_roles_are_replaced_at_once() -> None:
    scene = furnished()
    change(scene, "mia", ("cell_lab", "northcell-1"), ("coordinator", "northcell-hq"))
    assert agent(scene, "mia").roles == {"cell_lab", "coordinator"}


def test_somebody_without_roles_has_left() -> None:
    scene = furnished()
    change(scene, "quinn")
    assert (agent(scene, "quinn").roles, agent(scene, "quinn").is_pending) == (set(), False)


def test_a_new_quality_role_waits_for_a_second_administrator_who_names_the_change() -> None:
    scene = furnished()
    first = agent(scene, "mia").enrolment
    changed = change(scene, "mia", ("quality", "northcell-1"), ("manufacturer", "northcell-1"))
    assert (agent(scene, "mia").roles, agent(scene, "mia").is_pending) == ({"manufacturer"}, True)
    stream = "agent/mia"
    assert refused(Refused, scene, "ada", stream, "EnrolmentApproved", enrolment=first) == (
        "unknown_enrolment"
    )
    named = {"enrolment": changed.id}
    assert refused(NotPermitted, scene, "ben", stream, "EnrolmentApproved", **named) == "same_signer"
    scene.say("ada", stream, "EnrolmentApproved", **named)
    assert (agent(scene, "mia").roles, agent(scene, "mia").is_pending) == ({"manufacturer", "quality"}, False)


def test_a_role_that_is_kept_goes_on_while_a_new_one_waits() -> None:
    scene = furnished()
    change(scene, "quinn", ("quality", "northcell-1"), ("quality", "northcell-hq"))
    assert agent(scene, "quinn").roles_at == {"northcell-1": {"quality"}}
    assert agent(scene, "quinn").is_pending


def test_a_role_that_was_given_up_has_to_be_approved_again() -> None:
    """Or one administrator could take it, add a key of their own making, and give it back."""
    scene = furnished()
    change(scene, "quinn", ("manufacturer", "northcell-1"))
    scene.say("ben", "agent/quinn", "KeyAdded", key=key_of("planted"))
    change(scene, "quinn", ("quality", "northcell-1"))
    assert (agent(scene, "quinn").roles, agent(scene, "quinn").is_pending) == (set(), True)


def test_no_key_is_added_by_others_while_a_role_waits_for_its_second_signer() -> None:
    scene = furnished()
    change(scene, "mia", ("quality", "northcell-1"))
    key = {"key": key_of("planted")}
    assert refused(NotPermitted, scene, "ben", "agent/mia", "KeyAdded", **key) == "needs_two_signers"


def test_roles_are_changed_by_others_of_the_same_organisation_at_its_own_sites() -> None:
    scene = furnished()
    with pytest.raises(NotPermitted, match="not_permitted"):
        change(scene, "mia", ("nurse", "northcell-1"), by="ada")
    with pytest.raises(NotPermitted, match="same_signer"):
        change(scene, "ben", ("manufacturer", "northcell-1"))
    with pytest.raises(NotPermitted, match="not_own_site"):
        change(scene, "mia", ("nurse", "st-mary"))


def test_a_root_administrator_may_be_replaced() -> None:
    scene = furnished()
    said = enrol(scene, "bea", "ben", ("administrator", "northcell-hq"))
    scene.say("ada", "agent/bea", "EnrolmentApproved", enrolment=said.id)
    change(scene, "ben", by="bea")
    assert not agent(scene, "ben").is_administrator


# --- qualifications -----------------------------------------------------------------------


def withdraw(scene: Scene) -> None:
    scene.say("ada", "agent/nora", "QualificationWithdrawn", qualification="bedside", **WHY)


def test_a_withdrawn_qualification_refuses_the_next_decision() -> None:
    scene = scene_at("thawed")
    withdraw(scene)
    with pytest.raises(NotPermitted, match="not_qualified"):
        scene.check("nora")


def test_what_was_done_before_the_withdrawal_and_arrives_after_it_was_qualified() -> None:
    scene = scene_at("authorised")
    before = timestamp(scene.now_ms)
    scene.forward(60)
    withdraw(scene)
    started = {"site": "st-mary", "container": "DOSE-1"}
    assert raised(scene.on_chain("nora", "InfusionStarted", occurred_at=before, **started)) == {}


def test_what_is_done_after_the_withdrawal_is_found() -> None:
    scene = scene_at("authorised")
    withdraw(scene)
    started = {"site": "st-mary", "container": "DOSE-1"}
    assert raised(scene.say("nora", CHAIN, "InfusionStarted", **started)) == {"not_qualified": ("DOSE-1",)}


def test_refusal_qualification_not_held() -> None:
    scene = furnished()
    withdraw(scene)
    fields = {"qualification": "bedside", **WHY}
    stream, event = "agent/nora", "QualificationWithdrawn"
    assert refused(Conflict, scene, "ada", stream, event, **fields) == "qualification_not_held"
