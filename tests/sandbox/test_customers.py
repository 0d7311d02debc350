"""What hangs on a customer besides payment methods: old sources, tax ids, a credit balance.

And who else may buy: an account of v2.
"""

from typing import Any

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


def test_a_customer_comes_with_everything_it_was_given(sandbox: Running) -> None:
    customers = sandbox.client().v1.customers
    params: Any = {
        "source": "tok_visa",
        "business_name": "Ben's bikes",
        "tax_id_data": [{"type": "eu_vat", "value": "DE123456789"}],
        "invoice_settings": {"footer": "Thank you"},
        "expand": ["sources", "tax_ids"],
    }
    ben: Any = customers.create(params)
    assert ben.business_name == "Ben's bikes"
    assert ben.invoice_settings.footer == "Thank you"
    assert [card.id for card in ben.sources.data] == [ben.default_source]
    assert [number.value for number in ben.tax_ids.data] == ["DE123456789"]
    changed = customers.update(ben.id, {"source": "tok_mastercard"})
    assert changed.default_source not in {None, ben.default_source}


def test_an_account_may_be_the_customer(sandbox: Running) -> None:
    client = sandbox.client()
    asked: Any = {"contact_email": "ben@example.com", "configuration": {"customer": {}}}
    ben = client.v2.core.accounts.create(asked).id
    stranger = client.v2.core.accounts.create({"contact_email": "eve@example.com"}).id
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer_account": ben})
    assert (method.customer, method.customer_account) == (None, ben)
    params: Any = {
        "amount": 500,
        "currency": "usd",
        "customer_account": ben,
        "payment_method": method.id,
        "confirm": True,
        "off_session": True,
        "return_url": "http://127.0.0.1:9/back",
        "expand": ["latest_charge"],
    }
    paid: Any = client.v1.payment_intents.create(params)
    assert (paid.status, paid.customer, paid.customer_account) == ("succeeded", None, ben)
    assert paid.latest_charge.customer is None
    client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    found = client.v1.payment_intents.list({"customer_account": ben}).data
    assert [one.id for one in found] == [paid.id]
    for buyer in (
        {"customer_account": stranger},
        {"customer_account": "acct_none"},
        {"customer_account": ben, "customer": client.v1.customers.create().id},
    ):
        wrong: Any = {"amount": 500, "currency": "usd", **buyer}
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.payment_intents.create(wrong)
        assert refusal.value.param == "customer_account"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.retrieve(ben)


def test_a_lookup_key_names_one_price(sandbox: Running) -> None:
    prices = sandbox.client().v1.prices

    def price(**more: Any) -> stripe.Price:
        params: Any = {"currency": "usd", "unit_amount": 900, "lookup_key": "jug", **more}
        return prices.create(params)

    jug = price(product_data={"name": "Jug"}).product
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        price(product=jug)
    assert refusal.value.param == "lookup_key"
    second = price(product=jug, transfer_lookup_key=True)
    assert [one.id for one in prices.list({"lookup_keys": ["jug"]}).data] == [second.id]
    with pytest.raises(stripe.InvalidRequestError, match="does not cover"):
        price(product=jug, lookup_key="cup", currency_options={"eur": {"unit_amount": 800}})


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
