"""FHIR bundles against R5's definitions, by a strict check and by `fhir.resources`; and back again."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from fhir.resources.bundle import Bundle
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import Malformed
from ledger.export.fhir import OUTCOMES, SEVERITIES, bundle
from ledger.export.fhir_reading import read_bundle
from ledger.export.names import Names
from ledger.export.standing import Outlook
from ledger.export.story import Dose, Finding, Leg, Product, Signed, Story, Warmth, story_of
from tests.conformance.fhir_definitions import CHECKED, Definitions, references_in
from tests.conformance.vectors import load, vectors
from tests.domain_scene import CHAIN, CLEANROOM, COI, ORIGIN, VAN, WARD, scene_at
from tests.event_strategies import QUICKLY

NAMES = Names(ORIGIN)
MADE_MS = 1_790_000_000_000
EXAMPLES = 43
HAVE_WRONG_TARGETS = {  # HL7's own: a request that is a product, for instance
    "BiologicallyDerivedProduct-allogeneicHCT.json",
    "BiologicallyDerivedProduct-autologousHCT.json",
    "Transport-simpledelivery.json",
}


@cache
def definitions() -> Definitions:
    return Definitions(vectors("fhir") / "r5-definitions")


def wrong_with(found: dict[str, Any]) -> list[str]:
    """In the whole bundle: what the definitions say, and references that point at nothing."""
    resources = [one["resource"] for one in found.get("entry", ())]
    here = {f"{one['resourceType']}/{one['id']}" for one in resources}
    dangling = [
        f"{one}: not in the bundle" for each in resources for one in references_in(each) if one not in here
    ]
    return dangling + [one for each in resources for one in definitions().wrong_with(each)]


def test_the_check_lets_hl7s_own_examples_through_but_three() -> None:
    files = sorted(one for one in (vectors("fhir") / "r5-examples").glob("*-*.json"))
    assert len(files) == EXAMPLES
    wrong = {path.name: found for path in files if (found := definitions().wrong_with(load(path)))}
    assert wrong.keys() == HAVE_WRONG_TARGETS
    assert all("refers to" in one for found in wrong.values() for one in found)


# --- a therapy --------------------------------------------------------------------------------


@cache
def told() -> Story:
    """A whole therapy with a sample, a refused hand-over, a deviation and a logger."""
    scene = scene_at("infused")
    taken = {"at": WARD, "of": {"container": "DOSE-2", "volume_ul": 1_000}, "purpose": "retained",
             "sample": {"container": "SAMPLE-1", "volume_ul": 1_000}}  # fmt: skip
    scene.on_chain("nora", "SampleTaken", **taken)
    offered = scene.release("nora", WARD, VAN, "DOSE-2")
    scene.on_chain("kit", "CustodyRefused", containers=["DOSE-2"], giver=WARD, receiver=VAN,
                   release=offered.id, reason="no_room")  # fmt: skip
    scene.on_chain("mia", "TemperatureEvidenceAttached", at=CLEANROOM, containers=["DOSE-1"], phase="frozen",
                   logger="LOG-9", range_low_centi_c=-20_000, range_high_centi_c=2_000, interval_s=60,
                   calibrated_until=None, started_at="2026-09-21T12:00:00.000Z", raw="ab" * 32,
                   readings_centi_c=[-15_012, None, -14_950], device_signature="absent")  # fmt: skip
    entries = [(one, b"statement") for one, _ in scene.entries if one.stream == CHAIN]
    return story_of(scene.chain, entries, Outlook(scene.world, scene.now_ms))


def test_a_therapys_bundle_has_every_kind_of_resource_and_is_valid() -> None:
    made = bundle(told(), NAMES, MADE_MS)
    assert {one["resource"]["resourceType"] for one in made["entry"]} == set(CHECKED)
    assert wrong_with(made) == []
    Bundle.model_validate(made)
    assert len({one["fullUrl"] for one in made["entry"]}) == len(made["entry"])


def test_the_story_is_what_the_therapy_says() -> None:
    story = told()
    by_id = {one.container: one for one in story.products}
    assert by_id["DOSE-1"].parents == ("FRESH-1",)
    assert by_id["DOSE-1"].temperature[0].low_centi_c == -15_012
    assert (by_id["SAMPLE-1"].purpose, by_id["SAMPLE-1"].parents) == ("retained", ("DOSE-2",))
    assert [one.status for one in story.legs] == ["completed"] * 4 + ["abandoned"]
    assert [(one.container, one.status, one.matched) for one in story.doses] == [("DOSE-1", "issued", True)]
    assert story.findings


def test_no_name_and_no_commitment_stands_in_a_bundle() -> None:
    text = repr(bundle(told(), NAMES, MADE_MS))
    assert "commitment" not in text
    patients = {one["patient"]["identifier"]["value"] for one in _of("Provenance")}
    assert patients == {COI}


def _of(type_: str) -> list[dict[str, Any]]:
    made = bundle(told(), NAMES, MADE_MS)["entry"]
    return [one["resource"] for one in made if one["resource"]["resourceType"] == type_]


BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("Transport", {"status": "teleported"}),
    ("Transport", {"intent": "wish"}),
    ("Transport", {"requestedLocation": {"reference": "Patient/1"}}),
    ("Provenance", {"target": []}),
    ("Provenance", {"entity": [{"role": "rumour", "what": {"display": "x", "identifier": {"value": "1"}}}]}),
    ("BiologicallyDerivedProduct", {"parent": [{"reference": "Specimen/SAMPLE-1"}]}),
    ("BiologicallyDerivedProduct", {"colour": "red"}),
    ("BiologicallyDerivedProduct", {"division": ["A0"]}),
    ("BiologicallyDerivedProductDispense", {"status": None}),
    ("BiologicallyDerivedProductDispense", {"patient": {"type": "Device", "identifier": {"value": "1"}}}),
    ("AuditEvent", {"severity": "catastrophic"}),
    ("Specimen", {"status": "lost"}),
    ("Specimen", {"subject": {"reference": "Transport/leg-1"}}),
]


@pytest.mark.parametrize(("type_", "change"), BROKEN, ids=[f"{one}-{next(iter(two))}" for one, two in BROKEN])
def test_the_check_finds_what_libraries_let_through(type_: str, change: dict[str, Any]) -> None:
    assert definitions().wrong_with(_of(type_)[0] | change) != []


# --- the law ----------------------------------------------------------------------------------

texts = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,9}", fullmatch=True)
containers = st.from_regex(r"[A-Z0-9][A-Z0-9-]{3,9}", fullmatch=True)
ids = st.binary(min_size=32, max_size=32).map(bytes.hex)
positions = st.integers(0, 2**53 - 1)
volumes = st.integers(0, 10**9)
times = st.integers(0, 4_000_000_000).map(lambda s: f"2026-09-21T{s % 24:02}:{s % 60:02}:00.{s % 1000:03}Z")
maybe = st.none()
parties = st.tuples(texts, texts)
few = st.lists(containers, unique=True, max_size=3).map(tuple)
degrees = st.integers(-27_300, 20_000)
warmths = st.builds(Warmth, st.sampled_from(["fresh", "frozen", "thawed"]), texts, times, times, degrees,
                    degrees, positions, st.sampled_from(["valid", "absent", "failed"]), maybe | times,
                    st.booleans())  # fmt: skip
made_products = st.builds(
    Product, containers, st.sampled_from(["collection", "split", "fill", "transform"]), times, texts,
    maybe | texts, few, volumes, st.booleans(), texts,
    maybe | st.from_regex(r"A9999[0-9]{8}", fullmatch=True),
    maybe | st.just("S1128"), maybe | st.just("A00000"), maybe | times, maybe | st.integers(1, 99),
    maybe | st.integers(1, 99), maybe | texts, maybe | containers, st.lists(warmths, max_size=2).map(tuple),
)  # fmt: skip
samples = st.builds(Product, containers, st.just("sample"), times, texts, maybe | texts, few, volumes,
                    st.booleans(), texts, expires_at=maybe | times,
                    purpose=maybe | st.just("release"))  # fmt: skip
legs = st.builds(Leg, ids, positions, st.sampled_from(["in-progress", "abandoned"]), few.filter(len), parties,
                 parties, times) | st.builds(Leg, ids, positions, st.just("completed"), few.filter(len),
                 parties, parties, times, ids, times)  # fmt: skip
doses = st.builds(
    Dose, containers, st.sampled_from(["preparation", "allocated", "in-progress", "issued", "returned"]),
    maybe | st.booleans(), st.lists(texts, unique=True, max_size=3).map(tuple), maybe | texts, maybe | times,
    maybe | times, maybe | volumes,
)  # fmt: skip
findings = st.builds(
    Finding, ids, positions, texts, st.sampled_from(sorted(SEVERITIES)), st.sampled_from(sorted(OUTCOMES)),
    few, texts, st.booleans(), times, maybe | st.sampled_from(["accepted", "rejected", "corrected"]),
)  # fmt: skip
signed = st.builds(Signed, positions, ids, texts, texts, st.booleans(), ids, times, times, few,
                   maybe | st.binary(min_size=1, max_size=30))  # fmt: skip
finished = st.builds(
    Product,
    containers,
    st.just("fill"),
    times,
    texts,
    maybe,
    st.just(()),
    volumes,
    st.booleans(),
    texts,
)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A product is named where there is one that was finished; else there is nowhere to name it."""
    products = draw(st.lists(made_products | samples, unique_by=lambda one: one.container, max_size=4))
    named = any(one.made_by in ("fill", "transform") for one in products)
    product, version = draw(st.tuples(texts, st.integers(1, 99))) if named else (None, None)
    lists = [draw(st.lists(each, max_size=2).map(tuple)) for each in (legs, doses, findings, signed)]
    return Story(COI, product, version, tuple(products), *lists)


@settings(QUICKLY, max_examples=25)
@given(stories())
def test_whatever_a_story_says_its_bundle_is_valid_and_reads_back(story: Story) -> None:
    made = bundle(story, NAMES, MADE_MS)
    assert read_bundle(made, NAMES) == story
    assert wrong_with(made) == []


@settings(QUICKLY, max_examples=60)
@given(st.data())
def test_a_broken_bundle_is_refused_or_read_and_never_breaks_the_reader(data: st.DataObject) -> None:
    made = deepcopy(bundle(told(), NAMES, MADE_MS))
    inner: Any = data.draw(st.sampled_from(made["entry"]))["resource"]
    for _ in range(data.draw(st.integers(0, 3))):
        steps = [*inner] if isinstance(inner, dict) else range(len(inner))
        step = data.draw(st.sampled_from(list(steps)))
        if not isinstance(inner[step], dict | list) or not inner[step]:
            break
        inner = inner[step]
    steps = [*inner] if isinstance(inner, dict) else range(len(inner))
    inner[data.draw(st.sampled_from(list(steps)))] = data.draw(
        st.sampled_from([None, 1, "x", [], {}, [{}], [None], {"value": 1}])
    )
    try:
        read_bundle(made, NAMES)
    except Malformed as refused:
        assert refused.code == "malformed_fhir"  # noqa: PT017


def test_a_transport_without_its_giver_is_refused_by_name() -> None:
    made = deepcopy(bundle(told(), NAMES, MADE_MS))
    leg = next(one["resource"] for one in made["entry"] if one["resource"]["resourceType"] == "Transport")
    leg["input"] = []
    with pytest.raises(Malformed, match=f"Transport/{leg['id']}"):
        read_bundle(made, NAMES)


@pytest.mark.parametrize("found", [None, [], {}, {"resourceType": "Patient"}, {"resourceType": "Bundle"},
                                   {"resourceType": "Bundle", "type": "collection"}])  # fmt: skip
def test_what_is_no_bundle_of_ours_is_refused(found: Any) -> None:
    with pytest.raises(Malformed) as refused:
        read_bundle(found, NAMES)
    assert refused.value.code == "malformed_fhir"


def test_another_logs_bundle_is_refused() -> None:
    made = bundle(told(), Names("other.example"), MADE_MS)
    with pytest.raises(Malformed, match=r"https://ledger.example/unbroken/chain"):
        read_bundle(made, NAMES)
