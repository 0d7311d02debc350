"""Buyers: customers and what they pay with, Checkout, debits that take days, disputes, search."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from .conftest import Stripe

DAY = 86_400


# https://docs.stripe.com/api/payment_methods/attach
def test_a_card_is_kept_by_one_customer_and_let_go(platform: Stripe) -> None:
    v1 = platform.client.v1
    customer = v1.customers.create({"email": "ben@example.com", "name": "Ben"}).id
    method = v1.payment_methods.attach("pm_card_visa", {"customer": customer})
    assert method.customer == customer
    assert [one.id for one in v1.customers.payment_methods.list(customer).data] == [method.id]
    paid = platform.pay(card=method.id, customer=customer)
    assert paid.status == "succeeded"
    assert v1.payment_methods.detach(method.id).customer is None
    v1.customers.delete(customer)
    # https://docs.stripe.com/api/customers/retrieve
    assert v1.customers.retrieve(customer).deleted is True
    told: Any = v1.payment_intents.retrieve(paid.id, {"expand": ["customer"]})
    assert told.customer.deleted is True


# https://docs.stripe.com/connect/direct-charges-multiple-accounts
def test_a_saved_card_is_cloned_to_a_seller(platform: Stripe) -> None:
    v1, seller = platform.client.v1, platform.seller()
    customer = v1.customers.create({}).id
    method = v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    cloned = v1.payment_methods.create(
        {"customer": customer, "payment_method": method}, {"stripe_account": seller}
    )
    assert cloned.id != method
    assert platform.pay(2_000, cloned.id, on=seller).status == "succeeded"


# https://docs.stripe.com/api/setup_intents
def test_a_card_is_set_up_for_later(platform: Stripe) -> None:
    v1 = platform.client.v1
    customer = v1.customers.create({}).id
    done = v1.setup_intents.create(
        {
            "customer": customer,
            "payment_method": "pm_card_visa",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    assert (done.status, done.usage) == ("succeeded", "off_session")
    away = platform.pay(card=str(done.payment_method), customer=customer, off_session=True)
    assert away.status == "succeeded"


# https://docs.stripe.com/api/checkout/sessions
def test_a_checkout_session_is_open_until_it_expires(platform: Stripe) -> None:
    sessions, seller = platform.client.v1.checkout.sessions, platform.seller()
    line: Any = {
        "quantity": 2,
        "price_data": {"currency": "usd", "unit_amount": 1_500, "product_data": {"name": "Jug"}},
    }
    params: Any = {
        "mode": "payment",
        "line_items": [line],
        "success_url": "https://example.com/done?session={CHECKOUT_SESSION_ID}",
        "payment_intent_data": {
            "application_fee_amount": 300,
            "transfer_data": {"destination": seller},
        },
    }
    session = sessions.create(params)
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert (session.amount_total, session.currency) == (3_000, "usd")
    assert str(session.url).startswith("http")
    assert [one.quantity for one in sessions.line_items.list(session.id).data] == [2]
    expired = sessions.expire(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    with pytest.raises(stripe.InvalidRequestError):
        sessions.expire(session.id)


# https://docs.stripe.com/payments/sepa-debit
def test_a_bank_debit_is_processing_before_it_is_paid(
    platform: Stripe, advance: Callable[[int], None]
) -> None:
    intents = platform.client.v1.payment_intents
    params: Any = {
        "amount": 2_000,
        "currency": "eur",
        "confirm": True,
        "payment_method_data": {
            "type": "sepa_debit",
            "sepa_debit": {"iban": "AT611904300234573201"},
            "billing_details": {"name": "Bea", "email": "bea@example.com"},
        },
        "mandate_data": {"customer_acceptance": {"type": "offline", "offline": {}}},
        "return_url": "https://example.com/back",
    }
    intent = intents.create(params)
    assert intent.status == "processing"
    advance(14 * DAY)
    assert intents.retrieve(intent.id).status == "succeeded"


# https://docs.stripe.com/disputes/api https://docs.stripe.com/testing#disputes
def test_a_dispute_is_answered_and_won(platform: Stripe) -> None:
    disputes = platform.client.v1.disputes
    charge = platform.pay(card="pm_card_createDispute").latest_charge.id
    found: list[Any] = []

    def is_there() -> bool:
        found[:] = disputes.list({"charge": charge}).data
        return bool(found)

    platform.until(is_there)
    assert (found[0].status, found[0].reason) == ("needs_response", "fraudulent")
    disputes.update(found[0].id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    platform.until(lambda: disputes.retrieve(found[0].id).status == "won")


def test_a_dispute_that_is_accepted_is_lost(platform: Stripe) -> None:
    disputes = platform.client.v1.disputes
    charge = platform.pay(card="pm_card_createDisputeProductNotReceived").latest_charge.id
    platform.until(lambda: bool(disputes.list({"charge": charge}).data))
    (dispute,) = disputes.list({"charge": charge}).data
    assert disputes.close(dispute.id).status == "lost"


# https://docs.stripe.com/search
def test_what_was_written_on_a_payment_is_found_again(platform: Stripe) -> None:
    intent = platform.pay(metadata={"run": platform.run})
    query: Any = {"query": f"metadata['run']:'{platform.run}' AND status:'succeeded'"}

    def is_found() -> bool:
        page = platform.client.v1.payment_intents.search(query)
        return [one.id for one in page.data] == [intent.id]

    platform.until(is_found)


# https://docs.stripe.com/api/products https://docs.stripe.com/api/prices
def test_a_price_belongs_to_a_product_and_stays_as_it_is(platform: Stripe) -> None:
    v1 = platform.client.v1
    product = v1.products.create({"name": "Jug"})
    price = v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 1_500})
    assert (price.type, price.unit_amount, price.active) == ("one_time", 1_500, True)
    assert v1.prices.update(price.id, {"active": False}).active is False
    both = v1.products.create(
        {"name": "Cup", "default_price_data": {"currency": "usd", "unit_amount": 900}}
    )
    assert v1.prices.retrieve(str(both.default_price)).product == both.id
    assert [one.name for one in v1.products.list({"ids": [both.id]}).data] == ["Cup"]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        v1.products.create({"id": both.id, "name": "Another cup"})
    assert caught.value.code == "resource_already_exists"
    with pytest.raises(stripe.InvalidRequestError):
        v1.products.delete(product.id)
