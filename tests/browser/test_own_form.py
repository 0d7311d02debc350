"""Our own form with Stripe's Payment Element, and the cards that it keeps."""

import pytest
from playwright.sync_api import FrameLocator, expect

from marketplace.design import ChargeType
from tests import builders
from tests.browser.conftest import CHINESE, ENGLISH, PHONE, Meet, Person
from tests.journeys.conftest import PASSWORD, Town
from tests.sandbox import merchants

VISA, DECLINED, CHALLENGED = "4242424242424242", "4000000000000002", "4000002760003184"


def signs_up(person: Person, site: str) -> None:
    person.open(f"{site}/sign-up")
    person.fill(name=person.name, email=f"{person.name.lower()}@example.com", password=PASSWORD)
    person.press("Sign up")


def element(person: Person) -> FrameLocator:
    """The Payment Element in the page."""
    return person.page.frame_locator(".element-place iframe")


def types(person: Person, number: str) -> None:
    """Type a card into the Payment Element."""
    frame = element(person)
    frame.get_by_label("Card number").fill(number)
    frame.get_by_label("Expiration date").fill("12/34")
    frame.get_by_label("Security code").fill("123")


def test_a_card_is_kept_from_a_phone_after_the_banks_question(town: Town, meet: Meet) -> None:
    ben = meet("Ben", PHONE)
    signs_up(ben, town.site)
    ben.open(f"{town.site}/cards")
    ben.picture("no cards")
    ben.follow("Add a card")
    types(ben, CHALLENGED)
    ben.picture("card form")
    ben.press("Save the card")
    bank = ben.page.frame_locator("dialog iframe")
    bank.get_by_role("button", name="Approve the payment").click()
    expect(ben.page.get_by_text("•••• 3184").first).to_be_visible()
    ben.picture("cards")


def goes_to_the_till(person: Person, site: str, title: str) -> None:
    person.open(site)
    person.reads_own_language()
    person.follow(title)
    person.press("Put into the basket")
    person.follow("Check out")


def stands_on_sale(town: Town, *charge_types: ChargeType) -> None:
    """One shop for each charge type, with something to buy."""
    for charge_type in charge_types:
        account = merchants.seller(town.stripe)
        with town.database() as session:
            name = f"{charge_type.value.title()} pots"
            shop = builders.seller(session, name, stripe_id=account, charge_type=charge_type)
            builders.product(session, shop, f"{charge_type.value.title()} pot", 2400)


@pytest.mark.parametrize(
    ("language", "order", "button", "paid"),
    [
        (ENGLISH, "Order and pay $24.00", "Pay $24.00", "Your order is paid"),
        (CHINESE, "下单并支付 US$24.00", "支付 US$24.00", "您的订单已付款"),
    ],
    ids=["english", "chinese"],
)
def test_a_guest_pays_in_our_form_after_a_decline_and_the_banks_question(
    town: Town, meet: Meet, language: str, order: str, button: str, paid: str
) -> None:
    town.stripe.key = town.settings.stripe_key
    stands_on_sale(town, ChargeType.DESTINATION)
    gus = meet("Gus" if language == ENGLISH else "Gus in Chinese", PHONE, language=language)
    goes_to_the_till(gus, town.site, "Destination pot")
    gus.page.get_by_label(gus.said("Here, in a form of Stripe's")).check()
    gus.picture("till")
    gus.press(order)
    gus.page.get_by_label(gus.said("Email")).fill("gus@example.com")
    types(gus, DECLINED)
    gus.press(button)
    expect(gus.page.get_by_role("alert")).to_contain_text("declined")
    gus.picture("declined in the form")
    (noted,) = gus.complaints  # the browser writes every 402 down; this one was wanted
    assert "402" in noted
    gus.complaints.clear()
    types(gus, CHALLENGED)
    gus.press(button)
    bank = gus.page.frame_locator("dialog iframe")
    bank.get_by_role("button", name="Approve the payment").click()
    gus.reads(paid)
    gus.reads_own_language()
    gus.picture("paid")


def test_a_card_kept_at_one_shop_pays_at_another_with_one_click(town: Town, meet: Meet) -> None:
    town.stripe.key = town.settings.stripe_key
    stands_on_sale(town, ChargeType.DESTINATION, ChargeType.DIRECT)
    ben = meet("Ben")
    signs_up(ben, town.site)
    goes_to_the_till(ben, town.site, "Destination pot")
    ben.page.get_by_label("Here, in a form of Stripe's").check()
    ben.page.get_by_label("Keep a new card").check()
    ben.press("Order and pay")
    types(ben, VISA)
    ben.picture("form")
    ben.press("Pay $24.00")
    ben.reads("Your order is paid")
    town.settle()
    goes_to_the_till(ben, town.site, "Direct pot")
    expect(ben.page.get_by_label("Visa •••• 4242")).to_be_checked()
    ben.picture("till with a card")
    ben.press("Order and pay")
    ben.reads("Your order is paid")


def test_without_javascript_the_form_leads_to_stripes_page(town: Town, meet: Meet) -> None:
    town.stripe.key = town.settings.stripe_key
    stands_on_sale(town, ChargeType.DIRECT)
    gus = meet("Gus", PHONE, script=False)
    goes_to_the_till(gus, town.site, "Direct pot")
    gus.page.get_by_label("Here, in a form of Stripe's").check()
    gus.press("Order and pay")
    gus.picture("no script")
    gus.press("Pay on Stripe's page")
    gus.fill(number=VISA, exp="12/34", cvc="123", name="Gus", email="gus@example.com")
    gus.page.locator("button[value=pay]").click()
    gus.reads("Your order is paid")
