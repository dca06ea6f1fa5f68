"""Testing and Quality in one therapy: samples, results against the specification, and decisions."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.conditional import document
from api.describing import problems, shown
from api.documents import DeviationDocument, deviation_document
from api.quality_examples import QUALITY
from api.routes.chains import Coi
from api.shown_to import TheView
from ledger.domain.chain import Chain
from ledger.domain.esignatures import ESigned
from ledger.domain.parts import SpecifiedTest
from ledger.domain.window import product_of
from ledger.views.quality import Assessed, assessed, specified

router = APIRouter(tags=["chains"])


class SampleDocument(BaseModel):
    sample: str
    of: str
    purpose: str
    site: str
    position: int


class RequestDocument(BaseModel):
    """A physician's request for containers that are out of specification."""

    statement_id: str
    containers: list[str]
    tests: list[str]
    reason: str
    signer: str
    position: int
    esignature: ESigned | None


class QualityDocument(BaseModel):
    """`specification`: for the country of treatment. `alerts`: what the physician must know at once,
    until Quality has dispositioned it. `esigned`: every e-signature under a decision or fact that
    changed this therapy, in the log's order."""

    coi: str
    as_of_position: int
    country: str | None
    specification: list[SpecifiedTest]
    required_checks: list[str]
    containers: list[Assessed]
    samples: list[SampleDocument]
    requests: list[RequestDocument]
    esigned: list[ESigned]
    alerts: list[DeviationDocument]


@router.get(
    "/v1/chains/{coi}/quality",
    summary="Samples, results, identity tests and Quality's decisions",
    response_model=QualityDocument,
    responses=shown(QUALITY, "What was tested and decided") | problems(400, 401, 403, 404, 503),
)
def get_quality(request: Request, view: TheView, coi: Coi) -> Response:
    reader, moment = view
    chain = reader.chain(coi, moment.position)
    product = product_of(chain, reader.world_before(moment.position))
    found = QualityDocument(
        coi=coi,
        as_of_position=moment.position,
        country=chain.order.country if chain.order else None,
        specification=specified(chain, product),
        required_checks=list(product.rules.required_checks or ()) if product else [],
        containers=assessed(chain, product),
        samples=[SampleDocument(**one._asdict()) for one in chain.samples.values()],
        requests=_requests(chain),
        esigned=list(chain.esignatures.values()),
        alerts=[deviation_document(one) for one in chain.alerts()],
    )
    return document(request, found)


def _requests(chain: Chain) -> list[RequestDocument]:
    return [
        RequestDocument(
            statement_id=one.id,
            containers=list(one.containers),
            tests=list(one.tests),
            reason=one.reason,
            signer=one.signer,
            position=one.position,
            esignature=chain.esignatures.get(one.position),
        )
        for one in chain.requests.values()
    ]
