"""What the rules look at: one entry, and the world before it.

An entry is a recorded (or about to be recorded) statement, its event already read. It
carries *tags*: everything that it concerns (ADR-0001). The aggregate of a tag is the fold
of all entries with that tag in position order; its version counts them. A `World` hands
out aggregates. The rules never change it.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from ledger.domain.carrier import Carrier
from ledger.domain.chain import Chain
from ledger.domain.entry import Entry as Entry
from ledger.domain.equipment import Equipment
from ledger.domain.lots import Lot
from ledger.domain.passkeys import Passkey
from ledger.domain.registry import LEDGER as LEDGER
from ledger.domain.registry import Agent, Key, LogState, Product, Site
from ledger.domain.times import milliseconds as milliseconds
from ledger.domain.times import timestamp as timestamp

Aggregate = Chain | LogState | Site | Agent | Product | Key | Carrier | Lot | Equipment | Passkey


class Sequence(NamedTuple):
    """The number and id of a key's last recorded statement; both None before the first."""

    seq: int | None
    statement_id: str | None


class Recorded(NamedTuple):
    """What is known of a recorded statement of a therapy without reading it again."""

    stream: str
    signer: str
    containers: tuple[str, ...]


class World(Protocol):
    """All that a decision may read, as of just before the entry that is judged.

    Reads only; every answer comes from entries before. `None` means: not in the log.
    """

    origin: str

    def log(self) -> LogState: ...
    def chain(self, coi: str) -> Chain: ...  # an empty one where nothing was recorded yet
    def site(self, site: str) -> Site | None: ...
    def agent(self, agent: str) -> Agent | None: ...
    def product(self, product: str) -> Product | None: ...
    def carrier(self, stream: str) -> Carrier | None: ...  # of shipment/<id> or tank/<id>
    def key(self, kid: str) -> Key | None: ...
    def passkey(self, credential: str) -> Passkey | None: ...
    def lot(self, lot: str) -> Lot | None: ...
    def equipment(self, equipment: str) -> Equipment | None: ...
    def signer(self, kid: str) -> Sequence: ...
    def checkpoint(self, size: int) -> tuple[str, int] | None: ...  # root (hex), time (ms)
    def chain_of_container(self, container: str) -> str | None: ...  # where it first came to be
    def statement(self, coi: str, statement_id: str) -> Recorded | None: ...  # an entry of this therapy


def chain_tag(coi: str) -> str:
    return f"chain/{coi}"


def review_tag(coi: str) -> str:
    """Facts about a therapy by signers who have nothing to do with it."""
    return f"review/{coi}"


def site_tag(site: str) -> str:
    return f"site/{site}"


def agent_tag(agent: str) -> str:
    return f"agent/{agent}"


def product_tag(product: str) -> str:
    return f"product/{product}"


def lot_tag(lot: str) -> str:
    return f"lot/{lot}"


def equipment_tag(equipment: str) -> str:
    return f"equipment/{equipment}"


def log_tag(origin: str) -> str:
    return f"log/{origin}"


def key_tag(kid: str) -> str:
    """What became of a key: enrolled, retired, revoked."""
    return f"key/{kid}"


def passkey_tag(credential: str) -> str:
    return f"passkey/{credential}"


def signer_tag(kid: str) -> str:
    """What was signed with a key."""
    return f"signer/{kid}"


def container_tag(container: str) -> str:
    return f"container/{container}"


def label_tag(check: str) -> str:
    """The entries that issue a label with this commitment to its check."""
    return f"label/{check}"


AGGREGATES: dict[str, type[Aggregate]] = {
    "chain": Chain,
    "log": LogState,
    "site": Site,
    "agent": Agent,
    "product": Product,
    "key": Key,
    "passkey": Passkey,
    "shipment": Carrier,
    "tank": Carrier,
    "lot": Lot,
    "equipment": Equipment,
}


def new_aggregate(tag: str) -> Aggregate:
    """The aggregate of a tag before its first entry.

    Tags that only index (`review/`, `signer/`, `container/`, `label/`) have none: KeyError.
    """
    prefix, _, name = tag.partition("/")
    return AGGREGATES[prefix](name)
