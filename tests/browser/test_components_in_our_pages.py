"""A seller who has no dashboard at Stripe: questions, money and disputes inside our own pages."""

from dataclasses import replace

import pytest
from playwright.sync_api import Route, expect

from marketplace import sellers
from marketplace.design import DEFAULT, ChargeType, Dashboard, Onboarding
from marketplace.lifecycles import SellerState
from marketplace.models import User
from tests.browser.conftest import (
    CHINESE,
    DESKTOP,
    ENGLISH,
    PATIENCE,
    PHONE,
    Meet,
    Person,
    happens,
)
from tests.journeys.conftest import PASSWORD, Town

WHITE = replace(
    DEFAULT,
    onboarding=Onboarding.EMBEDDED,
    dashboard=Dashboard.NONE,
    charge_type=ChargeType.DIRECT,
)
NOT_RECEIVED = "4000000000002685"
STEPS = 8  # at most


@pytest.fixture
def shop(town: Town) -> Town:
    """A town where Nadia has opened a shop of this design."""
    town.sign_up("Nadia", sell=True)
    with town.database() as session:
        user = session.query(User).filter_by(name="Nadia").one()
        sellers.open_shop(session, user, name="Nadia weaves", country="US", design=WHITE)
        session.commit()
    return town


def signs_in(person: Person, site: str) -> None:
    person.open(f"{site}/sign-in")
    person.fill(email="nadia@example.com", password=PASSWORD)
    person.press("Sign in")
    person.page.get_by_role("button", name=person.said("Sign out")).wait_for()
    person.reads_own_language()


def onboards(nadia: Person, site: str) -> None:
    """Answer everything in the frame, without ever leaving our page."""
    nadia.open(f"{site}/sell/account")
    nadia.press("Set up payments with Stripe")
    component = nadia.page.locator(".slot-stripe > *")
    component.wait_for(state="attached")
    told = component.evaluate("it => it.connection.params.locale")
    assert told == ("en" if nadia.language == ENGLISH else nadia.language)
    form = nadia.page.frame_locator("iframe")
    finish = form.get_by_role("button", name="Agree and submit")
    go_on = form.get_by_role("button", name="Save and continue")
    for step in range(STEPS):
        finish.or_(go_on).wait_for()
        if finish.count():
            break
        if step == 1:
            nadia.picture("questions inside our page")
        for button in (form.get_by_role("button", name="Use test values"), go_on):
            with nadia.page.expect_event("framenavigated"):
                button.click()
        assert nadia.page.url == f"{site}/sell/onboarding"
    assert nadia.page.locator(".slot-ours").is_hidden()
    finish.click()
    nadia.page.wait_for_url("**/sell/account")


def test_a_seller_onboards_sells_and_reads_everything_without_leaving_us(
    shop: Town, meet: Meet
) -> None:
    nadia, site = meet("Nadia at her desk", DESKTOP), shop.site
    signs_in(nadia, site)
    onboards(nadia, site)
    shop.settle()
    assert shop.seller("Nadia weaves").state is SellerState.NOTHING_DUE
    shop.offer(shop.browser("Nadia"), "Woven rug", "48.00")
    for card in ("4242424242424242", NOT_RECEIVED):
        ben = shop.browser("Ben")
        ben.open(shop.pay(shop.order(ben, "Woven rug"), card=card))
        shop.settle()
    phone = meet("Nadia on a phone", PHONE, language=CHINESE)
    signs_in(phone, site)
    for person in (nadia, phone):
        for page, component, words in (
            ("", "balances", "On the way"),
            ("/account", "account-management", "Bank accounts"),
            ("/payments", "payments", "48.00 USD"),
            ("/money", "payouts", "No payouts yet"),
            ("/disputes", "disputes-list", "48.00 USD"),
            ("/documents", "documents", "documents"),
        ):
            person.open(f"{site}/sell{page}")
            slot = person.page.locator(f"[data-component={component}]")
            slot.frame_locator("iframe").get_by_text(words).first.wait_for()
            assert slot.locator(".slot-ours").is_hidden()
            person.picture(f"components {component}")


def test_who_reads_chinese_onboards_in_our_page_and_behind_a_blocker_reads_our_own_rows(
    shop: Town, meet: Meet
) -> None:
    nadia, site = meet("Nadia in Chinese", PHONE, language=CHINESE), shop.site
    signs_in(nadia, site)
    onboards(nadia, site)
    nadia.reads("您已从 Stripe 返回。它不再需要任何信息。")
    nadia.reads_own_language()
    shop.settle()
    nadia.page.route("**/connect-js/**", _block)
    nadia.open(f"{site}/sell/payments")
    nadia.reads("此页面的 Stripe 部分未能加载。")
    nadia.reads("还没有付款")
    nadia.picture("ours instead")
    nadia.complaints.clear()  # the browser says that the script was blocked, and rightly
    nadia.page.unroute("**/connect-js/**", _block)
    _waits_on_a_slow_line(nadia, site)


def _block(route: Route) -> None:
    route.abort()


def _waits_on_a_slow_line(nadia: Person, site: str) -> None:
    """Ours stands there until Stripe's part comes, however late that is."""
    held, slow = list[Route](), [True]

    def hold(route: Route) -> None:
        if slow:
            held.append(route)
        else:
            route.continue_()

    nadia.page.route("**/connect-js/**", hold)
    nadia.page.clock.install()
    nadia.page.goto(f"{site}/sell/payments", wait_until="domcontentloaded")
    nadia.page.clock.fast_forward(60_000)
    nadia.reads("此页面的 Stripe 部分未能加载。")
    nadia.reads("还没有付款")
    slow.clear()
    for route in held:
        route.continue_()
    nadia.page.frame_locator("iframe").get_by_text("No payments yet").wait_for()
    expect(nadia.page.locator(".slot-ours")).to_be_hidden()
    expect(nadia.page.locator(".slot-note")).to_be_hidden()


def test_without_javascript_the_page_says_so_and_leads_to_stripes_own(
    shop: Town, meet: Meet
) -> None:
    nadia, site = meet("Nadia without scripts", PHONE, script=False), shop.site
    signs_in(nadia, site)
    nadia.open(f"{site}/sell/account")
    nadia.press("Set up payments with Stripe")
    nadia.page.wait_for_url("**/sell/onboarding")
    nadia.picture("questions without scripts")
    nadia.press("Answer on Stripe's pages")
    nadia.page.wait_for_url(f"{shop.stripe.url}/**")


def test_a_component_is_dark_by_night_and_gone_when_the_seller_signs_out(
    shop: Town, meet: Meet
) -> None:
    nadia, site = meet("Nadia leaves", DESKTOP), shop.site
    nadia.page.emulate_media(color_scheme="dark")
    signs_in(nadia, site)
    nadia.open(f"{site}/sell/account")
    nadia.press("Set up payments with Stripe")
    nadia.page.frame_locator("iframe").get_by_role("heading", level=1).wait_for()
    dark = "html[data-scheme=dark]"
    nadia.page.frame_locator("iframe").locator(dark).wait_for(state="attached")
    inside = nadia.page.frames[-1].url
    assert shop.stripe.http.get(inside, timeout=10).status_code == 200
    nadia.press("Sign out")
    nadia.page.get_by_role("link", name="Sign in").first.wait_for()
    happens(lambda: shop.stripe.http.get(inside, timeout=PATIENCE).status_code == 404)
