"""Labels from a device: issued, printed, read back, and counted.

    labels = Labels(client)
    fields, kept = labels.issue(coi, at, container="A9999-26-D1")
    client.record(fields, f"chain/{coi}")
    labels.print(kept[0].serial, Job("cryobag", 300), printer)

The device draws serials and checks, keeps each check until its label is printed, and renders
through the server. What is printed is said (`LabelPrinted`) only after the printer has taken it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from clients.drafts import now
from clients.label_store import Kept, LabelStore, new_check, new_serial
from clients.outbox import Held
from clients.printer import Printer, send
from clients.sdk import Client, Pending
from clients.sending import Answer
from ledger.errors import Conflict, Fault, Malformed, UnbrokenError
from ledger.labels.link import check_digest, make_link, parse_link
from ledger.proof import canonical, statement

Medium = Literal["zpl", "pdf", "png", "svg"]
DIGEST = "unbroken-label-digest"
PHOTOS = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
UNSURE = frozenset({"printer_silent", "printer_broke_off", "printer_waits"})  # something may come out


@dataclass(frozen=True, slots=True)
class Job:
    """How a label is to be drawn."""

    template: str = "cryobag"
    dpi: int = 300
    medium: Medium = "zpl"
    biohazard: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the server drew: the bytes for the printer or the file, and the bitmap's digest."""

    data: bytes
    digest: str


class Labels:
    """The labels of one client's device."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.store = LabelStore(client.disk)

    # --- issuing -----------------------------------------------------------------------------

    def issue(
        self,
        coi: str,
        at: dict[str, str],
        *,
        container: str | None = None,
        count: int = 1,
        serials: Sequence[str] = (),
        replaces: dict[str, str] | None = None,
    ) -> tuple[dict[str, Any], list[Kept]]:
        """Draw serials and checks, and keep them; what is to be recorded as `LabelIssued`.

        They are kept before anything is signed: a check that was lost could never be printed.
        Raises `Conflict` `serial_kept` for a serial that is kept here already.
        """
        names = list(serials) or [new_serial() for _ in range(count)]
        kept = [Kept(one, coi, container, at["site"], at["department"], new_check()) for one in names]
        for one in kept:
            make_link("X", None, one.serial, one.check)  # what no link can name is refused here
        taken = {one.serial for one in self.store.all()} & set(names)
        if taken:
            raise Conflict("serial_kept", f"{', '.join(sorted(taken))}: issued here before and not printed")
        self.store.keep(kept)
        checks = [check_digest(one.serial, one.check) for one in kept]
        fields: dict[str, Any] = {"type": "LabelIssued", "at": at, "serials": names, "checks": checks}
        named = {"container": container, "replaces": replaces}
        return fields | {name: value for name, value in named.items() if value is not None}, kept

    def drop(self, kept: Sequence[Kept]) -> None:
        """Their issue was refused, or nobody signed it."""
        for one in kept:
            self.store.forget(one.serial)

    # --- printing ----------------------------------------------------------------------------

    def draw(self, kept: Kept, job: Job) -> Drawn:
        """Have the server draw the label. Raises what it says: a void label, another's, unknown."""
        asked = {
            "coi": kept.coi,
            "container": kept.container,
            "serial": kept.serial,
            "check": kept.check,
            "template": job.template,
            "dpi": job.dpi,
            "format": job.medium,
            "biohazard": job.biohazard,
        }
        answer = self.client.remote.answer("/v1/labels", method="POST", json=asked)
        try:
            return Drawn(answer.content, answer.headers[DIGEST])
        except KeyError:
            raise Fault("bad_answer", "the server drew a label and did not say its digest") from None

    def print(
        self, serial: str, job: Job, printer: Printer, unsure: Callable[[str], None] = lambda _: None
    ) -> Answer | Pending:
        """Draw, print, and say so once the printer has taken every byte.

        `unsure` is told what a person has to look at, where the printer does not say it.
        Raises `Conflict` `label_unsure` where an earlier attempt may have come out (`settle` says
        which), `printer_resolution` for a job at another resolution, `Fault` as `send`: after
        `printer_unreachable` nothing came out and it can simply be tried again, after the others
        somebody has to look.
        """

        def put(data: bytes) -> None:
            if send(printer, data, job.dpi) is None:
                unsure(f"{printer} does not say its resolution: look whether it prints {job.dpi} dpi")

        return self._put_out(serial, job, put)

    def save(self, serial: str, job: Job, path: Path) -> Answer | Pending:
        """Write the label to a new file, and say that it was printed: a file can be printed by
        anybody. Raises `Conflict` `file_exists`, `label_unsure`."""
        if path.exists():
            raise Conflict("file_exists", f"{path} is there already: name another")
        return self._put_out(serial, job, lambda data: _write(path, data))

    def _put_out(self, serial: str, job: Job, put: Callable[[bytes], None]) -> Answer | Pending:
        kept = self._sure(serial)
        drawn = self.draw(kept, job)
        fields = {
            "type": "LabelPrinted",
            "at": {"site": kept.site, "department": kept.department},
            "serial": serial,
            "template": job.template,
            "medium": job.medium,
            "dpi": job.dpi,
            "digest": drawn.digest,
        }
        self.store.begin(serial, fields | {"occurred_at": now()})
        try:
            put(drawn.data)
        except (UnbrokenError, OSError) as error:
            if not (isinstance(error, UnbrokenError) and error.code in UNSURE):
                self.store.nothing_came(serial)
            raise
        return self._say(self.store.find(serial))

    def settle(self, serial: str, came_out: bool) -> Answer | Pending | None:
        """What somebody saw after an attempt that ended unsure. None: it can be printed again."""
        kept = self.store.find(serial)
        if kept.printing is None:
            raise Conflict("label_not_begun", f"label {serial} was not being printed: print it")
        said = self._said(kept)
        if said or came_out:
            return self._say(kept, said)
        self.store.nothing_came(serial)
        return None

    def _sure(self, serial: str) -> Kept:
        kept = self.store.find(serial)
        if kept.printing is None:
            return kept
        if self._said(kept):
            self.store.forget(serial)
            return self.store.find(serial)  # raises: it was printed
        raise Conflict(
            "label_unsure",
            f"label {serial} was being printed, and nobody knows whether it came out: look, then say"
            " --came-out or --nothing-came",
        )

    def _said(self, kept: Kept) -> Held | None:
        """The print that this device signed before it died, and could not forget the check."""
        for held in self.client.outbox.held():
            is_one = (held.type, held.stream) == ("LabelPrinted", f"chain/{kept.coi}")
            if is_one and held.state != "refused" and _serial_in(held) == kept.serial:
                return held
        return None

    def _say(self, kept: Kept, said: Held | None = None) -> Answer | Pending:
        """Once it is queued it will be said: from then on the check is of no use."""
        if said is None:
            printing = dict(kept.printing or {})
            when = printing.pop("occurred_at")
            said = self.client.queue(self.client.draft(printing, f"chain/{kept.coi}", when))
        self.store.forget(kept.serial)
        return self.client.settle(said)

    # --- reading -----------------------------------------------------------------------------

    def scan_back(self, photo: Path, coi: str | None = None) -> dict[str, Any]:
        """What a photo of a printed label shows, which should be of this therapy.

        Raises `Malformed` `bad_photo`.
        """
        kind = PHOTOS.get(photo.suffix.lower())
        if kind is None:
            raise Malformed("bad_photo", f"{photo}: a photo ends in {', '.join(sorted(PHOTOS))}")
        asked: dict[str, Any] = {"content": photo.read_bytes(), "headers": {"content-type": kind}}
        if coi is not None:
            asked["params"] = {"coi": coi}
        found: dict[str, Any] = self.client.remote.read("/v1/labels/scan-back", method="POST", **asked)
        return found

    def reconcile(self, coi: str) -> dict[str, Any]:
        """Every serial of the therapy, and whether all are accounted for."""
        found: dict[str, Any] = self.client.remote.read("/v1/labels", params={"coi": coi})
        return found

    def check(self, link: str) -> dict[str, Any]:
        """Is this label genuine and current? Asked without a session, as a stranger does.

        Raises `Malformed` `bad_label_link`.
        """
        part = quote(parse_link(link).part, safe="")
        found: dict[str, Any] = self.client.remote.public(f"/v1/labels/{part}").json()
        return found


def read_back(found: dict[str, Any], serial: str, container: str | None) -> dict[str, Any]:
    """`LabelScannedBack` of what a photo shows: readable, unreadable, or with wrong content.

    `container`: what the label is on; None: it is on none yet, whichever it is for.
    """
    fields: dict[str, Any] = {"type": "LabelScannedBack", "serial": serial, "outcome": "readable"}
    if container:
        fields["container"] = container
    if found["text"] is None:
        return fields | {"outcome": "unreadable"}
    elsewhere = container is not None and found["container"] not in (None, container)
    if not found["genuine"] or found["serial"] != serial or elsewhere:
        fields["outcome"] = "wrong_content"
    if found["modules"] is not None:
        fields |= {"wrong_modules": found["wrong_modules"], "modules": found["modules"]}
    return fields


def fate_of(returned: bool) -> str:
    """As `LabelDestroyed` says it."""
    return "returned_unused" if returned else "destroyed"


def _serial_in(held: Held) -> str:
    return str(canonical.decode(statement.parse(held.raw).payload)["serial"])


def _write(path: Path, data: bytes) -> None:
    """A whole new file, or none. Raises `OSError`."""
    with path.open("xb") as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            path.unlink()
            raise
