"""A product with a specification, a sample of a dose at a laboratory, and what is said of both."""

from __future__ import annotations

from typing import Any
from unittest import mock

from tests.domain_scene import (
    ADMINISTRATORS,
    CLEANROOM,
    DOSE,
    DOSE_2,
    PRODUCT,
    RELEASED,
    STAGES,
    VAN,
    Said,
    Scene,
    enrol,
    furnished,
    qualify,
)

LAB = {"site": "assay-lab", "department": "sterility"}
SAMPLE = "SAMPLE-1"
STERILITY: dict[str, Any] = {"test": "sterility", "required": True, "may_be_pending": True}
VIABILITY: dict[str, Any] = {
    "test": "viability",
    "unit": "percent",
    "min_milli": 70_000,
    "required": True,
    "may_be_pending": False,
}
COPIES: dict[str, Any] = {
    "test": "vector_copies",
    "unit": "copies_per_cell",
    "max_milli": 5_000,
    "required": False,
    "may_be_pending": False,
}
SPECIFICATIONS = [
    {"country": "GB", "tests": [STERILITY, VIABILITY, COPIES]},
    {"country": "FR", "tests": [STERILITY | {"may_be_pending": False}, VIABILITY | {"min_milli": 80_000}]},
]
NAMES = list(STAGES)


def go_on(scene: Scene, after: str, to: str) -> Scene:
    """The ordinary story behind one stage, up to and with another."""
    for name in NAMES[NAMES.index(after) + 1 : NAMES.index(to) + 1]:
        STAGES[name](scene)
    return scene


def made(*required_checks: str, specifications: Any = SPECIFICATIONS) -> Scene:
    """Two doses of a product with these rules, and a sample of the first at the laboratory."""
    scene = unsampled(*required_checks, specifications=specifications)
    sample(scene)
    scene.hand_over(("mia", CLEANROOM), ("tess", LAB), SAMPLE)
    return scene


def unsampled(*required_checks: str, specifications: Any = SPECIFICATIONS) -> Scene:
    """The same before anybody took a sample: the laboratory, of another company, has no part yet."""
    more = {"specifications": specifications, "required_checks": list(required_checks)}
    with mock.patch.dict(PRODUCT, more):
        scene = furnished()
    site = {"organisation": ADMINISTRATORS["fay"], "site_kind": "testing", "country": "GB"}
    scene.say("fay", "site/assay-lab", "SiteOnboarded", **site)
    enrol(scene, "tess", "fay", ("cell_lab", "assay-lab"))
    certifier = enrol(scene, "quill", "ben", ("quality", "northcell-1"))
    scene.say("ada", "agent/quill", "EnrolmentApproved", enrolment=certifier.id)
    qualify(scene, "quill", "ben", "batch_release")
    for name in NAMES[: NAMES.index("made") + 1]:
        STAGES[name](scene)
    return scene


def sample(scene: Scene, **fields: Any) -> Said:
    of = {"container": DOSE, "volume_ul": 1_000}
    taken = {"at": CLEANROOM, "of": of, "sample": {"container": SAMPLE, "volume_ul": 1_000}}
    return scene.on_chain("mia", "SampleTaken", **taken | {"purpose": "release"} | fields)


def report(scene: Scene, test: str = "sterility", outcome: str = "pass", **fields: Any) -> Said:
    said = {"at": LAB, "sample": SAMPLE, "containers": [DOSE, DOSE_2], "test": test, "outcome": outcome}
    return scene.on_chain("tess", "ResultReported", **said | fields)


def viability(scene: Scene, value: int | None, outcome: str = "pass", **fields: Any) -> Said:
    measured = {"value_milli": value, "unit": "percent"}
    return report(scene, "viability", outcome, **measured | fields)


def identity(scene: Scene, outcome: str = "match", *containers: str, **fields: Any) -> Said:
    compared = {"at": LAB, "method": "str", "reference": "ab" * 32, "outcome": outcome}
    named = {"containers": list(containers or (DOSE, DOSE_2))}
    return scene.on_chain("tess", "IdentityTested", **compared | named | fields)


def passing(scene: Scene) -> Scene:
    """All that the specification for GB asks."""
    report(scene)
    viability(scene, 91_500)
    return scene


def confirm(scene: Scene, signer: str = "quinn", **fields: Any) -> Said:
    said = {"site": "northcell-1", "containers": [DOSE, DOSE_2], "confirmation": "cd" * 32}
    return scene.decide(signer, "BatchConfirmed", **said | fields)


def released(scene: Scene, signer: str = "quinn", **fields: Any) -> Said:
    return scene.decide(signer, "Released", **RELEASED | {"containers": [DOSE, DOSE_2]} | fields)


def pending(scene: Scene, *tests: str, **fields: Any) -> Said:
    said = {"containers": [DOSE, DOSE_2], "outstanding": list(tests)}
    return scene.decide("quinn", "ReleasedPendingResults", **RELEASED | said | fields)


def request(scene: Scene, *tests: str, **fields: Any) -> Said:
    said = {"site": "st-mary", "containers": [DOSE, DOSE_2], "tests": list(tests), "reason": "no_alternative"}
    return scene.decide("phil", "OutOfSpecificationRequested", **said | fields)


def out_of_specification(scene: Scene, asked: str, *tests: str, **fields: Any) -> Said:
    said = {"containers": [DOSE, DOSE_2], "request": asked, "tests": list(tests)}
    return scene.decide("quinn", "ReleasedOutOfSpecification", **RELEASED | said | fields)


def low_viability(scene: Scene) -> Scene:
    """Sterile, but too few cells are alive; Quality has assessed it."""
    report(scene)
    for deviation in viability(scene, 62_000, "fail").deviations:
        scene.clear(deviation)
    return scene


def reject(scene: Scene, *containers: str, **fields: Any) -> Said:
    return scene.decide("quinn", "Rejected", containers=list(containers or (DOSE,)), reason="leaks", **fields)


def correct(scene: Scene, signer: str, corrects: str, member: str = "shipper", **fields: Any) -> Said:
    said = {"corrects": corrects, "member": member, "was": "SHIPPER-1", "right": "SHIPPER-7"}
    return scene.on_chain(signer, "Corrected", **said | {"reason": "typing_error"} | fields)


def to_van(scene: Scene) -> None:
    scene.hand_over(("tess", LAB), ("kit", VAN), SAMPLE)
