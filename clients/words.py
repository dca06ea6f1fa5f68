"""One plain sentence for every event, for people who never read a schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from string import Formatter
from typing import Any

from clients.sentences import (
    CONDITIONS,
    DAMAGES,
    DERIVED,
    FATES,
    METHODS,
    OUTCOMES,
    PURPOSES,
    SENTENCES,
    SIGNATURES,
    SITE_KINDS,
    SUBJECTS,
    WINDOWS,
)

Payload = Mapping[str, Any]


def sentence(payload: Payload, signer: str, stream: str = "") -> str:
    """Say in one sentence what `signer` states in `payload`, without its final full stop.

    `payload` need not be valid: an absent member is silent. An event type without a
    template (from a newer ledger) is named as it stands rather than hidden.
    """
    kind = str(payload.get("type"))
    who = "The ledger" if signer == "ledger" else signer
    if kind not in SENTENCES:
        return f"{who} recorded {payload.get('type')} (this program is too old to explain it)"
    told = {"who": who, "subject": subject(stream)}
    said = "".join([word if name is None else told.get(name) or _spoken(name, payload)
                    for word, name in _parts(kind)])  # fmt: skip
    therapies = len(payload.get("therapies") or ())
    carried = f", as {subject(stream)} of {therapies} patients" if therapies > 1 else ""
    return f"{said}{carried}{esigned(payload.get('esignature'))}"


@cache  # as many as there are event types
def _parts(kind: str) -> tuple[tuple[str, str | None], ...]:
    """The template of an event taken apart, for reports tell many thousands: words, and members' names."""
    found: list[tuple[str, str | None]] = []
    for words, name, _, _ in Formatter().parse(SENTENCES[kind]):
        found += [(words, None)] * bool(words) + [("", name)] * (name is not None)
    return tuple(found)


def _spoken(name: str, payload: Payload) -> str:
    """One member in words; an absent one is silent."""
    if payload.get(name) is None and name != "release":
        return ""
    speak = SPOKEN.get(name)
    return speak(payload) if speak else str(payload[name])


def esigned(said: Mapping[str, Any] | None) -> str:
    """` and signed again with a passkey (approval)`: the end of a sentence; nothing for none."""
    if not said:
        return ""
    method = METHODS.get(str(said.get("method")), str(said.get("method")))
    return f", and {method} ({str(said.get('meaning')).replace('_', ' ')})"


def pattern(name: str) -> str:
    """What an event says, its members by name: `You began to thaw <containers> at <at>`."""
    words = {member: f"<{member}>" for member in SPOKEN} | {"who": "You", "subject": "<stream>"}
    spaced = SENTENCES[name].replace("}{", "} {")
    return spaced.format_map(_Named(words))


@lru_cache(maxsize=1_024)
def subject(stream: str) -> str:
    """`site/st-mary` -> `site st-mary`: what a stream is about; `it` for no stream."""
    kind, _, name = stream.partition("/")
    return SUBJECTS.get(kind, "{}").format(name) if name else "it"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`; more than six are counted instead of listed."""
    if len(words) > 6:
        return f"{words[0]} to {words[-1]} ({len(words)} in all)"
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def bags(containers: Sequence[Any]) -> str:
    """Containers, given as ids, as new containers or as drawn parents: `bags A and B`."""
    names = [item if type(item) is str else _named(item) for item in containers]
    return f"{'bag' if len(names) == 1 else 'bags'} {listed(names)}"


def _named(item: Any) -> str:
    return str(item["container"]) if isinstance(item, Mapping) else str(item)


def party(at: Mapping[str, Any]) -> str:
    return f"{at.get('department')} at {at.get('site')}"


def duration(seconds: int) -> str:
    """`1800` -> `30 minutes`, in the largest unit that divides it."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    raise AssertionError("one second divides every whole number of seconds")


def millilitres(microlitres: int) -> str:
    """`68500` -> `68.5 ml`."""
    return f"{decimal(microlitres)} ml"


def decimal(thousandths: int) -> str:
    """`68500` -> `68.5`."""
    whole, rest = divmod(abs(thousandths), 1000)
    return f"{'-' if thousandths < 0 else ''}{whole}{f'.{rest:03}'.rstrip('0') if rest else ''}"


def clock(timestamp: str) -> str:
    """`2026-03-01T09:30:00.000Z` -> `2026-03-01 09:30`: what a table of people's work needs."""
    return timestamp[:16].replace("T", " ")


def _affected(payload: Payload) -> str:
    if payload.get("type") == "DeviationRaised":
        return (
            f", about {bags(payload['containers'])}" if payload["containers"] else ", about the whole therapy"
        )
    return bags(payload["containers"])


def _gates(payload: Payload) -> str:
    names = [str(name).replace("_", " ") for name in payload["gates"]]
    return f"the {'gate' if len(names) == 1 else 'gates'} {listed(names)}"


def _container(payload: Payload) -> str:
    """A label's container is one of its circumstances; elsewhere the sentence is about it."""
    before = {"LabelIssued": " for bag ", "LabelScannedBack": " from bag "}.get(str(payload.get("type")), "")
    return f"{before}{payload['container']}"


def wrong_modules(wrong: int, modules: int) -> str:
    """What a comparison with the printed picture is worth, and what it is not."""
    return f"{wrong} of {modules} modules differ from what was printed (no ISO/IEC 15415 grade)"


def _method(payload: Payload) -> str:
    destroys = payload.get("type") == "Destroyed"
    return payload["method"].replace("_", " ") if destroys else _read(payload)


def _labels(serials: Sequence[str]) -> str:
    return f"{'label' if len(serials) == 1 else 'labels'} {listed(serials)}"


def _replaced(payload: Payload) -> str:
    old = payload["replaces"]
    return f" in place of {old['serial']} ({old['reason'].replace('_', ' ')})"


def _release(payload: Payload) -> str:
    return "" if payload["release"] else " (CLAIMED: without the giver's statement)"


def _read(payload: Payload) -> str:
    if payload.get("type") == "IdentityTested":
        return str(payload["method"]).upper()
    typed = payload["method"] == "typed"
    if payload.get("type") == "PatientIdentified":
        return "typed" if typed else "scanned"
    return f"typed by hand: {payload.get('typed_reason', 'no reason given')}" if typed else "scanned"


def _measured(payload: Payload) -> str:
    unit = (payload.get("unit") or "").replace("_", " ")
    return f" ({decimal(payload['value_milli'])} {unit}".rstrip() + ")"


def _product(payload: Payload) -> str:
    return f"{payload['product']['product']} (version {payload['product']['version']})"


def _roles(payload: Payload) -> str:
    if not payload["roles"]:
        return "none, they have left"
    return listed([f"{role['role'].replace('_', ' ')} at {role['site']}" for role in payload["roles"]])


def _logger(payload: Payload) -> str:
    if payload.get("type") == "TemperatureEvidenceAttached":
        return str(payload["logger"])
    return f", temperature logger {payload['logger']}"


def _phase(payload: Payload) -> str:
    said = str(payload["phase"])
    return f", {said}" if payload.get("type") == "Packed" else said


def degrees(centi_c: int) -> str:
    """`-15012` -> `-150.12 °C`."""
    return f"{centi_c / 100:.2f} °C"


def _readings(payload: Payload) -> str:
    readings = payload["readings_centi_c"]
    known = [one for one in readings if one is not None]
    missing = f", {len(readings) - len(known)} of them MISSING" if len(known) < len(readings) else ""
    between = f" from {degrees(min(known))} to {degrees(max(known))}" if known else ""
    return f"{len(readings)} {'reading' if len(readings) == 1 else 'readings'}{between}{missing}"


def _from(table: Mapping[str, str], name: str) -> Callable[[Payload], str]:
    """Speak a member by a table; a word that is not in it stands for itself."""
    return lambda payload: table.get(str(payload[name]), str(payload[name]))


def _tests(names: Sequence[str]) -> str:
    return listed([name.replace("_", " ") for name in names])


def _blocking(payload: Payload) -> str:
    return ". It blocks release and infusion until Quality decides" if payload["blocking"] else ""


SPOKEN: dict[str, Callable[[Payload], str]] = {
    "administrators": lambda p: listed([f"{a['agent']} ({a['organisation']})" for a in p["administrators"]]),
    "at": lambda p: party(p["at"]),
    "blocking": _blocking,
    "charged_at": lambda p: f"{clock(p['charged_at'])} UTC",
    "children": lambda p: bags(p["children"]),
    "code": lambda p: p["code"].replace("_", " "),
    "complete_within_s": lambda p: f", all of it within {duration(p['complete_within_s'])} of the same",
    "component": lambda p: f" (component {p['component']})",
    "condition": _from(CONDITIONS, "condition"),
    "container": _container,
    "containers": _affected,
    "corrects": lambda p: p["corrects"][:12],
    "credential": lambda p: p["credential"][:12],
    "countries": lambda p: listed(p["countries"]),
    "damage": _from(DAMAGES, "damage"),
    "deviation": lambda p: p["deviation"][:12],
    "dose_given_ul": lambda p: millilitres(p["dose_given_ul"]),
    "ended_at": lambda p: f", ended {clock(p['ended_at'])} UTC",
    "equipment": lambda p: f", with {listed(p['equipment'])}",
    "expires_at": lambda p: f" until {clock(p['expires_at'])} UTC",
    "gates": _gates,
    "giver": lambda p: party(p["giver"]),
    "hold_time_s": lambda p: f", to keep cold for {duration(p['hold_time_s'])} from its charge",
    "how": _from(DERIVED, "how"),
    "infuse_within_s": lambda p: f", each infusion taking {duration(p['infuse_within_s'])} at most",
    "kid": lambda p: p["kid"][:12],
    "device_signature": _from(SIGNATURES, "device_signature"),
    "logger": _logger,
    "lots": lambda p: f"{'lot' if len(p['lots']) == 1 else 'lots'} {listed(p['lots'])}",
    "material": lambda p: p["material"].replace("_", " "),
    "of": lambda p: bags([p["of"]]),
    "fate": _from(FATES, "fate"),
    "label": lambda p: f" with label {p['label']}",
    "labels": lambda p: f", reading {_labels(p['labels'])}",
    "method": _method,
    "outcome": _from(OUTCOMES, "outcome"),
    "override": lambda p: p["override"][:12],
    "outstanding": lambda p: _tests(p["outstanding"]),
    "parents": lambda p: bags(p["parents"]),
    "phase": _phase,
    "photos": lambda p: f", with {len(p['photos'])} photo{'' if len(p['photos']) == 1 else 's'}",
    "place": lambda p: f", {p['place']}",
    "product": _product,
    "quarantine": lambda p: p["quarantine"][:12],
    "protocols": lambda p: listed(p["protocols"]),
    "purpose": _from(PURPOSES, "purpose"),
    "qualification": lambda p: p["qualification"].replace("_", " "),
    "readings_centi_c": _readings,
    "reason": lambda p: p["reason"].replace("_", " "),
    "receiver": lambda p: party(p["receiver"]),
    "regimen": lambda p: p["regimen"].replace("_", " "),
    "release": _release,
    "request": lambda p: p["request"][:12],
    "replaces": _replaced,
    "roles": _roles,
    "sample": lambda p: bags([p["sample"]]).replace("bag", "sample", 1),
    "seal": lambda p: f", seal {p['seal']}",
    "serials": lambda p: _labels(p["serials"]),
    "since": lambda p: f", recorded from {clock(p['since'])} UTC",
    "site_kind": _from(SITE_KINDS, "site_kind"),
    "sites": lambda p: p["sites"]["treatment"],
    "started_at": lambda p: f", from {clock(p['started_at'])} UTC",
    "step": lambda p: p["step"].replace("_", " "),
    "thaw_in_order": lambda p: ", no bag thawed before the one ahead of it is given" * p["thaw_in_order"],
    "valid_until": lambda p: f", until {clock(p['valid_until'])} UTC",
    "template": lambda p: p["template"].replace("_", " "),
    "test": lambda p: p["test"].replace("_", " "),
    "tests": lambda p: _tests(p["tests"]),
    "value_milli": _measured,
    "until": lambda p: f" until {clock(p['until'])} UTC",
    "which": lambda p: f" {p['which']}",
    "wrong_modules": lambda p: f", {wrong_modules(p['wrong_modules'], p['modules'])}",
    "window_s": lambda p: duration(p["window_s"]),
    "window_starts": _from(WINDOWS, "window_starts"),
}


class _Named(dict[str, str]):
    """Members without a speaker of their own stand by their names too."""

    def __missing__(self, name: str) -> str:
        return f"<{name}>"
