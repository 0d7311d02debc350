"""Paying for an order: the real SDK, over loopback, against the sandbox and its payment page."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import stripe as sdk
from flask import Flask
from sqlalchemy import orm

from marketplace import clock, ledger, orders, transfers
from marketplace.charges.strategy import Party
from marketplace.config import Settings
from marketplace.database import phase
from marketplace.errors import Conflict, IllegalMove, SoldOut, StripeRefused, StripeUnavailable
from marketplace.gateway import client as gateway
from marketplace.gateway.trace import Trace
from marketplace.lifecycles import OrderStatus
from marketplace.models import Order, Payment, Product
from marketplace.money import Money
from marketplace.orders import Wanted
from marketplace.sandbox import hands
from marketplace.web import context
from tests import builders
from tests.running import Running
from tests.sandbox import merchants

SITE = "http://shop.example"
LOST_CARD = "4000000000009987"


class Wire(gateway.TracedClient):
    """The SDK's way to Stripe; on request an answer gets lost after Stripe did its work."""

    lose: Callable[[str, str], bool] | None = None

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        answer = super().request(method, url, *args, **kwargs)
        if self.lose and self.lose(method, url):
            raise sdk.APIConnectionError("the line went dead")
        return answer


@dataclass
class Till:
    """Everything around one shop: its rows, its account at Stripe, and the way there."""

    session: orm.Session
    stripe: sdk.StripeClient
    trace: Trace
    wire: Wire
    sandbox: Running
    bowl: Product

    def place(self, quantity: int = 1) -> Order:
        wanted = [Wanted(self.bowl.id, quantity)]
        return orders.place(self.session, wanted, None, builders.nonce())

    def start(self, order: Order) -> str:
        return orders.start_payment(self.session, self.stripe, order, public_url=SITE)

    def settle(self, order: Order) -> Order:
        attempt = self.attempts(order)[-1].checkout_session_id
        assert attempt is not None
        orders.settle(self.session, self.stripe, attempt)
        return self.look(order)

    def look(self, order: Order) -> Order:
        self.session.commit()  # let go of what was read before: others have written since
        return orders.load(self.session, order.token)

    def attempts(self, order: Order) -> list[Payment]:
        return self.look(order).payments

    def stock(self) -> int | None:
        self.session.expire_all()
        return self.session.scalar(sa.select(Product.stock).where(Product.id == self.bowl.id))

    def sessions(self) -> list[Any]:
        return list(self.stripe.v1.checkout.sessions.list().data)

    def sweep(self, later: timedelta = timedelta(minutes=5)) -> int:
        """What the sweep does some time from now."""
        moment = clock.now() + later
        with clock.reading(lambda: moment):
            return orders.finish_requested(self.session, self.stripe, public_url=SITE)


@pytest.fixture
def till(session: orm.Session, settings: Settings, sandbox: Running) -> Till:
    """Bea sells a bowl for 10.00 and keeps 8.77 of it; three are left."""
    trace = Trace()
    wire = Wire(trace)
    sandbox.key = settings.stripe_key
    client = sdk.StripeClient(
        settings.stripe_key,
        base_addresses={"api": sandbox.url},
        max_network_retries=0,
        http_client=wire,
    )
    bea = builders.seller(session, "Bea's Bowls", stripe_id=merchants.seller(sandbox), fee_bps=1230)
    bowl = builders.product(session, bea, "Blue bowl", 1000, stock=3)
    return Till(session, client, trace, wire, sandbox, bowl)


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
    assert merchants.net(till.sandbox, paid.seller.stripe_id) == 877
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

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
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


def test_trying_again_is_refused_when_the_goods_are_gone_by_then(till: Till) -> None:
    order = till.place(2)
    hands.pay(till.start(order), debit="fails")
    till.sandbox.advance(7 * 86_400)
    till.settle(order)
    till.place(2)
    with pytest.raises(SoldOut):
        till.start(order)
    assert till.stock() == 1


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

    threads = [threading.Thread(target=told) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
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


def test_a_payment_that_does_not_fit_is_held_for_a_person_and_is_not_paid(till: Till) -> None:
    order = till.place()
    hands.pay(till.start(order))
    till.session.execute(sa.update(Order).values(amount=1001))
    till.session.commit()
    held = till.settle(order)
    assert (held.status, held.paid_at) == (OrderStatus.PROCESSING, None)
    assert "amount_total is 1000 and not 1001" in (orders.held_because(held) or "")
    assert [found.id for found, _ in orders.held(till.session)] == [order.id]
    assert till.settle(order).status is OrderStatus.PROCESSING
    assert till.stock() == 2
    assert ledger.check(till.session) != []


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
