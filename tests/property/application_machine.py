"""The stage of the state machine: a real ledger on a disk, its people, and what they do next.

The story of one therapy is a list of steps; between any two of them others say whatever they
like. A step that the rules refuse is simply tried again later.
"""

from __future__ import annotations

import shutil
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.application import Ledger
from tests.scenario import Scenario

COI, OTHER_COI = "isbt128:CHA999926ABC123", "isbt128:CHA999926XYZ789"
CHAIN, OTHER = f"chain/{COI}", f"chain/{OTHER_COI}"
FRESH, DOSES = "FRESH-1", ("DOSE-1", "DOSE-2")
OUTSIDERS = ("olga", "otto")  # a nurse and a courier of a company that has no part in it


@dataclass
class Template:
    """A log in which two therapies were ordered and one was made; copied for every run."""

    folder: Path
    scenario: Scenario

    def copy(self, folder: Path) -> Scenario:
        for file in self.folder.iterdir():
            shutil.copy(file, folder / file.name)
        config = deepcopy_config(self.scenario, folder)
        return Scenario(Ledger(config), config.clock_ms, deepcopy(self.scenario.signers, _shared_keys(self)))


def _shared_keys(template: Template) -> dict[int, Any]:
    """Keys can't be copied, and needn't be."""
    return {id(signer.key): signer.key for signer in template.scenario.signers.values()}


def deepcopy_config(scenario: Scenario, folder: Path) -> Any:
    from dataclasses import replace

    clock = type(scenario.clock)(scenario.clock.now_ms)
    return replace(
        scenario.ledger.config,
        database_url=f"sqlite:///{folder}/ledger.db",
        high_water=folder / "high-water",
        clock_ms=clock,
    )
