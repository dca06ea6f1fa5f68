"""The app's own tests, run from here so that one command proves all."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.conformance.vectors import DEFAULT
from tests.web.agent import WEB, must_have_node


def test_the_apps_types_hold() -> None:
    must_have_node()
    ran = subprocess.run(
        ["npm", "run", "--silent", "check"], cwd=WEB, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_apps_own_tests_pass() -> None:
    must_have_node()
    environment = {"UNBROKEN_VECTORS": str(DEFAULT)} | os.environ | {"NO_COLOR": "1"}
    ran = subprocess.run(
        ["npm", "test", "--silent"], cwd=WEB, capture_output=True, text=True, timeout=900, check=False,
        env=environment,
    )  # fmt: skip
    sys.stdout.write(ran.stdout[-8000:])
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-4000:]
