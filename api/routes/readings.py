"""Live readings: taken from loggers, and shown to the readers of the therapies that they are about."""

from __future__ import annotations

from array import array
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.bodies import COSE, JSON, SEQUENCE, media_type, read_body
from api.conditional import document
from api.describing import problems, sent, shown
from api.examples import COI
from api.listing import LOOKS, Limit
from api.live.answers import TookDocument, took_json
from api.live.watching import Watching
from api.live_examples import LOGGER, PACKET, READINGS, RECORDING, RECORDINGS, TOOK
from api.node import TheNode, node_of
from api.pages import Cursor, after_of, cursor_of
from api.reading import TheReader
from ledger.domain.parts import Coi, Name
from ledger.domain.readings import NO_READING
from ledger.domain.times import timestamp
from ledger.errors import NotFound, TooMany
from ledger.proof.sequence import split
from ledger.proof.statement import MAX_STATEMENT
from ledger.store.live_rows import LivePacket, LiveRecording

router = APIRouter(tags=["live readings"])

TheRecording = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", examples=[RECORDING])]


class RecordingDocument(BaseModel):
    """One run of a logger, as far as it came over. `chains`: therapies that you may read, whose bags it
    was with in that time.

    `highest`: the highest number of a reading; `missing`: numbers below it that did not come, or not
    yet. Of the packets: `duplicates` came again, of these `replays` after they had been sealed;
    `disorder` came after one with a higher number; `refused` were the logger's own, and not taken.
    """

    recording: str
    logger: str
    chains: list[str]
    started_at: str
    last_at: str
    interval_s: int
    highest: int
    packets: int
    readings: int
    missing: int
    duplicates: int
    disorder: int
    replays: int
    refused: int
    first_received_at: str
    last_received_at: str


class Recordings(BaseModel):
    recordings: list[RecordingDocument]
    next_cursor: str | None


class PacketDocument(BaseModel):
    """Reading i has the number `first` + i. `segment`: the file in which it is sealed; null: not yet."""

    first: int
    started_at: str
    interval_s: int
    readings_centi_c: list[int | None]
    range_low_centi_c: int
    range_high_centi_c: int
    battery_pct: int | None
    tilt_deg: int | None
    received_at: str
    segment: str | None


class Readings(BaseModel):
    """By number. Ask again with `after` for what comes next; `more`: some is here already."""

    recording: str
    logger: str
    packets: list[PacketDocument]
    after: int
    more: bool


def keep_pace(request: Request) -> None:
    """Raises `TooMany` (`too_many_readings`), before anything is read."""
    node_of(request).live.pace.take(request.client.host if request.client else "")


async def packets_in(request: Request) -> list[bytes]:
    settings = node_of(request).settings
    if media_type(request.scope, COSE, SEQUENCE) == COSE:
        return [await read_body(request.scope, request.receive, MAX_STATEMENT, "statement_too_large")]
    return split(await read_body(request.scope, request.receive, settings.max_body), settings.max_statements)


@router.post(
    "/v1/readings",
    summary="Take packets of readings that loggers signed",
    description="Up to 1,000 packets as a CBOR sequence, or one. No session: each is proved by its"
    " signature, and answered on its own. What is not refused is durable; send again what `have` lacks.",
    response_model=TookDocument,
    responses=shown(TOOK, "What is stored now of their recordings") | problems(400, 413, 415, 429, 503),
    openapi_extra=sent({SEQUENCE: PACKET + PACKET, COSE: PACKET}),
    dependencies=[Depends(keep_pace)],
)
async def post_readings(node: TheNode, packets: Annotated[list[bytes], Depends(packets_in)]) -> Response:
    """Raises `TooMany` (`too_many_packets`) where nothing of it was looked at for that."""
    took = await node.live.intake.take(packets)
    slow = [one.error for one in took.results if isinstance(one.error, TooMany)]
    if slow and len(slow) == len(took.results):
        raise slow[0]
    return Response(took_json(took), media_type=JSON)


@router.get(
    "/v1/recordings",
    summary="Recordings of loggers that send live, and how they came over",
    response_model=Recordings,
    responses=shown(RECORDINGS, "A page, by recording") | problems(400, 401, 503),
)
def get_recordings(
    request: Request,
    reader: TheReader,
    chain: Annotated[Coi | None, Query(examples=[COI])] = None,
    logger: Annotated[Name | None, Query(examples=[LOGGER])] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """A page may be short, even empty, while there is more."""
    watching = Watching(reader, chain)
    last = after_of(reader, cursor)
    after = (last[32:], last[:32]) if last else None
    loggers = watching.loggers() if logger is None else {logger}
    found: list[RecordingDocument] = []
    for _ in range(LOOKS):
        page = reader.node.live.store.recordings(loggers, after, limit - len(found))
        after = page[-1].run if len(page) == limit - len(found) else None
        found += [_recording(one, chains) for one in page if (chains := watching.chains(one)) is not None]
        if after is None or len(found) == limit:
            break
    next_cursor = cursor_of(reader, after[1] + after[0]) if after else None
    return document(request, Recordings(recordings=found, next_cursor=next_cursor))


@router.get(
    "/v1/recordings/{recording}/readings",
    summary="A recording's readings, also such as are not sealed yet",
    response_model=Readings,
    responses=shown(READINGS, "By number") | problems(400, 401, 404, 503),
)
def get_readings(
    request: Request,
    reader: TheReader,
    recording: TheRecording,
    logger: Annotated[Name | None, Query(examples=[LOGGER])] = None,
    after: Annotated[int, Query(ge=-1, le=2**53 - 1, examples=[119])] = -1,
    limit: Limit = 100,
) -> Response:
    """Only from the time in which the logger was with bags of therapies that the reader may read. Where
    two loggers gave their recordings the same name: of `logger`, or of the one that began first."""
    watching, store = Watching(reader), reader.node.live.store
    named = [one for one in store.named(recording) if logger in (None, one.logger)]
    known = next((one for one in named if watching.chains(one) is not None), None)
    if known is None:
        raise NotFound("no_such_recording", "there is no such recording that you may read")
    looked = store.packets(known.run, after, limit + 1)
    page = looked[:limit]
    told = Readings(
        recording=recording,
        logger=known.logger,
        packets=[_packet(one) for one in page if watching.shows(one)],
        after=max([after, *(one.last for one in page)]),
        more=len(looked) > limit,
    )
    return document(request, told)


def _recording(one: LiveRecording, chains: list[str]) -> RecordingDocument:
    return RecordingDocument(
        recording=one.recording,
        logger=one.logger,
        chains=chains,
        started_at=timestamp(one.first_ms),
        last_at=timestamp(one.last_ms),
        interval_s=one.interval_ms // 1000,
        highest=one.highest,
        packets=one.packets,
        readings=one.readings,
        missing=one.missing,
        duplicates=one.duplicates,
        disorder=one.disorder,
        replays=one.replays,
        refused=one.refused,
        first_received_at=timestamp(one.first_received_ms),
        last_received_at=timestamp(one.last_received_ms),
    )


def _packet(one: LivePacket) -> PacketDocument:
    values = array("h", one.packed)
    return PacketDocument(
        first=one.first,
        started_at=timestamp(one.started_ms),
        interval_s=one.interval_ms // 1000,
        readings_centi_c=[None if value == NO_READING else value for value in values],
        range_low_centi_c=one.range_low,
        range_high_centi_c=one.range_high,
        battery_pct=one.battery,
        tilt_deg=one.tilt,
        received_at=timestamp(one.received_ms),
        segment=one.segment,
    )
