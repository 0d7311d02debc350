"""What `connect.js` does in a seller's browser, done without one: the session, the frame, the exit.

The address of the session, the key and the token come from the page itself, so a page from which
Stripe's script could not start fails here too.
"""

from urllib.parse import urljoin

import requests
from bs4.element import Tag

from marketplace.cli.browser import Browser
from marketplace.sandbox import hands


def script(browser: Browser) -> Tag:
    """The script tag of the page, which carries all that the script is told."""
    found = browser.page.select_one("script[data-session]")
    assert found is not None, f"{browser.url} embeds nothing: {browser.text}"
    return found


def secret(browser: Browser) -> requests.Response:
    """Ask for a client secret, as the script does."""
    told = script(browser)
    return browser.session.post(
        urljoin(browser.url, str(told["data-session"])),
        headers={"X-CSRFToken": str(told["data-token"]), "Referer": browser.url},
        allow_redirects=False,
        timeout=60,
    )


def frame(browser: Browser, component: str, *, slot: str | None = None) -> str:
    """The address at which the sandbox shows a component that the page has a slot for.

    `slot` is another component that the page does have, for asking for one that it has not.
    """
    assert browser.page.select_one(f"[data-component={slot or component}]"), browser.text
    told = script(browser)
    answer = secret(browser)
    assert answer.status_code == 200, answer.text
    base = str(told["data-script"]).removesuffix("/connect.js")
    asked = {
        "key": told["data-key"],
        "secret": answer.json()["client_secret"],
        "component": component,
        "options": {"fields": "eventually_due"},
    }
    opened = requests.post(f"{base}/claim", json=asked, timeout=60).json()
    assert "url" in opened, opened["error"]["message"]
    return urljoin(base, str(opened["url"]))


def onboard(browser: Browser, *, leave_at: str | None = None) -> Browser:
    """Answer the questions on the page that the browser is at, and leave by its exit."""
    hands.onboard(frame(browser, "account-onboarding"), leave_at=leave_at)
    return browser.open(str(script(browser)["data-exit"]))
