"""A state machine over the whole application: many people, many threads, faults, restarts.

Hypothesis draws what they do. After every step the ledger must stand as the log says, and at
the end every entry's every proof must verify and every past state must be what it was.
`UNBROKEN_MACHINE=examples,steps` makes it run longer; `pytest -s` prints what was run.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event as on
from sqlalchemy.exc import OperationalError

from ledger.application import Answer, Ledger, node_reader
from ledger.domain.gates import infusion_gates
from ledger.domain.memory import MemoryWorld
from ledger.errors import Fault, UnbrokenError
from ledger.proof import merkle, receipt
from ledger.store.decode import entry_of
from ledger.store.fsck import fsck
from ledger.views.folding import rows_of
from ledger.views.runner import Projector
from tests.property.application_stage import (
    CHAIN,
    COI,
    OTHER_COI,
    OUTSIDERS,
    Template,
    sign,
    story,
    template,
    took,
)
from tests.property.mangled import flipped
from tests.property.test_domain_rules import DECISIONS, sayings
from tests.property.test_views_replay import tables
from tests.scenario import ORIGIN, PEOPLE

EXAMPLES, STEPS = map(int, os.environ.get("UNBROKEN_MACHINE", "8,30").split(","))
RUN: Counter[str] = Counter()
STAGE: list[Template] = []
facts = sayings(people=sorted(PEOPLE), facts_only=True)
decisions = sayings(people=sorted(PEOPLE)).filter(lambda said: said["event"] in DECISIONS)
noise = sayings(people=OUTSIDERS, facts_only=True)
kept = settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None)


def parts(saying: dict[str, Any]) -> tuple[str, str, str, dict[str, Any]]:
    """Agent, stream, event, members; the numbering is the signer's own."""
    own = {name: value for name, value in saying.items() if name not in ("signer", "stream", "event")}
    return saying["signer"], saying["stream"], saying["event"], own


class Machine(RuleBasedStateMachine):
    """Many people on one ledger. `offline` holds what was signed and not sent yet."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="unbroken-machine-"))
        self.scenario = STAGE[0].copy(self.folder)
        self.offline: list[bytes] = []
        self.sent: list[tuple[bytes, Answer]] = []
        self.story = story(self.scenario)
        self.authorised: list[tuple[Answer, str, str]] = []

    @property
    def ledger(self) -> Ledger:
        return self.scenario.ledger

    # --- what people do ------------------------------------------------------------------

    @rule(saying=facts)
    def say(self, saying: dict[str, Any]) -> None:
        self.record_fact(sign(self.scenario, *parts(saying)))

    @rule(saying=facts)
    def keep_for_later(self, saying: dict[str, Any]) -> None:
        self.offline.append(sign(self.scenario, *parts(saying)))

    @precondition(lambda self: self.offline)
    @rule(data=st.data())
    def send_in_any_order(self, data: st.DataObject) -> None:
        raws = data.draw(st.permutations(self.offline))
        self.offline = []
        for raw, answer in zip(raws, self.ledger.submit(raws).result(), strict=True):
            self.take(raw, answer)

    @rule(said=st.lists(facts, min_size=2, max_size=6, unique_by=lambda saying: saying["signer"]))
    def say_at_the_same_time(self, said: list[dict[str, Any]]) -> None:
        raws = [sign(self.scenario, *parts(saying)) for saying in said]
        with ThreadPoolExecutor(len(raws)) as threads:
            answers = list(threads.map(self.ledger.record, raws))
        assert len({answer.position for answer in answers}) == len(raws)
        for raw, answer in zip(raws, answers, strict=True):
            self.take(raw, answer)

    @rule(saying=decisions, is_fresh=st.booleans())
    def decide(self, saying: dict[str, Any], is_fresh: bool) -> None:
        agent, _, event, fields = parts(saying)
        if is_fresh:
            fields["chain_version"] = self.scenario.version(COI)
        self.try_to_decide(agent, event, fields)

    @precondition(lambda self: self.story)
    @rule(steps=st.integers(1, 8))
    def go_on(self, steps: int) -> None:
        """The next ordinary steps, as far as the rules allow them now."""
        while steps and self.story and self.next_step():
            steps -= 1

    @precondition(lambda self: self.story)
    @rule()
    def bring_it_to_the_end(self) -> None:
        """Quality clears what noise blocked, and the story goes on until something stops it."""
        self.quality_clears_all()
        while self.story and self.next_step():
            pass

    def next_step(self) -> bool:
        agent, event, fields = self.story[0]()
        if event not in DECISIONS:
            self.record_fact(sign(self.scenario, agent, CHAIN, event, fields))
        elif not self.try_to_decide(agent, event, fields | {"chain_version": self.scenario.version(COI)}):
            return False
        del self.story[0]
        return True

    @rule()
    def quality_clears_all(self) -> None:
        chain = self.ledger.world_at().chain(COI)
        for one in [one for one in chain.deviations.values() if one.is_open][:20]:
            fields = {"deviation": one.id, "disposition": "accepted", "reason": "assessed"}
            version = {"chain_version": self.scenario.version(COI)}
            self.try_to_decide("quinn", "DeviationDispositioned", fields | version)

    @rule(said=st.lists(noise, min_size=1, max_size=3))
    def outsiders_talk(self, said: list[dict[str, Any]]) -> None:
        """Unless the holder's own release let them in, they change nothing and block nothing."""
        before = self.ledger.world_at().chain(COI)
        if {"far-depot", "far-clinic"} & (before.handled_sites() | before.present_sites()):
            return
        for saying in said:
            self.record_fact(sign(self.scenario, *parts(saying)))
        assert self.ledger.world_at().chain(COI) == before

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        raw, first = data.draw(st.sampled_from(self.sent))
        again = self.ledger.record(raw)
        assert (again.position, again.receipt) == (first.position, first.receipt)

    @rule(saying=facts, where=st.integers(0, 10_000))
    def alter_one_bit(self, saying: dict[str, Any], where: int) -> None:
        agent, stream, event, fields = parts(saying)
        raw = self.scenario.sign(agent, stream, event, **fields)
        self.must_refuse(flipped(raw, where % (8 * len(raw))))

    @rule(saying=facts)
    def lose_the_disk_at_the_commit(self, saying: dict[str, Any]) -> None:
        agent, stream, event, fields = parts(saying)
        raw = self.scenario.sign(agent, stream, event, **fields)
        before = self.ledger.store.head()
        on.listen(self.ledger.store.engine, "commit", _fail)
        with pytest.raises(Fault):
            self.ledger.record(raw)
        on.remove(self.ledger.store.engine, "commit", _fail)
        assert self.ledger.store.head() == before
        took(self.scenario.signer(agent), raw)
        self.record_fact(raw)

    @rule()
    def restart(self) -> None:
        self.ledger.close()
        self.scenario.ledger = Ledger(self.ledger.config)

    @rule(seconds=st.sampled_from([1, 60, 3600, 90_000]))
    def wait(self, seconds: int) -> None:
        self.scenario.clock.forward(seconds)

    # --- what must hold at once ----------------------------------------------------------

    def record_fact(self, raw: bytes) -> None:
        """A signed fact is never refused."""
        self.take(raw, self.ledger.record(raw))

    def take(self, raw: bytes, answer: Answer | UnbrokenError) -> None:
        assert isinstance(answer, Answer), answer
        self.sent.append((raw, answer))
        RUN["facts recorded"] += 1

    def try_to_decide(self, agent: str, event: str, fields: dict[str, Any]) -> bool:
        raw = self.scenario.sign(agent, CHAIN, event, **fields)
        before = self.ledger.store.head(), self.ledger.world_at().chain(COI)
        try:
            answer = self.ledger.record(raw)
        except Fault:
            raise
        except UnbrokenError:
            assert (self.ledger.store.head(), self.ledger.world_at().chain(COI)) == before
            RUN["decisions refused"] += 1
            return False
        took(self.scenario.signer(agent), raw)
        self.sent.append((raw, answer))
        RUN["decisions recorded"] += 1
        if event == "InfusionAuthorised":
            self.authorised.append((answer, fields["container"], fields["site"]))
        return True

    def must_refuse(self, raw: bytes) -> None:
        before = self.ledger.store.head()
        with pytest.raises(UnbrokenError) as refusal:
            self.ledger.record(raw)
        assert not isinstance(refusal.value, Fault)
        assert self.ledger.store.head() == before
        RUN["altered statements refused"] += 1

    # --- what must hold always -----------------------------------------------------------

    @invariant()
    def what_the_writer_keeps_is_the_fold_of_the_log(self) -> None:
        RUN["steps"] += 1
        fresh = self.ledger.world_at()
        for coi in (COI, OTHER_COI):
            kept_chain = self.ledger.world._kept.get(f"chain/{coi}")
            assert kept_chain is None or kept_chain == fresh.chain(coi)

    @invariant()
    def every_container_has_one_holder_to_whom_hand_overs_lead(self) -> None:
        for coi in (COI, OTHER_COI):
            for container in self.ledger.world_at().chain(coi).containers.values():
                custody = container.custody
                leaving = Counter(release.giver for release, _ in custody.moved.values())
                arriving = Counter(claim.receiver for _, claim in custody.moved.values())
                arriving[custody.origin] += 1
                assert +(arriving - leaving) == Counter([custody.holder])

    # --- what must hold at the end -------------------------------------------------------

    def teardown(self) -> None:
        try:
            self.check_authorisations()
            self.check_every_proof()
            self.check_every_past()
            self.check_the_views()
            report = fsck(self.ledger.store, str(self.ledger.vkey))
            assert report.ok, report
        finally:
            self.ledger.close()
            shutil.rmtree(self.folder, ignore_errors=True)
        RUN["runs"] += 1

    def check_authorisations(self) -> None:
        """No infusion was authorised through a failed gate, as the log before it shows."""
        for answer, container, site in self.authorised:
            world = self.ledger.world_at(answer.position)
            gates = infusion_gates(world, COI, container, site, answer.recorded_ms)
            assert [gate for gate in gates if not gate.passed] == []
            RUN["infusions authorised"] += 1

    def check_every_proof(self) -> None:
        ledger, (size, root) = self.ledger, self.ledger.store.head()
        public = ledger.vkey.public
        for stored in ledger.store.entries(0, size):
            answer = ledger.answer_at(stored.position)
            found = receipt.verify_receipt(answer.receipt, stored.data, public, ORIGIN)
            assert (found.index, found.size) == (stored.position, answer.size)
            path = merkle.inclusion_proof(stored.position, size, node_reader(ledger.store))
            merkle.verify_inclusion(merkle.leaf_hash(stored.data), stored.position, size, path, root)
            head = ledger.store.checkpoint_covering(stored.position)
            path = merkle.inclusion_proof(stored.position, head.size, node_reader(ledger.store))
            proof = receipt.encode_tlog_proof(stored.position, path, head.note)
            receipt.verify_tlog_proof(proof, stored.data, ledger.vkey)
            RUN["entries proved in three forms"] += 1

    def check_every_past(self) -> None:
        """The state as of any position is the replay of the entries before it."""
        store = self.ledger.store
        audit = MemoryWorld(ORIGIN, self.ledger.world_at().checkpoint)
        for stored in store.entries(0, store.head()[0]):
            past = self.ledger.world_at(stored.position)
            for coi in (COI, OTHER_COI):
                assert past.chain(coi) == audit.chain(coi)
            audit.record(entry_of(stored.position, stored.data, stored.recorded_ms))
        for coi in (COI, OTHER_COI):
            assert self.ledger.world_at().chain(coi) == audit.chain(coi)

    def check_the_views(self) -> None:
        """What the views show is the fold, and a rebuild changes nothing."""
        projector = Projector(self.ledger.store.engine, self.ledger.store, batch=7)
        projector.catch_up()
        shown = tables(self.ledger.store.engine)
        folded = [rows_of(self.ledger.world_at().chain(coi)) for coi in (COI, OTHER_COI)]
        for table in folded[0]:
            assert set(shown[table]) == {row for rows in folded for row in rows[table].values()}
        projector.rebuild()
        assert tables(self.ledger.store.engine) == shown
        projector.close()


def _fail(_: Any) -> None:
    raise OperationalError("COMMIT", None, OSError("the disk is gone"))


def test_whatever_people_do_the_ledger_keeps_its_laws(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    STAGE[:] = [template(tmp_path_factory.mktemp("template"))]
    run_state_machine_as_test(Machine, settings=kept)
    with capsys.disabled():
        print("\nstate machine:", ", ".join(f"{count:,} {what}" for what, count in sorted(RUN.items())))  # noqa: T201
    assert RUN["runs"] >= EXAMPLES
