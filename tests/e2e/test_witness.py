"""Three real witnesses and a real ledger: cosigned within seconds, through deaths, forks and strangers."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from api.home import Home
from api.server import _witnesses
from api.settings import Settings
from api.witnessing import Witnessing
from clients.heads import Head, connect
from ledger.application import Ledger, LedgerConfig, node_reader
from ledger.errors import ProofInvalid, UnbrokenError
from ledger.proof import receipt
from ledger.proof.add_checkpoint import PATH, parse_conflict, parse_cosignatures
from ledger.proof.checkpoint import open_checkpoint
from ledger.proof.note import COSIGNATURE, parse_note
from ledger.proof.witnesses import Policy
from ledger.store.cosignatures import CosignatureStore
from ledger.store.fsck import fsck
from ledger.store.reading import StoredCheckpoint
from tests.e2e.api_stage import Stage, enrol, serving, size
from tests.scenario import Clock, Scenario, open_scenario
from tests.witness_stage import LOG, History, Process, policy, processes, vkey_of_number

NUMBERS = (11, 12, 13)


def until(true: Callable[[], object], what: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def asked(witnesses: list[Process], threshold: int = 2) -> Policy:
    numbers = [one.number for one in witnesses]
    return policy(threshold, *numbers, urls=[one.url for one in witnesses])


def speak(scenario: Scenario, count: int = 1) -> None:
    """Entries of people who are enrolled one after another."""
    for _ in range(count):
        name = f"nurse-{scenario.ledger.store.head()[0]}"
        enrol(scenario, name, "nurse", "ada", "st-mary-trust", "st-mary")


@pytest.fixture(scope="module")
def ledger_and_witnesses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, list[Process]]]:
    folder = tmp_path_factory.mktemp("witnessed")
    scenario = open_scenario(f"sqlite:///{folder}/ledger.db", folder, Clock())
    with processes(folder, NUMBERS, scenario.ledger.vkey) as witnesses:
        with serving(scenario, Settings(witnesses=asked(witnesses))) as stage:
            yield stage, witnesses
        scenario.ledger.close()


def witnessed(stage: Stage) -> int:
    return int(stage.get("/v1/health").json()["witnessed_size"] or 0)


def whole(stage: Stage) -> None:
    until(lambda: witnessed(stage) == size(stage), "the newest head was not cosigned by enough")


def states(stage: Stage) -> dict[str, str]:
    return {one["name"]: one["state"] for one in stage.get("/v1/health").json()["witnesses"]}


def test_the_newest_head_is_cosigned_soon_and_served_with_its_lines(
    ledger_and_witnesses: tuple[Stage, list[Process]],
) -> None:
    stage, witnesses = ledger_and_witnesses
    speak(stage.scenario)
    until(lambda: len(parse_note(stage.get("/log/checkpoint").content).signatures) == 5, "three lines more")
    note = stage.get("/log/checkpoint.witnessed").content
    assert note == stage.get("/log/checkpoint").content == stage.get(f"/log/checkpoint.{size(stage)}").content
    head = open_checkpoint(note, stage.scenario.ledger.vkey).checkpoint
    assert set(asked(witnesses).cosigners(parse_note(note))) == {"W11", "W12", "W13"}
    assert head.size == size(stage)
    listed = stage.get("/v1/checkpoints", params={"after": head.size - 1}).json()["checkpoints"]
    assert listed[-1]["note"].encode() == note


def test_a_witness_serves_a_monitor_the_head_that_it_cosigned(
    ledger_and_witnesses: tuple[Stage, list[Process]],
) -> None:
    stage, witnesses = ledger_and_witnesses
    whole(stage)
    about = httpx.get(f"{witnesses[0].url}/").text
    assert f"log {stage.scenario.ledger.vkey}" in about
    told = {one.origin: one.size for one in witnesses[0].heads()}
    assert told == {stage.scenario.ledger.origin: size(stage)}


def test_a_proof_to_carry_away_meets_the_policy_by_itself(
    ledger_and_witnesses: tuple[Stage, list[Process]],
) -> None:
    """c2sp.org/tlog-proof with a cosigned checkpoint: nobody needs to be asked any more."""
    stage, witnesses = ledger_and_witnesses
    whole(stage)
    raw = stage.get("/v1/entries/3", "ada", headers={"accept": "application/cose"}).content
    proof = stage.get("/v1/entries/3/proof", "ada").content
    signed = receipt.verify_tlog_proof(proof, raw, stage.scenario.ledger.vkey)
    assert asked(witnesses, 3).met_by(asked(witnesses, 3).cosigners(parse_note(signed.note)))


def test_a_dead_witness_is_shown_and_catches_up_once_it_is_back(
    ledger_and_witnesses: tuple[Stage, list[Process]],
) -> None:
    stage, witnesses = ledger_and_witnesses
    whole(stage)
    witnesses[1].kill()
    speak(stage.scenario, 2)
    whole(stage)  # two of three are enough
    until(lambda: states(stage)["W12"] == "witness_unreachable", "its death was not noticed")
    assert (
        'unbroken_witness_failures{witness="W12",state="witness_unreachable"}' in stage.get("/metrics").text
    )
    assert f"unbroken_witnessed_size {size(stage)}" in stage.get("/metrics").text
    witnesses[1].start()
    until(lambda: states(stage)["W12"] == "cosigns", "it was not asked again")
    assert {one.size for one in witnesses[1].heads()} == {size(stage)}
    assert set(states(stage).values()) == {"cosigns"}


def test_every_kept_cosignature_is_checked_by_fsck(ledger_and_witnesses: tuple[Stage, list[Process]]) -> None:
    stage, _ = ledger_and_witnesses
    whole(stage)
    report = fsck(stage.scenario.ledger.store, str(stage.scenario.ledger.vkey))
    assert report.ok, report.text()


# --- deaths -------------------------------------------------------------------------------


def test_a_witness_killed_again_and_again_cosigns_one_history_only(tmp_path: Path) -> None:
    """Two logs under one key fork after 40 entries and race each other; kill -9 comes at any moment."""
    common = [b"common %d" % number for number in range(40)]
    histories = [History([*common, *(b"%d %d" % (which, n) for n in range(160))]) for which in (1, 2)]
    with processes(tmp_path, [11], LOG) as (one,):
        racers = [Racer(one.url, history, seed) for seed, history in enumerate(histories * 2)]
        for racer in racers:
            racer.start()
        for pause in (0.4, 0.1, 0.7):
            time.sleep(pause)
            one.kill()
            one.start()
        for racer in racers:
            racer.end()
    cosigned = {head for racer in racers for head in racer.cosigned}
    assert len(cosigned) > 20
    assert any(all(history.root(size) == root for size, root in cosigned) for history in histories)
    assert not all(all(history.root(size) == root for size, root in cosigned) for history in histories)


class Racer(threading.Thread):
    """Has its history cosigned, some entries at a time, from whatever size the witness knows."""

    def __init__(self, url: str, history: History, seed: int) -> None:
        super().__init__()
        self.cosigned: list[tuple[int, bytes]] = []
        self._url, self._history, self._random = url + PATH, history, random.Random(seed)
        self._ended = threading.Event()
        self._wrong: Exception | None = None

    def end(self) -> None:
        self._ended.set()
        self.join(20)
        assert self._wrong is None, self._wrong

    def run(self) -> None:
        old = 0
        with httpx.Client(timeout=5) as client:
            while not self._ended.is_set():
                try:
                    old = self._one(client, old)
                except httpx.TransportError:
                    time.sleep(0.02)
                except Exception as error:
                    self._wrong = error
                    return

    def _one(self, client: httpx.Client, old: int) -> int:
        new = min(old + self._random.randint(0, 3), len(self._history.leaves))
        submission = self._history.submission(old, new)
        response = client.post(self._url, content=submission.encode())
        if response.status_code == 409:
            return parse_conflict(response.content)
        if response.status_code == 200:
            parse_cosignatures(response.content, submission.note, vkey_of_number(11))
            self.cosigned.append((new, self._history.root(new)))
            return new
        assert response.status_code == 422, response.text
        return old


# --- forks --------------------------------------------------------------------------------


@contextmanager
def forked(folder: Path) -> Iterator[tuple[Scenario, Scenario]]:
    """Two ledgers of one log, from one copied database, with the same keys."""
    first = open_scenario(f"sqlite:///{folder}/ledger.db", None, Clock())
    first.ledger.close()
    shutil.copy(folder / "ledger.db", folder / "copy.db")
    opened = [again(first, folder / name) for name in ("ledger.db", "copy.db")]
    yield opened[0], opened[1]
    for scenario in opened:
        scenario.ledger.close()


def again(scenario: Scenario, database: Path) -> Scenario:
    was = scenario.ledger.config
    config = LedgerConfig(f"sqlite:///{database}", was.origin, was.log_key, was.event_key, None, was.clock_ms)
    signers = {
        name: type(one)(one.agent, one.key, one.seq, one.prev) for name, one in scenario.signers.items()
    }
    return Scenario(Ledger(config), scenario.clock, signers)


def asking(scenario: Scenario, witnesses: list[Process]) -> Witnessing:
    store = scenario.ledger.store
    return Witnessing(store, CosignatureStore(store), asked(witnesses, 1))


def standing(one: Witnessing) -> str:
    return one.standings()[0].state


def newest(scenario: Scenario) -> StoredCheckpoint:
    found = scenario.ledger.store.latest_checkpoint()
    assert found is not None
    return found


def as_seen(head: StoredCheckpoint) -> Head:
    return Head(head.size, head.root, head.note)


@pytest.mark.parametrize("behind", [2, 1], ids=["another size", "the same size"])
def test_a_log_that_forks_is_refused_by_the_witness_and_named_by_whoever_sees_both(
    tmp_path: Path, behind: int
) -> None:
    """One copied database, the same keys, different entries: each ledger alone looks right."""
    with forked(tmp_path) as (true, false):
        speak(true, 1)
        speak(false, behind)
        with processes(tmp_path, [11], true.ledger.vkey) as witnesses:
            good, bad = asking(true, witnesses), asking(false, witnesses)
            good.start()
            until(lambda: standing(good) == "cosigns", "the first was not cosigned")
            bad.start()
            until(lambda: standing(bad) not in ("new", "cosigns"), "the second was not refused")
            assert standing(bad) == "witness_refuses"
            assert bad.newest() is None
            good.close()
            bad.close()
            refused = witnesses[0].refused()
        assert [(one.size, one.fork) for one in refused] == [(newest(false).size, behind == 1)]
        with pytest.raises(ProofInvalid, match="fork_detected"):
            connect(
                as_seen(newest(true)), as_seen(newest(false)), lambda size: node_reader(false.ledger.store)
            )


def test_a_restored_backup_is_seen_by_the_witness_which_knows_more_than_the_log(tmp_path: Path) -> None:
    with forked(tmp_path) as (true, restored):
        speak(true, 3)
        with processes(tmp_path, [11], true.ledger.vkey) as witnesses:
            good, bad = asking(true, witnesses), asking(restored, witnesses)
            good.start()
            until(lambda: standing(good) == "cosigns", "the first was not cosigned")
            bad.start()
            until(lambda: standing(bad) == "witness_ahead", "the loss was not noticed")
            good.close()
            bad.close()


def test_two_nodes_that_both_ask_still_find_a_quorum(tmp_path: Path) -> None:
    scenario = open_scenario(f"sqlite:///{tmp_path}/ledger.db", None, Clock())
    with processes(tmp_path, [11, 12], scenario.ledger.vkey) as witnesses:
        store = scenario.ledger.store
        nodes = [Witnessing(store, CosignatureStore(store), asked(witnesses, 2)) for _ in range(2)]
        for node in nodes:
            node.start()
        for _ in range(4):
            speak(scenario)
            time.sleep(0.3)
        until(
            lambda: [one.newest() for one in nodes] == [newest(scenario)] * 2,
            "no quorum over the newest head",
        )
        for node in nodes:
            node.close()
    scenario.ledger.close()


def test_a_server_whose_policy_is_about_another_log_does_not_start(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make_keys("ledger.example/other", b"of a test")
    path = tmp_path / "policy"
    for text, told in (
        (f"log {LOG}\nwitness W {vkey_of_number(11)} http://w\nquorum W\n", "names other logs"),
        (f"witness W {vkey_of_number(11)}\nquorum W\n", "at which URL"),
        (f"witness W {home.vkey().as_type(COSIGNATURE)} http://w\nquorum W\n", "the key of the log"),
    ):
        path.write_text(text)
        with pytest.raises(UnbrokenError, match=told):
            _witnesses(path, home)
    path.write_text(f"log {home.vkey()}\nwitness W {vkey_of_number(11)} http://w\nquorum W\n")
    assert _witnesses(path, home).quorum == "W"
