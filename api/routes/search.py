"""One box for every identifier: what begins with these characters, as far as the reader may see it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.conditional import document
from api.describing import problems, shown
from api.examples import DOSE
from api.examples_registry import FOUND
from api.reading import Reader, TheReader
from api.registry import sees
from ledger.store.decode import entry_of
from ledger.views.search import Hit, hits, positions_of_id

router = APIRouter(tags=["search"])

SHOWN = 50
LOOKED_AT = 500  # of each kind; beyond it there may be more that the reader may see
STATEMENT_ID = re.compile(r"[0-9a-f]{8,64}")
LINKS = {
    "agent": "/v1/agents/{}",
    "chain": "/v1/chains/{}",
    "container": "/v1/containers/{}",
    "equipment": "/v1/equipment/{}",
    "lot": "/v1/lots/{}",
    "product": "/v1/products?product={}",
    "shipment": "/v1/shipments/{}",
    "site": "/v1/sites/{}",
    "statement": "/v1/entries/{}",
    "tank": "/v1/tanks/{}",
}


class FoundDocument(BaseModel):
    """What was found, by kind and id. `chain`: the therapy in which it occurs; `link`: where to look."""

    kind: str
    id: str
    chain: str | None
    link: str


class Found(BaseModel):
    """`more`: ask with more characters."""

    q: str
    found: list[FoundDocument]
    more: bool


Asked = Annotated[
    str,
    Query(
        min_length=3,
        max_length=80,
        pattern=r"^[!-~]([ -~]*[!-~])?$",
        description="A therapy, container, DIN, product code, batch, shipper, seal, logger, platform, lot, "
        "shipment, tank, label, site, agent, product, serial number, or 8 characters and more "
        "of a statement id",
        examples=[DOSE[:10]],
    ),
]


@router.get(
    "/v1/search",
    summary="Find anything by the beginning of its identifier",
    response_model=Found,
    responses=shown(FOUND, "What begins with it, by kind") | problems(400, 401, 503),
)
def search(request: Request, reader: TheReader, q: Asked) -> Response:
    looked: Counter[str] = Counter()
    each = dict.fromkeys(islice(_visible(reader, q, looked), SHOWN * 2))  # without repeats
    found = [FoundDocument(kind=kind, id=name, chain=chain, link=link) for kind, name, chain, link in each]
    more = len(found) > SHOWN or LOOKED_AT in looked.values()
    return document(request, Found(q=q, found=found[:SHOWN], more=more))


def _visible(reader: Reader, text: str, looked: Counter[str]) -> Iterator[tuple[str, str, str | None, str]]:
    yield from _statements(reader, text)
    for hit in hits(reader.node.ledger.store.engine, text, LOOKED_AT):
        looked[hit.kind] += 1
        if _may_see(reader, hit):
            yield hit.kind, hit.id, hit.chain, _link(hit)


def _may_see(reader: Reader, hit: Hit) -> bool:
    if hit.chain is not None:
        return reader.reads_all or reader.may_read(hit.chain)
    return sees(reader, hit.organisation)


def _link(hit: Hit) -> str:
    """What occurs in a therapy is looked at there; what is registered, by itself."""
    if hit.chain is not None and hit.kind not in ("container", "shipment", "tank"):
        return LINKS["chain"].format(quote(hit.chain, safe=":"))
    return LINKS[hit.kind].format(quote(hit.id, safe=":"))


def _statements(reader: Reader, text: str) -> Iterator[tuple[str, str, str | None, str]]:
    if not STATEMENT_ID.fullmatch(text):
        return
    store = reader.node.ledger.store
    for position in positions_of_id(store.engine, text, LOOKED_AT):
        (stored,) = store.entries(position, position + 1)
        entry = entry_of(position, stored.data, stored.recorded_ms)
        if reader.may_read_entry(entry):
            kind, _, name = entry.stream.partition("/")
            chain = name if kind == "chain" else None
            yield "statement", entry.statement_id, chain, LINKS["statement"].format(position)
