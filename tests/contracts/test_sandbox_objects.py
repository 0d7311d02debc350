"""Every object that the sandbox answers has the shape that Stripe's own SDK declares.

A tour makes one of everything; then each answer and each event that was sent is compared with the
SDK's classes and, where it lies beside the project, with Stripe's published fixtures.
"""

import io
import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from marketplace.sandbox import hands
from marketplace.sandbox.routing import kinds
from tests.running import Running
from tests.sandbox.earning import acting, fund, open_seller

from . import sdk_shapes, v2_tour

FIXTURES = Path(__file__).parents[3] / "shared" / "data" / "fixtures3.json"
ACCEPTED: dict[str, dict[str, str]] = {
    "account": {
        "individual": "the fixture is no individual",
        "groups": "newer than the fixture",
    },
    "balance": {
        "connect_reserved": "platforms have it, connected accounts do not",
        "instant_available": "the fixture's account takes no instant payouts",
    },
    "bank_account": dict.fromkeys(
        ("account", "available_payout_methods", "default_for_currency"),
        "the fixture belongs to a customer, ours to a connected account",
    ),
    "card": dict.fromkeys(
        ("account", "available_payout_methods", "currency", "default_for_currency", "status"),
        "the fixture belongs to a customer, ours to a connected account",
    ),
    "charge": {
        "refunds": "no longer sent unless expanded, since 2022-11-15",
        "transfer": "the fixture has no destination",
    },
    "checkout.session": {
        "line_items": "sent only when expanded",
        "managed_payments": "optional, and not covered here",
        "redirect_on_completion": "the fixture is a hosted page",
        "return_url": "the fixture is a hosted page",
    },
    "customer": {"customer_account": "newer than the fixture"},
    "customer_cash_balance_transaction": dict.fromkeys(
        ("applied_to_payment", "funded"), "one hash, named as the transaction's type"
    ),
    "event": {
        "account": "the fixture is not of a connected account",
        "context": "newer than the fixture",
    },
    "payment_intent": {"managed_payments": "optional, and not covered here"},
    "payment_link": {
        "line_items": "sent only when expanded",
        "managed_payments": "optional, and not covered here",
    },
    "payment_method": dict.fromkeys(
        ("card", "sepa_debit"), "one hash, named as the method's type; the fixture is a card"
    ),
    "person": dict.fromkeys(("address", "email", "phone"), "not given in the fixture"),
    "radar.early_fraud_warning": {"payment_intent": "the fixture has only a charge"},
    "setup_intent": {"customer_account": "newer than the fixture"},
    "token": dict.fromkeys(("bank_account", "card"), "a token holds one of the two"),
    "topup": dict.fromkeys(("payment_method", "payment_method_options"), "newer than the fixture"),
    "webhook_endpoint": {"secret": "told once, when the endpoint is created"},
}
"""Where our answers and the fixtures (one API release older) differ, and why."""

BACK = "http://127.0.0.1:4242/back"
DAY = 86_400


def tour(sandbox: Running) -> None:
    """One of everything; every call is kept, not only the latest."""
    sandbox.server.calls = deque()
    client = sandbox.client()
    ada = open_seller(sandbox, "000111111113")
    fund(sandbox, None, 100_000)
    accounts(client, ada)
    payments(client, ada)
    more(client, ada)
    saving(client, ada)
    rarer(client)
    v2_tour.take(client)
    fund(sandbox, ada, 5_000)
    client.v1.payouts.create({"amount": 500, "currency": "usd"})
    client.v1.payouts.create({"amount": 500, "currency": "usd"}, acting(ada))
    sandbox.advance(10 * DAY)
    for account in (None, ada):
        options = acting(account)
        client.v1.balance.retrieve({}, options)
        client.v1.payouts.list({"limit": 100}, options)
        client.v1.balance_transactions.list({"limit": 100}, options)
        client.v1.events.list({"limit": 100}, options)
        client.v1.charges.list({"limit": 100}, options)


def accounts(client: stripe.StripeClient, ada: str) -> None:
    client.v1.accounts.retrieve(ada)
    client.v1.accounts.capabilities.list(ada)
    client.v1.accounts.persons.list(ada)
    client.v1.accounts.external_accounts.list(ada)
    client.v1.tokens.create(
        {
            "bank_account": {
                "country": "US",
                "currency": "usd",
                "routing_number": "110000000",
                "account_number": "000123456789",
            }
        }
    )
    client.v1.country_specs.retrieve("US")
    express = client.v1.accounts.create({"type": "express"})
    link = client.v1.account_links.create(
        {
            "account": express.id,
            "type": "account_onboarding",
            "return_url": BACK,
            "refresh_url": BACK,
        }
    )
    hands.onboard(link.url)
    client.v1.accounts.login_links.create(express.id)
    client.v1.accounts.external_accounts.create(
        ada, {"external_account": "tok_visa_debit_us_transferSuccess"}
    )
    client.v1.webhook_endpoints.create({"url": "http://127.0.0.1:1/", "enabled_events": ["*"]})


def payments(client: stripe.StripeClient, ada: str) -> None:
    intent: stripe.params.PaymentIntentCreateParams = {
        "amount": 10_000,
        "currency": "usd",
        "confirm": True,
        "payment_method": "pm_card_bypassPending",
        "return_url": BACK,
        "application_fee_amount": 1_000,
        "transfer_data": {"destination": ada},
    }
    paid = client.v1.payment_intents.create(intent)
    client.v1.refunds.create(
        {
            "payment_intent": paid.id,
            "amount": 2_000,
            "reverse_transfer": True,
            "refund_application_fee": True,
        }
    )
    for method in ("pm_card_createDispute", "pm_card_createIssuerFraudRecord"):
        client.v1.payment_intents.create({**intent, "payment_method": method})
    client.v1.transfers.create({"amount": 100, "currency": "usd", "destination": ada})
    transfer = client.v1.transfers.list().data[0]
    client.v1.transfers.reversals.create(transfer.id, {"amount": 50})
    client.v1.transfers.retrieve(transfer.id)
    customer = client.v1.customers.create({"email": "bob@example.com"})
    client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    product = client.v1.products.create({"name": "Cheese"})
    price = client.v1.prices.create({"product": product.id, "unit_amount": 500, "currency": "usd"})
    session = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": BACK,
            "line_items": [{"price": price.id, "quantity": 2}],
            "expand": ["line_items"],
        }
    )
    assert session.url is not None
    hands.pay(session.url)
    client.v1.checkout.sessions.retrieve(session.id)
    client.v1.application_fees.list()
    client.v1.disputes.list()
    client.v1.payment_intents.list()


def more(client: stripe.StripeClient, ada: str) -> None:
    client.v1.topups.create({"amount": 500, "currency": "usd", "source": "btok_us_verified"})
    client.v1.account_sessions.create(
        {"account": ada, "components": {"account_onboarding": {"enabled": True}}}
    )
    client.v1.balance_settings.retrieve({}, acting(ada))
    file = client.v1.files.create(
        {
            "purpose": "identity_document",
            "file": io.BytesIO(b"\x89PNG\r\n\x1a\n" + bytes(64)),
        }
    )
    client.v1.files.retrieve(file.id)
    evidence = client.v1.files.create(
        {"purpose": "dispute_evidence", "file": io.BytesIO(b"%PDF-1.4\n%%EOF\n")}
    )
    client.v1.file_links.create({"file": evidence.id})


def saving(client: stripe.StripeClient, ada: str) -> None:
    """Payment methods for later, the platform's own money, and an account debit."""
    iban: stripe.params.PaymentMethodCreateParams = {
        "type": "sepa_debit",
        "sepa_debit": {"iban": "AT611904300234573201"},
        "billing_details": {"name": "Bob"},
    }
    for method in ("pm_card_visa", client.v1.payment_methods.create(iban).id):
        intent = client.v1.setup_intents.create(
            {"confirm": True, "payment_method": method, "return_url": BACK}
        )
        client.v1.setup_attempts.list({"setup_intent": intent.id})
        if intent.mandate:
            client.v1.mandates.retrieve(str(intent.mandate))
    client.v1.setup_intents.create(
        {
            "confirm": True,
            "payment_method": "pm_card_authenticationRequired",
            "return_url": BACK,
        }
    )
    customer = client.v1.customers.create().id
    transfer: Any = {
        "amount": 500,
        "currency": "eur",
        "customer": customer,
        "allowed_payment_method_types": ["customer_balance"],
        "payment_method_data": {"type": "customer_balance"},
        "confirm": True,
    }
    client.v1.payment_intents.create(transfer)
    for amount in (200, 300):
        client.v1.test_helpers.customers.fund_cash_balance(
            customer, {"amount": amount, "currency": "eur"}
        )
    client.v1.customers.cash_balance_transactions.list(customer)
    client.v1.customers.cash_balance.retrieve(customer)
    client.v1.checkout.sessions.create({"mode": "setup", "success_url": BACK})
    client.v1.checkout.sessions.create(
        {"mode": "setup", "ui_mode": "embedded_page", "return_url": BACK}
    )
    client.v1.checkout.sessions.create({"mode": "setup", "ui_mode": "elements", "return_url": BACK})
    client.v1.topups.create({"amount": 700, "currency": "usd"})
    client.v1.topups.list()
    client.v1.charges.create({"amount": 60, "currency": "usd", "source": ada})
    client.v1.charges.create({"amount": 60, "currency": "usd", "source": "tok_visa"})


def rarer(client: stripe.StripeClient) -> None:
    """A link that sells, and what hangs on a customer besides payment methods."""
    price = client.v1.prices.create(
        {
            "product_data": {"name": "Milk"},
            "unit_amount": 300,
            "currency": "usd",
            "recurring": {"interval": "month"},
        }
    )
    link = client.v1.payment_links.create({"line_items": [{"price": price.id, "quantity": 1}]})
    client.v1.payment_links.update(
        link.id,
        {
            "after_completion": {"type": "redirect", "redirect": {"url": BACK}},
            "payment_intent_data": {"description": "Milk"},
            "restrictions": {"completed_sessions": {"limit": 3}},
            "expand": ["line_items"],
        },
    )
    customer = client.v1.customers.create().id
    for token in ("tok_visa", "btok_us_verified"):
        client.v1.customers.payment_sources.create(customer, {"source": token})
    client.v1.customers.tax_ids.create(customer, {"type": "eu_vat", "value": "DE123456789"})
    client.v1.customers.balance_transactions.create(customer, {"amount": -500, "currency": "usd"})
    token = client.v1.test_helpers.confirmation_tokens.create(
        {
            "payment_method": "pm_card_visa",
            "return_url": BACK,
            "shipping": {"name": "Bob", "address": {"line1": "1 Mill Lane"}},
        }
    ).id
    client.v1.confirmation_tokens.retrieve(token)


def answered(sandbox: Running) -> Iterator[dict[str, Any]]:
    """Every object that crossed the wire, lists opened, and what their events carried."""
    for call in sandbox.server.calls:
        if call.status == 200:
            yield from opened(json.loads(call.answer))


def opened(obj: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "data" in obj and obj.get("object", "list") == "list":  # lists of v2 do not say so
        for item in obj["data"]:
            yield from opened(item)
        return
    yield obj
    if obj["object"] == "event":
        yield obj["data"]["object"]


def test_every_object_has_the_shape_that_the_sdk_declares(sandbox: Running) -> None:
    tour(sandbox)
    objects = list(answered(sandbox))
    seen = set(nested(objects))
    # What the SDK has no class for is the sandbox's own, such as a visit to a hosted page.
    public = {name for name in kinds if sdk_shapes.is_public(name)}
    assert sorted(public - seen) == [], "the tour leaves some out"
    faults = {
        fault for obj in objects if not obj.get("deleted") for fault in sdk_shapes.faults(obj)
    }
    assert sorted(faults) == []


def nested(value: object) -> Iterator[str]:
    """The names of all objects inside a value."""
    if isinstance(value, list):
        for item in value:
            yield from nested(item)
    elif isinstance(value, dict):
        if isinstance(value.get("object"), str):
            yield value["object"]
        for item in value.values():
            yield from nested(item)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"amount": "5"}, "payout.amount = '5' is none of"),
        ({"amount": None}, "payout.amount must not be null"),
        ({"colour": "red"}, "payout.colour does not exist"),
        ({"metadata": ["a"]}, "payout.metadata is no list in the SDK"),
        ({"amount": {"a": 1}}, "payout.amount is no object in the SDK"),
        ({"automatic": 1}, "payout.automatic = 1 is none of"),
        ({"trace_id": {"value": "x"}}, "payout.trace_id.status is missing"),
        ({"destination": {"object": "bank_account"}}, "payout.destination.country is missing"),
    ],
)
def test_the_comparison_notices_what_does_not_fit(
    sandbox: Running, change: dict[str, Any], fault: str
) -> None:
    fund(sandbox, None, 1_000)
    payout = sandbox.client().v1.payouts.create({"amount": 500, "currency": "usd"}).to_dict()
    assert sdk_shapes.faults(payout) == []
    assert any(found.startswith(fault) for found in sdk_shapes.faults({**payout, **change}))


def test_every_object_has_the_fields_of_the_published_fixtures(sandbox: Running) -> None:
    published = json.loads(FIXTURES.read_text())["resources"] if FIXTURES.exists() else {}
    tour(sandbox)
    differences: dict[str, set[str]] = {}
    for obj in answered(sandbox):
        fixture = published.get(obj["object"].replace(".", "_"), published.get(obj["object"]))
        if fixture is None or obj.get("deleted"):
            continue
        differing = (fixture.keys() ^ obj.keys()) - ACCEPTED.get(obj["object"], {}).keys()
        differences.setdefault(obj["object"], set()).update(differing)
    assert {name: sorted(found) for name, found in differences.items() if found} == {}
