"""Shops of every charge type in one basket, over real HTTP, to the pages of all who take part."""

from dataclasses import dataclass
from typing import Any

import pytest

from marketplace import ledger, people
from marketplace.cli.browser import Browser
from marketplace.design import ChargeType, FeePayer
from marketplace.design.passing import TransferWhen
from marketplace.models import Order, Role, Seller, User
from tests import builders
from tests.journeys.conftest import Town
from tests.sandbox import merchants

SEPARATE = {"charge_type": ChargeType.SEPARATE}


@dataclass
class Street:
    """A town with shops that are open already; onboarding has journeys of its own."""

    town: Town

    def open_shop(self, name: str, title: str, price: int, **values: Any) -> Seller:
        """A shop with one product on its shelf."""
        self.town.stripe.key = self.town.settings.stripe_key
        payer = values.get("fee_payer", FeePayer.PLATFORM)
        seller_pays = payer is FeePayer.SELLER
        controller = merchants.SELLER_PAYS if seller_pays else merchants.PLATFORM_PAYS
        account = merchants.seller(self.town.stripe, controller=controller)
        with self.town.database() as session:
            shop = builders.seller(session, name, stripe_id=account, **values)
            builders.product(session, shop, title, price, stock=5)
            session.expunge_all()
        return shop

    def as_person(self, name: str, user_id: int) -> Browser:
        """The browser of somebody who is signed in."""
        browser = self.town.browser(name)
        with self.town.database() as session:
            token = people.begin(session, session.get_one(User, user_id), "a browser").token
            session.commit()
        browser.session.cookies.set("marketplace_login", token)
        return browser

    def operator(self) -> Browser:
        """Olivia, who runs the marketplace."""
        with self.town.database() as session:
            olivia = builders.person(session, "Olivia", role=Role.OPERATOR).id
        return self.as_person("Olivia", olivia)

    def check(self) -> None:
        """The books are in order, and nothing that was paid is only expected."""
        with self.town.database() as session:
            assert ledger.check(session) == []
            stories = [ledger.story(session, order) for order in session.query(Order)]
        assert [story for story in stories if story.expected] == []


@pytest.fixture
def street(town: Town) -> Street:
    """Nobody has a shop yet."""
    return Street(town)


def test_two_shops_are_paid_at_once_and_each_sees_its_own(street: Street) -> None:
    bea = street.open_shop("Bea's Bowls", "Blue bowl", 1000, **SEPARATE)
    kai = street.open_shop(
        "Kai's Cups", "Red cup", 2000, transfer_when=TransferWhen.LATER, **SEPARATE
    )
    town, ben = street.town, street.town.browser("Ben")
    for title in ("Blue bowl", "Red cup"):
        ben.open("/").follow(title).press("Put into the basket")
    basket = ben.open("/basket")
    assert "payments" not in basket.text
    assert "Bea's Bowls, Kai's Cups" in basket.follow("Check out").text
    ben.press("Order and pay")
    assert ben.away
    ben.open(town.pay(ben.away))
    town.settle()
    page = ben.open(ben.url).text
    assert "was told and sends it soon" in page
    assert town.balance(bea.stripe_id)["pending"] == {"usd": 900}
    assert town.balance(kai.stripe_id)["pending"] == {"usd": 0}
    with town.database() as session:
        order = session.query(Order).one()
    mine = street.as_person("Bea", bea.user_id).open(f"/sell/orders/{order.id}")
    assert "Blue bowl" in mine.text
    assert "$9.00" in mine.text
    for secret in ("Red cup", "Kai", "$30.00", "$18.00", "$20.00"):
        assert secret not in mine.text
    mine.press("Mark as sent")
    assert "has sent your order on" in ben.open(ben.url).text

    olivia = street.operator().open(f"/platform/orders/{order.token}")
    assert "waits with the marketplace" in olivia.text
    form: Any = {"part2-shop": "nobody", "part2-amount": "17.00"}
    assert "There is no such shop" in olivia.press("Pass it on", **form).text
    assert 'value="17.00"' in olivia.html  # nothing typed is lost
    form = {"part2-shop": kai.slug, "part2-amount": "18.01"}
    assert "At most $18.00 is left" in olivia.press("Pass it on", **form).text
    form = {"part2-shop": kai.slug, "part2-amount": "17.00"}
    assert "is passed on to Kai" in olivia.press("Pass it on", **form).text
    town.settle()
    assert town.balance(kai.stripe_id)["pending"] == {"usd": 1700}
    assert "$1.00 of Kai" in olivia.open(olivia.url).text
    street.check()


def test_each_charge_type_pays_its_seller_in_one_shop(street: Street) -> None:
    shops = {
        "Direct": (ChargeType.DIRECT, FeePayer.SELLER),
        "Billed": (ChargeType.DIRECT, FeePayer.PLATFORM),
        "Passed": (ChargeType.DESTINATION, FeePayer.PLATFORM),
        "Split": (ChargeType.SEPARATE, FeePayer.PLATFORM),
    }
    town, ben = street.town, street.town.browser("Ben")
    opened = {
        name: street.open_shop(name, f"{name} lamp", 10_000, charge_type=charge, fee_payer=payer)
        for name, (charge, payer) in shops.items()
    }
    for name in shops:
        ben.open(town.pay(town.order(ben, f"{name} lamp")))
        town.settle()
        assert "Your order is paid" in ben.open(ben.url).text
    held = {name: town.balance(opened[name].stripe_id)["pending"]["usd"] for name in shops}
    # of 100.00 the marketplace keeps 10.00, and Stripe takes 3.20 of whoever pays it
    assert held == {"Direct": 8680, "Billed": 9000, "Passed": 9000, "Split": 9000}
    assert town.balance()["pending"]["usd"] + town.balance()["available"]["usd"] == 1000 + 3 * 680
    street.check()
