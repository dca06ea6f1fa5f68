"""EPCIS and FHIR out of whole therapies: events a second, beside writing the same documents as JSON."""

from __future__ import annotations

import json
import statistics
from typing import Any

from ledger.export.epcis import document, therapy_events
from ledger.export.epcis_seen import Seen
from ledger.export.fhir import bundle
from ledger.export.names import Names
from ledger.export.standing import Outlook
from ledger.export.story import story_of
from tests.bench.table import RUNS, Row, at_least, seconds
from tests.domain_scene import CHAIN, ORIGIN, Scene, scene_at

THERAPIES = 40
WANTED = 2_000  # events a second, both standards together
STATEMENT = bytes(500)  # a statement's size; its content does not matter here
NAMES = Names(ORIGIN)


def run() -> list[Row]:
    scene = scene_at("infused")
    entries = [entry for entry, _ in scene.entries if entry.stream == CHAIN]
    made = _documents(scene, entries)
    both = _a_second(len(entries), lambda: _documents(scene, entries))
    written = _a_second(len(entries), lambda: [json.dumps(one) for one in made])
    return [
        at_least("entries as EPCIS and FHIR together; beside what is wanted", both, WANTED, 1.0),
        Row("the same; beside json.dumps of the same documents", f"{both:,.0f}/s", f"{written:,.0f}/s",
            both / written, "shown", met=True),
    ]  # fmt: skip


def _documents(scene: Scene, entries: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    outlook, by_id = Outlook(scene.world, scene.now_ms), {one.statement_id: one for one in entries}
    told = story_of(scene.chain, ((entry, STATEMENT) for entry in entries), outlook)
    events = therapy_events(entries, Seen(scene.chain, by_id.get), NAMES)
    return document(events, 0), bundle(told, NAMES, 0)


def _a_second(entries: int, action: Any) -> float:
    def repeated() -> None:
        for _ in range(THERAPIES):
            action()

    return THERAPIES * entries / statistics.median(seconds(repeated) for _ in range(RUNS))
