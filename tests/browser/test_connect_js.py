"""connect.js in a real browser: a page of the platform, on a port of its own, around components."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page

from tests.browser.conftest import PATIENCE, happens
from tests.running import Running
from tests.sandbox.merchants import pay
from tests.sandbox.onboarded import custom, express
from tests.sandbox.test_account_sessions import session

LIFETIME = 1_800

PAGE = """<!doctype html><html lang="en"><title>A platform</title><div id="root"></div>
<script src="{sandbox}/connect-js/v1.0/connect.js"></script>
<script>
  const heard = [];
  const instance = StripeConnect.init({{
    publishableKey: "{key}",
    fetchClientSecret: async () => {{
      const response = await fetch("/secret", {{ method: "POST" }});
      if (!response.ok) throw new Error("no session");
      return response.text();
    }},
    appearance: {{ variables: {{ colorPrimary: "#0a7a4a" }} }},
    locale: "en-GB",
  }});
  const element = instance.create("{component}");
  for (const name of ["Exit", "Close", "LoadError", "LoaderStart", "StepChange",
                      "NotificationsChange"]) {{
    const setter = `setOn${{name}}`;
    if (element[setter]) element[setter]((detail) => heard.push([name, detail]));
  }}
  {more}
  document.getElementById("root").append(element);
</script></html>"""


@dataclass
class Platform:
    """A platform's page on a loopback port, and the endpoint that gives it client secrets."""

    sandbox: Running
    secrets: list[str] = field(default_factory=list)
    component: str = "account-onboarding"
    more: str = ""
    asked: int = 0
    url: str = ""

    def page(self) -> str:
        key = self.sandbox.key.replace("sk_", "pk_")
        return PAGE.format(
            sandbox=self.sandbox.url, key=key, component=self.component, more=self.more
        )


@pytest.fixture
def platform(sandbox: Running) -> Iterator[Platform]:
    here = Platform(sandbox)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(here.page(), "text/html")

        def do_POST(self) -> None:
            here.asked += 1
            secret = here.secrets.pop(0) if here.secrets else ""
            self._answer(secret, "text/plain", 200 if secret else 500)

        def _answer(self, body: str, type_: str, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", type_)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    here.url = f"http://127.0.0.1:{server.server_port}/"
    yield here
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture
def screen(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    page.close()


def show(
    platform: Platform, screen: Page, component: str, *secrets: str, more: str = ""
) -> FrameLocator:
    """Open the platform's page with one component."""
    platform.component, platform.more = component, more
    platform.secrets.extend(secrets)
    screen.goto(platform.url)
    return screen.frame_locator("iframe")


def heard(screen: Page, name: str) -> Any:
    """What a callback was given, once it was called."""
    screen.wait_for_function("name => heard.some((one) => one[0] === name)", arg=name)
    return screen.evaluate("name => heard.filter((one) => one[0] === name).at(-1)[1]", name)


def secret(sandbox: Running, account: str, component: str) -> str:
    return str(session(sandbox, account, **{component.replace("-", "_"): {}}).client_secret)


def test_a_seller_is_onboarded_inside_the_platforms_page(
    sandbox: Running, platform: Platform, screen: Page
) -> None:
    seller = express(sandbox).id
    name = "account-onboarding"
    form = show(platform, screen, name, secret(sandbox, seller, name))
    assert heard(screen, "LoaderStart") == {"elementTagName": name}
    for title in ("Your business", "About you", "Business details", "Bank account"):
        form.get_by_role("heading", level=1, name=title).wait_for()
        for button in ("Use test values", "Save and continue"):
            with screen.expect_event("framenavigated"):
                form.get_by_role("button", name=button).click()
    form.get_by_role("heading", level=1, name="Review and submit").wait_for()
    screen.wait_for_function("() => heard.at(-1)[1].step === 'summary'")
    assert heard(screen, "StepChange") == {"step": "summary"}
    form.get_by_role("button", name="Agree and submit").click()
    assert heard(screen, "Exit") == {}
    account = sandbox.client().v1.accounts.retrieve(seller)
    assert (account.details_submitted, account.charges_enabled) == (True, True)
    assert screen.url == platform.url


def test_a_component_wears_the_platforms_colours_and_fits_its_content(
    sandbox: Running, platform: Platform, screen: Page
) -> None:
    seller = custom(sandbox).id
    pay(sandbox, 1_234, on=seller)
    frame = show(platform, screen, "payments", secret(sandbox, seller, "payments"))
    frame.get_by_text("12.34 USD").wait_for()
    frame.locator("html[style*='--accent: #0a7a4a']").wait_for(state="attached")
    screen.evaluate("instance.update({appearance: {variables: {colorPrimary: '#aa0000'}}})")
    frame.locator("html[style*='--accent: #aa0000']").wait_for(state="attached")
    high = frame.locator("body").evaluate("e => Math.ceil(e.getBoundingClientRect().height)")
    screen.wait_for_function(
        "high => document.querySelector('iframe').offsetHeight === high", arg=high
    )
    frame.get_by_role("button", name="Refund").click()
    frame.get_by_text("refunded", exact=True).wait_for()
    assert sandbox.client().v1.refunds.list({}, {"stripe_account": seller}).data


def test_an_expired_secret_is_fetched_again(
    sandbox: Running, platform: Platform, screen: Page
) -> None:
    seller = custom(sandbox).id
    old = secret(sandbox, seller, "payments")
    sandbox.advance(LIFETIME)
    frame = show(platform, screen, "payments", old, secret(sandbox, seller, "payments"))
    frame.get_by_text("No payments yet").wait_for()
    assert platform.asked == 2
    # And again while the page is open.
    sandbox.advance(LIFETIME)
    pay(sandbox, 1_234, on=seller)
    platform.secrets.append(secret(sandbox, seller, "payments"))
    frame.locator("html").evaluate("() => setTimeout(() => window.location.reload())")
    frame.get_by_text("12.34 USD").wait_for()
    assert platform.asked == 3


def test_a_secret_that_stays_expired_is_a_load_error(
    sandbox: Running, platform: Platform, screen: Page
) -> None:
    old = [secret(sandbox, custom(sandbox).id, "payments") for _ in range(5)]
    sandbox.advance(LIFETIME)
    show(platform, screen, "payments", *old)
    assert heard(screen, "LoadError")["error"]["type"] == "authentication_error"
    assert platform.asked == 3


def test_a_failing_platform_and_a_wrong_component_are_load_errors(
    sandbox: Running, platform: Platform, screen: Page
) -> None:
    show(platform, screen, "payments")
    assert heard(screen, "LoadError")["error"]["type"] == "account_session_create_error"
    seller = custom(sandbox).id
    show(platform, screen, "payouts", secret(sandbox, seller, "payments"))
    told = heard(screen, "LoadError")
    assert (told["elementTagName"], told["error"]["type"]) == ("payouts", "invalid_request_error")


def test_the_banner_tells_the_page_how_much_is_due(
    sandbox: Running, platform: Platform, screen: Page
) -> None:
    seller = express(sandbox)
    name = "notification-banner"
    show(platform, screen, name, secret(sandbox, seller.id, name))
    due = seller.requirements
    assert due is not None
    count = len(due.currently_due or [])
    assert heard(screen, "NotificationsChange") == {"total": count, "actionRequired": count}


def test_details_of_one_payment_are_chosen_and_closed_by_the_page(
    sandbox: Running, platform: Platform, screen: Page
) -> None:
    seller = custom(sandbox).id
    intent = pay(sandbox, 1_234, on=seller)
    name = "payment-details"
    more = f'element.setPayment("{intent.id}");'
    frame = show(platform, screen, name, secret(sandbox, seller, name), more=more)
    frame.get_by_text("12.34 USD").wait_for()
    frame.get_by_role("button", name="Close").click()
    assert heard(screen, "Close") == {}


def test_logging_out_takes_the_components_away(
    sandbox: Running, platform: Platform, screen: Page
) -> None:
    seller = custom(sandbox).id
    frame = show(platform, screen, "payments", secret(sandbox, seller, "payments"))
    frame.get_by_text("No payments yet").wait_for()
    inside = screen.frames[-1].url
    screen.evaluate("instance.logout()")
    screen.locator("iframe").wait_for(state="detached")
    happens(lambda: sandbox.http.get(inside, timeout=PATIENCE).status_code == 403)


def test_two_components_share_one_session(
    sandbox: Running, platform: Platform, screen: Page
) -> None:
    made = session(sandbox, custom(sandbox).id, payments={}, payouts={})
    more = 'document.getElementById("root").append(instance.create("payouts"));'
    show(platform, screen, "payments", made.client_secret, more=more)
    for number, words in enumerate(("No payouts yet", "No payments yet")):
        screen.frame_locator("iframe").nth(number).get_by_text(words).wait_for()
    assert platform.asked == 1
