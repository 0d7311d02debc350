"""Top-ups: the platform brings money of its own."""

from typing import Any

import pytest
import stripe

from .conftest import Running
from .merchants import moves, seller, told

DAY = 86_400


def test_a_top_up_arrives_and_can_be_sent_on(sandbox: Running) -> None:
    client = sandbox.client()
    topup = client.v1.topups.create(
        {"amount": 2_000, "currency": "usd", "description": "Float", "transfer_group": "ORDER1"}
    )
    assert (topup.status, topup.balance_transaction) == ("pending", None)
    assert topup.source is not None
    sandbox.advance(4 * DAY)
    topup = client.v1.topups.retrieve(topup.id)
    assert topup.status == "succeeded"
    assert moves(sandbox) == [("topup", 2_000, 0, 2_000, "usd")]
    assert told(sandbox) == ["topup.created", "topup.succeeded"]
    ada = seller(sandbox)
    client.v1.transfers.create({"amount": 2_000, "currency": "usd", "destination": ada})
    assert moves(sandbox, ada) == [("payment", 2_000, 0, 2_000, "usd")]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("btok_us_verified_noAccount", "no_account"),
        ("btok_us_verified_accountClosed", "account_closed"),
        ("btok_us_verified_insufficientFunds", "insufficient_funds"),
        ("btok_us_verified_debitNotAuthorized", "debit_not_authorized"),
        ("btok_us_verified_invalidCurrency", "invalid_currency"),
    ],
)
def test_a_bank_that_refuses_says_why(sandbox: Running, source: str, code: str) -> None:
    client = sandbox.client()
    topup = client.v1.topups.create({"amount": 2_000, "currency": "usd", "source": source})
    sandbox.advance(4 * DAY)
    topup = client.v1.topups.retrieve(topup.id)
    assert (topup.status, topup.failure_code) == ("failed", code)
    assert topup.failure_message
    assert moves(sandbox) == []
    assert told(sandbox) == ["topup.created", "topup.failed"]


def test_a_payment_method_tops_up_too(sandbox: Running) -> None:
    client = sandbox.client()
    method = client.v1.payment_methods.create(
        {
            "type": "us_bank_account",
            "us_bank_account": {
                "routing_number": "110000000",
                "account_number": "000222222227",
                "account_holder_type": "company",
            },
            "billing_details": {"name": "Cheese Ltd"},
        }
    )
    topup = client.v1.topups.create(
        {
            "amount": 900,
            "currency": "usd",
            "payment_method": method.id,
            "payment_method_options": {"us_bank_account": {"network": "ach"}},
        }
    )
    assert (topup.payment_method, topup.source) == (method.id, None)
    sandbox.advance(4 * DAY)
    assert client.v1.topups.retrieve(topup.id).failure_code == "insufficient_funds"


def test_a_card_does_not_top_up(sandbox: Running) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.client().v1.topups.create(
            {"amount": 900, "currency": "usd", "payment_method": "pm_card_visa"}
        )
    assert refused.value.param == "payment_method"


def test_a_top_up_is_canceled_while_it_is_pending_and_not_later(sandbox: Running) -> None:
    client = sandbox.client()
    first = client.v1.topups.create({"amount": 100, "currency": "usd"})
    second = client.v1.topups.create({"amount": 200, "currency": "usd"})
    assert client.v1.topups.cancel(first.id).status == "canceled"
    sandbox.advance(4 * DAY)
    assert moves(sandbox) == [("topup", 200, 0, 200, "usd")]
    with pytest.raises(stripe.InvalidRequestError, match="succeeded"):
        client.v1.topups.cancel(second.id)
    assert [one.id for one in client.v1.topups.list({"status": "canceled"}).data] == [first.id]
    assert [one.id for one in client.v1.topups.list({"amount": {"gt": 150}}).data] == [second.id]


def test_a_bank_takes_a_top_up_back_after_it_was_spent(sandbox: Running) -> None:
    client = sandbox.client()
    topup = client.v1.topups.create({"amount": 500, "currency": "usd"})
    address = f"{sandbox.url}/_sandbox/topups/{topup.id}/reverse"
    assert sandbox.http.post(address, timeout=60).status_code == 400
    sandbox.advance(4 * DAY)
    assert sandbox.http.post(address, timeout=60).json()["status"] == "reversed"
    assert moves(sandbox)[-1] == ("topup_reversal", -500, 0, -500, "usd")
    assert told(sandbox)[-1] == "topup.reversed"
    assert sandbox.http.post(f"{address}x", timeout=60).status_code == 404
    other = f"{sandbox.url}/_sandbox/topups/{sandbox.platform}/reverse"
    assert sandbox.http.post(other, timeout=60).status_code == 404


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": 100_000_000}, "amount"),
        ({"currency": "xyz"}, "currency"),
        ({"source": "btok_us_verified_moon"}, "source"),
        ({"source": "tok_visa_debit_us_transferSuccess"}, "source"),
        ({"statement_descriptor": "sixteen letters."}, "statement_descriptor"),
        ({"source": "btok_us_verified", "payment_method": "pm_1"}, "source"),
    ],
)
def test_a_top_up_that_cannot_be_is_refused(sandbox: Running, change: Any, param: str) -> None:
    wish: Any = {"amount": 100, "currency": "usd", **change}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.client().v1.topups.create(wish)
    assert refused.value.param == param


def test_a_top_up_in_euros_changes_its_words(sandbox: Running) -> None:
    client = sandbox.client()
    topup = client.v1.topups.create({"amount": 100, "currency": "eur"})
    changed = client.v1.topups.update(topup.id, {"description": "More", "metadata": {"a": "1"}})
    assert changed.description == "More"
    assert changed.metadata["a"] == "1"
