"""An authenticator inside the test's browser, which answers as its person does; and who adds a passkey."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.house import House

PLATFORM = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class VirtualAuthenticator:
    """The one of this page (WebAuthn domain of the DevTools protocol); it says yes until told otherwise."""

    def __init__(self, page: Page) -> None:
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("WebAuthn.enable", {"enableUI": False})
        self._id = self._devtools.send("WebAuthn.addVirtualAuthenticator", {"options": PLATFORM})[
            "authenticatorId"
        ]

    def finger(self, is_theirs: bool) -> None:
        """Whether the finger, face or PIN is the person's from now on."""
        asked = {"authenticatorId": self._id, "isUserVerified": is_theirs}
        self._devtools.send("WebAuthn.setUserVerified", asked)

    def credentials(self) -> list[str]:
        found = self._devtools.send("WebAuthn.getCredentials", {"authenticatorId": self._id})
        return [one["credentialId"] for one in found["credentials"]]


def made(house: House, page: Page) -> str:
    """Make a passkey through the device's own screen, and stay there; the request's text."""
    page.goto(f"{house.url}/app/settings")
    page.get_by_role("button", name="Passkey", exact=True).click()
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_text("Not yet in the ledger")).to_be_visible()
    page.get_by_role("button", name="Copy as text").click()
    page.get_by_role("button", name="Copied").wait_for()
    return str(page.evaluate("() => navigator.clipboard.readText()"))


def groups(page: Page) -> list[str]:
    """The fingerprint that the screen shows."""
    return page.locator(".fingerprint span").all_inner_texts()


def compared(house: House, administrator: Page, request: str) -> None:
    """The administrator has read the request, and sees its fingerprint."""
    administrator.goto(f"{house.url}/app/admin")
    administrator.get_by_label("Or paste its text").fill(request)
    administrator.get_by_role("button", name="Continue").click()
    expect(administrator.locator(".fingerprint")).to_be_visible()


def added(house: House, administrator: Page, request: str, agent: str) -> None:
    """Add the passkey through the administrator's own screen."""
    compared(house, administrator, request)
    administrator.get_by_role("button", name="Yes, every group is the same").click()
    administrator.get_by_role("button", name=f"Sign: this passkey is {agent}'s").click()
    expect(administrator.get_by_text(f"{agent} signs with this passkey from entry")).to_be_visible()
