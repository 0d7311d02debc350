"""A refund made in a dashboard or a component of Stripe's is followed by the order."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from marketplace import clock, ledger, orders, transfers
from marketplace.charges.strategy import Kind, Party
from marketplace.database import phase
from marketplace.design import ChargeType, FeePayer
from marketplace.design.passing import TransferWhen
from marketplace.errors import IllegalMove, Invalid
from marketplace.lifecycles import OrderStatus
from marketplace.models import Order, Seller
from marketplace.money import Money
from marketplace.orders import Wanted
from marketplace.sandbox import hands
from tests import builders
from tests.concepts.test_orders_direct import charging
from tests.sandbox import merchants
from tests.till import Till

SENT_BACK = "4000000000005126"  # pays; an hour after a refund the bank sends it back


def _paid(till: Till, card: str = hands.CARD) -> Order:
    order = till.place()
    hands.pay(till.start(order), card=card)
    return till.settle(order)


def _give_back(till: Till, order: Order, amount: int, **more: Any) -> Order:
    """What somebody does at Stripe, and the event `charge.refunded` afterwards."""
    attempt = till.attempts(order)[-1]
    account = attempt.stripe_account
    on: Any = {"stripe_account": account} if account else {}
    params: Any = {"charge": attempt.charge_id or "", "amount": amount, **more}
    till.stripe.v1.refunds.create(params, on)
    orders.refresh_charge(till.session, till.stripe, attempt.charge_id or "", account)
    return till.look(order)


@pytest.mark.parametrize("charge_type", [ChargeType.DIRECT, ChargeType.DESTINATION])
def test_an_order_says_what_went_back(till: Till, charge_type: ChargeType) -> None:
    if charge_type is ChargeType.DIRECT:
        charging(till, FeePayer.SELLER)
    order = _give_back(till, _paid(till), 400)
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    assert order.status is OrderStatus.PARTLY_REFUNDED
    assert orders.waiting(till.session, bea) == 1  # the rest of it is still to be sent
    with phase(till.session):
        orders.fulfil(till.session, order, bea)
    assert orders.waiting(till.session, bea) == 0
    assert till.look(order).status is OrderStatus.PARTLY_REFUNDED
    order = _give_back(till, order, 600)
    assert order.status is OrderStatus.REFUNDED
    assert order.payments[-1].refunded == Money(1000, "usd")
    assert till.settle(order).status is OrderStatus.REFUNDED  # a late look at the Session
    assert order.held_because is None


def test_what_went_back_is_neither_passed_on_nor_sent(till: Till) -> None:
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    bea.charge_type, bea.transfer_when = ChargeType.SEPARATE, TransferWhen.LATER
    till.session.commit()
    order = _paid(till)
    assert [it.money.amount for it in transfers.left(till.session, order)] == [877]
    order = _give_back(till, order, 1000)
    assert transfers.left(till.session, order) == []
    with pytest.raises(IllegalMove), phase(till.session):
        orders.fulfil(till.session, order, bea)
    assert orders.waiting(till.session, bea) == 0


@pytest.mark.parametrize("read_before", [False, True], ids=["at first", "after another refund"])
def test_what_went_back_before_we_heard_of_it_is_not_passed_on(
    till: Till, *, read_before: bool
) -> None:
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    bea.charge_type = ChargeType.SEPARATE
    till.session.commit()
    order = till.place()
    hands.pay(till.start(order))
    if read_before:
        till.attempts(order)[-1].refunds_read_at = clock.now()
        till.session.commit()
    (charge,) = till.stripe.v1.charges.list().data
    till.stripe.v1.refunds.create({"charge": charge.id})
    order = till.settle(order)
    assert order.status is OrderStatus.REFUNDED
    assert "pass" not in str(ledger.story(till.session, order).movements)
    orders.finish_passing_on(till.session, till.stripe)
    assert till.stripe.v1.transfers.list().data == []


@pytest.mark.parametrize("wholly", [False, True], ids=["from the platform", "from everybody"])
@pytest.mark.parametrize("charge_type", ChargeType)
def test_the_story_of_a_refund_is_what_the_balances_hold(
    till: Till, charge_type: ChargeType, *, wholly: bool
) -> None:
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    more: dict[str, bool] = {}
    if charge_type is ChargeType.DIRECT:
        charging(till, FeePayer.SELLER)
        more = {"refund_application_fee": wholly}
    elif charge_type is ChargeType.DESTINATION:
        more = {"refund_application_fee": wholly, "reverse_transfer": wholly}
    else:
        bea.charge_type = charge_type
        till.session.commit()
    order = _paid(till)
    for amount in (400, 600):
        order = _give_back(till, order, amount, **more)
        for transfer in till.stripe.v1.transfers.list().data:
            if wholly and charge_type is ChargeType.SEPARATE:
                till.stripe.v1.transfers.reversals.create(transfer.id, {"amount": amount // 2})
            transfers.refresh(till.session, till.stripe, transfer.id)
        story = ledger.story(till.session, till.look(order))
        held = {party: story.of(party).amounts for party in (Party.PLATFORM, Party.SELLER)}
        assert held == {
            Party.PLATFORM: [Money(merchants.net(till.sandbox), "usd")],
            Party.SELLER: [Money(merchants.net(till.sandbox, bea.stripe_id), "usd")],
        }
        assert ledger.check(till.session) == []
    assert story.of(Party.BUYER).amounts == [Money(0, "usd")]


@pytest.mark.parametrize(
    ("charge_type", "heard"),
    [(ChargeType.DIRECT, True), (ChargeType.DESTINATION, False), (ChargeType.SEPARATE, True)],
)
def test_a_refund_that_the_bank_sends_back_did_not_happen(
    till: Till, charge_type: ChargeType, *, heard: bool
) -> None:
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    if charge_type is ChargeType.DIRECT:
        charging(till, FeePayer.SELLER)
    else:
        bea.charge_type = charge_type
        till.session.commit()
    order = _paid(till, SENT_BACK)
    attempt = order.payments[-1]
    charge, account = attempt.charge_id or "", attempt.stripe_account
    if heard:
        assert _give_back(till, order, 1000).status is OrderStatus.REFUNDED
    else:
        on: Any = {"stripe_account": account} if account else {}
        till.stripe.v1.refunds.create({"charge": charge}, on)
    till.sandbox.advance(3_700)
    assert orders.refresh_refunds(till.session, till.stripe, charge, account)
    order = till.look(order)
    assert order.status is OrderStatus.PAID
    assert order.payments[-1].refunded == Money(0, "usd")
    (told,) = orders.refunds_failed(till.session, clock.now() - timedelta(days=1))
    assert told.order_id == order.id
    assert "expired" in orders.explain_refund(told.refund_failure)
    story = ledger.story(till.session, order)
    assert {party: story.of(party).amounts for party in (Party.PLATFORM, Party.SELLER)} == {
        Party.PLATFORM: [Money(merchants.net(till.sandbox), "usd")],
        Party.SELLER: [Money(merchants.net(till.sandbox, bea.stripe_id), "usd")],
    }
    assert story.of(Party.BUYER).amounts == [Money(-1000, "usd")]
    assert "The bank of the buyer sent a refund back" in str(story.movements)
    assert ledger.check(till.session) == []


def test_a_refund_that_failed_wants_care_until_it_is_given_again(till: Till) -> None:
    """4.00 fail, 1.00 and 3.00 are given for it; a bank that sends those back as well is told."""
    order = _paid(till, SENT_BACK)
    since = clock.now() - timedelta(days=1)

    def lacks() -> tuple[int | None, int]:
        orders.refresh_refunds(till.session, till.stripe, attempt.charge_id or "")
        told = orders.refunds_failed(till.session, since)
        return till.look(order).payments[-1].refund_missing, len(told)

    _give_back(till, order, 200)
    order = _give_back(till, order, 200)
    (attempt,) = order.payments
    assert lacks() == (None, 0)
    till.sandbox.advance(3_700)
    assert lacks() == (400, 1)
    assert _give_back(till, order, 100).payments[-1].missing == Money(300, "usd")
    _give_back(till, order, 300)
    assert lacks() == (0, 0)
    failure = till.look(order).payments[-1]
    assert "expired" in orders.explain_refund(failure.refund_failure)
    till.sandbox.advance(3_700)
    assert lacks() == (400, 1)


def test_a_refund_that_failed_before_it_was_read_is_looked_for_once(till: Till) -> None:
    """A crash came after the charge had told of it; by now the charge shows nothing any more."""
    order = _give_back(till, _paid(till, SENT_BACK), 400)
    (attempt,) = order.payments
    attempt.amount_refunded = attempt.refunds_read_at = None
    till.session.commit()
    till.sandbox.advance(3_700)
    assert orders.finish_passing_on(till.session, till.stripe) == 1
    assert orders.finish_passing_on(till.session, till.stripe) == 0
    order = till.look(order)
    assert (order.status, order.payments[-1].refund_missing) == (OrderStatus.PAID, 400)


def test_of_two_answers_about_refunds_the_one_asked_for_later_counts(till: Till) -> None:
    order = _paid(till)
    (attempt,) = order.payments
    attempt.amount_refunded, attempt.refunds_read_at = 0, clock.now() + timedelta(minutes=1)
    till.session.commit()
    assert _give_back(till, order, 400).status is OrderStatus.PAID
    later = clock.now() + timedelta(minutes=2)
    with clock.reading(lambda: later):
        orders.refresh_refunds(till.session, till.stripe, attempt.charge_id or "")
    assert till.look(order).status is OrderStatus.PARTLY_REFUNDED


def test_what_went_back_is_taken_off_what_can_be_passed_on(till: Till) -> None:
    """Bea's 8.77 waits, Kai's 18.00 is sent; of the 30.00 the buyer gets 4.00 back."""
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    bea.charge_type, bea.transfer_when = ChargeType.SEPARATE, TransferWhen.LATER
    kai = builders.seller(
        till.session,
        "Kai's Cups",
        stripe_id=merchants.seller(till.sandbox),
        charge_type=ChargeType.SEPARATE,
    )
    cup = builders.product(till.session, kai, "Red cup", 2000)
    wanted = [Wanted(till.bowl.id, 1), Wanted(cup.id, 1)]
    order = orders.place(till.session, wanted, None, builders.nonce())
    hands.pay(till.start(order))
    till.settle(order)
    order = _give_back(till, order, 400)
    (attempt,) = order.payments
    attempt.amount_refunded = attempt.refunds_read_at = None  # as before refunds were summed up
    till.session.commit()
    assert transfers.left(till.session, order) == []
    assert orders.finish_passing_on(till.session, till.stripe) == 1
    assert orders.finish_passing_on(till.session, till.stripe) == 0
    (rest,) = transfers.left(till.session, till.look(order))
    assert (rest.money, rest.withheld) == (Money(477, "usd"), Money(400, "usd"))
    decide = partial(
        transfers.decide, till.session, till.stripe, part_id=order.parts[0].id, seller=bea
    )
    with pytest.raises(Invalid):
        decide(order, money=Money(478, "usd"), nonce=builders.nonce())
    # What Kai gives back bears that much of the refund.
    (sent,) = till.stripe.v1.transfers.list().data
    till.stripe.v1.transfers.reversals.create(sent.id, {"amount": 100})
    transfers.refresh(till.session, till.stripe, sent.id)
    assert transfers.left(till.session, till.look(order))[0].money == Money(577, "usd")
    # A refund that nobody has told us of yet counts as well.
    till.stripe.v1.refunds.create({"charge": order.payments[-1].charge_id or "", "amount": 500})
    with pytest.raises(Invalid):
        decide(till.look(order), money=Money(78, "usd"), nonce=builders.nonce())
    decide(till.look(order), money=Money(77, "usd"), nonce=builders.nonce())
    _give_back(till, order, 100)
    assert transfers.left(till.session, till.look(order)) == []
    assert ledger.check(till.session) == []


def test_more_reversals_than_a_transfer_shows_are_all_booked(till: Till) -> None:
    order = _paid(till)
    (sent,) = till.stripe.v1.transfers.list().data
    for _ in range(11):
        till.stripe.v1.transfers.reversals.create(sent.id, {"amount": 10})
    transfers.refresh(till.session, till.stripe, sent.id)
    story = ledger.story(till.session, till.look(order))
    assert len([step for step in story.movements if step.kind is Kind.TRANSFER_REVERSAL]) == 11
    assert ledger.check(till.session) == []
