"""One payment for two shops: each is sent its part, once, by every door and after every crash."""

import contextlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock, ledger, orders, transfers
from marketplace.charges.strategy import Kind, Party
from marketplace.database import phase
from marketplace.design import ChargeType
from marketplace.design.passing import TransferWhen
from marketplace.errors import Conflict, Invalid, NotFound, SellerNotReady, StripeUnavailable
from marketplace.lifecycles import OrderStatus, TransferStatus
from marketplace.models import Order, Product, Seller, TransferRequest
from marketplace.money import Money
from marketplace.orders import Wanted
from marketplace.sandbox import hands
from marketplace.web import context
from tests import builders
from tests.sandbox import merchants
from tests.till import SITE, Till, at_once

DAY = 86_400


@dataclass
class Market:
    """Bea's bowl for 10.00 (12.3 % stays here) and Kai's cup for 20.00 (10 %), paid together."""

    till: Till
    bea: Seller
    kai: Seller
    cup: Product

    def basket(self) -> list[Wanted]:
        return [Wanted(self.till.bowl.id, 1), Wanted(self.cup.id, 1)]

    def place(self) -> Order:
        return orders.place(self.till.session, self.basket(), None, builders.nonce())

    def paid(self) -> Order:
        order = self.place()
        hands.pay(self.till.start(order))
        return self.till.settle(order)

    def sent(self) -> list[tuple[str | None, int]]:
        """What Stripe has transferred, oldest first: to whom, and how much."""
        found = self.till.stripe.v1.transfers.list().data
        names = {self.bea.stripe_id: "bea", self.kai.stripe_id: "kai"}
        return [(names[str(row.destination)], row.amount) for row in reversed(found)]

    def asked(self, order: Order) -> list[TransferRequest]:
        self.till.session.commit()
        return list(transfers.requests_of(self.till.session, order))

    def decide(self, order: Order, amount: int, to: Seller, nonce: str = "") -> TransferRequest:
        part = orders.part_of(self.till.look(order), self.bea)
        return transfers.decide(
            self.till.session,
            self.till.stripe,
            self.till.look(order),
            part_id=part.id,
            seller=to,
            money=Money(amount, "usd"),
            nonce=nonce or builders.nonce(),
        )


@pytest.fixture
def market(till: Till) -> Market:
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    bea.charge_type = ChargeType.SEPARATE
    account = merchants.seller(till.sandbox)
    kai = builders.seller(
        till.session, "Kai's Cups", stripe_id=account, charge_type=ChargeType.SEPARATE
    )
    cup = builders.product(till.session, kai, "Red cup", 2000)
    return Market(till, bea, kai, cup)


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


@pytest.mark.parametrize("lost", ["both", "second"])
def test_a_crash_during_the_transfers_is_finished_by_the_sweep_and_nothing_is_doubled(
    market: Market, lost: str
) -> None:
    till, seen = market.till, []

    def lose(method: str, url: str) -> bool:
        if method == "post" and url.endswith("/v1/transfers"):
            seen.append(url)
            return lost == "both" or len(seen) == 2
        return False

    till.wire.lose = lose
    order = market.place()
    hands.pay(till.start(order))
    with pytest.raises(StripeUnavailable):
        till.settle(order)
    assert till.look(order).status is OrderStatus.PAID  # the goods can be sent meanwhile
    till.wire.lose = None
    moment = clock.now() + timedelta(minutes=5)
    with clock.reading(lambda: moment):
        assert transfers.finish_requested(till.session, till.stripe) == 1
        assert transfers.finish_requested(till.session, till.stripe) == 0
    till.settle(order)
    assert market.sent() == [("bea", 877), ("kai", 1800)]
    assert {it.status for it in market.asked(order)} == {TransferStatus.MADE}
    assert ledger.check(till.session) == []


def test_after_a_day_stripe_forgets_the_key_so_the_transfer_is_looked_for_first(
    market: Market,
) -> None:
    till = market.till
    till.wire.lose = lambda method, url: method == "post" and url.endswith("/v1/transfers")
    order = market.place()
    hands.pay(till.start(order))
    with pytest.raises(StripeUnavailable):
        till.settle(order)
    till.wire.lose = None
    till.sandbox.advance(3 * DAY)  # the keys are gone there too
    moment = clock.now() + timedelta(days=3)
    with clock.reading(lambda: moment):
        assert transfers.finish_requested(till.session, till.stripe) == 1
    assert sorted(market.sent()) == [("bea", 877), ("kai", 1800)]
    assert ledger.check(till.session) == []


def test_a_crash_before_anything_was_asked_is_finished_by_the_sweep(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The process is gone."""

    def die(*_args: object) -> None:
        raise Killed

    till, order = market.till, market.place()
    hands.pay(till.start(order))
    with monkeypatch.context() as patch:
        patch.setattr(transfers, "pass_on", die)
        with pytest.raises(Killed):
            till.settle(order)
    assert (till.look(order).status, market.asked(order)) == (OrderStatus.PAID, [])
    assert transfers.finish_requested(till.session, till.stripe) == 0  # somebody may be at it
    moment = clock.now() + timedelta(minutes=5)
    with clock.reading(lambda: moment):
        assert transfers.finish_requested(till.session, till.stripe) == 1
    assert market.sent() == [("bea", 877), ("kai", 1800)]


def test_told_at_once_from_all_sides_each_shop_is_sent_its_part_once(
    market: Market, app: Flask
) -> None:
    till = market.till
    order = market.place()
    hands.pay(till.start(order))
    session_id = till.attempts(order)[0].checkout_session_id or ""

    def told() -> None:
        # Who comes second while the first is at it hears that the key is in use, and comes again.
        with context.wiring(app).sessions() as own, contextlib.suppress(StripeUnavailable):
            orders.settle(own, till.stripe, session_id)

    at_once(told, 3)
    till.settle(order)
    assert sorted(market.sent()) == [("bea", 877), ("kai", 1800)]
    assert ledger.check(till.session) == []


def test_the_event_of_a_transfer_tells_the_request_that_it_is_made(market: Market) -> None:
    till = market.till
    till.wire.lose = lambda method, url: method == "post" and url.endswith("/v1/transfers")
    order = market.place()
    hands.pay(till.start(order))
    with pytest.raises(StripeUnavailable):
        till.settle(order)
    till.wire.lose = None
    (made,) = till.stripe.v1.transfers.list().data
    assert transfers.refresh(till.session, till.stripe, made.id)
    first, second = market.asked(order)
    assert (first.status, first.stripe_id) == (TransferStatus.MADE, made.id)
    assert second.status is TransferStatus.REQUESTED


def test_a_shop_that_cannot_be_sent_money_does_not_hold_up_the_other(market: Market) -> None:
    till = market.till
    order = market.place()
    url = till.start(order)
    disable(till, market.bea)
    hands.pay(url)
    assert till.settle(order).status is OrderStatus.PAID
    assert market.sent() == [("kai", 1800)]
    refused = market.asked(order)[0]
    assert refused.status is TransferStatus.REFUSED
    assert refused.failure_code == "insufficient_capabilities_for_transfer"
    (rest,) = transfers.left(till.session, till.look(order))
    assert (rest.part.seller_id, rest.money) == (market.bea.id, Money(877, "usd"))
    with pytest.raises(Conflict, match="did not make the transfer"):
        market.decide(order, 877, market.bea)
    disable(till, market.bea, "active")
    market.decide(order, 877, market.bea)
    assert market.sent() == [("kai", 1800), ("bea", 877)]
    assert transfers.left(till.session, till.look(order)) == []
    assert ledger.check(till.session) == []


def disable(till: Till, seller: Seller, status: str = "inactive") -> None:
    with till.sandbox.sandbox.session(merchants.platform(till.sandbox)) as ctx:
        account = ctx.get("account", seller.stripe_id or "")
        account["capabilities"] = dict.fromkeys(("transfers", "card_payments"), status)
        ctx.save(account)


@pytest.mark.parametrize("charge", [ChargeType.DIRECT, ChargeType.DESTINATION])
def test_what_stripe_passes_on_by_itself_leaves_nothing_to_decide(
    till: Till, charge: ChargeType
) -> None:
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    bea.charge_type = charge
    till.session.commit()
    order = till.place()
    hands.pay(till.start(order))
    paid = till.settle(order)
    assert transfers.left(till.session, paid) == []
    with pytest.raises(Conflict):
        transfers.decide(
            till.session,
            till.stripe,
            paid,
            part_id=paid.parts[0].id,
            seller=bea,
            money=Money(100, "usd"),
            nonce=builders.nonce(),
        )
    assert ledger.check(till.session) == []


@pytest.fixture
def waiting(market: Market) -> Market:
    """Bea's share waits until somebody decides about it."""
    market.bea.transfer_when = TransferWhen.LATER
    market.till.session.commit()
    return market


def test_a_share_can_wait_until_somebody_decides_who_gets_how_much(waiting: Market) -> None:
    till, order = waiting.till, waiting.paid()
    assert waiting.sent() == [("kai", 1800)]
    story = ledger.story(till.session, order)
    assert story.of(Party.PLATFORM).amounts == [Money(1083, "usd")]
    assert not story.expected  # nothing is promised to anybody
    with pytest.raises(Invalid) as fault:
        waiting.decide(order, 878, waiting.bea)
    assert fault.value.fields == {"amount": "At most $8.77 is left."}
    lin = builders.seller(till.session, "Lin", stripe_id=None, transfers_active=False)
    with pytest.raises(SellerNotReady):
        waiting.decide(order, 100, lin)
    nonce = builders.nonce()
    first = waiting.decide(order, 500, waiting.kai, nonce)  # not the seller it came from
    again = waiting.decide(order, 500, waiting.kai, nonce)
    assert again.id == first.id
    assert first.source_transaction is not None  # the charge is pending and pays for it
    waiting.decide(order, 377, waiting.bea)
    assert waiting.sent() == [("kai", 1800), ("kai", 500), ("bea", 377)]
    with pytest.raises(Conflict, match="Nothing of this is left"):
        waiting.decide(order, 1, waiting.bea)
    story = ledger.story(till.session, till.look(order))
    assert {holding.name: holding.amounts for holding in story.holdings}["Kai's Cups"] == [
        Money(2300, "usd")
    ]
    assert ledger.check(till.session) == []


def test_once_the_charge_is_available_the_balance_pays_and_is_looked_at_first(
    waiting: Market,
) -> None:
    till, order = waiting.till, waiting.paid()
    till.sandbox.advance(5 * DAY)
    made = waiting.decide(order, 400, waiting.bea)
    assert made.source_transaction is None
    available = till.stripe.v1.balance.retrieve().available[0].amount
    till.stripe.v1.payouts.create({"amount": available, "currency": "usd"})
    calls = len(till.trace.calls())
    with pytest.raises(Conflict, match=r"has \$0.00 available at Stripe, and \$4.77 is needed"):
        waiting.decide(order, 477, waiting.bea)
    assert [call.method for call in till.trace.calls()[calls:]] == ["GET", "GET"]
    assert transfers.left(till.session, till.look(order))[0].money == Money(477, "usd")
    assert ledger.check(till.session) == []


def test_two_decisions_at_once_never_send_more_than_is_left(waiting: Market, app: Flask) -> None:
    till, order = waiting.till, waiting.paid()
    part = orders.part_of(order, waiting.bea)

    def told() -> None:
        with context.wiring(app).sessions() as own, contextlib.suppress(Invalid, Conflict):
            transfers.decide(
                own,
                till.stripe,
                own.get_one(Order, order.id),
                part_id=part.id,
                seller=own.get_one(Seller, waiting.bea.id),
                money=Money(600, "usd"),
                nonce=builders.nonce(),
            )

    at_once(told, 3)
    assert [amount for name, amount in waiting.sent() if name == "bea"] == [600]


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
