"""What a destination charge asks of Stripe, and what it plans."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from marketplace import charges
from marketplace.charges import destination, strategy
from marketplace.charges.strategy import Deal, Item, Kind, Party, Sale, Share, Urls
from marketplace.design import ChargeType
from marketplace.design.passing import Split
from marketplace.errors import SellerNotReady
from marketplace.money import Money

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
URLS = Urls("https://shop.example/done", "https://shop.example/back")


def sale_of_ada(*, commission: int = 123, email: str | None = None, **values: Any) -> Sale:
    return Sale(
        reference="ada-order",
        attempt="payment:ada:0",
        title="Order 7",
        items=[
            Item("A mug", Money(400, "usd"), 2),
            Item("A spoon", Money(200, "usd"), 1),
        ],
        total=Money(1000, "usd"),
        commission=Money(commission, "usd"),
        destination="acct_bea",
        buyer_email=email,
        expires_at=NOON + timedelta(hours=1),
        **values,
    )


def deal_of(*, commission: int = 123, **values: Any) -> Deal:
    shares = [Share(7, Money(1000, "usd"), Money(commission, "usd"))]
    return Deal(shares, Money(59, "usd"), **values)


def test_the_seller_is_the_destination_and_the_commission_is_the_application_fee() -> None:
    params = destination.session_params(sale_of_ada(), URLS)
    assert params["payment_intent_data"] == {
        "description": "Order 7",
        "metadata": {"order": "ada-order", "attempt": "payment:ada:0"},
        "transfer_group": "order_ada-order",
        "transfer_data": {"destination": "acct_bea"},
        "application_fee_amount": 123,
    }
    assert destination.charged_account("acct_bea") is None


def test_every_line_goes_to_stripe_with_its_own_price_in_minor_units() -> None:
    lines = destination.session_params(sale_of_ada(), URLS)["line_items"]
    assert [(line["price_data"]["unit_amount"], line["quantity"]) for line in lines] == [
        (400, 2),
        (200, 1),
    ]
    assert {line["price_data"]["currency"] for line in lines} == {"usd"}


def test_the_same_sale_always_gives_the_same_parameters() -> None:
    assert destination.session_params(sale_of_ada(), URLS) == destination.session_params(
        sale_of_ada(), URLS
    )
    assert destination.session_params(sale_of_ada(), URLS)["expires_at"] == 1795266000


def test_no_commission_sends_no_fee_at_all() -> None:
    params = destination.session_params(sale_of_ada(commission=0), URLS)
    assert "application_fee_amount" not in params["payment_intent_data"]
    assert Kind.APPLICATION_FEE not in {
        step.kind for step in destination.plan(deal_of(commission=0))
    }


def test_the_share_can_be_named_instead_of_the_commission_and_comes_to_the_same() -> None:
    params = destination.session_params(sale_of_ada(split=Split.TRANSFER_AMOUNT), URLS)
    data = params["payment_intent_data"]
    assert data["transfer_data"] == {"destination": "acct_bea", "amount": 877}
    assert "application_fee_amount" not in data
    plan = destination.plan(deal_of(split=Split.TRANSFER_AMOUNT))
    assert [(step.kind, step.money) for step in plan] == [
        (Kind.CHARGE, Money(1000, "usd")),
        (Kind.STRIPE_FEE, Money(59, "usd")),
        (Kind.TRANSFER, Money(877, "usd")),
    ]


def test_a_seller_can_be_the_merchant_of_record_and_stand_on_the_statement() -> None:
    sale = sale_of_ada(on_behalf_of=True, descriptor_suffix="BEAS BOWLS")
    data = destination.session_params(sale, URLS)["payment_intent_data"]
    assert data["on_behalf_of"] == "acct_bea"
    assert data["statement_descriptor_suffix"] == "BEAS BOWLS"


def test_an_email_is_sent_only_when_it_is_known() -> None:
    assert "customer_email" not in destination.session_params(sale_of_ada(), URLS)
    params = destination.session_params(sale_of_ada(email="ada@example.com"), URLS)
    assert params["customer_email"] == "ada@example.com"


def test_stripes_own_example_is_planned_to_the_cent() -> None:
    held = dict.fromkeys(Party, 0)
    for step in destination.plan(deal_of()):
        assert step.money is not None
        held[step.payer] -= step.money.amount
        held[step.payee] += step.money.amount
    assert held == {
        Party.BUYER: -1000,
        Party.PLATFORM: 64,
        Party.SELLER: 877,
        Party.STRIPE: 59,
    }


def test_an_order_is_found_from_its_transfer_group_and_not_from_a_strangers() -> None:
    assert strategy.reference_of(strategy.transfer_group("abc-123")) == "abc-123"
    assert strategy.reference_of("group_pi_1") is None
    assert strategy.reference_of("my_order_1") is None
    assert strategy.reference_of("order_") is None
    assert strategy.reference_of(None) is None


def test_a_charge_type_that_is_not_offered_is_refused_and_not_replaced_by_another() -> None:
    missing = [kind for kind in ChargeType if kind not in charges.STRATEGIES]
    for kind in missing:
        with pytest.raises(SellerNotReady):
            charges.of(kind)
    assert charges.of(ChargeType.DESTINATION) is destination
