"""The infusion check: every gate, passed, failed or overridden, before anybody decides anything."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from api.bedside_examples import CHECK, QUESTION
from api.bodies import read_json
from api.describing import problems, sent_json, shown
from api.node import node_of
from api.reading import Reader, TheReader
from api.routes.chains import Coi
from ledger.domain.gates import Gate, infusion_gates
from ledger.domain.parts import ContainerId, Name, Patient

router = APIRouter(tags=["chains"])


class InfusionQuestion(BaseModel):
    """May this bag be given here, now? `patient`: what was read on the wristband, or null."""

    model_config = ConfigDict(extra="forbid", strict=True)

    container: ContainerId
    site: Name
    patient: Patient | None = None


class Proof(BaseModel):
    position: int
    statement_id: str


class GateDocument(BaseModel):
    """`proof`: the entries that decide it; empty where the lack of an entry decides.

    `overridden`: it did not pass, and two people let this bag by; their override is in the proof.
    """

    name: str
    passed: bool
    overridden: bool
    detail: str
    proof: list[Proof]


class InfusionCheck(BaseModel):
    """`verdict` is "go" only if every gate passed or is overridden.

    It binds nobody: the authorisation decides.
    """

    verdict: str
    coi: str
    container: str
    site: str
    chain_version: int
    as_of_position: int
    gates: list[GateDocument]


async def question_in(request: Request) -> InfusionQuestion:
    """Raises as `read_json`."""
    return await read_json(request, InfusionQuestion, node_of(request).settings.max_question)


@router.post(
    "/v1/chains/{coi}/infusion-check",
    summary="Try every gate before an infusion; records nothing",
    responses=shown(CHECK, "The gates") | problems(400, 401, 404, 413, 415, 503),
    openapi_extra=sent_json(InfusionQuestion, QUESTION),
)
def check_infusion(
    reader: TheReader, coi: Coi, question: Annotated[InfusionQuestion, Depends(question_in)]
) -> InfusionCheck:
    chain = reader.chain(coi)
    now_ms = reader.node.ledger.config.clock_ms()
    gates = infusion_gates(reader.world, coi, question.container, question.site, now_ms, question.patient)
    return InfusionCheck(
        verdict=verdict(gates),
        coi=coi,
        container=question.container,
        site=question.site,
        chain_version=chain.version,
        as_of_position=reader.size,
        gates=[gate_document(reader, gate) for gate in gates],
    )


def verdict(gates: Sequence[Gate]) -> str:
    return "stop" if any(gate.stops for gate in gates) else "go"


def gate_document(reader: Reader, gate: Gate) -> GateDocument:
    proof = [Proof(position=at, statement_id=_statement_id(reader, at)) for at in gate.proof]
    return GateDocument(
        name=gate.name, passed=gate.passed, overridden=gate.overridden, detail=gate.detail, proof=proof
    )


def _statement_id(reader: Reader, position: int) -> str:
    (stored,) = reader.node.ledger.store.entries(position, position + 1)
    return hashlib.sha256(stored.data).hexdigest()
