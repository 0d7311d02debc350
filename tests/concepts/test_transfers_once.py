"""Each shop is sent its part of a payment once, by every door and after every crash."""

import contextlib
from datetime import timedelta

import pytest
from flask import Flask

from marketplace import clock, disputes, ledger, orders, transfers
from marketplace.errors import Conflict, StripeUnavailable
from marketplace.lifecycles import OrderStatus, TransferStatus
from marketplace.models import Seller
from marketplace.money import Money
from marketplace.sandbox import hands
from marketplace.web import context
from tests.market import Market
from tests.sandbox import merchants
from tests.till import Till, at_once

DAY = 86_400


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
        assert orders.finish_passing_on(till.session, till.stripe) == 1
        assert orders.finish_passing_on(till.session, till.stripe) == 0
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
        assert orders.finish_passing_on(till.session, till.stripe) == 1
    assert sorted(market.sent()) == [("bea", 877), ("kai", 1800)]
    assert ledger.check(till.session) == []


@pytest.mark.parametrize("refunded", [False, True], ids=["paid", "refunded meanwhile"])
def test_a_crash_before_anything_was_asked_is_finished_by_the_sweep(
    market: Market, monkeypatch: pytest.MonkeyPatch, *, refunded: bool
) -> None:
    class Killed(BaseException):
        """The process is gone."""

    def die(*_args: object) -> None:
        raise Killed

    till, disputed = market.till, market.place()
    hands.pay(till.start(disputed), card="4000000000002685")
    till.settle(disputed)
    (dispute,) = till.stripe.v1.disputes.list().data
    disputes.refresh(till.session, till.stripe, dispute.id, None)  # another order's, it stops none
    before = market.sent()
    order = market.place()
    hands.pay(till.start(order))
    with monkeypatch.context() as patch:
        patch.setattr(transfers, "pass_on", die)
        with pytest.raises(Killed):
            till.settle(order)
    assert (till.look(order).status, market.asked(order)) == (OrderStatus.PAID, [])
    assert orders.finish_passing_on(till.session, till.stripe) == 0  # somebody may be at it
    if refunded:
        charge, _ = till.stripe.v1.charges.list().data
        till.stripe.v1.refunds.create({"charge": charge.id, "amount": 400})  # nobody tells us
    moment = clock.now() + timedelta(minutes=5)
    with clock.reading(lambda: moment):
        assert orders.finish_passing_on(till.session, till.stripe) == 1
    sent = [] if refunded else [("bea", 877), ("kai", 1800)]
    assert market.sent() == before + sent
    assert (till.look(order).status is OrderStatus.PARTLY_REFUNDED) is refunded


def test_one_order_that_stripe_cannot_answer_for_keeps_no_other_waiting(market: Market) -> None:
    till = market.till
    stuck, order = market.place(), market.place()
    till.wire.stop, till.wire.lose = True, lambda _method, url: url.endswith("/v1/transfers")
    for it in (stuck, order):
        hands.pay(till.start(it))
        with pytest.raises(StripeUnavailable):
            till.settle(it)
    page = till.attempts(stuck)[0].checkout_session_id or ""
    till.wire.lose = lambda _method, url: page in url
    moment = clock.now() + timedelta(minutes=5)
    with clock.reading(lambda: moment):
        for _ in range(2):
            orders.finish_passing_on(till.session, till.stripe)
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
    since = clock.now() - timedelta(days=1)
    assert [it.id for it in transfers.undecided(till.session, since)] == [refused.id]
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
    assert transfers.undecided(till.session, since) == []
    assert ledger.check(till.session) == []


def disable(till: Till, seller: Seller, status: str = "inactive") -> None:
    with till.sandbox.sandbox.session(merchants.platform(till.sandbox)) as ctx:
        account = ctx.get("account", seller.stripe_id or "")
        account["capabilities"] = dict.fromkeys(("transfers", "card_payments"), status)
        ctx.save(account)
