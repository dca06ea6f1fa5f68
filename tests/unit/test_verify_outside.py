"""Steps 11 and 12: what authorities outside and the log's second key say, of a copy and of a bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.proof.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint, with_lines
from ledger.proof.keyfile import new_second_key
from ledger.proof.pruned import Hidden, decode_records, encode_records
from ledger.verify import DirectorySource, Report, audit
from ledger.verify.report import Step
from ledger.verify.steps import Outside
from ledger.verify.time_stamps import NOT_ASKED
from tests.bundling import ask, audited, files_of, made, request_of, resigned, stage
from tests.scenario import ORIGIN, Scenario
from tests.stamped_stage import (
    CURVE,
    DAY_MS,
    RSA,
    SECOND,
    STRANGER,
    outside,
    record,
    stamp_head,
)
from tests.unit.test_verify_witnesses import change, newest
from tests.unit.verify_book import Book
from tests.witness_stage import cosigned


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenario]:
    found = stage(tmp_path_factory.mktemp("outside"), SECOND)
    yield found
    found.ledger.close()


@pytest.fixture
def log(scenario: Scenario, tmp_path: Path) -> Path:
    """A copy, each head as the log signed it."""
    folder = Book.of(scenario).write(tmp_path / "log")
    for one in scenario.ledger.store.checkpoints(0, 10_000):
        (folder / "checkpoints" / str(one.size)).write_bytes(one.note)
    (folder / "checkpoint").write_bytes(newest(folder).read_bytes())
    (folder / "timestamps").mkdir()
    return folder


def check(scenario: Scenario, log: Path, brought: Outside) -> Report:
    return audit(DirectorySource(log), str(scenario.ledger.vkey), outside=brought)


def step(report: Report, number: int) -> Step:
    return next(one for one in report.steps if one.number == number)


def put(log: Path, head: Path, *stamps: tuple[object, int], number: int = 0, **how: bytes) -> None:
    note = how.get("note") or head.read_bytes()
    made_of = record(note, *stamps)  # type: ignore[arg-type]
    (log / "timestamps" / f"{head.name}-{number:02}.ers").write_bytes(made_of)


def now(scenario: Scenario) -> int:
    return scenario.clock()


# --- step 11 ------------------------------------------------------------------------------------


def test_without_roots_the_report_says_loudly_what_nobody_checked(scenario: Scenario, log: Path) -> None:
    assert check(scenario, log, Outside()).stamped == NOT_ASKED
    put(log, newest(log), (RSA, now(scenario)))
    report = check(scenario, log, Outside())
    assert report.ok
    assert report.stamped.startswith("NOT CHECKED: there are time stamps here (1).")
    assert all(one.number < 11 for one in report.steps)


def test_a_stamp_bounds_the_entries_before_it_and_says_by_whose_word(scenario: Scenario, log: Path) -> None:
    put(log, newest(log, 3), (RSA, now(scenario) - 2000))
    put(log, newest(log), (CURVE, now(scenario)))
    report = check(scenario, log, outside(RSA, CURVE))
    size, earlier = int(newest(log).name), int(newest(log, 3).name)
    assert report.ok
    assert f"Entries 0 to {size - 1} existed before 2026-" in report.stamped
    assert "by the word of CN=New TSA" in report.stamped
    assert [(one["first"], one["size"], one["authority"]) for one in report.to_json()["time_stamps"]] == [
        (0, earlier, "CN=Old TSA"),
        (earlier, size, "CN=New TSA"),
    ]


def test_what_stands_behind_the_last_stamp_rests_on_the_operators_word(scenario: Scenario, log: Path) -> None:
    put(log, newest(log, 3), (RSA, now(scenario)))
    report = check(scenario, log, outside(RSA))
    assert report.ok
    behind = int(newest(log).name) - int(newest(log, 3).name)
    assert f"For the {behind} behind them the times are the operator's word." in report.stamped


def test_lines_of_witnesses_do_not_disturb_a_stamp(scenario: Scenario, log: Path) -> None:
    head = newest(log)
    own = head.read_bytes()
    head.write_bytes(cosigned(own, 11, 12))
    put(log, head, (RSA, now(scenario)), note=own)
    assert step(check(scenario, log, outside(RSA)), 11).ok


def test_of_two_authorities_a_reader_may_believe_in_one(scenario: Scenario, log: Path) -> None:
    """What the other says is counted, and neither wrong nor of use."""
    put(log, newest(log), (RSA, now(scenario)))
    put(log, newest(log), (CURVE, now(scenario)), number=1)
    report = check(scenario, log, outside(CURVE))
    assert report.ok, report.text()
    assert [one["authority"] for one in report.stamps] == ["CN=New TSA"]
    assert "under none of these roots, and not checked: 1" in step(report, 11).detail


def test_where_all_are_under_other_roots_the_step_is_not_done(scenario: Scenario, log: Path) -> None:
    put(log, newest(log), (STRANGER, now(scenario)))
    report = check(scenario, log, outside(RSA, CURVE))
    assert (step(report, 11).ok, report.first_wrong, report.ok) == (None, None, False)
    assert "not checked: 1" in step(report, 11).detail
    assert report.stamped.startswith("No time stamp holds")


def test_a_renewal_under_another_root_does_not_make_a_copy_wrong(scenario: Scenario, log: Path) -> None:
    put(log, newest(log), (RSA, now(scenario)), (STRANGER, now(scenario) + 1000))
    report = check(scenario, log, outside(RSA))
    assert (step(report, 11).ok, report.first_wrong) == (None, None)


def test_a_stamp_says_nothing_of_entries_that_its_head_did_not_commit_to(
    scenario: Scenario, log: Path
) -> None:
    """One byte of one entry is another; a head before that entry is stamped, too."""
    whole, early = newest(log), min((log / "checkpoints").iterdir(), key=lambda path: int(path.name))
    put(log, whole, (RSA, now(scenario)))
    put(log, early, (RSA, now(scenario)))
    (tile,) = [path for path in (log / "tile" / "entries").rglob("*") if path.is_file()]
    change(
        tile,
        lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :],
    )
    report = check(scenario, log, outside(RSA))
    assert report.first_wrong
    assert report.first_wrong.step == 3
    assert report.stamped.startswith(f"Entries 0 to {int(early.name) - 1} existed before")
    assert f"A head of {whole.name} entries existed before" in report.stamped
    assert "THESE ARE NOT ITS ENTRIES" in report.stamped
    assert [(one["size"], one["standing"], one["holds"]) for one in report.stamps] == [
        (int(early.name), "holds", True),
        (int(whole.name), "other_entries", False),
    ]


def test_where_nothing_is_stamped_the_step_is_not_done(scenario: Scenario, log: Path) -> None:
    report = check(scenario, log, outside(RSA))
    assert (step(report, 11).ok, report.first_wrong, report.ok) == (None, None, False)


def test_a_certificate_that_ran_out_proves_nothing_unless_the_stamp_was_renewed(
    scenario: Scenario, log: Path
) -> None:
    put(log, newest(log), (RSA, now(scenario)))
    report = check(scenario, log, outside(RSA, CURVE, days=400))
    assert (step(report, 11).ok, report.first_wrong) == (None, None)
    assert "EXPIRED" in step(report, 11).detail
    assert [one["holds"] for one in report.stamps] == [False]
    put(log, newest(log), (RSA, now(scenario)), (CURVE, now(scenario) + 300 * DAY_MS))
    report = check(scenario, log, outside(RSA, CURVE, days=400))
    assert report.ok
    assert (report.stamps[0]["stamps"], report.stamps[0]["authority"]) == (2, "CN=Old TSA")


WRONG: dict[str, tuple[Callable[[Scenario, Path], None], str]] = {
    "of a day that is still to come": (
        lambda scenario, log: put(log, newest(log), (RSA, now(scenario) + 200 * DAY_MS)),
        "and now it is",
    ),
    "over another head": (
        lambda scenario, log: put(log, newest(log), (RSA, now(scenario)), note=newest(log, 1).read_bytes()),
        "other bytes",
    ),
    "of a head that is not here": (
        lambda scenario, log: put(log, log / "9999", (RSA, now(scenario)), note=b"x"),
        "no checkpoint of this size",
    ),
    "earlier than the head's own time": (
        lambda scenario, log: put(log, newest(log), (RSA, now(scenario) - 900_000)),
        "existed before",
    ),
    "renewed too late": (
        lambda scenario, log: put(
            log, newest(log), (RSA, now(scenario)), (CURVE, now(scenario) + 366 * DAY_MS)
        ),
        "had expired",
    ),
    "garbage": (
        lambda scenario, log: (log / "timestamps" / f"{newest(log).name}-00.ers").write_bytes(b"x") and None,
        "not DER",
    ),
    "under a name that is none": (
        lambda scenario, log: (log / "timestamps" / "latest").write_bytes(b"x") and None,
        "not the name",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_time_stamp_is_named(scenario: Scenario, log: Path, case: str) -> None:
    spoil, told = WRONG[case]
    put(log, newest(log, 2), (RSA, now(scenario)))  # a sound one, which does not help
    spoil(scenario, log)
    report = check(scenario, log, outside(RSA, CURVE, days=400 if "late" in case else 1))
    assert report.first_wrong
    assert (report.first_wrong.step, str(report.first_wrong.where)[:11]) == (11, "timestamps/")
    assert told in report.first_wrong.what


# --- step 12 ------------------------------------------------------------------------------------


def test_the_second_key_signed_every_head_since_it_was_added(scenario: Scenario, log: Path) -> None:
    report = check(scenario, log, outside(second=SECOND.public))
    assert report.ok
    assert step(report, 12).ok
    assert report.second.startswith("It signed every head from that of ")
    first = int(report.second.split(" ")[7])
    assert first <= 3  # the genesis' own head, already: the key was there when the log began


def test_without_the_second_key_the_report_says_that_its_lines_are_not_checked(
    scenario: Scenario, log: Path
) -> None:
    report = check(scenario, log, Outside())
    assert report.ok
    assert report.second.startswith("NOT CHECKED")
    assert report.second in report.text()


def stripped(data: bytes) -> bytes:
    return b"".join(data.splitlines(keepends=True)[:-1])


LINES: dict[str, tuple[Callable[[Scenario, Path], None], str]] = {
    "the newest head lacks it": (
        lambda scenario, log: change(newest(log), stripped),
        "did not sign it",
    ),
    "a head in between lacks it": (lambda scenario, log: change(newest(log, 2), stripped), "0 signatures"),
    "it stands twice": (
        lambda scenario, log: change(newest(log, 2), lambda data: data + data.splitlines(keepends=True)[-1]),
        "2 signatures",
    ),
    "it is another head's": (
        lambda scenario, log: change(
            newest(log, 2),
            lambda data: stripped(data) + newest(log, 3).read_bytes().splitlines(keepends=True)[-1],
        ),
        "not made by this key over this head",
    ),
    "it says another time": (
        lambda scenario, log: change(newest(log, 2), lambda data: _later(scenario, data)),
        "another time",
    ),
}


def _later(scenario: Scenario, data: bytes) -> bytes:
    signed = open_checkpoint(data, scenario.ledger.vkey)
    return with_lines(stripped(data), [SECOND.line(signed.checkpoint, signed.time_s + 1)])


@pytest.mark.parametrize("case", LINES)
def test_a_missing_or_wrong_line_of_the_second_key_is_named(scenario: Scenario, log: Path, case: str) -> None:
    spoil, told = LINES[case]
    spoil(scenario, log)
    report = check(scenario, log, outside(second=SECOND.public))
    assert report.first_wrong
    assert report.first_wrong.step == 12
    assert told in report.first_wrong.what
    assert report.second.startswith("IT DID NOT SIGN")
    assert check(scenario, log, Outside()).ok  # who lacks the key sees nothing of it


def test_another_key_than_the_one_that_the_log_names_is_told(scenario: Scenario, log: Path) -> None:
    report = check(scenario, log, outside(second=new_second_key(ORIGIN).public))
    told = [problem.what for problem in step(report, 12).problems]
    assert any("DID NOT SIGN the newest" in one for one in told)
    assert any("names another second key" in one for one in told)


def test_whoever_has_only_the_first_key_cannot_extend_the_log(scenario: Scenario, log: Path) -> None:
    """As one could who broke Ed25519: a head of the same tree, later, with no line of the second key."""
    signed = open_checkpoint(newest(log).read_bytes(), scenario.ledger.vkey)
    forged = sign_checkpoint(
        Checkpoint(ORIGIN, signed.checkpoint.size, signed.checkpoint.root),
        scenario.ledger.config.log_key,
        signed.time_s + 9,
    )
    newest(log).write_bytes(forged)
    (log / "checkpoint").write_bytes(forged)
    assert step(check(scenario, log, Outside()), 1).ok
    report = check(scenario, log, outside(second=SECOND.public))
    assert step(report, 12).ok is False


def test_whoever_has_only_the_first_key_cannot_move_the_time_of_a_head_in_between(
    scenario: Scenario, log: Path
) -> None:
    """They take every line but the newest head's away, as if the key had been added at the end, and sign
    one head with a later time. The log itself says from where on the key was there."""
    heads = sorted((log / "checkpoints").iterdir(), key=lambda path: int(path.name))[:-1]
    for head in heads:
        head.write_bytes(stripped(head.read_bytes()))
    forged, behind = (open_checkpoint(one.read_bytes(), scenario.ledger.vkey) for one in heads[-4:-2])
    key = scenario.ledger.config.log_key
    heads[-4].write_bytes(sign_checkpoint(forged.checkpoint, key, behind.time_s))
    report = check(scenario, log, outside(second=SECOND.public))
    assert [one.number for one in report.steps if one.ok is False] == [12]
    told = step(report, 12).problems[-1]
    assert (told.where, "names that key" in told.what) == (f"checkpoints/{heads[-1].name}", True)
    assert report.second.startswith("IT DID NOT SIGN")


def test_heads_from_before_the_entry_that_names_the_key_need_no_line(scenario: Scenario, log: Path) -> None:
    first = min((log / "checkpoints").iterdir(), key=lambda path: int(path.name))
    named = next(
        one.position for one in scenario.ledger.store.entries(0, 10_000) if one.type == "CheckpointKeyAdded"
    )
    change(first, stripped)
    assert check(scenario, log, outside(second=SECOND.public)).ok == (int(first.name) <= named)


# --- a bundle -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stamped(scenario: Scenario) -> tuple[bytes, int, int]:
    """A bundle, the size of its own head, which is stamped and renewed, and of an earlier stamped one."""
    asked = ask(scenario)
    size = request_of(scenario.ledger, asked).size
    earlier = scenario.ledger.store.checkpoints(0, 10_000)[12].size
    stamp_head(scenario.ledger, earlier, (RSA, now(scenario)))
    stamp_head(scenario.ledger, size, (RSA, now(scenario)), (CURVE, now(scenario) + 100 * DAY_MS))
    stamp_head(scenario.ledger, size, (CURVE, now(scenario)), record="https://other.example/")
    return made(scenario.ledger, asked), size, earlier


def test_a_bundle_carries_the_stamps_of_its_heads_and_the_second_keys_lines(
    scenario: Scenario, stamped: tuple[bytes, int, int]
) -> None:
    raw, size, earlier = stamped
    names = [name for name in files_of(raw) if name.startswith("timestamps/")]
    assert names == [f"timestamps/{earlier}-00.ers", f"timestamps/{size}-00.ers", f"timestamps/{size}-01.ers"]
    brought = outside(RSA, CURVE, days=120, second=SECOND.public)
    report = audited(raw, scenario.ledger.vkey, outside=brought)
    assert report.ok, report.text()
    assert report.second.endswith("The bundle's own manifest rests on Ed25519 alone.")
    bounds = [(one["first"], one["size"], one["stamps"]) for one in report.stamps]
    assert bounds == [(0, earlier, 1), (earlier, size, 1), (earlier, size, 2)]


def test_without_what_its_reader_brings_a_bundle_says_what_it_did_not_check(
    scenario: Scenario, stamped: tuple[bytes, int, int]
) -> None:
    report = audited(stamped[0], scenario.ledger.vkey)
    assert report.ok
    assert report.stamped.startswith("NOT CHECKED: there are time stamps here (3)")
    assert report.second.startswith("NOT CHECKED")


def test_a_stamp_that_is_altered_or_swapped_in_a_bundle_is_found_although_the_log_signs_again(
    scenario: Scenario, stamped: tuple[bytes, int, int]
) -> None:
    raw, size, earlier = stamped
    files, key = files_of(raw), scenario.ledger.config.log_key
    first, own = f"timestamps/{earlier}-00.ers", f"timestamps/{size}-00.ers"
    for spoilt in (
        files | {first: files[own]},
        files | {own: files[own][:-1] + bytes([files[own][-1] ^ 1])},
        files | {own: b""},
    ):
        report = audited(resigned(spoilt, key), scenario.ledger.vkey, outside=outside(RSA, CURVE, days=120))
        assert [one.number for one in report.steps if one.ok is False] == [11]


def test_a_stamp_says_nothing_of_entries_in_a_bundle_that_its_head_did_not_commit_to(
    scenario: Scenario, stamped: tuple[bytes, int, int]
) -> None:
    files, name = files_of(stamped[0]), "entries/000000"
    records = list(decode_records(files[name]))
    at = max(at for at, one in enumerate(records) if not isinstance(one, Hidden))
    last = records[at]
    assert isinstance(last, bytes)
    records[at] = last[:-1] + bytes([last[-1] ^ 1])
    raw = resigned(files | {name: encode_records(records)}, scenario.ledger.config.log_key)
    report = audited(raw, scenario.ledger.vkey, outside=outside(RSA, CURVE, days=120))
    assert step(report, 3).ok is False
    assert "THESE ARE NOT ITS ENTRIES" in report.stamped
    assert not any(one["holds"] for one in report.stamps if one["size"] == stamped[1])


def test_a_line_of_the_second_key_that_is_taken_out_of_a_bundle_is_found(
    scenario: Scenario, stamped: tuple[bytes, int, int]
) -> None:
    files, name = files_of(stamped[0]), "checkpoints/000000"
    notes = [one for one in decode_records(files[name]) if not isinstance(one, Hidden)]
    bare = encode_records([*notes[:-1], stripped(notes[-1])])
    raw = resigned(files | {name: bare}, scenario.ledger.config.log_key)
    report = audited(raw, scenario.ledger.vkey, outside=outside(second=SECOND.public))
    assert [one.number for one in report.steps if one.ok is False] == [12]
    assert audited(raw, scenario.ledger.vkey).ok
