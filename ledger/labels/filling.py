"""From what the ledger knows to what a label says. What it does not know stays open on the label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.domain.window import product_of
from ledger.labels.content import Content
from ledger.labels.message import message

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.container import Container
    from ledger.domain.parts import TemperatureProfile
    from ledger.domain.world import World


MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One label. `link` as `make_link` gives it; `biohazard` is for who prints to say: no entry does."""

    link: str
    serial: str
    container: str | None
    biohazard: bool = False
    contact: str | None = None
    credential: str | None = None


def fill(wanted: Wanted, chain: Chain, world: World, datamatrix: str) -> Content:
    """What the label says, by the entries before now.

    `datamatrix`: a format of `message.py`. Raises `Malformed` as `Content`.
    """
    name = chain.coi.partition(":")[2]
    plain = {"link": wanted.link, "serial": wanted.serial, "coi": name, "container": wanted.container,
             "contact": wanted.contact, "credential": wanted.credential}  # fmt: skip
    product = product_of(chain, world)
    plain["product_name"] = product.rules.name if product else None
    known = chain.containers.get(wanted.container) if wanted.container else None
    marks = {"biohazard": wanted.biohazard, "quarantine": _is_held(wanted.container, chain)}
    if known is None:
        return Content(**plain, **marks)  # type: ignore[arg-type]
    profiles = (product.rules.temperature or []) if product else []
    of_container = {
        "datamatrix": message(datamatrix, known, chain.coi, wanted.serial),
        "storage": storage(profiles, chain.is_finished(known.id)),
    } | _of_container(known)
    return Content(**plain, **of_container, **marks)  # type: ignore[arg-type]


def _is_held(container: str | None, chain: Chain) -> bool:
    """In quarantine itself, come to be or not, or with a bag in it that is: a cassette is opened last."""
    names = [container, *(one.id for one in chain.containers.values() if one.inside == container)]
    return container is not None and any(any(chain.quarantined(name)) for name in names if name)


def _of_container(known: Container) -> dict[str, str | None]:
    return {
        "din": known.din,
        "product_code": known.product_code,
        "division": known.division,
        "bag": str(known.bag) if known.bag else None,
        "bags": str(known.of) if known.of else None,
        "dose": known.component.replace("_", " ").upper() if known.component else None,
        "volume": millilitres(known.volume_ul) if known.volume_ul else None,  # a cassette has none
        "expiry": f"{known.expires_at[:16].replace('T', ' ')} UTC" if known.expires_at else None,
        "site": known.custody.origin.site if known.custody.origin else None,
    }


def millilitres(microlitres: int) -> str:
    """`68500` -> `68.5 mL`."""
    whole, rest = divmod(microlitres, 1000)
    return f"{whole}{f'.{rest:03}'.rstrip('0') if rest else ''} mL"


def storage(profiles: list[TemperatureProfile], finished: bool) -> str | None:
    """The product's band: of finished doses while they are frozen, of what was collected while fresh.

    None where the product has no band for that.
    """
    wanted = "frozen" if finished else "fresh"
    band = next((one for one in profiles if one.phase == wanted), None)
    if band is None:
        return None
    low, high = _degrees(band.low_centi_c), _degrees(band.high_centi_c)
    if low is None:
        return f"≤ {high} °C"
    return f"≥ {low} °C" if high is None else f"{low} to {high} °C"


def _degrees(centi_c: int | None) -> str | None:
    if centi_c is None:
        return None
    return f"{centi_c / 100:g}".replace("-", MINUS)
