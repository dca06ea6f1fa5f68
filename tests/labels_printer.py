"""The fake printer: ZPL in, what it would burn out. Wants node and npm; without them its tests are skipped.

One process renders all labels. The renderer is not ours: `zpl-renderer-js`, by its lock file.
"""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from ledger.labels.picture import Picture

HERE = Path(__file__).parent / "printer"
PER_MM = {203: 8, 300: 12, 600: 24}  # as Zebra names its print heads


class Printer:
    """Burns one label after the other."""

    def __init__(self, directory: Path) -> None:
        self._process = subprocess.Popen(
            ["node", "render.mjs"], cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def burn(self, zpl: bytes, picture: Picture) -> Image.Image:
        """`picture`: only its size in dots is used, as a printer knows its label's size."""
        job = {
            "zpl": zpl.decode(),
            "width": picture.width,
            "height": picture.height,
            "perMm": PER_MM[picture.dpi],
        }
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(job).encode() + b"\n")
        self._process.stdin.flush()
        return Image.open(io.BytesIO(base64.b64decode(self._process.stdout.readline()))).convert("L")

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=60)


def open_printer(scratch: Path) -> Iterator[Printer]:
    """Installed as the lock file says, beside the tests or, where that was not done, for this run."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("no node and npm: the fake printer renders no ZPL")
    directory = HERE if (HERE / "node_modules").is_dir() else _installed(scratch)
    printer = Printer(directory)
    yield printer
    printer.close()


def _installed(scratch: Path) -> Path:
    for name in ("package.json", "package-lock.json", "render.mjs"):
        shutil.copy(HERE / name, scratch)
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=scratch,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"npm could not install the fake printer: {done.stderr[-200:]}")
    return scratch
