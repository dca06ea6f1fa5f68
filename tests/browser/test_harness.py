"""The harness itself: the fake camera shows what it was given, and axe finds what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Playwright, expect

from tests.browser.camera import write_video
from tests.browser.chromium import launch
from tests.browser.screens import axe
from tests.e2e.house import House

COLOURS = {"red": (200, 30, 30), "green": (30, 160, 60), "blue": (40, 60, 200)}
SEEN = """() => new Promise(async resolve => {
  const video = document.createElement("video");
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 } });
  await video.play();
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  const seen = new Set();
  const look = () => {
    canvas.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
    const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
    seen.add(red > green && red > blue ? "red" : green > blue ? "green" : "blue");
    if (seen.size === 3 || performance.now() > end) resolve([...seen].sort());
    else setTimeout(look, 30);
  };
  const end = performance.now() + 8000;
  look();
})"""


@pytest.mark.parametrize("kind", ["y4m", "mjpeg"])
def test_the_camera_shows_the_video_over_and_over(
    playwright: Playwright, live: House, tmp_path: Path, kind: str
) -> None:
    frames = [Image.new("RGB", (640, 360), colour) for colour in COLOURS.values() for _ in range(5)]
    video = write_video(tmp_path / f"video.{kind}", frames, size=(640, 360))
    browser = launch(playwright, video)
    try:
        page = browser.new_page()
        page.goto(f"{live.url}/app/")
        assert page.evaluate(SEEN) == sorted(COLOURS)
    finally:
        browser.close()


def test_axe_fails_with_what_is_wrong_and_where(live: House, page: Page) -> None:
    page.goto(f"{live.url}/app/")
    expect(page.locator("h1")).to_be_visible()
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('img'), {src: '/app/icon.svg'}))"
    )
    with pytest.raises(AssertionError, match="image-alt"):
        axe(page)
