"""The core in real Chromium: its WebCrypto, its IndexedDB, its Web Locks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.sending import unbase64
from ledger.proof import canonical, statement
from ledger.proof.keys import PublicKey
from tests.web.agent import WEB, must_have_node

sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright: the core is not run in Chromium")
chromium = pytest.importorskip("tests.browser.chromium")
PAGE = "https://app.example/"
PASSPHRASE = "nine bags of cells"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    must_have_node()
    folder = tmp_path_factory.mktemp("page")
    command = [WEB / "node_modules" / ".bin" / "rolldown", "tests/page.ts", "--format", "esm"]
    subprocess.run([*command, "--dir", str(folder)], cwd=WEB, check=True, capture_output=True, timeout=120)
    (folder / "index.html").write_text('<!doctype html><script type="module" src="/page.js"></script>')
    return folder


@pytest.fixture
def context(folder: Path, tmp_path: Path) -> Iterator[Any]:
    """A browser with a profile on disk; nothing leaves it, the page comes from `folder`."""
    path = chromium.find_chromium()
    if path is None:
        pytest.skip(chromium.MISSING)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=path, args=list(chromium.FLAGS)
        )
        browser.route(
            "**/*",
            lambda route: route.fulfill(path=folder / (route.request.url[len(PAGE) :] or "index.html")),
        )
        yield browser
        browser.close()


def opened(context: Any, *agents: Any) -> tuple[Any, str]:
    page = context.new_page()
    page.goto(PAGE)
    page.wait_for_function("globalThis.steps")
    return page, step(page, "open", *agents)


def step(page: Any, name: str, *words: Any) -> Any:
    return page.evaluate("([name, words]) => steps[name](...words)", [name, list(words)])


def test_a_day_in_chromium_offline_reloaded_and_sent_in_order(context: Any) -> None:
    page, lock = opened(context)
    assert lock == "empty"
    key = step(page, "enrol", PASSPHRASE)
    sys.stdout.write(f"Chromium signs with {key['alg']}\n")
    step(page, "mood", "unreachable")
    raws = step(page, "record", 20)
    page.close()  # with everything unsent

    page, lock = opened(context, [[key["kid"], "kit"]])
    assert lock == "open"  # a reload does not ask again
    assert step(page, "flush") == {"waiting": 0, "said": list(range(20)), "alarm": None}
    assert step(page, "both", 10) == list(range(20, 30))
    assert step(page, "unlock", PASSPHRASE) == "open"
    public = PublicKey.from_spki(unbase64(key["spki"]))
    for number, raw in enumerate(raws):
        signed = statement.parse(bytes.fromhex(raw))
        statement.verify(signed, public)
        assert canonical.decode(signed.payload)["seq"] == number


def test_recording_takes_no_noticeable_time(context: Any) -> None:
    page, _ = opened(context)
    step(page, "enrol", PASSPHRASE)
    step(page, "mood", "unreachable")
    each_ms = step(page, "time", 30)
    sys.stdout.write(f"{each_ms:.1f} ms from the call to a durable statement\n")
    assert each_ms < 1000
