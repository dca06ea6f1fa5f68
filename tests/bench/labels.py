"""Labels drawn and encoded on one core, and how much of that is the QR encoder's own time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

from ledger.labels.content import Content
from ledger.labels.drawing import draw
from ledger.labels.link import make_link
from ledger.labels.picture import Picture
from ledger.labels.symbols import codewords, qr_code
from ledger.labels.templates import load_template
from tests.bench.table import RUNS, Row, at_least
from tests.labels_sample import sample

LABELS = 60
WANTED = {"PNG": 100, "ZPL": 200}  # labels a second
FORMATS: dict[str, Callable[[Picture], bytes]] = {"PNG": Picture.png, "ZPL": Picture.zpl}


def run() -> list[Row]:
    """Cryobag labels, each with a serial and link of its own, at the resolutions that are used most."""
    rows = []
    for dpi in (203, 300):
        rows += [_rate(name, dpi) for name in FORMATS]
        rows.append(_share(dpi))
    return rows


def _rate(name: str, dpi: int) -> Row:
    rates = [
        LABELS / _seconds(partial(_all, _contents(turn), dpi, FORMATS[name])) for turn in range(RUNS + 1)
    ]
    ours = statistics.median(rates[1:])  # the first run draws what labels share
    return at_least(f"cryobag, {dpi} dpi, {name}, one core", ours, WANTED[name], 1.0)


def _share(dpi: int) -> Row:
    """Of a ZPL label's time: the `qrcode` package's part, which no work of ours can shorten."""
    links = [content.link for content in _contents(0)]
    versions = [(qr_code(link).size - 17) // 4 for link in links]
    alone = [_seconds(lambda: [*map(codewords, links, versions)]) for _ in range(RUNS)]
    whole = [_seconds(partial(_all, _contents(turn), dpi, Picture.zpl)) for turn in range(RUNS)]
    ours, other = (statistics.median(times) / LABELS * 1000 for times in (alone, whole))
    name = f"cryobag, {dpi} dpi, the QR encoder's own time in a ZPL label"
    return Row(name, f"{ours:.2f} ms", f"{other:.2f} ms", ours / other, "shown", met=True)


def _seconds(action: Callable[[], object]) -> float:
    """Of the processor: what else runs on the machine does not count."""
    start = time.process_time()
    action()
    return time.process_time() - start


def _contents(turn: int) -> list[Content]:
    made = []
    for number in range(LABELS):
        serial = f"L{turn:05}{number:05}"
        link = make_link("ledger.example.org", "A999921123456-01", serial, f"{number:016}")
        own = {"din": f"A9999{turn:02}{number:06}", "coi": f"CHA99992{number:06}", "bag": str(number % 9 + 1)}
        made.append(sample(serial=serial, link=link, bags="9", biohazard=True, **own))
    return made


def _all(contents: list[Content], dpi: int, encode: Callable[[Picture], bytes]) -> None:
    template = load_template("cryobag")
    for content in contents:
        encode(draw(content, template, dpi))
