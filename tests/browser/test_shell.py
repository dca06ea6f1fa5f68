"""The app's shell in a real browser: what it asks for, what its policy stops, how much it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, Response, Route, expect

from tests.browser.chromium import PHONE
from tests.browser.screens import listen, screens
from tests.e2e.house import House

FIRST_LOAD = 60_000  # bytes over the network, packed: html, css and js
KEPT_OF_A_STRANGER = """async () => {
  let rows = 0;
  for (const { name } of await indexedDB.databases()) {
    const opened = indexedDB.open(name);
    const db = await new Promise(done => opened.onsuccess = () => done(opened.result));
    for (const store of db.objectStoreNames) {
      rows += await new Promise(done => db.transaction(store).objectStore(store).count().onsuccess =
        ({ target }) => done(target.result));
    }
    db.close();
  }
  const caches_ = (await caches.keys()).length;
  return { local: localStorage.length, session: sessionStorage.length, caches: caches_, rows };
}"""
INJECTED = (
    "<script>window.wasRun = 'inline'</script>"
    "<script src='https://elsewhere.example/x.js'></script>"
    "<style>body { display: none }</style>"
    "<img src='data:,' onerror=\"window.wasRun = 'handler'\" alt=''>"
)
# What the debugger itself evaluates may do more than a page may, so the page does it a moment later.
ATTEMPT = """act => new Promise(resolve => setTimeout(() => {
  const acts = {
    code: () => new Function("return 1")(),
    markup: () => { document.body.innerHTML = "<b>x</b>"; },
    api: () => new Worker("/v1/log"),
    stranger: () => new Worker("https://elsewhere.example/app/x.js"),
  };
  try { acts[act](); resolve("done"); } catch (error) { resolve(error.name); }
}))"""


def test_the_shell_loads_without_an_error_and_asks_nobody_else(live: House, page: Page) -> None:
    heard = listen(page)
    page.goto(f"{live.url}/app/")
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert heard.errors == []
    assert heard.requests
    assert heard.elsewhere(live.url) == []


def test_the_first_load_is_small(live: House, page: Page) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(f"{live.url}/app/")
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_load_state("networkidle")
    kinds = {"document", "script", "stylesheet"}
    sizes = {
        one.url: int(one.headers["content-length"])
        for one in answers
        if one.request.resource_type in kinds and "/app/" in one.url
    }
    assert {url.rpartition(".")[2] for url in sizes} >= {"js", "css"}
    assert sum(sizes.values()) <= FIRST_LOAD, sizes


def test_the_first_screen_is_accessible_in_both_sizes_and_themes(live: House, page: Page) -> None:
    page.goto(f"{live.url}/app/")
    expect(page.locator("h1")).to_be_visible()
    screens(page, "home")


def test_a_problem_is_said_in_the_readers_language_with_the_exact_words_beneath(
    live: House, browser: Browser
) -> None:
    context = browser.new_context(**PHONE, locale="de-DE")
    page = context.new_page()
    page.goto(f"{live.url}/app/outbox")
    given = {"name": "outbox.unbroken", "mimeType": "application/cbor-seq", "buffer": b"no outbox"}
    page.locator("input[type=file]").set_input_files(given)
    said = page.get_by_role("alert")
    expect(said.locator("strong")).to_have_text("Der Schlüssel dieses Geräts ist noch nicht eingetragen")
    expect(said.locator("[lang=en]")).to_have_text("this device is not enrolled yet")
    context.close()


def test_the_policy_stops_what_somebody_put_into_the_page(live: House, page: Page) -> None:
    def altered(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("<body>", f"<body>{INJECTED}"))

    heard = listen(page)
    page.route("**/app/", altered)
    page.goto(f"{live.url}/app/")
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("window.wasRun") is None
    refusals = [one for one in heard.errors if "Content Security Policy" in one]
    assert len(refusals) >= 4, heard.errors
    assert heard.elsewhere(live.url) == []
    assert heard.blocked == ["https://elsewhere.example/x.js"]


@pytest.mark.parametrize(
    ("act", "error"),
    [("code", "EvalError"), ("markup", "TypeError"), ("api", "TypeError"), ("stranger", "TypeError")],
)
def test_the_policy_lets_no_text_become_code(live: House, page: Page, act: str, error: str) -> None:
    page.goto(f"{live.url}/app/")
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate(ATTEMPT, act) == error


def test_the_policy_stops_a_request_elsewhere(live: House, page: Page) -> None:
    page.goto(f"{live.url}/app/")
    asked = "() => fetch('https://elsewhere.example/').then(() => 'done', error => error.name)"
    assert page.evaluate(asked) == "TypeError"


def test_a_stranger_with_a_label_gets_the_shell_and_no_worker(live: House, page: Page) -> None:
    page.goto(f"{live.url}/B/BAG-1.SERIAL-1.AAAAAAAA")
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_load_state("networkidle")
    count = "() => navigator.serviceWorker.getRegistrations().then(found => found.length)"
    assert page.evaluate(count) == 0
    expect(page.get_by_text("The app keeps nothing about you or this label on your device")).to_be_visible()
    assert page.evaluate(KEPT_OF_A_STRANGER) == {"local": 0, "session": 0, "caches": 0, "rows": 0}
    assert page.context.cookies() == []
