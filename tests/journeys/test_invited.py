"""Sellers of other designs come by invitation, some with accounts that they had before."""

import pytest

from marketplace.cli.browser import Browser
from marketplace.design import AccountsApi, ChargeType, Dashboard
from marketplace.lifecycles import OrderStatus
from marketplace.models import Order, Role, User
from tests.journeys.conftest import PASSWORD, Town


@pytest.fixture
def olivia(town: Town) -> Browser:
    """The operator, at her desk."""
    browser = town.sign_up("Olivia")
    with town.database() as session:
        session.query(User).filter_by(name="Olivia").one().role = Role.OPERATOR
        session.commit()
    return browser.open("/platform/invitations")


def link_on(browser: Browser) -> str:
    """The link that the page shows."""
    assert browser.status == 200, browser.text
    return str(browser.page.select_one("#link")["value"])  # type: ignore[index]


def joined(town: Town, link: str, who: str, shop: str, *, country: str = "") -> Browser:
    """Somebody who opens the link, signs up and opens the shop."""
    browser = town.browser(who).open(link)
    browser.follow("Sign up").press(
        "Sign up", name=who, email=f"{who.lower()}@example.com", password=PASSWORD
    )
    assert browser.url == link, browser.text
    if country:
        return browser.press("Open the shop", name=shop, country=country)
    return browser.press("Open the shop", name=shop)


def test_somebody_who_was_invited_for_direct_charges_sells_beside_everybody_else(
    town: Town, olivia: Browser
) -> None:
    olivia.follow("Invite a seller").press(
        "Make the link",
        email="maria@example.com",
        charge="direct",
        dashboard="full",
        fees="account",
        losses="stripe",
        fee_bps="5",
    )
    maria = joined(town, link_on(olivia), "Maria", "Maria's Mugs", country="US")
    maria.press("Set up payments with Stripe")
    assert maria.away, maria.text
    maria.open(town.onboard(maria.away))
    town.settle()
    assert "All set" in maria.open("/sell/account").text
    town.offer(maria, "Tall mug", "48.00")
    town.offer(town.open_shop("Nadia", "Nadia weaves"), "Woven rug", "48.00")
    for goods in ("Tall mug", "Woven rug"):
        ben = town.browser(f"Buyer of {goods}")
        ben.open(town.pay(town.order(ben, goods)))
    town.settle()
    shops = (town.seller("Maria's Mugs"), town.seller("Nadia weaves"))
    assert [shop.charge_type for shop in shops] == [ChargeType.DIRECT, ChargeType.DESTINATION]
    with town.database() as session:
        orders = session.query(Order).order_by(Order.id).all()
    assert [order.status for order in orders] == [OrderStatus.PAID] * 2
    # 5 % of 48.00 and Stripe's fee of 1.69 come off Maria's; 10 % off Nadia's, and no fee.
    assert town.balance(shops[0].stripe_id)["pending"] == {"usd": 4800 - 240 - 169}
    assert town.balance(shops[1].stripe_id)["pending"] == {"usd": 4800 - 480}
    assert "Maria's Mugs" in olivia.open("/platform/invitations").text


@pytest.mark.parametrize("api", AccountsApi)
def test_an_account_from_before_comes_along_and_sells_at_once(
    town: Town, olivia: Browser, api: AccountsApi
) -> None:
    stripe = town.wiring.stripe
    account = stripe.v1.accounts.create(
        {"type": "express", "country": "US", "capabilities": {"transfers": {"requested": True}}}
    ).id
    old = stripe.v1.account_links.create(
        {
            "account": account,
            "type": "account_onboarding",
            "refresh_url": "https://old.example/again",
            "return_url": "https://old.example/back",
        }
    )
    town.onboard(old.url)
    town.settle()
    olivia.follow("Bring an account").press(
        "Look it up and make the link", account=account, email="maria@example.com", api=api.value
    )
    maria = joined(town, link_on(olivia), "Maria", "Maria's Mugs")
    assert "All set" in maria.open("/sell/account").text
    shop = town.seller("Maria's Mugs")
    assert (shop.stripe_id, shop.accounts_api) == (account, api)
    assert shop.dashboard is Dashboard.EXPRESS
    town.offer(maria, "Tall mug", "48.00")
    ben = town.browser("Ben")
    ben.open(town.pay(town.order(ben, "Tall mug")))
    town.settle()
    assert town.balance(account)["pending"] == {"usd": 4320}
    assert len(stripe.v1.accounts.list().data) == 1


def test_a_seller_for_whom_charges_become_direct_takes_the_next_sale_alone(
    town: Town, olivia: Browser
) -> None:
    nadia = town.open_shop("Nadia", "Nadia weaves")
    town.offer(nadia, "Woven rug", "48.00")
    olivia.open("/platform/sellers/nadia-weaves").press("Agree on this", charge="direct")
    assert "Stripe was asked for card_payments" in olivia.text
    town.settle()
    shop = town.seller("Nadia weaves")
    assert shop.charge_type is ChargeType.DIRECT
    assert "card_payments" in shop.capabilities
    nadia.open("/sell/account")
    if "All set" not in nadia.text:  # Stripe asks merchants for more than recipients
        nadia.press("Answer at Stripe")
        assert nadia.away, nadia.text
        nadia.open(town.onboard(nadia.away))
        town.settle()
    town.advance(seconds=120)
    ben = town.browser("Ben")
    ben.open(town.pay(town.order(ben, "Woven rug")))
    town.settle()
    # A platform that pays Stripe's fee pays it for direct charges too.
    assert town.balance(shop.stripe_id)["pending"] == {"usd": 4320}
    (charge,) = stripe_charges(town, str(shop.stripe_id))
    assert charge == (4800, 480)


def stripe_charges(town: Town, account: str) -> list[tuple[int, int | None]]:
    """What was charged on an account, and our fee of it."""
    listed = town.wiring.stripe.v1.charges.list(options={"stripe_account": account})
    return [(charge.amount, charge.application_fee_amount) for charge in listed.data]
