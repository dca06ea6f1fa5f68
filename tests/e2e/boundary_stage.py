"""A served ledger in which every kind of wrong statement can be sent.

One therapy is open, one is closed. `right(event)` may say the event; beside them are people
who are wrong in one way each. What is said are the examples of the policy's own tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import httpx

from ledger.domain.events import EVENTS
from ledger.domain.parts import Role
from ledger.domain.world import timestamp
from ledger.proof.keyfile import new_key
from tests.domain_one_of_each import EXAMPLES, NORTHCELL
from tests.domain_permissions import ALLOWED
from tests.domain_scene import CHAIN, COI, CONSENT, ORDER, patient
from tests.domain_supply import LOT, PLATFORM
from tests.e2e.api_stage import Stage, served
from tests.scenario import APHERESIS, Scenario, Signer, b64

CLOSED, PROVISIONAL = "chain/isbt128:CHA999926CLSED1", "chain/acme:PROV-1"
KINDS = {event.__name__: event.kind for event in EVENTS}
FACTS = [name for name, kind in KINDS.items() if kind == "fact"]
DECISIONS = [name for name, kind in KINDS.items() if kind == "decision"]
HERE = {  # who has which role at which place
    ("administrator", "northcell-1"): "ben",
    ("coordinator", "st-mary"): "carl",
    ("physician", "st-mary"): "phil",
    ("apheresis", "st-mary"): "anna",
    ("nurse", "st-mary"): "nora",
    ("manufacturer", "northcell-1"): "mia",
    ("quality", "northcell-1"): "quinn",
    ("quality", "st-mary"): "petra",
}
DEVICES = {"st-mary": "dora", "northcell-1": "dan"}  # a device may say little, and decide nothing
NOVICES = {"st-mary": "una", "northcell-1": "uli"}  # the roles, and no qualification
ALL_ROLES = tuple(role for role in get_args(Role) if role not in ("auditor", "device"))
DAY_MS = 86_400_000


def right(event: str) -> str:
    """Somebody who may say it."""
    roles, here = ALLOWED[event][0].split(), EXAMPLES[event][2]
    found = next((HERE[role, here] for role in roles if (role, here) in HERE), None)
    return found or ("quinn" if "quality" in roles else "ben")


@dataclass
class Boundary:
    stage: Stage
    retired: dict[str, Signer] = field(default_factory=dict)  # by name: with the key from before
    late: dict[str, str] = field(default_factory=dict)  # by stream: what a key signed that was then revoked

    @property
    def scenario(self) -> Scenario:
        return self.stage.scenario

    def members(self, event: str, stream: str) -> dict[str, Any]:
        """A right example of the event, with keys that are some and the chain as it is now."""
        fields = dict(EXAMPLES[event][1])
        for member in fields.keys() & {"key", "event_key"}:
            fields[member] = b64(new_key().public.spki)
        if "administrators" in fields:
            people = fields["administrators"]
            fields["administrators"] = [one | {"key": b64(new_key().public.spki)} for one in people]
        if "statement" in fields:
            fields["statement"] = self.late[stream]
        if "chain_version" in fields:
            fields["chain_version"] = self.scenario.version(COI)
        return fields

    def send(
        self, agent: str, event: str, stream: str | None = None, old_key: bool = False, **fields: Any
    ) -> httpx.Response:
        """The agent says the example, but for `fields`; their numbering goes on if it was recorded."""
        scenario = self.scenario
        present = scenario.signer(agent)
        if old_key:
            scenario.signers[agent] = self.retired[agent]
        signer = scenario.signer(agent)
        stream = stream or EXAMPLES[event][0]
        members = self.members(event, stream) | fields
        raw = scenario.sign(agent, stream, event, **members)
        response = self.stage.post(raw)
        if response.status_code == 201:
            signer.seq = members.get("seq", signer.seq) + 1
            signer.prev = response.json()["statement_id"]
        scenario.signers[agent] = present
        return response

    def moment(self, days: int) -> str:
        return timestamp(self.scenario.clock() + days * DAY_MS)


@contextmanager
def boundary(folder: Path) -> Iterator[Boundary]:
    with served(f"sqlite:///{folder}/ledger.db", folder) as stage:
        made = Boundary(stage)
        _furnish(stage.scenario)
        for agent in sorted(set(HERE.values())):
            made.retired[agent] = _new_key(stage.scenario, agent)
        _tell(stage.scenario)
        made.late = _revoked(stage.scenario)
        yield made


def _furnish(scenario: Scenario) -> None:
    for site, kind in (("far-clinic", "care"), ("far-depot", "courier"), ("shut-clinic", "care")):
        fields = {"organisation": "swift-cryo", "site_kind": kind, "country": "GB"}
        scenario.say("cleo", f"site/{site}", "SiteOnboarded", **fields)
    scenario.say("cleo", "site/shut-clinic", "SiteSuspended", reason="inspection")
    for agent, by, site, roles in (
        ("olga", "cleo", "far-clinic", ALL_ROLES),
        ("sam", "cleo", "swift-depot", ALL_ROLES),
        ("dora", "ada", "st-mary", ("device",)),
        ("dan", "ben", "northcell-1", ("device",)),
        ("una", "ada", "st-mary", ("nurse", "physician")),
        ("uli", "ben", "northcell-1", ("quality",)),
        ("petra", "ada", "st-mary", ("quality",)),
    ):
        _enrol(scenario, agent, by, site, roles)
    scenario.say("mia", "lot/lv-9", "LotReceived", **NORTHCELL | LOT)
    scenario.say("mia", "equipment/p-9", "EquipmentRegistered", **NORTHCELL | PLATFORM)


def _enrol(scenario: Scenario, agent: str, by: str, site: str, roles: tuple[str, ...]) -> None:
    organisation = {"ada": "st-mary-trust", "ben": "northcell", "cleo": "swift-cryo"}[by]
    answer = scenario.say(
        by, f"agent/{agent}", "AgentEnrolled", organisation=organisation,
        roles=[{"role": role, "site": site} for role in roles],
        key=b64(scenario.signer(agent).key.public.spki),
    )  # fmt: skip
    if "quality" in roles:
        approver = "ada" if by != "ada" else "ben"
        scenario.say(approver, f"agent/{agent}", "EnrolmentApproved", enrolment=answer.statement_id.hex())


def _new_key(scenario: Scenario, agent: str) -> Signer:
    """From now on they sign with another key; theirs from before is retired."""
    old, new = scenario.signer(agent), Signer(agent, new_key())
    scenario.say(agent, f"agent/{agent}", "KeyAdded", key=b64(new.key.public.spki))
    scenario.signers[agent] = new
    kid = old.key.public.kid.hex()
    scenario.say(agent, f"agent/{agent}", "KeyRetired", kid=kid, reason="new_phone")
    return old


def _tell(scenario: Scenario) -> None:
    """One therapy is ordered, one is closed, and a collection waits for its order."""
    for stream in (CHAIN, CLOSED):
        scenario.say("carl", stream, "TherapyOrdered", **ORDER)
        scenario.say("carl", stream, "ConsentRecorded", **CONSENT)
    scenario.say("carl", CLOSED, "TherapyClosed", chain_version=2, reason="patient_recovered")
    read = {"site": "st-mary", "patient": patient(), "method": "scan", "outcome": "match"}
    scenario.say("anna", PROVISIONAL, "PatientIdentified", **read)
    bag = {"container": "PROV-F1", "volume_ul": 100_000}
    ended_at = timestamp(scenario.clock())
    scenario.say(
        "anna", PROVISIONAL, "CollectionCompleted", at=APHERESIS, ended_at=ended_at, containers=[bag]
    )


def _revoked(scenario: Scenario) -> dict[str, str]:
    """A courier's phone was lost with statements on it."""
    packed = EXAMPLES["Packed"][1]
    held = {stream: b64(scenario.sign("kit", stream, "Packed", **packed)) for stream in (CHAIN, CLOSED)}
    kid = scenario.signer("kit").key.public.kid.hex()
    scenario.say("cleo", "agent/kit", "KeyRevoked", kid=kid, reason="phone_lost")
    return held
