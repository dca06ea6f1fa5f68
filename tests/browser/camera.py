"""Videos for Chromium's fake camera, made of still images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

SIZE = (1280, 720)


def write_video(
    path: Path, frames: Sequence[Image.Image], *, size: tuple[int, int] = SIZE, fps: int = 15
) -> Path:
    """`path` ends in .y4m (exact, large) or .mjpeg (as a phone's camera compresses). Each image is
    fitted into the middle of a frame; the camera begins again after the last.
    """
    fitted = [_fitted(frame, size) for frame in frames]
    write = {".y4m": _write_y4m, ".mjpeg": _write_mjpeg}[path.suffix]
    write(path, fitted, fps)
    return path


def _fitted(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    frame = Image.new("RGB", size, (120, 124, 130))
    shrunk = image.convert("RGB")
    shrunk.thumbnail(size)
    frame.paste(shrunk, ((size[0] - shrunk.width) // 2, (size[1] - shrunk.height) // 2))
    return frame


def _write_y4m(path: Path, frames: list[Image.Image], fps: int) -> None:
    width, height = frames[0].size
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in frames:
            luma, *chroma = frame.convert("YCbCr").split()
            file.write(b"FRAME\n" + luma.tobytes())
            for plane in chroma:
                file.write(plane.resize((width // 2, height // 2)).tobytes())


def _write_mjpeg(path: Path, frames: list[Image.Image], fps: int) -> None:
    with path.open("wb") as file:
        for frame in frames:
            frame.save(file, "JPEG", quality=80)
