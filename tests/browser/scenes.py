"""What a camera sees of a label on its bag: symbols as printed, and what happens to them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import qrcode
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from tests.browser.camera import SIZE

Harm = Callable[[Image.Image], Image.Image]
MODULE = 6  # pixels: a label a hand's breadth before a telephone's camera
DESK = 176  # grey


def qr(text: str, module: int = MODULE) -> Image.Image:
    """Level Q, quiet zone 4, as labels are printed."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_Q, box_size=module, border=4)
    code.add_data(text)
    code.make()
    return code.make_image().get_image().convert("L")


def datamatrix(text: str, module: int = MODULE, **options: bool) -> Image.Image:
    """Square, quiet zone 2."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix, force_square=True, **options)
    small = np.pad(np.array(code.to_image(scale=1, add_quiet_zones=False)), 2, constant_values=255)
    return Image.fromarray(small).resize((len(small) * module,) * 2, Image.Resampling.NEAREST)


def code128(text: str, module: int = 3) -> Image.Image:
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    bars = np.array(code.to_image(scale=1, add_quiet_zones=False))[:1]
    line = np.pad(bars, ((0, 0), (10, 10)), constant_values=255)
    return Image.fromarray(line).resize((line.shape[1] * module, 110), Image.Resampling.NEAREST)


def rotated(degrees: float) -> Harm:
    return lambda label: label.rotate(degrees, expand=True, fillcolor=DESK, resample=Image.Resampling.BICUBIC)


def blurred(radius: float) -> Harm:
    return lambda label: label.filter(ImageFilter.GaussianBlur(radius))


def frosted(label: Image.Image) -> Image.Image:
    """A white veil takes two thirds of the contrast, and ice crystals lie over it."""
    dice = np.random.default_rng(4)
    ice = Image.fromarray(dice.integers(0, 256, label.size[::-1], dtype=np.uint8))
    crystals = np.asarray(ice.filter(ImageFilter.GaussianBlur(1.2)), dtype=np.float64) - 128
    veiled = np.asarray(label, dtype=np.float64) * 0.33 + 150 + crystals
    return Image.fromarray(np.clip(veiled, 0, 255).astype(np.uint8))


def covered(share: float) -> Harm:
    """A thumb or a drop on so much of the symbol's middle, off its finder and alignment patterns."""

    def harm(label: Image.Image) -> Image.Image:
        label = label.copy()
        left, top, right, bottom = ImageOps.invert(label).getbbox() or (0, 0, *label.size)
        side = round((share * (right - left) * (bottom - top)) ** 0.5)
        at = round(left + 0.3 * (right - left)), round(top + 0.3 * (bottom - top))
        ImageDraw.Draw(label).rectangle((*at, at[0] + side, at[1] + side), fill=90)
        return label

    return harm


def scene(*labels: tuple[Image.Image, tuple[float, float]], light: float = 1.0) -> list[Image.Image]:
    """Three frames of the labels on a desk, each with its centre at a share of the picture's size;
    the sensor's noise differs from frame to frame.
    """
    desk = Image.new("L", SIZE, DESK)
    for label, (x, y) in labels:
        desk.paste(label, (round(SIZE[0] * x - label.width / 2), round(SIZE[1] * y - label.height / 2)))
    return [_lit(desk, light, seed) for seed in range(3)]


def centred(label: Image.Image) -> list[Image.Image]:
    return scene((label, (0.5, 0.5)))


def _lit(desk: Image.Image, light: float, seed: int) -> Image.Image:
    noise = np.random.default_rng(seed).normal(0, 2.5, SIZE[::-1])
    return Image.fromarray(np.clip(np.asarray(desk) * light + noise, 0, 255).astype(np.uint8))
