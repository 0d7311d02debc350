"""A refund made in a dashboard or a component of Stripe's is followed by the order."""

from typing import Any

import pytest

from marketplace import orders, transfers
from marketplace.database import phase
from marketplace.design import ChargeType, FeePayer
from marketplace.design.passing import TransferWhen
from marketplace.errors import IllegalMove
from marketplace.lifecycles import OrderStatus
from marketplace.models import Order, Seller
from marketplace.sandbox import hands
from tests.concepts.test_orders_direct import charging
from tests.till import Till


def _paid(till: Till) -> Order:
    order = till.place()
    hands.pay(till.start(order))
    return till.settle(order)


def _give_back(till: Till, order: Order, amount: int) -> Order:
    """What somebody does at Stripe, and the event `charge.refunded` afterwards."""
    attempt = till.attempts(order)[-1]
    account = attempt.stripe_account
    on: Any = {"stripe_account": account} if account else {}
    till.stripe.v1.refunds.create({"charge": attempt.charge_id or "", "amount": amount}, on)
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
