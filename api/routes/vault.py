"""The vault as a whole: from a wristband to commitments, and who looked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api.bodies import read_json
from api.describing import problems, sent_json, shown
from api.listing import Limit
from api.node import node_of
from api.pages import Cursor, cursor_of, position_of
from api.reading import TheReader
from api.vault import examples
from api.vault.accesses import REASONS, What, access_document, known_fields, noted
from api.vault.documents import (
    Accesses,
    CommitmentQuestion,
    Commitments,
    TherapyCommitments,
    VaultState,
    secret,
)
from api.vault.rights import require_patient, vault_of
from ledger.domain.parts import Commitment
from ledger.domain.policy import PATIENT_ROLES
from ledger.errors import NotFound, Unauthorised

if TYPE_CHECKING:
    from api.reading import Reader
    from api.vault.vault import Vault

router = APIRouter(tags=["vault"])

NOBODY_S = 0.1  # so long takes "nobody", whether or not somebody is known whom the asker may not know


async def question_in(request: Request) -> CommitmentQuestion:
    """Raises as `read_json`."""
    return await read_json(request, CommitmentQuestion, node_of(request).settings.max_question)


@router.get(
    "/v1/vault",
    summary="Whether this server keeps a vault",
    response_model=VaultState,
    responses=shown(examples.VAULT, "Its state") | problems(401, 503),
)
def get_vault(reader: TheReader) -> VaultState:
    return VaultState(available=reader.node.vault is not None, reasons=list(REASONS))


@router.post(
    "/v1/vault/commitments",
    summary="Commitments to what a wristband says: of a therapy, or of whomever they belong to",
    description="Counts as a try where the identifiers are not the patient's, or nobody's.",
    response_model=Commitments,
    responses=shown(examples.COMMITMENTS, "By therapy") | problems(400, 401, 404, 410, 413, 415, 429, 503),
    openapi_extra=sent_json(CommitmentQuestion, examples.COMMITMENT_QUESTION),
)
def post_commitments(
    reader: TheReader, question: Annotated[CommitmentQuestion, Depends(question_in)]
) -> Response:
    vault, tries, kid = vault_of(reader), reader.node.tries, reader.session.kid
    now_ms = reader.node.ledger.config.clock_ms()
    tries.check(kid, now_ms)
    if question.coi is not None:
        found = [_named(reader, vault, question.coi, question.identifiers)]
        is_theirs = vault.is_theirs(found[0], question.identifiers)
    else:
        until = time.monotonic() + NOBODY_S
        found = _matched(reader, vault, question.identifiers)
        is_theirs = bool(found)
        if not is_theirs:
            time.sleep(max(0.0, until - time.monotonic()))
    if not is_theirs:
        tries.miss(kid, now_ms)
    what: What = "commitments" if question.coi else "matched"
    for subject in found or [""]:
        noted(reader, vault, subject, what, known_fields(vault, subject, question.identifiers))
    return secret(Commitments(found=[_committed(vault, one, question.identifiers) for one in found]))


def _named(reader: Reader, vault: Vault, coi: str, identifiers: dict[str, str]) -> str:
    """As `require_patient`; whoever asks about a therapy whose patient they may not know has tried."""
    try:
        return require_patient(reader, coi)
    except NotFound:
        reader.node.tries.miss(reader.session.kid, reader.node.ledger.config.clock_ms())
        noted(reader, vault, f"chain/{coi}", "commitments", known_fields(vault, "", identifiers))
        raise


def _matched(reader: Reader, vault: Vault, identifiers: dict[str, str]) -> list[str]:
    """Whoever meets no patients gets nobody matched, and nobody a patient that they may not know."""
    if reader.agent.roles.isdisjoint(PATIENT_ROLES):
        return []
    subjects = [one for one in vault.match(identifiers) if one.startswith("chain/")]
    return [one for one in subjects if _may_know(reader, one)]


def _may_know(reader: Reader, subject: str) -> bool:
    """No therapy is read whose patient another organisation entered that has none of its care."""
    try:
        return require_patient(reader, _coi_of(subject)) == subject
    except NotFound:
        return False


def _coi_of(subject: str) -> str:
    return subject.split("/")[1]


def _committed(vault: Vault, subject: str, identifiers: dict[str, str]) -> TherapyCommitments:
    patient = [Commitment(**one) for one in vault.commitments(subject, identifiers)]
    return TherapyCommitments(coi=_coi_of(subject), patient=patient)


@router.get(
    "/v1/vault/accesses",
    summary="Who looked into the vault, and why: for auditors",
    response_model=Accesses,
    responses=shown(examples.ACCESSES, "A page, the newest first") | problems(400, 401, 403, 404, 503),
)
def get_accesses(
    reader: TheReader,
    subject: Annotated[
        str | None, Query(pattern=r"^(chain|agent)/[A-Za-z0-9:._-]{1,80}$", examples=["agent/nora"])
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    vault = vault_of(reader)
    if not reader.reads_all:
        raise Unauthorised("not_yours", "who looked into the vault is for auditors to see")
    before = position_of(reader, cursor)
    found = vault.rows.accesses(None if before < 0 else before, limit + 1, subject)
    more = len(found) > limit
    return secret(
        Accesses(
            accesses=[access_document(one) for one in found[:limit]],
            next_cursor=cursor_of(reader, str(found[limit - 1].number)) if more else None,
        )
    )
