"""A refund overtakes a share that was asked for: found or called off, it is not sent any more.

The shop was killed, or Stripe did not answer, between the row that says "requested" and the answer.
"""

from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from stripe.params import RefundCreateParams

from marketplace import clock, disputes, ledger, orders, transfers
from marketplace.errors import Conflict, StripeUnavailable
from marketplace.gateway import keys
from marketplace.lifecycles import OrderStatus, TransferStatus
from marketplace.models import Order
from marketplace.money import Money
from marketplace.sandbox import hands
from marketplace.transfers import sending
from tests import builders
from tests.market import Market
from tests.sandbox.test_faults import fault

DAY = 86_400
REFUNDED = {False: OrderStatus.PARTLY_REFUNDED, True: OrderStatus.REFUNDED}


def a_transfer(method: str, url: str) -> bool:
    return method == "post" and url.endswith("/v1/transfers")


def asked_for(market: Market, *, reached: bool) -> Order:
    """Paid; Bea's 8.77 and Kai's 18.00 are written down, and then the line to Stripe is dead."""
    till = market.till
    order = market.place()
    hands.pay(till.start(order))
    till.wire.lose, till.wire.stop = a_transfer, not reached
    with pytest.raises(StripeUnavailable):
        till.settle(order)
    till.wire.lose = None
    return till.look(order)


def give_back(market: Market, order: Order, amount: int = 0) -> Order:
    """What somebody does at Stripe (0: all that is left), and the event that tells of it."""
    till, charge = market.till, order.payments[-1].charge_id or ""
    params: RefundCreateParams = {"charge": charge}
    if amount:
        params["amount"] = amount
    till.stripe.v1.refunds.create(params)
    orders.refresh_charge(till.session, till.stripe, charge)
    return till.look(order)


def later(minutes: int) -> AbstractContextManager[None]:
    moment = clock.now() + timedelta(minutes=minutes)
    return clock.reading(lambda: moment)


def swept(market: Market, minutes: int) -> int:
    with later(minutes):
        return orders.finish_passing_on(market.till.session, market.till.stripe)


def offered(market: Market, order: Order) -> list[int]:
    return [it.money.amount for it in transfers.left(market.till.session, market.till.look(order))]


@pytest.mark.parametrize("wholly", [False, True], ids=["partly", "wholly"])
@pytest.mark.parametrize("reached", [False, True], ids=["before the call", "after the call"])
def test_killed_around_the_call_and_then_refunded(
    market: Market, *, reached: bool, wholly: bool
) -> None:
    till = market.till
    order = asked_for(market, reached=reached)
    before = [("bea", 877)] if reached else []
    order = give_back(market, order, 0 if wholly else 400)
    assert (order.status, market.sent()) == (REFUNDED[wholly], before)
    assert swept(market, 5) == 0  # a try may be under way
    assert (swept(market, 11), swept(market, 30)) == (1, 0)
    assert market.sent() == before
    made, called_off = TransferStatus.MADE, TransferStatus.CALLED_OFF
    assert [it.status for it in market.asked(order)] == [
        made if reached else called_off,
        called_off,
    ]
    if wholly:
        assert offered(market, order) == []
    elif reached:
        assert offered(market, order) == [1400]  # Kai's, less what the buyer got
    else:
        assert offered(market, order) == [877, 1800]  # 22.77 of them together
        market.decide(order, 877, market.bea)
        assert offered(market, order) == [1400]
    with later(31):
        order = order if wholly else give_back(market, order)
    assert (order.status, offered(market, order)) == (OrderStatus.REFUNDED, [])
    assert ledger.check(till.session) == []


def test_a_refund_between_two_transfers_stops_the_second(market: Market) -> None:
    till = market.till
    order = market.place()
    hands.pay(till.start(order))

    def refund_after_the_first(method: str, url: str) -> bool:
        if a_transfer(method, url) and len(market.sent()) == 1:
            (charge,) = till.stripe.v1.charges.list().data
            till.stripe.v1.refunds.create({"charge": charge.id, "amount": 400})
            with till.own_session() as own:
                orders.refresh_charge(own, till.stripe, charge.id)
        return False

    till.wire.lose = refund_after_the_first
    order = till.settle(order)
    till.wire.lose = None
    assert (order.status, market.sent()) == (OrderStatus.PARTLY_REFUNDED, [("bea", 877)])
    assert swept(market, 11) == 1
    assert market.sent() == [("bea", 877)]
    assert offered(market, order) == [1400]
    assert ledger.check(till.session) == []


@pytest.mark.parametrize("more", [0, 300], ids=["nothing since", "too much since"])
def test_what_was_decided_after_a_refund_is_sent_unless_more_went_back(
    waiting: Market, more: int
) -> None:
    """4.77 of Bea's 8.77 can be passed on; 3.00 are decided about when the line is dead."""
    till, order = waiting.till, waiting.paid()
    order = give_back(waiting, order, 400)
    till.wire.lose, till.wire.stop = a_transfer, True
    nonce = builders.nonce()
    with pytest.raises(StripeUnavailable):
        waiting.decide(order, 300, waiting.bea, nonce)
    till.wire.lose = None
    if more:
        order = give_back(waiting, order, more)
        with pytest.raises(Conflict, match="whether an earlier try sent it"):
            waiting.decide(order, 300, waiting.bea, nonce)
    assert swept(waiting, 11) == 1
    if more:
        with pytest.raises(Conflict, match="Nothing was sent"):
            waiting.decide(order, 300, waiting.bea, nonce)
    sent = [amount for name, amount in waiting.sent() if name == "bea"]
    assert sent == ([] if more else [300])
    assert offered(waiting, order) == [177]  # of 4.77, either way
    assert ledger.check(till.session) == []


@pytest.mark.parametrize("won", [False, True], ids=["open", "won"])
def test_what_a_bank_took_is_not_passed_on(market: Market, *, won: bool) -> None:
    till, order = market.till, asked_for(market, reached=False)
    fault(till.sandbox, "dispute", charge=order.payments[-1].charge_id)
    (dispute,) = till.stripe.v1.disputes.list().data
    if won:
        till.stripe.v1.disputes.update(
            dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}}
        )
        till.sandbox.advance(61 * DAY)
    disputes.refresh(till.session, till.stripe, dispute.id, None)
    assert (swept(market, 11), swept(market, 30)) == (1, 0)
    assert market.sent() == []
    assert [it.status for it in market.asked(order)] == [TransferStatus.CALLED_OFF] * 2
    assert offered(market, order) == ([877, 1800] if won else [])
    assert "will pass" not in str(ledger.story(till.session, order).movements)
    assert ledger.check(till.session) == []


def test_what_a_bank_took_before_we_heard_of_it_is_not_passed_on(market: Market) -> None:
    till = market.till
    order = market.place()
    hands.pay(till.start(order), card="4000000000002685")
    order = till.settle(order)  # nobody has told of the dispute yet
    assert (order.status, market.sent(), offered(market, order)) == (OrderStatus.PAID, [], [])
    assert (swept(market, 11), market.asked(order)) == (0, [])
    assert ledger.check(till.session) == []


def test_what_a_bank_took_before_we_heard_of_it_is_not_decided_about(waiting: Market) -> None:
    till, order = waiting.till, waiting.paid()
    (charge,) = till.stripe.v1.charges.list().data
    fault(till.sandbox, "dispute", charge=charge.id)
    with pytest.raises(Conflict, match="Nothing of this is left"):
        waiting.decide(order, 300, waiting.bea)
    assert [name for name, _ in waiting.sent()] == ["kai"]


def test_one_that_stripe_makes_although_it_was_called_off_is_made(market: Market) -> None:
    """Whoever asked was stopped for an hour between the row and the call."""
    till = market.till
    order = give_back(market, asked_for(market, reached=False), 400)
    swept(market, 11)
    late = market.asked(order)[0]
    params = sending._params(till.session, late)
    key = keys.key("transfer", late.token)
    made = till.stripe.v1.transfers.create(params, {"idempotency_key": key})
    transfers.refresh(till.session, till.stripe, made.id)
    assert [it.status for it in market.asked(order)] == [
        TransferStatus.MADE,
        TransferStatus.CALLED_OFF,
    ]
    assert transfers.left(till.session, till.look(order))[0].money == Money(1400, "usd")
