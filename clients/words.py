"""One plain sentence for every event, for people who never read a schema.

`SENTENCES` holds one template per event type. A placeholder is the name of one of the
event's members, spoken by the function that `SPOKEN` gives for it; `{who}` is the signer and
`{subject}` the thing whose stream it stands in. A member that is absent is silent, so
an optional one brings its own comma or bracket along.

To add an event: write its sentence here. A test walks the whole vocabulary and fails for
any type without one, and for a placeholder that is no member.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Payload = Mapping[str, Any]

SENTENCES: dict[str, str] = {
    "LogOpened": "{who} opened the log {origin}; its administrators are {administrators}",
    "RuleSetAdopted": "{who} put version {rule_set} of the rules into force",
    "SiteOnboarded": "{who} took on {subject} of {organisation}: {site_kind} in {country}",
    "SiteSuspended": "{who} suspended {subject} ({reason})",
    "SiteResumed": "{who} let {subject} work again ({reason})",
    "SiteClosed": "{who} closed {subject} for good ({reason})",
    "AgentEnrolled": "{who} enrolled {subject} of {organisation} as {roles}, with a first key",
    "EnrolmentApproved": "{who} approved the enrolment of {subject} as second signer",
    "AgentRolesChanged": "{who} gave {subject} these roles in place of all they had: {roles} ({reason})",
    "QualificationGranted": "{who} confirmed that {subject} is qualified for {qualification}{expires_at}",
    "QualificationWithdrawn": "{who} withdrew the qualification of {subject} for {qualification} ({reason})",
    "KeyAdded": "{who} added a new signing key for {subject}",
    "KeyRetired": "{who} retired the signing key {kid} of {subject} ({reason})",
    "KeyRevoked": "{who} revoked the signing key {kid} of {subject} ({reason})",
    "ProductVersionDefined": "{who} set version {version} of {subject}, {name}: to be given within"
    " {window_s} {window_starts}, in {countries}",
    "LotReceived": "{who} received {subject} at {site} of {organisation}: {material},"
    " the supplier's lot {supplier_lot}{expires_at}",
    "LotReleased": "{who} released {subject} for use",
    "LotRecalled": "{who} RECALLED {subject} ({reason})",
    "EquipmentRegistered": "{who} registered {subject} at {site} of {organisation}: {equipment_kind},"
    " model {model}, serial number {serial}",
    "EquipmentQualified": "{who} confirmed that {subject} is qualified{until}",
    "EquipmentCalibrated": "{who} confirmed that {subject} is calibrated{until}",
    "EquipmentRetired": "{who} retired {subject} for good ({reason})",
    "TherapyOrdered": "{who} ordered {product} for {subject} under protocol {protocol},"
    " to be given at {sites}",
    "ConsentRecorded": "{who} recorded at {site} that {subject} consents (form {form})",
    "ConsentWithdrawn": "{who} recorded at {site} that {subject} WITHDREW their consent ({reason})",
    "ChainLinked": "{who} took {containers} of the provisional chain {provisional} into the therapy"
    " of {subject}",
    "PatientIdentified": "{who} {method} the patient's wristband at {site}: {outcome}",
    "CollectionCompleted": "{who} finished the collection at {at}: {containers}{ended_at}",
    "LabelIssued": "{who} printed {serials} at {at}{container}{replaces}",
    "LabelApplied": "{who} put label {serial} on bag {container} at {at}",
    "LabelScannedBack": "{who} read label {serial} back from bag {container} at {at}: {outcome}",
    "LabelVoided": "{who} declared label {serial} VOID at {at} ({reason})",
    "LabelDestroyed": "{who} made away with {serials} at {at}: {fate}",
    "CustodyReleased": "{who} handed {containers} over from {giver} to {receiver}, {condition}{seal}",
    "CustodyAccepted": "{who} took {containers} over from {giver} for {receiver}, {condition}{seal}{release}"
    "{labels}",
    "CustodyRefused": "{who} REFUSED to take {containers} over from {giver} for {receiver} ({reason})",
    "ReceiptInspected": "{who} inspected {containers} in shipper {shipper} at {at}{seal}, {condition}:"
    " {received} of {expected} arrived, {outcome}",
    "Packed": "{who} packed {containers} into shipper {shipper} at {at}{seal}{logger}",
    "Unpacked": "{who} took {containers} out of shipper {shipper} at {at}{seal}",
    "SealChecked": "{who} checked the seal of shipper {shipper} with {containers} at {at}{seal}: {outcome}",
    "ShipperSwapped": "{who} moved {containers} from shipper {old_shipper} into shipper {shipper} at {at}"
    "{seal}{logger} ({reason})",
    "Stored": "{who} stored {containers} in {location}{place} at {at}",
    "Retrieved": "{who} took {containers} out of {location} at {at}",
    "TemperatureEvidenceAttached": "{who} attached {readings_centi_c} of logger {logger} for"
    " {containers} at {at}, {phase}{started_at}{device_signature}",
    "ManufacturingStarted": "{who} started manufacturing batch {batch} from {containers}"
    " on {platform} at {at}",
    "StepCompleted": "{who} completed step {step} of batch {batch} with {containers} at {at}",
    "MaterialConsumed": "{who} used {lots} for {containers} in batch {batch} at {at}{equipment}",
    "ManufacturingFailed": "{who} reported that batch {batch} FAILED at {at} ({reason}): {containers}",
    "ManufacturingRestarted": "{who} started again after batch {failed_batch}: batch {batch} from"
    " {containers} on {platform} at {at}",
    "ContainersDerived": "{who} {how} {parents} into {children} at {at}",
    "SampleTaken": "{who} took a sample of {of} at {at}: {sample}, {purpose}",
    "ResultReported": "{who} reported {test} of {containers} at {at}, from {sample}: {outcome}{value_milli}",
    "IdentityTested": "{who} compared the cells of {containers} with the patient's by {method} at {at}:"
    " {outcome}",
    "DeviationRaised": "{who} raised a deviation, {severity}: {code}{containers}{blocking}",
    "DeviationDispositioned": "{who} closed the deviation {deviation}: {disposition} ({reason})",
    "Quarantined": "{who} put {containers} into quarantine ({reason})",
    "QuarantineLifted": "{who} lifted the quarantine {quarantine} ({reason})",
    "ContainerDamaged": "{who} found {containers} DAMAGED at {at}: {damage}",
    "ContainerLost": "{who} reported {containers} LOST at {at}",
    "ContainerFound": "{who} found {containers} again at {at}, {condition}",
    "Returned": "{who} took {containers} back unused at {at} ({reason})",
    "Destroyed": "{who} DESTROYED {containers} at {at} by {method} ({reason})",
    "DestructionWitnessed": "{who} saw {containers} destroyed at {at}",
    "Released": "{who} released {containers} for patients in {countries} under protocol {protocols}",
    "PatientFitnessConfirmed": "{who} found the patient {outcome} at {site}{valid_until}",
    "AvailabilityConfirmed": "{who} confirmed that {containers} may be used at {site}",
    "LymphodepletionAuthorised": "{who} gave permission to start lymphodepletion at {site}",
    "LymphodepletionStarted": "{who} started lymphodepletion at {site}, regimen {regimen}",
    "EmergencyOverride": "{who} OVERRIDES {gates} for bag {container} at {site} ({reason});"
    " it counts once a second person confirms it",
    "OverrideConfirmed": "{who} confirmed the emergency override {override} as second person",
    "BatchConfirmed": "{who} confirmed for {site} that {containers} were made there as they should be",
    "ReleasedPendingResults": "{who} released {containers} WITHOUT WAITING for {outstanding}, for patients in"
    " {countries} under protocol {protocols}",
    "OutOfSpecificationRequested": "{who} asked for {containers} although OUT OF SPECIFICATION in {tests}"
    " ({reason})",
    "ReleasedOutOfSpecification": "{who} released {containers} although OUT OF SPECIFICATION in {tests}, as"
    " the physician asked in {request}, for patients in {countries} under protocol {protocols}",
    "Rejected": "{who} REJECTED {containers} ({reason})",
    "ThawStarted": "{who} began to thaw {containers} at {at}{labels}",
    "ThawCompleted": "{who} finished thawing {containers} at {at}",
    "InfusionChecked": "{who} checked bag {container}{component}{label} against the patient's wristband"
    " at {site} ({method})",
    "InfusionAuthorised": "{who} gave permission to infuse bag {container} at {site}",
    "InfusionStarted": "{who} started the infusion of bag {container} at {site}",
    "InfusionPaused": "{who} paused the infusion of bag {container} at {site} ({reason})",
    "InfusionResumed": "{who} went on with the infusion of bag {container} at {site}",
    "InfusionStopped": "{who} STOPPED the infusion of bag {container} at {site}: {dose_given_ul} given"
    " ({reason})",
    "InfusionCompleted": "{who} finished the infusion of bag {container} at {site}: {dose_given_ul} given",
    "TherapyClosed": "{who} closed the therapy of {subject} ({reason})",
    "Corrected": "{who} corrected {member} of the statement {corrects}: {right}, not {was} ({reason})",
    "LateStatementAttested": "{who} put on record, without authority of its own, what a revoked key"
    " had signed before ({reason})",
}

SITE_KINDS = {
    "care": "a treatment site",
    "manufacturing": "a manufacturing site",
    "franchise": "a franchised manufacturing site",
    "headquarters": "a headquarters",
    "testing": "a testing laboratory",
    "contract": "a contract manufacturer",
    "courier": "a courier",
    "training": "a training site",
}
CONDITIONS = {
    "intact": "in good condition",
    "damaged": "DAMAGED",
    "thawed": "THAWED",
    "unknown": "condition unknown",
}
DAMAGES = {
    "leak": "it leaks",
    "breakage": "it is broken",
    "label": "its label cannot be relied on",
    "other": "see the deviation",
}
DERIVED = {
    "split": "split",
    "pool": "pooled",
    "transform": "made",
    "fill": "filled",
}
OUTCOMES = {
    "match": "it matches",
    "mismatch": "IT DOES NOT MATCH",
    "intact": "it is intact",
    "broken": "IT IS BROKEN",
    "missing": "IT IS MISSING",
    "fit": "fit to go on",
    "unfit": "UNFIT",
    "pass": "it passes",
    "fail": "IT FAILS",
    "invalid": "the test is void",
    "inconclusive": "IT CANNOT BE SAID",
    "readable": "it reads well",
    "unreadable": "IT CANNOT BE READ",
    "wrong_content": "IT DOES NOT SAY WHAT IT SHOULD",
    "quarantine": "put into QUARANTINE",
}
SIGNATURES = {
    "valid": "",
    "absent": ", not signed by the logger",
    "failed": "; THE LOGGER'S SIGNATURE DOES NOT FIT",
}
PURPOSES = {
    "release": "for release testing",
    "identity": "for an identity test",
    "retained": "to be kept",
    "stability": "for stability testing",
}
FATES = {"destroyed": "destroyed", "returned_unused": "given back unused"}
WINDOWS = {"thaw_started": "of the start of thawing", "thaw_completed": "of the end of thawing"}
SUBJECTS = {
    "agent": "{}",
    "chain": "the patient of {}",
    "equipment": "equipment {}",
    "log": "the log {}",
    "lot": "lot {}",
    "product": "product {}",
    "shipment": "shipment {}",
    "site": "site {}",
    "tank": "tank {}",
}


def sentence(payload: Payload, signer: str, stream: str = "") -> str:
    """Say in one sentence what `signer` states in `payload`, without its final full stop.

    `payload` need not be valid: an absent member is silent. An event type without a
    template (from a newer ledger) is named as it stands rather than hidden.
    """
    template = SENTENCES.get(str(payload.get("type")))
    who = "The ledger" if signer == "ledger" else signer
    if template is None:
        return f"{who} recorded {payload.get('type')} (this program is too old to explain it)"
    said = template.format_map(_Spoken(payload, who, subject(stream)))
    therapies = len(payload.get("therapies") or ())
    return f"{said}, as {subject(stream)} of {therapies} patients" if therapies > 1 else said


def pattern(name: str) -> str:
    """What an event says, its members by name: `You began to thaw <containers> at <at>`."""
    words = {member: f"<{member}>" for member in SPOKEN} | {"who": "You", "subject": "<stream>"}
    spaced = SENTENCES[name].replace("}{", "} {")
    return spaced.format_map(_Named(words))


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
    names = [str(item["container"]) if isinstance(item, Mapping) else str(item) for item in containers]
    return f"{'bag' if len(names) == 1 else 'bags'} {listed(names)}"


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
    return (
        f" for bag {payload['container']}" if payload.get("type") == "LabelIssued" else payload["container"]
    )


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
    "children": lambda p: bags(p["children"]),
    "code": lambda p: p["code"].replace("_", " "),
    "component": lambda p: f" (component {p['component']})",
    "condition": _from(CONDITIONS, "condition"),
    "container": _container,
    "containers": _affected,
    "corrects": lambda p: p["corrects"][:12],
    "countries": lambda p: listed(p["countries"]),
    "damage": _from(DAMAGES, "damage"),
    "deviation": lambda p: p["deviation"][:12],
    "dose_given_ul": lambda p: millilitres(p["dose_given_ul"]),
    "ended_at": lambda p: f", ended {clock(p['ended_at'])} UTC",
    "equipment": lambda p: f", with {listed(p['equipment'])}",
    "expires_at": lambda p: f" until {clock(p['expires_at'])} UTC",
    "gates": _gates,
    "giver": lambda p: party(p["giver"]),
    "how": _from(DERIVED, "how"),
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
    "site_kind": _from(SITE_KINDS, "site_kind"),
    "sites": lambda p: p["sites"]["treatment"],
    "started_at": lambda p: f", from {clock(p['started_at'])} UTC",
    "step": lambda p: p["step"].replace("_", " "),
    "valid_until": lambda p: f", until {clock(p['valid_until'])} UTC",
    "test": lambda p: p["test"].replace("_", " "),
    "tests": lambda p: _tests(p["tests"]),
    "value_milli": _measured,
    "until": lambda p: f" until {clock(p['until'])} UTC",
    "window_s": lambda p: duration(p["window_s"]),
    "window_starts": _from(WINDOWS, "window_starts"),
}


class _Named(dict[str, str]):
    """Members without a speaker of their own stand by their names too."""

    def __missing__(self, name: str) -> str:
        return f"<{name}>"


class _Spoken(dict[str, str]):
    """What `str.format_map` reads: members spoken on demand, absent ones silent."""

    __slots__ = ("_payload",)

    def __init__(self, payload: Payload, who: str, about: str) -> None:
        super().__init__(who=who, subject=about)
        self._payload = payload

    def __missing__(self, name: str) -> str:
        if self._payload.get(name) is None and name != "release":
            return ""
        speak = SPOKEN.get(name)
        return speak(self._payload) if speak else str(self._payload[name])
