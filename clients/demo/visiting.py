"""The demo's last lines: the app is what the log says, what there is to scan, and whom one can be."""

from __future__ import annotations

from clients.built import DIST, read_build
from clients.demo.cast import ORIGIN
from clients.demo.codes import typed
from clients.demo.stage import DemoFailed
from clients.demo.tale import Tale
from clients.demo.visitors import PASSPHRASE, VISITORS, address
from ledger.errors import NotFound

SHEET = "index.html"
BROWSERS = (
    "Chrome, Edge and Firefox find these addresses by themselves, each in a window of this computer. Each"
    " address makes the browser that person's own device: its key is drawn there and approved at once."
)
NOT_BUILT = (
    "There is no app to open in a browser: it was not built. It needs Node 20.19 or newer and a package"
    " registry in reach; `make app` builds it or says what is missing. Then run the demo again."
)


def is_published(tale: Tale) -> bool:
    """An administrator names the build in the log. False: there is no build."""
    try:
        named = read_build(DIST).named
    except NotFound:
        return False
    tale.says("ada", f"log/{ORIGIN}", "AppPublished", version=named.version, digest=named.digest,
              files=len(named.digests))  # fmt: skip
    return True


def your_turn(tale: Tale, has_app: bool, goes_on: bool) -> None:
    """Whom one can be, where, what to do there, and with which things in hand."""
    page = tale.page
    page.chapter(
        "Your turn", "A courier, two nurses, a physician and an auditor: be any of them, in a browser."
    )
    if not has_app:
        page.note(NOT_BUILT)
        return
    _checked(tale)
    page.people([(f"{one.agent.capitalize()}, {one.role}", address(one.agent, tale.stage.port), one.task)
                 for one in VISITORS.values()])  # fmt: skip
    page.fact("Passphrase", f"{PASSPHRASE}   (each of them; an e-signature asks for it)")
    page.fact("To scan", str(tale.stage.things / SHEET))
    for number, (name, text) in enumerate(typed()):
        page.fact("" if number else "or to type", f"{name:24}{text}")
    page.fact("Browser", BROWSERS)
    if not goes_on:
        page.fact("But", "with --exit nothing answers there any more. Leave it out, and they do.")


def _checked(tale: Tale) -> None:
    """What a browser is served is what the log says; anybody can find out."""
    found = tale.stage.checks_app("audrey")
    if not found["proved"]:
        raise DemoFailed("the entry that publishes the app was not proved")
    said = f"each of its {found['files']} files is what entry {found['position']} of the log names"
    tale.page.checked(f"unbroken app check {tale.stage.server}: {said}", True)
