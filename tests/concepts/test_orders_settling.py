"""Learning that an order is paid: every door, every order of facts, against the sandbox."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock, ledger, orders, transfers
from marketplace.charges.strategy import Kind, Party, Urls
from marketplace.database import phase
from marketplace.errors import Conflict, IllegalMove, StripeUnavailable
from marketplace.lifecycles import OrderStatus, PaymentStatus
from marketplace.models import Order, Payment, Product, Seller
from marketplace.money import Money
from marketplace.orders import opening, ways
from marketplace.sandbox import hands
from marketplace.web import context
from tests.sandbox import merchants
from tests.till import SITE, Till, at_once

LOST_CARD = "4000000000009987"


def test_a_declined_card_leaves_the_page_open_for_another(till: Till) -> None:
    order = till.place()
    url = till.start(order)
    with pytest.raises(hands.Declined):
        hands.pay(url, card=LOST_CARD)
    assert till.settle(order).status is OrderStatus.PAYING
    assert till.attempts(order)[0].failure_code == "lost_card"
    hands.pay(url)
    assert till.settle(order).status is OrderStatus.PAID
    assert till.attempts(order)[0].failure_code is None


def test_a_bank_debit_is_not_paid_when_the_page_is_done_but_when_the_bank_says_so(
    till: Till,
) -> None:
    order = till.place()
    hands.pay(till.start(order), debit="succeeds")
    processing = till.settle(order)
    assert (processing.status, processing.paid_at) == (OrderStatus.PROCESSING, None)
    with pytest.raises(IllegalMove), phase(till.session):
        orders.fulfil(till.session, processing)
    till.sandbox.advance(7 * 86_400)
    assert till.settle(order).status is OrderStatus.PAID
    assert ledger.check(till.session) == []


def test_when_the_page_expires_the_goods_go_back_once_however_often_it_is_told(
    till: Till, app: Flask
) -> None:
    order = till.place(2)
    till.start(order)
    till.sandbox.advance(2 * 3600)
    session_id = till.attempts(order)[0].checkout_session_id or ""

    def told() -> None:
        with context.wiring(app).sessions() as own:
            orders.settle(own, till.stripe, session_id)

    at_once(told)
    assert till.look(order).status is OrderStatus.EXPIRED
    assert till.stock() == 3
    with pytest.raises(Conflict):
        till.start(order)


def test_a_page_whose_end_nobody_told_us_is_asked_about_by_the_sweep(till: Till) -> None:
    order = till.place()
    till.start(order)
    till.sandbox.advance(2 * 3600)
    assert till.sweep(timedelta(hours=2)) == 1
    assert till.look(order).status is OrderStatus.EXPIRED
    assert till.stock() == 3


def test_what_stripe_refuses_each_time_keeps_nobody_from_the_sweep(till: Till) -> None:
    strange, order = till.place(), till.place()
    for it in (strange, order):
        till.start(it)
    till.attempts(strange)[-1].checkout_session_id = "cs_test_of_another_platform"
    till.session.commit()
    till.sandbox.advance(2 * 3600)
    moment = clock.now() + timedelta(hours=2)
    with clock.reading(lambda: moment):
        finish = partial(orders.finish_requested, till.session, till.stripe, limit=1)
        assert [finish(public_url=SITE), finish(public_url=SITE)] == [1, 1]
    assert till.look(order).status is OrderStatus.EXPIRED


def test_a_payment_that_does_not_fit_is_held_for_a_person_and_is_not_paid(till: Till) -> None:
    order = till.place()
    hands.pay(till.start(order))
    till.session.execute(sa.update(Order).values(amount=1001))
    till.session.commit()
    held = till.settle(order)
    assert (held.status, held.paid_at) == (OrderStatus.PROCESSING, None)
    assert "amount is 1000 and not 1001" in (held.held_because or "")
    assert [found.id for found, _ in orders.held(till.session)] == [order.id]
    assert till.settle(order).status is OrderStatus.PROCESSING
    assert till.stock() == 2
    assert ledger.check(till.session) != []
    (charge,) = till.stripe.v1.charges.list().data
    till.stripe.v1.refunds.create({"charge": charge.id, "amount": 999, "reverse_transfer": True})
    assert till.settle(order).held_because
    till.stripe.v1.refunds.create({"charge": charge.id, "reverse_transfer": True})
    for _ in range(2):
        let_go = till.settle(order)
        assert (let_go.status, let_go.held_because) == (OrderStatus.FAILED, None)
    assert (till.stock(), orders.held(till.session)) == (3, [])
    till.session.execute(sa.update(Order).values(amount=1000))
    till.session.commit()
    assert ledger.check(till.session) == []


def test_what_went_back_of_one_attempt_does_not_end_the_next(till: Till) -> None:
    order = till.place()
    hands.pay(till.start(order))
    first = till.attempts(order)[0].checkout_session_id or ""
    till.session.execute(sa.update(Order).values(amount=1001))
    till.session.commit()
    till.settle(order)
    (charge,) = till.stripe.v1.charges.list().data
    till.stripe.v1.refunds.create({"charge": charge.id, "reverse_transfer": True})
    till.settle(order)
    till.session.execute(sa.update(Order).values(amount=1000))
    till.session.commit()
    order = till.look(order)
    page = till.start(order)
    orders.settle(till.session, till.stripe, first)  # an old event, told once more
    assert till.look(order).status is OrderStatus.PAYING
    hands.pay(page)
    paid = till.settle(order)
    assert (paid.status, paid.held_because, till.stock()) == (OrderStatus.PAID, None, 2)


def test_money_for_an_order_that_is_over_is_held_until_it_went_back(till: Till) -> None:
    order = till.place()
    hands.pay(till.start(order))
    till.session.execute(sa.update(Order).values(status=OrderStatus.EXPIRED))
    till.session.commit()
    held = till.settle(order)
    assert (held.status, held.paid_at) == (OrderStatus.EXPIRED, None)
    assert "when the order was expired" in (held.held_because or "")
    (charge,) = till.stripe.v1.charges.list().data
    till.stripe.v1.refunds.create({"charge": charge.id, "reverse_transfer": True})
    for _ in range(2):
        let_go = till.settle(order)
        assert (let_go.status, let_go.held_because) == (OrderStatus.EXPIRED, None)
    assert till.stock() == 3


def test_an_order_that_is_paid_a_second_time_is_held_until_that_went_back(till: Till) -> None:
    order = till.place()
    hands.pay(till.start(order))
    order = till.settle(order)
    second = Payment(order_id=order.id, amount=1000, currency="usd", status=PaymentStatus.OPEN)
    till.session.add(second)
    till.session.commit()
    sale = opening.sale_of(till.session, order, second)
    urls = Urls(success=f"{SITE}/back", cancel=SITE)
    page = ways.checkout_session(till.stripe, order, second, sale, urls)
    hands.pay(page.url or "")
    orders.settle(till.session, till.stripe, page.id)
    assert "again when the order was paid" in (till.look(order).held_because or "")
    charge, _first = till.stripe.v1.charges.list().data
    till.stripe.v1.refunds.create({"charge": charge.id, "reverse_transfer": True})
    for _ in range(2):
        orders.settle(till.session, till.stripe, page.id)
        let_go = till.look(order)
        assert (let_go.status, let_go.held_because) == (OrderStatus.PAID, None)
    assert till.stock() == 2


def test_when_the_sellers_side_cannot_be_read_the_order_is_paid_all_the_same(till: Till) -> None:
    order = till.place()
    hands.pay(till.start(order))
    till.wire.lose = lambda _method, url: "/v1/balance_transactions" in url
    with pytest.raises(StripeUnavailable):
        till.settle(order)
    till.wire.lose = None
    paid = till.look(order)
    assert paid.status is OrderStatus.PAID
    story = ledger.story(till.session, paid)
    assert story.of(Party.SELLER).amounts == [Money(877, "usd")]
    till.settle(order)
    arrival = ledger.story(till.session, paid).of(Party.SELLER)
    assert arrival.available_on is not None
    assert ledger.check(till.session) == []


@pytest.mark.parametrize("turn", range(5))
def test_whatever_order_the_facts_come_in_the_end_is_the_same(till: Till, turn: int) -> None:
    order = till.place()
    hands.pay(till.start(order))
    made = till.sessions()[0]
    charge = till.stripe.v1.charges.list().data[0].to_dict()
    database, stripe = till.session, till.stripe
    doors: list[Callable[[], object]] = [
        lambda: orders.settle(database, stripe, made.id),
        lambda: orders.refresh_payment(database, stripe, charge["payment_intent"]),
        lambda: orders.refresh_charge(database, stripe, charge["id"]),
        lambda: transfers.refresh(database, stripe, charge["transfer"]),
        lambda: ledger.refresh_application_fee(database, stripe, charge["application_fee"]),
    ]
    for door in [*doors[turn:], *doors[:turn], *reversed(doors)]:
        assert door()
    paid = till.look(order)
    assert paid.status is OrderStatus.PAID
    story = ledger.story(database, paid)
    assert not story.expected
    assert len(story.movements) == 4
    assert ledger.check(database) == []
    assert till.stock() == 2


def test_payments_of_somebody_else_on_the_same_platform_are_left_alone(till: Till) -> None:
    stranger = merchants.pay(till.sandbox, 1000)
    charge = till.stripe.v1.charges.list().data[0].id
    assert orders.refresh_payment(till.session, till.stripe, stranger.id) is None
    assert orders.refresh_charge(till.session, till.stripe, charge) is None


def test_only_a_paid_order_is_handed_over_and_twice_is_once(till: Till) -> None:
    order = till.place()
    till.start(order)
    with pytest.raises(IllegalMove), phase(till.session):
        orders.fulfil(till.session, till.look(order))
    hands.pay(till.sessions()[0].url)
    paid = till.settle(order)
    with phase(till.session):
        orders.fulfil(till.session, paid)
    first = till.look(order).fulfilled_at
    with phase(till.session):
        orders.fulfil(till.session, till.look(order))
    assert till.look(order).fulfilled_at == first
    assert till.settle(order).status is OrderStatus.FULFILLED


def test_no_transaction_is_open_while_stripe_thinks(till: Till) -> None:
    open_during: list[bool] = []

    def notice(_method: str, _url: str) -> bool:
        open_during.append(till.session.in_transaction())
        return False

    till.wire.lose = notice
    order = till.place()
    hands.pay(till.start(order))
    till.settle(order)
    charge = till.stripe.v1.charges.list().data[0].to_dict()
    open_during.clear()
    orders.refresh_charge(till.session, till.stripe, charge["id"])
    orders.refresh_payment(till.session, till.stripe, charge["payment_intent"])
    transfers.refresh(till.session, till.stripe, charge["transfer"])
    ledger.refresh_application_fee(till.session, till.stripe, charge["application_fee"])
    second = till.place()
    till.start(second)
    orders.cancel(till.session, till.stripe, till.look(second), public_url=SITE)
    till.sweep()
    assert open_during
    assert not any(open_during)


def test_a_sale_in_another_currency_keeps_what_was_paid_and_what_arrived_apart(till: Till) -> None:
    berlin = merchants.seller(till.sandbox, country="DE")
    till.session.execute(sa.update(Seller).values(stripe_id=berlin, country="DE", currency="eur"))
    till.session.execute(sa.update(Product).values(currency="eur"))
    till.session.commit()
    till.session.expire_all()
    order = till.place()
    hands.pay(till.start(order))
    story = ledger.story(till.session, till.settle(order))
    assert not story.expected
    assert story.of(Party.BUYER).amounts == [Money(-1000, "eur")]
    assert story.of(Party.SELLER).amounts == [Money(877, "eur")]
    assert [money.currency for money in story.of(Party.PLATFORM).amounts] == ["eur", "usd"]
    transfer = next(step for step in story.movements if step.kind is Kind.TRANSFER)
    assert transfer.money is not None
    assert (transfer.money.currency, transfer.arrives) == ("usd", Money(1000, "eur"))
    assert merchants.net(till.sandbox, berlin) == 877
    assert ledger.check(till.session) == []
