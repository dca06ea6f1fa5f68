"""Labels that were printed: how often, of what, and whether what was issued commits to its checks."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.events import parse_event
from ledger.domain.findings import Verdict
from ledger.domain.label_standing import check_of
from ledger.domain.rules import tags_of
from ledger.errors import Malformed
from tests.domain_labels import ago, applied, destroyed, labelled, printed, put_out, scanned, voided
from tests.domain_phrases import raised
from tests.domain_scene import APHERESIS, CHAIN, CLEANROOM, COI, DOSE, FRESH, Scene, scene_at

CHECK, OTHER = "c1" * 32, "c2" * 32


def state(scene: Scene, serial: str) -> str:
    return str(scene.chain.labels[serial].state)


def test_the_ordinary_way_of_a_printed_label_is_clean() -> None:
    scene = scene_at("made")
    said: list[tuple[Any, str]] = [
        (printed(scene, "L-1", container=DOSE, checks=[CHECK]), "issued"),
        (put_out(scene, "L-1"), "printed"),
        (scanned(scene, "L-1", wrong_modules=3, modules=1089), "scanned_back"),
        (applied(scene, "L-1"), "applied"),
    ]
    assert [raised(one) for one, _ in said] == [{}] * 4
    assert state(scene, "L-1") == "applied"


@pytest.mark.parametrize(("fate", "name"), [("destroyed", "destroyed"), ("returned_unused", "returned")])
def test_a_label_ends_voided_destroyed_or_returned(fate: str, name: str) -> None:
    scene = scene_at("made")
    states = []
    for one in (
        lambda: printed(scene, "L-1"),
        lambda: put_out(scene, "L-1"),
        lambda: scanned(scene, "L-1", None),
        lambda: voided(scene, "L-1"),
        lambda: destroyed(scene, "L-1", fate=fate),
    ):
        assert raised(one()) == {}
        states.append(state(scene, "L-1"))
    assert states == ["issued", "printed", "scanned_back", "voided", name]


def test_finding_label_printed_twice() -> None:
    scene = scene_at("made")
    printed(scene, "L-1", container=DOSE)
    assert raised(put_out(scene, "L-1")) == {}
    assert raised(put_out(scene, "L-1", medium="pdf")) == {"label_printed_twice": (DOSE,)}


def test_a_second_print_of_a_label_for_no_bag_yet_concerns_the_whole_therapy() -> None:
    scene = scene_at("made")
    printed(scene, "L-1")
    put_out(scene, "L-1")
    assert raised(put_out(scene, "L-1")) == {"label_printed_twice": ()}


def test_finding_label_not_issued() -> None:
    scene = scene_at("made")
    assert raised(put_out(scene, "L-1")) == {"label_not_issued": ()}
    assert raised(scanned(scene, "L-2", None)) == {"label_not_issued": ()}


def test_a_label_that_is_printed_or_tried_out_after_it_was_voided_is_found() -> None:
    scene = labelled()
    voided(scene, "L-1")
    assert raised(put_out(scene, "L-1")) == {"label_voided": (DOSE,)}
    assert raised(scanned(scene, "L-1", None)) == {"label_voided": (DOSE,)}


def test_a_print_after_the_end_is_told_by_whichever_arrives_last() -> None:
    scene = labelled()
    put_out(scene, "L-1")
    assert raised(voided(scene, "L-1", occurred_at=ago(scene, 60))) == {"label_voided": (DOSE,)}


def test_a_label_that_does_not_read_before_it_is_on_its_bag_names_that_bag() -> None:
    scene = scene_at("made")
    printed(scene, "L-1", container=DOSE)
    assert raised(scanned(scene, "L-1", None, "unreadable")) == {"label_unreadable": (DOSE,)}
    assert raised(scanned(scene, "L-1", None, "wrong_content")) == {"label_wrong_content": (DOSE,)}


def test_printing_makes_no_view_stale() -> None:
    scene = labelled()
    before = scene.chain.gates_touched
    put_out(scene, "L-1")
    assert scene.chain.gates_touched == before
    scanned(scene, "L-1")
    assert scene.chain.gates_touched > before


def test_what_was_printed_is_kept_with_the_label() -> None:
    scene = labelled()
    put_out(scene, "L-1", template="cassette", medium="svg", dpi=600, digest=OTHER)
    (one,) = scene.chain.labels["L-1"].printings
    assert (one.template, one.medium, one.dpi, one.digest) == ("cassette", "svg", 600, OTHER)


def test_each_serial_keeps_the_check_that_it_was_issued_with() -> None:
    scene = scene_at("made")
    printed(scene, "L-1", "L-2", checks=[CHECK, OTHER])
    printed(scene, "L-3")
    assert [scene.chain.labels[one].check for one in ("L-1", "L-2", "L-3")] == [CHECK, OTHER, None]
    found = check_of(COI, "L-2", scene.world)
    assert found
    assert (found[0].serial, found[1]) == ("L-2", OTHER)
    assert check_of(COI, "L-3", scene.world) is None
    assert check_of(COI, "L-4", scene.world) is None


def test_a_second_issue_of_a_serial_does_not_change_its_check() -> None:
    scene = scene_at("made")
    printed(scene, "L-1", checks=[CHECK])
    printed(scene, "L-1", checks=[OTHER])
    assert scene.chain.labels["L-1"].check == CHECK


def issue(**fields: Any) -> dict[str, Any]:
    base = {"type": "LabelIssued", "v": 1, "at": CLEANROOM, "serials": ["L-1", "L-2"], "seen": None,
            "occurred_at": "2026-09-21T14:00:00.000Z", "seq": 0, "prev": None}  # fmt: skip
    return base | fields


def test_an_issue_without_checks_is_what_it_was() -> None:
    assert parse_event(issue()).model_dump(exclude_unset=True) == issue()


@pytest.mark.parametrize("checks", [[CHECK], [CHECK] * 3, []])
def test_as_many_checks_as_serials(checks: list[str]) -> None:
    with pytest.raises(Malformed, match="checks"):
        parse_event(issue(checks=checks))
    assert parse_event(issue(checks=[CHECK, OTHER])).type == "LabelIssued"


@pytest.mark.parametrize(
    "counts", [{"modules": 9}, {"wrong_modules": 0}, {"modules": 9, "wrong_modules": 10}]
)
def test_wrong_modules_are_some_of_all(counts: dict[str, int]) -> None:
    scanned_back = issue(type="LabelScannedBack", serial="L-1", outcome="readable", **counts)
    del scanned_back["serials"]
    with pytest.raises(Malformed, match="wrong_modules"):
        parse_event(scanned_back)
    assert parse_event(scanned_back | {"modules": 9, "wrong_modules": 9}).type == "LabelScannedBack"


def test_who_reads_a_check_off_a_bag_finds_the_entry_by_it() -> None:
    scene = scene_at("made")
    fields: dict[str, Any] = {"at": CLEANROOM, "serials": ["L-1", "L-2"], "checks": [CHECK, OTHER]}
    entry = scene.entry("mia", CHAIN, "LabelIssued", **fields)
    wanted = {f"label/{CHECK}", f"label/{OTHER}"}
    assert wanted <= set(tags_of(entry, Verdict((), True)))
    assert wanted <= set(tags_of(entry, Verdict((), True, provisional=True)))
    assert not wanted & set(tags_of(entry, Verdict((), standing=False)))


def test_a_label_may_be_printed_before_its_collection() -> None:
    scene = scene_at("ordered")
    said = printed(scene, "L-1", container=FRESH, signer="anna", at=APHERESIS, checks=[CHECK])
    assert raised(said) == {}
    assert raised(put_out(scene, "L-1", signer="anna", at=APHERESIS)) == {}
