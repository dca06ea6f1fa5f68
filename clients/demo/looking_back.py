"""The auditor looks back: what the nurse was shown when she decided, and what changed from there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from clients.demo.cast import FIRST
from clients.demo.outside import Said
from clients.demo.stage import DemoFailed, Document
from clients.demo.tale import Tale
from clients.points import about, said

SHOWN = 3  # changes that are told; the rest is counted


def looks_back(tale: Tale, log: Sequence[Said], copy: Path) -> None:
    """Asked of the copy, so that no server could tell it otherwise; the server is asked the same once."""
    decision = _decision(log)
    nurse, at = decision.signer, decision.position
    tale.page.chapter(f"What was {nurse.capitalize()} shown when she decided? The auditor asks the copy")
    then = _asked(tale, copy, "--before", str(at), "--for", nurse)
    gates = {name: one for name, one in then["points"].items() if name.startswith("gate/infusion/")}
    shut = [name for name, one in gates.items() if one["outcome"] == "failed"]
    tale.page.note(f"Before entry {at}, the check of the bag, {nurse.capitalize()} was shown"
                   f" {len(then['points'])} points of the therapy; of the infusion's {len(gates)} gates"
                   f" {len(gates) - len(shut)} were open.")  # fmt: skip
    _tell_changes(tale, _asked(tale, copy, "--from", str(at), "--to", str(at + 2))["changes"])
    served = tale.stage.asks("audrey", "chain", coi=FIRST.coi, before=at, seen_by=nurse)
    same = _holders(served) == {name: one for name, one in then["points"].items() if name.endswith("/holder")}
    if not same:
        raise DemoFailed("the server tells another past than the log")
    tale.page.checked("the server says the same of that moment as the copy, replayed without it", True)


def _tell_changes(tale: Tale, changed: Sequence[Document]) -> None:
    """The first of them in words, and how many there are."""
    for one in changed[:SHOWN]:
        before, after = (said(one["point"], one[name]) for name in ("before", "after"))
        tale.page.looked(f"{about(one['point'])}: {before} → {after} (entry {one['position']})")
    tale.page.note(f"{len(changed)} points changed with that entry and the next; each names its entry.")


def _decision(log: Sequence[Said]) -> Said:
    """The first blind check of the first patient's dose."""
    return next(one for one in log if one.type == "InfusionChecked" and one.stream == FIRST.stream)


def _asked(tale: Tale, copy: Path, *words: str) -> Document:
    asked = ("replay", FIRST.coi, "--in", str(copy), "--log-key", tale.stage.log_key, "--json", *words)
    document: Document = json.loads(tale.stage.run_program("clients.cli", *asked))
    return document


def _holders(chain: Document) -> dict[str, str]:
    held = ((one["container"], one["holder"]) for one in chain["containers"] if one["holder"])
    return {f"custody/{name}/holder": f"{at['site']}/{at['department']}" for name, at in held}
