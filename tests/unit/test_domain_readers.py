"""Who has a part in a therapy, and who may read it."""

from __future__ import annotations

from ledger.domain.standing import has_part_in, may_read_all, may_read_chain
from tests.domain_scene import (
    ADMINISTRATORS,
    APHERESIS,
    CLEANROOM,
    FAR_VAN,
    FRESH,
    VAN,
    Scene,
    scene_at,
)

READERS_ALWAYS = {"carl", "phil", "anna", "nora", "nils", "nell", "mia", "lea", "quinn", "hugo", "aud"}


def readers(scene: Scene) -> set[str]:
    named = ["carl", "phil", "anna", "nora", "nils", "nell", "aud", "kit", "mia", "lea", "quinn", "hugo",
             "olga", "otto", *ADMINISTRATORS]  # fmt: skip
    agents = {name: scene.world.agent(name) for name in named}
    return {
        name for name, agent in agents.items() if agent and may_read_chain(agent, scene.world, scene.chain)
    }


def test_the_orders_sites_and_the_sponsor_read_a_therapy() -> None:
    assert readers(scene_at("collected")) == READERS_ALWAYS


def test_a_courier_reads_a_therapy_only_while_a_bag_is_theirs_or_offered() -> None:
    scene = scene_at("collected")
    release = scene.release("anna", APHERESIS, VAN, FRESH)
    assert readers(scene) == READERS_ALWAYS | {"kit"}
    scene.accept("kit", APHERESIS, VAN, FRESH, release=release.id)
    assert readers(scene) == READERS_ALWAYS | {"kit"}
    scene.hand_over(("kit", VAN), ("mia", CLEANROOM), FRESH)
    assert readers(scene) == READERS_ALWAYS


def test_a_courier_who_is_not_planned_reads_and_acts_once_the_holder_offers_a_bag() -> None:
    scene = scene_at("collected")
    otto = scene.world.agent("otto")
    assert otto is not None
    assert not has_part_in(otto, scene.chain, scene.world)
    scene.release("anna", APHERESIS, FAR_VAN, FRESH)
    assert has_part_in(otto, scene.chain, scene.world)
    scene.accept("otto", APHERESIS, FAR_VAN, FRESH)
    assert readers(scene) == READERS_ALWAYS | {"otto"}
    scene.hand_over(("otto", FAR_VAN), ("mia", CLEANROOM), FRESH)
    assert readers(scene) == READERS_ALWAYS
    assert has_part_in(otto, scene.chain, scene.world)  # late facts of their time still count


def test_nobody_is_let_in_by_a_release_of_what_the_giver_does_not_hold() -> None:
    scene = scene_at("collected")
    scene.release("kit", VAN, FAR_VAN, FRESH)
    assert readers(scene) == READERS_ALWAYS


def test_a_therapy_that_was_never_ordered_is_read_by_auditors_only() -> None:
    scene = scene_at("ordered")
    chain = scene.world.chain("acme:NEVER-ORDERED")
    agents = [scene.world.agent(name) for name in ("aud", "nora", "hugo", "kit")]
    assert [bool(one and may_read_chain(one, scene.world, chain)) for one in agents] == [
        True,
        False,
        False,
        False,
    ]


def test_only_auditors_read_everything() -> None:
    scene = scene_at("ordered")
    agents = [scene.world.agent(name) for name in ("aud", "quinn", "ada", "nora")]
    assert [bool(one and may_read_all(one)) for one in agents] == [True, False, False, False]
