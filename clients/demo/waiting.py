"""The last chapter of the story: two more patients, whose next step is for whoever tries the app.

Made up and signed like all that came before it, but told in a few lines.
"""

from __future__ import annotations

import time

from clients.demo.bedside import fit, prepared
from clients.demo.beginning import collected, ordered
from clients.demo.cast import APHERESIS, CLEANROOM, FOURTH, OFFERED, THIRD, VAN, WARD
from clients.demo.making import consumed, filled, labelled, release_of, tested
from clients.demo.road import FROZEN, GOOD
from clients.demo.stage import DemoFailed, Document
from clients.demo.tale import Tale, handing
from clients.words import bags

BATCH, SHIPPER, SEAL = "BATCH-2026-051", "SHIPPER-9", "SEAL-58"
# Those that only somebody at the bed can open: a thaw, two blind checks; all others are open.
LEFT_TO_DO = {"checks_agree", "thaw_window"}


def waits_for_you(tale: Tale) -> None:
    tale.page.chapter(
        "What waits for you",
        "Two more patients came meanwhile, by the same rules. Their next step is yours, in the app.",
    )
    on_offer(tale)
    at_the_bedside(tale)


def on_offer(tale: Tale) -> None:
    """Fresh bags, labelled, released to the courier, whose phone has not taken them."""
    with tale.page.aside():
        ordered(tale, THIRD)
        collected(tale, THIRD, OFFERED)
        labelled(tale, "anna", THIRD, APHERESIS, OFFERED)
        parties = handing(THIRD.stream, OFFERED, ("anna", APHERESIS), ("kit", VAN))
        told = tale.says("anna", THIRD.stream, "CustodyReleased", **parties)
    tale.page.recorded(f"{THIRD.called}: {bags(OFFERED)} with fresh cells are on offer to Kit (van-2)", told)


def at_the_bedside(tale: Tale) -> None:
    """A released dose on the ward, its patient made ready: not thawed, not checked, not authorised."""
    with tale.page.aside():
        ordered(tale, FOURTH)
        collected(tale, FOURTH, [FOURTH.fresh])
        _carried_there(tale)
        _made(tale)
        _carried_back(tale)
        fit(tale, FOURTH)
        prepared(tale, FOURTH)
    first = FOURTH.doses[0]
    shut = [gate["name"] for gate in _gates(tale, first) if not gate["passed"]]
    if not LEFT_TO_DO.issuperset(shut):
        raise DemoFailed(f"{first} waits for more than a thaw and two checks: {', '.join(shut)}")
    tale.page.looked(f"{FOURTH.called}: {bags(FOURTH.doses)} lie on ward 5, released, and he is made ready."
                     " He waits for a thaw, two blind checks and an authorisation.")  # fmt: skip


def _carried_there(tale: Tale) -> None:
    anna, kit, mia = ("anna", APHERESIS), ("kit", VAN), ("mia", CLEANROOM)
    since = time.time()
    tale.hand_over(FOURTH.stream, [FOURTH.fresh], anna, kit)
    tale.hand_over(FOURTH.stream, [FOURTH.fresh], kit, mia)
    tale.reads_out(mia, FOURTH.stream, [FOURTH.fresh], "fresh", since, GOOD)


def _made(tale: Tale) -> None:
    tale.says("mia", FOURTH.stream, "ManufacturingStarted", at=CLEANROOM, batch=BATCH, platform="platform-2",
              containers=[FOURTH.fresh])  # fmt: skip
    consumed(tale, "mia", FOURTH, BATCH, CLEANROOM, [FOURTH.fresh])
    filled(tale, "mia", FOURTH, CLEANROOM, FOURTH.fresh)
    labelled(tale, "mia", FOURTH, CLEANROOM, FOURTH.doses)
    tested(tale, "mia", FOURTH, CLEANROOM, 88_000)
    tale.says("quinn", FOURTH.stream, "Released", **release_of(FOURTH, "northcell-1"))


def _carried_back(tale: Tale) -> None:
    mia, kit, nora = ("mia", CLEANROOM), ("kit", VAN), ("nora", WARD)
    since = time.time()
    tale.hand_over(FOURTH.stream, FOURTH.doses, mia, kit)
    tale.hand_over(FOURTH.stream, FOURTH.doses, kit, nora, SEAL)
    tale.says("nora", FOURTH.stream, "ReceiptInspected", at=WARD, containers=list(FOURTH.doses),
              shipper=SHIPPER, seal=SEAL, condition="intact", expected=2, received=2,
              outcome="accepted")  # fmt: skip
    tale.reads_out(nora, FOURTH.stream, FOURTH.doses, "frozen", since, FROZEN)


def _gates(tale: Tale, bag: str) -> list[Document]:
    check = tale.stage.asks("nora", "infusion_check", coi=FOURTH.coi, container=bag, site="st-mary",
                            patient=tale.wristbands[FOURTH.coi])  # fmt: skip
    gates: list[Document] = check["gates"]
    return gates
