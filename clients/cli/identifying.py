"""Whose commitments, under whose keys: a local file of keys, or else the server's vault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from clients.cli.prompts import asked_identifiers
from clients.cli.screen import DONE
from clients.patients import DEFAULT_FIELDS, commitments, load_identifiers, load_keys
from clients.sdk import Client
from ledger.errors import NotFound

PATIENT_KEYS = "patient-keys.json"  # in the device's folder, unless another file is named
ENTERING = "TherapyOrdered"  # with which a patient becomes known

BESIDE = (
    "The keys in {} are used, and not the server's vault: a therapy that was ordered through the vault does"
    " not match under them. When the last therapy under these keys is closed, move the file away."
)
ENTER = "Enter this patient into the vault, as that of {}?"

PatientFile = Annotated[
    Path | None,
    typer.Option(
        "--patient-file",
        help="What the wristband says, as JSON; only commitments get into the log.",
        exists=True,
    ),
]
PatientKeys = Annotated[
    Path | None,
    typer.Option(
        "--patient-keys",
        help="Keys of the commitments. Without: patient-keys.json here, else the server's vault.",
        exists=True,
    ),
]
Commitments = list[dict[str, str]]


class Identifying:
    """From identifiers to commitments, for one therapy and one event."""

    def __init__(
        self,
        signer: Client,
        coi: str,
        event: str,
        keys: Path | None = None,
        agree: Callable[[str], bool] = lambda _: True,
    ) -> None:
        local = keys or signer.device.home / PATIENT_KEYS
        self._signer, self._coi, self._event = signer, coi, event
        self._keys = load_keys(local) if local.exists() else None
        self._found = None if keys else local  # a file that nobody named
        self._agree = agree  # asked before anybody is entered

    @property
    def fields(self) -> tuple[str, ...]:
        """What is asked for, where nobody named a file."""
        return tuple(sorted(DEFAULT_FIELDS if self._keys is None else self._keys))

    def read(self, file: Path) -> Commitments:
        """Raises as `load_identifiers`, `committed`."""
        return self.committed(load_identifiers(file))

    def asked(self) -> Commitments:
        return self.committed(asked_identifiers(self.fields))

    def committed(self, identifiers: Mapping[str, str]) -> Commitments:
        """An order enters the patient into the vault; everything else asks about the one who is in it.

        Raises as `commitments`, or what the server says; `NotFound` `no_such_person`; `typer.Exit` where
        the person does not want anybody to be entered.
        """
        if self._keys is not None:
            if self._found and self._signer.keeps_vault():
                Console(stderr=True).print(Text(BESIDE.format(self._found), style="yellow"))
            return commitments(identifiers, self._keys)
        if self._event == ENTERING:
            if not self._agree(ENTER.format(self._coi)):
                raise typer.Exit(DONE)
            return _patient(self._signer.enter_patient(self._coi, identifiers))
        found = self._signer.patient_commitments(identifiers, self._coi)
        if not found:
            raise NotFound("no_such_person", "the vault knows nobody under this name, or not for you")
        return _patient(found[0])


def _patient(document: Mapping[str, Any]) -> Commitments:
    return [{"field": str(one["field"]), "commitment": str(one["commitment"])} for one in document["patient"]]
