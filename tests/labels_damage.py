"""What happens to a label between the printer and the scanner, in numbers: `python -m tests.labels_damage`.

A simulation with fixed seeds: a print at 300 dpi whose module is five dots (0.42 mm), seen by a camera at
two pixels a dot, a little blurred and noisy. It compares damages with each other; no freezer was asked.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ledger.labels.symbols import Matrix, datamatrix, qr_code

Grey = NDArray[np.float64]
Damage = Callable[[Grey, np.random.Generator], Grey]

LINK = "HTTPS://LEDGER.EXAMPLE.ORG/B/A999921123456-01.L7QK2M4D9XP.0123456789ABCDEF"
MESSAGE = "=+04000=A99992112345600=<A9999V00=,000001&/CHA999921000123"  # 26 modules wide
MODULE = 5  # dots: 0.42 mm at 300 dpi
QUIET = 4  # a DataMatrix has half of it to itself, and white paper around
TRIALS = 60
CAMERA = 2  # pixels a dot
FRAMES = 3  # a hand is never still: each frame is turned a little
INK, PAPER = 25.0, 235.0


class Symbol(NamedTuple):
    """What is printed and read."""

    text: str
    matrix: Matrix
    format: zxingcpp.BarcodeFormat


QR = Symbol(LINK, qr_code(LINK), zxingcpp.BarcodeFormat.QRCode)
DATAMATRIX = Symbol(MESSAGE, datamatrix(MESSAGE), zxingcpp.BarcodeFormat.DataMatrix)


def printed(matrix: Matrix) -> Grey:
    """With its quiet zone: the link's QR code is 225 dots wide."""
    dark = np.frombuffer(matrix.dark, np.uint8).reshape(matrix.size, matrix.size)
    dots = np.kron(np.pad(dark, QUIET), np.ones((MODULE, MODULE)))
    return np.where(dots > 0, INK, PAPER)


def frames(picture: Grey, rng: np.random.Generator, symbol: Symbol) -> int:
    """The frame in which the camera gave back the text, from 1; 0 if none of `FRAMES` did."""
    paper = np.pad(picture, 40, constant_values=PAPER).clip(0, 255).astype(np.uint8)
    large = Image.fromarray(np.kron(paper, np.ones((CAMERA, CAMERA), np.uint8)))
    for number in range(FRAMES):
        angle = rng.uniform(-8, 8) if number else 0
        seen = large.rotate(angle, Image.Resampling.BICUBIC, fillcolor=int(PAPER))
        soft = np.asarray(seen.filter(ImageFilter.GaussianBlur(1.2)), float)
        noisy = (soft + rng.normal(0, 5, soft.shape)).clip(0, 255).astype(np.uint8)
        found = zxingcpp.read_barcodes(noisy, formats=symbol.format, text_mode=zxingcpp.TextMode.Plain)
        if any(one.text == symbol.text for one in found):
            return number + 1
    return 0


def rates(damage: Damage, symbol: Symbol = QR, trials: int = TRIALS) -> tuple[int, int]:
    """Percent of the trials that are read in the first frame, and in any."""
    clean, first, ever = printed(symbol.matrix), 0, 0
    for seed in range(trials):
        rng = np.random.default_rng(seed)
        number = frames(damage(clean.copy(), rng), rng, symbol)
        first, ever = first + (number == 1), ever + (number > 0)
    return round(100 * first / trials), round(100 * ever / trials)


def nothing(picture: Grey, _: np.random.Generator) -> Grey:
    return picture


def rotated(picture: Grey, rng: np.random.Generator) -> Grey:
    """By any angle."""
    turned = Image.fromarray(picture.astype(np.uint8)).rotate(
        rng.uniform(0, 360), Image.Resampling.BICUBIC, expand=True, fillcolor=int(PAPER)
    )
    return np.asarray(turned, float)


def blurred(modules: float) -> Damage:
    def blur(picture: Grey, _: np.random.Generator) -> Grey:
        soft = Image.fromarray(picture.astype(np.uint8)).filter(ImageFilter.GaussianBlur(modules * MODULE))
        return np.asarray(soft, float)

    return blur


def faded(contrast: float) -> Damage:
    """Ink that is hardly darker than paper."""

    def fade(picture: Grey, _: np.random.Generator) -> Grey:
        return PAPER - (PAPER - picture) * contrast

    return fade


def glare(picture: Grey, rng: np.random.Generator) -> Grey:
    """A lamp in the film over the label: white in its middle, fading out, a tenth of the symbol wide."""
    x, y = _grid(picture)
    cx, cy = rng.uniform(0.3, 0.7, 2) * picture.shape[0]
    radius = 0.16 * picture.shape[0]
    light = np.exp(-(((x - cx) ** 2 + (y - cy) ** 2) / (2 * radius**2)))
    return picture + 255 * light


def frost(part: float) -> Damage:
    """White crystals of many sizes on a part of it, and haze between them."""

    def grow(picture: Grey, rng: np.random.Generator) -> Grey:
        growth = _noise(picture, rng, 9) + 0.7 * _noise(picture, rng, 2)
        cover = np.where(growth > np.quantile(growth, 1 - part), 1.0, 0.25)
        return picture * (1 - cover) + 245 * cover

    return grow


def dead_element(dots: int) -> Damage:
    """Elements of the print head that burn no more: a white line through the whole label."""

    def line(picture: Grey, rng: np.random.Generator) -> Grey:
        at = int(rng.integers(QUIET * MODULE, picture.shape[1] - QUIET * MODULE - dots))
        picture[:, at : at + dots] = PAPER
        return picture

    return line


def covered(part: float) -> Damage:
    """One patch on the symbol, of any shape from flat to tall, anywhere on it, of any grey."""

    def cover(picture: Grey, rng: np.random.Generator) -> Grey:
        edge, side = QUIET * MODULE, picture.shape[0] - 2 * QUIET * MODULE
        aspect = rng.uniform(0.6, 1.6)
        wide, high = (int(side * (part * ratio) ** 0.5) for ratio in (aspect, 1 / aspect))
        left, top = (edge + int(rng.integers(0, side - size + 1)) for size in (wide, high))
        picture[top : top + high, left : left + wide] = rng.uniform(INK, PAPER)
        return picture

    return cover


def spotted(part: float) -> Damage:
    """Drops that cover a part of the symbol together."""

    def drop(picture: Grey, rng: np.random.Generator) -> Grey:
        x, y = _grid(picture)
        edge, side = QUIET * MODULE, picture.shape[0] - 2 * QUIET * MODULE
        spots = np.zeros(picture.shape, bool)
        inside = (x >= edge) & (x < edge + side) & (y >= edge) & (y < edge + side)
        while spots[inside].mean() < part:
            cx, cy = edge + rng.uniform(0, side, 2)
            spots |= (x - cx) ** 2 + (y - cy) ** 2 < (rng.uniform(0.02, 0.06) * side) ** 2
        picture[spots] = rng.uniform(INK, PAPER)
        return picture

    return drop


def _grid(picture: Grey) -> tuple[Grey, Grey]:
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(float)
    return x, y


def _noise(picture: Grey, rng: np.random.Generator, radius: float) -> Grey:
    raw = Image.fromarray(rng.integers(0, 256, picture.shape).astype(np.uint8))
    soft = np.asarray(raw.filter(ImageFilter.GaussianBlur(radius)), float)
    return (soft - soft.mean()) / soft.std()


DAMAGES: dict[str, Damage] = {
    "none": nothing,
    "rotated by any angle": rotated,
    "blur of a quarter of a module": blurred(0.25),
    "blur of half a module": blurred(0.5),
    "a quarter of the contrast": faded(0.25),
    "a tenth of the contrast": faded(0.1),
    "glare of a lamp": glare,
    "frost on a twentieth, haze on the rest": frost(0.05),
    "frost on a fifth, haze on the rest": frost(0.2),
    "one dead element of the print head": dead_element(1),
    "a dead line one module wide": dead_element(MODULE),
    "15 % covered by one patch": covered(0.15),
    "5 % covered by drops": spotted(0.05),
    "15 % covered by drops": spotted(0.15),
}


OF_DATAMATRIX: dict[str, Damage] = {
    "DataMatrix, none": nothing,
    "DataMatrix, 6 % covered by one patch": covered(0.06),
    "DataMatrix, 10 % covered by one patch": covered(0.1),
    "DataMatrix, 15 % covered by one patch": covered(0.15),
}
ALL: dict[str, tuple[Damage, Symbol]] = {
    **{name: (damage, QR) for name, damage in DAMAGES.items()},
    **{name: (damage, DATAMATRIX) for name, damage in OF_DATAMATRIX.items()},
}


def table() -> str:
    rows = ["| Damage | Read in the first frame | Read in three |", "|---|---|---|"]
    for name, (damage, symbol) in ALL.items():
        first, ever = rates(damage, symbol)
        rows.append(f"| {name} | {first} % | {ever} % |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
