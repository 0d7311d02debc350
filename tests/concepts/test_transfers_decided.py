"""A share that waits: who decides how much goes to whom, and what is never sent."""

import contextlib

import pytest
from flask import Flask

from marketplace import ledger, orders, transfers
from marketplace.charges.strategy import Party
from marketplace.design import ChargeType
from marketplace.errors import Conflict, Invalid, SellerNotReady
from marketplace.models import Order, Seller
from marketplace.money import Money
from marketplace.sandbox import hands
from marketplace.web import context
from tests import builders
from tests.market import Market
from tests.till import Till, at_once

DAY = 86_400


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
