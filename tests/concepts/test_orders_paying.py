"""Opening the payment page, trying again, calling off: the real SDK against the sandbox."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import ledger, orders
from marketplace.charges.strategy import Party
from marketplace.errors import Conflict, SoldOut, StripeRefused, StripeUnavailable
from marketplace.lifecycles import OrderStatus
from marketplace.money import Money
from marketplace.sandbox import hands
from marketplace.web import context
from tests.sandbox import merchants
from tests.till import SITE, Till, at_once


def test_one_call_opens_the_payment_page_and_coming_again_makes_none(till: Till) -> None:
    order = till.place()
    with till.trace.recording() as calls:
        url = till.start(order)
    assert [(call.method, call.path) for call in calls] == [("POST", "/v1/checkout/sessions")]
    assert calls[0].idempotency_key == till.attempts(order)[0].idempotency_key
    with till.trace.recording() as calls:
        assert till.start(order) == url
    assert calls == []
    assert till.look(order).status is OrderStatus.PAYING


def test_a_paid_order_is_settled_in_two_calls_and_its_money_is_told_to_the_cent(
    till: Till,
) -> None:
    order = till.place()
    landed = hands.pay(till.start(order))
    session_id = till.attempts(order)[0].checkout_session_id
    assert landed == f"{SITE}/orders/{order.token}/return?session_id={session_id}"
    with till.trace.recording() as calls:
        paid = till.settle(order)
    assert len(calls) == 2
    assert (paid.status, paid.buyer_email) == (OrderStatus.PAID, "buyer@example.com")
    story = ledger.story(till.session, paid)
    held = {holding.party: list(holding.amounts) for holding in story.holdings}
    assert not story.expected
    assert held == {
        Party.BUYER: [Money(-1000, "usd")],
        Party.PLATFORM: [Money(64, "usd")],
        Party.SELLER: [Money(877, "usd")],
        Party.STRIPE: [Money(59, "usd")],
    }
    assert merchants.net(till.sandbox) == 64
    assert merchants.net(till.sandbox, paid.shops[0].stripe_id) == 877
    assert ledger.check(till.session) == []


def test_settling_again_costs_one_call_and_changes_nothing(till: Till) -> None:
    order = till.place()
    hands.pay(till.start(order))
    first = till.settle(order).paid_at
    with till.trace.recording() as calls:
        again = till.settle(order)
    assert len(calls) == 1
    assert again.paid_at == first
    assert till.stock() == 2


def test_two_clicks_at_once_open_one_page(till: Till, app: Flask) -> None:
    order = till.place()
    found: list[object] = []

    def click() -> None:
        with context.wiring(app).sessions() as own:
            same = orders.load(own, order.token)
            try:
                found.append(orders.start_payment(own, till.stripe, same, public_url=SITE))
            except StripeUnavailable:  # the same key, at this very moment: told to try again
                found.append(None)

    at_once(click)
    assert len({url for url in found if url}) == 1
    assert len(till.sessions()) == 1


def test_when_the_answer_is_lost_the_same_page_is_found_again(till: Till) -> None:
    order = till.place()
    till.wire.lose = lambda method, _url: method.upper() == "POST"
    with pytest.raises(StripeUnavailable):
        till.start(order)
    assert till.look(order).status is OrderStatus.PLACED
    till.wire.lose = None
    assert till.start(order) == till.sessions()[0].url
    assert len(till.sessions()) == 1


def test_after_a_crash_the_sweep_finishes_what_was_begun_with_the_same_key(till: Till) -> None:
    order = till.place()
    till.wire.lose = lambda method, _url: method.upper() == "POST"
    with pytest.raises(StripeUnavailable):
        till.start(order)
    till.wire.lose = None
    assert till.sweep(timedelta(seconds=5)) == 0  # it may still be under way
    assert till.sweep() == 1
    assert till.look(order).status is OrderStatus.PAYING
    assert [found.id for found in till.sessions()] == [till.attempts(order)[0].checkout_session_id]
    assert till.sweep() == 0


def test_an_event_may_tell_of_a_session_before_we_have_remembered_it(till: Till) -> None:
    order = till.place()
    till.wire.lose = lambda method, _url: method.upper() == "POST"
    with pytest.raises(StripeUnavailable):
        till.start(order)
    till.wire.lose = None
    made = till.sessions()[0]
    hands.pay(made.url)
    settled = orders.settle(till.session, till.stripe, made.id)
    assert settled is not None
    assert till.look(order).status is OrderStatus.PAID
    assert ledger.check(till.session) == []


def test_an_attempt_that_is_repeated_far_too_late_comes_to_nothing(till: Till) -> None:
    order = till.place()
    payment = till.attempts(order)[0]
    payment.created_at -= timedelta(days=2)
    till.session.commit()
    assert till.sweep() == 1
    assert till.look(order).status is OrderStatus.FAILED
    assert (till.sessions(), till.stock()) == ([], 3)


def test_cancelling_closes_the_page_at_stripe_and_puts_the_goods_back_once(till: Till) -> None:
    order = till.place()
    till.start(order)
    orders.cancel(till.session, till.stripe, till.look(order), public_url=SITE)
    orders.cancel(till.session, till.stripe, till.look(order), public_url=SITE)
    assert till.settle(order).status is OrderStatus.CANCELLED
    assert till.sessions()[0].status == "expired"
    assert till.stock() == 3


def test_an_order_whose_page_was_never_opened_can_be_cancelled(till: Till) -> None:
    order = till.place()
    orders.cancel(till.session, till.stripe, order, public_url=SITE)
    assert till.look(order).status is OrderStatus.CANCELLED
    assert [found.status for found in till.sessions()] == ["expired"]
    assert till.stock() == 3


def test_who_paid_in_another_tab_is_not_cancelled(till: Till) -> None:
    order = till.place()
    hands.pay(till.start(order))
    with pytest.raises(Conflict, match="paid"):
        orders.cancel(till.session, till.stripe, till.look(order), public_url=SITE)
    assert till.look(order).status is OrderStatus.PAID
    assert till.stock() == 2


def test_a_refusal_ends_the_attempt_and_puts_the_goods_back(till: Till) -> None:
    unable = merchants.seller(till.sandbox, able=())
    till.session.execute(sa.text("UPDATE sellers SET stripe_id = :id"), {"id": unable})
    till.session.commit()
    order = till.place()
    with pytest.raises(StripeRefused):
        till.start(order)
    assert till.look(order).status is OrderStatus.FAILED
    assert till.attempts(order)[0].failure_message
    assert till.stock() == 3


def test_trying_again_is_refused_when_the_goods_are_gone_by_then(till: Till) -> None:
    order = till.place(2)
    hands.pay(till.start(order), debit="fails")
    till.sandbox.advance(7 * 86_400)
    till.settle(order)
    till.place(2)
    with pytest.raises(SoldOut):
        till.start(order)
    assert till.stock() == 1


def test_a_failed_bank_debit_puts_the_goods_back_and_may_be_tried_again(till: Till) -> None:
    order = till.place(2)
    hands.pay(till.start(order), debit="fails")
    till.settle(order)
    assert till.stock() == 1
    till.sandbox.advance(7 * 86_400)
    assert till.settle(order).status is OrderStatus.FAILED
    assert till.stock() == 3
    url = till.start(order)
    assert till.stock() == 1
    assert len(till.attempts(order)) == 2
    hands.pay(url)
    assert till.settle(order).status is OrderStatus.PAID
    first = till.attempts(order)[0].checkout_session_id or ""
    orders.settle(till.session, till.stripe, first)  # late news of the first attempt
    assert till.look(order).status is OrderStatus.PAID
    assert till.stock() == 1
