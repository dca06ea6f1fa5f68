"""The app without a network, across a killed browser, and from one version to the next."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from ledger.proof import canonical
from tests.browser.chromium import kill, phone
from tests.browser.people import keep_whole_app
from tests.e2e.house import House, RealClock, altered, open_house
from tests.scenario import open_scenario

KEPT = """async () => {
  const names = (await caches.keys()).filter(name => name.startsWith("unbroken-app-"));
  const found = {};
  for (const name of names) {
    found[name] = (await (await caches.open(name)).keys()).map(one => new URL(one.url).pathname);
  }
  return found;
}"""
PUT_BY = """() => new Promise(resolve => {
  const asked = indexedDB.open("outbox-of-a-test", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("items");
  asked.onsuccess = () => {
    const work = asked.result.transaction("items", "readwrite", { durability: "strict" });
    work.objectStore("items").put("signed", "1");
    work.oncomplete = () => { asked.result.close(); resolve("put by"); };
  };
})"""
STILL_THERE = """() => new Promise(resolve => {
  const asked = indexedDB.open("outbox-of-a-test", 1);
  asked.onsuccess = () => {
    const read = asked.result.transaction("items").objectStore("items").get("1");
    read.onsuccess = () => { asked.result.close(); resolve(read.result); };
  };
})"""
MANIFEST = "() => fetch('/app/manifest.webmanifest').then(answer => answer.text())"
FETCHED = """() => navigator.serviceWorker.ready.then(found => found.update().then(() => new Promise(
  resolve => { const look = () => found.waiting ? resolve() : setTimeout(look, 50); look(); })))"""
GO_OVER = """() => navigator.serviceWorker.ready.then(found => {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
  found.waiting.postMessage({ type: "activate" });
})"""
NEWER = b'{"id": "/app/", "name": "Unbroken, newer", "start_url": "/app/", "icons": []}'


@pytest.fixture
def house(playwright: Playwright, built: Path, tmp_path: Path) -> Iterator[House]:
    scenario = open_scenario(f"sqlite:///{tmp_path}/ledger.db", clock=RealClock())
    with open_house(scenario, built) as house:
        yield house


def visit(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    expect(page.locator("h1")).to_be_visible()
    return page


def test_after_one_visit_the_app_opens_with_the_server_gone_and_the_browser_started_anew(
    playwright: Playwright, house: House, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    with phone(playwright, profile) as context:
        page = visit(context, f"{house.url}/app/")
        keep_whole_app(page)
        page.evaluate(PUT_BY)
        assert kill(profile) > 0
    house.close()
    with phone(playwright, profile) as context:
        for path in ("/app/", "/app/settings", "/B/BAG-1.SERIAL-1.AAAAAAAA"):
            page = visit(context, f"{house.url}{path}")
        policy = page.evaluate("() => fetch(location.href).then(() => 'asked', () => 'nobody there')")
        assert policy == "nobody there"
        assert page.evaluate(STILL_THERE) == "signed"
        page.evaluate("() => import('/app/nothing.js').catch(() => 0)")
        blocked = "() => { try { document.body.innerHTML = '<b>x</b>' } catch (error) { return error.name } }"
        assert page.evaluate(blocked) == "TypeError"  # the policy came along with the page


def test_what_the_ledger_answers_is_never_kept(house: House, context: BrowserContext) -> None:
    page = visit(context, f"{house.url}/app/")
    keep_whole_app(page)
    page.reload()
    page.evaluate("() => Promise.all(['/v1/log', '/log/checkpoint', '/v1/health'].map(p => fetch(p)))")
    kept = [path for paths in page.evaluate(KEPT).values() for path in paths]
    assert "/app/index.html" in kept
    assert not [path for path in kept if not path.startswith("/app/")]
    house.close()
    asked = "() => fetch('/v1/log').then(() => 'answered', () => 'nobody there')"
    assert page.evaluate(asked) == "nobody there"


def test_a_new_version_waits_until_it_is_asked_for_and_takes_nothing_along(
    house: House, built: Path, context: BrowserContext, tmp_path: Path
) -> None:
    page = visit(context, f"{house.url}/app/")
    first = keep_whole_app(page)
    page.evaluate(PUT_BY)
    page.reload()
    house.open(altered(built, tmp_path / "newer", "manifest.webmanifest", NEWER))
    page.evaluate(FETCHED)
    assert keep_whole_app(page) == first  # the old one still works
    assert "newer" not in page.evaluate(MANIFEST)
    with page.expect_event("load"):
        page.evaluate(GO_OVER)
    expect(page.locator("h1")).to_be_visible()
    assert keep_whole_app(page) != first
    assert "newer" in page.evaluate(MANIFEST)
    assert page.evaluate(STILL_THERE) == "signed"


def test_a_build_that_comes_back_and_goes_again_is_served_whole_each_time(
    house: House, built: Path, context: BrowserContext, tmp_path: Path
) -> None:
    """A, B, A, C: of C's pages none is served B's files, and A's open pages still find theirs."""
    second = altered(built, tmp_path / "second", "manifest.webmanifest", NEWER)
    third = altered(built, tmp_path / "third", "manifest.webmanifest", NEWER + b" ")
    page = visit(context, f"{house.url}/app/")
    order = [keep_whole_app(page)]
    page.reload()
    for build in (second, built, third):
        house.open(build)
        page.evaluate(FETCHED)
        with page.expect_event("load"):
            page.evaluate(GO_OVER)
        expect(page.locator("h1")).to_be_visible()
        order.append(keep_whole_app(page))
        assert page.evaluate(MANIFEST) == (build / "manifest.webmanifest").read_text(encoding="utf-8")
        assert set(page.evaluate(KEPT)) == {f"unbroken-app-{one}" for one in order[-2:]}
    assert order[0] == order[2]
    assert len(set(order)) == 3
    files = {f"/app/{name}" for name in json.loads((third / "files.json").read_bytes())["files"]}
    assert {frozenset(kept) for kept in page.evaluate(KEPT).values()} == {frozenset(files - {"/app/sw.js"})}


def test_a_build_whose_files_are_not_its_own_is_never_taken(
    house: House, built: Path, context: BrowserContext, tmp_path: Path
) -> None:
    """As while a deployment is half done: the worker is the new one, a file is still the old one."""
    page = visit(context, f"{house.url}/app/")
    first = keep_whole_app(page)
    page.reload()
    newer = altered(built, tmp_path / "newer", "manifest.webmanifest", NEWER)
    half = tmp_path / "half"
    altered(built, half, "manifest.webmanifest", NEWER + b" ")
    (half / "sw.js").write_bytes((newer / "sw.js").read_bytes())
    relist(half)
    house.open(half)
    state = page.evaluate(
        "() => navigator.serviceWorker.ready.then(found => new Promise(resolve => {"
        "found.addEventListener('updatefound', () => { const worker = found.installing;"
        "worker.addEventListener('statechange', () => resolve(worker.state)); });"
        "found.update().catch(() => undefined); }))"
    )
    assert state == "redundant"
    assert keep_whole_app(page) == first


def relist(build: Path) -> None:
    """Name the files as they are, so that the server serves them."""
    said = json.loads((build / "files.json").read_bytes())
    said["files"] = {name: hashlib.sha256((build / name).read_bytes()).hexdigest() for name in said["files"]}
    (build / "files.json").write_bytes(canonical.encode(said))
