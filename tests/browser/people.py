"""A person's own phone: its key drawn and sealed in the browser, approved by an administrator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cbor2
from playwright.sync_api import BrowserContext, Page

from ledger.labels import base45
from ledger.proof import canonical, statement
from tests.e2e.house import House
from tests.label_stage import link_part
from tests.scenario import b64

PASSPHRASE = "correct horse battery"


def enrolled(house: House, context: BrowserContext, agent: str, by: str) -> Page:
    """Enrol this browser as a further device of `agent`, through its own screens; signed in, at home."""
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=house.url)
    page = context.new_page()
    page.goto(f"{house.url}/app/enrol")
    page.get_by_label("Your name in the ledger").fill(agent)
    page.get_by_label("Choose a passphrase").fill(PASSPHRASE)
    page.get_by_label("The same passphrase again").fill(PASSPHRASE)
    page.get_by_role("button", name="Draw the key").click()
    page.get_by_role("button", name="Copy as text").click()
    page.get_by_role("button", name="Copied").wait_for()
    request = page.evaluate("() => navigator.clipboard.readText()")
    house.scenario.say(by, f"agent/{agent}", "KeyAdded", key=b64(key_in(request)))
    page.get_by_role("button", name="I was approved").click()
    page.get_by_text(f"You are {agent}").wait_for()
    return page


def keep_whole_app(page: Page) -> str:
    """Wait until the device keeps all of the app, the scanner's reader too; the build's digest."""
    return str(page.evaluate(_COMPLETE))


_COMPLETE = """() => new Promise(async resolve => {
  const { active } = await navigator.serviceWorker.ready;
  navigator.serviceWorker.addEventListener("message", said => resolve(said.data.build));
  active.postMessage({ type: "complete" });
})"""


def key_in(request: str) -> bytes:
    """SubjectPublicKeyInfo DER, as the administrator's device reads it from `UBE1:` and base45."""
    _, spki = cbor2.loads(base45.decode(request.removeprefix("UBE1:")))
    return bytes(spki)


def scanned(page: Page, *texts: str) -> None:
    """What a keyboard scanner types: fast, with Enter behind it. In one go, since on a busy machine
    keys that are sent one by one come as slowly as a person's."""
    for text in texts:
        page.evaluate(_TYPED, text)


_TYPED = """text => [...text, "Enter"].forEach(key => (document.activeElement ?? document.body).dispatchEvent(
  new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })))"""


def link_on(house: House, serial: str, container: str) -> str:
    """What the code of a label that the ledger issued says, as scanners give it."""
    return f"HTTPS://{house.url.removeprefix('http://')}/B/{link_part(serial, container)}".upper()


def serial_of(container: str) -> str:
    """The serial of the container's label, in the tests that need only that it has one."""
    return f"L-{container}"


def label(house: House, container: str) -> str:
    """The link in the code of the container's label."""
    host = house.url.removeprefix("http://")
    return f"HTTPS://{host}/B/{container}.{serial_of(container)}.0123456789ABCDEF"


def statements(house: House, stream: str) -> Iterator[dict[str, Any]]:
    """What is in the log on one stream, in order: the payload, with `signer` and `position`."""
    store = house.scenario.ledger.store
    for stored in store.entries(0, store.head()[0]):
        parsed = statement.parse(stored.data)
        if parsed.sub == stream:
            yield canonical.decode(parsed.payload) | {"signer": parsed.iss, "position": stored.position}
