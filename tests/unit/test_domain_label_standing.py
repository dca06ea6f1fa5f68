"""What a label that a stranger reads off a bag is worth: genuine, current, or what became of it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.label_standing import Standing, check_of, commits, standing_of
from ledger.domain.label_state import label_on
from ledger.domain.world import Entry
from tests.domain_labels import applied, destroyed, printed, put_out, scanned, voided
from tests.domain_scene import APHERESIS, CHAIN, DOSE, DOSE_2, FRESH, Said, Scene, scene_at
from tests.unit.test_domain_provisional import ON_PROV, PROV, linked, order, provisional, restated

CHECK = "c1" * 32


def issued(**fields: Any) -> tuple[Scene, Entry]:
    scene = scene_at("made")
    return scene, printed(scene, "L-1", container=DOSE, checks=[CHECK], **fields).entry


def standing(scene: Scene, entry: Entry, serial: str = "L-1") -> tuple[str, bool]:
    found = standing_of(entry, serial, scene.world)
    assert found.position == entry.position
    return found.status, found.current


def test_a_label_is_current_from_its_issue_until_something_ends_it() -> None:
    scene, entry = issued()
    told = [standing(scene, entry)]
    for say in (put_out, scanned, applied, voided, destroyed):
        scene.forward(60)
        say(scene, "L-1")
        told.append(standing(scene, entry))
    current = ["issued", "printed", "scanned_back", "applied"]
    assert told == [*((one, True) for one in current), ("voided", False), ("destroyed", False)]


def test_a_second_label_for_a_bag_is_not_current_until_it_is_on_it() -> None:
    """A reprint on its way, or one too many: what is in force on the bag is the other one."""
    scene, entry = issued()
    second = printed(scene, "L-2", container=DOSE, checks=["c2" * 32]).entry
    assert standing(scene, second, "L-2") == ("issued", True)  # neither is on the bag: either may be
    applied(scene, "L-1")
    assert standing(scene, entry) == ("applied", True)
    for say in (put_out, scanned):
        assert standing(scene, second, "L-2") == ("not_applied", False)
        say(scene, "L-2")
    assert standing(scene, second, "L-2") == ("not_applied", False)
    voided(scene, "L-1")
    assert standing(scene, second, "L-2") == ("scanned_back", True)
    scene.forward(60)
    applied(scene, "L-2")
    assert standing(scene, second, "L-2") == ("applied", True)


def test_a_label_ahead_of_need_is_for_no_bag_that_could_have_another() -> None:
    scene, _ = issued()
    applied(scene, "L-1")
    ahead = printed(scene, "L-9", checks=["c9" * 32]).entry
    assert standing(scene, ahead, "L-9") == ("issued", True)


def test_a_label_given_back_unused_is_not_current() -> None:
    scene, entry = issued()
    destroyed(scene, "L-1", fate="returned_unused")
    assert standing(scene, entry) == ("returned", False)


def reprinted(applied_by: str) -> tuple[Scene, Entry, Entry]:
    scene, entry = issued()
    applied(scene, "L-1")
    replaces = {"serial": "L-1", "reason": "smeared"}
    new = printed(scene, "L-2", container=DOSE, checks=["c2" * 32], replaces=replaces)
    scene.forward(60)
    applied(scene, "L-2", signer=applied_by)
    return scene, entry, new.entry


def test_a_reprint_that_a_second_person_applied_replaces_the_label_before_it() -> None:
    scene, old, new = reprinted("lea")
    assert standing(scene, old) == ("replaced", False)
    assert standing(scene, new, "L-2") == ("applied", True)


def test_a_reprint_that_its_own_issuer_applied_is_doubtful_and_the_old_one_stands() -> None:
    scene, old, new = reprinted("mia")
    assert standing(scene, old) == ("applied", True)
    assert standing(scene, new, "L-2") == ("doubtful", False)


def test_a_label_on_two_bags_or_with_wrong_content_is_doubtful() -> None:
    scene, entry = issued()
    applied(scene, "L-1", DOSE)
    applied(scene, "L-1", DOSE_2)
    assert standing(scene, entry) == ("doubtful", False)
    scene, entry = issued()
    scanned(scene, "L-1", outcome="wrong_content")
    assert standing(scene, entry) == ("doubtful", False)


def test_a_label_said_to_be_on_two_bags_stays_doubtful_whichever_was_said_last() -> None:
    scene, entry = issued()
    applied(scene, "L-1", DOSE)
    scene.forward(60)
    applied(scene, "L-1", DOSE_2)
    assert standing(scene, entry) == ("doubtful", False)


def test_a_label_on_another_bag_than_its_link_names_is_doubtful() -> None:
    scene, entry = issued()
    applied(scene, "L-1", DOSE_2)
    assert standing(scene, entry) == ("doubtful", False)


def test_the_second_label_of_one_serial_is_doubtful() -> None:
    scene, entry = issued()
    again = printed(scene, "L-1", container=DOSE, checks=["c2" * 32]).entry
    assert standing(scene, entry) == ("issued", True)
    assert standing(scene, again) == ("doubtful", False)


def test_an_entry_commits_to_one_container_serial_and_check_together() -> None:
    _, entry = issued()
    event: Any = entry.event
    assert commits(event, DOSE, "L-1", CHECK)
    assert not commits(event, None, "L-1", CHECK)
    assert not commits(event, DOSE_2, "L-1", CHECK)
    assert not commits(event, DOSE, "L-2", CHECK)
    assert not commits(event, DOSE, "L-1", "c2" * 32)


# --- a provisional chain --------------------------------------------------------------------


def before_its_order(stream: str = ON_PROV) -> tuple[Scene, Said]:
    scene = provisional(stream)
    at = {"at": APHERESIS}
    said = scene.say("anna", stream, "LabelIssued", **at, serials=["L-1"], container=FRESH, checks=[CHECK])
    scene.say("anna", stream, "LabelApplied", **at, serial="L-1", container=FRESH)
    return scene, said


def test_a_label_of_a_provisional_chain_stands_before_and_after_the_link() -> None:
    scene, said = before_its_order()
    assert standing(scene, said.entry) == ("applied", True)
    order(scene)
    linked(scene, containers=[restated(label="L-1")])
    assert standing(scene, said.entry) == ("applied", True)
    found = check_of(scene.chain.coi, "L-1", scene.world)
    assert found
    assert found[1] == CHECK
    voided(scene, "L-1", signer="anna", at=APHERESIS)
    assert standing(scene, said.entry) == ("voided", False)


def test_the_same_holds_where_the_order_took_the_provisional_id() -> None:
    scene, said = before_its_order(CHAIN)
    order(scene)
    assert standing(scene, said.entry) == ("applied", True)
    linked(scene, provisional=CHAIN.removeprefix("chain/"), containers=[restated(label="L-1")])
    assert standing(scene, said.entry) == ("applied", True)
    found = check_of(scene.chain.coi, "L-1", scene.world)
    assert found
    assert found[1] == CHECK
    assert PROV not in scene.chain.taken_from


def test_a_link_does_not_make_wrong_content_right() -> None:
    scene, said = before_its_order()
    read = {"at": APHERESIS, "serial": "L-1", "container": FRESH}
    scene.say("anna", ON_PROV, "LabelScannedBack", **read, outcome="wrong_content")
    order(scene)
    linked(scene, containers=[restated(label="L-1")])
    assert standing(scene, said.entry) == ("doubtful", False)
    scene.forward(60)
    scene.say("anna", CHAIN, "LabelScannedBack", **read, outcome="readable")
    assert standing(scene, said.entry) == ("applied", True)


# --- the law ------------------------------------------------------------------------------------

ACTS = st.sampled_from(
    ["print", "scan", "apply", "apply_by_other", "apply_another", "void", "destroy", "forward"]
)


@given(st.lists(ACTS, max_size=8))
def test_a_current_label_is_not_ended_and_if_applied_it_is_the_one_in_force(acts: list[str]) -> None:
    scene, entry = issued()
    for act in acts:
        {
            "print": lambda: put_out(scene, "L-1"),
            "scan": lambda: scanned(scene, "L-1"),
            "apply": lambda: applied(scene, "L-1"),
            "apply_by_other": lambda: applied(scene, "L-1", DOSE_2, signer="lea"),
            "apply_another": lambda: applied(scene, "L-0"),
            "void": lambda: voided(scene, "L-1"),
            "destroy": lambda: destroyed(scene, "L-1"),
            "forward": lambda: scene.forward(60),
        }[act]()
    found: Standing = standing_of(entry, "L-1", scene.world)
    label = scene.chain.labels["L-1"]
    if found.current:
        assert not label.is_out
        assert label_on(DOSE, scene.chain) in (None, label)
        assert not label.applications or label_on(label.on, scene.chain) is label
        assert {one.container for one in label.applications} <= {DOSE}
    assert found.current == (found.status in ("issued", "printed", "scanned_back", "applied"))
