"""The offline audit of a bundle: some of a log's entries, with the hashes of all others.

Steps 1 to 7 are those of the audit of a whole log, over what is given: in step 3 the hashes stand
for what is not, in step 6 an entry is judged where all that its judgement reads is given, and the
others are counted. Then:

9. The bundle itself: the archive is in its one form; every file has the digest that the manifest
   gives, and none is missing or too many; the log's key signed the manifest; the entry that asked
   for the bundle stands in it, asked for just this, and under its last checkpoint; what entries
   name and is not there is named as left out.

What it cannot see, beside what no audit sees: an entry that belongs here and stands among the
hashes. Three things speak against it: who asked counted the therapy's entries, decisions count
them, and the log's key signed that nothing of `whole` was left out. For revocations, suspensions,
recalls, rule sets and qualifications, and for which therapies a lot or a site had, only the last.
And whether the verifier that came with a bundle is an honest one: take it from somewhere else.

With a witness policy, step 8 as in the audit of a whole log, but for a smaller head that meets it: it is
then not done, for what was recorded behind that head rests on the log's key alone. With a head from
elsewhere, step 10 (`held_head`); with roots of time-stamp authorities, step 11 (`time_stamps`); with the
log's second key, step 12 (`second_key`). What the bundle says of its operator's own policy is checked in
step 9.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ledger.cold_chain.berlinger_signature import ROOT
from ledger.domain.export_events import ExportRequested, TherapyExportRequested
from ledger.domain.label_events import LabelPrinted
from ledger.domain.temperature_events import TemperatureEvidenceAttached
from ledger.errors import Malformed, ProofInvalid, UnbrokenError
from ledger.proof import detached
from ledger.proof.note import VerifierKey
from ledger.verify.bundle_asked import told_short
from ledger.verify.bundle_file import BundleFile
from ledger.verify.bundle_labels import label_problems
from ledger.verify.bundle_proofs import proof_problems, proved_in
from ledger.verify.bundle_tree import BundleTree
from ledger.verify.held_head import HeldHead
from ledger.verify.logger_files import NAMES, FilesAudit, files_of
from ledger.verify.manifest import CONTENT_TYPE, MANIFEST, SIGNATURE, Listed, is_name
from ledger.verify.partial_replay import PartialReplay
from ledger.verify.report import Findings, Report
from ledger.verify.steps import NOTHING, Outside
from ledger.verify.witnesses import CosignedBundle, check_claim, claimed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.domain.world import Entry
    from ledger.proof.archive import Read
    from ledger.proof.witnesses import Policy
    from ledger.verify.replay import Replay
    from ledger.verify.steps import Judged, Leaves, Progress

STEP = 9  # 8 asks the witnesses, where there is a policy
BUNDLE_NAMES = NAMES | {STEP: "The bundle is what the log gave for this request, and no byte was changed"}
UNPINNED = (
    "NOTHING PINS THE LOG: no key was given, so the one that the bundle itself names was taken. All that "
    "follows only shows that the bundle agrees with itself; whoever forged it forged the key, too"
)


def audit_bundle(
    read: Read,
    length: int,
    log_vkey: VerifierKey | None,
    *,
    workers: int = 1,
    progress: Progress | None = None,
    berlinger_root: str = ROOT,
    policy: Policy | None = None,
    note: bytes | None = None,
    outside: Outside = NOTHING,
) -> Report:
    """Audit a bundle of `length` bytes, which `read(offset, length)` gives, against the log's key, a witness
    policy and a signed head from elsewhere, where they are at hand.

    Without a key, step 1 is not done, whatever else holds. Never raises for what the bundle holds:
    that is in the report. Raises `Malformed` (`malformed_policy`) where a witness has the log's key.
    """
    try:
        bundle = BundleFile(read, length)
        vkey = log_vkey or VerifierKey.parse(bundle.manifest.log_key)
    except UnbrokenError as error:
        return _unreadable(log_vkey, error)
    audit = BundleAudit(bundle, vkey, berlinger_root, policy, note, outside, pinned=log_vkey is not None)
    return audit.run(workers, progress)


def _unreadable(log_vkey: VerifierKey | None, error: UnbrokenError) -> Report:
    findings = Findings(BUNDLE_NAMES)
    findings.wrong(STEP, None, f"the bundle cannot be read: {error.detail}")
    findings.stopped(STEP, "damaged in transit, altered, or no bundle: fetch it again")
    return Report(log_vkey.name if log_vkey else "?", list(findings.steps.values()))


class BundleAudit(FilesAudit):
    """See `audit_bundle`."""

    witnessing = CosignedBundle

    def __init__(
        self,
        bundle: BundleFile,
        vkey: VerifierKey,
        berlinger_root: str,
        policy: Policy | None,
        note: bytes | None,
        outside: Outside,
        *,
        pinned: bool,
    ) -> None:
        super().__init__(bundle, vkey, bundle.evidence, berlinger_root, policy, BUNDLE_NAMES, outside)
        self._held = None if note is None else HeldHead(note, vkey, self.findings)
        self._bundle = bundle
        self._manifest = bundle.manifest
        self._pinned = pinned
        self._asked: Entry | None = None
        self._named: set[str] = set()  # files, by SHA-256
        self._printed: dict[str, int] = {}  # labels' resolutions, by digest
        self._short = ""  # what is not given whole, although it was asked for

    # --- where the steps of a whole log differ -------------------------------------------

    def tree(self) -> Leaves:
        held = self._held.size if self._held else None
        kept = proved_in(self._bundle)
        self._tree = BundleTree(self._bundle, self.heads, self.findings, held, kept)
        return self._tree

    def replay(self) -> Replay:
        whole = self._manifest.whole
        if whole is None:
            return super().replay()
        return PartialReplay(self.vkey.name, self.heads, self._enrolled, self.findings, frozenset(whole))

    def look(self, positions: Sequence[int], judged: Sequence[Judged]) -> None:
        super().look(positions, judged)
        for one in judged:
            if one.entry is not None:
                self._look_at(one.entry)

    def finish(self) -> None:
        super().finish()
        with self.findings.timed(STEP):
            self._check_request()
            self._check_left_out()
            self._check_extras()
            self._check_claim()
            told = f"{len(self._manifest.files)} files, {self._told_left_out()}{self._short}"
            self.findings.done(STEP, told, whole=not self._short)
        if self._held:
            self._held.compare(self._tree, self.heads.last.size if self.heads.last else 0)

    def witnessed(self, size: int) -> str:
        said = "" if self._cosigned else f" {claimed(self._manifest.witnessed)}"
        return super().witnessed(size) + said

    def proved(self, tree: Leaves, read: int) -> str:
        if not tree.committed:
            return "Nothing about the entries: no checkpoint's root came out of them."
        bad = min(tree.bad, default=tree.committed)
        sound = min(bad, self.findings.first_position((4, 5), read))
        judged = min(sound, self.findings.first_position((6,), read))
        said = ["" if self._pinned else "Only that the bundle agrees with itself."]
        said += [f"All that is given of entries 0 to {bad - 1} is what checkpoint {tree.committed} covers."]
        if bad == sound == judged:
            said += ["It is signed with keys that the log itself enrolled, and follows its rules as far as"]
            said += ["they could be replayed."]
        else:
            said += [f"Before entry {sound} it is signed with keys that the log enrolled;"]
            said += [f"before entry {judged} it is as the rules demand."]
        return " ".join(filter(None, said))

    def _open(self) -> None:
        super()._open()
        if not self._pinned:
            self.findings.steps[1].ok = None
            self.findings.stopped(1, UNPINNED)
        with self.findings.timed(STEP):
            self._check_files()
            self._check_signature()

    # --- step 9 ----------------------------------------------------------------------------

    def _check_files(self) -> None:
        """Every file is listed, in this order, with its digest; the manifest and its signature end it."""
        listed = [one.name for one in self._manifest.files]
        if [*listed, MANIFEST, SIGNATURE] != list(self._bundle.members):
            self._odd(MANIFEST, "it does not list exactly the files that are there, in their order")
        for one in self._manifest.files:
            try:
                self._check_file(one)
            except UnbrokenError as error:
                self._odd(one.name, error.detail)

    def _check_file(self, one: Listed) -> None:
        data = self._bundle.file(one.name)
        if not is_name(one.name):
            raise Malformed("malformed_archive", "a bundle has no such file")
        if (len(data), hashlib.sha256(data).hexdigest()) != (one.size, one.sha256):
            raise ProofInvalid("bad_digest", "it is not the file that the manifest names")
        if one.name.startswith("evidence/") and one.name != f"evidence/{one.sha256}":
            raise ProofInvalid("bad_digest", "it has another SHA-256 than its name")

    def _check_signature(self) -> None:
        try:
            signed = self._bundle.file(MANIFEST)
            detached.verify(self._bundle.signature, CONTENT_TYPE, signed, self.vkey.public)
        except UnbrokenError as error:
            self._odd(SIGNATURE, f"the log's key did not sign this manifest: {error.detail}")
        said = self._manifest
        if (said.origin, said.log_key) != (self.vkey.name, str(self.vkey)):
            self._odd(MANIFEST, f"it names another log or key: {said.origin[:80]!r}")
        last = self.heads.last
        if last is not None and (said.size, said.root) != (last.size, last.root.hex()):
            self._odd(MANIFEST, f"it names a head of {said.size} entries, not the last checkpoint here")

    def _look_at(self, entry: Entry) -> None:
        if entry.position == self._manifest.request.position:
            self._asked = entry
        if isinstance(entry.event, TemperatureEvidenceAttached):
            self._named |= set(files_of(entry.event))
        if isinstance(entry.event, LabelPrinted):
            self._printed[entry.event.digest] = entry.event.dpi

    def _check_request(self) -> None:
        asked, said = self._asked, self._manifest
        if asked is None or asked.statement_id != said.request.statement_id:
            self._odd(MANIFEST, f"entry {said.request.position} is not the request that it names")
            return
        if self.heads.covering(asked.position) != self.heads.last:
            self._wrong_request(asked, "an earlier checkpoint than the last covers the request")
        event = asked.event
        if not isinstance(event, TherapyExportRequested | ExportRequested):
            self._wrong_request(asked, f"{event.type} asks for no bundle")
        elif isinstance(event, ExportRequested) and event.scope == "log" and said.whole is not None:
            self._wrong_request(asked, "it asks for the whole log, and only some tags are called whole")
        else:
            self._short = told_short(asked, said, self.vkey.name)

    def _check_left_out(self) -> None:
        """What is not here is said: the hashes are counted, missing files are named."""
        said = self._manifest.left_out
        if self._manifest.whole is None and self._tree.hidden:
            self._odd(MANIFEST, "it says that the whole log is given, and some of it stands as hashes")
        if said.entries != self._tree.hidden:
            self._odd(MANIFEST, f"{self._tree.hidden} entries stand as hashes, not {said.entries}")
        here = {name.removeprefix("evidence/") for name in self._bundle.named("evidence")}
        for sha256 in sorted(here - self._named):
            self._odd(f"evidence/{sha256}", "no entry here names this file")
        if set(said.files) != self._named - here:
            self._odd(MANIFEST, "it does not name just the files that are missing")

    def _check_extras(self) -> None:
        """Labels' pictures and single entries' proofs are of what is given here."""
        for where, what in label_problems(self._bundle, self._printed):
            self._odd(where, what)
        for where, what in proof_problems(self._bundle, self._tree.leaves, self.heads, self.vkey):
            self._odd(where, what)

    def _check_claim(self) -> None:
        """The head that meets the operator's policy, as the bundle says, does."""
        said = self._manifest.witnessed
        try:
            if said is not None:
                check_claim(said, self._bundle, self.heads, self.vkey)
        except UnbrokenError as error:
            self._odd(MANIFEST, f"it names a witness policy that is not met: {error.detail}")

    def _wrong_request(self, asked: Entry, what: str) -> None:
        self.findings.wrong(STEP, asked.position, what, statement_id=asked.statement_id)

    def _odd(self, where: str, what: str) -> None:
        self.findings.wrong(STEP, None, what, where=where)

    def _told_left_out(self) -> str:
        said = self._manifest.left_out
        if not said.entries and not said.files:
            return "nothing was left out"
        files = f" and {len(said.files)} files that entries name" if said.files else ""
        return f"{said.entries} entries that stand as hashes{files} were left out"
