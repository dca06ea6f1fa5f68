"""What a page must be on every screen: quiet, accessible, and looked at."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Request, ViewportSize

from tests.browser.chromium import DESK, PHONE
from tests.e2e.live import ROOT

AXE = ROOT / "clients" / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
IMAGES = ROOT / "docs" / "images" / "app"
# Two-dimensional by nature, or fields, whose text runs on inside them.
WIDE = ".scroll, .lineage, .chart, .dump, .scanner .view, input, select, textarea"
NARROW: ViewportSize = {"width": 320, "height": 568}
WANTED = "UNBROKEN_SCREENS"  # set: the screenshots under docs/ are taken anew


@dataclass
class Heard:
    """What a page said and asked for. Its own origin, and no error, is what we want."""

    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)  # by the page's own policy, before they left

    def elsewhere(self, origin: str) -> list[str]:
        own = (f"{origin}/", "data:", f"blob:{origin}/")
        return [url for url in self.requests if not url.startswith(own) and url not in self.blocked]


def listen(page: Page) -> Heard:
    """Everything from now on: console errors, exceptions, broken policies, requests."""
    heard = Heard()
    page.on("console", lambda said: said.type == "error" and heard.errors.append(said.text))
    page.on("pageerror", lambda error: heard.errors.append(str(error)))
    page.context.on("request", lambda request: heard.requests.append(request.url))
    page.context.on("requestfailed", lambda request: _note_failure(request, heard))
    return heard


def _note_failure(request: Request, heard: Heard) -> None:
    if request.failure == "csp":
        heard.blocked.append(request.url)


def axe(page: Page, **options: Any) -> None:
    """Fails with every violation of WCAG 2.2 A and AA that axe finds, and where."""
    page.evaluate(AXE.read_text(encoding="utf-8") + "\n;undefined")
    rules = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]} | options
    found = page.evaluate("rules => axe.run(document, rules)", rules)
    assert not found["violations"], "\n".join(_told(one) for one in found["violations"])


def reflows(page: Page) -> None:
    """WCAG 1.4.10: at 320 CSS pixels (1280 at 400 %) nothing but what is two-dimensional by nature (a
    graph, a chart, a table, each in a box of its own) is scrolled to and fro. Fails with what sticks out.
    """
    page.set_viewport_size(NARROW)
    found = page.evaluate(_STICKS_OUT, [NARROW["width"], WIDE])
    assert not found, f"wider than {NARROW['width']} CSS pixels: {found}"


_STICKS_OUT = """([width, wide]) => {
  const styles = one => one.className.baseVal ?? one.className;
  const names = one => `${one.localName}.${styles(one)}: ${one.textContent.slice(0, 40)}`;
  const all = [...document.body.querySelectorAll("*")].filter(one => !one.closest(wide));
  const isWide = one => one.getBoundingClientRect().right > width + 0.5;
  const page = document.scrollingElement.scrollWidth > width ? all.filter(isWide) : [];
  const boxes = all.filter(one => getComputedStyle(one).overflowX !== "visible" && one.clientWidth > 1
    && one.scrollWidth > one.clientWidth + 1);
  return [...page, ...boxes].map(names).slice(0, 12);
}"""


def _told(violation: dict[str, Any]) -> str:
    where = "\n".join(f"    {node['target']}: {node['failureSummary']}" for node in violation["nodes"])
    return f"{violation['id']} ({violation['impact']}): {violation['help']}\n{where}"


def screens(page: Page, name: str, settle: Any = None) -> list[Path]:
    """Check the screen with axe as a phone and a desk show it, light and dark, and that it reflows; with
    UNBROKEN_SCREENS set, keep docs/images/app/<name>-<phone|desk>-<light|dark>.png.
    `settle` is called with the page before each one. The page is afterwards as it was.
    """
    before = page.viewport_size
    taken = []
    for device, options in (("phone", PHONE), ("desk", DESK)):
        page.set_viewport_size(options["viewport"])
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            if settle:
                settle(page)
            axe(page)
            taken += _kept(page, f"{name}-{device}-{scheme}.png")
    reflows(page)
    page.emulate_media(color_scheme="null", reduced_motion="null")
    if before:
        page.set_viewport_size(before)
    return taken


def _kept(page: Page, file: str) -> list[Path]:
    if WANTED not in os.environ:
        return []
    IMAGES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=IMAGES / file)
    return [IMAGES / file]
