"""The page that lies in a bundle, in a real Chromium: its audit beside bare WebCrypto in the same page.

The bundle is a whole log's, with a head for each few entries as a busy ledger makes them. Ours: from the
bundle's bytes in memory to the report, as the page measures it (`audit`): archive, digests, tree, strict
envelopes and events, signatures, those of the heads, and the page's own story (step 13). Bare: the
signatures of the same entries alone, keys and messages ready, all handed to WebCrypto at once or one after
the other, whichever is faster. Taken in turn. The larger bundle is of as many entries as that of `bundle.py`.
"""

from __future__ import annotations

import base64
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from clients.built import VERIFIER
from tests.bench.audit import _jobs
from tests.bench.bundle import _log, _write
from tests.bench.table import RUNS, Row, at_least
from tests.browser.chromium import DESK, launch

if TYPE_CHECKING:
    from playwright.sync_api import Page

SIZES = 4_000, 12_000
WAIT_MS = 120_000

_READY = """async jobs => {
  const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const keys = new Map();
  for (const [key] of jobs) if (!keys.has(key))
    keys.set(key, await crypto.subtle.importKey("raw", bytes(key), "Ed25519", false, ["verify"]));
  window.jobs = jobs.map(([key, signature, message]) => [keys.get(key), bytes(signature), bytes(message)]);
}"""
_BARE = """async isAtOnce => {
  const check = ([key, signature, message]) => crypto.subtle.verify("Ed25519", key, signature, message);
  const began = performance.now();
  let right = 0;
  if (isAtOnce) right = (await Promise.all(window.jobs.map(check))).filter(Boolean).length;
  else for (const job of window.jobs) right += await check(job);
  const taken = performance.now() - began;
  if (right !== window.jobs.length) throw new Error("a signature is wrong");
  return taken;
}"""
_WATCH = """() => {
  window.audited = new Promise(resolve => {
    const watch = new PerformanceObserver(list => {
      watch.disconnect();
      resolve(list.getEntriesByName("audit")[0].duration);
    });
    watch.observe({ entryTypes: ["measure"] });
  });
}"""


def run() -> list[Row]:
    return [_measured(entries) for entries in SIZES]


def _measured(entries: int) -> Row:
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        folder = Path(directory)
        ledger, asked = _log(folder, entries)
        _write(ledger, asked, folder / "bundle.zip")
        jobs, vkey = _jobs(ledger), str(ledger.vkey)
        ledger.close()
        browser = launch(playwright)
        page = browser.new_page(**DESK)
        page.goto(VERIFIER.as_uri())
        page.evaluate(_READY, [_texts(key, signature, tbs) for key, _, signature, tbs in jobs])
        ours, bare = _turns(page, folder / "bundle.zip", vkey)
        browser.close()
    name = f"a bundle of {len(jobs):,} entries in the page, beside bare WebCrypto"
    return at_least(name, len(jobs) / ours, len(jobs) / bare, 0.5)


def _texts(*parts: bytes) -> list[str]:
    return [base64.b64encode(part).decode() for part in parts]


def _turns(page: Page, bundle: Path, vkey: str) -> tuple[float, float]:
    """Medians, in seconds."""
    page.locator("#key").fill(vkey)
    ours, at_once, in_turn = [], [], []
    for _ in range(RUNS):
        at_once.append(_bare(page, True))
        in_turn.append(_bare(page, False))
        ours.append(_audited(page, bundle))
    return statistics.median(ours), min(statistics.median(at_once), statistics.median(in_turn))


def _bare(page: Page, is_at_once: bool) -> float:
    return float(page.evaluate(_BARE, is_at_once)) / 1000


def _audited(page: Page, bundle: Path) -> float:
    """Nothing looks at the page while it works."""
    page.locator("#file").set_input_files([])
    page.evaluate("performance.clearMeasures(), document.getElementById('result').replaceChildren()")
    page.evaluate(_WATCH)
    page.locator("#file").set_input_files(bundle)
    taken: Any = page.evaluate("window.audited")
    page.locator("#verdict.good").wait_for(timeout=WAIT_MS)
    return float(taken) / 1000
