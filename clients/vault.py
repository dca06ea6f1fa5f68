"""The server's vault: who a patient is, for those who meet them; each look is kept with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from clients.remote import Remote
from ledger.errors import UnbrokenError

Document = dict[str, Any]
BEDSIDE = "bedside_check"


class VaultQuestions:
    """Each raises what the server answers, as `Reads`; `NotFound` `no_vault` where it keeps none,
    `personal_data_erased` where an entry says so."""

    remote: Remote

    def keeps_vault(self) -> bool:
        """Whether the server keeps a vault; no where it cannot be asked."""
        try:
            document: Document = self.remote.read("/v1/vault")
        except UnbrokenError:
            return False
        return bool(document["available"])

    def enter_patient(
        self, coi: str, identifiers: Mapping[str, str], correction: str | None = None
    ) -> Document:
        """Before an order: {"patient": the commitments that go into it, "differs"}. Again gives the same.

        Raises `Conflict` (`differs_from_order`) for what contradicts an order, but for a `correction`:
        entered_in_error, changed, keyed_elsewhere.
        """
        why = {"correction": correction} if correction else {}
        return self._asked(_patient(coi), "PUT", {"identifiers": dict(identifiers)} | why)

    def same_patient(self, coi: str, provisional: str) -> Document:
        """As `enter_patient`, for the patient of a provisional chain."""
        return self._asked(_patient(coi), "PUT", {"same_as": provisional})

    def withdraw_patient(self, coi: str) -> None:
        """Destroy who was entered for a therapy that the log knows nothing of. Raises `Conflict`
        `therapy_recorded`."""
        self.remote.answer(_patient(coi), method="DELETE")

    def patient(self, coi: str, reason: str, reference: str | None = None) -> Document:
        """{"identifiers", "access"}: who it is, and the number under which it is kept that you looked."""
        return self._looked(_patient(coi), reason, reference)

    def patient_keys(self, coi: str, reason: str = BEDSIDE, reference: str | None = None) -> Document:
        """{"keys": field to hex}: for a bedside without a network, as `patients.load_keys` reads them."""
        return self._looked(f"{_patient(coi)}/keys", reason, reference)

    def patient_commitments(self, identifiers: Mapping[str, str], coi: str | None = None) -> list[Document]:
        """[{"coi", "patient"}]: under the keys of this therapy, or of each that is this patient's."""
        body = {"identifiers": dict(identifiers)} | ({"coi": coi} if coi else {})
        found: list[Document] = self._asked("/v1/vault/commitments", "POST", body)["found"]
        return found

    def enter_person(self, agent: str, identifiers: Mapping[str, str]) -> None:
        """The name that is printed where somebody has signed."""
        path = f"/v1/agents/{quote(agent)}/person"
        self.remote.answer(path, method="PUT", json={"identifiers": dict(identifiers)})

    def forget_person(self, agent: str) -> None:
        """Destroy what `enter_person` entered."""
        self.remote.answer(f"/v1/agents/{quote(agent)}/person", method="DELETE")

    def person(self, agent: str, reason: str, reference: str | None = None) -> Document:
        """Who a colleague is, as `patient`."""
        return self._looked(f"/v1/agents/{quote(agent)}/person", reason, reference)

    def vault_accesses(self, **where: str | int | None) -> Document:
        """{"accesses", "next_cursor"}, the newest first, for auditors: `subject`, `cursor`, `limit`."""
        given = {name: value for name, value in where.items() if value is not None}
        document: Document = self.remote.read("/v1/vault/accesses", params=given)
        return document

    def _asked(self, path: str, method: str, body: Document) -> Document:
        document: Document = self.remote.read(path, method=method, json=body)
        return document

    def _looked(self, path: str, reason: str, reference: str | None) -> Document:
        why = {"reason": reason} | ({"reference": reference} if reference else {})
        document: Document = self.remote.read(path, params=why)
        return document


def _patient(coi: str) -> str:
    return f"/v1/chains/{quote(coi, safe=':')}/patient"
