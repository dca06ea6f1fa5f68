"""Is the patient ready, and did they agree? What a chain knows of it, and how events change it.

As everything in `evolve.py`: fast, total, and judging nothing.

Consent is settled by what the signers say: the later of the two kinds counts, and of two at
the same moment the withdrawal. What is said to lie after its own recording counts as of
that moment, so that no wrong clock outlasts a withdrawal. A withdrawal that stands takes
with it what was authorised before: whoever agrees again needs a new authorisation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ledger.domain.container import Authorisation, Moment
from ledger.domain.happened import later, moment
from ledger.domain.overrides import Override
from ledger.domain.times import milliseconds, timestamp

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.readiness_events import (
        AvailabilityConfirmed,
        ConsentRecorded,
        ConsentWithdrawn,
        EmergencyOverride,
        LymphodepletionAuthorised,
        LymphodepletionStarted,
        OverrideConfirmed,
        PatientFitnessConfirmed,
    )
    from ledger.domain.world import Entry

LAST_MS = 999  # the ledger's time is a batch's whole second, which the batch may have ended in


class Fitness(NamedTuple):
    """What a physician found: fit before `valid_until`, or unfit."""

    position: int
    signer: str
    site: str
    is_fit: bool
    valid_until: str


class Availability(NamedTuple):
    """Somebody at the treatment site confirmed that these doses are there and may be used."""

    position: int
    signer: str
    site: str
    containers: tuple[str, ...]


@dataclass(slots=True)
class Readiness:
    """`form` is the consent's version; `regimen` that of the lymphodepletion that was started."""

    consent: Moment | None = None  # the latest of either kind, by what the signers say
    withdrawal: Moment | None = None
    form: str = ""
    fitness: Fitness | None = None
    availability: Availability | None = None
    authorisation: Authorisation | None = None  # of the lymphodepletion
    started: Moment | None = None
    regimen: str = ""
    overrides: dict[str, Override] = field(default_factory=dict)  # by statement id

    @property
    def is_withdrawn(self) -> bool:
        said, unsaid = self.withdrawal, self.consent
        return said is not None and (unsaid is None or unsaid.occurred_at <= said.occurred_at)

    @property
    def has_consent(self) -> bool:
        return self.consent is not None and not self.is_withdrawn


def consent_recorded(chain: Chain, entry: Entry, event: ConsentRecorded) -> None:
    readiness, told = chain.readiness, _bounded(entry, event.site)
    if later(readiness.consent, told) is told:
        readiness.consent, readiness.form = told, event.form
    chain.touched["consent"] = chain.version


def consent_withdrawn(chain: Chain, entry: Entry, event: ConsentWithdrawn) -> None:
    readiness = chain.readiness
    readiness.withdrawal = later(readiness.withdrawal, _bounded(entry, event.site))
    if readiness.is_withdrawn:
        readiness.authorisation = None
        for container in chain.containers.values():
            container.authorisation = None
    chain.touched["consent"] = chain.version


def _bounded(entry: Entry, site: str) -> Moment:
    told, recorded_ms = moment(entry, site), entry.recorded_ms + LAST_MS
    if milliseconds(told.occurred_at) <= recorded_ms:
        return told
    return told._replace(occurred_at=timestamp(recorded_ms))


def fitness_confirmed(chain: Chain, entry: Entry, event: PatientFitnessConfirmed) -> None:
    is_fit = event.outcome == "fit"
    chain.readiness.fitness = Fitness(entry.position, entry.signer, event.site, is_fit, event.valid_until)
    chain.touched["fitness"] = chain.version


def availability_confirmed(chain: Chain, entry: Entry, event: AvailabilityConfirmed) -> None:
    containers = tuple(dict.fromkeys(event.containers))
    chain.readiness.availability = Availability(entry.position, entry.signer, event.site, containers)
    chain.touched["availability"] = chain.version


def lymphodepletion_authorised(chain: Chain, entry: Entry, event: LymphodepletionAuthorised) -> None:
    authorisation = Authorisation(entry.position, chain.version, entry.signer, event.site)
    chain.readiness.authorisation = authorisation


def lymphodepletion_started(chain: Chain, entry: Entry, event: LymphodepletionStarted) -> None:
    if chain.readiness.started is None:
        chain.readiness.started = moment(entry, event.site)
        chain.readiness.regimen = event.regimen


def override_made(chain: Chain, entry: Entry, event: EmergencyOverride) -> None:
    chain.readiness.overrides[entry.statement_id] = Override(
        entry.statement_id,
        entry.position,
        chain.version,
        entry.signer,
        event.site,
        event.container,
        tuple(event.gates),
        event.reason,
    )
    chain.touched["override"] = chain.version


def override_confirmed(chain: Chain, entry: Entry, event: OverrideConfirmed) -> None:
    override = chain.readiness.overrides.get(event.override)
    if override and override.confirmed is None:
        confirmed = override._replace(confirmed=entry.position, confirmed_by=entry.signer)
        chain.readiness.overrides[override.id] = confirmed
        chain.touched["override"] = chain.version
