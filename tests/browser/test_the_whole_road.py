"""The whole road in a real browser, on a phone and on a desk, with and without JavaScript."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from marketplace import people
from marketplace.database import phase
from marketplace.models import Order, Role, Seller
from tests import builders
from tests.browser.conftest import DESKTOP, PHONE, Meet, Person
from tests.journeys.conftest import PASSWORD, Town

THREE_D_SECURE = "4000002760003184"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture of a rug, more or less."""
    image = Image.new("RGB", (800, 600), "#d8c3a5")
    draw = ImageDraw.Draw(image)
    for step in range(0, 800, 40):
        draw.line((step, 0, 800 - step, 600), fill="#8e3b46", width=12)
    file = io.BytesIO()
    image.save(file, "JPEG")
    path = tmp_path / "rug.jpg"
    path.write_bytes(file.getvalue())
    return path


def _opens_a_shop(nadia: Person, site: str) -> None:
    nadia.open(site)
    nadia.picture("empty shop")
    nadia.follow("Sign in")
    nadia.open(f"{site}/sign-up")
    nadia.fill(name="Nadia", email="nadia@example.com", password=PASSWORD)
    nadia.page.locator("[name=sell]").check()
    nadia.press("Sign up")
    nadia.fill(name="Nadia weaves")
    nadia.page.locator("[name=country]").select_option("US")
    nadia.picture("open a shop")
    nadia.press("Open the shop")
    nadia.reads("Set up payments")
    nadia.picture("set up payments")


def _onboards(nadia: Person, site: str) -> None:
    nadia.press("Set up payments with Stripe")
    for _ in range(12):
        nadia.page.wait_for_load_state()
        if nadia.page.url.startswith(site):
            break
        nadia.picture("onboarding")
        finish = nadia.page.get_by_role("button", name="Agree and submit")
        finish.or_(nadia.page.get_by_role("button", name="Save and continue")).first.wait_for()
        if finish.count():
            finish.click()
            continue
        aid = nadia.page.get_by_role("button", name="Use test values")
        if aid.count():
            aid.click()
        nadia.press("Save and continue")
    nadia.open(f"{site}/sell/account")
    nadia.reads("All set")
    nadia.picture("all set")


def _offers(nadia: Person, site: str, photo: Path) -> None:
    nadia.open(f"{site}/sell/products/new")
    nadia.fill(title="Woven rug", price="48.00", stock="3", description="Wool, 120 × 80 cm.")
    nadia.page.locator("[name=image]").set_input_files(photo)
    nadia.press("Put it on sale")
    nadia.reads("It is on sale.")
    nadia.picture("products")


def _goes_to_pay(ben: Person, site: str) -> None:
    ben.open(site)
    ben.picture("front page")
    ben.follow("Woven rug")
    picture = ben.page.locator("main img.goods").first
    expect(picture).to_be_visible()
    if _has_script(ben):
        expect(picture).to_have_js_property("complete", value=True)  # it is told to be lazy
        assert picture.evaluate("image => image.naturalWidth > 0")
    ben.picture("product")
    ben.press("Put into the basket")
    ben.picture("basket")
    ben.follow("Check out")
    ben.picture("checkout")
    ben.press("Order and pay")
    ben.page.locator("[name=number]").wait_for()


def _pays(ben: Person) -> None:
    ben.fill(
        email="ben@example.com", number=THREE_D_SECURE, exp="12/34", cvc="123", name="Ben Fischer"
    )
    ben.picture("payment page")
    ben.page.locator("button[value=pay]").click()
    ben.reads("Your bank asks")
    ben.picture("3-D Secure")
    ben.press("Approve the payment")
    ben.reads("Your order is paid")
    ben.picture("paid")


def _is_paid_out(nadia: Person, town: Town) -> None:
    nadia.open(f"{town.site}/sell/orders")
    nadia.follow("Order 1")
    nadia.picture("sale with its money")
    nadia.press("Mark as sent")
    nadia.open(f"{town.stripe.url}/_sandbox/")
    nadia.fill(advance="7d")
    nadia.page.get_by_role("button", name="Push", exact=True).click()
    nadia.page.wait_for_load_state()
    nadia.picture("workbench")
    town.settle()
    nadia.open(f"{town.site}/sell/money")
    # 48.00 less the marketplace's tenth.
    nadia.reads("$43.20")
    expect(nadia.page.locator("main .status", has_text="paid").first).to_be_visible()
    nadia.picture("paid out")


def _has_script(person: Person) -> bool:
    return bool(person.page.evaluate("1") == 1)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_from_signing_up_to_money_in_the_bank(
    town: Town, meet: Meet, photo: Path, size: tuple[int, int], request: pytest.FixtureRequest
) -> None:
    where = request.node.callspec.id
    nadia, ben = meet(f"{where} Nadia", size), meet(f"{where} Ben", size)
    _opens_a_shop(nadia, town.site)
    _onboards(nadia, town.site)
    _offers(nadia, town.site, photo)
    _goes_to_pay(ben, town.site)
    # Somebody watches the order on another screen; it becomes paid there by itself.
    with town.database() as session:
        token = session.query(Order).one().token
    watcher = meet(f"{where} watcher", size)
    watcher.open(f"{town.site}/orders/{token}?returned=1")
    watcher.reads("We are checking your payment.")
    watcher.picture("waiting")
    _pays(ben)
    watcher.reads("Your order is paid")
    watcher.picture("paid by itself")
    _is_paid_out(nadia, town)


def test_the_same_road_without_javascript(town: Town, meet: Meet, photo: Path) -> None:
    nadia, ben = meet("plain Nadia", PHONE, script=False), meet("plain Ben", PHONE, script=False)
    _opens_a_shop(nadia, town.site)
    _onboards(nadia, town.site)
    _offers(nadia, town.site, photo)
    _goes_to_pay(ben, town.site)
    _pays(ben)
    _is_paid_out(nadia, town)


EVIL = '"><svg onload=alert(1)><script>alert(2)</script>{{7*7}}<b>bold</b>\u202etxet'


def test_what_sellers_write_runs_nowhere(town: Town, meet: Meet) -> None:
    """Names of shops, products and people are words, on every page that shows them."""
    seller = town.begin_shop("Eve", EVIL[:80])
    seller.press("Set up payments with Stripe")
    assert seller.away
    seller.open(town.onboard(seller.away))
    town.settle()
    seller.open("/sell/products/new").press(
        "Put it on sale", title=EVIL, price="9.00", description=EVIL
    )
    town.pay(town.order(town.browser("Ben"), "onload"))
    town.settle()
    operator = meet("operator", DESKTOP)
    with town.database() as session, phase(session):
        user = builders.person(session, EVIL, role=Role.OPERATOR, email="o@example.com")
        token = people.begin(session, user).token
        order, shop = session.query(Order).one(), session.query(Seller).one()
    operator.context.add_cookies([{"name": "marketplace_login", "value": token, "url": town.site}])
    paths = ["/", f"/shops/{shop.slug}", "/products/1", f"/orders/{order.token}", "/platform"]
    paths += ["/platform/sellers", f"/platform/sellers/{shop.slug}", "/platform/orders"]
    paths += [f"/platform/orders/{order.token}", "/platform/calls", "/platform/events/1"]
    for path in paths:
        operator.open(town.site + path)
        assert (
            operator.page.locator("svg[onload], main script, main b", has_text="bold").count() == 0
        )
        assert "49" not in operator.page.locator("h1").first.inner_text()
    owner = meet("owner", PHONE)
    jar = seller.session.cookies.get("marketplace_login") or ""
    owner.context.add_cookies([{"name": "marketplace_login", "value": jar, "url": town.site}])
    for path in ("/sell", "/sell/products", "/sell/orders", "/sell/orders/1", "/sell/account"):
        owner.open(town.site + path)
        assert owner.page.locator("svg[onload], main script").count() == 0
    owner.open(f"{town.stripe.url}/_sandbox/events")
