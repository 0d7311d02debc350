"""axe-core looks at every page, on a desk and, in dark colours, on a phone: no serious fault.

The pages are found by following links, as each kind of person, so a new page is looked at without
anybody thinking of it. axe comes from the npm registry and is put into the page by the test; it is
no part of what is shipped. https://github.com/dequelabs/axe-core/blob/develop/doc/API.md
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from marketplace import orders, people, sellers
from marketplace.database import ROOT, phase
from marketplace.design import DEFAULT, Dashboard, Onboarding
from marketplace.lifecycles import SellerState
from marketplace.models import Role, User
from marketplace.orders import Wanted
from marketplace.sandbox import hands
from tests import builders
from tests.browser.conftest import DESKTOP, PATIENCE, PHONE
from tests.journeys.conftest import Town
from tests.sandbox import merchants
from tests.sandbox.onboarded import express, link
from tests.sandbox.test_dashboard import full

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
# On the phone only what hangs on the width and on the colours is looked at again.
NARROW = ["color-contrast", "scrollable-region-focusable", "target-size", "link-in-text-block"]
RUN = """async (rules) => {
  const only = rules ? { runOnly: { type: "rule", values: rules } } : {};
  const found = await axe.run(document, {
    ...only, resultTypes: ["violations"], iframes: false, preload: false });
  return found.violations
    .filter((fault) => ["serious", "critical"].includes(fault.impact))
    .map((fault) => [fault.id, fault.nodes.map((node) =>
      node.target.join(" ") + ": " + node.any.concat(node.all, node.none)
        .map((check) => check.message).join("; ")).slice(0, 4)]);
}"""
NO_PAGES = re.compile(r"\.(md|json|webp|svg)$|/static/|/_sandbox/state")
NAMED = re.compile(r"^[a-z][a-z_.-]*$")


@dataclass
class Eye:
    """A browser tab with axe, and what it has seen. A page is known by the shape of its address."""

    page: Page
    seen: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    _axe: str = field(default_factory=lambda: AXE.read_text("utf-8"))

    def look(self, url: str, title: str = "") -> list[str]:
        """Look at one page in both sizes; gives the addresses that it leads to."""
        answer = self.page.goto(url)
        assert answer
        assert answer.status < 500, url
        if "html" not in answer.headers.get("content-type", ""):
            return []
        self.examine(title or url)
        links: list[str] = self.page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        return links

    def examine(self, title: str) -> None:
        """Look at what the tab shows now, once its style is there too."""
        self.page.wait_for_load_state()
        self.page.evaluate(self._axe)
        found = [(fault, "desk") for fault in self.page.evaluate(RUN, None)]
        # As tall as the page is: what sticks to the lower edge covers something wherever one is.
        self.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        height = self.page.evaluate("document.documentElement.scrollHeight")
        self.page.set_viewport_size({"width": PHONE[0], "height": max(height, PHONE[1])})
        self.page.emulate_media(color_scheme="dark")
        found += [(fault, "phone, dark") for fault in self.page.evaluate(RUN, NARROW)]
        self.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        self.page.emulate_media(color_scheme="light")
        self.faults += [f"{title} ({size}): {rule} {nodes}" for (rule, nodes), size in found]

    def wander(self, *starts: str) -> None:
        """Look at these pages, and at every kind of page that can be reached from them by links."""
        site = urlsplit(starts[0]).netloc
        waiting = list(starts)
        while waiting:
            url = waiting.pop(0)
            if shape(url) in self.seen:
                continue
            self.seen.add(shape(url))
            found = (urljoin(url, link).partition("#")[0] for link in self.look(url))
            waiting += [link for link in found if urlsplit(link).netloc == site and is_page(link)]


def is_page(url: str) -> bool:
    parts = urlsplit(url)
    return "lang=" not in parts.query and not NO_PAGES.search(parts.path)


def shape(url: str) -> str:
    """The address without the names in it, and without its query but for the language."""
    parts = urlsplit(url)
    steps = [step if NAMED.match(step) else "*" for step in parts.path.split("/") if step]
    if len(steps) > 1 and steps[0] in {"shops", "checkout"}:
        steps[1] = "*"
    return "/".join([parts.netloc, *steps, "zh" if "lang=zh" in parts.query else ""])


@contextmanager
def somebody(chromium: Browser, town: Town, user: User | None) -> Iterator[Page]:
    """A tab of a guest, or of somebody who is signed in."""
    tab = chromium.new_context(
        viewport={"width": DESKTOP[0], "height": DESKTOP[1]},
        locale="en-US",
        reduced_motion="reduce",  # else colours are seen while they change
    )
    tab.set_default_timeout(PATIENCE)
    if user:
        with town.database() as session, phase(session):
            token = people.begin(session, session.get_one(User, user.id)).token
        tab.add_cookies([{"name": "marketplace_login", "value": token, "url": town.site}])
    yield tab.new_page()
    tab.close()


@dataclass
class People:
    """Who lives in the town, and the addresses that no link leads to."""

    buyer: User
    seller: User
    beginner: User
    operator: User
    orders: list[str]
    answering: User
    embedded: User


@pytest.fixture
def inhabited(town: Town) -> People:
    """A town with something on every page."""
    town.stripe.key = town.settings.stripe_key
    account = merchants.seller(town.stripe)
    stripe, url = town.wiring.stripe, town.site
    with town.database() as session:
        bea = builders.seller(session, "Bea's bowls", slug="bea", stripe_id=account)
        bowl = builders.product(session, bea, "Blue bowl", 2400, stock=20)
        builders.product(session, bea, "Tea cup", 900, stock=0)
        nora = builders.seller(
            session,
            "Nora's new shop",
            stripe_id=merchants.seller(town.stripe, able=()),
            state=SellerState.DUE,
            charges_enabled=False,
            payouts_enabled=False,
        )
        ben = builders.person(session, "Ben")
        olivia = builders.person(session, "Olivia", role=Role.OPERATOR)
        builders.card(session, ben)
        tokens = []
        for pays in (True, False):
            order = orders.place(session, [Wanted(bowl.id, 1)], ben, builders.nonce())
            page = orders.start_payment(session, stripe, order, public_url=url)
            tokens.append(order.token)
            if pays:
                hands.pay(page)
        owners = [session.get_one(User, shop.user_id) for shop in (bea, nora)]
        newcomers = []
        for onboarding in (Onboarding.API, Onboarding.EMBEDDED):
            user = builders.person(session, f"Newcomer {onboarding.value}", role=Role.SELLER)
            design = replace(DEFAULT, onboarding=onboarding, dashboard=Dashboard.NONE)
            shop = f"{onboarding.value} shop"
            sellers.open_shop(session, user, name=shop, country="US", design=design)
            newcomers.append(user)
        session.commit()
        found = People(ben, owners[0], owners[1], olivia, tokens, *newcomers)
        session.expunge_all()
    town.settle()
    return found


def told(faults: Iterable[str]) -> str:
    return "\n".join(faults)


def test_no_page_of_the_marketplace_has_a_serious_fault(
    town: Town, inhabited: People, chromium: Browser
) -> None:
    site, seen, faults = town.site, set[str](), []
    for user, starts in (
        (None, ["/", "/?lang=zh", "/guide?lang=zh", "/sign-up", "/no-such-page"]),
        (inhabited.buyer, ["/orders", "/cards", *(f"/orders/{t}" for t in inhabited.orders)]),
        (inhabited.seller, ["/sell"]),
        (inhabited.beginner, ["/sell/account"]),
        (inhabited.answering, ["/sell/questions", "/sell/questions?lang=zh"]),
        (inhabited.embedded, ["/sell/account?lang=zh", "/sell/onboarding?lang=zh"]),
        (inhabited.operator, ["/platform"]),
    ):
        with somebody(chromium, town, user) as page:
            eye = Eye(page, seen)
            if user is inhabited.buyer:
                _fills_the_basket(eye, site)
            if user in {inhabited.beginner, inhabited.answering, inhabited.embedded}:
                # A shop that is not ready has other things to read at the same addresses.
                seen -= {one for one in seen if one.endswith(("/sell/", "/sell/account/"))}
            if user in {inhabited.answering, inhabited.embedded}:
                page.goto(f"{site}/sell/account")
                page.get_by_role("button", name="Set up payments").click()
                page.wait_for_load_state()
                eye.examine("the first questions")
            eye.wander(*(f"{site}{path}" for path in starts))
            faults += eye.faults
    assert len(seen) > 25, sorted(seen)
    assert not faults, told(faults)


def _fills_the_basket(eye: Eye, site: str) -> None:
    """What only a form leads to: a basket with something in it, the till, our payment form."""
    eye.page.goto(site)
    eye.page.get_by_role("link", name="Blue bowl").click()
    eye.page.get_by_role("button", name="Put into the basket").click()
    eye.page.get_by_role("link", name="Check out").wait_for()
    eye.look(f"{site}/basket")
    eye.page.get_by_role("link", name="Check out").click()
    eye.page.get_by_role("button", name="Order and pay").wait_for()
    eye.examine("the till")
    eye.page.get_by_label("Here, in a form of Stripe's").check()
    eye.page.get_by_role("button", name="Order and pay").click()
    eye.page.frame_locator(".element-place iframe").get_by_label("Card number").wait_for()
    eye.examine("our payment form")


def test_no_page_of_the_sandbox_has_a_serious_fault(
    town: Town, inhabited: People, chromium: Browser
) -> None:
    assert inhabited.orders
    stripe, sandbox = town.wiring.stripe.v1, town.stripe.url
    nora, full_dashboard = express(town.stripe, country="DE"), full(town.stripe)
    page_to_pay = stripe.checkout.sessions.list({"status": "open", "limit": 1}).data[0].url
    receipt = stripe.charges.list({"limit": 1}).data[0].receipt_url
    with somebody(chromium, town, None) as page:
        eye = Eye(page)
        eye.wander(f"{sandbox}/_sandbox/")
        for url in (page_to_pay, receipt, f"{sandbox}/v3/elements/payment"):
            assert url
            eye.look(url)
        _is_onboarded(eye, link(town.stripe, nora.id, return_url=f"{town.site}/healthz"))
        eye.wander(stripe.accounts.login_links.create(nora.id).url)
        page.goto(f"{sandbox}/dashboard")
        page.get_by_role("button", name=full_dashboard).or_(
            page.locator(f"[value='{full_dashboard}']")
        ).first.click()
        eye.wander(f"{sandbox}/dashboard/{full_dashboard}")
    assert len(eye.seen) > 8, sorted(eye.seen)
    assert not eye.faults, told(eye.faults)


def _is_onboarded(eye: Eye, url: str) -> None:
    """Look at each step of the form; what each step asks is given by its test values."""
    page = eye.page
    page.goto(url)
    finish = page.get_by_role("button", name="Agree and submit")
    while True:
        finish.or_(page.get_by_role("button", name="Save and continue")).first.wait_for()
        page.wait_for_load_state()
        if finish.count():
            break
        eye.examine(f"onboarding: {page.title()}")
        aid = page.get_by_role("button", name="Use test values")
        if aid.count():
            aid.click()
        page.get_by_role("button", name="Save and continue").first.click()
    eye.examine(f"onboarding: {page.title()}")
    finish.click()
    page.wait_for_url("**/healthz")
