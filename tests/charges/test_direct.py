"""What a direct charge asks of Stripe, and what it plans under each payer of Stripe's fee."""

import pytest

from marketplace.charges import direct
from marketplace.charges.strategy import Deal, Kind, Party, Share
from marketplace.design import FeePayer
from marketplace.money import Money
from tests.charges.test_destination import URLS, sale_of_ada


def test_the_seller_charges_and_the_commission_is_the_application_fee() -> None:
    assert direct.session_params(sale_of_ada(), URLS)["payment_intent_data"] == {
        "description": "Order 7",
        "metadata": {"order": "ada-order", "attempt": "payment:ada:0"},
        "application_fee_amount": 123,
    }
    assert direct.charged_account("acct_bea") == "acct_bea"


def test_no_commission_sends_no_fee_because_stripe_refuses_a_fee_of_nothing() -> None:
    data = direct.payment_data(sale_of_ada(commission=0))
    assert "application_fee_amount" not in data


@pytest.mark.parametrize(
    ("payer", "seller", "platform"),
    # Stripe's own example of 10.00 with a commission of 1.23 and a fee of 0.59
    [(FeePayer.SELLER, 818, 123), (FeePayer.PLATFORM, 877, 64)],
)
def test_who_pays_stripes_fee_follows_from_the_account(
    payer: FeePayer, seller: int, platform: int
) -> None:
    share = Share(7, Money(1000, "usd"), Money(123, "usd"))
    held = dict.fromkeys(Party, 0)
    for step in direct.plan(Deal([share], Money(59, "usd"), payer)):
        assert step.money is not None
        held[step.payer] -= step.money.amount
        held[step.payee] += step.money.amount
    assert held == {
        Party.BUYER: -1000,
        Party.SELLER: seller,
        Party.PLATFORM: platform,
        Party.STRIPE: 59,
    }


def test_refunds_and_disputes_fall_on_the_seller() -> None:
    roles = direct.roles(FeePayer.PLATFORM)
    assert roles.pays_stripe_fee is Party.PLATFORM
    assert {roles.charge_lives_on, roles.refund_is_taken_from, roles.dispute_is_taken_from} == {
        Party.SELLER
    }


def test_a_fee_that_nobody_can_estimate_stays_open() -> None:
    share = Share(7, Money(1000, "jpy"), Money(0, "jpy"))
    plan = direct.plan(Deal([share], None, FeePayer.SELLER))
    assert [(step.kind, step.money) for step in plan] == [
        (Kind.CHARGE, Money(1000, "jpy")),
        (Kind.STRIPE_FEE, None),
    ]
