"""One payment for two shops: each is sent its part, and the books say so."""

from typing import Any

import pytest
import sqlalchemy as sa

from marketplace import ledger, orders
from marketplace.charges.strategy import Kind, Party
from marketplace.database import phase
from marketplace.design import ChargeType
from marketplace.errors import Conflict, NotFound
from marketplace.lifecycles import OrderStatus
from marketplace.models import Order, Product
from marketplace.money import Money
from marketplace.orders import Wanted
from marketplace.sandbox import hands
from tests import builders
from tests.market import Market
from tests.sandbox import merchants
from tests.till import SITE

DAY = 86_400


def test_two_shops_are_one_payment_and_each_gets_its_part_to_the_cent(market: Market) -> None:
    till = market.till
    order = market.paid()
    assert (order.status, order.seller_id, order.shop_names) == (
        OrderStatus.PAID,
        None,
        "Bea's Bowls, Kai's Cups",
    )
    assert market.sent() == [("bea", 877), ("kai", 1800)]
    story = ledger.story(till.session, order)
    assert not story.expected
    held = {holding.name: holding.amounts for holding in story.holdings}
    assert held == {
        "The buyer": [Money(-3000, "usd")],
        "The marketplace": [Money(206, "usd")],  # 3.23 of commission less 1.17 for Stripe
        "Bea's Bowls": [Money(877, "usd")],
        "Kai's Cups": [Money(1800, "usd")],
        "Stripe": [Money(117, "usd")],
    }
    assert story.of(Party.SELLER).amounts == [Money(2677, "usd")]
    assert [step.sentence for step in story.movements if step.kind is Kind.TRANSFER] == [
        "The marketplace passed the payment on to Bea's Bowls.",
        "The marketplace passed the payment on to Kai's Cups.",
    ]
    assert merchants.net(till.sandbox, market.bea.stripe_id) == 877
    assert merchants.net(till.sandbox, market.kai.stripe_id) == 1800
    assert merchants.net(till.sandbox) == 206
    assert ledger.check(till.session) == []
    charge = till.stripe.v1.charges.list().data[0]
    transfer = till.stripe.v1.transfers.list().data[0]
    assert transfer.source_transaction == charge.id
    assert transfer.transfer_group == charge.transfer_group == f"order_{order.token}"


def test_before_it_is_paid_the_story_says_who_will_get_what(market: Market) -> None:
    order = market.place()
    story = ledger.story(market.till.session, order)
    assert story.expected
    assert story.of(Party.PLATFORM).amounts == [Money(206, "usd")]
    assert market.sent() == []


def test_a_shop_sees_its_own_part_and_nothing_of_the_other(market: Market) -> None:
    order = market.paid()
    whole = ledger.story(market.till.session, order)
    told = ledger.of_seller(whole, market.kai.id, Money(2000, "usd"))
    assert told.partial
    assert [(step.kind, step.money) for step in told.movements] == [
        (Kind.TRANSFER, Money(1800, "usd"))
    ]
    assert [(it.name, it.amounts) for it in told.holdings] == [("Kai's Cups", [Money(1800, "usd")])]
    stranger = builders.seller(market.till.session, "Mallory")
    with pytest.raises(NotFound):
        orders.of_seller(market.till.session, stranger, order.id)
    assert [it.id for it in orders.for_seller(market.till.session, market.kai)] == [order.id]


def test_a_charge_in_another_currency_is_passed_on_in_the_one_it_settled_in(
    market: Market,
) -> None:
    till = market.till
    till.session.execute(sa.update(Product).values(currency="eur"))
    till.session.commit()
    till.session.expire_all()
    order = market.paid()
    settled = till.stripe.v1.balance_transactions.list({"type": "charge"}).data[0]
    assert settled.currency == "usd"
    sent = market.sent()
    assert sum(amount for _, amount in sent) < settled.amount
    assert [name for name, _ in sent] == ["bea", "kai"]
    # each share in the same proportion as what was agreed in euros
    assert sent[0][1] == round(settled.amount * 877 / 3000)
    assert order.currency == "eur"
    assert ledger.check(till.session) == []


def test_an_order_is_sent_when_every_shop_has_sent_its_goods(market: Market) -> None:
    till, order = market.till, market.paid()
    assert orders.waiting(till.session, market.bea) == 1
    with phase(till.session):
        orders.fulfil(till.session, order, market.bea)
    half = till.look(order)
    assert half.status is OrderStatus.PAID
    assert (orders.waiting(till.session, market.bea), orders.waiting(till.session, market.kai)) == (
        0,
        1,
    )
    first = orders.part_of(half, market.bea).fulfilled_at
    for shop in (market.bea, market.kai):
        with phase(till.session):
            orders.fulfil(till.session, till.look(order), shop)
    whole = till.look(order)
    assert whole.status is OrderStatus.FULFILLED
    assert orders.part_of(whole, market.bea).fulfilled_at == first


@pytest.mark.parametrize("bank", ["succeeds", "fails"])
def test_a_bank_debit_is_passed_on_only_when_the_bank_says_so(market: Market, bank: str) -> None:
    till, order = market.till, market.place()
    hands.pay(till.start(order), debit=bank)
    assert till.settle(order).status is OrderStatus.PROCESSING
    assert market.sent() == []
    till.sandbox.advance(7 * DAY)
    done = till.settle(order)
    if bank == "succeeds":
        assert done.status is OrderStatus.PAID
        assert len(market.sent()) == 2
    else:
        assert done.status is OrderStatus.FAILED
        assert market.sent() == []
        assert till.stock() == 3
    assert ledger.check(till.session) == []


def test_calling_off_puts_the_goods_of_every_shop_back(market: Market) -> None:
    till, order = market.till, market.place()
    till.start(order)
    orders.cancel(till.session, till.stripe, till.look(order), public_url=SITE)
    till.session.expire_all()
    assert (till.stock(), till.session.get_one(Product, market.cup.id).stock) == (3, 3)


def test_only_shops_that_can_be_paid_together_are(market: Market) -> None:
    session = market.till.session
    lea = builders.seller(session, "Lea", charge_type=ChargeType.DIRECT)
    cap = builders.product(session, lea, "Cap", 500)
    away = builders.seller(session, "Away", charge_type=ChargeType.SEPARATE, transfers_active=False)
    pen = builders.product(session, away, "Pen", 500)
    euro = builders.product(session, market.kai, "Euro cup", 700, currency="eur")
    basket = [*market.basket(), *(Wanted(it.id, 1) for it in (cap, pen, euro))]
    found = orders.quotes(session, basket)
    assert [(quote.names, quote.total) for quote in found] == [
        (["Bea's Bowls", "Kai's Cups"], Money(3000, "usd")),
        (["Lea"], Money(500, "usd")),
        (["Away"], Money(500, "usd")),
        (["Kai's Cups"], Money(700, "eur")),
    ]
    assert [quote.can_be_bought for quote in found] == [True, True, False, True]
    assert found[0].commission == Money(323, "usd")


def test_a_mixed_basket_that_needs_two_payments_is_not_one_order(market: Market) -> None:
    session = market.till.session
    lea = builders.seller(session, "Lea", charge_type=ChargeType.DIRECT)
    cap = builders.product(session, lea, "Cap", 500)
    with pytest.raises(Conflict):
        orders.place(session, [*market.basket(), Wanted(cap.id, 1)], None, builders.nonce())
    assert session.scalar(sa.select(sa.func.count(Order.id))) == 0


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        ("UPDATE order_parts SET amount = amount + 1", "its parts have 3002"),
        ("UPDATE transfers SET amount = 1900 WHERE amount = 1800", "commission should have stayed"),
    ],
)
def test_damage_to_the_parts_is_found(market: Market, damage: str, word: str) -> None:
    market.paid()
    market.till.session.execute(sa.text(damage))
    market.till.session.commit()
    market.till.session.expire_all()
    assert any(word in fault for fault in ledger.check(market.till.session))


def test_stripe_is_asked_nothing_about_what_is_known_already(market: Market) -> None:
    till, order = market.till, market.paid()
    calls: list[Any] = till.trace.calls()
    till.settle(order)
    assert len(till.trace.calls()) - len(calls) == 1
