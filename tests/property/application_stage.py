"""The stage of the state machine: a real ledger on a disk, its people, and the next ordinary step.

The story of two therapies is a list of steps. Between any two of them others say whatever they
like; a step that the rules refuse is tried again later.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from ledger.application import Ledger
from ledger.domain.world import timestamp
from ledger.proof.statement import parse
from tests.scenario import (
    APHERESIS,
    CLEANROOM,
    VAN,
    WARD,
    Clock,
    Scenario,
    Signer,
    b64,
    open_scenario,
    patient,
)

COI, OTHER_COI = "isbt128:CHA999926ABC123", "isbt128:CHA999926XYZ789"
CHAIN = f"chain/{COI}"
OUTSIDERS = ("olga", "otto")  # a nurse and a courier of a company that has no part in it
DOSE = "DOSE-1"


@dataclass(frozen=True)
class Template:
    """A log with its people and two collected therapies; every run begins with a copy of it."""

    folder: Path
    scenario: Scenario

    def copy(self, folder: Path) -> Scenario:
        """The log in another folder, with people whose numbering goes on by itself."""
        for file in self.folder.iterdir():
            shutil.copy(file, folder / file.name)
        clock = Clock(self.scenario.clock.now_ms)
        config = replace(
            self.scenario.ledger.config,
            database_url=f"sqlite:///{folder}/ledger.db",
            high_water=folder / "high-water",
            clock_ms=clock,
        )
        signers = {name: replace(signer) for name, signer in self.scenario.signers.items()}
        return Scenario(Ledger(config), clock, signers)


@dataclass(frozen=True)
class OnPostgres:
    """The same log made anew for every run, in a schema of its own; two nodes may share it."""

    url: str

    def copy(self, folder: Path) -> Scenario:
        schema = f"t_{secrets.token_hex(8)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        joint = "&" if "?" in self.url else "?"
        return furnished(f"{self.url}{joint}options=-csearch_path%3D{schema}", folder)


def template(folder: Path) -> Template:
    scenario = furnished(f"sqlite:///{folder}/ledger.db", folder)
    scenario.ledger.close()
    return Template(folder, scenario)


def furnished(database_url: str, folder: Path) -> Scenario:
    scenario = open_scenario(database_url, folder)
    _let_in_strangers(scenario)
    for coi, name, bag in ((COI, "patient-1", "FRESH-1"), (OTHER_COI, "patient-2", "OTHER-1")):
        scenario.order(coi, name)
        made = [{"container": bag, "volume_ul": 200_000}]
        scenario.say("anna", f"chain/{coi}", "CollectionCompleted", at=APHERESIS, containers=made,
                     ended_at=timestamp(scenario.clock()))  # fmt: skip
    return scenario


def _let_in_strangers(scenario: Scenario) -> None:
    """Two sites without any part in the therapies, and a nurse and a courier of theirs."""
    for site, kind in (("far-clinic", "care"), ("far-depot", "courier")):
        fields = {"organisation": "swift-cryo", "site_kind": kind, "country": "GB"}
        scenario.say("cleo", f"site/{site}", "SiteOnboarded", **fields)
    for agent, role, site in (("olga", "nurse", "far-clinic"), ("otto", "courier", "far-depot")):
        key = b64(scenario.signer(agent).key.public.spki)
        roles = [{"role": role, "site": site}]
        scenario.say(
            "cleo", f"agent/{agent}", "AgentEnrolled", organisation="swift-cryo", roles=roles, key=key
        )


Step = tuple[str, str, dict[str, Any]]  # who says which event, with which members


def story(scenario: Scenario) -> list[Callable[[], Step]]:
    """One therapy from the collection to the infusion, step by step; each says what is due now."""
    dose = {"container": DOSE, "volume_ul": 50_000, "bag": 1, "of": 1}
    parents = [{"container": "FRESH-1", "volume_ul": 200_000}]
    filled = {"at": CLEANROOM, "how": "fill", "parents": parents, "children": [dose]}
    release = {"site": "northcell-1", "containers": [DOSE], "certificate": "ab" * 32}
    scope = {"countries": ["GB"], "protocols": ["UB-001"]}
    bedside: dict[str, Any] = {"site": "st-mary", "container": DOSE}
    read = bedside | {"patient": patient("patient-1"), "method": "scan"}
    return [
        *_handed_over("FRESH-1", ("anna", APHERESIS), ("kit", VAN)),
        *_handed_over("FRESH-1", ("kit", VAN), ("mia", CLEANROOM)),
        lambda: ("mia", "ManufacturingStarted", {"at": CLEANROOM, "batch": "B-1", "platform": "P-1",
                                                 "containers": ["FRESH-1"]}),
        lambda: ("mia", "ContainersDerived", filled),
        lambda: ("quinn", "Released", release | scope),
        *_handed_over(DOSE, ("mia", CLEANROOM), ("kit", VAN)),
        *_handed_over(DOSE, ("kit", VAN), ("nora", WARD)),
        lambda: ("nora", "ThawStarted", {"at": WARD, "containers": [DOSE]}),
        lambda: ("nora", "InfusionChecked", read),
        lambda: ("nils", "InfusionChecked", read),
        lambda: ("phil", "PatientFitnessConfirmed", _fit(scenario)),
        lambda: ("phil", "InfusionAuthorised", bedside),
        lambda: ("nora", "InfusionStarted", bedside),
    ]  # fmt: skip


def _fit(scenario: Scenario) -> dict[str, Any]:
    return {"site": "st-mary", "outcome": "fit", "valid_until": timestamp(scenario.clock() + 86_400_000)}


def _handed_over(name: str, giver: tuple[str, Any], receiver: tuple[str, Any]) -> list[Callable[[], Step]]:
    both = {"containers": [name], "giver": giver[1], "receiver": receiver[1], "condition": "intact"}
    return [
        lambda: (giver[0], "CustodyReleased", both),
        lambda: (receiver[0], "CustodyAccepted", both | {"release": None}),
    ]


def sign(scenario: Scenario, agent: str, stream: str, event: str, fields: dict[str, Any]) -> bytes:
    """Sign a fact as the agent's next statement, and count on its being recorded."""
    raw = scenario.sign(agent, stream, event, **fields)
    took(scenario.signer(agent), raw)
    return raw


def took(signer: Signer, raw: bytes) -> None:
    """The statement has its place in the signer's numbering."""
    signer.seq, signer.prev = signer.seq + 1, parse(raw).id.hex()
