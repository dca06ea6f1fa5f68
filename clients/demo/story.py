"""The demo's story: one therapy from vein to vein, told hand-off by hand-off.

Everything is real: the server, the keys, the signatures, the proofs. Only the patients,
the companies and the product are made up.
"""

from __future__ import annotations

import datetime
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.panel import Panel

from clients.demo import cast
from clients.demo.cast import (
    APHERESIS,
    CHAIN,
    CLEANROOM,
    COI,
    DOSE,
    FRESH,
    OTHER_BAG,
    OTHER_CHAIN,
    VAN,
    WARD,
)
from clients.demo.stage import DemoFailed, Document, Stage
from clients.patients import commitments, new_keys


def tell(exit_at_end: bool) -> int:
    """Play the demo; the exit code. With `exit_at_end` false it goes on serving."""
    console = Console(width=110, highlight=False)
    folder = Path(tempfile.mkdtemp(prefix="unbroken-demo-"))
    try:
        with Stage(folder, console) as stage:
            story = Story(stage)
            story.play()
            if not exit_at_end:
                story.keep_serving()
    except DemoFailed as failure:
        console.print(f"[bold red]The demo failed:[/] {failure}", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("\nStopped.")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _later(days: int) -> str:
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Story:
    """The chapters, in order."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.keys = new_keys(stage.folder / "patient-keys.json")
        self.started = time.monotonic()

    def play(self) -> None:
        self.companies_meet()
        self.collection()
        self.offline_courier()
        self.manufacture()
        self.way_back()
        self.readiness()
        self.wrong_bag()
        self.infusion()
        self.lineage()
        self.verify_from_outside()
        self.tamper()
        self.stage.line(f"The whole story took {time.monotonic() - self.started:.0f} seconds.")

    def wristband(self, name: str, born: str, number: str) -> list[dict[str, str]]:
        """What is read on a wristband, as commitments: no name leaves the hospital."""
        return commitments({"family_name": name, "birth_date": born, "record_number": number}, self.keys)

    # --- the chapters ------------------------------------------------------------------

    def companies_meet(self) -> None:
        stage = self.stage
        stage.chapter("1. Three companies, each with its own people and keys in its own process")
        keys: dict[str, str] = {}
        for company, people in cast.COMPANIES.items():
            keys |= stage.open_company(company, people)
        stage.open_log(
            cast.ORIGIN, {who: (company, keys[who]) for who, company in cast.ADMINISTRATORS.items()}
        )
        stage.connect(cast.ORIGIN)
        for site, (who, kind) in cast.SITES.items():
            fields: Document = {"organisation": cast.ADMINISTRATORS[who], "site_kind": kind, "country": "GB"}
            stage.says(who, f"site/{site}", "SiteOnboarded", **fields)
        for agent in cast.PEOPLE:
            self._enrol(agent, keys[agent])
        stage.line(f"{len(cast.PEOPLE)} people enrolled; the quality role took two signatures.")
        stage.says("quinn", "product/decentra-car", "ProductVersionDefined", **cast.PRODUCT)

    def _enrol(self, agent: str, key: str) -> None:
        by, second, role, site, qualification = cast.PEOPLE[agent]
        stream = f"agent/{agent}"
        roles = [{"role": role, "site": site}]
        fields: Document = {"organisation": cast.ADMINISTRATORS[by], "roles": roles, "key": key}
        told = self.stage.says(by, stream, "AgentEnrolled", quiet=True, **fields)
        if second:
            self.stage.says(second, stream, "EnrolmentApproved", quiet=True, enrolment=told["id"])
        if qualification:
            fields = {"qualification": qualification, "expires_at": _later(365)}
            self.stage.says(by, stream, "QualificationGranted", quiet=True, **fields)

    def collection(self) -> None:
        stage = self.stage
        stage.chapter("2. The hospital orders the therapy and collects the patient's cells")
        self.patient = self.wristband("Example", "1961-04-23", "MRN 00123")
        self.other = self.wristband("Sample", "1958-11-02", "MRN 00456")
        order: Document = {
            "product": {"product": "decentra-car", "version": 1},
            "protocol": "UB-001",
            "country": "GB",
            "sites": cast.PLANNED,
        }
        stage.says("carl", CHAIN, "TherapyOrdered", patient=self.patient, **order)
        consent: Document = {"site": "st-mary", "form": "CONSENT v3"}
        stage.says("carl", CHAIN, "ConsentRecorded", **consent)
        stage.says("anna", CHAIN, "PatientIdentified", site="st-mary", patient=self.patient, method="scan",
                   outcome="match")  # fmt: skip
        self._collect(CHAIN, FRESH, quiet=False)
        stage.says("anna", CHAIN, "Packed", at=APHERESIS, containers=[FRESH], shipper="SHIPPER-7",
                   seal="SEAL-31", logger="LOGGER-12")  # fmt: skip
        stage.says("carl", OTHER_CHAIN, "TherapyOrdered", quiet=True, patient=self.other, **order)
        stage.says("carl", OTHER_CHAIN, "ConsentRecorded", quiet=True, **consent)
        self._collect(OTHER_CHAIN, OTHER_BAG, quiet=True)

    def _collect(self, chain: str, bag: str, quiet: bool) -> None:
        containers: list[Document] = [{"container": bag, "volume_ul": 200_000}]
        self.stage.says("anna", chain, "CollectionCompleted", quiet=quiet, at=APHERESIS,
                        containers=containers, ended_at=_later(0))  # fmt: skip

    def hand_over(
        self, bag: str, giver: tuple[str, Document], receiver: tuple[str, Document], offline: bool = False
    ) -> None:
        """Release and accept; `offline` says that the receiver has no network."""
        parties: Document = {
            "containers": [bag],
            "giver": giver[1],
            "receiver": receiver[1],
            "condition": "intact",
        }
        told = self.stage.says(giver[0], CHAIN, "CustodyReleased", **parties)
        parties |= {"release": told.get("id") or told["waiting"]}
        self.stage.says(receiver[0], CHAIN, "CustodyAccepted", offline=offline, **parties)

    def offline_courier(self) -> None:
        stage = self.stage
        stage.chapter("3. The courier scans in a basement without a network; the phone keeps the scans")
        self.hand_over(FRESH, ("anna", APHERESIS), ("kit", VAN), offline=True)
        parties: Document = {
            "containers": [FRESH],
            "giver": VAN,
            "receiver": CLEANROOM,
            "condition": "intact",
        }
        waiting = stage.says("kit", CHAIN, "CustodyReleased", offline=True, **parties)
        self._who_holds(FRESH)
        sent = stage.sends("kit")
        stage.line(f"Back in the network: {len(sent)} scans went out, in the order in which they were made.")
        self._who_holds(FRESH)
        stage.says("mia", CHAIN, "CustodyAccepted", release=waiting["waiting"], **parties)
        self._who_holds(FRESH)

    def _who_holds(self, bag: str) -> None:
        holder = self.stage.asks("audrey", "container", container=bag)["holder"]
        self.stage.line(
            f"Who holds bag {bag} now, as the ledger shows it: {holder['department']} at {holder['site']}"
        )

    def manufacture(self) -> None:
        stage = self.stage
        stage.chapter("4. The small manufacturing site makes the dose; Quality releases it")
        stage.says("mia", CHAIN, "ManufacturingStarted", at=CLEANROOM, batch="BATCH-2026-041",
                   platform="PLATFORM-2", containers=[FRESH])  # fmt: skip
        dose: Document = {"container": DOSE, "volume_ul": 50_000, "bag": 1, "of": 1, "expires_at": _later(90)}
        stage.says("mia", CHAIN, "ContainersDerived", at=CLEANROOM, how="fill",
                   parents=[{"container": FRESH, "volume_ul": 200_000}], children=[dose])  # fmt: skip
        stage.says("quinn", CHAIN, "Released", site="northcell-1", containers=[DOSE], certificate="c0" * 32,
                   countries=["GB"], protocols=["UB-001"])  # fmt: skip

    def way_back(self) -> None:
        self.stage.chapter("5. The frozen dose travels back to the hospital")
        self.hand_over(DOSE, ("mia", CLEANROOM), ("kit", VAN))
        self.hand_over(DOSE, ("kit", VAN), ("nora", WARD))

    def readiness(self) -> None:
        """No patient is prepared for a dose that is not there."""
        stage = self.stage
        stage.chapter("6. The patient is made ready: fit, the dose at hand, then lymphodepletion")
        fit: Document = {"site": "st-mary", "outcome": "fit", "valid_until": _later(14)}
        stage.says("phil", CHAIN, "PatientFitnessConfirmed", **fit)
        early = stage.tries("phil", CHAIN, "LymphodepletionAuthorised", site="st-mary")
        (failed,) = [gate["detail"] for gate in early["problem"]["gates"] if not gate["passed"]]
        stage.line(f"Too early for lymphodepletion, and refused: {failed}", "✗")
        stage.says("carl", CHAIN, "AvailabilityConfirmed", site="st-mary", containers=[DOSE])
        stage.says("phil", CHAIN, "LymphodepletionAuthorised", site="st-mary")
        stage.says("nora", CHAIN, "LymphodepletionStarted", site="st-mary", regimen="flu_cy")

    def wrong_bag(self) -> None:
        """The nurse scans another patient's bag: a hard stop, before anything is thawed."""
        stage = self.stage
        stage.chapter("7. At the bedside, the nurse scans the wrong patient's bag")
        check = stage.asks(
            "nora", "infusion_check", coi=COI, container=OTHER_BAG, site="st-mary", patient=self.patient
        )
        if check["verdict"] != "stop":
            raise DemoFailed("the wrong bag was not stopped")
        failed = [gate["detail"] for gate in check["gates"] if not gate["passed"]]
        text = f"Do not infuse bag {OTHER_BAG}.\n" + "\n".join(f"✗ {each}" for each in failed[:3])
        stage.console.print(Panel(text, title="STOP — WRONG BAG", border_style="bold red", width=100))
        refused = stage.tries("phil", CHAIN, "InfusionAuthorised", site="st-mary", container=OTHER_BAG)
        stage.line(
            f"An authorisation for it is refused: {refused['problem']['code']}. Nothing was recorded.", "✗"
        )

    def infusion(self) -> None:
        stage = self.stage
        stage.chapter("8. The right bag: thaw, two blind checks, authorisation, infusion")
        stage.says("nora", CHAIN, "ThawStarted", at=WARD, containers=[DOSE])
        stage.says("nora", CHAIN, "ThawCompleted", at=WARD, containers=[DOSE])
        for nurse in ("nora", "nils"):
            stage.says(nurse, CHAIN, "InfusionChecked", site="st-mary", container=DOSE, patient=self.patient,
                       method="scan")  # fmt: skip
        check = stage.asks(
            "phil", "infusion_check", coi=COI, container=DOSE, site="st-mary", patient=self.patient
        )
        for gate in check["gates"]:
            stage.line(gate["detail"], "✓" if gate["passed"] else "✗")
        stage.says("phil", CHAIN, "InfusionAuthorised", site="st-mary", container=DOSE)
        stage.says("nora", CHAIN, "InfusionStarted", site="st-mary", container=DOSE)
        stage.says("nora", CHAIN, "InfusionCompleted", site="st-mary", container=DOSE, dose_given_ul=50_000)

    def lineage(self) -> None:
        self.stage.chapter("9. Where the dose came from, as any site can ask")
        found = self.stage.asks("audrey", "lineage", container=DOSE)
        for up in found.get("parents", []):
            self.stage.line(
                f"Bag {DOSE} was filled from bag {up['container']}, collected in entry {up['position']}."
            )

    def verify_from_outside(self) -> None:
        stage = self.stage
        stage.chapter("10. An outsider verifies the whole log, given only its public key")
        self.copy = stage.folder / "downloaded-log"
        size = stage.downloads("audrey", self.copy)
        stage.line(f"Downloaded {size} entries. No server is asked from here on.")
        stage.console.print(
            stage.run_program("clients.cli", "verify", str(self.copy), "--log-key", stage.log_key),
            markup=False,
        )

    def tamper(self) -> None:
        """Alter one byte of one entry in a copy of the database, and let the audit find it."""
        stage = self.stage
        stage.chapter("11. Somebody alters one byte of a copied database")
        copy = stage.folder / "copied-server"
        shutil.copytree(stage.data, copy, ignore=shutil.ignore_patterns("ledger.db*", "high-water"))
        position = _alter(stage.data / "ledger.db", copy / "ledger.db")
        stage.line(f"One byte of entry {position} is changed in the copy. The audit of the copy says:")
        found = stage.run_program("api.server", "fsck", "--data", str(copy), ok=(1,))
        stage.console.print(found, markup=False)
        if str(position) not in found:
            raise DemoFailed("the audit did not name the entry")

    def keep_serving(self) -> None:
        stage = self.stage
        stage.chapter("The ledger goes on serving")
        stage.line(f"Address      {stage.server}   (try {stage.server}/docs)")
        stage.line(f"Log key      {stage.log_key}")
        stage.line("Ctrl-C ends the demo and removes everything that it made.")
        stage.wait()


def _alter(source: Path, target: Path) -> int:
    """Copy the live database and flip one bit in the middle of a hand-over."""
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        position, data = copy.execute(
            "SELECT position, data FROM entry WHERE type = 'CustodyAccepted' ORDER BY position LIMIT 1"
        ).fetchone()
        altered = bytearray(data)
        altered[len(altered) // 2] ^= 1
        copy.execute("UPDATE entry SET data = ? WHERE position = ?", (bytes(altered), position))
        copy.commit()
    return int(position)
