"""The hospital's vault: a patient is entered once, named for a reason that is kept, and erased."""

from __future__ import annotations

from clients.demo.cast import SECOND, Fields, Patient
from clients.demo.stage import DemoFailed
from clients.demo.tale import Tale

KEPT: Fields = {"site": "st-mary", "basis": "consent_withdrawn"}


def entered(tale: Tale, patient: Patient) -> None:
    """From now on what is read on this wristband is committed to under keys of its own."""
    told = tale.stage.asks("carl", "enter_patient", coi=patient.coi, identifiers=patient.identifiers)
    tale.wristbands[patient.coi] = told["patient"]
    tale.page.note(
        f"Carl enters who {patient.called} is into the hospital's vault. Into the order go"
        f" {len(told['patient'])} commitments, under keys that are this patient's alone."
    )


def erased(tale: Tale) -> None:
    tale.page.chapter(
        f"{SECOND.called} asks to be forgotten",
        "Who a patient is stands in the hospital's vault; the log never had it.",
    )
    _named(tale)
    refused = tale.stage.tries("petra", SECOND.stream, "PersonalDataErased", **KEPT)
    if "problem" not in refused:
        raise DemoFailed("the identifiers were erased while they must be kept")
    tale.page.refused("traceability comes first. Who was given cells is kept for 30 years after their expiry,"
                      " unless something stands above that.")  # fmt: skip
    tale.says("petra", SECOND.stream, "PersonalDataErased", **KEPT, overrides_retention="authority_order")
    _named_by_nobody(tale)
    tale.page.note("Not one entry of the log was touched. The evidence that is taken away next, and every"
                   " proof in it, is as good as before.")  # fmt: skip


def _named(tale: Tale) -> None:
    found = tale.stage.asks("phil", "patient", coi=SECOND.coi, reason="contact")
    if found["identifiers"] != SECOND.identifiers:
        raise DemoFailed("the vault names somebody else")
    tale.page.looked(
        f"Phil looks up whom to call: {SECOND.called}, born {found['identifiers']['birth_date']}."
    )
    seen = tale.stage.asks("audrey", "vault_accesses", subject=SECOND.stream)["accesses"]
    reason = next(one["reason"] for one in seen if one["number"] == found["access"])
    tale.page.looked(f"Audrey, the auditor, sees that Phil looked, and why ({reason}); not what he saw.")


def _named_by_nobody(tale: Tale) -> None:
    """Fails where anybody is told anything."""
    answer = tale.stage.asks_in_vain("phil", "patient", coi=SECOND.coi, reason="contact")
    if answer["problem"]["code"] != "personal_data_erased":
        raise DemoFailed(f"the vault still answers: {answer}")
    tale.page.refused(f"Phil asks again. {answer['problem']['detail'].capitalize()}. The keys are destroyed.")
