"""The answer to a write as JSON bytes. Equal answers make equal bytes.

Written by hand: this is the busiest path, every value is a number, hex, base64url or a code
of ours, and none of them needs escaping.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache

from api.problems import problem_of
from ledger.application import Answer, RaisedDeviation
from ledger.domain.world import timestamp
from ledger.errors import UnbrokenError

# The answers of a batch share its time.
_timestamp = lru_cache(maxsize=64)(timestamp)


def answer_json(answer: Answer) -> bytes:
    """{"position", "statement_id", "log_size", "recorded_at", "deviations", "receipt"}."""
    return f"{{{_members(answer)}}}".encode()


def answers_json(results: Sequence[Answer | UnbrokenError]) -> bytes:
    """{"answers": [...]}: each its `status` and the members of an answer or of a problem."""
    return b'{"answers":[%s]}' % b",".join(map(_each, results))


def _each(result: Answer | UnbrokenError) -> bytes:
    if isinstance(result, UnbrokenError):
        return problem_of(result).body()
    return f'{{"status":201,{_members(result)}}}'.encode()


def _members(answer: Answer) -> str:
    return (
        f'"position":{answer.position},"statement_id":"{answer.statement_id.hex()}",'
        f'"log_size":{answer.size},"recorded_at":"{_timestamp(answer.recorded_ms)}",'
        f'"deviations":[{",".join(map(_deviation, answer.deviations))}],'
        f'"receipt":"{base64url(answer.receipt)}"'
    )


def _deviation(raised: RaisedDeviation) -> str:
    return (
        f'{{"position":{raised.position},"statement_id":"{raised.statement_id.hex()}","code":"{raised.code}",'
        f'"severity":"{raised.severity}","blocking":{"true" if raised.blocking else "false"}}}'
    )


def base64url(data: bytes) -> str:
    """Without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()
