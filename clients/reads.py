"""What people ask the ledger, and the proof of any single entry."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from clients.feed import ALARMS, Feed
from clients.remote import ONE, Remote
from ledger.errors import Fault, ProofInvalid
from ledger.proof import canonical, statement
from ledger.proof.note import VerifierKey
from ledger.proof.receipt import verify_receipt, verify_tlog_proof

Document = dict[str, Any]
BYTES = "application/octet-stream"
FORMS = {"epcis": "application/ld+json", "fhir": "application/fhir+json"}


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry that the log's key proves to stand at `position` in its tree of `log_size`.

    That its signer was who they say, and allowed to, is for `unbroken verify` to show.
    """

    position: int
    raw: bytes
    receipt: bytes
    log_size: int
    signer: str
    stream: str
    payload: dict[str, Any]


class Reads:
    """The reading half of a client: documents as the server says them, entries as it proves them.

    Each raises what the server answers: `NotFound`, `Unauthorised`, `Fault` `unreachable`.
    """

    def __init__(self, remote: Remote, vkey: VerifierKey) -> None:
        self.remote = remote
        self.vkey = vkey
        self.versions: dict[str, int] = {}  # chain version that this client showed last

    def log(self) -> Document:
        """Origin, verifier key, size and rule set, as the server says (public)."""
        document: Document = self.remote.public("/v1/log").json()
        return document

    def chain(
        self, coi: str, *, before: int | None = None, at: str | None = None, seen_by: str | None = None
    ) -> Document:
        """The therapy now, or as of a position (exclusive) or a moment; as it was shown to somebody then.

        Only what stands *now* counts as seen by the signer of a later decision.
        """
        document: Document = self.remote.read(f"/v1/chains/{_part(coi)}", params=_as_of(before, at, seen_by))
        if before is None and at is None and seen_by is None and isinstance(document.get("version"), int):
            self.versions[coi] = document["version"]
        return document

    def timeline(
        self, coi: str, *, before: int | None = None, at: str | None = None, seen_by: str | None = None
    ) -> Document:
        """All entries of the therapy, in the log's order, however many pages they fill.

        The pages together show one state of the log: that of the first.
        """
        path, params = f"/v1/chains/{_part(coi)}/timeline", _as_of(before, at, seen_by)
        whole = page = self._read(path, params)
        while page.get("next_cursor"):
            params = _as_of(whole["as_of_position"], None, seen_by) | {"cursor": page["next_cursor"]}
            page = self._read(path, params)
            whole["entries"] += page["entries"]
        return {name: value for name, value in whole.items() if name != "next_cursor"}

    def quality(self, coi: str, *, before: int | None = None, at: str | None = None) -> Document:
        """Samples, results against the specification, identity tests, and what Quality decided."""
        return self._read(f"/v1/chains/{_part(coi)}/quality", _as_of(before, at))

    def lineage(
        self, *, coi: str = "", container: str = "", before: int | None = None, at: str | None = None
    ) -> Document:
        """Of a whole therapy, or of one container: what it was made from and what it became."""
        of = f"containers/{_part(container)}" if container else f"chains/{_part(coi)}"
        return self._read(f"/v1/{of}/lineage", _as_of(before, at))

    def deviations(self, coi: str, *, before: int | None = None, at: str | None = None) -> Document:
        """{"open", "closed", "reviews"}."""
        return self._read(f"/v1/chains/{_part(coi)}/deviations", _as_of(before, at))

    def temperature(self, coi: str, *, before: int | None = None, at: str | None = None) -> Document:
        """{"containers", "unproved"}: each container's budget, excursions, gaps and evidence."""
        return self._read(f"/v1/chains/{_part(coi)}/temperature", _as_of(before, at))

    def temperature_chart(
        self,
        coi: str,
        *,
        container: str | None = None,
        leg: int | None = None,
        zone: str = "UTC",
        before: int | None = None,
        at: str | None = None,
    ) -> bytes:
        """The SVG of a therapy, of a container's journey, or of the leg that began at entry `leg`."""
        wanted = {"container": container, "leg": leg, "zone": zone, "before_position": before, "at": at}
        params = {name: value for name, value in wanted.items() if value is not None}
        path = f"/v1/chains/{_part(coi)}/temperature.svg"
        picture: bytes = self.remote.read(path, accept="image/svg+xml", params=params)
        return picture

    def exported(
        self, coi: str, form: Literal["epcis", "fhir"], *, before: int | None = None, at: str | None = None
    ) -> bytes:
        """The therapy as partners read it: an EPCIS 2.0 document (JSON-LD), or a FHIR R5 Bundle."""
        path, accept = f"/v1/chains/{_part(coi)}/{form}", FORMS[form]
        document: bytes = self.remote.read(path, accept=accept, params=_as_of(before, at))
        return document

    def capture(self, document: bytes, *, proceed: bool = False) -> Document:
        """Hand in an EPCIS document whose events carry their signed statements: the capture job.

        `proceed`: each event on its own, else all or nothing. Events without a signature come back
        in `errors`, each with the `draft` to sign.
        """
        said = {"content-type": FORMS["epcis"]}
        if proceed:
            said["gs1-capture-error-behaviour"] = "proceed"
        job: Document = self.remote.read("/v1/epcis/capture", method="POST", content=document, headers=said)
        return job

    def report(self, coi: str, *, before: int | None = None, at: str | None = None) -> bytes:
        """The therapy's chain-of-identity and custody report: a PDF."""
        path, params = f"/v1/chains/{_part(coi)}/report.pdf", _as_of(before, at)
        found: bytes = self.remote.read(path, accept="application/pdf", params=params)
        return found

    def excursions(self, **where: str | int | bool | None) -> Document:
        """Across therapies: filters `chain`, `container`, `within_limits`; `cursor`, `limit` to page."""
        given = {name: value for name, value in where.items() if value is not None}
        return self._read("/v1/temperature/excursions", given)

    def keep_evidence(self, coi: str, raw: bytes) -> str:
        """Hand in a logger's own file for a therapy; its SHA-256. The same bytes again change nothing.

        Raises `Fault` `bad_answer` where the server names another file than was sent.
        """
        digest = hashlib.sha256(raw).hexdigest()
        kept = self.remote.read(
            "/v1/evidence", method="POST", params={"coi": coi}, content=raw, headers={"content-type": BYTES}
        )
        if kept.get("sha256") != digest:
            raise Fault("bad_answer", f"the server kept another file than {digest}")
        return digest

    def evidence(self, sha256: str) -> bytes:
        """A logger's own file. Raises `ProofInvalid` `other_file` where the bytes are not those."""
        raw: bytes = self.remote.read(f"/v1/evidence/{_part(sha256)}", accept=BYTES)
        if hashlib.sha256(raw).hexdigest() != sha256:
            raise ProofInvalid("other_file", f"the server gave other bytes than {sha256}")
        return raw

    def container(self, container: str, *, before: int | None = None, at: str | None = None) -> Document:
        return self._read(f"/v1/containers/{_part(container)}", _as_of(before, at))

    def carrier(self, stream: str, *, before: int | None = None, at: str | None = None) -> Document:
        """What `shipment/<name>` or `tank/<name>` holds, and its story (the first 1,000 entries)."""
        kind, _, name = stream.partition("/")
        return self._read(f"/v1/{_part(kind)}s/{_part(name)}", _as_of(before, at))

    def therapies(self, containers: Iterable[str]) -> list[Document]:
        """Whose each container is, as a statement about a shipment or tank says it."""
        found: dict[str, list[str]] = {}
        for name in containers:
            found.setdefault(str(self.container(name)["chain"]), []).append(name)
        return [{"coi": coi, "containers": names} for coi, names in found.items()]

    def custody(self, **where: str | int | None) -> Document:
        """Who holds what: filters `container`, `site`, `department`; `cursor`, `limit` to page."""
        return self._read("/v1/custody", {name: value for name, value in where.items() if value is not None})

    def infusion_check(
        self, coi: str, container: str, site: str, patient: Sequence[Mapping[str, str]] | None = None
    ) -> Document:
        """Every gate before an infusion, without deciding anything."""
        body = {"container": container, "site": site, "patient": list(patient) if patient else None}
        document: Document = self.remote.read(
            f"/v1/chains/{_part(coi)}/infusion-check", method="POST", json=body
        )
        return document

    def match_patient(self, site: str, patient: Sequence[Mapping[str, str]]) -> Document:
        """The therapies planned at the site that were ordered for whoever wears this wristband."""
        body = {"site": site, "patient": list(patient)}
        document: Document = self.remote.read("/v1/patients/match", method="POST", json=body)
        return document

    def lymphodepletion_check(self, coi: str, site: str) -> Document:
        """Every gate before the patient is prepared for the dose, without deciding anything."""
        return self._read(f"/v1/chains/{_part(coi)}/lymphodepletion-check", {"site": site})

    def feed(self, after: int | None = None) -> Feed:
        """Entries as they are recorded, those that this agent may read; -1: from the first on.

        Iterate over it; None begins with what comes after this call. See `clients/feed.py`.
        """
        return Feed(self.remote, int(self.log()["size"]) - 1 if after is None else after)

    def alarms(self, **where: str | int | bool | None) -> Document:
        """{"alarms", "last_event"}: filters `chain`, `kind`, `open`, `acknowledged`; all pages' alarms."""
        given = {name: value for name, value in where.items() if value is not None}
        whole = page = self._read("/v1/alarms", given)
        while page.get("next_cursor"):
            page = self._read("/v1/alarms", given | {"cursor": page["next_cursor"]})
            whole["alarms"] += page["alarms"]
        return {name: value for name, value in whole.items() if name != "next_cursor"}

    def recordings(self, **where: str | int | None) -> Document:
        """{"recordings"}: what loggers sent live of therapies that you may read, by filter `chain`."""
        given = {name: value for name, value in where.items() if value is not None}
        return self._read("/v1/recordings", given)

    def live_readings(self, recording: str, logger: str, after: int) -> Document:
        """{"packets", "after", "more"}: the packets with a reading behind this number, by number."""
        return self._read(f"/v1/recordings/{recording}/readings", {"logger": logger, "after": after})

    def alarm_feed(self, after: int) -> Feed:
        """What becomes of alarms, behind this event: `last_event` of `alarms`."""
        return Feed(self.remote, after, told=ALARMS)

    def acknowledge_alarm(self, alarm: int) -> Document:
        """Say that you saw it. The first to say so stays."""
        path = f"/v1/alarms/{alarm}/acknowledgement"
        document: Document = self.remote.read(path, method="POST")
        return document

    def entry(self, position: int) -> ProvenEntry:
        """An entry with its receipt, verified. Raises `ProofInvalid`."""
        raw = self.remote.read(f"/v1/entries/{position}", accept=ONE)
        data = self.remote.read(f"/v1/entries/{position}/receipt", accept=ONE)
        return proven(position, raw, data, self.vkey)

    def position_of(self, statement_id: str) -> int:
        """Where the statement of this id (hex) stands. Raises `NotFound`."""
        found = self.remote.read("/v1/entries", params={"statement_id": statement_id})
        return int(found["position"])

    def receipt(self, position: int) -> bytes:
        """The entry's COSE receipt, verified against the entry. Raises `ProofInvalid`."""
        return self.entry(position).receipt

    def tlog_proof(self, position: int) -> bytes:
        """The entry's c2sp.org/tlog-proof, verified against the entry. Raises `ProofInvalid`."""
        raw = self.remote.read(f"/v1/entries/{position}", accept=ONE)
        proof: bytes = self.remote.read(f"/v1/entries/{position}/proof", accept="text/plain")
        verify_tlog_proof(proof, raw, self.vkey)
        return proof

    def _read(self, path: str, params: Mapping[str, Any] | None = None) -> Document:
        document: Document = self.remote.read(path, params=params or {})
        return document


def proven(position: int | None, raw: bytes, receipt: bytes, vkey: VerifierKey) -> ProvenEntry:
    """Verify a receipt over a statement's bytes; `position` None takes the receipt's.

    Raises `ProofInvalid`: `bad_receipt`; `wrong_receipt` for the proof of another position.
    """
    found = verify_receipt(receipt, raw, vkey.public, vkey.name)
    if position is not None and found.index != position:
        raise ProofInvalid("wrong_receipt", f"asked for entry {position}, got the proof of {found.index}")
    said = statement.parse(raw)
    payload = canonical.decode(said.payload)
    return ProvenEntry(found.index, raw, receipt, found.size, said.iss, said.sub, payload)


def _part(text: str) -> str:
    return quote(text, safe=":")


def _as_of(before: int | None, at: str | None, seen_by: str | None = None) -> dict[str, Any]:
    moments = {"before_position": before, "at": at, "for": seen_by}
    return {name: value for name, value in moments.items() if value is not None}
