"""What a request may say follows its `Stripe-Version`; what is told to an endpoint, its own."""

from typing import Any

import pytest
import requests
import stripe

from tests.running import Running

from .receiver import Receiver

DAHLIA, ENDIVE = "2026-08-26.dahlia", "2026-10-28.endive"


def ask(sandbox: Running, path: str, version: str | None, **given: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    if version is not None:
        headers["Stripe-Version"] = version
    return sandbox.http.post(sandbox.url + path, data=given, headers=headers, timeout=60)


def test_a_caller_who_names_no_version_speaks_the_accounts_default(sandbox: Running) -> None:
    types = {"payment_method_types[]": "card"}
    answer = ask(sandbox, "/v1/payment_intents", None, amount="500", currency="usd", **types)
    assert answer.status_code == 200
    assert answer.headers["Stripe-Version"] == DAHLIA


@pytest.mark.parametrize(
    "version", ["2019-02-19", "2025-03-31.basil", "2026-06-24.preview", f"{ENDIVE}; some_beta=v1"]
)
def test_every_version_that_was_released_is_taken(sandbox: Running, version: str) -> None:
    assert ask(sandbox, "/v1/customers", version).status_code == 200


@pytest.mark.parametrize(
    "version",
    [
        *("latest", "endive", "2026", "2026-10-28x"),
        *(
            "2026-10-27",
            "2026-10-28",
            "2026-10-28.dahlia",
            "2026-10-27.preview",
            "2027-01-01.endive",
        ),
    ],
)
def test_what_is_no_version_is_refused(sandbox: Running, version: str) -> None:
    answer = ask(sandbox, "/v1/customers", version)
    assert answer.status_code == 400
    assert version in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "rival",
    [
        {"excluded_payment_method_types": ["sepa_debit"]},
        {"automatic_payment_methods": {"enabled": True}},
        {"payment_method_configuration": "pmc_1"},
    ],
    ids=str,
)
def test_allowed_types_exclude_every_other_way_to_choose(
    sandbox: Running, rival: dict[str, Any]
) -> None:
    client = sandbox.client()
    allowed: Any = {"allowed_payment_method_types": ["card"], **rival}
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.create(allowed | {"amount": 500, "currency": "usd"})
    assert refusal.value.code == "parameters_exclusive"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.setup_intents.create(allowed)


def test_types_that_do_not_fit_the_currency_are_dropped_in_silence(sandbox: Running) -> None:
    intent = sandbox.client().v1.payment_intents.create(
        {
            "amount": 500,
            "currency": "usd",
            "allowed_payment_method_types": ["card", "sepa_debit"],
        }
    )
    assert intent.payment_method_types == ["card"]


def test_an_event_is_told_in_the_version_of_each_endpoint(
    sandbox: Running, receiver: Receiver
) -> None:
    client = sandbox.client()
    for version in (None, ENDIVE):
        asked: Any = {"url": receiver.url, "enabled_events": ["customer.created"]}
        if version:
            asked["api_version"] = version
        client.v1.webhook_endpoints.create(asked)
    client.v1.customers.create()
    sandbox.settle()
    told = [heard.event["api_version"] for heard in receiver.wait_for(2)]
    assert sorted(told) == [DAHLIA, ENDIVE]
    assert [event.api_version for event in client.v1.events.list().data] == [DAHLIA]


def test_products_and_prices_are_searched(sandbox: Running) -> None:
    client = sandbox.client()
    brie = client.v1.products.create({"name": "Ripe Brie", "metadata": {"order": "7"}})
    client.v1.products.create({"name": "Ripe Gouda"})
    price = client.v1.prices.create({"product": brie.id, "unit_amount": 500, "currency": "usd"})
    found = client.v1.products.search({"query": "name~'brie' AND metadata['order']:'7'"})
    assert [product.id for product in found.data] == [brie.id]
    prices = client.v1.prices.search({"query": f"active:'true' AND product:'{brie.id}'"})
    assert [found.id for found in prices.data] == [price.id]


def test_funding_instructions_fit_the_currency(sandbox: Running) -> None:
    client = sandbox.client()
    customer = client.v1.customers.create().id
    told = client.v1.customers.funding_instructions.create(
        customer,
        {
            "currency": "eur",
            "funding_type": "bank_transfer",
            "bank_transfer": {
                "type": "eu_bank_transfer",
                "eu_bank_transfer": {"country": "FR"},
            },
        },
    )
    assert told.bank_transfer.country == "FR"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.customers.funding_instructions.create(
            customer,
            {
                "currency": "usd",
                "funding_type": "bank_transfer",
                "bank_transfer": {"type": "eu_bank_transfer"},
            },
        )
    assert refusal.value.param == "bank_transfer[type]"


def test_a_persons_token_is_no_bank_account(sandbox: Running) -> None:
    client = sandbox.client()
    account = client.v1.accounts.create({"type": "express"}).id
    token = client.v1.tokens.create({"person": {"first_name": "Ada"}}).id
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.accounts.external_accounts.create(account, {"external_account": token})
    assert refusal.value.param == "external_account"
