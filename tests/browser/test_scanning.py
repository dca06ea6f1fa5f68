"""The scanner in a real browser: a camera that sees labels, and keys that a scanner types."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Playwright, expect

from tests.browser.camera import write_video
from tests.browser.chromium import PHONE, launch
from tests.browser.scenes import blurred, centred, code128, covered, datamatrix, frosted, qr, rotated, scene
from tests.browser.screens import listen, screens
from tests.e2e.house import House

CHECK = "0123456789ABCDEF"
PART = f"DOSE-1.L0123456789.{CHECK}"
MESSAGE = "=+04000=A99992112345663=<S1234V00&>0263652359&/CHA999926ABC123"
HARMS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "clean": lambda label: label,
    "rotated by 30 degrees": rotated(30),
    "rotated by 90 degrees": rotated(90),
    "frosted": frosted,
    "blurred": blurred(2.2),
}


# When the picture first moved, and when what was read was first on the screen.
WATCH = """
addEventListener("playing", () => { window.began ??= performance.now(); }, true);
new MutationObserver(() => {
  const read = document.querySelector(".notice.ok") || location.pathname.includes("/B/");
  if (read) window.ended ??= performance.now();
}).observe(document, { subtree: true, childList: true, characterData: true });
"""
# A page that goes out of sight and comes back; headless browsers never do so by themselves.
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
# A scanner that presses keys: what the computer's layout makes of each, and each one's place. A key that
# nobody takes goes into the field that has the focus, as the browser does it with real ones.
PRESS = """async ([strokes, pause]) => {
  for (const [key, code, shiftKey] of strokes) {
    const event = new KeyboardEvent("keydown", { key, code, shiftKey, bubbles: true, cancelable: true });
    const taken = !document.activeElement.dispatchEvent(event);
    if (!taken && key.length === 1) document.execCommand("insertText", false, key);
    if (pause) await new Promise(resolve => setTimeout(resolve, pause));
  }
}"""
STALL_MS = 1300  # longer than a radio's pause
BACK = """async () => {
  while (!document.querySelector("video").srcObject?.active) await new Promise(done => setTimeout(done, 50));
}"""  # by itself: a function that Playwright polls as text is stopped by the page's policy
PATIENCE = 15_000  # milliseconds: other tests share the machine

expect.set_options(timeout=PATIENCE)
Look = Callable[..., AbstractContextManager[Page]]


@pytest.fixture
def looking(playwright: Playwright, live: House, tmp_path: Path) -> Look:
    """The scanner's screen, its camera on what the frames show."""

    @contextmanager
    def look(frames: list[Image.Image], **options: Any) -> Iterator[Page]:
        browser = launch(playwright, write_video(tmp_path / "scene.y4m", frames))
        try:
            page = browser.new_page(**(PHONE | {"locale": "en-GB"} | options))
            page.set_default_timeout(20_000)
            page.add_init_script(WATCH)
            page.goto(f"{live.url}/app/scan")
            yield page
        finally:
            browser.close()

    return look


@pytest.fixture
def blind(live: House, page: Page) -> Page:
    """The scanner's screen on a computer without a camera."""
    page.goto(f"{live.url}/app/scan")
    expect(said(page)).to_contain_text("No camera was found")
    return page


def scan_keys(page: Page, text: str, end: str | None = "Enter") -> None:
    """As a scanner presses them: within one turn of the page, so that a slow machine types no pauses."""
    strokes = [[one, "", False] for one in text] + ([[end, end, False]] if end else [])
    page.evaluate(PRESS, [strokes, 0])


def said(page: Page) -> Locator:
    return page.locator(".said")


def link(live: House, part: str = PART) -> str:
    return f"HTTPS://{live.url.removeprefix('http://')}/B/{part}".upper()


def report(page: Page, what: str) -> None:
    """From the camera's first frame to the result on the screen; the reader's loading is in it."""
    took = page.evaluate("window.ended - window.began")
    sys.stdout.write(f"\n{what}: {took:.0f} ms from the first frame")


@pytest.mark.parametrize("harm", HARMS)
def test_a_labels_link_is_read(live: House, looking: Look, harm: str) -> None:
    with looking(centred(HARMS[harm](qr(link(live))))) as page:
        page.wait_for_url(f"**/app/B/{PART}", timeout=3 * PATIENCE)
        report(page, f"QR code, {harm}")


def test_a_link_is_read_with_15_percent_covered(looking: Look) -> None:
    """A fixed link, whatever the server's port: what is repaired rests on which modules lie under the thumb.
    Of 292 links that differed in their port, all but 8 were read so.
    """
    with looking(centred(covered(0.15)(qr(f"HTTPS://ELSEWHERE.EXAMPLE/B/{PART}")))) as page:
        expect(page.get_by_text("ELSEWHERE.EXAMPLE")).to_be_visible(timeout=3 * PATIENCE)


@pytest.mark.parametrize("harm", HARMS)
def test_a_datamatrix_is_read(looking: Look, harm: str) -> None:
    with looking(centred(HARMS[harm](datamatrix(MESSAGE, 8)))) as page:
        expect(page.get_by_text("isbt128:CHA999926ABC123")).to_be_visible()
        report(page, f"DataMatrix, {harm}")


def test_a_datamatrix_is_read_with_as_much_covered_as_its_correction_allows(looking: Look) -> None:
    """ECC 200 repairs a seventh of so large a symbol's codewords; at 15 % in one place it is lost."""
    with looking(centred(covered(0.06)(datamatrix(MESSAGE, 8)))) as page:
        expect(page.get_by_text("isbt128:CHA999926ABC123")).to_be_visible()


def test_gs1_is_told_from_its_symbol(looking: Look) -> None:
    text = "(01)09506000134352(21)A12(17)271231"
    with looking(centred(datamatrix(text, 8, gs1=True))) as page:
        expect(page.get_by_role("definition").filter(has_text="09506000134352")).to_be_visible()
        expect(page.get_by_role("definition").filter(has_text="271231")).to_be_visible()


@pytest.mark.parametrize("turn", [0, 90])
def test_a_linear_symbol_is_read(looking: Look, turn: int) -> None:
    with looking(centred(rotated(turn)(code128("=A99992112345663")))) as page:
        expect(said(page)).to_contain_text("A999921123456")
        report(page, f"Code 128, turned by {turn} degrees")


REASONS: dict[str, tuple[Callable[[str], list[Image.Image]], str]] = {
    "an empty desk": (lambda _: scene(), "No code in view yet"),
    "darkness": (lambda text: scene((qr(text), (0.5, 0.5)), light=0.12), "Too dark"),
    "a lens out of focus": (lambda text: centred(blurred(9)(qr(text))), "Blurred"),
    "a label far away": (lambda text: centred(qr(text, 4).resize((40, 40))), "Too small"),
    "a symbol of which too much is gone": (lambda text: centred(covered(0.3)(qr(text))), "cannot be read"),
}


@pytest.mark.parametrize("what", REASONS)
def test_it_says_why_nothing_is_read(live: House, looking: Look, what: str) -> None:
    frames, reason = REASONS[what]
    with looking(frames(link(live))) as page:
        expect(said(page)).to_contain_text(reason)


def test_of_two_labels_in_the_frame_the_person_says_which(live: House, looking: Look) -> None:
    one, other = qr(link(live), 4), qr(link(live, f"DOSE-2.L2.{CHECK}"), 4)
    with looking(scene((one, (0.42, 0.5)), (other, (0.58, 0.5)))) as page:
        expect(said(page)).to_contain_text("Which one is it?")
        page.get_by_role("button", name="DOSE-2").click()
        page.wait_for_url(f"**/app/B/DOSE-2.L2.{CHECK}")


def test_a_label_beside_the_frame_is_not_taken(live: House, looking: Look) -> None:
    with looking(scene((qr(link(live)), (0.12, 0.5)))) as page:
        expect(said(page)).to_contain_text("beside the frame")
        assert page.url.endswith("/app/scan")


def test_another_ledgers_label_is_named(looking: Look) -> None:
    with looking(centred(qr(f"HTTPS://ELSEWHERE.EXAMPLE/B/{PART}"))) as page:
        expect(page.get_by_text("ELSEWHERE.EXAMPLE")).to_be_visible()
        assert page.url.endswith("/app/scan")


def test_the_camera_is_let_go_while_nobody_looks(looking: Look) -> None:
    with looking(scene()) as page:
        expect(page.locator(".aim")).to_be_visible()
        page.evaluate("window.track = document.querySelector('video').srcObject.getVideoTracks()[0]; 0")
        page.evaluate(HIDE, True)
        assert page.evaluate("window.track.readyState") == "ended"
        page.evaluate(HIDE, False)
        page.evaluate(BACK)


def test_a_camera_that_is_not_allowed_is_explained(playwright: Playwright, live: House) -> None:
    browser = launch(playwright, more=["--use-fake-device-for-media-stream"])
    try:
        page = browser.new_page(**PHONE, locale="en-GB")
        page.goto(f"{live.url}/app/scan")
        expect(said(page)).to_contain_text("This page may not use the camera")
        expect(page.get_by_role("button", name="Try the camera again")).to_be_visible()
    finally:
        browser.close()


def test_the_reader_is_fetched_when_a_camera_starts_and_from_nowhere_else(live: House, looking: Look) -> None:
    """What the service worker puts by for the days without a network is another matter."""
    with looking(scene()) as page:
        heard, asked = listen(page), []
        page.context.on("request", lambda one: None if one.service_worker else asked.append(one.url))
        page.goto(f"{live.url}/app/settings")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert not [url for url in asked if url.endswith(".wasm")]
        page.goto(f"{live.url}/app/scan")
        expect(said(page)).to_contain_text("No code in view yet")
        assert [url for url in asked if "/assets/worker" in url]
        assert heard.elsewhere(live.url) == []
        assert heard.errors == []


def test_a_keyboard_scanner_is_heard_without_any_field(live: House, blind: Page) -> None:
    scan_keys(blind, link(live))
    blind.wait_for_url(f"**/app/B/{PART}")


def test_a_scanners_keys_leave_the_field_that_has_the_focus_as_it_was(blind: Page) -> None:
    field = type_instead(blind)
    field.fill("half typed ")
    field.focus()
    blind.evaluate("addEventListener('input', event => (window.inputs ??= []).push(event.target.value)); 0")
    scan_keys(blind, "=A99992112345663")
    expect(said(blind)).to_contain_text("A999921123456")
    inputs = blind.evaluate("window.inputs")
    assert inputs[-1] == "half typed "
    assert max(map(len, inputs)) <= len("half typed ") + 2  # the keys before it could be known


@pytest.mark.parametrize("cut", [2, 4, 8, 10, 11])
def test_a_scanner_that_stalls_for_long_leaves_nothing_typed_and_nothing_read(blind: Page, cut: int) -> None:
    """Each part of DOSE-1-0042 has the form of a container's id, or is a few letters with an Enter."""
    field = type_instead(blind)
    field.fill("half typed ")
    field.focus()
    scan_keys(blind, "DOSE-1-0042"[:cut], None)
    blind.wait_for_timeout(STALL_MS)
    scan_keys(blind, "DOSE-1-0042"[cut:])
    expect(said(blind)).to_contain_text("Scan once more")
    assert field.input_value() == "half typed " + ("DO" if cut == 2 else "")  # two keys may be anybody's
    expect(blind.locator(".card", has_text="a container's id")).to_have_count(0)
    expect(blind.get_by_text("it stands in the record")).to_have_count(0)  # its Enter sent no form
    scan_keys(blind, "DOSE-1-0042")
    expect(said(blind)).to_contain_text("DOSE-1-0042")


def test_a_persons_typing_is_left_alone(blind: Page) -> None:
    field = type_instead(blind)
    field.focus()
    blind.keyboard.type("dose-1 and ", delay=120)
    for pair in ("th", "er"):  # fingers roll over two keys at once
        blind.keyboard.type(pair, delay=8)
        blind.wait_for_timeout(160)
    assert field.input_value() == "dose-1 and ther"
    expect(said(blind)).not_to_contain_text("not a code")


@pytest.mark.parametrize("end", ["Enter", "Tab", None])
def test_a_scanner_may_end_with_enter_tab_or_nothing(blind: Page, end: str | None) -> None:
    scan_keys(blind, "=A99992112345663", end)
    expect(said(blind)).to_contain_text("A999921123456")


def test_a_scanner_set_for_another_keyboard_is_read_right_and_told(blind: Page) -> None:
    """`=` of a US keyboard is a dead accent on a German one, `<` a semicolon, Y a Z."""
    strokes = [["Dead", "Equal", False], [";", "Comma", True], *pressed("S1234Z99")]
    blind.evaluate(PRESS, [[*strokes, ["Enter", "Enter", False]], 0])
    expect(said(blind)).to_contain_text("set for another keyboard")
    expect(blind.locator(".card")).to_contain_text("S1234Z99")


def pressed(text: str) -> list[list[object]]:
    """The keys as a German computer names them: Y and Z have changed places."""
    changed = {"Y": "Z", "Z": "Y"}
    return [
        [changed.get(one, one), f"Digit{one}" if one.isdigit() else f"Key{one}", one.isalpha()]
        for one in text
    ]


def test_what_is_typed_needs_a_reason_a_right_form_and_a_second_time(blind: Page) -> None:
    field = type_instead(blind)
    field.fill("A9999211234564")
    blind.get_by_role("button", name="Continue").click()
    expect(blind.get_by_text("it stands in the record")).to_be_visible()
    blind.get_by_label("The scanner does not work").check()
    field.fill("G1234986S4321H")
    blind.get_by_role("button", name="Continue").click()
    expect(blind.get_by_text("Is it G123498654321H?")).to_be_visible()
    field.fill("g1234 98 654321 h")
    blind.get_by_role("button", name="Continue").click()
    again = blind.get_by_label("Once more")
    again.fill("G1234986S4321H")
    blind.get_by_role("button", name="Continue").click()
    expect(blind.get_by_text("look alike")).to_be_visible()
    again.fill("G123498654321H")
    blind.get_by_role("button", name="Continue").click()
    expect(said(blind)).to_contain_text("G123498654321")


def test_what_is_typed_may_be_proved_by_a_scan_of_the_same_thing(live: House, blind: Page) -> None:
    field = type_instead(blind)
    blind.get_by_label("The code is damaged").check()
    field.fill("dose-1")
    blind.get_by_role("button", name="Continue").click()
    scan_keys(blind, link(live, f"DOSE-2.L2.{CHECK}"))
    expect(said(blind)).to_contain_text("something else than what was typed")
    scan_keys(blind, link(live))
    blind.wait_for_url(f"**/app/B/{PART}")  # the label that proved it leads to what is known of it


def type_instead(page: Page) -> Locator:
    page.get_by_role("button", name="Type instead").click()
    return page.get_by_label("As printed")


def test_the_scanner_is_accessible_and_looked_at(live: House, looking: Look) -> None:
    label = covered(0.3)(qr(link(live)))
    with looking(centred(label)) as page:
        expect(said(page)).to_contain_text("A code is there")
        screens(page, "scan")
        type_instead(page)
        screens(page, "scan-typed")
