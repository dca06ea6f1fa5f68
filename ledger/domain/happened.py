"""How what happened to a container changes it: storage, loss, thaw, checks, infusion.

As everything in `evolve.py`: fast, total, and judging nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ledger.domain.container import Authorisation, Check, Consumption, Moment, Storage
from ledger.domain.readings import series_of

if TYPE_CHECKING:
    from ledger.domain.bedside_events import (
        InfusionAuthorised,
        InfusionChecked,
        InfusionCompleted,
        InfusionPaused,
        InfusionResumed,
        InfusionStarted,
        InfusionStopped,
        ThawCompleted,
        ThawStarted,
    )
    from ledger.domain.chain import Chain
    from ledger.domain.handling_events import ContainerFound, ContainerLost, Retrieved, Stored
    from ledger.domain.supply_events import MaterialConsumed
    from ledger.domain.temperature_events import TemperatureEvidenceAttached
    from ledger.domain.therapy_events import StepCompleted
    from ledger.domain.world import Entry


def stored(chain: Chain, entry: Entry, event: Stored) -> None:
    for name in event.containers:
        container = chain.container(name)
        container.storage = Storage(entry.position, event.location, event.place)
        container.put_in.append(moment(entry, event.at.site))
    chain.touched["thaw"] = chain.version


def retrieved(chain: Chain, entry: Entry, event: Retrieved) -> None:
    for name in event.containers:
        container = chain.container(name)
        container.taken_out.append(moment(entry, event.at.site))
        storage = container.storage
        if storage and storage.location == event.location:
            container.storage = storage._replace(retrieved=entry.position)
    chain.touched["thaw"] = chain.version


def temperature_attached(chain: Chain, entry: Entry, event: TemperatureEvidenceAttached) -> None:
    """One packed copy of the readings, shared by the containers that they are about."""
    series = series_of(entry, event)
    for name in dict.fromkeys(event.containers):
        chain.container(name).evidence.append(series)
    chain.touched["temperature"] = chain.version


def lost(chain: Chain, entry: Entry, event: ContainerLost) -> None:
    for name in event.containers:
        container = chain.container(name)
        container.lost = later(container.lost, moment(entry, event.at.site))
    chain.touched["container"] = chain.version


def found(chain: Chain, entry: Entry, event: ContainerFound) -> None:
    for name in event.containers:
        container = chain.container(name)
        container.found = later(container.found, moment(entry, event.at.site))
    chain.touched["container"] = chain.version


def later(known: Moment | None, new: Moment) -> Moment:
    return new if known is None or known.occurred_at < new.occurred_at else known


def moment(entry: Entry, site: str) -> Moment:
    event = entry.event
    seen_size = event.seen.size if event.seen else None
    return Moment(entry.position, event.occurred_at, seen_size, entry.recorded_ms, entry.signer, site)


def thaw_started(chain: Chain, entry: Entry, event: ThawStarted) -> None:
    for name in event.containers:
        chain.container(name).thaw_starts.append(moment(entry, event.at.site))
    chain.touched["thaw"] = chain.version


def thaw_completed(chain: Chain, entry: Entry, event: ThawCompleted) -> None:
    for name in event.containers:
        chain.container(name).thaw_ends.append(moment(entry, event.at.site))
    chain.touched["thaw"] = chain.version


def checked(chain: Chain, entry: Entry, event: InfusionChecked) -> None:
    matches = chain.matches(event.patient)
    check = Check(entry.position, entry.signer, event.site, matches, event.label, event.component)
    chain.container(event.container).checks[entry.signer] = check
    chain.touched["check"] = chain.version


def authorised(chain: Chain, entry: Entry, event: InfusionAuthorised) -> None:
    container = chain.container(event.container)
    container.authorisation = Authorisation(entry.position, chain.version, entry.signer, event.site)
    chain.touched["infusion"] = chain.version


def infusion_started(chain: Chain, entry: Entry, event: InfusionStarted) -> None:
    container = chain.container(event.container)
    container.infusion_start = container.infusion_start or moment(entry, event.site)
    chain.touched["infusion"] = chain.version


def infusion_paused(chain: Chain, entry: Entry, event: InfusionPaused) -> None:
    container = chain.container(event.container)
    container.paused = later(container.paused, moment(entry, event.site))
    chain.touched["infusion"] = chain.version


def infusion_resumed(chain: Chain, entry: Entry, event: InfusionResumed) -> None:
    container = chain.container(event.container)
    container.resumed = later(container.resumed, moment(entry, event.site))
    chain.touched["infusion"] = chain.version


def infusion_completed(chain: Chain, entry: Entry, event: InfusionCompleted | InfusionStopped) -> None:
    container = chain.container(event.container)
    if container.infusion_end is None:
        container.infusion_end = moment(entry, event.site)
        container.dose_given_ul = event.dose_given_ul
        container.was_stopped = event.type == "InfusionStopped"
    chain.touched["infusion"] = chain.version


def material_consumed(chain: Chain, entry: Entry, event: MaterialConsumed) -> None:
    in_batch(chain, entry, event.batch, event.containers, event.lots)


def step_completed(chain: Chain, entry: Entry, event: StepCompleted) -> None:
    in_batch(chain, entry, event.batch, event.containers)


def in_batch(
    chain: Chain, entry: Entry, batch: str, containers: Iterable[str], lots: Iterable[str] = ()
) -> None:
    """A container that joins a batch later may bring a recalled lot along, or meet one there."""
    used = (tuple(containers), tuple(dict.fromkeys(lots)))
    chain.consumed.append(Consumption(entry.statement_id, entry.position, batch, *used))
    chain.touched["material"] = chain.version
