"""Testing and Quality for people: what they sign in words, how they write it, what they are shown."""

from __future__ import annotations

import copy
from typing import Any

from rich.console import Console

from api.quality_examples import QUALITY
from clients.cli.prompts import asked
from clients.cli.quality import draw_quality
from clients.drafts import draft
from clients.forms import filled, shape_of
from clients.words import sentence
from ledger.domain.quality_events import ResultReported, SampleTaken
from ledger.domain.registry_events import ProductVersionDefined

AT = {"site": "lab-1", "department": "qc"}
ON_BAG: dict[str, Any] = {"at": AT, "containers": ["BAG-1"]}
SCOPE: dict[str, Any] = {"containers": ["BAG-1"], "countries": ["GB"], "protocols": ["UB-001"]}


def drawn(**changes: Any) -> str:
    """What is printed, without the layout. `changes` are about the one container, or the whole."""
    document = copy.deepcopy(QUALITY)
    for name, value in changes.items():
        (document if name in document else document["containers"][0])[name] = value
    console = Console(width=200)
    with console.capture() as captured:
        draw_quality(console, document)
    return " ".join(captured.get().split())


def test_results_stand_beside_what_the_ledger_makes_of_them() -> None:
    said = drawn()
    assert "viability 91.5 percent pass (assay-lab) ✓ passes" in said
    assert "identity by str: match (#4691)" in said
    assert "released, by quinn, for GB under UB-001 (#4700)" in said
    assert "also asked for identity test" in said
    assert "A9999-26-000001-S1 A9999-26-000001-D1 for release testing northcell-1 4660" in said


def test_what_is_missing_outside_or_rejected_is_said_in_capitals() -> None:
    said = drawn(
        outstanding=["sterility"],
        out_of_specification=["vector_copies"],
        rejections=[{"reason": "mix_up", "signer": "quinn", "position": 4710}],
    )
    assert "OUTSTANDING: sterility" in said
    assert "OUT OF SPECIFICATION: vector copies" in said
    assert "REJECTED by quinn, mix up" in said


def test_a_result_that_was_replaced_and_one_that_nobody_asked_for_are_told_apart() -> None:
    (result,) = QUALITY["containers"][0]["results"]
    old = result | {"counts": False}
    odd = result | {"test": "smell", "value_milli": None, "unit": None, "verdict": None}
    said = drawn(results=[old, odd])
    assert "replaced by a later result" in said
    assert "smell - pass (assay-lab) not specified" in said


def test_the_kinds_of_release_a_request_and_an_alert_are_told() -> None:
    (release,) = QUALITY["containers"][0]["releases"]
    (test,) = QUALITY["containers"][0]["identity_tests"]
    said = drawn(
        releases=[release | {"kind": "pending_results", "tests": ["sterility"]},
                  release | {"kind": "out_of_specification", "tests": ["viability"]}],
        identity_tests=[test | {"outcome": "mismatch"}],
        confirmations=[{"site": "northcell-1", "signer": "quinn", "confirmation": "ab", "position": 1}],
        requests=[{"signer": "phil", "containers": ["BAG-1"], "tests": ["viability"], "position": 2,
                   "reason": "no_alternative"}],
        alerts=[{"containers": ["BAG-1"], "position": 4720}],
    )  # fmt: skip
    assert "released WITHOUT WAITING for sterility" in said
    assert "released OUT OF SPECIFICATION in viability" in said
    assert "THE CELLS ARE NOT THIS PATIENT'S" in said
    assert "confirmed by quinn for northcell-1" in said
    assert "phil asked for bag BAG-1 although out of specification in viability, no alternative" in said
    assert "TELL THE PHYSICIAN: a dose was infused and a test of it has failed: bag BAG-1 (#4720)" in said


# --- what they sign, in words ------------------------------------------------------------


def said(kind: str, **members: Any) -> str:
    return sentence({"type": kind} | members, "tess")


def test_a_sample_is_said_with_its_purpose() -> None:
    taken = {"of": {"container": "BAG-1", "volume_ul": 1}, "sample": {"container": "BAG-S1", "volume_ul": 1}}
    assert said("SampleTaken", at=AT, purpose="release", **taken) == (
        "tess took a sample of bag BAG-1 at qc at lab-1: sample BAG-S1, for release testing"
    )


def test_a_result_is_said_with_its_value_where_it_has_one() -> None:
    told = "tess reported cd3 viability of bag BAG-1 at qc at lab-1, from sample BAG-S1:"
    one = ON_BAG | {"test": "cd3_viability", "sample": "BAG-S1"}
    assert said("ResultReported", **one, outcome="pass") == f"{told} it passes"
    measured = {"outcome": "fail", "value_milli": -1_500, "unit": "per_cent"}
    assert said("ResultReported", **one, **measured) == f"{told} IT FAILS (-1.5 per cent)"
    assert (
        said("ResultReported", **one, outcome="invalid", value_milli=7) == f"{told} the test is void (0.007)"
    )


def test_another_patients_cells_are_shouted() -> None:
    assert said("IdentityTested", **ON_BAG, method="hla", outcome="mismatch") == (
        "tess compared the cells of bag BAG-1 with the patient's by HLA at qc at lab-1: IT DOES NOT MATCH"
    )


def test_what_a_release_does_without_is_said_in_capitals() -> None:
    scope = "for patients in GB under protocol UB-001"
    assert said("ReleasedPendingResults", **SCOPE, outstanding=["sterility", "viral_titre"]) == (
        f"tess released bag BAG-1 WITHOUT WAITING for sterility and viral titre, {scope}"
    )
    assert said("ReleasedOutOfSpecification", **SCOPE, tests=["viability"], request="ab" * 32) == (
        "tess released bag BAG-1 although OUT OF SPECIFICATION in viability, as the physician asked in"
        f" abababababab, {scope}"
    )


def test_a_correction_says_both_what_is_right_and_what_was_said() -> None:
    wrong = {
        "corrects": "ab" * 32,
        "member": "shipper",
        "was": "S-1",
        "right": "S-2",
        "reason": "typing_error",
    }
    assert said("Corrected", **wrong) == (
        "tess corrected shipper of the statement abababababab: S-2, not S-1 (typing error)"
    )


# --- how they write it -------------------------------------------------------------------


def test_a_products_specifications_are_typed_as_lists_within_lists() -> None:
    pairs = [
        "version=1", "name=Decentra-CAR", "window_starts=thaw_started", "window_s=3600", "claim_limit_s=3600",
        "countries=GB", "sites=northcell-1", "required_checks=identity_test,site_confirmation",
        "specifications.0.country=GB", "specifications.0.tests.0.test=sterility",
        "specifications.0.tests.0.required=yes", "specifications.0.tests.0.may_be_pending=yes",
        "specifications.0.tests.1.test=viability", "specifications.0.tests.1.unit=percent",
        "specifications.0.tests.1.min_milli=70000", "specifications.0.tests.1.required=yes",
        "specifications.0.tests.1.may_be_pending=no",
    ]  # fmt: skip
    members = filled(shape_of(ProductVersionDefined), pairs)
    made = draft({"type": "ProductVersionDefined"} | members, "product/decentra-car")
    (specification,) = made.payload["specifications"]
    assert [test["test"] for test in specification["tests"]] == ["sterility", "viability"]
    assert specification["tests"][1]["min_milli"] == 70_000


def test_a_person_is_asked_for_lists_within_lists_until_there_is_no_more() -> None:
    answers = {
        "specifications.0.country (empty: no more): ": "GB",
        "specifications.0.tests.0.test (empty: no more): ": "viability",
        "specifications.0.tests.0.unit (empty: none): ": "percent",
        "specifications.0.tests.0.min milli (a whole number; empty: none): ": "70000",
        "specifications.0.tests.0.max milli (a whole number; empty: none): ": "",
        "specifications.0.tests.0.required (yes or no): ": "yes",
        "specifications.0.tests.0.may be pending (yes or no): ": "no",
    }
    shape = shape_of(ProductVersionDefined)
    known = {name: None for name, _ in shape.parts if name != "specifications"}
    found = asked(shape, known, lambda question: answers.get(question, ""))
    test = {"test": "viability", "unit": "percent", "min_milli": 70_000, "max_milli": None,
            "required": True, "may_be_pending": False}  # fmt: skip
    assert found == {"specifications": [{"country": "GB", "tests": [test]}]}


def test_a_result_may_have_no_value_and_a_sample_is_written_in_short() -> None:
    pairs = ["at=assay-lab/flow", "sample=BAG-S1", "containers=BAG-D1", "test=sterility", "outcome=pass"]
    members = filled(shape_of(ResultReported), [*pairs, "value_milli=none", "unit=none"])
    assert draft({"type": "ResultReported"} | members, "chain/isbt128:CHA1").payload["value_milli"] is None
    taken = filled(shape_of(SampleTaken), ["of=BAG-D1:1000", "sample=BAG-S1:1000"])
    assert taken["sample"] == {"container": "BAG-S1", "volume_ul": 1000}
