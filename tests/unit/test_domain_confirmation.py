"""The manufacturing site's own word on a batch: whose it is to give."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import NotPermitted
from tests.domain_quality import made
from tests.domain_refusing import refused
from tests.domain_scene import CHAIN, DOSE, DOSE_2, Scene


def confirmation(scene: Scene, **fields: Any) -> dict[str, Any]:
    said = {"site": "northcell-1", "containers": [DOSE, DOSE_2], "confirmation": "cd" * 32}
    return {"chain_version": scene.chain.version} | said | fields


def test_quality_of_the_site_that_made_the_batch_confirms_it() -> None:
    scene = made("site_confirmation")
    said = scene.say("quinn", CHAIN, "BatchConfirmed", **confirmation(scene))
    assert said.deviations == []


@pytest.mark.parametrize("signer", ["mia", "carl", "nora", "kit"])
def test_nobody_but_quality_confirms_a_batch(signer: str) -> None:
    scene = made("site_confirmation")
    assert refused(NotPermitted, scene, signer, CHAIN, "BatchConfirmed", **confirmation(scene)) == (
        "not_permitted"
    )


def test_quality_confirms_no_batch_in_the_name_of_a_site_that_was_not_to_make_it() -> None:
    scene = made("site_confirmation")
    elsewhere = confirmation(scene, site="st-mary")
    assert refused(NotPermitted, scene, "quinn", CHAIN, "BatchConfirmed", **elsewhere) == "not_permitted"
