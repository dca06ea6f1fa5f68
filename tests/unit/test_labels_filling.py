"""What a label says, from the chain and the product; what they don't know stays open."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.parts import TemperatureProfile
from ledger.labels.content import Content
from ledger.labels.filling import Wanted, fill, millilitres, storage
from ledger.labels.link import make_link
from ledger.labels.message import ISBT128
from tests.domain_scene import CHAIN, CLEANROOM, DOSE, DOSE_2, FRESH, Scene, filled, scene_at
from tests.unit.test_domain_cassettes import CASE, in_a_cassette

LIMITS: dict[str, Any] = {"longest_excursion_s": 0, "cumulative_excursion_s": 0, "largest_gap_s": 60}
FROZEN = TemperatureProfile(phase="frozen", high_centi_c=-15_000, **LIMITS)
COLD = TemperatureProfile(phase="fresh", low_centi_c=200, high_centi_c=800, **LIMITS)


def content(scene: Scene, container: str | None, **fields: Any) -> Content:
    link = make_link("ub.example", container, "L0001", "0" * 16)
    return fill(Wanted(link, "L0001", container, **fields), scene.chain, scene.world, ISBT128)


def test_a_dose_says_what_the_log_says_of_it() -> None:
    scene = scene_at("at_cleanroom")
    made = {"container": DOSE, "volume_ul": 68_500, "bag": 1, "of": 2, "component": "cd8",
            "din": "A999926000001", "expires_at": "2027-01-31T23:59:00.000Z"}  # fmt: skip
    parents = [{"container": FRESH, "volume_ul": 68_500}]
    scene.say("mia", CHAIN, "ContainersDerived", at=CLEANROOM, how="fill", parents=parents, children=[made])
    told = content(scene, DOSE, contact="+44")
    assert (told.coi, told.product_name, told.site) == (
        scene.chain.coi.partition(":")[2], "Decentra-CAR", "northcell-1",
    )  # fmt: skip
    assert (told.volume, told.expiry) == ("68.5 mL", "2027-01-31 23:59 UTC")
    assert (told.bag, told.bags, told.dose, told.din) == ("1", "2", "CD8", "A999926000001")
    assert (told.contact, told.biohazard, told.quarantine, told.autologous) == ("+44", False, False, True)


def test_what_the_log_does_not_know_stays_open() -> None:
    told = content(scene_at("made"), DOSE)
    assert (told.din, told.division, told.storage, told.collected, told.credential) == (None,) * 5


def test_a_label_for_no_bag_yet_says_only_whose_therapy_it_is() -> None:
    told = content(scene_at("made"), None)
    assert (told.product_name, told.volume, told.datamatrix) == ("Decentra-CAR", None, None)


def test_a_held_bag_is_marked_and_biohazard_is_for_who_prints() -> None:
    scene = scene_at("made")
    scene.on_chain("quinn", "Quarantined", containers=[DOSE], reason="why")
    assert content(scene, DOSE).quarantine
    assert content(scene, DOSE, biohazard=True).biohazard


def test_the_label_of_a_cassette_is_marked_when_the_bag_in_it_is_held() -> None:
    scene = in_a_cassette()
    assert not content(scene, CASE).quarantine
    scene.on_chain("quinn", "Quarantined", containers=[DOSE], reason="why")
    told = content(scene, CASE)
    assert (told.quarantine, told.volume) == (True, None)


def test_a_bag_that_is_held_before_it_is_known_is_marked() -> None:
    scene = scene_at("at_cleanroom")
    scene.on_chain("quinn", "Quarantined", containers=[DOSE], reason="why")
    assert content(scene, DOSE).quarantine
    assert not content(scene, DOSE_2).quarantine
    assert not content(scene, None).quarantine


@pytest.mark.parametrize(
    ("profiles", "finished", "said"),
    [
        ([COLD, FROZEN], True, "≤ \N{MINUS SIGN}150 °C"),
        ([COLD, FROZEN], False, "2 to 8 °C"),
        ([COLD], True, None),
        ([FROZEN], False, None),
        ([], True, None),
    ],
)
def test_storage_is_the_products_band_for_what_the_container_is(
    profiles: list[TemperatureProfile], finished: bool, said: str | None
) -> None:
    assert storage(profiles, finished) == said


def test_volumes_are_said_in_millilitres() -> None:
    assert [millilitres(one) for one in (68_500, 50_000, 1, 0)] == ["68.5 mL", "50 mL", "0.001 mL", "0 mL"]


def test_every_dose_of_a_set_can_be_filled_in() -> None:
    scene = scene_at("at_cleanroom")
    scene.on_chain("mia", "ContainersDerived", **filled(scene, DOSE))
    assert content(scene, DOSE).container == DOSE
