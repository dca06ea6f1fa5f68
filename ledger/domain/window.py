"""The thaw window: how long a dose may be given, when nobody's clock is proof.

It opens at the start or the end of thawing, or when the dose is taken out of frozen storage
(the product says which), and runs for `window_s`. When that was, the log knows in two ways.
A fact that was recorded within `PROMPT_MS` of its `occurred_at` is taken at its word: no
device clock is trusted further than that anyway. One that came later was made offline, and
is judged by the worst case within its bounds: it may have happened as early as the
checkpoint that its device had seen (the signature lies after that), or as early as it says,
if that is earlier. A device that had seen nothing has no bound, and its window counts as run
out. The other end of the window is judged by the ledger's time for a decision, and for an
infusion that was recorded late by the latest moment at which it can have started. Where it
was recorded more than once, the earliest counts. A dose that is put back into its storage
before its thaw has a new window when it is taken out again; after the thaw nothing reopens it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ledger.domain.times import milliseconds

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Container, Moment
    from ledger.domain.registry import ProductVersion
    from ledger.domain.world import World

PROMPT_MS = 5 * 60_000  # how far a device's clock may differ from the ledger's


def product_of(chain: Chain, world: World) -> ProductVersion | None:
    """The product version that the order names."""
    if chain.order is None:
        return None
    product = world.product(chain.order.product.product)
    return product.versions.get(chain.order.product.version) if product else None


def opening(container: Container, product: ProductVersion) -> list[Moment]:
    """The recorded moments at which the product's window opens for this container."""
    if product.rules.window_starts == "retrieved":
        return _taken_out_for_good(container)
    starts = product.rules.window_starts == "thaw_started"
    return container.thaw_starts if starts else container.thaw_ends


def _taken_out_for_good(container: Container) -> list[Moment]:
    """Each time that it left its storage and was not put back before it was thawed."""
    thawed = min((one.occurred_at for one in container.thaw_starts), default=None)
    put_in = (one.occurred_at for one in container.put_in)
    back = max((moment for moment in put_in if thawed is None or moment < thawed), default="")
    return [one for one in container.taken_out if one.occurred_at >= back]


class Window(NamedTuple):
    """Of one container, in the worst case. `opens_ms` None: the time of the thaw has no bound, and
    the window counts as run out. `ends_ms`: when the infusion must have ended, where the product
    says so."""

    starts_with: str
    opens_ms: int | None
    closes_ms: int | None
    ends_ms: int | None

    def is_open(self, now_ms: int) -> bool:
        return self.closes_ms is not None and now_ms <= self.closes_ms


def window_of(container: Container, product: ProductVersion, world: World) -> Window | None:
    """None where nothing has opened it."""
    moments = opening(container, product)
    if not moments:
        return None
    rules, opened = product.rules, opens(moments, world)
    ends = opened + rules.complete_within_s * 1000 if opened is not None and rules.complete_within_s else None
    return Window(rules.window_starts, opened, window_closes(moments, product, world), ends)


def window_closes(moments: Sequence[Moment], product: ProductVersion, world: World) -> int | None:
    """When the window has closed in the worst case (ms). None: there is no bound."""
    opened = opens(moments, world)
    return None if opened is None else opened + product.rules.window_s * 1000


def opens(moments: Sequence[Moment], world: World) -> int | None:
    """When the window has opened in the worst case (ms). None: there is no bound."""
    bounds = [earliest_ms(moment, world) for moment in moments]
    known = [bound for bound in bounds if bound is not None]
    if len(known) < len(bounds) or not known:
        return None
    return min(known)


def earliest_ms(moment: Moment, world: World) -> int | None:
    """The earliest that it can have happened (ms): see the window's rule above."""
    occurred = milliseconds(moment.occurred_at)
    if abs(moment.recorded_ms - occurred) <= PROMPT_MS:
        return min(occurred, moment.recorded_ms)
    seen = world.checkpoint(moment.seen_size) if moment.seen_size is not None else None
    return min(occurred, seen[1]) if seen else None


def latest_ms(occurred_at: str, recorded_ms: int) -> int:
    """The latest that it can have happened (ms)."""
    occurred = milliseconds(occurred_at)
    return occurred if 0 <= recorded_ms - occurred <= PROMPT_MS else recorded_ms
