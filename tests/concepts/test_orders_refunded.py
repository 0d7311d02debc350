"""A refund made in a dashboard or a component of Stripe's is followed by the order."""

from typing import Any

import pytest

from marketplace import ledger, orders, transfers
from marketplace.charges.strategy import Party
from marketplace.database import phase
from marketplace.design import ChargeType, FeePayer
from marketplace.design.passing import TransferWhen
from marketplace.errors import IllegalMove
from marketplace.lifecycles import OrderStatus
from marketplace.models import Order, Seller
from marketplace.money import Money
from marketplace.sandbox import hands
from tests.concepts.test_orders_direct import charging
from tests.sandbox import merchants
from tests.till import Till


def _paid(till: Till) -> Order:
    order = till.place()
    hands.pay(till.start(order))
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
