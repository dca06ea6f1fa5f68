"""The page that lies in a bundle: opened from a file, without any network, it verifies the bundle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from clients.built import VERIFIER
from tests.browser.screens import axe
from tests.unit.documents import ROOT

FOLDER = ROOT / "tests" / "vectors" / "bundles" / "0001-therapy"
BUNDLE = FOLDER / "bundle.zip"
DONE = ["ok", "ok", "ok", "ok", "ok", "not done", "not done", "ok", "ok"]  # 1 to 7, 9 and 13


@pytest.fixture
def alone(browser: Browser, built: Path) -> Iterator[BrowserContext]:
    """A computer without a network; whatever is asked of one is noted."""
    context = browser.new_context(offline=True)
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def verifier(alone: BrowserContext) -> Page:
    page = alone.new_page()
    page.goto(VERIFIER.as_uri())
    return page


def verdicts(page: Page) -> list[str]:
    expect(page.locator("[data-step]")).to_have_count(len(DONE))
    return page.locator("[data-step] .mark").all_inner_texts()


def give(page: Page, bundle: Path, key: str = "") -> None:
    page.locator("#key").fill(key)
    page.locator("#file").set_input_files(bundle)
    expect(page.locator("#result [role=status]")).to_be_visible()


def test_it_verifies_a_bundle_under_the_logs_key(verifier: Page) -> None:
    asked: list[str] = []
    verifier.on("request", lambda request: asked.append(request.url))
    give(verifier, BUNDLE, (FOLDER / "log.vkey").read_text().strip())
    assert verdicts(verifier) == DONE
    expect(verifier.locator("#verdict")).to_have_text("Nothing is wrong with what can be checked here.")
    expect(verifier.locator("#unpinned")).to_have_count(0)
    expect(verifier.locator("#timeline")).to_contain_text(
        "anna finished the collection at apheresis at st-mary"
    )
    expect(verifier.locator("#holdings")).to_contain_text("apheresis at st-mary")
    expect(verifier.locator("#rest pre")).to_contain_text(
        'unbroken verify "bundle.zip" --log-key "ledger.example'
    )
    axe(verifier)
    assert asked == []


def test_without_a_key_it_says_loudly_that_nothing_pins_the_log(verifier: Page) -> None:
    give(verifier, BUNDLE)
    expect(verifier.locator("#unpinned")).to_contain_text("NOTHING PINS THIS LOG")
    assert verdicts(verifier) == ["not done", *DONE[1:]]


def test_what_was_altered_is_named_and_what_it_says_is_not_shown(verifier: Page, tmp_path: Path) -> None:
    raw = bytearray(BUNDLE.read_bytes())
    raw[raw.index(b"apheresis", raw.index(b"entries/000000"))] ^= 1
    altered = tmp_path / "altered.zip"
    altered.write_bytes(raw)
    give(verifier, altered, (FOLDER / "log.vkey").read_text().strip())
    expect(verifier.locator("#verdict")).to_have_text("Something is WRONG.")
    expect(verifier.locator("#timeline")).to_have_count(0)


def test_a_key_that_is_none_is_said(verifier: Page) -> None:
    give(verifier, BUNDLE, "no key")
    expect(verifier.locator("#result")).to_contain_text("is not an Ed25519 verifier key")


COSIGNED = ROOT / "tests" / "vectors" / "bundles" / "0002-cosigned"


def bring(page: Page, policy: str = "", note: str = "") -> None:
    page.locator(".given summary").click()
    page.locator("#policy").fill(policy)
    page.locator("#note").fill(note)
    give(page, COSIGNED / "bundle.zip", (COSIGNED / "log.vkey").read_text().strip())


def test_a_policy_and_a_head_from_elsewhere_are_held_against_it(verifier: Page) -> None:
    bring(verifier, (COSIGNED / "policy").read_text(), (COSIGNED / "checkpoint").read_text())
    expect(verifier.locator("[data-step='8'] .mark")).to_have_text("ok")
    expect(verifier.locator("[data-step='10'] .mark")).to_have_text("ok")
    expect(verifier.locator("#witnesses.good")).to_contain_text("nobody is shown another history")
    expect(verifier.locator(".label img")).to_have_count(1)
    assert verifier.locator(".label img").evaluate("image => image.naturalWidth") == 12
    axe(verifier)


def test_without_a_policy_it_says_so_loudly(verifier: Page) -> None:
    bring(verifier)
    expect(verifier.locator("#witnesses.bad")).to_contain_text("NO WITNESS POLICY WAS GIVEN")
    expect(verifier.locator("[data-step='8']")).to_have_count(0)


def test_a_policy_is_dropped_where_its_text_belongs(verifier: Page) -> None:
    """As a file: the field takes its text, and the bundle that was chosen is checked again."""
    bring(verifier)
    verifier.evaluate(DROP, ["#policy", (COSIGNED / "policy").read_text()])
    expect(verifier.locator("[data-step='8'] .mark")).to_have_text("ok")


DROP = """([where, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], "policy"));
  const event = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
  document.querySelector(where).dispatchEvent(event);
}"""


def test_a_policy_that_is_none_is_said(verifier: Page) -> None:
    bring(verifier, "everybody")
    expect(verifier.locator("#result")).to_contain_text("is not a log, witness, group or quorum line")


def test_it_says_what_it_did_not_check_of_a_stamped_bundle(verifier: Page) -> None:
    folder = FOLDER.parent / "0003-stamped"
    give(verifier, folder / "bundle.zip", (folder / "log.vkey").read_text().strip())
    assert verdicts(verifier) == DONE
    told = verifier.locator(".unchecked")
    expect(told).to_have_count(2)
    expect(told.nth(0)).to_contain_text("NOT checked: `unbroken verify --tsa-root` does.")
    expect(told.nth(1)).to_contain_text("ML-DSA-44")
    axe(verifier)
