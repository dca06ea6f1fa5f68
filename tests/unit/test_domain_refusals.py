"""Every refusal of the rules, by its code.

`test_every_refusal_has_its_test` reads the source of the rules: a code that is raised there
and has no `test_refusal_<code>` here (or, for parsers, in the test of identifiers and
events) fails the suite.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import ledger.domain
from ledger.domain.rules import RULE_SET
from ledger.domain.world import timestamp
from ledger.errors import (
    Conflict,
    GateFailed,
    Malformed,
    NotPermitted,
    ProofInvalid,
    Refused,
    StaleView,
    Unauthentic,
    UnbrokenError,
)
from tests.domain_scene import (
    APHERESIS,
    CHAIN,
    CLEANROOM,
    COI,
    DOSE,
    FRESH,
    ORDER,
    ORIGIN,
    PRODUCT,
    RELEASED,
    WARD,
    Scene,
    enrol,
    furnished,
    genesis_fields,
    key_of,
    kid,
    opened,
    patient,
    qualify,
    scene_at,
)

SITE: dict[str, Any] = {"organisation": "northcell", "site_kind": "manufacturing", "country": "GB"}
PARSERS = {"identifiers.py", "events.py"}
RAISED = re.compile(
    r"(?:Refused|Conflict|NotPermitted|StaleView|GateFailed|Unauthentic|Malformed|ProofInvalid)"
    r'\(\s*"([a-z0-9_]+)"'
)


def refused(
    error: type[UnbrokenError], scene: Scene, signer: str, stream: str, event: str, **fields: Any
) -> Any:
    """The code of the refusal; asserts that nothing was recorded."""
    before = scene.world.size
    with pytest.raises(error) as refusal:
        scene.say(signer, stream, event, **fields)
    assert type(refusal.value) is error
    assert scene.world.size == before
    return refusal.value.code


def order(**fields: Any) -> dict[str, Any]:
    return ORDER | fields


def ordered_sites(**fields: Any) -> dict[str, Any]:
    return order(sites=ORDER["sites"] | fields)


def release(scene: Scene, **fields: Any) -> dict[str, Any]:
    return {"chain_version": scene.chain.version, "containers": [DOSE]} | RELEASED | fields


def check(scene: Scene, **fields: Any) -> dict[str, Any]:
    read = {"site": "st-mary", "container": DOSE, "patient": patient(), "method": "scan"}
    return {"chain_version": scene.chain.version} | read | fields


def authorise(scene: Scene, **fields: Any) -> dict[str, Any]:
    return {"chain_version": scene.chain.version, "site": "st-mary", "container": DOSE} | fields


def test_every_refusal_has_its_test() -> None:
    folder = Path(ledger.domain.__file__).parent
    sources = [path.read_text() for path in folder.glob("*.py") if path.name not in PARSERS]
    codes = {code for source in sources for code in RAISED.findall(source)}
    assert len(codes) > 40
    assert {code for code in codes if f"test_refusal_{code}" not in globals()} == set()


# --- the key, the signer, the stream: facts and decisions alike -------------------------


def test_refusal_unknown_key() -> None:
    scene = scene_at("collected")
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1"}
    assert (
        refused(Unauthentic, scene, "anna", CHAIN, "Packed", signed_with="00" * 32, **packed) == "unknown_key"
    )


def test_refusal_revoked_key() -> None:
    scene = scene_at("collected")
    scene.say("ada", "agent/anna", "KeyRevoked", kid=kid("anna"), reason="stolen_phone")
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1"}
    assert refused(Unauthentic, scene, "anna", CHAIN, "Packed", **packed) == "revoked_key"


def test_refusal_wrong_signer() -> None:
    scene = scene_at("collected")
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1", "signed_with": kid("kit")}
    assert refused(Unauthentic, scene, "anna", CHAIN, "Packed", **packed) == "wrong_signer"
    assert refused(Unauthentic, scene, "ledger", CHAIN, "Packed", **packed) == "wrong_signer"
    genesis = genesis_fields() | {"signed_with": kid("ada")}
    assert refused(Unauthentic, Scene(), "ledger", f"log/{ORIGIN}", "LogOpened", **genesis) == "wrong_signer"


@pytest.mark.parametrize(
    "stream",
    ["site/st-mary", "chain", COI, "chain/", "chain/isbt128:CHO999926ABC123", "chain/isbt128:chA999926ABC123",
     "chain/no-scheme", "review/" + COI, f"log/{ORIGIN}"],
)  # fmt: skip
def test_refusal_wrong_stream(stream: str) -> None:
    scene = scene_at("collected")
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1"}
    assert refused(Unauthentic, scene, "anna", stream, "Packed", **packed) == "wrong_stream"


@pytest.mark.parametrize("stream", ["log/other.example", "chain/" + COI, "site/UPPER", "site/", "site/a/b"])
def test_a_registry_decision_belongs_to_its_own_stream(stream: str) -> None:
    event = "RuleSetAdopted" if stream.startswith("log/") else "SiteOnboarded"
    fields = {"rule_set": 1} if stream.startswith("log/") else SITE
    signer = "ledger" if stream.startswith("log/") else "ben"
    assert refused(Unauthentic, opened(), signer, stream, event, **fields) == "wrong_stream"


# --- the device that made a decision ----------------------------------------------------


def test_refusal_retired_key() -> None:
    scene = furnished()
    scene.say("ben", "agent/quinn", "KeyRetired", kid=kid("quinn"), reason="new_phone")
    newer = PRODUCT | {"version": 2}
    stream = "product/decentra-car"
    assert refused(NotPermitted, scene, "quinn", stream, "ProductVersionDefined", **newer) == "retired_key"


@pytest.mark.parametrize("wrong", [{"seq": 99}, {"prev": "00" * 32}, {"seq": 0, "prev": None}])
def test_refusal_out_of_sequence(wrong: dict[str, Any]) -> None:
    scene = opened()
    scene.say("ben", "site/north", "SiteOnboarded", **SITE)
    with pytest.raises(Conflict) as refusal:
        scene.say("ben", "site/south", "SiteOnboarded", **SITE | wrong)
    last = scene.world.signer(kid("ben"))
    assert (refusal.value.code, refusal.value.extra) == (
        "out_of_sequence",
        {"seq": 1, "prev": last.statement_id},
    )


def test_refusal_unknown_checkpoint() -> None:
    scene = opened()
    forked = SITE | {"seen": {"size": 1, "root": "00" * 32}}
    assert refused(Conflict, scene, "ben", "site/north", "SiteOnboarded", **forked) == "unknown_checkpoint"
    ahead = SITE | {"seen": {"size": 99, "root": "00" * 32}}
    assert refused(Conflict, scene, "ben", "site/north", "SiteOnboarded", **ahead) == "unknown_checkpoint"


def test_a_decision_on_a_therapy_must_have_seen_something() -> None:
    scene = scene_at("thawed")
    assert refused(Conflict, scene, "nora", CHAIN, "InfusionChecked", **check(scene, seen=None)) == (
        "unknown_checkpoint"
    )


def test_a_checkpoint_of_later_entries_has_not_been_seen_yet() -> None:
    """An audit knows all checkpoints from the start; the rules must not."""
    scene = opened()
    scene.checkpoints[99] = ("ab" * 32, scene.now_ms)
    ahead = SITE | {"seen": {"size": 99, "root": "ab" * 32}}
    assert refused(Conflict, scene, "ben", "site/north", "SiteOnboarded", **ahead) == "unknown_checkpoint"


def test_refusal_future_time() -> None:
    scene = opened()
    late = SITE | {"occurred_at": timestamp(scene.now_ms + 300_001)}
    assert refused(Refused, scene, "ben", "site/north", "SiteOnboarded", **late) == "future_time"


def test_refusal_clock_behind() -> None:
    scene = opened()
    early = SITE | {"occurred_at": timestamp(scene.now_ms - 300_001)}
    assert refused(Refused, scene, "ben", "site/north", "SiteOnboarded", **early) == "clock_behind"


# --- the log ----------------------------------------------------------------------------


def test_refusal_log_already_open() -> None:
    fields = genesis_fields()
    assert refused(Conflict, opened(), "ledger", f"log/{ORIGIN}", "LogOpened", **fields) == "log_already_open"


def test_genesis_names_this_log() -> None:
    fields = genesis_fields() | {"origin": "other.example"}
    assert (
        refused(Unauthentic, Scene(), "ledger", "log/other.example", "LogOpened", **fields) == "wrong_stream"
    )
    assert refused(Unauthentic, Scene(), "ledger", f"log/{ORIGIN}", "LogOpened", **fields) == "wrong_stream"


def roots(*named: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "administrators": [{"agent": who, "organisation": of, "key": key_of(key)} for who, of, key in named]
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"seq": 1},
        {"prev": "00" * 32},
        {"seen": {"size": 0, "root": "00" * 32}},
        roots(("ada", "one", "a"), ("ben", "one", "b")),
        roots(("ada", "one", "a"), ("ada", "two", "b")),
        roots(("ada", "one", "a"), ("ben", "two", "a")),
        roots(("ada", "one", "a"), ("ledger", "two", "b")),
        roots(("ada", "one", "a"), ("ben", "two", "ledger")),
    ],
)
def test_refusal_bad_genesis(wrong: dict[str, Any]) -> None:
    fields = genesis_fields() | wrong
    assert refused(Refused, Scene(), "ledger", f"log/{ORIGIN}", "LogOpened", **fields) == "bad_genesis"


def test_refusal_rule_set_not_newer() -> None:
    stream = f"log/{ORIGIN}"
    assert refused(Conflict, opened(), "ledger", stream, "RuleSetAdopted", rule_set=1) == "rule_set_not_newer"


def test_refusal_unknown_rule_set() -> None:
    newer = {"rule_set": RULE_SET + 1}
    stream = f"log/{ORIGIN}"
    assert refused(Refused, opened(), "ledger", stream, "RuleSetAdopted", **newer) == "unknown_rule_set"


# --- sites, people, keys, products ------------------------------------------------------


def test_refusal_not_permitted() -> None:
    scene = furnished()
    foreign = SITE | {"organisation": "faraway"}
    assert refused(NotPermitted, scene, "ben", "site/north", "SiteOnboarded", **foreign) == "not_permitted"
    assert refused(NotPermitted, scene, "kit", CHAIN, "TherapyOrdered", **ORDER) == "not_permitted"


def test_the_ledger_enrols_nobody() -> None:
    person = {"organisation": "northcell", "roles": [{"role": "nurse", "site": "northcell-1"}]}
    fields = person | {"key": key_of("newby")}
    assert refused(NotPermitted, furnished(), "ledger", "agent/newby", "AgentEnrolled", **fields) == (
        "not_permitted"
    )


def test_refusal_site_exists() -> None:
    assert refused(Conflict, furnished(), "ben", "site/northcell-1", "SiteOnboarded", **SITE) == "site_exists"


def test_refusal_already_suspended() -> None:
    scene = furnished()
    scene.say("ben", "site/northcell-1", "SiteSuspended", reason="inspection")
    why = {"reason": "inspection"}
    assert refused(Conflict, scene, "ben", "site/northcell-1", "SiteSuspended", **why) == "already_suspended"


def test_refusal_not_suspended() -> None:
    why = {"reason": "cleared"}
    assert refused(Conflict, furnished(), "ben", "site/northcell-1", "SiteResumed", **why) == "not_suspended"


@pytest.mark.parametrize("event", ["SiteSuspended", "SiteResumed"])
def test_refusal_unknown_site(event: str) -> None:
    assert refused(Refused, furnished(), "ben", "site/nowhere", event, reason="why") == "unknown_site"


def test_roles_products_and_orders_name_known_sites() -> None:
    scene = furnished()
    with pytest.raises(Refused, match="unknown_site"):
        enrol(scene, "newby", "ben", ("manufacturer", "nowhere"))
    newer = PRODUCT | {"version": 2, "sites": ["nowhere"]}
    stream = "product/decentra-car"
    assert refused(Refused, scene, "quinn", stream, "ProductVersionDefined", **newer) == "unknown_site"
    fields = ordered_sites(couriers=["nowhere"])
    assert refused(Refused, scene, "carl", CHAIN, "TherapyOrdered", **fields) == "unknown_site"


def test_refusal_agent_exists() -> None:
    scene = furnished()
    for taken in ("quinn", "ada", "ledger"):
        with pytest.raises(Conflict, match="agent_exists"):
            enrol(scene, taken, "ben", ("manufacturer", "northcell-1"))


def test_refusal_not_own_site() -> None:
    with pytest.raises(NotPermitted, match="not_own_site"):
        enrol(furnished(), "newby", "ben", ("nurse", "st-mary"))


def test_refusal_malformed_key() -> None:
    scene = furnished()
    for key in ("A", "AB", "A" * 5):  # no base64url, or not the only spelling of its bytes
        assert refused(Malformed, scene, "ben", "agent/mia", "KeyAdded", key=key) == "malformed_key"
    spoilt = genesis_fields() | {"event_key": "A"}
    stream = f"log/{ORIGIN}"
    assert refused(Malformed, Scene(), "ledger", stream, "LogOpened", **spoilt) == "malformed_key"


@pytest.mark.parametrize("key", ["ada", "quinn", "ledger", "retired"])
def test_refusal_key_in_use(key: str) -> None:
    scene = furnished()
    scene.say("mia", "agent/mia", "KeyAdded", key=key_of("retired"))
    scene.say("mia", "agent/mia", "KeyRetired", kid=kid("retired"), reason="worn")
    assert refused(Conflict, scene, "mia", "agent/mia", "KeyAdded", key=key_of(key)) == "key_in_use"


@pytest.mark.parametrize("name", ["quinn", "ben"])
def test_refusal_needs_two_signers(name: str) -> None:
    """One administrator with a key of their own making could otherwise sign as Quality."""
    scene = furnished()
    enrol(scene, "bea", "ben", ("administrator", "northcell-1"))
    bea = scene.world.agent("bea")
    assert bea is not None
    scene.say("ada", "agent/bea", "EnrolmentApproved", enrolment=bea.enrolment)
    fields = {"key": key_of("planted")}
    assert refused(NotPermitted, scene, "bea", f"agent/{name}", "KeyAdded", **fields) == "needs_two_signers"


@pytest.mark.parametrize(("event", "kid_named"), [("KeyRetired", "kit"), ("KeyRevoked", "nobody")])
def test_refusal_not_their_key(event: str, kid_named: str) -> None:
    fields = {"kid": kid(kid_named), "reason": "why"}
    assert refused(Refused, furnished(), "ben", "agent/mia", event, **fields) == "not_their_key"


def test_refusal_key_already_out() -> None:
    scene = furnished()
    out = {"kid": kid("mia"), "reason": "why"}
    scene.say("ben", "agent/mia", "KeyRetired", **out)
    assert refused(Conflict, scene, "ben", "agent/mia", "KeyRetired", **out) == "key_already_out"
    scene.say("ben", "agent/mia", "KeyRevoked", **out)
    assert refused(Conflict, scene, "ben", "agent/mia", "KeyRevoked", **out) == "key_already_out"


def test_refusal_unknown_agent() -> None:
    scene = furnished()
    granted = {"qualification": "bedside", "expires_at": timestamp(scene.now_ms)}
    assert (
        refused(Refused, scene, "ben", "agent/nobody", "QualificationGranted", **granted) == "unknown_agent"
    )
    assert refused(Refused, scene, "ben", "agent/nobody", "KeyAdded", key=key_of("x")) == "unknown_agent"


def test_refusal_unknown_enrolment() -> None:
    scene = furnished()
    enrol(scene, "quentin", "ben", ("quality", "northcell-1"))
    wrong = {"enrolment": "00" * 32}
    assert (
        refused(Refused, scene, "ada", "agent/quentin", "EnrolmentApproved", **wrong) == "unknown_enrolment"
    )


def test_refusal_nothing_to_approve() -> None:
    scene = furnished()
    for name in ("mia", "quinn"):
        agent = scene.world.agent(name)
        assert agent is not None
        found = refused(
            Conflict, scene, "ada", f"agent/{name}", "EnrolmentApproved", enrolment=agent.enrolment
        )
        assert found == "nothing_to_approve"


def test_refusal_same_signer() -> None:
    scene = furnished()
    said = enrol(scene, "quentin", "ben", ("quality", "northcell-1"))
    fields = {"enrolment": said.id}
    assert (
        refused(NotPermitted, scene, "ben", "agent/quentin", "EnrolmentApproved", **fields) == "same_signer"
    )
    with pytest.raises(NotPermitted, match="same_signer"):
        qualify(scene, "quinn", "quinn", "batch_release")


def test_refusal_version_not_next() -> None:
    scene = furnished()
    for version in (1, 3):
        fields = PRODUCT | {"version": version}
        stream = "product/decentra-car"
        assert (
            refused(Conflict, scene, "quinn", stream, "ProductVersionDefined", **fields) == "version_not_next"
        )
    newcomer = PRODUCT | {"version": 2}
    assert refused(Conflict, scene, "quinn", "product/new", "ProductVersionDefined", **newcomer) == (
        "version_not_next"
    )


# --- the order --------------------------------------------------------------------------


def test_refusal_chain_exists() -> None:
    assert refused(Conflict, scene_at("ordered"), "carl", CHAIN, "TherapyOrdered", **ORDER) == "chain_exists"


@pytest.mark.parametrize(
    "product", [{"product": "decentra-car", "version": 2}, {"product": "x", "version": 1}]
)
def test_refusal_unknown_product_version(product: dict[str, Any]) -> None:
    fields = order(product=product)
    assert (
        refused(Refused, furnished(), "carl", CHAIN, "TherapyOrdered", **fields) == "unknown_product_version"
    )


def test_refusal_country_not_covered() -> None:
    fields = order(country="US")
    assert refused(Refused, furnished(), "carl", CHAIN, "TherapyOrdered", **fields) == "country_not_covered"


def test_refusal_site_not_active_for_product() -> None:
    fields = ordered_sites(manufacturing=["northcell-1", "northcell-hq"])
    assert refused(Refused, furnished(), "carl", CHAIN, "TherapyOrdered", **fields) == (
        "site_not_active_for_product"
    )


def test_refusal_site_not_in_force() -> None:
    scene = furnished()
    scene.say("cleo", "site/swift-depot", "SiteSuspended", reason="inspection")
    assert refused(Refused, scene, "carl", CHAIN, "TherapyOrdered", **ORDER) == "site_not_in_force"


def test_refusal_identifiers_repeat() -> None:
    fields = order(patient=[patient()[0], patient("patient-2")[0]])
    assert refused(Refused, furnished(), "carl", CHAIN, "TherapyOrdered", **fields) == "identifiers_repeat"


# --- decisions on a therapy -------------------------------------------------------------


def test_refusal_chain_not_opened() -> None:
    scene = furnished()
    assert refused(Refused, scene, "quinn", CHAIN, "Released", **release(scene)) == "chain_not_opened"


def test_refusal_not_qualified() -> None:
    scene = scene_at("thawed")
    assert refused(NotPermitted, scene, "nell", CHAIN, "InfusionChecked", **check(scene)) == "not_qualified"
    qualify(scene, "nell", "ada", "bedside", days=0)
    assert refused(NotPermitted, scene, "nell", CHAIN, "InfusionChecked", **check(scene)) == "not_qualified"
    qualify(scene, "nell", "ada", "bedside", days=1)
    scene.check("nell")


def test_refusal_view_from_future() -> None:
    scene = scene_at("thawed")
    ahead = check(scene, chain_version=scene.chain.version + 1)
    assert refused(StaleView, scene, "nora", CHAIN, "InfusionChecked", **ahead) == "view_from_future"


def test_refusal_stale_view() -> None:
    scene = scene_at("checked")
    seen = authorise(scene)
    scene.on_chain("nora", "ThawCompleted", at=WARD, containers=[DOSE])
    assert refused(StaleView, scene, "phil", CHAIN, "InfusionAuthorised", **seen) == "stale_view"
    scene.say("phil", CHAIN, "InfusionAuthorised", **authorise(scene))


def test_the_first_check_never_makes_the_second_stale() -> None:
    scene = scene_at("thawed")
    seen_by_both = check(scene)
    scene.say("nora", CHAIN, "InfusionChecked", **seen_by_both)
    scene.say("nils", CHAIN, "InfusionChecked", **seen_by_both)
    assert scene.chain.gates_touched < scene.chain.version - 1


def test_an_authorisation_must_have_seen_both_checks() -> None:
    scene = scene_at("thawed")
    scene.check("nora")
    before_the_second = authorise(scene)
    scene.check("nils")
    assert refused(StaleView, scene, "phil", CHAIN, "InfusionAuthorised", **before_the_second) == "stale_view"


def test_what_touches_no_gate_makes_no_view_stale() -> None:
    scene = scene_at("made")
    seen = release(scene)
    scene.on_chain("mia", "Packed", at=CLEANROOM, containers=[DOSE], shipper="S-2")
    scene.release("mia", CLEANROOM, {"site": "swift-depot", "department": "van-2"}, DOSE)
    scene.say("quinn", CHAIN, "Released", **seen)


def test_a_disposition_must_have_seen_its_deviation() -> None:
    scene = scene_at("checked")
    before = scene.chain.version
    raised = scene.check("nora", patient=patient("patient-2")).deviations[0]
    fields = {"deviation": raised.statement_id, "disposition": "accepted", "reason": "assessed"}
    stale = fields | {"chain_version": before}
    assert refused(StaleView, scene, "quinn", CHAIN, "DeviationDispositioned", **stale) == "stale_view"
    scene.clear(raised)


def test_refusal_unknown_deviation() -> None:
    scene = scene_at("made")
    fields = {"deviation": "00" * 32, "disposition": "accepted", "reason": "assessed"}
    found = refused(
        Refused, scene, "quinn", CHAIN, "DeviationDispositioned", chain_version=scene.chain.version, **fields
    )
    assert found == "unknown_deviation"


def test_refusal_already_dispositioned() -> None:
    scene = scene_at("thawed")
    raised = scene.check("nora", patient=patient("patient-2")).deviations[0]
    scene.clear(raised, "rejected")
    with pytest.raises(Conflict, match="already_dispositioned"):
        scene.clear(raised)


def test_refusal_chain_closed() -> None:
    scene = scene_at("made")
    scene.decide("carl", "TherapyClosed", reason="patient_withdrew")
    again = {"chain_version": scene.chain.version, "reason": "completed"}
    assert refused(Refused, scene, "carl", CHAIN, "TherapyClosed", **again) == "chain_closed"
    assert refused(Refused, scene, "quinn", CHAIN, "Released", **release(scene)) == "chain_closed"


def test_quality_finishes_what_is_open_after_the_end_of_a_therapy() -> None:
    scene = scene_at("made")
    put = scene.on_chain("mia", "Quarantined", containers=[DOSE], reason="seal_broken")
    scene.decide("carl", "TherapyClosed", reason="patient_withdrew")
    scene.decide("quinn", "QuarantineLifted", quarantine=put.id, reason="inspected")
    late = scene.on_chain("mia", "Packed", at=CLEANROOM, containers=[DOSE], shipper="S-1")
    scene.clear(late.deviations[0])


def test_refusal_infusion_under_way() -> None:
    scene = scene_at("infusing")
    fields = {"chain_version": scene.chain.version, "reason": "completed"}
    assert refused(Refused, scene, "phil", CHAIN, "TherapyClosed", **fields) == "infusion_under_way"


def lift(error: type[UnbrokenError], scene: Scene, quarantine: str, **fields: Any) -> Any:
    seen = {"chain_version": scene.chain.version, "quarantine": quarantine, "reason": "inspected"}
    return refused(error, scene, "quinn", CHAIN, "QuarantineLifted", **seen | fields)


def test_refusal_unknown_quarantine() -> None:
    assert lift(Refused, scene_at("made"), "00" * 32) == "unknown_quarantine"


def test_refusal_already_lifted() -> None:
    scene = scene_at("made")
    put = scene.on_chain("mia", "Quarantined", containers=[DOSE], reason="seal_broken")
    scene.decide("quinn", "QuarantineLifted", quarantine=put.id, reason="inspected")
    assert lift(Conflict, scene, put.id) == "already_lifted"


def test_a_quarantine_that_its_signer_has_not_seen_cannot_be_lifted() -> None:
    scene = scene_at("made")
    before = scene.chain.version
    put = scene.on_chain("mia", "Quarantined", containers=[DOSE], reason="seal_broken")
    assert lift(StaleView, scene, put.id, chain_version=before) == "stale_view"


def test_a_quarantine_makes_a_release_stale() -> None:
    scene = scene_at("made")
    before = scene.chain.version
    scene.on_chain("mia", "Quarantined", containers=[DOSE], reason="seal_broken")
    blind = release(scene, containers=[DOSE]) | {"chain_version": before}
    assert refused(StaleView, scene, "quinn", CHAIN, "Released", **blind) == "stale_view"


def test_refusal_gate_failed() -> None:
    scene = scene_at("thawed")
    assert (
        refused(GateFailed, scene, "phil", CHAIN, "InfusionAuthorised", **authorise(scene)) == "gate_failed"
    )
    scene = scene_at("at_cleanroom")
    unfinished = release(scene, containers=[FRESH])
    assert refused(GateFailed, scene, "quinn", CHAIN, "Released", **unfinished) == "gate_failed"


def test_refusal_typed_without_reason() -> None:
    scene = scene_at("thawed")
    typed = check(scene, method="typed")
    assert refused(Refused, scene, "nora", CHAIN, "InfusionChecked", **typed) == "typed_without_reason"
    scene.check("nora", method="typed", typed_reason="band_wet")


# --- an audit's replay ------------------------------------------------------------------


def test_refusal_deviation_omitted() -> None:
    scene = scene_at("collected")
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1"}
    scene.world.record(scene.entry("kit", CHAIN, "Packed", **packed))
    assert refused(ProofInvalid, scene, "anna", CHAIN, "Packed", **packed) == "deviation_omitted"


@pytest.mark.parametrize(
    "altered", [{"severity": "minor"}, {"blocking": False}, {"containers": []}, {"code": "clock_ahead"}]
)
def test_a_deviation_that_says_less_than_the_finding_counts_as_omitted(altered: dict[str, Any]) -> None:
    scene = scene_at("collected")
    packed = {"at": APHERESIS, "containers": [FRESH], "shipper": "S-1"}
    fact = scene.entry("kit", CHAIN, "Packed", **packed)
    scene.world.record(fact)
    right = {"code": "role_not_permitted", "severity": "major", "blocking": True, "containers": [FRESH]}
    said = right | {"cause": fact.statement_id, "seen": None} | altered
    assert refused(ProofInvalid, scene, "ledger", CHAIN, "DeviationRaised", **said) == "deviation_omitted"


def test_refusal_deviation_not_due() -> None:
    said = {"code": "clock_ahead", "severity": "minor", "blocking": False, "containers": [], "cause": None}
    scene = scene_at("collected")
    assert refused(ProofInvalid, scene, "ledger", CHAIN, "DeviationRaised", **said) == "deviation_not_due"
