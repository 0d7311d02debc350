"""What an order takes from its seller when it is placed, and what the guard says of it."""

from typing import Any

import pytest
from sqlalchemy import orm

from marketplace import orders, platform, sellers
from marketplace.design import ChargeType, FeePayer
from marketplace.design.passing import Split
from marketplace.errors import SellerNotReady
from marketplace.models import Order, Seller
from marketplace.money import Money
from marketplace.orders import Wanted
from marketplace.sandbox import hands
from tests import builders
from tests.sandbox import merchants
from tests.till import Till


def change(till: Till, **values: Any) -> None:
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    for name, value in values.items():
        setattr(bea, name, value)
    till.session.commit()


@pytest.mark.parametrize(
    ("fee_min", "fee_max", "kept"), [(None, None, 123), (200, None, 200), (None, 50, 50)]
)
def test_the_sellers_limits_decide_the_commission(
    till: Till, fee_min: int | None, fee_max: int | None, kept: int
) -> None:
    change(till, fee_min=fee_min, fee_max=fee_max)
    assert till.place().application_fee == Money(kept, "usd")


def test_an_order_keeps_how_it_is_charged_and_repeats_the_very_same_call(till: Till) -> None:
    change(till, split=Split.TRANSFER_AMOUNT)
    order = till.place()
    change(till, split=Split.APPLICATION_FEE, shop_name="Another name", fee_bps=0)
    till.start(order)
    hands.pay(till.sessions()[0].url)
    till.settle(order)
    charge = till.stripe.v1.charges.list().data[0].to_dict()
    assert charge["transfer_data"]["amount"] == 877
    assert charge["application_fee_amount"] is None
    assert charge["statement_descriptor_suffix"] == "BEAS BOWLS"
    transfers = till.stripe.v1.transfers.list().data
    assert [transfer.amount for transfer in transfers] == [877]


def test_both_ways_to_split_leave_everybody_with_the_same(till: Till) -> None:
    change(till, split=Split.TRANSFER_AMOUNT)
    order = till.place()
    hands.pay(till.start(order))
    till.settle(order)
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    assert merchants.net(till.sandbox, bea.stripe_id) == 877
    assert merchants.net(till.sandbox) == 64


def test_who_sells_in_the_sellers_name_needs_the_seller_to_take_cards(till: Till) -> None:
    change(till, on_behalf_of=True, capabilities={"transfers": "active"})
    with pytest.raises(SellerNotReady):
        till.place()
    change(till, capabilities={"transfers": "active", "card_payments": "active"})
    order = till.place()
    assert order.statement_descriptor_suffix is None  # the seller's own descriptor stands there
    hands.pay(till.start(order))
    charge = till.stripe.v1.charges.list().data[0].to_dict()
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    assert charge["on_behalf_of"] == bea.stripe_id


@pytest.fixture
def shop(session: orm.Session) -> Seller:
    """Two percent of a sale: less than Stripe takes."""
    return builders.seller(session, "Tiny", fee_bps=200)


def test_a_sale_at_a_loss_is_noticed_where_the_platform_pays_stripe(
    session: orm.Session, shop: Seller
) -> None:
    bowl = builders.product(session, shop, amount=1000)
    (quote,) = orders.quotes(session, [Wanted(bowl.id, 1)])
    assert quote.shortfall == Money(39, "usd")
    shop.charge_type, shop.fee_payer = ChargeType.DIRECT, FeePayer.SELLER
    (quote,) = orders.quotes(session, [Wanted(bowl.id, 1)])
    assert quote.shortfall is None
    shop.fee_payer = FeePayer.PLATFORM
    (quote,) = orders.quotes(session, [Wanted(bowl.id, 1)])
    assert quote.shortfall == Money(39, "usd")


def test_the_guard_warns_when_the_terms_are_set(session: orm.Session, shop: Seller) -> None:
    def said(currency: str = "usd") -> str:
        return orders.guard(session, shop, currency) or ""

    assert "on no sale" in said()
    shop.fee_bps = 1000
    assert "below $4." in said()
    shop.fee_min = 100
    assert said() == ""
    shop.fee_max = 500
    assert "above $162" in said()
    shop.fee_parts = {"jpy": {"fixed": 0}}
    assert "payments in JPY is not known here" in said("jpy")  # where the platform is, neither
    shop.charge_type, shop.fee_payer, shop.fee_bps = ChargeType.DIRECT, FeePayer.SELLER, 0
    assert said() == ""


def test_what_stripe_takes_follows_the_country_of_whoever_is_the_merchant(
    session: orm.Session, shop: Seller
) -> None:
    home = platform.settings(session)
    home.country, home.currency = "US", "usd"
    session.add(home)
    session.flush()
    shop.country, shop.currency = "DE", "eur"
    bowl = builders.product(session, shop, amount=1000, currency="eur")

    def shortfall() -> Money | None:
        (quote,) = orders.quotes(session, [Wanted(bowl.id, 1)])
        return quote.shortfall

    # 2 % of 10.00; Stripe takes 2.9 % and 1 % for the conversion, and 27 cents, in the US.
    assert shortfall() == Money(46, "eur")
    assert "on no sale" in (orders.guard(session, shop, "eur") or "")
    shop.on_behalf_of = True  # in Germany it is 1.5 % and 25 cents
    assert shortfall() == Money(20, "eur")
    assert "below €50." in (orders.guard(session, shop, "eur") or "")
    shop.charge_type, shop.on_behalf_of = ChargeType.DIRECT, False
    assert shortfall() == Money(20, "eur")


def test_terms_are_the_sellers(shop: Seller) -> None:
    assert sellers.terms(shop).bps == 200
    assert Order(amount=1000, currency="usd").total == Money(1000, "usd")
