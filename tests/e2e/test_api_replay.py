"""What the ledger showed to whom at a moment, and what changed between two."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import ordering, replaying
from ledger.domain.world import timestamp
from tests.e2e.api_stage import CHAIN, COI, OTHER, STREAM, Stage, code, enrol, read, size, two_therapies
from tests.scenario import APHERESIS, VAN, patient

ACCOUNT, CHANGES, ORDER = f"{CHAIN}/account", f"{CHAIN}/changes", f"{CHAIN}/order"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with two_therapies(tmp_path_factory.mktemp("ledger")) as opened:
        yield opened


def position(stage: Stage, event: str, number: int = 0) -> int:
    """Of the therapy's n-th entry of this type."""
    found = [one for one in stage.scenario.ledger.store.by_tag(f"chain/{COI}") if one.type == event]
    return found[number].position


def points(stage: Stage, agent: str = "audrey", **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = read(stage, agent, ACCOUNT, **params)["points"]
    return found


def applied(account: dict[str, Any], changes: list[dict[str, Any]]) -> dict[str, Any]:
    found = {name: value for name, value in account.items() if name not in {one["point"] for one in changes}}
    return found | {one["point"]: one["after"] for one in changes if one["after"] is not None}


def test_the_account_of_a_moment_says_what_stood_then(stage: Stage) -> None:
    before = points(stage, before_position=position(stage, "InfusionAuthorised"))
    assert before["custody/BAG-D1/holder"] == "st-mary/ward-5"
    assert before["container/BAG-D1/checks"] == 2
    assert before["gate/infusion/BAG-D1/checks_agree"]["outcome"] == "passed"
    assert "container/BAG-D1/authorised_by" not in before
    assert points(stage)["container/BAG-D1/authorised_by"] == "phil"


def test_a_courier_was_shown_the_therapy_only_while_the_bag_was_theirs(stage: Stage) -> None:
    for number, (before, after) in enumerate([(False, True), (False, True)]):
        offered = position(stage, "CustodyReleased", 2 * number)
        found = [
            read(stage, "audrey", ACCOUNT, before_position=at, **{"for": "kit"})
            for at in (offered, offered + 1)
        ]
        assert [one["moment"]["shown"] for one in found] == [before, after]
        assert [bool(one["points"]) for one in found] == [before, after]


def test_reads_for_another_answer_just_what_the_server_would_have_said(stage: Stage) -> None:
    """To kit, about to take the bag: the same bytes as to the auditor; before that, as if it were nothing."""
    taking = position(stage, "CustodyReleased") + 1
    for path in (
        CHAIN,
        f"{CHAIN}/timeline",
        f"{CHAIN}/lineage",
        f"{CHAIN}/deviations",
        "/v1/containers/BAG-F1",
    ):
        asked = {"before_position": taking}
        shown = stage.get(path, "audrey", params=asked | {"for": "kit"})
        assert shown.content == stage.get(path, "audrey", params=asked).content
        hidden = stage.get(path, "audrey", params={"before_position": taking - 1, "for": "kit"})
        assert code(hidden) in ("no_such_chain", "no_such_container")


def test_custody_for_another_lists_only_what_was_theirs_to_see(stage: Stage) -> None:
    taking = position(stage, "CustodyReleased") + 1
    for agent, known in (("kit", ["BAG-F1"]), ("ada", [])):
        asked = {"before_position": taking, "for": agent, "site": "st-mary"}
        assert [
            one["container"] for one in read(stage, "audrey", "/v1/custody", **asked)["holdings"]
        ] == known


def test_only_who_may_see_all_of_it_asks_for_another(stage: Stage) -> None:
    enrol(stage.scenario, "petra", "quality", "ada", "st-mary-trust", "st-mary")
    before = size(stage)
    asked = {"before_position": before, "for": "nora"}
    for path in (ACCOUNT, CHAIN, "/v1/custody"):
        assert code(stage.get(path, "carl", params=asked)) == "not_yours"
        assert stage.get(path, "nora", params=asked).status_code == 200
        assert stage.get(path, "audrey", params=asked).status_code == 200
    assert code(stage.get(ACCOUNT, "quinn", params=asked)) == "not_yours"  # of another site
    assert stage.get(ACCOUNT, "quinn", params=asked | {"for": "mia"}).status_code == 200


def test_quality_never_sees_for_another_what_is_hidden_from_itself(stage: Stage) -> None:
    path = f"/v1/chains/{OTHER}/account"
    mia = {"before_position": size(stage), "for": "mia"}
    assert stage.get(path, "quinn", params=mia).status_code == stage.get(path, "quinn").status_code
    assert code(stage.get(path, "otto", params={"for": "otto"})) == "no_such_chain"


def test_somebody_who_was_not_enrolled_yet_was_shown_nothing(stage: Stage) -> None:
    found = read(stage, "audrey", ACCOUNT, before_position=5, **{"for": "nora"})
    assert (found["moment"]["shown"], found["points"]) == (False, {})
    assert code(stage.get(CHAIN, "audrey", params={"before_position": 5, "for": "nora"})) == "no_such_agent"


def test_a_difference_applied_to_the_first_account_gives_the_second(stage: Stage) -> None:
    moments = [0, position(stage, "Released"), position(stage, "ThawStarted"), size(stage)]
    for start in moments:
        for end in (one for one in moments if one >= start):
            found = read(stage, "audrey", CHANGES, from_position=start, to_position=end)
            first, second = points(stage, before_position=start), points(stage, before_position=end)
            assert applied(first, found["changes"]) == second
            assert bool(found["changes"]) == (first != second)


def test_each_change_names_the_entry_that_made_it(stage: Stage) -> None:
    accepted = position(stage, "CustodyAccepted", 3)
    found = read(stage, "audrey", CHANGES, from_position=accepted - 1, to_position=accepted + 1)
    (moved,) = [one for one in found["changes"] if one["point"] == "custody/BAG-D1/holder"]
    assert (moved["before"], moved["after"], moved["position"]) == (
        "swift-depot/van-2",
        "st-mary/ward-5",
        accepted,
    )
    assert {one["position"]: one["signer"] for one in found["entries"]}[accepted] == "nora"


def test_a_right_that_ends_takes_everything_from_view(stage: Stage) -> None:
    accepted = position(stage, "CustodyAccepted", 3)
    found = read(stage, "audrey", CHANGES, from_position=accepted, to_position=accepted + 1, **{"for": "kit"})
    assert (found["start"]["shown"], found["end"]["shown"]) == (True, False)
    assert found["changes"]
    assert all(one["after"] is None and one["position"] == accepted for one in found["changes"])


def test_what_only_time_changed_names_no_entry(stage: Stage) -> None:
    thawed = position(stage, "ThawCompleted")
    at = stage.scenario.ledger.store.checkpoint_covering(thawed).time_ms
    asked = {"from_at": timestamp(at + 999), "to_at": timestamp(at + 999)}
    assert read(stage, "audrey", CHANGES, **asked)["changes"] == []
    later = {"from_position": size(stage), "to_at": timestamp(stage.scenario.clock() + 3 * 86_400_000)}
    found = read(stage, "audrey", CHANGES, **later)["changes"]
    assert {one["point"] for one in found} >= {"gate/infusion/BAG-D1/thaw_window"}
    assert all(one["position"] is None for one in found)


def test_a_containers_account_leaves_out_what_is_not_about_it(stage: Stage) -> None:
    fresh, dose = (points(stage, container=name) for name in ("BAG-F1", "BAG-D1"))
    assert not [one for one in fresh if "BAG-D1" in one]
    assert {"custody/BAG-F1/holder", "custody/BAG-D1/holder"} <= dose.keys()  # of what it was made of
    assert code(stage.get(ACCOUNT, "audrey", params={"container": "OTHER-F1"})) == "no_such_container"


def test_a_sites_changes_are_of_its_bags_and_people(stage: Stage) -> None:
    found = read(stage, "audrey", "/v1/sites/swift-depot/changes", from_position=0)
    at = {one["point"]: one["after"] for one in found["changes"]}
    assert at["site/swift-depot"] == "in force"
    assert at["role/kit/at/swift-depot"] == ["courier"]
    assert not [one for one in at if one.startswith("custody/")]  # it holds nothing any more
    taking = position(stage, "CustodyReleased")
    found = read(
        stage, "audrey", "/v1/sites/swift-depot/changes", from_position=taking, to_position=taking + 1
    )
    assert {one["point"] for one in found["changes"]} >= {"custody/BAG-F1/offered_to"}
    hidden = read(
        stage, "otto", "/v1/sites/swift-depot/changes", from_position=taking, to_position=taking + 1
    )
    assert hidden["changes"] == []


def test_moments_the_wrong_way_round_are_refused(stage: Stage) -> None:
    asked = {"from_position": 20, "to_position": 10}
    for path in (CHANGES, "/v1/sites/st-mary/changes"):
        assert code(stage.get(path, "audrey", params=asked)) == "invalid_request"
    assert code(stage.get(CHANGES, "audrey", params={"to_position": 10**9})) == "not_recorded_yet"
    assert code(stage.get("/v1/sites/nowhere/changes", "audrey")) == "no_such_site"


def test_the_order_of_a_therapy_without_delays_has_nothing_out_of_order(stage: Stage) -> None:
    found = read(stage, "audrey", ORDER)
    assert found["pairs"] == []
    assert [one["rank"] for one in found["entries"]] == [one["claimed_rank"] for one in found["entries"]]
    assert not [one for one in found["entries"] if one["outside"] == "after"]
    assert code(stage.get(ORDER, "otto")) == "no_such_chain"


def test_a_right_that_ends_with_a_role_is_taken_from_the_site_too_and_differences_compose(
    tmp_path: Path,
) -> None:
    """In the first stretch no entry is about the therapy: only kit's roles end."""
    with two_therapies(tmp_path) as stage:
        moved = {"containers": ["OTHER-F1"], "condition": "intact", "giver": APHERESIS, "receiver": VAN}
        say, stream = stage.scenario.say, f"chain/{OTHER}"
        release = say("anna", stream, "CustodyReleased", **moved).statement_id.hex()
        say("kit", stream, "CustodyAccepted", release=release, **moved)
        start = size(stage)
        say("cleo", "agent/kit", "AgentRolesChanged", roles=[], reason="left")
        middle = size(stage)
        say("nora", STREAM, "PatientIdentified", site="st-mary", method="scan", outcome="match",
            patient=patient("patient-1"))  # fmt: skip

        def told(first: int, last: int) -> dict[str, Any]:
            asked = {"from_position": first, "to_position": last, "for": "kit"}
            found = read(stage, "audrey", "/v1/sites/swift-depot/changes", **asked)["changes"]
            return {one["point"]: (one["before"], one["after"]) for one in found}

        first = told(start, middle)
        assert first["custody/OTHER-F1/holder"] == ("swift-depot/van-2", None)
        assert all(after is None for _, after in first.values())
        assert first | told(middle, size(stage)) == told(start, size(stage))


def test_who_has_no_key_in_force_could_not_be_shown_anything(tmp_path: Path) -> None:
    with two_therapies(tmp_path) as stage:
        kid = hashlib.sha256(stage.scenario.signer("nora").key.public.spki).hexdigest()
        stage.scenario.say("ada", "agent/nora", "KeyRevoked", kid=kid, reason="phone_lost")
        for before, shown in ((size(stage) - 1, True), (size(stage), False)):
            asked = {"before_position": before, "for": "nora"}
            assert read(stage, "audrey", ACCOUNT, **asked)["moment"]["shown"] is shown
            assert (stage.get(CHAIN, "audrey", params=asked).status_code == 200) is shown
            at_site = {"from_position": before, "to_position": before, "for": "nora"}
            assert read(stage, "audrey", "/v1/sites/st-mary/changes", **at_site)["end"]["shown"] is shown


def test_a_therapys_changes_over_too_many_entries_are_refused(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "MAX_STEPS", 3)
    assert code(stage.get(CHANGES, "audrey")) == "invalid_request"
    last = {"from_position": position(stage, "InfusionAuthorised")}
    assert stage.get(CHANGES, "audrey", params=last).status_code == 200
    monkeypatch.setattr(replaying, "MAX_THERAPIES", 1)
    sites = "/v1/sites/st-mary/changes"
    assert code(stage.get(sites, "audrey", params={"for": "nora"})) == "invalid_request"
    monkeypatch.setattr(ordering, "MAX_ENTRIES", 3)
    assert code(stage.get(ORDER, "audrey")) == "invalid_request"


def test_quality_may_ask_about_who_has_left_by_their_last_sites_and_not_about_who_was_elsewhere(
    tmp_path: Path,
) -> None:
    with two_therapies(tmp_path) as stage:
        say = stage.scenario.say
        enrol(stage.scenario, "petra", "quality", "ada", "st-mary-trust", "st-mary")
        say("ben", "agent/petra", "EnrolmentApproved", enrolment=stage.scenario.signer("ada").prev)
        start = size(stage)
        say("ada", "agent/nora", "AgentRolesChanged", roles=[], reason="left")
        asked = {"from_position": start, "for": "nora"}
        assert stage.get(CHANGES, "petra", params=asked).status_code == 200
        enrol(stage.scenario, "tom", "courier", "cleo", "swift-cryo", "swift-depot")
        was_elsewhere = {"from_position": size(stage), "for": "tom"}
        for roles in ([], [{"role": "courier", "site": "swift-depot"}], []):
            say("cleo", "agent/tom", "AgentRolesChanged", roles=roles, reason="moved")
        assert code(stage.get(CHANGES, "petra", params=was_elsewhere)) == "not_yours"


def test_a_bags_window_in_the_past_is_judged_by_the_time_of_then(tmp_path: Path) -> None:
    """Also within a batch, of which no head was signed, and by the time that was asked about."""
    with two_therapies(tmp_path) as stage:
        said = {"site": "st-mary", "method": "scan", "outcome": "match", "patient": patient("patient-2")}
        signed = [
            stage.scenario.sign(one, f"chain/{OTHER}", "PatientIdentified", **said)
            for one in ("nora", "anna")
        ]
        inside = size(stage) + 1
        assert {one.status_code for one in stage.together(signed)} == {201}
        bag, then = "/v1/containers/BAG-D1", {"before_position": inside}
        now = read(stage, "phil", bag, **then)
        stage.scenario.clock.forward(90 * 86_400)
        stage.tokens.clear()
        assert read(stage, "phil", bag, **then) == now
        late = {"at": timestamp(stage.scenario.clock() - 86_400_000)}
        gate = points(stage, "phil", **late)["gate/infusion/BAG-D1/thaw_window"]["outcome"]
        assert (read(stage, "phil", bag, **late)["window"]["state"], gate) != (
            now["window"]["state"],
            "passed",
        )
