"""Step 11, for whoever has roots of time-stamp authorities: by when the heads existed, by their word.

Ledger time is the operator's claim. A stamp over a head says that the head, and so every entry before
its end, existed by a time that somebody else vouches for. It says nothing about how long before,
nor about entries behind that head. The roots come from outside: an authority that the log chose
for itself could be the operator.

Each record is checked as RFC 4998 asks, the newest token as of now: a certificate that has run out
without a renewal proves nothing any more, and is counted. So is a record by an authority under none of
the roots: a log may have several, and a reader believe in one. A stamp of a head whose entries are not
what is here says nothing of these. Not seen: revocations.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ledger.domain.times import timestamp
from ledger.errors import ProofInvalid
from ledger.proof.checkpoint import own_part
from ledger.proof.evidence_record import check_record, decode
from ledger.proof.time_stamp import MAX_APART_MS
from ledger.verify.report import told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cryptography import x509

    from ledger.proof.evidence_record import Chains, Evidence
    from ledger.verify.checkpoints import Head, Heads
    from ledger.verify.report import Findings
    from ledger.verify.source import LogSource

STEP = 11
NAME = "Authorities outside say by when the heads existed"
_NAME = re.compile(r"timestamps/([1-9][0-9]{0,18})-[0-9]{2}\.ers")
NOT_ASKED = "Nobody outside was asked: the times are the operator's word."
NOT_CHECKED = (
    "NOT CHECKED: there are time stamps here ({count}). Whose word they are, only roots from outside tell: "
    "--tsa-root"
)


@dataclass(frozen=True, slots=True)
class Bound:
    """The entries from `first` up to, not including, `size` existed before `before` (text), by the word
    of `authority`. `stamps`: the first and each renewal; `until`: the newest certificates hold so long;
    `standing`: `holds`; `expired`; or `other_entries`: the head did not commit to what is here."""

    first: int
    size: int
    before: str
    authority: str
    stamps: int
    until: str
    standing: str

    @property
    def words(self) -> str:
        return f"before {self.before}, by the word of {self.authority}"


def check_stamp(
    chains: Chains, note: bytes, time_s: int, roots: Sequence[x509.Certificate], now_ms: int
) -> Evidence:
    """A record over a head's own part, which says `time_s`; `now_ms`: the reader's clock.

    Raises `ProofInvalid`: `unknown_authority`; `bad_time_stamp` also where the authority contradicts the
    head, or where a token was made later than it is now.
    """
    evidence = check_record(chains, note, roots)
    first, newest = evidence.first.by_ms, evidence.stamps[-1].at_ms
    if first + MAX_APART_MS < time_s * 1000:
        detail = f"the log says {timestamp(time_s * 1000)}, and the authority that it existed before"
        raise ProofInvalid("bad_time_stamp", f"{detail}: {timestamp(first)}")
    if newest > now_ms + MAX_APART_MS:
        detail = f"it says {timestamp(newest)}, and now it is {timestamp(now_ms)}"
        raise ProofInvalid("bad_time_stamp", detail)
    return evidence


class Stamped:
    """Which heads are stamped. `bounds`: what holds now, ascending; `expired`: what held once; `severed`:
    what holds of heads that committed to other entries."""

    def __init__(self, roots: Sequence[x509.Certificate], now_ms: int, findings: Findings) -> None:
        """`now_ms`: the reader's clock. Without roots there is no such step."""
        self.bounds: list[Bound] = []
        self.expired: list[Bound] = []
        self.severed: list[Bound] = []
        self._roots = roots
        self._now_ms = now_ms
        self._findings = findings
        self._here = 0
        self._unknown = 0  # records by authorities under none of the roots
        if roots:
            findings.add(STEP, NAME)

    def check(self, source: LogSource, heads: Heads) -> None:
        """Every record that is at hand, against the very head that the log's key opened."""
        files = self._files(source)
        self._here = len(files)
        if not self._roots:
            return
        with self._findings.timed(STEP):
            opened = {head.size: head for head in heads.heads}
            notes = self._notes(source, {size for _, size, _ in files})
            found = [self._read(name, opened.get(size), notes.get(size), data) for name, size, data in files]
            self._conclude([one for one in found if one], heads.last.size if heads.last else 0)

    def hold_against(self, sound: int) -> None:
        """After the last entry. `sound`: so many from the first on are what the heads committed to."""
        others = [replace(one, standing="other_entries") for one in self.bounds if one.size > sound]
        self.severed = others
        self.bounds = [one for one in self.bounds if one.size <= sound]

    def sentence(self, size: int) -> str:
        """What authorities say of the whole, for the end of a report. `size`: entries in all."""
        if not self._roots:
            return NOT_CHECKED.format(count=self._here) if self._here else NOT_ASKED
        if not self.bounds:
            which = " for these entries" if self.severed else ""
            return f"No time stamp holds{which}: the times are the operator's word.{self._told_severed()}"
        last = self.bounds[-1].size
        words = "; ".join(one.words for one in self.bounds if one.size == last)
        behind = f" For the {size - last} behind them the times are the operator's word."
        told = f"Entries 0 to {last - 1} existed {words}.{behind if size > last else ''}"
        return f"{told}{self._told_severed()}"

    def _told_severed(self) -> str:
        if not self.severed:
            return ""
        one = self.severed[-1]
        return (
            f" A head of {one.size} entries existed {one.words}, and THESE ARE NOT ITS ENTRIES: see step 3."
        )

    def to_json(self) -> list[dict[str, Any]]:
        """`Bound`, and whether it `holds`."""
        found = sorted((*self.bounds, *self.severed), key=lambda one: one.size)
        return [asdict(one) | {"holds": one.standing == "holds"} for one in (*found, *self.expired)]

    def _files(self, source: LogSource) -> list[tuple[str, int, bytes]]:
        found = []
        try:
            for name, data in source.time_stamps():
                match = _NAME.fullmatch(name)
                if match:
                    found.append((name, int(match[1]), data))
                elif self._roots:
                    self._wrong(name, "is not the name of a time stamp")
        except Exception as error:
            if self._roots:
                self._wrong("timestamps", f"they cannot all be read: {told(error)}")
        return sorted(found)

    def _notes(self, source: LogSource, sizes: set[int]) -> dict[int, bytes]:
        """What was stamped: the log's own part of these heads."""
        return dict(self._own_parts(source, sizes)) if sizes else {}

    def _own_parts(self, source: LogSource, sizes: set[int]) -> Iterator[tuple[int, bytes]]:
        try:
            for size, note in source.checkpoints():
                if size in sizes:
                    yield size, own_part(note)
        except Exception:
            return  # steps 1 and 2 have named it

    def _read(
        self, name: str, head: Head | None, note: bytes | None, data: bytes
    ) -> tuple[int, Evidence] | None:
        try:
            if head is None or note is None:
                raise ProofInvalid("bad_time_stamp", "no checkpoint of this size opened")
            evidence = check_stamp(decode(data), note, head.time_s, self._roots, self._now_ms)
        except Exception as error:
            if isinstance(error, ProofInvalid) and error.code == "unknown_authority":
                self._unknown += 1  # somebody's word, and not for this reader to judge
            else:
                self._wrong(name, told(error))
            return None
        return head.size, evidence

    def _conclude(self, found: list[tuple[int, Evidence]], size: int) -> None:
        holding = [one for one in found if one[1].holds_at(self._now_ms)]
        sizes = sorted({of for of, _ in holding})
        firsts = dict(zip(sizes, [0, *sizes], strict=False))  # an entry's own bound is that of the next stamp
        self.bounds = [self._bound(firsts[of], of, evidence) for of, evidence in holding]
        self.expired = [self._bound(0, *one) for one in found if one not in holding]
        self._findings.done(STEP, self._detail(size), whole=bool(self.bounds))

    def _bound(self, first: int, size: int, evidence: Evidence) -> Bound:
        return Bound(
            first=first,
            size=size,
            before=timestamp(evidence.first.by_ms),
            authority=evidence.first.authority,
            stamps=len(evidence.stamps),
            until=timestamp(evidence.until_ms),
            standing="holds" if evidence.holds_at(self._now_ms) else "expired",
        )

    def _detail(self, size: int) -> str:
        others = [f"by authorities under none of these roots, and not checked: {self._unknown}"]
        if not self.bounds and not self.expired:
            return "; ".join(
                ["NO head is stamped by an authority under these roots", *others[: self._unknown]]
            )
        count, last = len({one.size for one in self.bounds}), self.bounds[-1].size if self.bounds else 0
        told = [f"stamped heads: {count}, the last of {last} of {size} entries"]
        if self.expired:
            told.append(f"EXPIRED, not renewed, and proof of nothing any more: {len(self.expired)}")
        return "; ".join([*told, *others[: self._unknown]])

    def _wrong(self, where: str, what: str) -> None:
        self._findings.wrong(STEP, None, what, where=where)
