"""The machine's Chromium, headless: found, started, and killed as a phone is that loses power."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = (
    "no Chromium: install one (Debian: apt-get install chromium), or name it with UNBROKEN_CHROMIUM=/path"
)
FLAGS = (
    "--no-sandbox",  # tests run as root in containers, where its sandbox does not start
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Another build of Chromium may meet a page as a stranger does: 390x844 is a phone in the hand.
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}


def find_chromium() -> str | None:
    """`UNBROKEN_CHROMIUM`, or the first of the usual names that is there."""
    named = os.environ.get("UNBROKEN_CHROMIUM")
    if named:
        return named if os.access(named, os.X_OK) else None
    return next((path for path in map(shutil.which, NAMES) if path), None)


def camera_flags(video: Path | None) -> list[str]:
    """A camera that shows the video (`camera.py`) over and over, and that nobody has to allow."""
    if video is None:
        return []
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    ]


def launch(playwright: Playwright, video: Path | None = None, more: Sequence[str] = ()) -> Browser:
    """A browser whose contexts share nothing and leave nothing behind."""
    args = [*FLAGS, *camera_flags(video), *more]
    return playwright.chromium.launch(executable_path=find_chromium(), args=args)


@contextmanager
def phone(
    playwright: Playwright, profile: Path, *, video: Path | None = None, **options: Any
) -> Iterator[BrowserContext]:
    """A browser of its own with a profile on disk, for what has to outlive it. One at a time."""
    args = [*FLAGS, *camera_flags(video)]
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=find_chromium(), args=args, **(PHONE | options)
    )
    try:
        yield context
    finally:
        with suppress(Error):  # killed before
            context.close()


def kill(profile: Path) -> int:
    """SIGKILL to every process of the browser that runs on the profile; how many there were."""
    mine = f"--user-data-dir={profile}".encode()
    killed = 0
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and mine in (entry / "cmdline").read_bytes().split(b"\0"):
                os.kill(int(entry.name), signal.SIGKILL)
                killed += 1
    for lock in profile.glob("Singleton*"):  # what a killed browser leaves, and the next one asks about
        lock.unlink()
    return killed
