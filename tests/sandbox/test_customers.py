"""What hangs on a customer besides payment methods: old sources, tax ids, a credit balance."""

import pytest
import stripe

from tests.running import Running

from .merchants import told


def test_a_card_kept_as_a_source_pays(sandbox: Running) -> None:
    client = sandbox.client()
    ben = client.v1.customers.create().id
    card = client.v1.customers.payment_sources.create(ben, {"source": "tok_visa"})
    assert client.v1.customers.retrieve(ben).default_source == card.id
    charge = client.v1.charges.create({"amount": 500, "currency": "usd", "customer": ben})
    assert charge.paid
    paid = client.v1.payment_intents.create(
        {
            "amount": 500,
            "currency": "usd",
            "customer": ben,
            "payment_method": card.id,
            "confirm": True,
            "return_url": "http://127.0.0.1:9/",
        }
    )
    assert paid.status == "succeeded"
    client.v1.customers.payment_sources.delete(ben, card.id)
    assert client.v1.customers.retrieve(ben).default_source is None
    assert "customer.source.deleted" in told(sandbox)


def test_a_token_makes_one_source_and_a_declined_card_none(sandbox: Running) -> None:
    client = sandbox.client()
    ben = client.v1.customers.create().id
    token = client.v1.tokens.create(
        {"card": {"number": "4242424242424242", "exp_month": "8", "exp_year": "2034"}}
    ).id
    client.v1.customers.payment_sources.create(ben, {"source": token})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.customers.payment_sources.create(ben, {"source": token})
    assert refusal.value.code == "token_already_used"
    with pytest.raises(stripe.CardError):
        client.v1.customers.payment_sources.create(ben, {"source": "tok_chargeDeclined"})


def test_a_customers_bank_is_no_place_for_payouts(sandbox: Running) -> None:
    client = sandbox.client()
    seller = client.v1.accounts.create({"type": "express"}).id
    on_seller: stripe.RequestOptions = {"stripe_account": seller}
    ben = client.v1.customers.create({}, on_seller).id
    bank = client.v1.customers.payment_sources.create(ben, {"source": "btok_us"}, on_seller).id
    assert client.v1.accounts.external_accounts.list(seller).data == []

    sources = client.v1.customers.payment_sources
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sources.verify(ben, bank, {"amounts": [1, 2]}, on_seller)
    assert refusal.value.code == "bank_account_verification_failed"
    sources.verify(ben, bank, {"amounts": [32, 45]}, on_seller)
    (kept,) = client.v1.customers.payment_sources.list(
        ben, {"object": "bank_account"}, on_seller
    ).data
    assert kept.to_dict()["status"] == "verified"


def test_credit_is_counted_in_one_currency(sandbox: Running) -> None:
    client = sandbox.client()
    ben = client.v1.customers.create().id
    entries = client.v1.customers.balance_transactions
    entries.create(ben, {"amount": -500, "currency": "usd", "description": "Sorry"})
    last = entries.create(ben, {"amount": 200, "currency": "usd"})
    assert last.ending_balance == client.v1.customers.retrieve(ben).balance == -300
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        entries.create(ben, {"amount": 1, "currency": "eur"})
    assert refusal.value.param == "currency"


def test_a_tax_id_is_of_its_customer_alone(sandbox: Running) -> None:
    client = sandbox.client()
    ben, mia = (client.v1.customers.create().id for _ in range(2))
    made = client.v1.customers.tax_ids.create(ben, {"type": "eu_vat", "value": "DE123456789"})
    assert made.country == "DE"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.customers.tax_ids.retrieve(mia, made.id)
    assert refusal.value.http_status == 404
    client.v1.customers.tax_ids.delete(ben, made.id)
    assert client.v1.customers.tax_ids.list(ben).data == []
