"""From a wristband to the therapy: nobody picks a patient from a list.

What is asked with are commitments, under keys that the ledger does not have; what is answered are
therapies that the reader may read anyway, to those who meet the patient at that site. To anybody
else, and of a therapy that they may not read, the answer is that of nobody's wristband.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from api.bedside_examples import PATIENT_MATCH, PATIENT_QUESTION
from api.bodies import read_json
from api.describing import problems, sent_json, shown
from api.node import node_of
from api.reading import TheReader
from ledger.domain.parts import Name, Patient
from ledger.domain.policy import PATIENT_ROLES
from ledger.views.patients import candidates

if TYPE_CHECKING:
    from ledger.domain.chain import Chain

router = APIRouter(tags=["chains"])


class PatientQuestion(BaseModel):
    """Whose wristband is this? `patient`: commitments to what was read on it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    site: Name
    patient: Patient


class MatchedTherapy(BaseModel):
    """`version` is what a decision's signer names as `chain_version`; `open`: it was not closed."""

    coi: str
    version: int
    product: str
    product_version: int
    protocol: str
    country: str
    open: bool
    closed_position: int | None


class PatientMatch(BaseModel):
    """Therapies planned at the site whose order has at least two of these identifiers, and none that
    differs. An order of the last `lag` entries may be missing."""

    site: str
    as_of_position: int
    lag: int
    therapies: list[MatchedTherapy]


async def question_in(request: Request) -> PatientQuestion:
    """Raises as `read_json`."""
    return await read_json(request, PatientQuestion, node_of(request).settings.max_question)


@router.post(
    "/v1/patients/match",
    summary="Which therapies are this patient's? Records nothing",
    responses=shown(PATIENT_MATCH, "None, one, or several") | problems(400, 401, 413, 415, 429, 503),
    openapi_extra=sent_json(PatientQuestion, PATIENT_QUESTION),
)
def match_patient(
    reader: TheReader, question: Annotated[PatientQuestion, Depends(question_in)]
) -> PatientMatch:
    node, kid = reader.node, reader.session.kid
    now_ms = node.ledger.config.clock_ms()
    node.tries.check(kid, now_ms)
    asked = candidates(node.ledger.store.engine, [one.commitment for one in question.patient])
    found = [reader.chain(coi) for coi in asked.chains if reader.may_read(coi)]
    therapies = [_therapy(chain) for chain in found if _is_patients(chain, question)]
    if not reader.agent.has_role(PATIENT_ROLES, question.site):
        therapies = []  # whoever meets no patients there gets nobody matched
    if not therapies:
        node.tries.miss(kid, now_ms)
    return PatientMatch(
        site=question.site,
        as_of_position=reader.size,
        lag=max(reader.size - asked.position, 0),
        therapies=therapies,
    )


def _is_patients(chain: Chain, question: PatientQuestion) -> bool:
    planned = chain.order is not None and chain.order.sites.treatment == question.site
    return planned and chain.matches(question.patient)


def _therapy(chain: Chain) -> MatchedTherapy:
    assert chain.order is not None
    order = chain.order
    return MatchedTherapy(
        coi=chain.coi,
        version=chain.version,
        product=order.product.product,
        product_version=order.product.version,
        protocol=order.protocol,
        country=order.country,
        open=chain.closed is None,
        closed_position=chain.closed,
    )
