"""Time stamps on both databases: kept once, grown by renewal, found when due, and looked at by fsck."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from ledger.errors import Fault
from ledger.proof.evidence_record import check_record, decode, to_renew
from ledger.proof.time_stamp import check_token
from ledger.store.fsck import fsck
from ledger.store.recorder import LedgerRecorder
from ledger.store.time_stamps import TimeStampStore, time_stamp
from tests.scenario import open_scenario
from tests.tsa import DAY, Authority, authority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.scenario import Scenario

A, B = "http://a.invalid/", "http://b.invalid/"
RSA, CURVE = (
    authority(),
    authority("Curve TSA", "sha512", elliptic=True, until=datetime.now(UTC) + 3650 * DAY),
)
ROOTS = [RSA.root, CURVE.root]
DAY_MS = 86_400_000
NOW_MS = 1_790_000_000_000


@pytest.fixture
def kept(recorder: LedgerRecorder) -> TimeStampStore:
    return TimeStampStore(recorder)


def keep(
    kept: TimeStampStore,
    size: int,
    record: str,
    by: Authority = RSA,
    note: bytes = b"note",
    now_ms: int = NOW_MS,
) -> bool:
    """As a node does: over the note, or over what is kept of it already."""
    before = [one for one in kept.of(size) if one.record == record]
    chains = before[0].chains if before else ()
    message = to_renew(chains, note, by.hash_name)
    stamp = check_token(by.stamp(message), message, ROOTS)
    url = A if by is RSA else B
    return kept.keep(size, record, before[0].count if before else 0, url, stamp, lambda: now_ms)


def test_a_token_is_kept_once_whoever_keeps_it_again(
    kept: TimeStampStore, other_node: LedgerRecorder
) -> None:
    stamp = check_token(RSA.stamp(b"note"), b"note", ROOTS)
    assert kept.keep(3, A, 0, A, stamp, lambda: NOW_MS)
    assert not TimeStampStore(other_node).keep(3, A, 0, A, stamp, lambda: NOW_MS)
    assert kept.newest_of(A) == (3, stamp.at_ms)
    assert kept.newest_of(B) == (0, 0)


def test_records_grow_by_renewal_and_come_out_as_evidence_records(kept: TimeStampStore) -> None:
    for size, record, by in ((3, A, RSA), (3, A, RSA), (3, B, CURVE), (5, A, RSA), (3, A, CURVE)):
        assert keep(kept, size, record, by)
    found = kept.records()
    assert [(one.size, one.record, one.count, one.authority) for one in found] == [
        (3, A, 3, B), (3, B, 1, B), (5, A, 1, A),
    ]  # fmt: skip
    assert [len(chain) for chain in found[0].chains] == [2, 1]
    assert (found[0].hash_name, found[2].hash_name) == ("sha512", "sha256")
    evidence = check_record(decode(found[0].encode()), b"note", ROOTS)
    assert (evidence.first.at_ms, evidence.until_ms) == (found[0].at_ms, found[0].until_ms)


def test_records_are_given_a_page_of_heads_at_a_time(kept: TimeStampStore) -> None:
    for size in (2, 4, 6):
        for record in (A, B):
            keep(kept, size, record)
    assert [one.size for one in kept.records(0, 2)] == [2, 2, 4, 4]
    assert [one.size for one in kept.records(4, 2)] == [6, 6]
    assert kept.records(6) == []


def test_a_record_as_of_a_moment_lacks_what_came_later(kept: TimeStampStore) -> None:
    keep(kept, 3, A, RSA, now_ms=NOW_MS)
    keep(kept, 3, A, CURVE, now_ms=NOW_MS + 5000)
    assert [one.count for one in kept.of(3, NOW_MS + 5000)] == [1]
    assert [one.count for one in kept.of(3, NOW_MS + 5001)] == [2]
    assert kept.of(3, NOW_MS) == []


def test_what_is_due_is_what_the_newest_token_says(kept: TimeStampStore) -> None:
    keep(kept, 3, A, RSA)
    keep(kept, 5, A, RSA)
    keep(kept, 5, A, CURVE)
    keep(kept, 7, B, CURVE)
    until_ms = int(RSA.leaf.not_valid_after_utc.timestamp() * 1000)
    assert kept.due(until_ms) == []
    assert [(one.size, one.record) for one in kept.due(until_ms + 1)] == [(3, A)]
    assert [one.size for one in kept.due(2**60)] == [3, 5, 7]


@pytest.mark.parametrize("number", [0, 1])
def test_a_damaged_record_keeps_no_other_from_being_renewed(
    number: int, kept: TimeStampStore, recorder: LedgerRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    for size, record, by in ((3, A, RSA), (3, A, CURVE), (3, B, CURVE), (5, B, RSA))[1 - number :]:
        assert keep(kept, size, record, by)
    with recorder.engine.begin() as connection:
        mine = (time_stamp.c.record == A) & (time_stamp.c.number == number)
        connection.execute(update(time_stamp).where(mine).values(token=b"none"))
    assert {(one.size, one.record) for one in kept.due(2**60)} == {(3, B), (5, B)}
    assert f"the head of 3 entries by {A} is damaged" in caplog.text
    with pytest.raises(Fault, match=f"the head of 3 entries by {A} is damaged"):
        kept.of(3)


# --- fsck -------------------------------------------------------------------------------------


@pytest.fixture
def scenario(database_url: str) -> Iterator[Scenario]:
    opened = open_scenario(database_url)
    yield opened
    opened.ledger.close()


def _stamped(scenario: Scenario) -> TimeStampStore:
    kept = TimeStampStore(scenario.ledger.store)
    head = scenario.ledger.store.latest_checkpoint()
    assert head
    for by in (RSA, CURVE):
        keep(kept, head.size, A, by, head.note)
    return kept


def _problems(scenario: Scenario) -> list[str]:
    report = fsck(scenario.ledger.store, str(scenario.ledger.vkey))
    return [str(problem) for step in report.steps for problem in step.problems]


def test_fsck_finds_nothing_wrong_with_sound_time_stamps(scenario: Scenario) -> None:
    _stamped(scenario)
    assert _problems(scenario) == []


ALTERED: dict[str, tuple[int, dict[str, Any], str]] = {
    "another time": (0, {"at_ms": 1}, "at_ms"),
    "another token": (0, {"token": RSA.stamp(b"other")}, "other bytes"),
    "no token": (1, {"token": b"x"}, "cannot be read"),
    "a later end": (1, {"until_ms": 9_000_000_000_000}, "until_ms"),
    "another number": (1, {"number": 2}, "number"),
    "another head": (0, {"size": 10_000}, "no head of this size"),
}


@pytest.mark.parametrize("case", ALTERED)
def test_fsck_names_a_time_stamp_that_was_altered(scenario: Scenario, case: str) -> None:
    number, values, told = ALTERED[case]
    _stamped(scenario)
    with scenario.ledger.store.engine.begin() as connection:
        connection.execute(update(time_stamp).where(time_stamp.c.number == number).values(**values))
    found = _problems(scenario)
    assert any("time_stamp" in one and told in one for one in found), found
