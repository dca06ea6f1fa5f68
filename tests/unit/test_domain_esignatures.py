"""E-signatures in the rules: whose passkey, since when, how fresh, and where one is due."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from pydantic import ValidationError

from ledger.domain.esignatures import MEANINGS, ESigned, is_required, meaning_of
from ledger.domain.events import EVENTS, parse_event
from ledger.domain.parts import ESignature
from ledger.domain.world import timestamp
from ledger.errors import Conflict, Malformed, NotPermitted, Refused, Unauthentic
from tests.domain_phrases import raised
from tests.domain_quality import go_on
from tests.domain_refusing import check, refused, release
from tests.domain_scene import (
    APHERESIS,
    CHAIN,
    DOSE,
    DOSE_2,
    FRESH,
    PRODUCT,
    RELEASED,
    STAGES,
    Scene,
    enrol,
    furnished,
    key_of,
    scene_at,
)

PASSKEY = {"credential": "cGFzc2tleQ", "key": key_of("a passkey"), "rp_id": "ledger.example"}
REVOKED = {"credential": PASSKEY["credential"], "reason": "lost"}


def add(scene: Scene, name: str = "quinn", by: str = "ben") -> None:
    """A second administrator is not needed: the passkey alone signs nothing."""
    scene.say(by, f"agent/{name}", "PasskeyAdded", **PASSKEY)


def esignature(scene: Scene, method: str = "passkey", **fields: Any) -> dict[str, Any]:
    """What the rules read of one; the assertion's bytes are another module's."""
    bytes_of = dict.fromkeys(("authenticator_data", "client_data", "signature"), "AAAA")
    said = {"meaning": "approval", "method": method, "signed_at": timestamp(scene.now_ms)}
    proof = {"assertion": {"credential": PASSKEY["credential"]} | bytes_of} if method == "passkey" else {}
    return {"esignature": said | proof | fields}


def demanding(stage: str, check: str = "esignature") -> Scene:
    """The ordinary story under a product version that asks for e-signatures."""
    with mock.patch.dict(PRODUCT, required_checks=[check]):
        scene = furnished()
    STAGES["ordered"](scene)
    return go_on(scene, "ordered", stage)


# --- passkeys ---------------------------------------------------------------------------


def test_a_passkey_belongs_to_its_agent_until_it_is_revoked() -> None:
    scene = furnished()
    add(scene)
    found = scene.world.passkey(PASSKEY["credential"])
    assert found is not None
    assert (found.agent, found.rp_id, found.status) == ("quinn", "ledger.example", "active")
    agent = scene.world.agent("quinn")
    assert agent is not None
    assert agent.passkeys == (PASSKEY["credential"],)
    said = scene.say("quinn", "agent/quinn", "PasskeyRevoked", **REVOKED)
    assert (found.status, found.position) == ("revoked", said.entry.position)


def test_nobody_adds_a_passkey_for_themselves() -> None:
    """A stolen key with its passphrase must not be enough to get the second component."""
    scene = furnished()
    assert refused(NotPermitted, scene, "ada", "agent/ada", "PasskeyAdded", **PASSKEY) == "same_signer"
    assert refused(NotPermitted, scene, "nora", "agent/nora", "PasskeyAdded", **PASSKEY) == "not_permitted"
    assert refused(NotPermitted, scene, "fay", "agent/nora", "PasskeyAdded", **PASSKEY) == "not_permitted"


def test_refusal_passkey_in_use() -> None:
    scene = furnished()
    add(scene)
    assert refused(Conflict, scene, "ada", "agent/nora", "PasskeyAdded", **PASSKEY) == "passkey_in_use"


def test_refusal_malformed_passkey_id() -> None:
    scene = furnished()
    wrong = PASSKEY | {"credential": "cGFzc2tleR"}  # a last character with stray bits
    assert refused(Malformed, scene, "ben", "agent/mia", "PasskeyAdded", **wrong) == "malformed_passkey_id"
    wrong = PASSKEY | {"key": "AAB"}
    assert refused(Malformed, scene, "ben", "agent/mia", "PasskeyAdded", **wrong) == "malformed_key"


def test_a_passkey_needs_an_agent() -> None:
    scene = furnished()
    assert refused(Refused, scene, "ben", "agent/nobody", "PasskeyAdded", **PASSKEY) == "unknown_agent"


def test_refusal_not_their_passkey() -> None:
    scene = furnished()
    add(scene)
    assert refused(Refused, scene, "ada", "agent/nora", "PasskeyRevoked", **REVOKED) == "not_their_passkey"
    unknown = REVOKED | {"credential": "AAAA"}
    assert refused(Refused, scene, "ben", "agent/quinn", "PasskeyRevoked", **unknown) == "not_their_passkey"


def test_refusal_passkey_already_out() -> None:
    scene = furnished()
    add(scene)
    scene.say("ben", "agent/quinn", "PasskeyRevoked", **REVOKED)
    assert (
        refused(Conflict, scene, "ben", "agent/quinn", "PasskeyRevoked", **REVOKED) == "passkey_already_out"
    )


# --- under a statement --------------------------------------------------------------------


def test_an_e_signature_stands_with_what_it_signs() -> None:
    scene = scene_at("made")
    add(scene)
    said = scene.decide("quinn", "Released", containers=[DOSE, DOSE_2], **RELEASED, **esignature(scene))
    at, when = said.entry.position, timestamp(scene.now_ms)
    assert scene.chain.esignatures == {at: ESigned(at, "quinn", "approval", "passkey", when)}


@pytest.mark.parametrize("method", ["passkey", "passphrase"])
def test_a_fact_may_be_e_signed_too(method: str) -> None:
    scene = scene_at("collected")
    add(scene, "anna", "ada")
    fields = {"at": APHERESIS, "containers": [FRESH], "shipper": "SHIPPER-2"}
    assert raised(scene.on_chain("anna", "Packed", **fields, **esignature(scene, method))) == {}


def test_refusal_unknown_passkey() -> None:
    scene = scene_at("made")
    fields = release(scene) | esignature(scene)
    assert refused(Unauthentic, scene, "quinn", CHAIN, "Released", **fields) == "unknown_passkey"


def test_refusal_wrong_passkey() -> None:
    """For a fact, too: it is evidence that proves something else than it says."""
    scene = scene_at("made")
    add(scene, "nora", "ada")
    fields = release(scene) | esignature(scene)
    assert refused(Unauthentic, scene, "quinn", CHAIN, "Released", **fields) == "wrong_passkey"
    pack = {"at": APHERESIS, "containers": [FRESH], "shipper": "S-2"} | esignature(scene)
    assert refused(Unauthentic, scene, "anna", CHAIN, "Packed", **pack) == "wrong_passkey"


def test_refusal_revoked_passkey() -> None:
    scene = scene_at("made")
    add(scene)
    scene.say("quinn", "agent/quinn", "PasskeyRevoked", **REVOKED)
    fields = release(scene) | esignature(scene)
    assert refused(Unauthentic, scene, "quinn", CHAIN, "Released", **fields) == "revoked_passkey"


def test_finding_revoked_passkey() -> None:
    """The fact happened, whatever became of the passkey before it arrived."""
    scene = scene_at("collected")
    add(scene, "anna", "ada")
    scene.say("ada", "agent/anna", "PasskeyRevoked", **REVOKED)
    fields = {"at": APHERESIS, "containers": [FRESH], "shipper": "SHIPPER-2"} | esignature(scene)
    assert raised(scene.on_chain("anna", "Packed", **fields)) == {"revoked_passkey": (FRESH,)}


@pytest.mark.parametrize("seconds", [-301, 301])
def test_refusal_esignature_not_fresh(seconds: int) -> None:
    scene = scene_at("made")
    when = timestamp(scene.now_ms + seconds * 1000)
    fields = release(scene) | esignature(scene, "passphrase", signed_at=when)
    assert refused(Refused, scene, "quinn", CHAIN, "Released", **fields) == "esignature_not_fresh"


def test_the_ledger_makes_no_e_signature() -> None:
    """A finding's deviation says what the rules say, and nothing beside."""
    scene = scene_at("collected")
    fields = {"rule_set": 2} | esignature(scene, "passphrase")
    code = refused(Unauthentic, scene, "ledger", "log/ledger.example/unbroken", "RuleSetAdopted", **fields)
    assert code == "wrong_signer"


def test_a_passkey_brings_its_assertion_and_a_passphrase_none() -> None:
    said = {"meaning": "approval", "signed_at": "2026-03-01T09:30:00.000Z"}
    with pytest.raises(ValidationError, match="brings its assertion"):
        ESignature(method="passkey", **said)
    assertion = dict.fromkeys(("credential", "authenticator_data", "client_data", "signature"), "AAAA")
    with pytest.raises(ValidationError, match="brings its assertion"):
        ESignature.model_validate(said | {"method": "passphrase", "assertion": assertion})


def test_events_that_were_signed_before_there_were_e_signatures_read_as_before() -> None:
    old = {"type": "TherapyClosed", "v": 1, "occurred_at": "2026-03-01T09:30:00.000Z", "seen": None,
           "seq": 0, "prev": None, "chain_version": 3, "reason": "done"}  # fmt: skip
    assert parse_event(old).esignature is None


# --- where a product asks for one ---------------------------------------------------------


@pytest.mark.parametrize("method", ["passkey", "passphrase"])
def test_refusal_esignature_required(method: str) -> None:
    scene = demanding("made")
    add(scene)
    assert refused(Refused, scene, "quinn", CHAIN, "Released", **release(scene)) == "esignature_required"
    scene.decide("quinn", "Released", containers=[DOSE, DOSE_2], **RELEASED, **esignature(scene, method))
    assert scene.chain.containers[DOSE].quality_releases


def test_refusal_passkey_required() -> None:
    """A passphrase is the device's word; a product may ask for what everybody can check."""
    scene = demanding("made", "passkey")
    add(scene)
    assert refused(Refused, scene, "quinn", CHAIN, "Released", **release(scene)) == "esignature_required"
    by_word = release(scene) | esignature(scene, "passphrase")
    assert refused(Refused, scene, "quinn", CHAIN, "Released", **by_word) == "passkey_required"
    scene.decide("quinn", "Released", containers=[DOSE, DOSE_2], **RELEASED, **esignature(scene))
    assert scene.chain.containers[DOSE].quality_releases


def test_a_blind_check_without_the_e_signature_that_the_product_asks_for_is_refused() -> None:
    scene = demanding("made")
    signed = esignature(scene, "passphrase")
    scene.decide("quinn", "Released", containers=[DOSE, DOSE_2], **RELEASED, **signed)
    scene = go_on(scene, "released", "at_ward")
    assert refused(Refused, scene, "nora", CHAIN, "InfusionChecked", **check(scene)) == "esignature_required"
    assert scene.check("nora", **esignature(scene, "passphrase")).codes == set()


def test_a_product_that_does_not_ask_takes_decisions_without() -> None:
    scene = scene_at("infused")
    assert scene.chain.esignatures == {}
    assert not any(is_required(event.__name__, scene.chain, scene.world) for event in EVENTS)


def test_a_product_asks_for_decisions_only_and_each_has_a_meaning() -> None:
    scene = demanding("ordered")
    asked = {one for one in EVENTS if is_required(one.__name__, scene.chain, scene.world)}
    assert {one.__name__ for one in asked} == MEANINGS.keys()
    assert {one.kind for one in asked} == {"decision"}
    assert (meaning_of("Released"), meaning_of("Packed")) == ("approval", "authorship")


def test_a_new_administrator_gets_a_passkey_from_another() -> None:
    scene = furnished()
    said = enrol(scene, "bea", "ben", ("administrator", "northcell-hq"))
    scene.say("ada", "agent/bea", "EnrolmentApproved", enrolment=said.id)
    add(scene, "bea", "ben")
    found = scene.world.passkey(PASSKEY["credential"])
    assert found is not None
    assert found.agent == "bea"
