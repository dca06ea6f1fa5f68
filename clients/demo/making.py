"""The chapters of manufacture: a release that waits for Quality, a batch that fails and starts again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from clients.demo.cast import (
    CLEANROOM,
    FIRST,
    LABELS,
    LOT,
    OTHER_CLEANROOM,
    RESERVE,
    SECOND,
    TRIED,
    Fields,
    Patient,
)
from clients.demo.road import to_other_site
from clients.demo.stage import DemoFailed
from clients.demo.tale import Tale, later
from clients.words import bags, listed

Place = Mapping[str, str]
BATCH, FAILED, AGAIN = "BATCH-2026-041", "BATCH-2026-042", "BATCH-2026-043"


def two_bags(tale: Tale) -> None:
    tale.page.chapter("The first small site makes a dose of two bags",
                      f"{FIRST.called} · NorthCell 1, cleanroom")  # fmt: skip
    tale.says("mia", FIRST.stream, "ManufacturingStarted", at=CLEANROOM, batch=BATCH, platform="platform-2",
              containers=[FIRST.fresh])  # fmt: skip
    consumed(tale, "mia", FIRST, BATCH, CLEANROOM, [FIRST.fresh])
    filled(tale, "mia", FIRST, CLEANROOM, FIRST.fresh)
    labelled(tale, "mia", FIRST, CLEANROOM, FIRST.doses)
    tested(tale, "mia", FIRST, CLEANROOM, 91_500)


def held_back(tale: Tale) -> None:
    """Nothing leaves before Quality has looked at the warm night."""
    tale.page.chapter("The warm shipment blocks the release until Quality has decided",
                      f"{FIRST.called} · NorthCell 1, Quality")  # fmt: skip
    refused = tale.stage.tries("quinn", FIRST.stream, "Released", **release_of(FIRST, "northcell-1"))
    if refused.get("problem", {}).get("code") != "gate_failed":
        raise DemoFailed("a release was not refused although the shipment was warm")
    failed = [gate["detail"] for gate in refused["problem"]["gates"] if not gate["passed"]]
    tale.page.refused(f"Quinn tries to release {bags(FIRST.doses)}. {' '.join(failed)}")
    assess(tale, FIRST, {"temperature_excursion": "stability_data_cover_it"})
    tale.says("quinn", FIRST.stream, "Released", **release_of(FIRST, "northcell-1"))


def fails(tale: Tale) -> None:
    tale.page.chapter("A batch fails; half of the cells were kept back for that",
                      f"{SECOND.called} · NorthCell 1, cleanroom")  # fmt: skip
    halves = [{"container": name, "volume_ul": 100_000} for name in (TRIED, RESERVE)]
    tale.says("mia", SECOND.stream, "ContainersDerived", at=CLEANROOM, how="split", children=halves,
              parents=[{"container": SECOND.fresh, "volume_ul": 200_000}])  # fmt: skip
    batch: Fields = {"at": CLEANROOM, "batch": FAILED, "containers": [TRIED]}
    tale.says("mia", SECOND.stream, "ManufacturingStarted", platform="platform-2", **batch)
    tale.says("mia", SECOND.stream, "ManufacturingFailed", reason="cells_did_not_grow", **batch)
    reasons = {
        "temperature_excursion": "stability_data_cover_it",
        "manufacturing_failed": "restart_from_reserve",
    }
    assess(tale, SECOND, reasons)


def starts_again(tale: Tale) -> None:
    """The same patient, the same chain of identity, another site and another batch."""
    tale.page.chapter("The failed batch is started again at another site",
                      f"{SECOND.called} · NorthCell 2, cleanroom")  # fmt: skip
    to_other_site(tale)
    tale.says("omar", SECOND.stream, "ManufacturingRestarted", at=OTHER_CLEANROOM, failed_batch=FAILED,
              batch=AGAIN, platform="platform-5", containers=[RESERVE])  # fmt: skip
    consumed(tale, "omar", SECOND, AGAIN, OTHER_CLEANROOM, [RESERVE])
    filled(tale, "omar", SECOND, OTHER_CLEANROOM, RESERVE)
    labelled(tale, "omar", SECOND, OTHER_CLEANROOM, SECOND.doses)
    tested(tale, "omar", SECOND, OTHER_CLEANROOM, 84_000)
    tale.says("quinn", SECOND.stream, "Released", **release_of(SECOND, "northcell-2"))


def assess(tale: Tale, patient: Patient, reasons: Mapping[str, str]) -> None:
    """Quality closes what is open about this patient, each with its reason."""
    opened = tale.stage.asks("quinn", "deviations", coi=patient.coi)["open"]
    blocking = [one for one in opened if one["blocking"]]
    names = listed([one["code"].replace("_", " ") for one in blocking])
    tale.page.looked(f"Quinn looks at what is open about {patient.called}: {names}")
    for one in blocking:
        reason = reasons[one["code"]]
        told = tale.says("quinn", patient.stream, "DeviationDispositioned", quiet=True,
                         deviation=one["statement_id"], disposition="accepted", reason=reason)  # fmt: skip
        spoken = f"{one['code']}: accepted, {reason}".replace("_", " ")
        tale.page.recorded(f"Quinn closed the deviation {spoken}", told)


def consumed(
    tale: Tale, who: str, patient: Patient, batch: str, at: Place, containers: Sequence[str]
) -> None:
    tale.says(who, patient.stream, "MaterialConsumed", at=at, batch=batch, containers=list(containers),
              lots=[LOT])  # fmt: skip


def filled(tale: Tale, who: str, patient: Patient, at: Place, parent: str) -> None:
    """All of the parent into the doses, an ordered set; the first gives a sample away."""
    count = len(patient.doses)
    doses = [{"container": name, "volume_ul": 25_000, "bag": number, "of": count, "expires_at": later(90),
              "din": name.partition("-")[0]}
             for number, name in enumerate(patient.doses, 1)]  # fmt: skip
    drawn = [{"container": parent, "volume_ul": 100_000 if parent == RESERVE else 200_000}]
    tale.says(who, patient.stream, "ContainersDerived", at=at, how="fill", parents=drawn, children=doses)


def labelled(tale: Tale, who: str, patient: Patient, at: Place, names: Sequence[str]) -> None:
    """Issued, printed, read back, put on: four statements for each bag, told in one line."""
    for bag in names:
        serial, picture = LABELS[bag], tale.stage.labels / f"{bag}.png"
        printed = tale.stage.prints(who, coi=patient.coi, container=bag, serial=serial, at=at,
                                    template="cryobag", file=str(picture))  # fmt: skip
        read = tale.stage.reads_back(who, patient.coi, picture, serial, bag)
        event = read.pop("type")
        told = [
            tale.says(who, patient.stream, event, quiet=True, at=at, **read),
            tale.says(who, patient.stream, "LabelApplied", quiet=True, at=at, serial=serial, container=bag),
        ]
        wrong = f"{read['wrong_modules']} of {read['modules']} modules wrong"
        text = f"{who.capitalize()} printed label {serial}, read it back ({wrong}) and put it on bag {bag}"
        tale.page.recorded(text, *printed, *told)


def tested(tale: Tale, who: str, patient: Patient, at: Place, viability_milli: int) -> None:
    dose, sample = patient.doses[0], patient.doses[0].replace("-D1", "-S1")
    tale.says(who, patient.stream, "SampleTaken", at=at, of={"container": dose, "volume_ul": 1_000},
              sample={"container": sample, "volume_ul": 1_000}, purpose="release")  # fmt: skip
    about: Fields = {"at": at, "containers": list(patient.doses)}
    tale.says("lena", patient.stream, "ResultReported", sample=sample, test="viability", unit="percent",
              value_milli=viability_milli, outcome="pass", **about)  # fmt: skip
    tale.says("lena", patient.stream, "IdentityTested", method="str", reference="collection_profile",
              outcome="match", **about)  # fmt: skip


def release_of(patient: Patient, site: str) -> Fields:
    certificate = hashlib.sha256(f"certificate of {patient.coi}".encode()).hexdigest()
    return {"site": site, "containers": list(patient.doses), "certificate": certificate,
            "countries": ["GB"], "protocols": ["UB-001"]}  # fmt: skip
