"""Three companies and one therapy, signed with real keys: the stage of many tests."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ledger.application import Answer, Ledger, LedgerConfig
from ledger.domain.parts import Administrator
from ledger.domain.world import timestamp
from ledger.proof import canonical, statement
from ledger.proof.keyfile import new_key

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.proof.keys import SigningKey
    from ledger.proof.ml_dsa import SecondSigner

ORIGIN = "ledger.example/unbroken"
START_MS = 1_790_000_000_000
WARD = {"site": "st-mary", "department": "ward-5"}
APHERESIS = {"site": "st-mary", "department": "apheresis"}
VAN = {"site": "swift-depot", "department": "van-2"}
CLEANROOM = {"site": "northcell-1", "department": "cleanroom"}
ADMINISTRATORS = {"ada": "st-mary-trust", "ben": "northcell", "cleo": "swift-cryo"}
SITES = {
    "st-mary": ("ada", "st-mary-trust", "care"),
    "northcell-1": ("ben", "northcell", "manufacturing"),
    "swift-depot": ("cleo", "swift-cryo", "courier"),
}
PEOPLE = {  # agent: who enrols, who approves, roles
    "carl": ("ada", None, [("coordinator", "st-mary")]),
    "phil": ("ada", None, [("physician", "st-mary")]),
    "anna": ("ada", None, [("apheresis", "st-mary")]),
    "nora": ("ada", None, [("nurse", "st-mary")]),
    "nils": ("ada", None, [("nurse", "st-mary")]),
    "kit": ("cleo", None, [("courier", "swift-depot")]),
    "mia": ("ben", None, [("manufacturer", "northcell-1")]),
    "quinn": ("ben", "ada", [("quality", "northcell-1")]),
}
QUALIFIED = {"nora": "bedside", "nils": "bedside", "phil": "bedside", "quinn": "batch_release"}


class Clock:
    """A clock that only moves when told to."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms

    def forward(self, seconds: int) -> None:
        self.now_ms += seconds * 1000


@dataclass
class Signer:
    """A person or device: a key, and the number and id of its last statement."""

    agent: str
    key: SigningKey
    seq: int = 0
    prev: str | None = None


def commitment(field_name: str, value: str) -> dict[str, str]:
    return {"field": field_name, "commitment": hashlib.sha256(f"{field_name} {value}".encode()).hexdigest()}


def patient(name: str) -> list[dict[str, str]]:
    return [commitment("record_number", name), commitment("birth_date", name)]


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Scenario:
    """A ledger and its people. `say` signs and records; `sign` only signs."""

    ledger: Ledger
    clock: Clock
    signers: dict[str, Signer] = field(default_factory=dict)

    def signer(self, agent: str) -> Signer:
        if agent not in self.signers:
            self.signers[agent] = Signer(agent, new_key())
        return self.signers[agent]

    def payload(self, agent: str, event: str, **fields: Any) -> dict[str, Any]:
        """The event's members with the envelope's: `fields` may override any of them."""
        signer = self.signer(agent)
        size, root = self.ledger.store.head()
        return {
            "type": event,
            "v": 1,
            "occurred_at": timestamp(self.clock()),
            "seen": {"size": size, "root": root.hex()},
            "seq": signer.seq,
            "prev": signer.prev,
        } | fields

    def sign(self, agent: str, stream: str, event: str, **fields: Any) -> bytes:
        """Sign as the agent's next statement; a refused one must be taken back with `undo`."""
        signer = self.signer(agent)
        payload = canonical.encode(self.payload(agent, event, **fields))
        return statement.sign(
            signer.key, iss=agent, sub=stream, aud=ORIGIN, cti=os.urandom(16), payload=payload
        )

    def say(self, agent: str, stream: str, event: str, **fields: Any) -> Answer:
        answer = self.ledger.record(self.sign(agent, stream, event, **fields))
        signer = self.signer(agent)
        signer.seq, signer.prev = signer.seq + 1, answer.statement_id.hex()
        return answer

    def version(self, coi: str) -> int:
        return self.ledger.world_at().chain(coi).version

    def enrol(self, agent: str) -> None:
        by, approver, roles = PEOPLE[agent]
        answer = self.say(
            by,
            f"agent/{agent}",
            "AgentEnrolled",
            organisation=ADMINISTRATORS[by],
            roles=[{"role": role, "site": site} for role, site in roles],
            key=b64(self.signer(agent).key.public.spki),
        )
        if approver:
            self.say(approver, f"agent/{agent}", "EnrolmentApproved", enrolment=answer.statement_id.hex())
        if agent in QUALIFIED:
            expiry = timestamp(self.clock() + 365 * 86_400_000)
            self.say(
                by,
                f"agent/{agent}",
                "QualificationGranted",
                qualification=QUALIFIED[agent],
                expires_at=expiry,
            )

    def furnish(self) -> None:
        """Onboard the sites, enrol the people, define the product."""
        for site, (by, organisation, kind) in SITES.items():
            fields = {"organisation": organisation, "site_kind": kind, "country": "GB"}
            self.say(by, f"site/{site}", "SiteOnboarded", **fields)
        for agent in PEOPLE:
            self.enrol(agent)
        self.say("quinn", "product/decentra-car", "ProductVersionDefined", **PRODUCT)

    def order(self, coi: str, name: str = "patient-1") -> Answer:
        """Order a therapy for a patient who agreed; the order's answer."""
        answer = self.say("carl", f"chain/{coi}", "TherapyOrdered", **ordered(name))
        self.say("carl", f"chain/{coi}", "ConsentRecorded", site="st-mary", form="CONSENT v3")
        return answer


PRODUCT: dict[str, Any] = {
    "version": 1,
    "name": "Decentra-CAR example",
    "window_starts": "thaw_started",
    "window_s": 3600,
    "claim_limit_s": 86_400,
    "countries": ["GB"],
    "sites": ["northcell-1"],
}


def ordered(name: str) -> dict[str, Any]:
    return {
        "product": {"product": "decentra-car", "version": 1},
        "protocol": "UB-001",
        "country": "GB",
        "sites": {
            "collection": "st-mary",
            "manufacturing": ["northcell-1"],
            "treatment": "st-mary",
            "couriers": ["swift-depot"],
        },
        "patient": patient(name),
    }


def open_scenario(
    database_url: str,
    directory: Path | None = None,
    clock: Clock | None = None,
    second: SecondSigner | None = None,
) -> Scenario:
    """A new log on a fresh database, its people enrolled. `second`: its second key, which is announced."""
    clock = clock or Clock()
    mark = directory / "high-water" if directory else None
    config = LedgerConfig(database_url, ORIGIN, new_key(), new_key(), mark, clock, second)
    signers = {agent: Signer(agent, new_key()) for agent in ADMINISTRATORS}
    administrators = [
        Administrator(agent=agent, organisation=organisation, key=b64(signers[agent].key.public.spki))
        for agent, organisation in ADMINISTRATORS.items()
    ]
    scenario = Scenario(Ledger.create(config, administrators), clock, signers)
    scenario.ledger.announce_second_key()
    scenario.furnish()
    return scenario


def therapy(scenario: Scenario, coi: str, name: str = "patient-1", bag: str = "BAG") -> None:
    """One therapy from vein to vein, one bag, nothing wrong."""
    chain, clock, say = f"chain/{coi}", scenario.clock, scenario.say
    fresh, dose = f"{bag}-F1", f"{bag}-D1"
    scenario.order(coi, name)
    say(
        "anna",
        chain,
        "PatientIdentified",
        site="st-mary",
        patient=patient(name),
        method="scan",
        outcome="match",
    )
    say("anna", chain, "CollectionCompleted", at=APHERESIS, ended_at=timestamp(clock()),
        containers=[{"container": fresh, "volume_ul": 200_000}])  # fmt: skip
    say("anna", chain, "Packed", at=APHERESIS, containers=[fresh], shipper="SHIPPER-1", logger="LOG-1")
    hand_over(scenario, coi, fresh, ("anna", APHERESIS), ("kit", VAN))
    hand_over(scenario, coi, fresh, ("kit", VAN), ("mia", CLEANROOM))
    say("mia", chain, "ManufacturingStarted", at=CLEANROOM, batch="B-1", platform="P-1", containers=[fresh])
    say("mia", chain, "ContainersDerived", at=CLEANROOM, how="fill",
        parents=[{"container": fresh, "volume_ul": 200_000}],
        children=[{"container": dose, "volume_ul": 50_000, "bag": 1, "of": 1,
                   "expires_at": timestamp(clock() + 90 * 86_400_000)}])  # fmt: skip
    say("quinn", chain, "Released", chain_version=scenario.version(coi), site="northcell-1",
        containers=[dose], certificate="ab" * 32, countries=["GB"], protocols=["UB-001"])  # fmt: skip
    hand_over(scenario, coi, dose, ("mia", CLEANROOM), ("kit", VAN))
    hand_over(scenario, coi, dose, ("kit", VAN), ("nora", WARD))
    prepare(scenario, coi, dose)
    infuse(scenario, coi, dose, name)


def hand_over(
    scenario: Scenario,
    coi: str,
    container: str,
    giver: tuple[str, dict[str, str]],
    receiver: tuple[str, dict[str, str]],
) -> tuple[Answer, Answer]:
    """Release and accept: two statements by two people."""
    scenario.clock.forward(60)
    parties = {"containers": [container], "giver": giver[1], "receiver": receiver[1], "condition": "intact"}
    released = scenario.say(giver[0], f"chain/{coi}", "CustodyReleased", **parties)
    parties["release"] = released.statement_id.hex()
    return released, scenario.say(receiver[0], f"chain/{coi}", "CustodyAccepted", **parties)


def prepare(scenario: Scenario, coi: str, *doses: str) -> None:
    """The patient is fit, the doses are here, the body is made ready for them."""
    chain, say, site = f"chain/{coi}", scenario.say, {"site": "st-mary"}
    confirm_fit(scenario, coi)
    for signer, event, fields in (("carl", "AvailabilityConfirmed", {"containers": list(doses)}),
                                  ("phil", "LymphodepletionAuthorised", {})):  # fmt: skip
        say(signer, chain, event, chain_version=scenario.version(coi), **site, **fields)
    say("nora", chain, "LymphodepletionStarted", regimen="flu_cy", **site)


def confirm_fit(scenario: Scenario, coi: str) -> None:
    until = timestamp(scenario.clock() + 14 * 86_400_000)
    scenario.say("phil", f"chain/{coi}", "PatientFitnessConfirmed", chain_version=scenario.version(coi),
                 site="st-mary", outcome="fit", valid_until=until)  # fmt: skip


def infuse(scenario: Scenario, coi: str, dose: str, name: str) -> None:
    chain, say = f"chain/{coi}", scenario.say
    say("nora", chain, "ThawStarted", at=WARD, containers=[dose])
    scenario.clock.forward(300)
    say("nora", chain, "ThawCompleted", at=WARD, containers=[dose])
    for nurse in ("nora", "nils"):
        say(nurse, chain, "InfusionChecked", chain_version=scenario.version(coi), site="st-mary",
            container=dose, patient=patient(name), method="scan")  # fmt: skip
    say(
        "phil",
        chain,
        "InfusionAuthorised",
        chain_version=scenario.version(coi),
        site="st-mary",
        container=dose,
    )
    say("nora", chain, "InfusionStarted", site="st-mary", container=dose)
    scenario.clock.forward(600)
    say("nora", chain, "InfusionCompleted", site="st-mary", container=dose, dose_given_ul=50_000)
