"""Step 6 where only some entries are at hand: what rests on others is not judged, and counted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ledger.domain.partial import PartialWorld
from ledger.verify.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Container

    from ledger.domain.rules import Verdict
    from ledger.domain.world import Entry
    from ledger.verify.checkpoints import Heads
    from ledger.verify.entries import Enrolled
    from ledger.verify.report import Findings


class PartialReplay(Replay):
    """`unjudged`: how many entries rest on a tag that is not whole, by the first such tag."""

    def __init__(
        self, origin: str, heads: Heads, enrolled: Enrolled, findings: Findings, whole: Container[str]
    ) -> None:
        super().__init__(origin, heads, enrolled, findings)
        self._partial = PartialWorld(origin, self._by_size.get, whole)
        self._world = self._partial
        self.unjudged: Counter[str] = Counter()

    @property
    def assumed(self) -> int:
        """Statements that follow on one of their key which is not at hand."""
        return self._partial.assumed

    @property
    def is_whole(self) -> bool:
        return not self.unjudged

    def told(self) -> str:
        said = [super().told()]
        if self.unjudged:
            tag, _ = self.unjudged.most_common(1)[0]
            count = sum(self.unjudged.values())
            said.append(f"{count} were NOT judged: they rest on what was left out, such as {tag}")
        if self.assumed:
            said.append(f"{self.assumed} follow on a statement of the same key that was left out")
        return "; ".join(said)

    def judge(self, entry: Entry | None) -> Verdict | None:
        if entry is not None:
            self._partial.look_at(entry)
        verdict = super().judge(entry)
        if entry is not None and self._partial.unknown and self.stopped is None:
            self.unjudged[min(self._partial.unknown)] += 1
            self.judged -= 1
        return verdict
