"""Files that prove one entry each, taken out of a bundle by tools that know nothing of bundles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.proof.merkle import inclusion_proof
from ledger.proof.receipt import encode_receipt, encode_tlog_proof, receipt_signature
from ledger.verify.bundle_proofs import RECEIPT, STATEMENT, TLOG_PROOF
from ledger.verify.manifest import proof_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ledger.proof.keys import SigningKey
    from ledger.proof.merkle import NodeReader
    from ledger.store.reading import Reads, StoredCheckpoint

MOST = 4_096  # entries: three files each


class Proofs:
    """Under `last`, the bundle's head, and where `cosigned` covers the entry, the tlog-proof under that:
    witnesses cosigned it. `complete`: a head's note with its lines."""

    def __init__(
        self,
        reads: Reads,
        key: SigningKey,
        origin: str,
        last: StoredCheckpoint,
        cosigned: StoredCheckpoint | None,
        complete: Callable[[list[StoredCheckpoint]], list[bytes]],
    ) -> None:
        self._reads = reads
        self._last = last
        self._cosigned = cosigned or last
        self._notes = {one.size: complete([one])[0] for one in (last, self._cosigned)}
        self._signed = receipt_signature(key, origin, last.size, last.root, last.time_ms // 1_000)

    def files(self, positions: Sequence[int], node: NodeReader) -> Iterator[tuple[str, bytes]]:
        """(name, bytes), three for each position."""
        for position in positions:
            (stored,) = self._reads.entries(position, position + 1)
            path = inclusion_proof(position, self._last.size, node)
            yield proof_name(position, STATEMENT), stored.data
            yield proof_name(position, RECEIPT), encode_receipt(self._signed, self._last.size, position, path)
            yield proof_name(position, TLOG_PROOF), self._tlog_proof(position, node)

    def _tlog_proof(self, position: int, node: NodeReader) -> bytes:
        head = self._cosigned if position < self._cosigned.size else self._last
        path = inclusion_proof(position, head.size, node)
        return encode_tlog_proof(position, path, self._notes[head.size])
