"""The scanner in a real browser: a camera that sees labels, and keys that a scanner types."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Playwright, expect

from tests.browser.camera import write_video
from tests.browser.chromium import DESK, PHONE, launch
from tests.browser.house import House
from tests.browser.scenes import (
    blurred,
    centred,
    code128,
    covered,
    datamatrix,
    frosted,
    qr,
    rotated,
    scene,
)
from tests.browser.screens import listen, screens

CHECK = "0123456789ABCDEF"
PART = f"DOSE-1.L0123456789.{CHECK}"
MESSAGE = "=+04000=A99992112345663=<S1234V00&>0263652359&/CHA999926ABC123"
HARMS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "clean": lambda label: label,
    "rotated by 30 degrees": rotated(30),
    "rotated by 90 degrees": rotated(90),
    "frosted": frosted,
    "blurred": blurred(2.2),
    "15 % covered": covered(0.15),
}


@pytest.fixture
def looking(playwright: Playwright, live: House, tmp_path: Path) -> Callable[..., object]:
    """The scanner's screen, its camera on what the frames show."""

    @contextmanager
    def look(frames: list[Image.Image], **options: object) -> Iterator[Page]:
        browser = launch(playwright, write_video(tmp_path / "scene.y4m", frames))
        try:
            page = browser.new_page(**(PHONE | {"locale": "en-GB"} | options))
            page.set_default_timeout(20_000)
            page.add_init_script(WATCH)
            page.goto(f"{live.url}/app/scan")
            yield page
        finally:
            browser.close()

    return look


# When the picture first moved, and when what was read was first on the screen.
WATCH = """
addEventListener("playing", () => { window.began ??= performance.now(); }, true);
new MutationObserver(() => {
  const read = document.querySelector(".notice.ok") || location.pathname.includes("/B/");
  if (read) window.ended ??= performance.now();
}).observe(document, { subtree: true, childList: true, characterData: true });
"""


def host(live: House) -> str:
    return live.url.removeprefix("http://").upper()


def took(page: Page) -> float:
    """Milliseconds from the camera's first frame to the result on the screen."""
    return float(page.evaluate("window.ended - window.began"))


@pytest.mark.parametrize("harm", HARMS)
def test_a_labels_link_is_read(live: House, looking: Callable[..., Iterator[Page]], harm: str) -> None:
    with looking(centred(HARMS[harm](qr(f"HTTPS://{host(live)}/B/{PART}")))) as page:
        page.wait_for_url(f"**/app/B/{PART}")
        print(f"\nQR code {harm}: {took(page):.0f} ms from the first frame")


@pytest.mark.parametrize("harm", HARMS)
def test_a_datamatrix_is_read(looking: Callable[..., Iterator[Page]], harm: str) -> None:
    with looking(centred(HARMS[harm](datamatrix(MESSAGE, 8)))) as page:
        expect(page.get_by_text("A999921123456").first).to_be_visible()
        expect(page.get_by_text("isbt128:CHA999926ABC123")).to_be_visible()
        print(f"\nDataMatrix {harm}: {took(page):.0f} ms from the first frame")
