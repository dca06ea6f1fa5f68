"""What tests of refusals say again and again."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import (
    UnbrokenError,
)
from ledger.proof.ml_dsa import SecondKey
from tests.domain_scene import (
    DOSE,
    ORDER,
    ORIGIN,
    RELEASED,
    Scene,
    patient,
)

SITE: dict[str, Any] = {"organisation": "northcell", "site_kind": "manufacturing", "country": "GB"}
SECOND = str(SecondKey(ORIGIN, bytes(1312)))


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
