"""Law: whatever a ledger accepts, on one node or two, an audit of it finds in order.

The ledger decides on what it keeps in memory, in batches, under a lock; the audit folds the
whole log from nothing. They must never differ, whatever people do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.application import Ledger
from ledger.domain.world import timestamp
from ledger.errors import UnbrokenError
from ledger.proof import statement
from ledger.store.fsck import fsck
from tests.scenario import APHERESIS, CLEANROOM, VAN, WARD, Scenario, b64, open_scenario, ordered, patient

COIS = ("isbt128:CHA999926000001", "isbt128:CHA999926000002")
NAMES = ("BAG-1", "BAG-2", "BAG-3")
PLACES = (APHERESIS, VAN, CLEANROOM, WARD)
SIGNERS = ("anna", "kit", "mia", "nora", "nils", "quinn", "phil", "carl")
STEPS = 40

Fields = dict[str, Any]
Act = Callable[["Chaos"], Fields]


class Chaos:
    """People who say anything. `chance` decides all, so that a story can be told again."""

    def __init__(self, scenario: Scenario, chance: Random) -> None:
        self.scenario = scenario
        self.chance = chance
        self.coi = COIS[0]
        self.said: list[str] = ["ab" * 32]  # statement ids

    def pick(self, options: Any) -> Any:
        return self.chance.choice(options)

    def bags(self) -> list[str]:
        return self.chance.sample(NAMES, self.chance.randint(1, 2))

    def handed(self) -> Fields:
        return {"containers": self.bags(), "giver": self.pick(PLACES), "receiver": self.pick(PLACES),
                "condition": self.pick(["intact", "damaged"])}  # fmt: skip

    def decision(self) -> Fields:
        version = self.scenario.version(self.coi)
        return {"chain_version": version - self.pick([0, 0, 0, 1])}

    def odd(self) -> Fields:
        """Now and then a device that is out of step."""
        size, root = self.scenario.ledger.store.head()
        oddities: list[Fields] = [
            {"seq": 77},
            {"prev": "cd" * 32},
            {"seen": None},
            {"seen": {"size": size + self.chance.randint(1, 3), "root": root.hex()}},
            {"occurred_at": timestamp(self.scenario.clock() + 3_600_000)},
            {"occurred_at": timestamp(self.scenario.clock() - 3_600_000)},
        ]
        return self.pick(oddities) if self.chance.random() < 0.15 else {}

    def sign(self) -> bytes:
        """Anybody's next statement about one of the chains."""
        self.coi = self.pick(COIS)
        agent, kind = self.pick(SIGNERS), self.pick(sorted(ACTS))
        fields = ACTS[kind](self) | self.odd()
        return self.scenario.sign(agent, f"chain/{self.coi}", kind, **fields)

    def happened(self, raw: bytes) -> None:
        """It was recorded: the device counts on from it."""
        signed = statement.parse(raw)
        signer = self.scenario.signer(signed.iss)
        signer.seq, signer.prev = signer.seq + 1, signed.id.hex()
        self.said.append(signed.id.hex())


ACTS: dict[str, Act] = {
    "TherapyOrdered": lambda c: ordered("patient-1"),
    "ConsentRecorded": lambda c: {"site": "st-mary", "form": "CONSENT v3"},
    "ConsentWithdrawn": lambda c: {"site": "st-mary", "reason": "asked"},
    "EmergencyOverride": lambda c: c.decision() | {
        "site": "st-mary", "container": c.pick(NAMES), "gates": ["released"], "reason": "no_other_dose",
    },
    "OverrideConfirmed": lambda c: c.decision() | {"override": c.pick(c.said)},
    "PatientIdentified": lambda c: {
        "site": "st-mary", "patient": patient(c.pick(["patient-1", "patient-2"])),
        "method": c.pick(["scan", "typed"]), "outcome": c.pick(["match", "mismatch"]),
    },
    "CollectionCompleted": lambda c: {
        "at": c.pick(PLACES), "ended_at": timestamp(c.scenario.clock()),
        "containers": [{"container": name, "volume_ul": 100} for name in c.bags()],
    },
    "CustodyReleased": lambda c: c.handed(),
    "CustodyAccepted": lambda c: c.handed() | {"release": c.pick([None, *c.said[-6:]])},
    "Packed": lambda c: {"at": c.pick(PLACES), "containers": c.bags(), "shipper": "S-1"},
    "ManufacturingStarted": lambda c: {
        "at": c.pick(PLACES), "batch": "B-1", "platform": "P-1", "containers": c.bags(),
    },
    "ContainersDerived": lambda c: {
        "at": c.pick(PLACES), "how": "split", "parents": [{"container": c.pick(NAMES), "volume_ul": 60}],
        "children": [{"container": c.pick(NAMES), "volume_ul": 30}],
    },
    "SampleTaken": lambda c: {
        "at": c.pick(PLACES), "of": {"container": c.pick(NAMES), "volume_ul": 10}, "purpose": "release",
        "sample": {"container": c.pick(NAMES), "volume_ul": 10},
    },
    "ResultReported": lambda c: {
        "at": c.pick(PLACES), "sample": c.pick(NAMES), "containers": c.bags(), "test": "sterility",
        "outcome": c.pick(["pass", "fail", "invalid"]),
    },
    "IdentityTested": lambda c: {
        "at": c.pick(PLACES), "containers": c.bags(), "method": "str", "reference": "ab" * 32,
        "outcome": c.pick(["match", "mismatch"]),
    },
    "Corrected": lambda c: {
        "corrects": c.pick(c.said[-6:]), "member": c.pick(["seal", "containers.0"]), "was": "A", "right": "B",
        "reason": "typing_error",
    },
    "Rejected": lambda c: c.decision() | {"containers": c.bags(), "reason": "leaks"},
    "BatchConfirmed": lambda c: c.decision() | {
        "site": "northcell-1", "containers": c.bags(), "confirmation": "ab" * 32,
    },
    "DeviationRaised": lambda c: {
        "code": "odd_colour", "severity": "major", "blocking": True, "containers": c.bags(),
        "cause": c.pick([None, *c.said[-3:]]),
    },
    "DeviationDispositioned": lambda c: c.decision() | {
        "deviation": c.pick(c.said), "disposition": "accepted", "reason": "looked_at",
    },
    "Released": lambda c: c.decision() | {
        "site": "northcell-1", "containers": c.bags(), "certificate": "ab" * 32, "countries": ["GB"],
        "protocols": ["UB-001"],
    },
    "ThawStarted": lambda c: {"at": c.pick(PLACES), "containers": c.bags()},
    "ThawCompleted": lambda c: {"at": c.pick(PLACES), "containers": c.bags()},
    "InfusionChecked": lambda c: c.decision() | {
        "site": "st-mary", "container": c.pick(NAMES), "patient": patient("patient-1"), "method": "scan",
    },
    "InfusionStarted": lambda c: {"site": "st-mary", "container": c.pick(NAMES)},
    "InfusionCompleted": lambda c: {"site": "st-mary", "container": c.pick(NAMES), "dose_given_ul": 70},
}  # fmt: skip


def registry(chaos: Chaos) -> None:
    """Something about a site or a key changes."""
    scenario, chance = chaos.scenario, chaos.chance
    agent = chaos.pick(SIGNERS)
    kid = scenario.signer(agent).key.public.kid.hex()
    by = {"mia": "ben", "quinn": "ben", "kit": "cleo"}.get(agent, "ada")
    events: list[tuple[str, str, Fields]] = [
        ("site/st-mary", "SiteSuspended", {"reason": "audit"}),
        ("site/st-mary", "SiteResumed", {"reason": "audit"}),
        (f"agent/{agent}", "KeyRetired", {"kid": kid, "reason": "rotated"}),
        (f"agent/{agent}", "KeyRevoked", {"kid": kid, "reason": "lost"}),
    ]
    stream, kind, fields = chance.choices(events, [4, 8, 1, 1])[0]
    by = "ada" if stream.startswith("site") else by
    with suppress(UnbrokenError):
        scenario.say(by, stream, kind, **fields)


def attest(chaos: Chaos) -> None:
    """Quality enters what a lost phone could not send; refused while its key is good."""
    late = chaos.sign()
    chaos.coi = statement.parse(late).sub.removeprefix("chain/")
    fields = chaos.decision() | {"statement": b64(late), "reason": "lost"}
    with suppress(UnbrokenError):
        chaos.scenario.say("quinn", f"chain/{chaos.coi}", "LateStatementAttested", **fields)


def tell(chaos: Chaos, nodes: list[Ledger]) -> None:
    """One step: some statements together on one node, or a change of the registry."""
    chaos.scenario.clock.forward(chaos.chance.choice([0, 1, 300, 90_000]))
    kind = chaos.chance.random()
    chaos.scenario.ledger = chaos.pick(nodes)
    if kind < 0.12:
        registry(chaos)
    elif kind < 0.2:
        attest(chaos)
    else:
        raws = [chaos.sign() for _ in range(chaos.pick([1, 1, 2, 5]))]
        answers = chaos.scenario.ledger.submit(raws).result()
        for raw, answer in zip(raws, answers, strict=True):
            if not isinstance(answer, UnbrokenError):
                chaos.happened(raw)


@contextmanager
def two_nodes(url: str) -> Iterator[tuple[Scenario, list[Ledger]]]:
    scenario = open_scenario(url)
    first = scenario.ledger
    second = Ledger(first.config)
    try:
        yield scenario, [first, second]
    finally:
        second.close()
        first.close()


def must_agree(url: str, seed: int) -> None:
    with two_nodes(url) as (scenario, nodes):
        chaos = Chaos(scenario, Random(seed))
        scenario.order(COIS[0])
        for _ in range(STEPS):
            tell(chaos, nodes)
        report = fsck(nodes[0].store, str(scenario.ledger.vkey))
        assert report.ok, report.text()
        assert report.size > 30


@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_a_ledger_accepts_an_audit_finds_in_order(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    folder: Path = tmp_path_factory.mktemp("chaos")
    must_agree(f"sqlite:///{folder}/ledger.db", seed)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_two_nodes_on_postgresql_accept_an_audit_finds_in_order(
    fresh_postgres_url: str, seed: int
) -> None:
    must_agree(fresh_postgres_url, seed)
