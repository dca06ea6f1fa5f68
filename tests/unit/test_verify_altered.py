"""Any byte of a downloaded log altered, any file gone or swapped: found, and named."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.proof.checkpoint import Checkpoint, sign_checkpoint
from ledger.proof.tiles import decode_bundle
from ledger.verify import DirectorySource, Report, audit
from tests.scenario import ORIGIN, open_scenario
from tests.unit.verify_book import Book, tell_story

TILE, BUNDLE = "tile/0/000.p/36", "tile/entries/000.p/36"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("told")
    scenario = open_scenario(f"sqlite:///{folder}/ledger.db")
    tell_story(scenario)
    scenario.ledger.close()
    return Book.of(scenario)


@pytest.fixture
def log(book: Book, tmp_path: Path) -> Path:
    return book.write(tmp_path / "log")


def check(book: Book, log: Path) -> Report:
    return audit(DirectorySource(log), book.vkey)


def names(report: Report, where: str) -> bool:
    return any(problem.where == where for step in report.steps for problem in step.problems)


def test_an_honest_log_passes_every_step(book: Book, log: Path) -> None:
    report = check(book, log)
    assert report.ok, report.text()
    assert (report.size, report.first_wrong) == (len(book.raws), None)
    assert [step.number for step in report.steps] == [1, 2, 3, 4, 5, 6]
    assert report.proved.startswith("Entries 0 to 35 are exactly what checkpoint 36 committed to.")


def test_every_altered_byte_is_found_and_the_entry_tile_or_checkpoint_named(
    book: Book, tmp_path: Path
) -> None:
    small = replace(book, raws=book.raws[:3], batches=book.batches[:2])
    log = small.write(tmp_path / "log")
    assert check(small, log).ok
    paths = sorted(path for path in log.rglob("*") if path.is_file())
    assert len(paths) == 5
    for path in paths:
        whole = path.read_bytes()
        for at in range(len(whole)):
            altered = whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :]
            path.write_bytes(altered)
            report = check(small, log)
            assert not report.ok, (path, at)
            assert names(report, path.relative_to(log).as_posix()), (path, at, report.text())
        path.write_bytes(whole)


def test_an_altered_entry_is_named_by_its_position_and_the_rest_stays_proved(book: Book, log: Path) -> None:
    bundle = log / BUNDLE
    whole = bundle.read_bytes()
    for position, raw in enumerate(decode_bundle(whole)):
        at = whole.index(raw) + len(raw) // 2
        bundle.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        wrong = check(book, log).first_wrong
        assert wrong is not None
        assert (wrong.step, wrong.position, wrong.where) == (3, position, BUNDLE)
    report = check(book, log)
    assert report.proved.startswith("Entries 0 to 34 are exactly what checkpoint 36 committed to.")


def test_an_altered_tile_is_told_from_an_altered_entry(book: Book, log: Path) -> None:
    tile = log / TILE
    whole = tile.read_bytes()
    for position in range(len(book.raws)):
        tile.write_bytes(whole[: 32 * position] + bytes(32) + whole[32 * (position + 1) :])
        report = check(book, log)
        wrong = report.first_wrong
        assert wrong is not None
        assert (wrong.step, wrong.position, wrong.where) == (3, position, TILE)
        assert "the entry itself is the committed one" in wrong.what
        assert report.proved.startswith("Entries 0 to 35 are exactly")


def test_a_missing_bundle_is_named_and_nothing_of_it_is_proved(book: Book, log: Path) -> None:
    (log / BUNDLE).unlink()
    report = check(book, log)
    assert report.first_wrong is not None
    assert (report.first_wrong.where, report.first_wrong.position) == (BUNDLE, 0)
    assert report.proved.startswith("No entries are exactly what checkpoint 36")


def test_a_missing_tile_is_named_and_the_entries_stay_proved(book: Book, log: Path) -> None:
    (log / TILE).unlink()
    report = check(book, log)
    assert report.first_wrong is not None
    assert report.first_wrong.where == TILE
    assert report.proved.startswith("Entries 0 to 35 are exactly what checkpoint 36 committed to.")


@pytest.mark.parametrize("name", ["checkpoint", "checkpoints/36", BUNDLE, TILE])
@pytest.mark.parametrize("length", [0, 1, 40, -1])
def test_a_truncated_file_is_named(book: Book, log: Path, name: str, length: int) -> None:
    whole = (log / name).read_bytes()
    (log / name).write_bytes(whole[:length])
    report = check(book, log)
    assert names(report, name), report.text()


@pytest.mark.parametrize("name", ["checkpoint", "checkpoints/36", BUNDLE, TILE])
def test_a_file_with_something_behind_it_is_named(book: Book, log: Path, name: str) -> None:
    (log / name).write_bytes((log / name).read_bytes() + b"\x00")
    assert names(check(book, log), name)


def test_swapped_checkpoints_are_both_named(book: Book, log: Path) -> None:
    one, other = log / "checkpoints/20", log / "checkpoints/21"
    first = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(first)
    report = check(book, log)
    assert names(report, "checkpoints/20")
    assert names(report, "checkpoints/21")


def test_an_older_checkpoint_in_the_place_of_the_latest_is_found(book: Book, log: Path) -> None:
    shutil.copy(log / "checkpoints/20", log / "checkpoint")
    wrong = check(book, log).first_wrong
    assert wrong is not None
    assert (wrong.step, wrong.where) == (2, "checkpoint")


def test_a_removed_checkpoint_that_a_statement_saw_is_missed(book: Book, log: Path) -> None:
    seen = book.says(20)["seen"]["size"]
    (log / f"checkpoints/{seen}").unlink()
    report = check(book, log)
    assert not report.ok
    assert report.first_wrong is not None
    assert report.first_wrong.step == 6


@pytest.mark.parametrize(
    ("copy", "sentence"),
    [
        ("tile/0/001.p/36", "beyond the end of the log"),
        ("tile/1/000.p/1", "beyond the end of the log"),
        ("tile/0/000", "beyond the end of the log"),
        ("tile/0/000.p/5", "is an older part of the log, but not"),
        ("tile/entries/000.p/5", "is an older part of the log, but not"),
        ("tile/0/0.p/5", "not the path of a tile"),
        ("checkpoints/036", "not the name of a checkpoint"),
        ("checkpoints/notes", "not the name of a checkpoint"),
    ],
)
def test_a_file_that_belongs_to_no_log_of_this_size_is_named(
    book: Book, log: Path, copy: str, sentence: str
) -> None:
    (log / copy).parent.mkdir(parents=True, exist_ok=True)
    (log / copy).write_bytes(bytes(160))
    wrong = check(book, log).first_wrong
    assert wrong is not None
    assert wrong.where == copy
    assert sentence in wrong.what


def test_an_older_partial_tile_that_is_a_true_prefix_may_stay(book: Book, log: Path) -> None:
    part = log / "tile/0/000.p/5"
    part.write_bytes((log / TILE).read_bytes()[:160])
    assert check(book, log).ok


def test_a_pipe_in_the_place_of_a_file_does_not_hang_the_audit(book: Book, log: Path) -> None:
    (log / TILE).unlink()
    os.mkfifo(log / TILE)
    wrong = check(book, log).first_wrong
    assert wrong is not None
    assert "not a regular file" in wrong.what


def test_an_endless_file_is_not_read_to_its_end(book: Book, log: Path) -> None:
    with (log / TILE).open("wb") as file:
        file.truncate(1 << 40)  # sparse
    wrong = check(book, log).first_wrong
    assert wrong is not None
    assert "longer than 8192 bytes" in wrong.what


def test_an_empty_directory_proves_nothing_and_says_so(book: Book, tmp_path: Path) -> None:
    report = check(book, tmp_path)
    assert not report.ok
    assert report.proved == "Nothing is proved."
    assert [step.ok for step in report.steps] == [False, False, None, None, None, None]


def test_entries_that_are_gone_are_not_said_to_be_signed_or_judged(book: Book, log: Path) -> None:
    (log / BUNDLE).unlink()
    report = check(book, log)
    assert [step.ok for step in report.steps] == [True, True, False, None, None, None]
    assert "Entries 0 to" not in report.proved


def test_a_head_that_claims_more_than_any_disk_holds_ends_the_search_soon(book: Book, log: Path) -> None:
    """The log's own key may have signed it: the audit must not look for 2^62 entries."""
    head = Checkpoint(ORIGIN, 2**62, bytes(32))
    note = sign_checkpoint(head, book.log_key, 2**33)
    (log / f"checkpoints/{2**62}").write_bytes(note)
    (log / "checkpoint").write_bytes(note)
    report = check(book, log)
    assert not report.ok
    assert "were not looked for" in report.steps[2].detail
    assert report.proved.startswith("Nothing about the entries")
