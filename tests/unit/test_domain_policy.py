"""Who may say what: the whole product of event, role and relation against a written table."""

from __future__ import annotations

import pytest

from ledger.domain.events import EVENTS
from ledger.domain.policy import POLICY, RELATION_MEANINGS, permits, policy_markdown
from ledger.domain.registry import Agent
from ledger.domain.standing import has_part_in
from ledger.domain.world import LEDGER
from tests.domain_one_of_each import EXAMPLES
from tests.domain_permissions import ALLOWED, AUDITORS_MAY, QUALIFICATIONS, RELATIONS, ROLES
from tests.domain_scene import (
    CHAIN,
    ORIGIN,
    Scene,
    enrol,
    scene_at,
)
from tests.domain_supply import receive, register

ORGANISATION_OF = {
    "st-mary": "st-mary-trust",
    "northcell-1": "northcell",
    "northcell-hq": "northcell",
    "swift-depot": "swift-cryo",
    "far-clinic": "faraway",
}


@pytest.fixture(scope="module")
def scene() -> Scene:
    scene = scene_at("checked")
    receive(scene, "lv-9")
    register(scene, "p-9")
    return scene


def somebody(role: str, site: str) -> Agent:
    """An enrolled, approved agent with one role at one site."""
    return Agent(
        "somebody",
        organisation=ORGANISATION_OF[site],
        roles_at={site: frozenset({role})},
        is_administrator=role == "administrator",
    )


def site_of(relation: str, here: str) -> str:
    """`sponsor`: another site of the product's organisation; `planned`: another site of the order."""
    if relation == "planned":
        return "swift-depot"
    return {"here": here, "sponsor": "northcell-hq", "stranger": "far-clinic"}[relation]


def test_every_event_has_a_row_here_and_there() -> None:
    events = {event.__name__ for event in EVENTS}
    assert events == POLICY.keys() == ALLOWED.keys() == EXAMPLES.keys()
    assert {row.relation for row in POLICY.values()} == RELATION_MEANINGS.keys()


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("event", sorted(ALLOWED))
def test_the_whole_product(scene: Scene, event: str, role: str, relation: str) -> None:
    stream, fields, here = EXAMPLES[event]
    entry = scene.entry("mia", stream, event, **fields)
    roles, relations = ALLOWED[event]
    allowed = role in roles.split() and relation in relations.split()
    allowed |= role == "auditor" and event == "TherapyExportRequested"  # they read every therapy
    assert permits(entry, somebody(role, site_of(relation, here)), scene.world) == allowed


@pytest.mark.parametrize("event", sorted(ALLOWED))
def test_qualifications_are_asked_where_a_patient_depends_on_them(event: str) -> None:
    assert POLICY[event].qualification == QUALIFICATIONS.get(event)


@pytest.mark.parametrize("event", sorted(ALLOWED.keys() - AUDITORS_MAY))
def test_an_auditor_writes_nothing_but_what_they_take_away(scene: Scene, event: str) -> None:
    stream, fields, here = EXAMPLES[event]
    own = "agent/somebody" if stream.startswith("agent/") else stream
    entry = scene.entry("mia", own, event, **fields)
    assert not permits(entry, somebody("auditor", here), scene.world)


@pytest.mark.parametrize("event", ["KeyAdded", "KeyRetired", "KeyRevoked", "PasskeyRevoked"])
def test_everybody_else_looks_after_their_own_keys(scene: Scene, event: str) -> None:
    entry = scene.entry("mia", "agent/somebody", event, **EXAMPLES[event][1])
    for role in set(ROLES) - {"auditor"}:
        assert permits(entry, somebody(role, "far-clinic"), scene.world)


def test_only_the_ledger_speaks_for_the_log(scene: Scene) -> None:
    entry = scene.entry(LEDGER, f"log/{ORIGIN}", "RuleSetAdopted", rule_set=2)
    assert permits(entry, Agent(LEDGER), scene.world)


def test_quality_at_the_sponsors_headquarters_may_release(scene: Scene) -> None:
    fields = EXAMPLES["Released"][1] | {"site": "northcell-hq"}
    entry = scene.entry("quinn", CHAIN, "Released", **fields)
    assert permits(entry, somebody("quality", "northcell-hq"), scene.world)
    assert not permits(entry, somebody("quality", "northcell-1"), scene.world)
    elsewhere = scene.entry("quinn", CHAIN, "Released", **fields | {"site": "far-clinic"})
    assert not permits(elsewhere, somebody("quality", "far-clinic"), scene.world)


def test_a_pending_role_counts_nowhere() -> None:
    scene = scene_at("made")
    enrol(scene, "quentin", "ben", ("quality", "northcell-1"))
    entry = scene.entry("quentin", CHAIN, "Released", **EXAMPLES["Released"][1])
    pending = scene.world.agent("quentin")
    assert pending is not None
    assert not permits(entry, pending, scene.world)
    assert not has_part_in(pending, scene.chain, scene.world)
    scene.say("cleo", "agent/quentin", "EnrolmentApproved", enrolment=pending.enrolment)
    assert permits(entry, pending, scene.world)


def test_the_reference_page_has_a_line_for_every_event() -> None:
    page = policy_markdown()
    for event, row in POLICY.items():
        (line,) = [line for line in page.splitlines() if line.startswith(f"| `{event}` ")]
        assert ", ".join(sorted(row.roles)) in line
        assert RELATION_MEANINGS[row.relation] in line
