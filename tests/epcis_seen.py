"""Therapies as EPCIS exports look at them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from ledger.domain.chain import Chain
from ledger.domain.entry import Entry
from ledger.export.epcis import events_of
from ledger.export.epcis_seen import Seen
from ledger.export.names import Names
from tests.domain_scene import CHAIN, COI, DOSE, ORIGIN, Said, Scene, scene_at


def entries_of(scene: Scene) -> list[Entry]:
    return [one for one, _ in scene.entries if one.stream == CHAIN]


def seen_of(scene: Scene) -> Seen:
    return Seen(scene.chain, {one.statement_id: one for one in entries_of(scene)}.get)


def events_said(scene: Scene, said: Said) -> list[dict[str, Any]]:
    """The events of what was said, as the therapy sees it now."""
    return list(events_of(said.entry, seen_of(scene), Names(ORIGIN)))


@cache
def a_packing() -> Entry:
    return next(one for one in entries_of(scene_at("infused")) if one.type == "Packed")


@cache
def seen_by_a_new_therapy() -> Seen:
    """Nothing is known yet; whatever statement is asked for is a packing, and every lot is in one bag."""
    return Seen(Chain(COI), lambda asked: replace(a_packing(), statement_id=asked), lambda _: (DOSE,))
