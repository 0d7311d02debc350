"""Sales across borders and in many currencies: foreseen, said before paying, survived if not."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from marketplace import ledger, orders, platform
from marketplace.charges.strategy import Party
from marketplace.design import ChargeType
from marketplace.errors import Conflict, StripeRefused
from marketplace.lifecycles import OrderStatus
from marketplace.models import Order, PlatformSettings, Product, Seller, ServiceAgreement
from marketplace.money import Money
from marketplace.orders import Wanted
from marketplace.sandbox import hands
from tests import builders
from tests.sandbox import merchants
from tests.till import Till

DAY = 86_400
TYPES = pytest.mark.parametrize("charge", list(ChargeType))


def at_home_in(session: orm.Session, country: str) -> None:
    row = platform.settings(session)
    row.country = country
    session.merge(row)
    session.commit()


def change(till: Till, **values: Any) -> Seller:
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    for name, value in values.items():
        setattr(bea, name, value)
    till.session.commit()
    return bea


def problem(session: orm.Session, product: Product) -> str | None:
    (quote,) = orders.quotes(session, [Wanted(product.id, 1)])
    return quote.problem


@pytest.mark.parametrize(
    ("home", "charge", "said"),
    [
        (None, ChargeType.DESTINATION, None),
        ("US", ChargeType.DESTINATION, "cannot be sent to the country of this shop"),
        ("US", ChargeType.SEPARATE, "cannot be sent to the country of this shop"),
        ("US", ChargeType.DIRECT, None),
        ("JP", ChargeType.DESTINATION, None),
    ],
)
def test_a_border_is_said_before_the_buyer_pays(
    session: orm.Session, home: str | None, charge: ChargeType, said: str | None
) -> None:
    if home:
        at_home_in(session, home)
    yuki = builders.seller(session, "Yuki", country="JP", currency="jpy", charge_type=charge)
    fan = builders.product(session, yuki, "Fan", 1000)
    told = problem(session, fan)
    assert told == said or (said is not None and said in (told or ""))
    assert orders.border(session, yuki, "jpy") == told
    if said:
        with pytest.raises(Conflict, match="country of this shop"):
            orders.place(session, [Wanted(fan.id, 1)], None, builders.nonce())
        assert session.scalar(sa.select(sa.func.count(Order.id))) == 0


def test_a_recipient_abroad_can_be_sold_for_and_not_charged(session: orm.Session) -> None:
    at_home_in(session, "US")
    kip = builders.seller(
        session,
        "Kip",
        country="KE",
        currency="kes",
        service_agreement=ServiceAgreement.RECIPIENT,
        charge_type=ChargeType.SEPARATE,
    )
    drum = builders.product(session, kip, "Drum", 5000, currency="usd")
    assert problem(session, drum) is None
    kip.charge_type = ChargeType.DIRECT
    assert "paid by the marketplace only" in (problem(session, drum) or "")


def test_a_shop_behind_a_border_does_not_spoil_the_basket_of_the_others(
    session: orm.Session,
) -> None:
    at_home_in(session, "US")
    near = builders.seller(session, "Near", charge_type=ChargeType.SEPARATE)
    far = builders.seller(session, "Far", country="JP", charge_type=ChargeType.SEPARATE)
    goods = [builders.product(session, shop, "Thing", 1000) for shop in (near, far)]
    found = orders.quotes(session, [Wanted(it.id, 1) for it in goods])
    assert [(quote.names, quote.can_be_bought) for quote in found] == [
        (["Near"], True),
        (["Far"], False),
    ]


def test_when_stripe_refuses_all_the_same_nothing_is_charged_and_the_goods_go_back(
    till: Till,
) -> None:
    """Where the platform is was not known, so nobody could foresee it."""
    assert till.session.scalar(sa.select(PlatformSettings.country)) is None
    change(till, country="AU", stripe_id=merchants.seller(till.sandbox, country="AU"))
    order = till.place()
    with pytest.raises(StripeRefused):
        till.start(order)
    assert till.look(order).status is OrderStatus.FAILED
    assert till.stock() == 3
    assert "region" in (till.attempts(order)[0].failure_message or "")


@TYPES
@pytest.mark.parametrize(("currency", "amount"), [("jpy", 1500), ("kwd", 12_340), ("isk", 150_000)])
def test_a_price_in_any_currency_ends_as_money_of_the_right_size(
    till: Till, charge: ChargeType, currency: str, amount: int
) -> None:
    change(till, charge_type=charge)
    till.session.execute(sa.update(Product).values(currency=currency, amount=amount))
    till.session.commit()
    till.session.expire_all()
    order = till.place()
    hands.pay(till.start(order))
    paid = till.settle(order)
    assert paid.total == Money(amount, currency)
    made = paid.payments[-1]
    on: Any = {"stripe_account": made.stripe_account} if made.stripe_account else {}
    charged = till.stripe.v1.charges.list(options=on).data[0]
    assert (charged.amount, charged.currency) == (amount, currency)
    story = ledger.story(till.session, paid)
    assert story.of(Party.BUYER).amounts == [Money(-amount, currency)]
    assert not story.expected
    assert ledger.check(till.session) == []


@TYPES
@pytest.mark.parametrize("bank", ["succeeds", "fails"])
def test_a_bank_that_answers_later_is_waited_for_under_each_charge_type(
    till: Till, charge: ChargeType, bank: str
) -> None:
    bea = change(till, charge_type=charge)
    order = till.place(2)
    hands.pay(till.start(order), debit=bank)
    assert till.settle(order).status is OrderStatus.PROCESSING
    assert (till.stock(), merchants.net(till.sandbox, bea.stripe_id)) == (1, 0)
    till.sandbox.advance(7 * DAY)
    done = till.settle(order)
    if bank == "succeeds":
        assert (done.status, till.stock()) == (OrderStatus.PAID, 1)
        assert merchants.net(till.sandbox, bea.stripe_id) > 0
    else:
        assert (done.status, done.paid_at, till.stock()) == (OrderStatus.FAILED, None, 3)
        assert merchants.net(till.sandbox, bea.stripe_id) <= 0
    assert ledger.check(till.session) == []


@TYPES
@pytest.mark.parametrize("told", ["by an event", "by the sweep"])
def test_a_page_that_was_left_frees_the_goods_under_each_charge_type(
    till: Till, charge: ChargeType, told: str
) -> None:
    change(till, charge_type=charge)
    order = till.place(2)
    till.start(order)
    assert till.stock() == 1
    till.sandbox.advance(2 * 3600)
    if told == "by an event":
        till.settle(order)
    else:
        assert till.sweep(timedelta(hours=2)) == 1
    assert (till.look(order).status, till.stock()) == (OrderStatus.EXPIRED, 3)
    till.settle(order)
    assert till.stock() == 3


def test_euros_are_debited_from_a_european_bank(till: Till) -> None:
    change(till, country="DE", stripe_id=merchants.seller(till.sandbox, country="DE"))
    till.session.execute(sa.update(Product).values(currency="eur"))
    till.session.commit()
    till.session.expire_all()
    order = till.place()
    hands.pay(till.start(order), debit="succeeds")
    charge = till.stripe.v1.charges.list().data[0].to_dict()
    assert charge["payment_method_details"]["type"] == "sepa_debit"
    assert till.settle(order).status is OrderStatus.PROCESSING
    till.sandbox.advance(14 * DAY)
    assert till.settle(order).status is OrderStatus.PAID
