"""What a logger is told, over HTTP and MQTT alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.live.intake import Took


class Have(BaseModel):
    """Which numbers of a recording are stored: ranges, both ends included. Send the others again."""

    recording: str
    logger: str
    have: list[tuple[int, int]]


class RefusedPacket(BaseModel):
    """`index`: of the packet in the body, from 0. The logger keeps such a packet."""

    index: int
    code: str
    detail: str


class TookDocument(BaseModel):
    recordings: list[Have]
    refused: list[RefusedPacket]


def took_json(took: Took) -> bytes:
    """The answer over HTTP, as `TookDocument`."""
    recordings = [
        {"recording": name, "logger": logger, "have": have}
        for (logger, name), have in sorted(took.have.items())
    ]
    refused = [
        {"index": index, "code": one.error.code, "detail": one.error.detail}
        for index, one in enumerate(took.results)
        if one.error is not None
    ]
    return _json({"recordings": recordings, "refused": refused})


def took_messages(took: Took) -> Iterator[tuple[str, bytes]]:
    """The answers over MQTT: the logger, and what to tell it of one recording."""
    for (logger, name), have in took.have.items():
        yield logger, _json({"recording": name, "have": have})


def _json(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
