"""Ingest through HTTP: beside the application's own rate, and beside an empty POST."""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.proof.keyfile import seal_key
from ledger.proof.sequence import split
from tests.bench.load import chains, statements
from tests.bench.served import PASSPHRASE
from tests.bench.table import RUNS, Row, at_least
from tests.conftest import throw_away_database
from tests.scenario import Clock, Scenario, open_scenario

CONNECTIONS = 32
BODY = 200  # statements
BODIES = 6  # in a run
SINGLES = 30  # statements a connection and run
TURNS = 2 * RUNS + 1  # of two nodes and of one, which are short
ONE, MANY = "application/cose", "application/cbor-seq"

Requests = list[list[bytes]]  # a list for each connection


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        url = f"sqlite:///{directory}/ledger.db"
        scenario = _furnished(folder, url)
        direct = [_bodies(scenario, run) for run in range(RUNS)]
        bodies = [_bodies(scenario, RUNS + run) for run in range(RUNS)]
        singles = _singles(scenario, CONNECTIONS, RUNS)
        own = statistics.median(_direct(scenario, one) for one in direct)
        scenario.ledger.close()
        with server(folder, url) as port:
            through = statistics.median(_pump([port], [_post(MANY, one)], BODY * BODIES) for one in bodies)
            rates = [_pair(port, one) for one in singles]
    alone, nothing = (statistics.median(rate[at] for rate in rates) for at in (0, 1))
    return [
        at_least(f"bodies of {BODY} statements, beside the application itself", through, own, 0.7),
        at_least(
            f"one statement a POST, {CONNECTIONS} connections, beside an empty POST", alone, nothing, 0.6
        ),
    ]


def postgres_rows() -> list[Row]:
    """On the server that the tests find."""
    with contextmanager(throw_away_database)() as url:
        return _two_nodes(url)


def _two_nodes(url: str) -> list[Row]:
    """Two server processes on one PostgreSQL database, beside one."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        scenario = _furnished(folder, url)
        # Each run has therapies of its own: none is long, and no node has to read what the other one wrote.
        singles = [_singles(scenario, CONNECTIONS, 1, CONNECTIONS * run)[0] for run in range(2 * TURNS)]
        scenario.ledger.close()
        with server(folder, url) as first, server(folder, url) as second:
            count = CONNECTIONS * SINGLES
            both, one = [], []
            for run in range(TURNS):
                both.append(_pump([first, second], [_post(ONE, raws) for raws in singles[2 * run]], count))
                one.append(_pump([first], [_post(ONE, raws) for raws in singles[2 * run + 1]], count))
    return [
        at_least(
            "PostgreSQL, two server processes beside one",
            statistics.median(both),
            statistics.median(one),
            1.0,
        )
    ]


def _furnished(folder: Path, url: str) -> Scenario:
    scenario = open_scenario(url, folder, Clock(time.time_ns() // 1_000_000))
    config = scenario.ledger.config
    for name, key in (("log.pem", config.log_key), ("event.pem", config.event_key)):
        (folder / name).write_bytes(seal_key(key, PASSPHRASE))
    return scenario


def _bodies(scenario: Scenario, run: int) -> list[bytes]:
    """Bodies of one chain and one phone, to be sent one after another."""
    (chain,) = chains(scenario, 1, first=10_000 + run)
    raws = statements(scenario, chain, BODY * BODIES)
    return [b"".join(raws[at : at + BODY]) for at in range(0, len(raws), BODY)]


def _singles(scenario: Scenario, connections: int, runs: int, first: int = 0) -> list[list[list[bytes]]]:
    made = [statements(scenario, chain, SINGLES * runs) for chain in chains(scenario, connections, first)]
    return [[raws[SINGLES * run : SINGLES * (run + 1)] for raws in made] for run in range(runs)]


def _direct(scenario: Scenario, bodies: list[bytes]) -> float:
    """The application's own rate for the same bodies, one after another."""
    start = time.perf_counter()
    for body in bodies:
        results = scenario.ledger.submit(split(body, BODY)).result()
        assert not any(isinstance(result, Exception) for result in results)
    return BODY * BODIES / (time.perf_counter() - start)


def _pair(port: int, singles: list[list[bytes]]) -> tuple[float, float]:
    """One run of each, close together in time."""
    count = CONNECTIONS * SINGLES
    alone = _pump([port], [_post(ONE, raws) for raws in singles], count)
    empty = [_post(ONE, raws, "/empty") for raws in singles]
    return alone, _pump([port], empty, count)


def _post(content_type: str, bodies: list[bytes], path: str = "/v1/statements") -> list[bytes]:
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: {content_type}\r\nContent-Length: "
    return [f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies]


def _pump(ports: list[int], work: Requests, statements: int) -> float:
    """Statements a second: every connection sends, waits for its answer, and sends again."""
    return statements / asyncio.run(_all(ports, work))


async def _all(ports: list[int], work: Requests) -> float:
    streams = [await asyncio.open_connection("127.0.0.1", ports[at % len(ports)]) for at in range(len(work))]
    start = time.perf_counter()
    await asyncio.gather(*(_one(*stream, requests) for stream, requests in zip(streams, work, strict=True)))
    took = time.perf_counter() - start
    for _, writer in streams:
        writer.close()
    return took


async def _one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: list[bytes]) -> None:
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head[9:12] in (b"200", b"201"), head
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)


@contextmanager
def server(folder: Path, url: str) -> Iterator[int]:
    """A server process of its own; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tests.bench.served", str(folder), url, str(port)]
    process = subprocess.Popen(command, env=os.environ)
    try:
        _await(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError("the benchmark's server did not start")
