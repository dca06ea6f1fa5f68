"""Who a patient or a signer is: entered once, read for a reason that is kept, gone when erased."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from api.bodies import read_json
from api.describing import problems, sent_json, shown
from api.examples import COI
from api.node import node_of
from api.reading import TheReader
from api.vault import examples
from api.vault.accesses import TheReason, TheReference, noted
from api.vault.documents import (
    FieldKeys,
    Identified,
    PatientEntered,
    PatientEntry,
    PersonEntry,
    secret,
)
from api.vault.entering import entered
from api.vault.printed import is_colleague
from api.vault.rights import (
    READING_ROLES,
    is_cared_for,
    parts_of,
    require_patient,
    unknown,
    vault_of,
)
from ledger.domain.parts import Coi, Name
from ledger.errors import Conflict

if TYPE_CHECKING:
    from api.reading import Reader

router = APIRouter(tags=["vault"])

TheCoi = Annotated[Coi, Path(description="Chain of identity", examples=[COI])]
TheName = Annotated[Name, Path(examples=["nora"])]
PROBLEMS = problems(400, 401, 404, 410, 503)
WRITING = problems(400, 401, 404, 409, 410, 413, 415, 503)
ENTERING = WRITING | problems(429)


async def patient_in(request: Request) -> PatientEntry:
    """Raises as `read_json`."""
    return await read_json(request, PatientEntry, node_of(request).settings.max_question)


async def person_in(request: Request) -> PersonEntry:
    """Raises as `read_json`."""
    return await read_json(request, PersonEntry, node_of(request).settings.max_question)


@router.put(
    "/v1/chains/{coi}/patient",
    summary="Enter a patient's identifiers, and get the commitments for the order",
    description="The therapy need not be ordered yet: enter, order with the answer's commitments. Asked"
    " again with the same identifiers, it gives the same. Once there is an order, what contradicts it is"
    " refused, and counts as a try, unless a correction says why.",
    response_model=PatientEntered,
    responses=shown(examples.PATIENT_ENTERED, "Kept") | ENTERING,
    openapi_extra=sent_json(PatientEntry, examples.PATIENT_ENTRY),
)
def put_patient(
    reader: TheReader, coi: TheCoi, entry: Annotated[PatientEntry, Depends(patient_in)]
) -> Response:
    return secret(entered(reader, coi, entry))


@router.delete(
    "/v1/chains/{coi}/patient",
    summary="Take back who was entered for a therapy that the log does not know as this hospital's",
    description="The keys are destroyed, and the name is used up. Where a provisional chain has the same"
    " entry, it keeps it, and only this name goes. What the log knows is erased by an entry.",
    responses=problems(400, 401, 404, 409, 410, 503) | {204: {"description": "Destroyed"}},
    status_code=204,
)
def delete_patient(reader: TheReader, coi: TheCoi) -> Response:
    """Raises `Conflict` (`therapy_recorded`, `vault_moved_on`)."""
    subject, vault = require_patient(reader, coi), vault_of(reader)
    _must_be_unrecorded(reader, subject)
    noted(reader, vault, subject, "withdrawn", ())
    vault.withdraw(subject, lambda: _must_be_unrecorded(reader, subject))
    return Response(status_code=204)


def _must_be_unrecorded(reader: Reader, subject: str) -> None:
    """As the log is now, whatever it was when the request came."""
    coi, organisation = parts_of(subject)
    world = reader.node.ledger.world_at()
    if is_cared_for(world, coi, organisation):
        raise Conflict("therapy_recorded", "the log knows this therapy: have it erased by an entry")


@router.get(
    "/v1/chains/{coi}/patient",
    summary="Who the patient of a therapy is; that you looked is kept",
    response_model=Identified,
    responses=shown(examples.IDENTIFIED, "The identifiers") | PROBLEMS,
)
def get_patient(
    reader: TheReader, coi: TheCoi, reason: TheReason, reference: TheReference = None
) -> Response:
    subject = require_patient(reader, coi, READING_ROLES)
    return secret(_identified(reader, subject, reason, reference))


@router.get(
    "/v1/chains/{coi}/patient/keys",
    summary="The keys of one patient's commitments, for a bedside without a network; it is kept",
    response_model=FieldKeys,
    responses=shown(examples.FIELD_KEYS, "By field") | PROBLEMS,
)
def get_patient_keys(
    reader: TheReader, coi: TheCoi, reason: TheReason, reference: TheReference = None
) -> Response:
    subject, vault = require_patient(reader, coi), vault_of(reader)
    keys = vault.field_keys(subject)
    access = noted(reader, vault, subject, "keys", keys, reason, reference)
    return secret(FieldKeys(coi=coi, keys={name: key.hex() for name, key in keys.items()}, access=access))


@router.put(
    "/v1/agents/{agent}/person",
    summary="Enter the name that is printed where somebody has signed",
    responses=WRITING | {204: {"description": "Kept"}},
    openapi_extra=sent_json(PersonEntry, examples.PERSON_ENTRY),
    status_code=204,
)
def put_person(
    reader: TheReader, agent: TheName, entry: Annotated[PersonEntry, Depends(person_in)]
) -> Response:
    """By an administrator of their organisation, or by themselves."""
    vault, subject = vault_of(reader), _own_people(reader, agent)
    noted(reader, vault, subject, "entered", entry.identifiers)
    vault.enter(subject, reader.agent.organisation, entry.identifiers)
    return Response(status_code=204)


@router.delete(
    "/v1/agents/{agent}/person",
    summary="Destroy the name that is printed where somebody has signed",
    description="The keys are destroyed. Another name may be entered after that.",
    responses=problems(400, 401, 404, 503) | {204: {"description": "Destroyed"}},
    status_code=204,
)
def delete_person(reader: TheReader, agent: TheName) -> Response:
    """By whoever may enter it."""
    vault, subject = vault_of(reader), _own_people(reader, agent)
    if vault.rows.find(subject) is None:
        raise unknown()
    noted(reader, vault, subject, "withdrawn", ())
    vault.forget(subject)
    return Response(status_code=204)


@router.get(
    "/v1/agents/{agent}/person",
    summary="Who a colleague is; that you looked is kept",
    response_model=Identified,
    responses=shown(examples.PERSON, "The person") | PROBLEMS,
)
def get_person(
    reader: TheReader, agent: TheName, reason: TheReason, reference: TheReference = None
) -> Response:
    vault_of(reader)
    return secret(_identified(reader, _colleague(reader, agent), reason, reference))


def _colleague(reader: Reader, name: str) -> str:
    """The vault's subject."""
    if not is_colleague(reader, name):
        raise unknown()
    return f"agent/{name}"


def _own_people(reader: Reader, name: str) -> str:
    """As `_colleague`, for their administrator and themselves."""
    subject = _colleague(reader, name)
    if not (reader.agent.is_administrator or reader.agent.id == name):
        raise unknown()
    return subject


def _identified(reader: Reader, subject: str, reason: str, reference: str | None) -> Identified:
    vault = vault_of(reader)
    identifiers = vault.read(subject)
    access = noted(reader, vault, subject, "read", identifiers, reason, reference)
    return Identified(subject=subject, identifiers=identifiers, access=access)
