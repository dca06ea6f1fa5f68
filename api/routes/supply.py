"""Lots and equipment: what there is, and what each of them touched."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.conditional import document
from api.describing import problems, shown
from api.examples_registry import EQUIPMENT, EQUIPMENT_PAGE, EQUIPMENT_REACH, LOT, LOTS, REACH
from api.listing import Limit
from api.pages import Cursor
from api.reaching import Reach, reach_of
from api.reading import TheReader
from api.registry import Counted, EquipmentDocument, LotDocument, found, listed
from ledger.domain.lots import LotStatus
from ledger.domain.parts import Code, Label, Name
from ledger.domain.supply_events import EquipmentKind
from ledger.views import registered
from ledger.views.touch import EQUIPMENT_KINDS

router = APIRouter(tags=["registry"])

LotName = Annotated[Name, Path(examples=["lv-2026-117"])]
EquipmentName = Annotated[Name, Path(examples=["shipper-07"])]
AtSite = Annotated[Name | None, Query(description="Of this site", examples=["northcell-1"])]
Status = Annotated[LotStatus | None, Query(examples=["recalled"])]
PAGED, ONE = problems(400, 401, 503), problems(400, 401, 404, 503)


class Lots(Counted):
    lots: list[LotDocument]


class EquipmentPage(Counted):
    equipment: list[EquipmentDocument]


@router.get(
    "/v1/lots",
    summary="Lots of material",
    response_model=Lots,
    responses=shown(LOTS, "A page, by name") | PAGED,
)
def get_lots(
    request: Request,
    reader: TheReader,
    site: AtSite = None,
    material: Annotated[Code | None, Query(examples=["vector"])] = None,
    status: Status = None,
    supplier_lot: Annotated[Label | None, Query(examples=["LV 2026/117"])] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    wanted = {"site": site, "material": material, "status": status, "supplier_lot": supplier_lot}
    page = listed(reader, registered.lots, LotDocument, cursor, limit, **wanted)
    return document(request, Lots(lots=page.pop("rows"), **page))


@router.get(
    "/v1/lots/{lot}",
    summary="A lot: where, what, and whether it may be used",
    response_model=LotDocument,
    responses=shown(LOT, "The lot") | ONE,
)
def get_lot(request: Request, reader: TheReader, lot: LotName) -> Response:
    return document(request, found(reader, "lot", lot))


@router.get(
    "/v1/lots/{lot}/reach",
    summary="The recall list: every container that the lot went into, and who holds it",
    response_model=Reach,
    responses=shown(REACH, "A page of therapies, with their containers") | ONE,
)
def get_lot_reach(
    request: Request, reader: TheReader, lot: LotName, cursor: Cursor = None, limit: Limit = 100
) -> Response:
    status = found(reader, "lot", lot).status
    return document(request, reach_of(reader, ("lot", lot, status), ("lot",), cursor, limit))


@router.get(
    "/v1/equipment",
    summary="Shippers, loggers, platforms and tanks",
    response_model=EquipmentPage,
    responses=shown(EQUIPMENT_PAGE, "A page, by name") | PAGED,
)
def get_equipment(
    request: Request,
    reader: TheReader,
    site: AtSite = None,
    kind: Annotated[EquipmentKind | None, Query(examples=["shipper"])] = None,
    serial: Annotated[Label | None, Query(examples=["SN-0042"])] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    wanted = {"site": site, "kind": kind, "serial": serial}
    page = listed(reader, registered.equipment, EquipmentDocument, cursor, limit, **wanted)
    return document(request, EquipmentPage(equipment=page.pop("rows"), **page))


@router.get(
    "/v1/equipment/{equipment}",
    summary="A piece of equipment, and until when it may be relied on",
    response_model=EquipmentDocument,
    responses=shown(EQUIPMENT, "The equipment") | ONE,
)
def get_piece(request: Request, reader: TheReader, equipment: EquipmentName) -> Response:
    return document(request, found(reader, "equipment", equipment))


@router.get(
    "/v1/equipment/{equipment}/reach",
    summary="Every container that was packed in it, stored in it or made with it",
    response_model=Reach,
    responses=shown(EQUIPMENT_REACH, "A page of therapies, with their containers") | ONE,
)
def get_equipment_reach(
    request: Request, reader: TheReader, equipment: EquipmentName, cursor: Cursor = None, limit: Limit = 100
) -> Response:
    retired = found(reader, "equipment", equipment).retired_position
    status: Literal["retired", "registered"] = "registered" if retired is None else "retired"
    subject = ("equipment", equipment, status)
    return document(request, reach_of(reader, subject, EQUIPMENT_KINDS, cursor, limit))
