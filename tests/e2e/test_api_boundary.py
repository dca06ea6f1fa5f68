"""Every event, wrong in every way that applies to it, at the HTTP boundary.

A decision is refused with the code of its wrongness, and nothing is recorded. A fact is
recorded, with the deviation of its wrongness, which the same fact said rightly doesn't have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ledger.domain.decisions import AFTER_THE_END, READS
from ledger.domain.events import EVENTS
from ledger.domain.findings import FINDINGS
from ledger.domain.naming import STREAM_KINDS
from ledger.domain.parts import ChainDecision
from tests.domain_one_of_each import EXAMPLES
from tests.domain_permissions import ALLOWED, QUALIFICATIONS
from tests.domain_scene import COI
from tests.e2e.api_stage import code, size
from tests.e2e.boundary_stage import (
    CLOSED,
    DECISIONS,
    DEVICES,
    FACTS,
    NOVICES,
    PROVISIONAL,
    Boundary,
    boundary,
    right,
)
from tests.scenario import APHERESIS

ON_THERAPY = [event.__name__ for event in EVENTS if issubclass(event, ChainDecision)]
NO_CHECKPOINT = {"size": 5, "root": "00" * 32}
LEDGERS_OWN = ("LogOpened", "RuleSetAdopted")
# Facts whose sums, numbers or counts don't add up: what is changed, and the deviation.
SUMS: dict[str, tuple[dict[str, Any], str]] = {
    "CollectionCompleted": (
        {"containers": [{"container": "FRESH-9", "volume_ul": 1, "bag": 3, "of": 2}]},
        "bag_numbers_wrong",
    ),
    "ContainersDerived": (
        {"parents": [{"container": "FRESH-1", "volume_ul": 10**9}]},
        "volume_exceeds_parent",
    ),
    "SampleTaken": ({"of": {"container": "DOSE-1", "volume_ul": 10**9}}, "volume_exceeds_parent"),
    "ReceiptInspected": ({"expected": 2}, "receipt_count_differs"),
    "InfusionStopped": ({"dose_given_ul": 10**9}, "dose_exceeds_volume"),
    "InfusionCompleted": ({"dose_given_ul": 10**9}, "dose_exceeds_volume"),
}
# Facts that need a decision which nobody made.
UNDECIDED = {
    "LymphodepletionStarted": "lymphodepletion_without_authorisation",
    "ThawStarted": "thaw_before_release",
    "InfusionStarted": "infusion_without_authorisation",
}
# Decisions whose gates are shut once every fact was said: what is changed for it.
GATED: dict[str, dict[str, Any]] = {
    "BatchConfirmed": {"containers": ["NO-SUCH-BAG"]},
    "Released": {},
    "AvailabilityConfirmed": {},
    "LymphodepletionAuthorised": {},
    "EmergencyOverride": {},
    "InfusionAuthorised": {},
}
# Decisions about something that there isn't.
OF_NOTHING = {
    "EnrolmentApproved": "unknown_enrolment",
    "ChainLinked": "unknown_provisional",
    "DeviationDispositioned": "unknown_deviation",
    "QuarantineLifted": "unknown_quarantine",
    "OverrideConfirmed": "unknown_override",
    "ReleasedPendingResults": "not_pending",
    "OutOfSpecificationRequested": "not_out_of_specification",
    "ReleasedOutOfSpecification": "unknown_request",
    "Rejected": "unknown_container",
}


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boundary]:
    with boundary(tmp_path_factory.mktemp("ledger")) as opened:
        yield opened


# --- decisions ------------------------------------------------------------------------------


def refused(
    edge: Boundary, status: int, expected: str, agent: str, event: str, **said: Any
) -> dict[str, Any]:
    """It is refused with this code, and nothing is recorded."""
    before = size(edge.stage)
    response = edge.send(agent, event, **said)
    assert (response.status_code, code(response)) == (status, expected), response.text
    assert size(edge.stage) == before
    problem: dict[str, Any] = response.json()
    return problem


def decisions(*without: str) -> list[str]:
    return [name for name in DECISIONS if name not in (*LEDGERS_OWN, *without)]


@pytest.mark.parametrize("event", DECISIONS)
def test_a_decision_by_the_wrong_role_is_refused(edge: Boundary, event: str) -> None:
    if event == "LogOpened":
        refused(edge, 409, "log_already_open", "ada", event)
    else:
        refused(edge, 403, "not_permitted", DEVICES[EXAMPLES[event][2]], event)


@pytest.mark.parametrize(
    "event", decisions("EnrolmentApproved", "AppPublished", "ExportRequested")
)  # right anywhere
def test_a_decision_from_the_wrong_site_is_refused(edge: Boundary, event: str) -> None:
    """About a therapy a stranger learns nothing, not even that there is one."""
    if STREAM_KINDS[event] == "chain" and event != "TherapyOrdered":
        refused(edge, 422, "chain_not_opened", "olga", event)
    else:
        refused(edge, 403, "not_permitted", "olga", event)


@pytest.mark.parametrize("event", [name for name in DECISIONS if name in QUALIFICATIONS])
def test_a_decision_without_the_qualification_is_refused(edge: Boundary, event: str) -> None:
    refused(edge, 403, "not_qualified", NOVICES[EXAMPLES[event][2]], event)


@pytest.mark.parametrize("event", decisions())
def test_a_decision_with_a_retired_key_is_refused(edge: Boundary, event: str) -> None:
    refused(edge, 403, "retired_key", right(event), event, old_key=True)


@pytest.mark.parametrize("event", decisions())
def test_a_decision_from_the_far_future_is_refused(edge: Boundary, event: str) -> None:
    refused(edge, 422, "future_time", right(event), event, occurred_at=edge.moment(1))


@pytest.mark.parametrize("event", decisions())
def test_a_decision_from_before_what_its_device_saw_is_refused(edge: Boundary, event: str) -> None:
    refused(edge, 422, "clock_behind", right(event), event, occurred_at=edge.moment(-1))


@pytest.mark.parametrize("event", decisions())
def test_a_decision_out_of_its_keys_sequence_is_refused(edge: Boundary, event: str) -> None:
    refused(edge, 409, "out_of_sequence", right(event), event, seq=9_999)


@pytest.mark.parametrize("event", decisions())
def test_a_decision_on_another_history_is_refused(edge: Boundary, event: str) -> None:
    refused(edge, 409, "unknown_checkpoint", right(event), event, seen=NO_CHECKPOINT)


@pytest.mark.parametrize("event", [name for name in ON_THERAPY if READS[name]])
def test_a_decision_on_a_stale_view_is_refused(told: Boundary, event: str) -> None:
    problem = refused(told, 409, "stale_view", right(event), event, chain_version=0)
    assert problem["chain_version"] == told.scenario.version(COI)


@pytest.mark.parametrize("event", ON_THERAPY)
def test_a_decision_on_a_view_that_never_was_is_refused(edge: Boundary, event: str) -> None:
    """It comes after role and qualification: so the signer of these tests is right but for the view."""
    refused(edge, 409, "view_from_future", right(event), event, chain_version=99_999)


@pytest.mark.parametrize("event", ["TherapyOrdered", *ON_THERAPY])
def test_a_decision_on_a_closed_therapy_is_refused(edge: Boundary, event: str) -> None:
    if event == "TherapyOrdered":
        refused(edge, 409, "chain_exists", right(event), event, stream=CLOSED)
    elif event in AFTER_THE_END:  # Quality finishes its work; here it sees too much
        refused(edge, 409, "view_from_future", right(event), event, stream=CLOSED, chain_version=99_999)
    else:
        refused(edge, 422, "chain_closed", right(event), event, stream=CLOSED)


@pytest.mark.parametrize("event", GATED)
def test_a_decision_whose_gate_failed_is_refused_and_told_every_gate(told: Boundary, event: str) -> None:
    problem = refused(told, 422, "gate_failed", right(event), event, **GATED[event])
    assert not all(gate["passed"] for gate in problem["gates"])


@pytest.mark.parametrize("event", OF_NOTHING)
def test_a_decision_about_nothing_is_refused(edge: Boundary, event: str) -> None:
    more: dict[str, Any] = {}
    if event == "Rejected":
        more = {"containers": ["NO-SUCH-BAG"]}
    elif event == "ChainLinked":
        more = {"provisional": "acme:NEVER-1"}
    refused(edge, 422, OF_NOTHING[event], right(event), event, **more)


def test_a_link_whose_volumes_do_not_add_up_is_refused(edge: Boundary) -> None:
    bag = {"container": "PROV-F1", "volume_ul": 100_001, "at": APHERESIS}
    linked = {"provisional": PROVISIONAL.removeprefix("chain/"), "containers": [bag]}
    refused(edge, 422, "link_differs", "carl", "ChainLinked", **linked)


# --- facts ----------------------------------------------------------------------------------


def recorded(edge: Boundary, agent: str, event: str, **said: Any) -> set[str]:
    """It is recorded; the codes of the deviations behind it."""
    before = size(edge.stage)
    response = edge.send(agent, event, **said)
    assert response.status_code == 201, response.text
    raised = response.json()["deviations"]
    assert size(edge.stage) == before + 1 + len(raised)
    for one in raised:
        assert (one["severity"], one["blocking"]) == FINDINGS[one["code"]][:2]
    return {one["code"] for one in raised}


@pytest.fixture(scope="module")
def said_rightly(edge: Boundary) -> dict[str, set[str]]:
    """Every fact said once by whoever may, in the order of the vocabulary; what each raised."""
    return {event: recorded(edge, right(event), event) for event in FACTS}


@pytest.fixture
def told(edge: Boundary, said_rightly: dict[str, set[str]]) -> Boundary:
    return edge


def placed(event: str, site: str) -> dict[str, Any]:
    """The example, as if it had happened at another site."""
    fields = EXAMPLES[event][1]
    if "site" in fields:
        return {"site": site}
    member = next(name for name in ("at", "giver") if name in fields)
    return {member: fields[member] | {"site": site}}


def happens_somewhere(event: str) -> bool:
    return not {"at", "site", "giver"}.isdisjoint(EXAMPLES[event][1])


Wrong = Callable[[Boundary, str], dict[str, Any]]
WRONG: dict[str, Wrong] = {  # the deviation: how the fact is said so that it is raised
    "late_by_retired_key": lambda _, event: {"agent": right(event), "old_key": True},
    "clock_ahead": lambda edge, event: {"agent": right(event), "occurred_at": edge.moment(1)},
    "clock_behind": lambda edge, event: {"agent": right(event), "occurred_at": edge.moment(-1)},
    "sequence_gap": lambda edge, event: {
        "agent": right(event),
        "seq": edge.scenario.signer(right(event)).seq + 7,
    },
    "unknown_checkpoint": lambda _, event: {"agent": right(event), "seen": NO_CHECKPOINT},
    "chain_closed": lambda _, event: {"agent": right(event), "stream": CLOSED},
}


@pytest.mark.parametrize("event", FACTS)
@pytest.mark.parametrize("expected", WRONG)
def test_a_wrong_fact_is_recorded_with_its_deviation(
    told: Boundary, said_rightly: dict[str, set[str]], expected: str, event: str
) -> None:
    said = WRONG[expected](told, event)
    assert expected in recorded(told, said.pop("agent"), event, **said)
    assert expected not in said_rightly[event]


@pytest.mark.parametrize("event", [name for name in FACTS if "device" not in ALLOWED[name][0]])
def test_a_fact_by_the_wrong_role_is_recorded(
    told: Boundary, said_rightly: dict[str, set[str]], event: str
) -> None:
    assert "role_not_permitted" in recorded(told, DEVICES[EXAMPLES[event][2]], event)
    assert "role_not_permitted" not in said_rightly[event]


@pytest.mark.parametrize("event", [name for name in FACTS if "planned" not in ALLOWED[name][1]])
def test_a_fact_by_the_right_role_at_another_planned_site_is_recorded(told: Boundary, event: str) -> None:
    assert "role_not_permitted" in recorded(told, "sam", event)


@pytest.mark.parametrize("event", FACTS)
def test_a_fact_by_somebody_without_a_part_is_kept_for_review_and_changes_nothing(
    told: Boundary, event: str
) -> None:
    before = told.scenario.version(COI)
    assert recorded(told, "olga", event) == {"unrelated_signer"}
    assert told.scenario.version(COI) == before


@pytest.mark.parametrize("event", [name for name in FACTS if name in QUALIFICATIONS])
def test_a_fact_without_the_qualification_is_recorded(
    told: Boundary, said_rightly: dict[str, set[str]], event: str
) -> None:
    assert "not_qualified" in recorded(told, NOVICES[EXAMPLES[event][2]], event)
    assert "not_qualified" not in said_rightly[event]


@pytest.mark.parametrize("event", [name for name in FACTS if happens_somewhere(name)])
@pytest.mark.parametrize(
    ("site", "expected"), [("shut-clinic", "site_not_in_force"), ("no-such-place", "unknown_site")]
)
def test_a_fact_at_a_place_that_is_not_in_force_is_recorded(
    told: Boundary, said_rightly: dict[str, set[str]], event: str, site: str, expected: str
) -> None:
    assert expected in recorded(told, right(event), event, **placed(event, site))
    assert expected not in said_rightly[event]


@pytest.mark.parametrize("event", SUMS)
def test_a_fact_whose_sums_do_not_add_up_is_recorded(
    told: Boundary, said_rightly: dict[str, set[str]], event: str
) -> None:
    changed, expected = SUMS[event]
    assert expected in recorded(told, right(event), event, **changed)
    assert expected not in said_rightly[event]


@pytest.mark.parametrize("event", UNDECIDED)
def test_a_fact_whose_decision_nobody_made_is_recorded(said_rightly: dict[str, set[str]], event: str) -> None:
    assert UNDECIDED[event] in said_rightly[event]
