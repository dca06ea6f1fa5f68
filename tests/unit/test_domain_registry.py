"""The registry's aggregates: what genesis, enrolments, keys and versions leave behind."""

from __future__ import annotations

import hashlib

import pytest

from ledger.domain.chain import Chain
from ledger.domain.registry import Key, kid_of
from ledger.domain.world import AGGREGATES, LEDGER, new_aggregate
from tests.domain_scene import (
    ADMINISTRATORS,
    ORIGIN,
    PRODUCT,
    enrol,
    furnished,
    genesis_fields,
    key_of,
    kid,
    opened,
    qualify,
)


def test_genesis_makes_root_administrators_whose_keys_are_active() -> None:
    world = opened().world
    for name, organisation in ADMINISTRATORS.items():
        agent, key = world.agent(name), world.key(kid(name))
        assert agent is not None
        assert key is not None
        assert (agent.organisation, agent.is_administrator, agent.is_pending) == (organisation, True, False)
        assert (key.agent, key.status, key.position) == (name, "active", 0)


def test_the_event_key_is_the_ledgers() -> None:
    world = opened().world
    log, key = world.log(), world.key(kid(LEDGER))
    assert (log.event_kid, log.log_key, log.rule_set) == (kid(LEDGER), genesis_fields()["log_key"], 1)
    assert key is not None
    assert key.agent == LEDGER


def test_a_root_administrator_may_enrol_only_their_own_people() -> None:
    scene = furnished()
    nora = scene.world.agent("nora")
    assert nora is not None
    assert (nora.organisation, nora.enrolled_by, nora.roles) == ("st-mary-trust", "ada", {"nurse"})


def test_quality_waits_for_a_second_administrator_and_other_roles_do_not() -> None:
    scene = furnished()
    enrol(scene, "quentin", "ben", ("quality", "northcell-1"), ("manufacturer", "northcell-1"))
    quentin = scene.world.agent("quentin")
    assert quentin is not None
    assert (quentin.is_pending, quentin.roles) == (True, {"manufacturer"})
    scene.say("cleo", "agent/quentin", "EnrolmentApproved", enrolment=quentin.enrolment)
    assert (quentin.is_pending, quentin.approved_by) == (False, "cleo")
    assert quentin.roles == {"manufacturer", "quality"}


def test_a_new_administrator_is_one_only_after_approval() -> None:
    scene = furnished()
    said = enrol(scene, "bea", "ben", ("administrator", "northcell-1"))
    bea = scene.world.agent("bea")
    assert bea is not None
    assert not bea.is_administrator
    scene.say("ada", "agent/bea", "EnrolmentApproved", enrolment=said.id)
    assert bea.is_administrator


def test_a_later_grant_replaces_an_earlier_one() -> None:
    scene = furnished()
    qualify(scene, "nora", "ada", "bedside", days=1)
    nora = scene.world.agent("nora")
    assert nora is not None
    assert nora.is_qualified("bedside", "2026-09-21T00:00:00.000Z")
    assert not nora.is_qualified("bedside", "2027-01-01T00:00:00.000Z")


@pytest.mark.parametrize(("event", "status"), [("KeyRetired", "retired"), ("KeyRevoked", "revoked")])
def test_a_keys_status_counts_from_a_position(event: str, status: str) -> None:
    scene = furnished()
    said = scene.say("ben", "agent/mia", event, kid=kid("mia"), reason="why")
    key = scene.world.key(kid("mia"))
    assert key is not None
    assert (key.status, key.position) == (status, said.entry.position)


def test_a_rotated_key_signs_for_the_same_agent() -> None:
    scene = furnished()
    scene.say("mia", "agent/mia", "KeyAdded", key=key_of("mia's second"))
    scene.keys["mia"] = "mia's second"
    added = scene.say("mia", "agent/mia", "KeyRetired", kid=kid("mia"), reason="rotated")
    assert (added.entry.kid, added.entry.event.seq) == (kid("mia's second"), 0)


def test_a_site_is_in_force_until_suspended_and_again_when_resumed() -> None:
    scene = furnished()
    site = scene.world.site("northcell-1")
    assert site is not None
    states = [site.in_force]
    for event in ("SiteSuspended", "SiteResumed"):
        scene.say("quinn", "site/northcell-1", event, reason="why")
        states.append(site.in_force)
    assert states == [True, False, True]


def test_product_versions_are_added_and_never_changed() -> None:
    scene = furnished()
    scene.say("quinn", "product/decentra-car", "ProductVersionDefined", **PRODUCT | {"version": 2})
    product = scene.world.product("decentra-car")
    assert product is not None
    assert (sorted(product.versions), product.owner) == ([1, 2], "quinn")


def test_a_kid_is_the_digest_of_the_key_and_has_one_spelling() -> None:
    assert kid_of("AAEC") == hashlib.sha256(b"\x00\x01\x02").hexdigest()
    assert [kid_of(wrong) for wrong in ("A", "AB", "AAE=", "AA+C", "AAE C")] == [None] * 5


def test_each_tag_with_an_aggregate_makes_its_own() -> None:
    assert {prefix: type(new_aggregate(f"{prefix}/x")) for prefix in AGGREGATES} == AGGREGATES
    assert new_aggregate("chain/isbt128:X") == Chain("isbt128:X")
    assert new_aggregate(f"log/{ORIGIN}") == type(opened().world.log())(ORIGIN)
    assert new_aggregate("key/ab") == Key("ab")


@pytest.mark.parametrize("tag", ["review/x", "signer/x", "container/x", "x"])
def test_tags_that_only_index_have_no_aggregate(tag: str) -> None:
    with pytest.raises(KeyError):
        new_aggregate(tag)
