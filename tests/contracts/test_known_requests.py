"""The requests that the SDK's own tests send are known here: answered or refused, never lost.

`known_requests.txt` holds method, path and parameters, one request a line, of what the generated
tests of stripe-python 16.1.0 send for Connect and for payments. An id that ends in `_none` stands
for a thing of its kind: once for one that does not exist, once for one that does.

https://github.com/stripe/stripe-python
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl

import pytest
import requests
import stripe

from tests.running import Running
from tests.sandbox.earning import fund, open_seller


class Request(NamedTuple):
    """One line of the table."""

    method: str
    path: str
    given: str


def table() -> Iterator[Request]:
    for line in Path(__file__).with_name("known_requests.txt").read_text().splitlines():
        method, path, *given = line.split(" ", 2)
        yield Request(method, path, "".join(given))


def send(sandbox: Running, asked: Request) -> requests.Response:
    """The request as the SDK would send it: a query, a form, JSON, or a file."""
    url, auth = sandbox.url + asked.path, {"Authorization": f"Bearer {sandbox.key}"}
    if asked.path.startswith("/v2/"):
        auth["Stripe-Version"] = stripe.api_version
        return sandbox.http.request(asked.method, url, data=asked.given, headers=auth, timeout=60)
    if asked.path == "/v1/files" and asked.method == "POST":
        return sandbox.http.post(
            url,
            data={"purpose": "dispute_evidence"},
            files={"file": ("paper.pdf", io.BytesIO(b"%PDF-1.4\n%%EOF\n"))},
            headers=auth,
            timeout=60,
        )
    pairs = parse_qsl(asked.given, strict_parsing=bool(asked.given))
    place = "params" if asked.method == "GET" else "data"
    options: dict[str, object] = {place: pairs, "headers": auth, "timeout": 30}
    return sandbox.http.request(asked.method, url, **options)  # type: ignore[arg-type]


def lost(answer: requests.Response) -> bool:
    """Whether the server broke, or does not know the route."""
    return answer.status_code >= 500 or (
        answer.status_code == 404 and "Unrecognized request URL" in answer.text
    )


def told(asked: Request, answer: requests.Response) -> str:
    return f"{asked.method} {asked.path} {asked.given}: {answer.status_code} {answer.text[:200]}"


def test_no_request_of_the_sdks_own_tests_is_unknown_or_breaks_the_server(
    sandbox: Running,
) -> None:
    asked = list(table())
    assert len({(request.method, request.path) for request in asked}) > 140
    answers = [(request, send(sandbox, request)) for request in asked]
    assert [told(*pair) for pair in answers if lost(pair[1])] == []


def test_what_the_sandbox_leaves_out_says_so_in_stripes_shape(sandbox: Running) -> None:
    for path in ("/v1/subscriptions", "/v1/invoices", "/v1/issuing/cards", "/v1/nonsense"):
        answer = send(sandbox, Request("POST", path, ""))
        assert lost(answer), f"{path} is covered by now"
        assert answer.status_code == 404
        assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.fixture
def world(sandbox: Running) -> dict[str, str]:
    """One thing of each kind, by the prefix of its id."""
    client = sandbox.client()
    seller = open_seller(sandbox, "000123456789")
    fund(sandbox, None, 100_000)
    ids = {"acct": seller, **paid(client, seller), **held(client, seller)}
    customer = client.v1.customers.create()
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    ids |= {"cus": customer.id, "pm": method.id, **kept(client, customer.id, ids["price"])}
    intent = client.v1.setup_intents.create()
    ids["seti"] = intent.id
    destination = client.v2.core.event_destinations.create(
        {
            "name": "here",
            "type": "webhook_endpoint",
            "event_payload": "thin",
            "enabled_events": ["v2.core.account.created"],
            "webhook_endpoint": {"url": "http://127.0.0.1:1/"},
        }
    )
    ids["ed_test"] = destination.id
    ids["evt_test"] = client.v2.core.events.list({"limit": 1}).data[0].id
    return ids


def paid(client: stripe.StripeClient, seller: str) -> dict[str, str]:
    """A sale with everything that hangs on one."""
    price = client.v1.prices.create(
        {"product_data": {"name": "Cheese"}, "unit_amount": 500, "currency": "usd"}
    )
    session = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "http://127.0.0.1:1/",
            "line_items": [{"price": price.id, "quantity": 2}],
        }
    )
    intent = client.v1.payment_intents.create(
        {
            "amount": 10_000,
            "currency": "usd",
            "confirm": True,
            "payment_method": "pm_card_bypassPending",
            "return_url": "http://127.0.0.1:1/",
            "application_fee_amount": 1_000,
            "transfer_data": {"destination": seller},
        }
    )
    refund = client.v1.refunds.create(
        {
            "payment_intent": intent.id,
            "amount": 100,
            "refund_application_fee": True,
            "reverse_transfer": True,
        }
    )
    fee = client.v1.application_fees.list().data[0]
    returned = client.v1.application_fees.refunds.list(fee.id).data[0]
    transfer = client.v1.transfers.list().data[0]
    reversal = client.v1.transfers.reversals.create(transfer.id, {"amount": 50})
    return {
        "price": price.id,
        "prod": str(price.product),
        "cs_test": session.id,
        "pi": intent.id,
        "ch": str(intent.latest_charge),
        "re": refund.id,
        "fee": fee.id,
        "fr": returned.id,
        "tr": transfer.id,
        "trr": reversal.id,
        "txn": client.v1.balance_transactions.list().data[0].id,
        "evt": client.v1.events.list().data[0].id,
    }


def kept(client: stripe.StripeClient, customer: str, price: str) -> dict[str, str]:
    """What hangs on a customer besides payment methods, and what sells by itself."""
    sources, entries = (
        client.v1.customers.payment_sources,
        client.v1.customers.balance_transactions,
    )
    return {
        "cus ba": sources.create(customer, {"source": "btok_us"}).id,
        "cus card": sources.create(customer, {"source": "tok_visa"}).id,
        "txi": client.v1.customers.tax_ids.create(
            customer, {"type": "eu_vat", "value": "DE123456789"}
        ).id,
        "cbtxn": entries.create(customer, {"amount": -500, "currency": "usd"}).id,
        "plink": client.v1.payment_links.create(
            {"line_items": [{"price": price, "quantity": 1}]}
        ).id,
        "ctoken": client.v1.test_helpers.confirmation_tokens.create(
            {"payment_method": "pm_card_visa"}
        ).id,
    }


def held(client: stripe.StripeClient, seller: str) -> dict[str, str]:
    """What an account has: banks, people, papers, money on its way."""
    bank, card = (
        client.v1.accounts.external_accounts.create(seller, {"external_account": token})
        for token in ("btok_us_verified", "tok_visa_debit_us_transferSuccess")
    )
    client.v1.payment_intents.create(
        {
            "amount": 700,
            "currency": "usd",
            "confirm": True,
            "payment_method": "pm_card_createDispute",
            "return_url": "http://127.0.0.1:1/",
        }
    )
    client.v1.payment_intents.create(
        {
            "amount": 700,
            "currency": "usd",
            "confirm": True,
            "payment_method": "pm_card_createIssuerFraudRecord",
            "return_url": "http://127.0.0.1:1/",
        }
    )
    file = client.v1.files.create(
        {"purpose": "dispute_evidence", "file": io.BytesIO(b"%PDF-1.4\n%%EOF\n")}
    )
    return {
        "ba": bank.id,
        "card": card.id,
        "person": client.v1.accounts.persons.create(seller, {"first_name": "Ada"}).id,
        "dp": client.v1.disputes.list().data[0].id,
        "issfr": client.v1.radar.early_fraud_warnings.list().data[0].id,
        "file": file.id,
        "link": client.v1.file_links.create({"file": file.id}).id,
        "po": client.v1.payouts.create({"amount": 500, "currency": "usd"}).id,
        "tu": client.v1.topups.create({"amount": 500, "currency": "usd"}).id,
        "tok": client.v1.tokens.create({"pii": {"id_number": "000000000"}}).id,
        "we": client.v1.webhook_endpoints.create(
            {"url": "http://127.0.0.1:1/", "enabled_events": ["*"]}
        ).id,
    }


def placed(request: Request, world: dict[str, str]) -> Request:
    """The request about things that exist."""

    # A customer's banks and cards are not an account's.
    of_customer = "cus " if request.path.startswith("/v1/customers/") else ""

    def real(match: re.Match[str]) -> str:
        return world.get(of_customer + match[1], world.get(match[1], match[0]))

    path, given = (
        re.sub(r"(?<![a-z_])([a-z]+(?:_test)?)_none", real, text)
        for text in (request.path, request.given)
    )
    return Request(request.method, path, given)


def test_what_exists_can_be_read_and_no_write_breaks_the_server(
    sandbox: Running, world: dict[str, str]
) -> None:
    asked = [placed(request, world) for request in table()]
    order = {"GET": 0, "POST": 1, "DELETE": 2}
    asked.sort(key=lambda request: order[request.method])
    answers = [(request, send(sandbox, request)) for request in asked]
    assert [told(*pair) for pair in answers if lost(pair[1])] == []
    read = [pair for pair in answers if pair[0].method == "GET" and "_none" not in "".join(pair[0])]
    assert [told(*pair) for pair in read if pair[1].status_code != 200] == []
    assert len(read) > 60
