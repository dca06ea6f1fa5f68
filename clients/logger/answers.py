"""What the ledger answers a logger, read strictly: anybody's page may come instead of an answer."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clients.logger.packets import Held, Ranges
from ledger.domain.parts import MAX_INT
from ledger.errors import Fault

_Number = Annotated[int, Field(ge=0, le=MAX_INT)]


class Answer(NamedTuple):
    """`have`: for each recording what the ledger has of it. `refused`: index among those sent, and code.
    Both empty: nobody answered."""

    have: dict[str, Ranges]
    refused: dict[int, str]


class _Document(BaseModel):
    model_config = ConfigDict(strict=True)


class _Have(_Document):
    recording: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    have: list[tuple[_Number, _Number]]


class _Refused(_Document):
    index: _Number
    code: Annotated[str, Field(pattern="^[a-z0-9_]{1,60}$")]


class _Answer(_Document):
    recordings: list[_Have]
    refused: list[_Refused]


_Kind = TypeVar("_Kind", bound=_Document)


def answer_of(body: bytes, sent: int) -> Answer:
    """The answer to a `POST /v1/readings` of so many packets. Raises `Fault` `bad_answer`."""
    said = _read(_Answer, body)
    refused = {one.index: one.code for one in said.refused}
    if refused and max(refused) >= sent:
        raise _bad(f"it refused packet {max(refused)} of {sent}")
    return Answer({one.recording: ranges_of(one.have) for one in said.recordings}, refused)


def have_of(body: bytes) -> dict[str, Ranges]:
    """One recording's ranges, as a broker brings them. Raises `Fault` `bad_answer`."""
    said = _read(_Have, body)
    return {said.recording: ranges_of(said.have)}


def covers(ranges: Ranges, held: Held) -> bool:
    """True if the ledger has all of the packet."""
    return any(first <= held.first and held.last <= last for first, last in ranges)


def ranges_of(spans: list[tuple[int, int]]) -> Ranges:
    """Joined and in order. Raises `Fault` `bad_answer` where one ends before it begins."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if last < first:
            raise _bad(f"{first} to {last} is no range of readings")
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    return joined


def _read(kind: type[_Kind], body: bytes) -> _Kind:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first: Any = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise _bad(f"{where} {first['msg']}".strip()) from None


def _bad(what: str) -> Fault:
    return Fault("bad_answer", f"this is no answer of the ledger: {what:.200}")
