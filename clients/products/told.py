"""A product version's rules in plain words: what people read before they sign it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clients.sentences import WINDOWS
from clients.words import decimal, duration, listed

Members = Mapping[str, Any]


def rules(product: Members) -> list[str]:
    """One sentence for each rule, in the order in which a dose meets them."""
    return [
        f"{product['name']}, version {product['version']}.",
        f"It may be given in {listed(product['countries'])}, and made at {listed(product['sites'])}.",
        *map(_profile, product.get("temperature") or ()),
        *(line for one in product.get("specifications") or () for line in _specification(one)),
        *_checks(product),
        f"A hand-over is answered within {duration(product['claim_limit_s'])}.",
        *_bedside(product),
    ]


def _profile(one: Members) -> str:
    low, high = one.get("low_centi_c"), one.get("high_centi_c")
    edges = [] if low is None else [f"not below {_degrees(low)}"]
    edges += [] if high is None else [f"not above {_degrees(high)}"]
    needed = "; every leg with a carrier needs evidence" if one.get("required") else ""
    gap = f"readings at most {duration(one['largest_gap_s'])} apart"
    out = one.get("out_of_storage_s")
    away = "" if out is None else f"; out of storage for {duration(out)} in all before it is thawed"
    return f"While {one['phase']}: {' and '.join(edges)}; {_outside(one)}; {gap}{away}{needed}."


def _outside(one: Members) -> str:
    times = one.get("excursions")
    if 0 in (one["longest_excursion_s"], one["cumulative_excursion_s"], times):
        return "never outside"
    longest, together = duration(one["longest_excursion_s"]), duration(one["cumulative_excursion_s"])
    count = "" if times is None else f", at most {times} times"
    return f"outside for {longest} at a time and {together} in all{count}"


def _specification(one: Members) -> Iterator[str]:
    yield f"To be released for {one['country']}:"
    for test in one["tests"]:
        needed = "" if test["required"] else " (need not be done)"
        late = "; its result may come after the release" if test["may_be_pending"] else ""
        yield f"  {_plain(test['test'])}: {_limits(test)}{needed}{late}."


def _limits(test: Members) -> str:
    low, high = test.get("min_milli"), test.get("max_milli")
    ends = [] if low is None else [f"at least {decimal(low)}"]
    ends += [] if high is None else [f"at most {decimal(high)}"]
    unit = f" {_plain(test['unit'])}" if test.get("unit") else ""
    return f"{' and '.join(ends)}{unit}" if ends else f"as the laboratory judges it{unit and f', in{unit}'}"


def _checks(product: Members) -> Iterator[str]:
    checks = product.get("required_checks") or ()
    if "identity_test" in checks:
        yield "Before it is released and given, an identity test shows that the cells are the patient's."
    if "site_confirmation" in checks:
        yield "Before it is released, the manufacturing site confirms the batch."
    if "passkey" in checks:
        yield "Who decides about it signs again, with a passkey."
    elif "esignature" in checks:
        yield "Who decides about it signs again, with a passkey or the key's passphrase."


def _bedside(product: Members) -> Iterator[str]:
    opens = WINDOWS[product["window_starts"]]
    yield f"The infusion starts within {duration(product['window_s'])} {opens}."
    if (complete := product.get("complete_within_s")) is not None:
        yield f"It has ended within {duration(complete)} {opens}."
    if (infuse := product.get("infuse_within_s")) is not None:
        yield f"It takes {duration(infuse)} at most."
    if product.get("thaw_in_order"):
        yield "No bag of a set is thawed before the one ahead of it was given."
    if product.get("components"):
        yield f"The components of a dose are given in this order: {', '.join(product['components'])}."


def _degrees(centi_c: int) -> str:
    return f"{decimal(centi_c * 10)} °C"


def _plain(code: str) -> str:
    return code.replace("_", " ")
