"""A patient is entered, or put right; nobody contradicts in silence what an order in the log says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.vault.accesses import known_fields, noted
from api.vault.documents import PatientEntered
from api.vault.erasing import is_kept_in
from api.vault.rights import (
    erased,
    erasure_of,
    find_patient,
    meeting,
    parts_of,
    require_patient,
    subject_of,
    unknown,
    vault_of,
)
from clients.patients import normalise
from ledger.domain.parts import Commitment
from ledger.domain.provisional import before_order
from ledger.errors import Conflict, Fault

if TYPE_CHECKING:
    from api.reading import Reader
    from api.vault.documents import PatientEntry
    from api.vault.vault import Identifiers
    from ledger.domain.chain import Chain


def entered(reader: Reader, coi: str, entry: PatientEntry) -> PatientEntered:
    """Keep it, after that it was is kept; what goes into the order.

    Raises as `find_patient`, `Vault.enter`; `Conflict` (`differs_from_order`), `TooMany`; and for a
    provisional chain's patient as `Vault.bind`, `NotFound` (`no_such_person`).
    """
    organisation = meeting(reader, coi)[0]
    known = find_patient(reader, coi)
    if known:
        vault_of(reader).held(known)
    subject = known or subject_of(coi, organisation)
    if entry.identifiers is not None:
        _enter(reader, coi, subject, entry.identifiers, entry.correction)
    else:
        assert entry.same_as is not None
        _bind(reader, coi, subject, entry.same_as)
    _require_not_erased_meanwhile(reader, subject)
    patient = _commitments(reader, subject, vault_of(reader).read(subject))
    return PatientEntered(coi=coi, patient=patient, differs=_differing(reader.world.chain(coi), patient))


def _require_not_erased_meanwhile(reader: Reader, subject: str) -> None:
    """The server may have obeyed an erasure just before anybody stood there."""
    world = reader.node.ledger.world_at()
    said = erasure_of(world, *parts_of(subject))
    if said is not None:
        vault_of(reader).erase(subject, said.statement_id, is_kept_in(world))
        raise erased(said)


def _enter(reader: Reader, coi: str, subject: str, identifiers: Identifiers, correction: str | None) -> None:
    for name, text in identifiers.items():
        normalise(name, text)  # nothing is kept of what cannot be entered
    vault, chain = vault_of(reader), reader.world.chain(coi)
    _require_ordered(reader, chain, subject, identifiers, correction)
    why = "correction" if correction else ""
    noted(reader, vault, subject, "entered", identifiers, why, correction)
    vault.enter(subject, subject.rsplit("/", 1)[1], identifiers)


def _require_ordered(
    reader: Reader, chain: Chain, subject: str, identifiers: Identifiers, correction: str | None
) -> None:
    """Who tries identifiers until the order's are found is stopped, and leaves a record of each."""
    tries, now_ms = reader.node.tries, reader.node.ledger.config.clock_ms()
    tries.check(reader.session.kid, now_ms)
    differs = _differing(chain, _commitments(reader, subject, identifiers)) if chain.order else []
    if not differs:
        return
    tries.miss(reader.session.kid, now_ms)
    if correction is None:
        vault = vault_of(reader)
        noted(reader, vault, subject, "commitments", known_fields(vault, subject, identifiers))
        _refuse(differs)


def _bind(reader: Reader, coi: str, subject: str, provisional: str) -> None:
    """Only with one chain that the log knows as provisional: two therapies share no person, or erasing
    one would erase both."""
    known, vault = require_patient(reader, provisional), vault_of(reader)
    if before_order(reader.world.chain(provisional)) is None:
        raise unknown()
    identifiers = vault.read(known)
    differs = _differing(reader.world.chain(coi), _commitments(reader, known, identifiers))
    noted(reader, vault, subject, "bound", identifiers)
    if differs:
        _refuse(differs)
    vault.bind(subject, known)


def _refuse(differs: list[str]) -> None:
    detail = f"the order in the log says otherwise of {', '.join(differs)}: say which correction this is"
    raise Conflict("differs_from_order", detail)


def _commitments(reader: Reader, subject: str, identifiers: Identifiers) -> list[Commitment]:
    """Empty where nobody stands there as yet, or the keys are lost: no commitment is like another then."""
    vault = vault_of(reader)
    if vault.rows.find(subject) is None:
        return []
    try:
        return [Commitment(**one) for one in vault.commitments(subject, identifiers)]
    except Fault as error:
        if error.code != "vault_damaged":
            raise
        return []


def _differing(chain: Chain, patient: list[Commitment]) -> list[str]:
    made = {one.field: one.commitment for one in patient}
    return sorted(name for name, one in chain.commitments.items() if made.get(name) != one)
