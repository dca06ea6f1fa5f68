"""Evidence to take away: the bundle that a signed request asked for."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Header, Path
from starlette.responses import Response, StreamingResponse

from api.describing import Responses, problems
from api.exporting import export_of, length_of, rest_of
from api.reading import TheReader

router = APIRouter(tags=["exports"])

ZIP = "application/zip"
Asked = Annotated[int, Path(ge=0, lt=2**53, description="Where the request stands", examples=[4711])]
From = Annotated[
    str | None, Header(alias="Range", description="bytes=N-, or all of it", examples=["bytes=1048576-"])
]
IfRange = Annotated[
    str | None, Header(alias="If-Range", description="The tag of what is there", examples=['"ab12-cd34"'])
]
_FROM = re.compile(r"bytes=([0-9]{1,15})-")
GIVEN: Responses = {
    status: {"description": said, "content": {ZIP: {"example": "<the bundle>"}}}
    for status, said in ((200, "The bundle"), (206, "Its bytes from the asked one to the end"))
}


@router.get(
    "/v1/exports/{asked}",
    summary="The bundle of evidence that an entry asked for",
    description="`asked`: the position of a `TherapyExportRequested` or `ExportRequested` in the log. "
    "The same request gives the same bytes. `Range: bytes=N-` goes on after a break; with `If-Range` "
    "only if they are still the same. The format stands in the bundle, as README.txt.",
    response_class=Response,
    responses=GIVEN | problems(400, 401, 403, 404, 503),
)
def get_export(reader: TheReader, asked: Asked, wanted: From = None, if_range: IfRange = None) -> Response:
    export = export_of(reader, asked)
    headers = {
        "etag": export.tag,
        "accept-ranges": "bytes",
        "cache-control": "private, no-store",
        "content-disposition": f'attachment; filename="unbroken-{asked}.zip"',
        "x-content-type-options": "nosniff",
    }
    found = _FROM.fullmatch(wanted or "")
    start = int(found[1]) if found and if_range in (None, export.tag) else 0
    length = length_of(export) if start else 0
    if not 0 < start < length:  # RFC 9110 §14.2: whoever cannot serve a range serves all
        return StreamingResponse(export.pieces(), headers=headers, media_type=ZIP)
    headers["content-range"] = f"bytes {start}-{length - 1}/{length}"
    return StreamingResponse(rest_of(export.pieces(), start), 206, headers, ZIP)
