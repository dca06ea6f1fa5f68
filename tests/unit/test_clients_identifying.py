"""From a wristband to commitments on the command line: nobody is entered whom no person agreed to enter."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import typer

from clients.cli.identifying import PATIENT_KEYS, Identifying
from clients.patients import new_keys
from clients.sdk import Client

COI = "isbt128:CHA999926000001"
PERSON = {"birth_date": "1961-04-23", "record_number": "A9999-1"}
PATIENT = [{"field": "birth_date", "commitment": "ab" * 32}]


class Signer:
    """As much of a client as is asked; `entered` is what reached the vault."""

    def __init__(self, home: Path) -> None:
        self.device = SimpleNamespace(home=home)
        self.entered: list[str] = []

    def keeps_vault(self) -> bool:
        return True

    def enter_patient(self, coi: str, _: Any) -> dict[str, Any]:
        self.entered.append(coi)
        return {"patient": PATIENT, "differs": []}


def test_an_order_enters_its_patient_only_after_somebody_agreed(tmp_path: Path) -> None:
    signer, asked = Signer(tmp_path), list[str]()

    def refuse(question: str) -> bool:
        asked.append(question)
        return False

    whose = Identifying(cast("Client", signer), COI, "TherapyOrdered", agree=refuse)
    with pytest.raises(typer.Exit):
        whose.committed(PERSON)
    assert (signer.entered, len(asked)) == ([], 1)
    assert COI in asked[0]
    assert Identifying(cast("Client", signer), COI, "TherapyOrdered").committed(PERSON) == PATIENT
    assert signer.entered == [COI]


def test_a_file_of_keys_that_nobody_named_is_told_to_hide_the_vault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = tmp_path / PATIENT_KEYS
    new_keys(keys)
    signer = cast("Client", Signer(tmp_path))
    named = Identifying(signer, COI, "PatientIdentified", keys).committed(PERSON)
    assert capsys.readouterr().err == ""
    assert Identifying(signer, COI, "PatientIdentified").committed(PERSON) == named
    assert "and not the server's vault" in " ".join(capsys.readouterr().err.split())
