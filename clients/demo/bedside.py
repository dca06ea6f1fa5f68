"""The chapters at the bedside: readiness, a wrong bag, one bag after the other."""

from __future__ import annotations

from clients.demo.cast import FIRST, LABELS, PATIENTS, SECOND, WARD, Fields, Patient
from clients.demo.making import assess
from clients.demo.stage import DemoFailed, Document
from clients.demo.tale import Tale, later
from clients.words import bags, listed


def readiness(tale: Tale) -> None:
    """No patient is prepared for a dose that is not there."""
    tale.page.chapter("The patients are made ready: fit, the dose at hand, then lymphodepletion")
    for patient in PATIENTS:
        tale.page.scene(patient.called, "St Mary's, ward 5")
        fit(tale, patient)
        if patient is FIRST:
            _too_early(tale)
        prepared(tale, patient)


def fit(tale: Tale, patient: Patient) -> None:
    tale.says("phil", patient.stream, "PatientFitnessConfirmed", site="st-mary", outcome="fit",
              valid_until=later(14))  # fmt: skip


def _too_early(tale: Tale) -> None:
    early = tale.stage.tries("phil", FIRST.stream, "LymphodepletionAuthorised", site="st-mary")
    failed = [gate["detail"] for gate in early.get("problem", {}).get("gates", ()) if not gate["passed"]]
    if not failed:
        raise DemoFailed("lymphodepletion was authorised without a dose")
    tale.page.refused(f"too early for lymphodepletion. {' '.join(failed)}")


def prepared(tale: Tale, patient: Patient) -> None:
    tale.says("carl", patient.stream, "AvailabilityConfirmed", site="st-mary", containers=list(patient.doses))
    tale.says("phil", patient.stream, "LymphodepletionAuthorised", site="st-mary")
    tale.says("nora", patient.stream, "LymphodepletionStarted", site="st-mary", regimen="flu_cy")


def wrong_bag(tale: Tale) -> None:
    """The nurse scans another patient's bag: a hard stop, before anything is thawed."""
    (wrong,) = SECOND.doses
    tale.page.chapter("A nurse scans the wrong patient's bag", f"{FIRST.called} · St Mary's, ward 5, bed 12")
    told = tale.says("nora", FIRST.stream, "InfusionChecked", quiet=True, site="st-mary", container=wrong,
                     patient=tale.wristbands[FIRST.coi], method="scan")  # fmt: skip
    tale.page.recorded(f"Nora scanned {FIRST.called}'s wristband and {bags([wrong])}", told)
    _stopped(tale, wrong)
    refused = tale.stage.tries("phil", FIRST.stream, "InfusionAuthorised", site="st-mary", container=wrong)
    (reason, *others) = _failed(refused.get("problem", {"gates": ()}))
    tale.page.refused(f"Phil tries to allow it all the same. {reason['detail']} {len(others)} more gates are"
                      " shut; nothing is recorded.")  # fmt: skip
    right = FIRST.doses[0]
    tale.page.looked(
        f"Even the right {bags([right])} has to wait: {_why(tale, right, 'no_blocking_deviation')}"
    )
    assess(tale, FIRST, {"identity_mismatch": "wrong_bag_taken_away"})


def _stopped(tale: Tale, wrong: str) -> None:
    """What the nurse's screen says, as the ledger answers it."""
    if _check(tale, FIRST, wrong)["verdict"] != "stop":
        raise DemoFailed("the wrong bag was not stopped")
    tale.page.stop("WRONG BAG: DO NOT INFUSE", [
        _why(tale, wrong, "container_of_chain"),
        _why(tale, wrong, "no_blocking_deviation"),
        "Take the bag away from the patient. Quality has been told.",
    ])  # fmt: skip


def two_bags(tale: Tale) -> None:
    first, second = FIRST.doses
    tale.page.chapter("The right dose: two bags, one after the other",
                      f"{FIRST.called} · St Mary's, ward 5, bed 12")  # fmt: skip
    _thawed(tale, FIRST, first)
    _checked(tale, FIRST, first)
    tale.page.looked(f"May {bags([second])} go first? {_why(tale, second, 'earlier_bags_finished')}")
    _infused(tale, FIRST, first, 24_000)
    _thawed(tale, FIRST, second)
    _checked(tale, FIRST, second)
    _infused(tale, FIRST, second, 25_000)
    tale.says("carl", FIRST.stream, "TherapyClosed", reason="completed")


def one_bag(tale: Tale) -> None:
    (dose,) = SECOND.doses
    tale.page.chapter("The dose that was nearly lost is given",
                      f"{SECOND.called} · St Mary's, ward 5, bed 14")  # fmt: skip
    _thawed(tale, SECOND, dose)
    _checked(tale, SECOND, dose)
    _infused(tale, SECOND, dose, 24_000)
    tale.says("carl", SECOND.stream, "TherapyClosed", reason="completed")


def _thawed(tale: Tale, patient: Patient, bag: str) -> None:
    read: Fields = {"labels": [LABELS[bag]]} if bag in LABELS else {}
    tale.says("nora", patient.stream, "ThawStarted", at=WARD, containers=[bag], **read)
    tale.says("nora", patient.stream, "ThawCompleted", at=WARD, containers=[bag])


def _checked(tale: Tale, patient: Patient, bag: str) -> None:
    """Two people, each alone: neither sees what the other read."""
    read: Fields = {"label": LABELS[bag]} if bag in LABELS else {}
    for nurse in ("nora", "nils"):
        tale.says(nurse, patient.stream, "InfusionChecked", site="st-mary", container=bag, method="scan",
                  patient=tale.wristbands[patient.coi], **read)  # fmt: skip


def _infused(tale: Tale, patient: Patient, bag: str, dose_ul: int) -> None:
    check = _check(tale, patient, bag)
    if _failed(check):
        raise DemoFailed(f"{bag} may not be infused: {_failed(check)[0]['detail']}")
    shown = (
        "consent",
        "patient_matched",
        "released",
        "temperature_in_limits",
        "lots_in_force",
        "thaw_window",
    )
    tale.page.looked(f"All {len(check['gates'])} gates are open for {bags([bag])}, among them"
                     f" {listed([name.replace('_', ' ') for name in shown])}.")  # fmt: skip
    tale.says("phil", patient.stream, "InfusionAuthorised", site="st-mary", container=bag)
    tale.says("nora", patient.stream, "InfusionStarted", site="st-mary", container=bag)
    tale.says("nora", patient.stream, "InfusionCompleted", site="st-mary", container=bag,
              dose_given_ul=dose_ul)  # fmt: skip


def _check(tale: Tale, patient: Patient, bag: str) -> Document:
    return tale.stage.asks("nora", "infusion_check", coi=patient.coi, container=bag, site="st-mary",
                           patient=tale.wristbands[patient.coi])  # fmt: skip


def _why(tale: Tale, bag: str, gate: str) -> str:
    """The sentence of one gate that must be shut for the first patient now."""
    said = [one["detail"] for one in _failed(_check(tale, FIRST, bag)) if one["name"] == gate]
    if not said:
        raise DemoFailed(f"the gate {gate} is open for {bag}")
    return str(said[0])


def _failed(check: Document) -> list[Document]:
    return [gate for gate in check["gates"] if not gate["passed"]]
