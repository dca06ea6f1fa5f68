"""Where the published test vectors are, and a visible skip where they are not.

`UNBROKEN_VECTORS` names their directory; without it `../shared/vectors` beside the project
is looked at. Each test that uses them asserts how many cases it ran, so that an emptied
directory fails instead of passing.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
DEFAULT = PROJECT.parent / "shared" / "vectors"


def vectors(name: str) -> Path:
    """The directory of one published set; skips the test when it isn't on this machine."""
    base = Path(os.environ.get("UNBROKEN_VECTORS") or DEFAULT)
    if not (base / name).is_dir():
        pytest.skip(f"no published vectors {name!r} under {base}: set UNBROKEN_VECTORS")
    return base / name


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
