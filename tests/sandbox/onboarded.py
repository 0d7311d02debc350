"""What a seller does in the hosted form, over plain HTTP, for the tests of accounts."""

from dataclasses import dataclass, field
from typing import Any

import requests
import stripe
from bs4 import BeautifulSoup, Tag

from .conftest import Running

REFRESH, RETURN = "http://127.0.0.1:9/refresh", "http://127.0.0.1:9/return"

EXPRESS = {
    "fees": {"payer": "application"},
    "losses": {"payments": "application"},
    "stripe_dashboard": {"type": "express"},
}
CUSTOM = {
    "fees": {"payer": "application"},
    "losses": {"payments": "application"},
    "requirement_collection": "application",
    "stripe_dashboard": {"type": "none"},
}
BOTH = {"card_payments": {"requested": True}, "transfers": {"requested": True}}
FULL_NAME = {"first_name": "Jenny", "last_name": "Rosen"}


def jenny(**overrides: Any) -> dict[str, Any]:
    """An American whose identity is verified at once."""
    return {
        **FULL_NAME,
        "dob": {"day": 1, "month": 1, "year": 1902},
        "address": {
            "line1": "address_full_match",
            "city": "San Francisco",
            "postal_code": "94103",
            "state": "CA",
        },
        "email": "jenny@example.com",
        "phone": "0000000000",
        "ssn_last_4": "0000",
        **overrides,
    }


def custom(sandbox: Running, **overrides: Any) -> stripe.Account:
    """An account whose requirements the platform collects, with everything given."""
    params: Any = {
        "controller": CUSTOM,
        "country": "US",
        "capabilities": BOTH,
        "business_type": "individual",
        "individual": jenny(),
        "business_profile": {"mcc": "5947", "url": "https://accessible.stripe.com"},
        "external_account": "btok_us",
        "tos_acceptance": {"date": 1_700_000_000, "ip": "127.0.0.1"},
        **overrides,
    }
    return sandbox.client().v1.accounts.create(params)


def express(sandbox: Running, **overrides: Any) -> stripe.Account:
    """An account that its holder onboards."""
    params: Any = {"controller": EXPRESS, "country": "US", **overrides}
    return sandbox.client().v1.accounts.create(params)


def link(sandbox: Running, account: str, **more: Any) -> str:
    """The address of a fresh account link."""
    params: Any = {
        "account": account,
        "type": "account_onboarding",
        "refresh_url": REFRESH,
        "return_url": RETURN,
        **more,
    }
    return sandbox.client().v1.account_links.create(params).url


@dataclass
class Browser:
    """Somebody in front of the hosted pages; follows redirects inside the sandbox only."""

    sandbox: Running
    http: requests.Session = field(default_factory=requests.Session)
    page: BeautifulSoup = field(default_factory=BeautifulSoup)
    url: str = ""
    status: int = 0

    @property
    def step(self) -> str:
        """The step on the screen, or the address outside where the journey ended."""
        inside = self.url.startswith(self.sandbox.url)
        return self.url.rpartition("/")[2] if inside else self.url

    def open(self, url: str) -> str:
        """Go to an address; answers the step."""
        return self._arrive(self.http.get(url, allow_redirects=False, timeout=60), url)

    def press(self, action: str, **fields: str) -> str:
        """Send the form on the screen with these fields changed; answers the step."""
        sent = {**self.fields(), **fields, "action": action}
        answer = self.http.post(self.url, data=sent, allow_redirects=False, timeout=60)
        return self._arrive(answer, self.url)

    def _arrive(self, answer: requests.Response, url: str) -> str:
        while answer.is_redirect:
            url = requests.compat.urljoin(url, answer.headers["Location"])
            if not url.startswith(self.sandbox.url):
                self.url, self.status = url, answer.status_code
                return self.step
            answer = self.http.get(url, allow_redirects=False, timeout=60)
        self.url, self.status = url, answer.status_code
        self.page = BeautifulSoup(answer.text, "html.parser")
        return self.step

    def fields(self) -> dict[str, str]:
        """Names and values of the form on the screen."""
        found = {}
        for control in self.page.select("main form [name]"):
            name = str(control["name"])
            if control.name == "select":
                chosen = control.find("option", selected=True) or control.find("option")
                found[name] = str(chosen["value"]) if isinstance(chosen, Tag) else ""
            elif control.name == "textarea":
                found[name] = control.get_text()
            elif control.get("type") != "checkbox" or control.has_attr("checked"):
                found[name] = str(control.get("value", ""))
        return {name: value for name, value in found.items() if name != "action"}

    def error_of(self, name: str) -> str:
        """The message that the page ties to a field."""
        control = self.page.select_one(f'[name="{name}"]')
        assert isinstance(control, Tag)
        told = str(control.get("aria-describedby", "")).split()
        texts = [self.page.find(id=key) for key in told if key.endswith("-error")]
        return " ".join(text.get_text() for text in texts if isinstance(text, Tag))

    def text(self) -> str:
        """What the page says."""
        return self.page.get_text(" ", strip=True)


def onboard(sandbox: Running, url: str, **scenarios: str) -> str:
    """Go through the whole form with test values; `scenarios` picks them by step.

    Answers where the seller was sent in the end, or the step that could not be left.
    """
    browser = Browser(sandbox)
    browser.open(url)
    for _ in range(8):
        step = browser.step
        if step.startswith("http"):
            break
        if step == "review":
            browser.press("finish")
            break
        browser.press("test", scenario=scenarios.get(step, ""))
        if browser.press("next") == step:
            break
    return browser.step
