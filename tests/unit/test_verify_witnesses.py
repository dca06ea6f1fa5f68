"""Step 8: what an audit says of witnesses, and that no cosignature counts that is not one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import Malformed
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.note import COSIGNATURE, VerifierKey, parse_note, vkey_of
from ledger.proof.witnesses import Policy, parse_policy
from ledger.verify import DirectorySource, Report, audit
from ledger.verify.checkpoints import Heads, open_all
from ledger.verify.report import NOBODY, Findings
from ledger.verify.witnesses import Cosigned
from tests.scenario import open_scenario
from tests.unit.verify_book import Book, tell_story
from tests.witness_stage import cosigned, key, log_vkey, policy, policy_text, vkey_of_number

TWO_OF_THREE = policy(2, 11, 12, 13)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("cosigned")
    scenario = open_scenario(f"sqlite:///{folder}/ledger.db")
    tell_story(scenario)
    scenario.ledger.close()
    return Book.of(scenario)


@pytest.fixture
def log(book: Book, tmp_path: Path) -> Path:
    return book.write(tmp_path / "log")


def newest(log: Path, back: int = 0) -> Path:
    sizes = sorted(int(path.name) for path in (log / "checkpoints").iterdir())
    return log / "checkpoints" / str(sizes[-1 - back])


def change(path: Path, how: Callable[[bytes], bytes]) -> None:
    path.write_bytes(how(path.read_bytes()))


def check(book: Book, log: Path, asked: Policy | None = TWO_OF_THREE) -> Report:
    return audit(DirectorySource(log), book.vkey, policy=asked)


def test_without_a_policy_the_report_says_loudly_that_nobody_was_asked(book: Book, log: Path) -> None:
    report = check(book, log, None)
    assert (report.ok, report.witnessed, report.witnessed_size) == (True, NOBODY, 0)
    assert [step.number for step in report.steps] == [1, 2, 3, 4, 5, 6]
    assert NOBODY in report.text()
    assert report.to_json()["witnessed"] == NOBODY


@pytest.mark.parametrize("file", ["checkpoints", "checkpoint"])
def test_the_newest_head_meets_the_policy_wherever_its_lines_stand(book: Book, log: Path, file: str) -> None:
    path = newest(log) if file == "checkpoints" else log / "checkpoint"
    change(path, lambda note: cosigned(note, 11, 13))
    report = check(book, log)
    assert report.ok, report.text()
    assert report.witnessed_size == report.size
    assert "met up to" in report.steps[-1].detail
    assert "by W11 at 2026-09-21T" in report.steps[-1].detail


def test_lines_in_two_files_of_one_head_count_together(book: Book, log: Path) -> None:
    change(newest(log), lambda note: cosigned(note, 11))
    change(log / "checkpoint", lambda note: cosigned(note, 12))
    assert check(book, log).ok


def test_an_older_head_that_meets_it_is_named_and_is_not_enough(book: Book, log: Path) -> None:
    change(newest(log, 2), lambda note: cosigned(note, 11, 12, 13))
    size = int(newest(log, 2).name)
    report = check(book, log)
    assert (report.ok, report.witnessed_size) == (False, size)
    wrong = report.first_wrong
    assert wrong is not None
    assert (wrong.step, f"the policy is met up to {size} entries only" in wrong.what) == (8, True)
    assert f"The head of {size} entries is cosigned" in report.witnessed


@pytest.mark.parametrize("by", [(), (11,), (11, 14)], ids=["nobody", "one", "one, and a stranger"])
def test_too_few_are_named_as_such(book: Book, log: Path, by: tuple[int, ...]) -> None:
    change(newest(log), lambda note: cosigned(note, *by))
    report = check(book, log)
    assert (report.ok, report.witnessed_size) == (False, 0)
    assert "no head meets the policy" in report.text()


def test_two_witnesses_on_two_heads_are_no_quorum_of_either(book: Book, log: Path) -> None:
    change(newest(log), lambda note: cosigned(note, 11))
    change(newest(log, 1), lambda note: cosigned(note, 12))
    assert check(book, log).witnessed_size == 0


def test_any_altered_byte_of_a_cosignature_takes_it_away(book: Book, log: Path) -> None:
    """Or leaves a line that nobody knows; none turns into another's, and none makes the audit stumble."""
    source, vkey = DirectorySource(log), VerifierKey.parse(book.vkey)
    heads = open_all(source, vkey, None, Findings())
    path, start = newest(log), len(newest(log).read_bytes())
    whole = cosigned(path.read_bytes(), 11, 13)
    for at in range(start, len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert witnessed(source, vkey, heads) == 0, at
    path.write_bytes(whole)
    assert witnessed(source, vkey, heads) == int(path.name)


def witnessed(source: DirectorySource, vkey: VerifierKey, heads: Heads) -> int:
    found = Cosigned(TWO_OF_THREE, vkey, Findings())
    found.check(source, heads)
    return found.size


@pytest.mark.parametrize("wrong", ["root", "origin", "size"])
def test_a_head_that_the_log_did_not_sign_counts_for_nothing(book: Book, log: Path, wrong: str) -> None:
    """However many witnesses put their names under it: the lines are true, and of another body."""
    path = newest(log)
    head = parse_checkpoint(parse_note(path.read_bytes()).text)
    other: dict[str, Any] = {"root": bytes(32), "origin": "other.example", "size": head.size + 1}
    body = replace(head, **{wrong: other[wrong]}).body().encode()
    stranger = body + b"\n" + path.read_bytes().split(b"\n\n")[1]
    path.write_bytes(cosigned(stranger, 11, 12, 13))
    report = check(book, log)
    assert (report.ok, report.witnessed_size) == (False, 0)


def test_true_lines_under_a_note_that_lost_the_logs_own_count_for_the_head_that_opened(
    book: Book, log: Path
) -> None:
    """The body is the same, to the byte, as that of `checkpoint`, which the log's key opens."""
    path = newest(log)
    lines = cosigned(path.read_bytes(), 11, 12).split(b"\n")
    path.write_bytes(b"\n".join(lines[:4] + lines[6:]))
    report = check(book, log)
    assert (report.ok, report.witnessed_size) == (False, report.size)


def test_a_policy_about_another_log_is_not_met_by_this_one(book: Book, log: Path) -> None:
    change(newest(log), lambda note: cosigned(note, 11, 13))
    mine = f"log {book.vkey}\n{policy_text(2, 11, 12, 13)}"
    theirs = f"log {log_vkey('other.example', key(1).public)}\n{policy_text(2, 11, 12, 13)}"
    assert check(book, log, parse_policy(mine.encode())).ok
    report = check(book, log, parse_policy(theirs.encode()))
    assert (report.ok, report.witnessed_size) == (False, 0)
    assert "nobody is shown another" not in report.witnessed


@pytest.mark.parametrize("by", [(), (11,)], ids=["nobody", "a witness"])
def test_quorum_none_asks_nobody_and_so_proves_nothing(book: Book, log: Path, by: tuple[int, ...]) -> None:
    change(newest(log), lambda note: cosigned(note, *by))
    report = check(book, log, parse_policy(f"witness W {vkey_of_number(11)}\nquorum none\n".encode()))
    step = report.steps[-1]
    assert (step.number, step.ok, report.ok, report.first_wrong) == (8, None, False, None)
    assert "quorum none" in step.detail
    assert (report.witnessed, report.witnessed_size) == (NOBODY, 0)


def test_a_log_is_no_witness_of_itself(book: Book, log: Path) -> None:
    """Under any name: each head carries the log's own cosignature already."""
    public = VerifierKey.parse(str(book.vkey)).public
    for name in (VerifierKey.parse(str(book.vkey)).name, "witness.example/other"):
        itself = vkey_of(name, public, COSIGNATURE)
        with pytest.raises(Malformed, match="malformed_policy: the witness w has the key of the log"):
            check(book, log, parse_policy(f"witness w {itself}\nquorum w\n".encode()))


def test_a_cosigned_head_of_another_history_does_not_save_the_audit(book: Book, log: Path) -> None:
    """The witnesses saw the true head; this copy was rewritten and its newest head signed again."""
    change(newest(log), lambda note: cosigned(note, 11, 13))
    rewritten = book.without(len(book.raws) - 1)
    other = rewritten.write(log.parent / "other")
    report = check(book, other)
    assert (report.ok, report.witnessed_size) == (False, 0)
