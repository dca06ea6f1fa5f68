"""The lymphodepletion check: every gate, before a patient is prepared for a dose."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.bedside_examples import LYMPHODEPLETION
from api.describing import problems, shown
from api.reading import TheReader
from api.routes.chains import Coi
from api.routes.infusion import GateDocument, gate_document, verdict
from ledger.domain.gates import lymphodepletion_gates
from ledger.domain.parts import Name

router = APIRouter(tags=["chains"])


class LymphodepletionCheck(BaseModel):
    """`verdict` is "go" only if every gate passed. It binds nobody: the authorisation decides."""

    verdict: str
    coi: str
    site: str
    chain_version: int
    as_of_position: int
    gates: list[GateDocument]


@router.get(
    "/v1/chains/{coi}/lymphodepletion-check",
    summary="Try every gate before lymphodepletion; records nothing",
    responses=shown(LYMPHODEPLETION, "The gates") | problems(400, 401, 404, 503),
)
def check_lymphodepletion(
    reader: TheReader,
    coi: Coi,
    site: Annotated[Name, Query(description="Where you are", examples=["st-mary"])],
) -> LymphodepletionCheck:
    chain = reader.chain(coi)
    gates = lymphodepletion_gates(reader.world, coi, site, reader.node.ledger.config.clock_ms())
    return LymphodepletionCheck(
        verdict=verdict(gates),
        coi=coi,
        site=site,
        chain_version=chain.version,
        as_of_position=reader.size,
        gates=[gate_document(reader, gate) for gate in gates],
    )
