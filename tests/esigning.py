"""Statements with an e-signature inside, and a therapy whose product asks for them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ledger.domain.world import timestamp
from ledger.proof import canonical, statement
from tests.scenario import APHERESIS, CLEANROOM, ORIGIN, PRODUCT, VAN, Scenario, hand_over, ordered

if TYPE_CHECKING:
    from tests.authenticator import Authenticator

DEMANDING = "isbt128:CHA999926000002"
DOSE = "SIGNED-D1"


def esigned(
    scenario: Scenario, passkey: Authenticator, agent: str, stream: str, event: str, **fields: Any
) -> bytes:
    """A statement of the agent with the passkey's e-signature inside."""
    return signed(scenario, agent, stream, passkey.esign(scenario.payload(agent, event, **fields)))


def signed(scenario: Scenario, agent: str, stream: str, payload: dict[str, Any]) -> bytes:
    """The payload as it stands, under the agent's key."""
    key, said = scenario.signer(agent).key, canonical.encode(payload)
    cti = hashlib.sha256(said).digest()[:16]
    return statement.sign(key, iss=agent, sub=stream, aud=ORIGIN, cti=cti, payload=said)


def record(scenario: Scenario, agent: str, raw: bytes) -> int:
    """Record a statement that `esigned` or `signed` made; its position. The agent's next one follows it."""
    answer, signer = scenario.ledger.record(raw), scenario.signer(agent)
    signer.seq, signer.prev = signer.seq + 1, answer.statement_id.hex()
    return answer.position


def by_passphrase(scenario: Scenario, meaning: str = "approval") -> dict[str, Any]:
    """The member of somebody whose device asked for the passphrase just now."""
    when = timestamp(scenario.clock())
    return {"esignature": {"meaning": meaning, "method": "passphrase", "signed_at": when}}


def made_under_demand(scenario: Scenario) -> None:
    """A dose, made and not released, of a product version that asks for e-signatures."""
    say, chain = scenario.say, f"chain/{DEMANDING}"
    demanding = PRODUCT | {"version": 2, "required_checks": ["esignature"]}
    say("quinn", "product/decentra-car", "ProductVersionDefined", **demanding)
    order = ordered("patient-2") | {"product": {"product": "decentra-car", "version": 2}}
    say("carl", chain, "TherapyOrdered", **order)
    say("carl", chain, "ConsentRecorded", site="st-mary", form="CONSENT v3")
    say("anna", chain, "CollectionCompleted", at=APHERESIS, ended_at=timestamp(scenario.clock()),
        containers=[{"container": "SIGNED-F1", "volume_ul": 100}])  # fmt: skip
    hand_over(scenario, DEMANDING, "SIGNED-F1", ("anna", APHERESIS), ("kit", VAN))
    hand_over(scenario, DEMANDING, "SIGNED-F1", ("kit", VAN), ("mia", CLEANROOM))
    say("mia", chain, "ContainersDerived", at=CLEANROOM, how="fill",
        parents=[{"container": "SIGNED-F1", "volume_ul": 100}],
        children=[{"container": DOSE, "volume_ul": 90}])  # fmt: skip


def release_of_dose(scenario: Scenario, **fields: Any) -> dict[str, Any]:
    said = {"site": "northcell-1", "containers": [DOSE], "certificate": "ab" * 32, "countries": ["GB"],
            "protocols": ["UB-001"], "chain_version": scenario.version(DEMANDING)}  # fmt: skip
    return said | fields
