"""What an audit says, for people and for programs; and that nothing makes it stumble."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.errors import Malformed
from ledger.proof.tiles import TILE_WIDTH
from ledger.verify import DirectorySource, Report, audit, report, signatures, steps
from tests.scenario import Scenario, open_scenario, patient
from tests.unit.verify_book import CHAIN, Book, tell_story

ENTRIES = 530


def many(scenario: Scenario, count: int) -> list[bytes]:
    """Facts by one nurse, each behind the other."""
    nora, made = scenario.signer("nora"), []
    for _ in range(count):
        made.append(scenario.sign("nora", CHAIN, "PatientIdentified", site="st-mary", method="scan",
                                  outcome="match", patient=patient("patient-1")))  # fmt: skip
        nora.seq, nora.prev = nora.seq + 1, signatures.statement.parse(made[-1]).id.hex()
    return made


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A log that fills two level-0 tiles, with a third begun."""
    folder = tmp_path_factory.mktemp("told")
    scenario = open_scenario(f"sqlite:///{folder}/ledger.db")
    tell_story(scenario)
    raws = many(scenario, ENTRIES - 36)
    for at in range(0, len(raws), 50):
        scenario.ledger.submit(raws[at : at + 50]).result()
    scenario.ledger.close()
    return Book.of(scenario)


@pytest.fixture
def log(book: Book, tmp_path: Path) -> Path:
    return book.write(tmp_path / "log")


def check(book: Book, log: Path, workers: int = 1) -> Report:
    return audit(DirectorySource(log), book.vkey, workers=workers)


def test_a_log_of_several_tiles_passes(book: Book, log: Path) -> None:
    told = check(book, log)
    assert told.ok, told.text()
    assert told.size == ENTRIES
    assert "530 entries, 4 tiles" in told.steps[2].detail


@pytest.mark.parametrize("position", [0, 255, 256, 511, 512, 529])
def test_an_entry_of_any_tile_is_named(book: Book, log: Path, position: int) -> None:
    index, width = position // TILE_WIDTH, min(TILE_WIDTH, ENTRIES - position // TILE_WIDTH * TILE_WIDTH)
    path = log / f"tile/entries/00{index}{'' if width == TILE_WIDTH else f'.p/{width}'}"
    whole, raw = path.read_bytes(), book.raws[position]
    at = whole.index(raw) + len(raw) - 3
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
    wrong = check(book, log).first_wrong
    assert wrong is not None
    assert (wrong.step, wrong.position) == (3, position)


@pytest.mark.parametrize("at", [0, 31, 32, 63])
def test_a_hash_of_a_higher_tile_is_named(book: Book, log: Path, at: int) -> None:
    path = log / "tile/1/000.p/2"
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    wrong = check(book, log).first_wrong
    assert wrong is not None
    assert wrong.where == "tile/1/000.p/2"
    assert wrong.what == f"hash {at // 32} of this tile does not follow from the tiles below it"


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_find_the_same_as_one_process(
    book: Book, log: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(steps, "SMALL", 0)
    monkeypatch.setattr(signatures, "_start_method", lambda: method)
    path = log / "tile/entries/001"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    alone, together = check(book, log), check(book, log, workers=2)
    assert alone.first_wrong is not None
    assert [one.problems for one in alone.steps] == [one.problems for one in together.steps]
    assert alone.proved == together.proved


def test_progress_counts_up_to_the_last_entry(book: Book, log: Path) -> None:
    seen: list[tuple[int, int]] = []
    audit(DirectorySource(log), book.vkey, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (ENTRIES, ENTRIES)
    assert seen == sorted(seen)


def test_the_json_names_the_first_wrong_and_every_step(book: Book, log: Path) -> None:
    (log / "tile/0/001").unlink()
    told = json.loads(json.dumps(check(book, log).to_json()))
    assert (told["ok"], told["size"], told["origin"]) == (False, ENTRIES, "ledger.example/unbroken")
    assert told["first_wrong"]["where"] == "tile/0/001"
    assert [step["number"] for step in told["steps"]] == [1, 2, 3, 4, 5, 6]
    assert [step["ok"] for step in told["steps"]] == [True, True, False, True, True, True]
    assert told["crypto_seconds"] > 0
    assert told["replay_seconds"] > 0


def test_the_text_numbers_its_steps_and_ends_with_what_is_proved(book: Book, log: Path) -> None:
    (log / "checkpoint").unlink()
    lines = check(book, log).text().splitlines()
    assert lines[0] == "Audit of the log ledger.example/unbroken: 530 entries"
    assert [line[:14] for line in lines if line[1:2].isdigit()][:2] == [" 1. FAILED    ", " 2. ok        "]
    assert "First wrong: step 1: checkpoint: checkpoint is missing" in lines
    assert lines[-4].startswith("Proved: Entries 0 to 529 are exactly what checkpoint 530 committed to.")
    assert lines[-2] == "Time: Nobody outside was asked: the times are the operator's word."
    assert lines[-1].startswith("Second key: The log names none")


def test_a_report_holds_no_payload(book: Book, log: Path) -> None:
    for path in (log / "tile/entries").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b'"site":"st-mary"', b'"site":"st-mory"'))
    told = check(book, log)
    assert not told.ok
    commitment = patient("patient-1")[0]["commitment"]
    assert commitment not in told.text() + json.dumps(told.to_json())


def test_beyond_a_hundred_problems_of_a_step_are_only_counted(book: Book, log: Path) -> None:
    (log / "tile/0/001").write_bytes(bytes(32 * TILE_WIDTH))
    third = check(book, log).steps[2]
    assert len(third.problems) == report.MAX_PROBLEMS
    assert len(third.problems) + third.uncounted == TILE_WIDTH
    assert f"and {TILE_WIDTH - 10} more" in check(book, log).text()


def test_a_key_that_is_none_is_refused_at_once(log: Path) -> None:
    with pytest.raises(Malformed, match="malformed_vkey"):
        audit(DirectorySource(log), "ledger.example/unbroken+00000000+AAAA")


class Broken(DirectorySource):
    """A source that breaks its contract at one method."""

    def __init__(self, path: Path, method: str) -> None:
        super().__init__(path)
        setattr(self, method, self._break)

    def _break(self, *_: object) -> bytes:
        raise RecursionError


@pytest.mark.parametrize("method", ["latest", "checkpoints", "tile", "bundle", "strays"])
def test_a_source_that_raises_anything_is_a_finding(book: Book, log: Path, method: str) -> None:
    told = audit(Broken(log, method), book.vkey)
    assert told.first_wrong is not None
    assert "RecursionError" in told.first_wrong.what


def test_a_source_that_fails_between_checkpoints_is_a_finding(book: Book, log: Path) -> None:
    class Cut(DirectorySource):
        def checkpoints(self) -> Iterator[tuple[int, bytes]]:
            yield from list(super().checkpoints())[:5]
            raise OSError("the disk went away")

    told = audit(Cut(log), book.vkey)
    assert told.first_wrong is not None
    assert told.first_wrong.where == "checkpoints"
    assert told.proved.startswith("Entries 0 to 529 are exactly what checkpoint 530")


def test_times_that_no_calendar_has_are_findings(book: Book, tmp_path: Path) -> None:
    late = replace(book, batches=tuple((size, 2**60) for size, _ in book.batches))
    told = check(late, late.write(tmp_path / "late"))
    assert [step.ok for step in told.steps] == [True, True, True, True, True, False]
