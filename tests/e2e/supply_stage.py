"""Two doses made with a lot of vector, as tests of recalls and lookups need them."""

from __future__ import annotations

from typing import Any

from ledger.domain.world import timestamp
from tests.e2e.api_stage import COI, STREAM, Stage
from tests.scenario import APHERESIS, CLEANROOM, Scenario, hand_over

FRESH, DOSE, SECOND, LOT = "BAG-F1", "BAG-D1", "BAG-D2", "lv-2026-117"
NORTHCELL: dict[str, Any] = {"organisation": "northcell", "site": "northcell-1"}


def make_doses(scenario: Scenario) -> None:
    """Collected, brought to the cleanroom, made with the lot, released."""
    say = scenario.say
    receive(scenario, LOT)
    scenario.order(COI)
    bags = [{"container": FRESH, "volume_ul": 200_000, "din": "A999926000001", "product_code": "S1234"}]
    say("anna", STREAM, "CollectionCompleted", at=APHERESIS, containers=bags,
        ended_at=timestamp(scenario.clock()))  # fmt: skip
    say("anna", STREAM, "Packed", at=APHERESIS, containers=[FRESH], shipper="SHIPPER-1", seal="SEAL-77",
        logger="LOG-1")  # fmt: skip
    hand_over(scenario, COI, FRESH, ("anna", APHERESIS), ("mia", CLEANROOM))
    run: dict[str, Any] = {"at": CLEANROOM, "batch": "B-2026-1", "containers": [FRESH]}
    say("mia", STREAM, "ManufacturingStarted", platform="P-1", **run)
    say("mia", STREAM, "MaterialConsumed", lots=[LOT], **run)
    say("mia", STREAM, "ContainersDerived", at=CLEANROOM, how="fill",
        parents=[{"container": FRESH, "volume_ul": 200_000}],
        children=[{"container": name, "volume_ul": 50_000} for name in (DOSE, SECOND)])  # fmt: skip


def receive(scenario: Scenario, lot: str, **fields: Any) -> None:
    received = {"material": "vector", "supplier_lot": f"LV {lot}"} | fields
    scenario.say("mia", f"lot/{lot}", "LotReceived", **NORTHCELL, **received)
    scenario.say("quinn", f"lot/{lot}", "LotReleased")


def post(stage: Stage, agent: str, stream: str, event: str, **fields: Any) -> Any:
    """What the server answers; the signer's numbering follows what it recorded."""
    response = stage.post(stage.scenario.sign(agent, stream, event, **fields))
    if response.status_code == 201:
        signer = stage.scenario.signer(agent)
        signer.seq, signer.prev = signer.seq + 1, response.json()["statement_id"]
    return response


def decide(stage: Stage, agent: str, event: str, **fields: Any) -> Any:
    """A decision whose signer has just looked."""
    return post(stage, agent, STREAM, event, chain_version=stage.scenario.version(COI), **fields)


def release(stage: Stage, *containers: str) -> Any:
    return decide(
        stage, "quinn", "Released", site="northcell-1", containers=list(containers),
        certificate="ab" * 32, countries=["GB"], protocols=["UB-001"],
    )  # fmt: skip


def failed(response: Any) -> set[str]:
    return {gate["name"] for gate in response.json()["gates"] if not gate["passed"]}
