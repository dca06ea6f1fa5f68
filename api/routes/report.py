"""A therapy's chain-of-identity and custody report, as a PDF for people who sign on paper, too."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.conditional import PRIVATE, answer
from api.describing import shown
from api.moments import TheMoment
from api.reading import TheReader
from api.report import report_of
from api.routes.chains import PROBLEMS, Coi
from ledger.export.report import typeset

router = APIRouter(tags=["chains"])

PDF = "application/pdf"
HEADERS = {"content-security-policy": "default-src 'none'; sandbox", "x-content-type-options": "nosniff"}


@router.get(
    "/v1/chains/{coi}/report.pdf",
    summary="The therapy's report: identity, custody, temperature, deviations, signatures",
    response_class=Response,
    responses=shown("%PDF-1.7", "PDF, signed where the server has a certificate", media_type=PDF) | PROBLEMS,
)
def get_report(request: Request, reader: TheReader, moment: TheMoment, coi: Coi) -> Response:
    """PDF/A-2a. Each entry's signature and place in the tree is checked while it is made."""
    seal = reader.node.seal
    report = report_of(reader, coi, moment.position, seal.name if seal else "")
    pdf = typeset(report)
    response = answer(request, seal.sign(pdf) if seal else pdf, PDF, PRIVATE)
    response.headers.update(HEADERS)
    return response
