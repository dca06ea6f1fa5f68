"""One Chromium, one server and one build of the app for all browser tests.

Package-wide, not session-wide: while Playwright works, its event loop counts as running in this
thread, and the tests of other packages start loops of their own.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from clients.built import DIST
from tests.browser.chromium import MISSING, PHONE, find_chromium, launch
from tests.browser.lab import Sit, certificate_in, desks
from tests.browser.ward import Arrive, bedside, patient_keys
from tests.e2e.house import House, open_house, seeded
from tests.e2e.live import ROOT


def _builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="package")
def built() -> Path:
    """The app as it is now, built if need be."""
    _builder().build(fetch_node=True)
    return DIST


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    if find_chromium() is None:
        pytest.skip(MISSING)
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def live(playwright: Playwright, built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server with the built app and what `house.seeded` tells."""
    scenario = seeded(tmp_path_factory.mktemp("browser"))
    with open_house(scenario, built) as house:
        yield house


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A phone that has never been here."""
    context = browser.new_context(**PHONE, locale="en-GB", timezone_id="Europe/London")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The hospital's patient keys, as a file."""
    return patient_keys(tmp_path)


@pytest.fixture
def arrive(house: House, browser: Browser, keys: Path) -> Iterator[Arrive]:
    """People at the bed of the `house` that the test's own module makes."""
    with bedside(house, browser, keys) as arriving:
        yield arriving


@pytest.fixture
def sit(house: House, browser: Browser) -> Iterator[Sit]:
    with desks(house, browser) as sitting:
        yield sitting


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return certificate_in(tmp_path)
