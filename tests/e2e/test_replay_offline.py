"""A downloaded log and a bundle answer what was shown as the server does, without it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement
from typing import Any, NamedTuple

import pytest

from ledger.domain.world import milliseconds, timestamp
from ledger.errors import Malformed, NotFound
from ledger.verify import DirectorySource, Report
from ledger.verify.replaying import BEGINNING, END, ChangesWatch, OrderWatch, Subject, When
from ledger.verify.watching import Watch, watch_bundle, watch_log
from tests.bundling import OTHER, ask, made, stage
from tests.e2e.api_stage import Stage, code, read, serving
from tests.scenario import Scenario, patient
from tests.unit.verify_book import COI, Book

SITE = "st-mary"


class Evidence(NamedTuple):
    """The same log served, downloaded, and as a bundle of one therapy."""

    served: Stage
    log: DirectorySource
    bundle: bytes
    size: int

    def log_watched(self, watch: Watch) -> Report:
        return watch_log(self.log, self.served.scenario.ledger.vkey, watch)

    def bundle_watched(self, watch: Watch) -> Report:
        raw, vkey = self.bundle, self.served.scenario.ledger.vkey
        return watch_bundle(lambda at, n: raw[at : at + n], len(raw), vkey, watch, berlinger_root="")


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    folder = tmp_path_factory.mktemp("ledger")
    scenario = stage(folder)
    ask(scenario)
    offline(scenario)
    asked = ask(scenario)
    log = DirectorySource(Book.of(scenario).write(folder / "log"))
    with serving(scenario) as served:
        yield Evidence(served, log, made(scenario.ledger, asked), asked.position + 1)
    scenario.ledger.close()


def offline(scenario: Scenario) -> None:
    """A nurse identified the patient before a decision, and her phone sent it an hour later."""
    said_at = timestamp(scenario.clock() - 60_000)
    scenario.clock.forward(3600)
    scenario.say("nora", f"chain/{COI}", "PatientIdentified", occurred_at=said_at, site=SITE, method="scan",
                 outcome="match", patient=patient("patient-1"))  # fmt: skip


def moments(evidence: Evidence) -> list[int]:
    """Some positions of the therapy's entries, and the end."""
    found = evidence.served.scenario.ledger.store.by_tag(f"chain/{COI}")
    return [0, *(one.position for one in found[::9]), evidence.size]


def test_the_log_and_the_bundle_tell_the_changes_as_the_server_does(evidence: Evidence) -> None:
    for start, end in combinations_with_replacement(moments(evidence), 2):
        asked = {"from_position": start, "to_position": end}
        served = read(evidence.served, "audrey", f"/v1/chains/{COI}/changes", **asked)
        for watched in (evidence.log_watched, evidence.bundle_watched):
            watch = ChangesWatch(Subject(COI), When(start), When(end))
            watched(watch)
            assert watch.changes_told() == served


@pytest.mark.parametrize("agent", ["kit", "nora", "audrey"])
def test_the_log_tells_what_was_shown_to_each_as_the_server_does(evidence: Evidence, agent: str) -> None:
    for at in moments(evidence):
        asked = {"before_position": at, "for": agent}
        served = read(evidence.served, "audrey", f"/v1/chains/{COI}/account", **asked)
        watch = ChangesWatch(Subject(COI, seen_by=agent), When(at), When(at))
        evidence.log_watched(watch)
        assert watch.account_told() == served


def test_the_log_tells_one_containers_account_as_the_server_does(evidence: Evidence) -> None:
    world = evidence.served.scenario.ledger.world_at()
    for name in world.chain(COI).containers:
        at = {"before_position": evidence.size, "container": name}
        served = read(evidence.served, "audrey", f"/v1/chains/{COI}/account", **at)
        watch = ChangesWatch(Subject(COI, name), When(evidence.size), END)
        evidence.log_watched(watch)
        assert watch.account_told() == served


def test_a_time_is_the_same_moment_in_the_log_as_on_the_server(evidence: Evidence) -> None:
    time = "2026-09-21T14:30:00.000Z"
    asked = {"from_position": 0, "to_at": time}
    served = read(evidence.served, "audrey", f"/v1/chains/{COI}/changes", **asked)
    watch = ChangesWatch(Subject(COI), BEGINNING, When(at_ms=milliseconds(time)))
    evidence.log_watched(watch)
    assert watch.changes_told() == served


def test_the_log_tells_a_sites_changes_as_the_server_does(evidence: Evidence) -> None:
    for end in moments(evidence):
        served = read(evidence.served, "audrey", f"/v1/sites/{SITE}/changes", to_position=end)
        watch = ChangesWatch(Subject(site=SITE), BEGINNING, When(end))
        evidence.log_watched(watch)
        assert watch.changes_told() == served


@pytest.mark.parametrize("agent", ["kit", "nora", "quinn"])
def test_the_log_tells_a_sites_changes_for_somebody_as_the_server_does(
    evidence: Evidence, agent: str
) -> None:
    for start, end in combinations_with_replacement(moments(evidence), 2):
        asked = {"from_position": start, "to_position": end, "for": agent}
        served = read(evidence.served, "audrey", f"/v1/sites/{SITE}/changes", **asked)
        watch = ChangesWatch(Subject(site=SITE, seen_by=agent), When(start), When(end))
        evidence.log_watched(watch)
        assert watch.changes_told() == served


def test_a_name_that_the_log_does_not_know_is_no_finding(evidence: Evidence) -> None:
    asked = [
        (Subject("isbt128:NOPE000000001"), "no_such_chain"),
        (Subject(COI, "NOPE-1"), "no_such_container"),
        (Subject(COI, seen_by="norra"), "no_such_agent"),
        (Subject(site="nowhere"), "no_such_site"),
        (Subject(site=SITE, seen_by="norra"), "no_such_agent"),
    ]
    for subject, said in asked:
        evidence.log_watched(watch := ChangesWatch(subject, BEGINNING, When(20)))
        with pytest.raises(NotFound, match=said):
            watch.changes_told()
    for path in (f"/v1/chains/{COI}/account", f"/v1/chains/{COI}/changes", f"/v1/sites/{SITE}/changes"):
        assert code(evidence.served.get(path, "audrey", params={"for": "norra"})) == "no_such_agent"


def test_the_order_is_the_same_in_the_log_the_bundle_and_the_server(evidence: Evidence) -> None:
    served = read(evidence.served, "audrey", f"/v1/chains/{COI}/order", before_position=evidence.size)
    assert served["pairs"]
    assert served["unseen"]
    for watched in (evidence.log_watched, evidence.bundle_watched):
        watch = OrderWatch(COI, When(evidence.size))
        watched(watch)
        assert watch.told() == served


def test_what_a_bundle_does_not_hold_whole_is_never_called_not_shown(evidence: Evidence) -> None:
    """Another therapy, and a person of whom not every entry is there."""
    for subject in (Subject(OTHER), Subject(COI, seen_by="nils")):
        watch = ChangesWatch(subject, BEGINNING, END)
        evidence.bundle_watched(watch)
        with pytest.raises(NotFound, match="do not hold"):
            watch.account_told()
        with pytest.raises(NotFound, match="do not hold"):
            watch.changes_told()
        evidence.log_watched(whole := ChangesWatch(subject, BEGINNING, END))
        assert whole.not_given == set()
        assert whole.account_told()["points"]
    in_order = OrderWatch(OTHER, END)
    evidence.bundle_watched(in_order)
    with pytest.raises(NotFound, match="do not hold"):
        in_order.told()


def test_of_a_site_a_bundle_says_that_there_may_be_other_therapies(evidence: Evidence) -> None:
    watch = ChangesWatch(Subject(site=SITE), BEGINNING, END)
    evidence.bundle_watched(watch)
    assert "chain/*" in watch.not_given


def test_a_moment_beyond_the_log_and_moments_the_wrong_way_round_are_refused(evidence: Evidence) -> None:
    def asked(start: When, end: When) -> dict[str, Any]:
        watch = ChangesWatch(Subject(COI), start, end)
        evidence.log_watched(watch)
        return watch.changes_told()

    with pytest.raises(Malformed, match="behind"):
        asked(When(20), When(10))
    with pytest.raises(NotFound, match="entries"):
        asked(BEGINNING, When(10**6))
