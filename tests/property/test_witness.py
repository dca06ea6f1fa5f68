"""Laws of a witness: whatever is handed in, and in whatever order, it cosigns one history only."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from api.witness.judging import Known
from api.witness.register import MAX_AHEAD_S
from ledger.errors import Conflict, Fault, Malformed, ProofInvalid, UnbrokenError
from ledger.proof.add_checkpoint import Submission, parse_submission
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.cosignature import cosigned_at
from ledger.proof.note import parse_note
from tests.witness_stage import LOG, ORIGIN, TIME, WITNESS, Clock, History, witness

FORK, LENGTH = 6, 14
COMMON = [b"common %d" % number for number in range(FORK)]
TRUE = History([*COMMON, *(b"true %d" % number for number in range(LENGTH - FORK))])
FALSE = History([*COMMON, *(b"false %d" % number for number in range(LENGTH - FORK))])
HISTORIES = (TRUE, FALSE)
SIZES = st.integers(0, LENGTH)
HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=4)


class Handed(RuleBasedStateMachine):
    """Heads of two histories that fork, with right and wrong proofs; and a witness that restarts."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "register.db"
        self.clock = Clock()
        self.witness = witness(self._path, self.clock)
        self.cosigned: list[tuple[int, bytes, int]] = []  # size, root, time

    def teardown(self) -> None:
        self.witness.register.close()
        self._folder.cleanup()

    @rule(history=st.sampled_from(HISTORIES), new=SIZES)
    def the_log_continues(self, history: History, new: int) -> None:
        """It asks from the size that the witness knows, with its own true proof."""
        known = self.witness.register.known(ORIGIN)
        continues = known.size <= new and history.root(known.size) == known.root
        accepted = self._add(history.submission(known.size, new))
        in_time = known.time_s <= self.clock.now_s + MAX_AHEAD_S
        assert accepted == (continues and in_time), (known.size, new)

    @rule(history=st.sampled_from(HISTORIES), old=SIZES, new=SIZES)
    def anybody_asks_from_any_size(self, history: History, old: int, new: int) -> None:
        known = self.witness.register.known(ORIGIN)
        accepted = self._add(history.submission(old, new))
        assert not accepted or old == known.size <= new

    @rule(history=st.sampled_from(HISTORIES), other=st.sampled_from(HISTORIES), new=SIZES, proof=HASHES)
    def a_proof_is_of_another_tree_or_none(
        self, history: History, other: History, new: int, proof: list[bytes]
    ) -> None:
        known = self.witness.register.known(ORIGIN)
        theirs = other.proof(known.size, LENGTH) if known.size else ()
        for hashes in (tuple(proof), theirs, tuple(reversed(theirs))):
            self._add(Submission(known.size, hashes, history.signed(new)))

    @rule(seconds=st.integers(-3000, 3000))
    def the_clock_moves(self, seconds: int) -> None:
        self.clock.now_s += seconds

    @rule()
    def it_restarts(self) -> None:
        self.witness.register.close()
        self.witness = witness(self._path, self.clock)

    @invariant()
    def what_was_cosigned_is_one_history(self) -> None:
        assert any(
            all(history.root(size) == root for size, root, _ in self.cosigned) for history in HISTORIES
        )

    @invariant()
    def neither_size_nor_time_goes_back(self) -> None:
        sizes, times = [one[0] for one in self.cosigned], [one[2] for one in self.cosigned]
        assert sizes == sorted(sizes)
        assert times == sorted(times)

    @invariant()
    def the_register_holds_the_last(self) -> None:
        last = self.cosigned[-1] if self.cosigned else None
        assert self.witness.register.known(ORIGIN) == (Known(*last) if last else Known())

    def _add(self, submission: Submission) -> bool:
        try:
            line = self.witness.add(submission.encode())
        except (Malformed, Conflict, ProofInvalid):
            return False
        except Fault:  # the clock is far behind the time cosigned last
            return False
        found = parse_note(submission.note + line.encode())
        head = parse_checkpoint(found.text)
        self.cosigned.append((head.size, head.root, cosigned_at(found, WITNESS)))
        return True


TestHanded = Handed.TestCase
TestHanded.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


def test_a_submission_of_which_any_byte_was_altered_is_refused(tmp_path: Path) -> None:
    """With the log's plain line alone: other lines are left aside and become no part of the answer."""
    keeper = witness(tmp_path / "register.db")
    keeper.add(TRUE.submission(0, 3).encode())
    plain = b"\n".join(TRUE.signed(11).split(b"\n")[:-2]) + b"\n"
    body = Submission(3, TRUE.proof(3, 11), plain).encode()
    accepted = []
    for at in range(len(body)):
        for bit in (1, 32, 128):
            altered = body[:at] + bytes([body[at] ^ bit]) + body[at + 1 :]
            try:
                accepted.append((at, keeper.add(altered)))
            except UnbrokenError:
                continue
    assert accepted == []
    assert keeper.register.known(ORIGIN).size == 3
    assert keeper.add(body)


def test_a_submission_cut_anywhere_is_refused(tmp_path: Path) -> None:
    keeper = witness(tmp_path / "register.db")
    body = Submission(0, (), b"\n".join(TRUE.signed(5).split(b"\n")[:-2]) + b"\n").encode()
    for end in range(len(body)):
        try:
            keeper.add(body[:end])
        except UnbrokenError:
            continue
        raise AssertionError(f"{end} bytes of {len(body)} were taken")


def test_every_submission_is_read_back_as_it_was_written() -> None:
    for old in range(LENGTH + 1):
        for new in range(old, LENGTH + 1):
            written = TRUE.submission(old, new)
            assert parse_submission(written.encode()) == written


def test_the_log_and_the_witness_of_these_tests_are_no_strangers() -> None:
    """Else everything above would be refused for want of a signature."""
    assert (LOG.name, WITNESS.alg, Clock()()) == (ORIGIN, 4, TIME)
