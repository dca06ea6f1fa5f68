"""From entries to rows: fold each therapy, and say which of its rows changed.

The rules of custody are the aggregate's. A view only writes down what the aggregate says,
so a view cannot come to another answer than a decision does.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ledger.domain.chain import Chain
from ledger.domain.world import chain_tag
from ledger.store.decode import LazyEntry, entry_of
from ledger.views import (
    chains,
    custody,
    deviations,
    lineage,
    patients,
    quarantines,
    schema,
    temperature,
    timeline,
    voided_labels,
)
from ledger.views.registering import PREFIXES, Registering
from ledger.views.touch import Touches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ledger.domain.parts import TemperatureProfile
    from ledger.domain.world import Entry
    from ledger.store.reading import Reads, StoredEntry

MAX_KEPT = 2_000  # therapies; one whole therapy takes some 20 kB
CHAIN, REVIEW = "chain/", "review/"
FOLDED = (CHAIN, REVIEW, *PREFIXES)

Key = tuple[Any, ...]
Row = tuple[Any, ...]
OF_CHAIN: dict[str, Callable[[Chain], list[Row]]] = {
    "view_container": custody.container_rows,
    "view_handover": custody.handover_rows,
    "view_lineage": lineage.rows,
    "view_deviation": deviations.rows,
    "view_quarantine": quarantines.rows,
    "view_voided_label": voided_labels.rows,
    "view_patient": patients.rows,
}
KEY_WIDTH = {table.name: len(table.primary_key) for table in schema.ALL}


@dataclass(slots=True)
class Changes:
    """Rows to write and keys to delete, by table; and the statements that turned out late or wrong."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    gone: dict[str, list[Key]] = field(default_factory=lambda: defaultdict(list))
    late: list[tuple[str, str]] = field(default_factory=list)  # therapy, statement id
    corrected: list[tuple[int, str, str]] = field(default_factory=list)  # by which entry, and the same


@dataclass(slots=True)
class Kept:
    """A therapy, and its rows as they stand in the tables."""

    chain: Chain
    touches: Touches
    rows: dict[str, dict[Key, Row]]


class Folding:
    """Therapies and registry as of the views' position. Not thread-safe."""

    def __init__(self, store: Reads) -> None:
        self._store = store
        self._rules = temperature.Rulebook(store)
        self._registering = Registering(store)
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def forget(self) -> None:
        """Drop all that is kept; what is needed is folded anew."""
        self._kept.clear()
        self._registering.forget()

    def fold(self, start: int, tagged: Iterable[tuple[StoredEntry, list[str]]]) -> Changes:
        """Take in the entries from position `start` on; say what they change."""
        changes = Changes()
        touched: dict[str, list[Entry]] = defaultdict(list)
        registered: dict[str, list[Entry]] = defaultdict(list)
        for stored, tags in tagged:
            concerned = [tag for tag in tags if tag.startswith(FOLDED)]
            if concerned:
                entry = entry_of(stored.position, stored.data, stored.recorded_ms)
                for tag in concerned:
                    if tag.startswith(PREFIXES):
                        registered[tag].append(entry)
                    else:
                        self._tell(tag, entry, touched, changes)
        self._registering.fold(start, registered, changes.rows)
        for coi, entries in touched.items():
            self._fold_chain(coi, start, entries, changes)
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return changes

    def _tell(self, tag: str, entry: Entry, touched: dict[str, list[Entry]], changes: Changes) -> None:
        kind, _, coi = tag.partition("/")
        standing = kind == "chain"
        if standing:
            touched[coi].append(entry)
        changes.rows["view_timeline"].append(timeline.row(coi, entry, standing))
        late = timeline.late_cause(entry.event)
        if late is not None:
            changes.late.append((coi, late))

    def _fold_chain(self, coi: str, start: int, entries: list[Entry], changes: Changes) -> None:
        kept = self._kept.get(coi) or self._load(coi, start)
        self._kept[coi] = kept
        self._kept.move_to_end(coi)
        for entry in entries:
            kept.chain.apply(entry)
            kept.touches.apply(entry)
        changes.corrected.extend(timeline.corrected(kept.chain, entries))
        changes.rows["view_touch"].extend(kept.touches.take())
        changes.rows["view_chain"].append(chains.row(kept.chain, entries[-1].position))
        now = rows_of(kept.chain, self._rules.profiles(kept.chain))
        for table, rows in now.items():
            before = kept.rows[table]
            changes.rows[table].extend(row for key, row in rows.items() if before.get(key) != row)
            changes.gone[table].extend(key for key in before if key not in rows)
        kept.rows = now

    def _load(self, coi: str, before: int) -> Kept:
        chain, touches = Chain(coi), Touches(coi)
        for stored in self._store.rows_by_tag(chain_tag(coi), before=before) if before else ():
            entry = LazyEntry(stored)
            chain.apply(entry)
            touches.apply(entry)
        touches.take()  # they are in the table
        return Kept(chain, touches, rows_of(chain, self._rules.profiles(chain)))


def rows_of(chain: Chain, profiles: Sequence[TemperatureProfile] = ()) -> dict[str, dict[Key, Row]]:
    """All rows of a therapy, by table and key; of its temperature, against its product's profiles."""
    made = {table: make(chain) for table, make in OF_CHAIN.items()}
    made["view_excursion"] = temperature.rows(chain, profiles)
    return {table: {row[: KEY_WIDTH[table]]: row for row in rows} for table, rows in made.items()}
