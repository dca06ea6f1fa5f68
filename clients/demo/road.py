"""The chapters on the road: scans made offline, a warm shipper, a hand-over in a basement."""

from __future__ import annotations

import time

from clients.demo import live
from clients.demo.beginning import SEAL, SHIPMENT, packed
from clients.demo.cast import (
    APHERESIS,
    CLEANROOM,
    FIRST,
    OTHER_CLEANROOM,
    PATIENTS,
    RESERVE,
    SECOND,
    SHEET,
    VAN,
    WARD,
)
from clients.demo.tale import Tale, carried, handing
from clients.words import bags, degrees, listed

BOTH = [patient.fresh for patient in PATIENTS]
ALL_DOSES = [name for patient in PATIENTS for name in patient.doses]
BACK, BACK_SEAL = "shipment/ub-102", "SEAL-44"
# The clock is the real one: a drive lasts so long, and the logger reads every second.
DRIVE_S = 4.0
# Centi-degrees on the way: at its beginning, in its middle, at its end.
GOOD, WARM, FROZEN = (430, 520, 480), (460, 1_140, 640), (-15_180, -15_090, -15_120)


def offline_courier(tale: Tale) -> None:
    tale.page.chapter(
        "The courier scans without a network; the phone keeps the scans and sends them later",
        "Swift Cryo, van 2 · both patients' bags in one shipper, each statement about both at once",
    )
    since = time.time()
    packed(tale)
    kit, anna, mia = ("kit", VAN), ("anna", APHERESIS), ("mia", CLEANROOM)
    parties = handing(SHIPMENT, BOTH, anna, kit, SEAL)
    released = tale.says("anna", SHIPMENT, "CustodyReleased", **parties)
    tale.says("kit", SHIPMENT, "CustodyAccepted", offline=True, release=released["id"], **parties)
    _drive(tale, "NorthCell 1")
    parties = handing(SHIPMENT, BOTH, kit, mia, SEAL)
    waiting = tale.says("kit", SHIPMENT, "CustodyReleased", offline=True, **parties)
    _looked(tale, FIRST.fresh, "while the scans wait")
    _sent(tale, "kit", "Back in the network, Kit's phone")
    _looked(tale, FIRST.fresh, "now")
    tale.says("mia", SHIPMENT, "CustodyAccepted", release=waiting["waiting"], **parties)
    tale.says("mia", SHIPMENT, "Unpacked", at=CLEANROOM, **carried(SHIPMENT, BOTH), shipper="SHIPPER-7",
              seal=SEAL)  # fmt: skip
    warm_shipper(tale, since)


def warm_shipper(tale: Tale, since: float) -> None:
    """One file of the logger, and each patient's therapy has its deviation."""
    tale.page.scene("Both patients", "the shipper is opened, its logger is read out")
    tale.reads_out(("mia", CLEANROOM), SHIPMENT, BOTH, "fresh", since, WARM)
    for patient in PATIENTS:
        (phase,) = tale.stage.asks("audrey", "temperature", coi=patient.coi)["containers"]
        peak = degrees(max(one["peak_centi_c"] for one in phase["excursions"]))
        tale.page.looked(f"{patient.called}'s cells were as warm as {peak}; the product allows"
                         f" {degrees(phase['high_centi_c'])}.")  # fmt: skip


def basement(tale: Tale) -> None:
    tale.page.chapter(
        "Two phones without a network hand over in a basement, and sync in the wrong order",
        f"{SECOND.called}'s other half goes to another site · NorthCell 1, basement",
    )
    mia, kit = ("mia", CLEANROOM), ("kit", VAN)
    parties = handing(SECOND.stream, [RESERVE], mia, kit)
    waiting = tale.says("mia", SECOND.stream, "CustodyReleased", offline=True, **parties)
    tale.page.note("Kit's phone scans the code that Mia's phone shows: his statement names hers.")
    tale.says("kit", SECOND.stream, "CustodyAccepted", offline=True, release=waiting["waiting"], **parties)
    _sent(tale, "kit", "Kit is up in the street first: his phone, the receiver's,")
    _looked(tale, RESERVE, "with only the receiver's word")
    _sent(tale, "mia", "Mia comes up later: her phone")
    _looked(tale, RESERVE, "with both halves")


def to_other_site(tale: Tale) -> None:
    """The leg from site to site, and this time the logger has nothing to say against it."""
    since = time.time()
    _drive(tale, "NorthCell 2")
    tale.hand_over(SECOND.stream, [RESERVE], ("kit", VAN), ("omar", OTHER_CLEANROOM))
    tale.reads_out(("omar", OTHER_CLEANROOM), SECOND.stream, [RESERVE], "fresh", since, GOOD)


def way_back(tale: Tale) -> None:
    tale.page.chapter("The frozen doses travel back to the hospital",
                      "Swift Cryo, van 2 · three bags of two patients, one sealed shipper")  # fmt: skip
    kit = ("kit", VAN)
    _shipper_sheet(tale)
    live.begins(tale)
    tale.hand_over(FIRST.stream, FIRST.doses, ("mia", CLEANROOM), kit)
    tale.hand_over(SECOND.stream, SECOND.doses, ("omar", OTHER_CLEANROOM), kit)
    tale.says("kit", BACK, "Packed", at=VAN, **carried(BACK, ALL_DOSES), shipper="SHIPPER-4", seal=BACK_SEAL,
              logger=live.LOGGER, phase="frozen")  # fmt: skip
    tale.page.note("Kit drives to St Mary's …")
    live.drive(tale, FIRST)
    tale.hand_over(BACK, ALL_DOSES, kit, ("nora", WARD), BACK_SEAL)
    for patient in PATIENTS:
        count = len(patient.doses)
        tale.says("nora", patient.stream, "ReceiptInspected", at=WARD, containers=list(patient.doses),
                  shipper="SHIPPER-4", seal=BACK_SEAL, condition="intact", expected=count, received=count,
                  outcome="accepted")  # fmt: skip
    tale.says("nora", FIRST.stream, "LabelDestroyed", at=WARD, serials=[SHEET], fate="destroyed")
    live.sealed(tale, PATIENTS)


def _shipper_sheet(tale: Tale) -> None:
    """It carries what a phone checks with no network: the log's own signature about the label."""
    sheet = tale.stage.labels / "shipper-sheet.pdf"
    told = tale.stage.prints("mia", coi=FIRST.coi, container=FIRST.doses[0], serial=SHEET, at=CLEANROOM,
                             template="shipper", file=str(sheet))  # fmt: skip
    tale.page.recorded(f"Mia printed the shipper's sheet {SHEET}, which a phone checks offline", *told)


def _drive(tale: Tale, where: str) -> None:
    tale.page.note(f"Kit drives to {where} …")
    time.sleep(DRIVE_S)


def _sent(tale: Tale, agent: str, whose: str) -> None:
    """What waited on the phone goes out, in the order in which it was signed."""
    sent = tale.stage.sends(agent)
    signed = listed([one["signed_at"][11:19] for one in sent])
    count = f"{len(sent)} scan{'' if len(sent) == 1 else 's'}"
    recorded = sent[-1]["recorded_at"][11:19]
    tale.page.recorded(f"{whose} sends {count}, signed at {signed}, recorded at {recorded}", *sent)


def _looked(tale: Tale, container: str, when: str) -> None:
    tale.page.looked(f"Who holds {bags([container])} {when}? The ledger shows: {tale.who_holds(container)}")
