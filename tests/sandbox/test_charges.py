"""Charges made directly: account debits in both forms, and card tokens."""

from typing import Any

import pytest
import stripe

from .conftest import Running
from .merchants import SELLER_PAYS, moves, pay, seller, told

TYPED: Any = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2034", "cvc": "123"}


def funded(sandbox: Running, amount: int = 5_000, **more: Any) -> str:
    """A seller with available money."""
    ada = seller(sandbox, **more)
    pay(sandbox, amount, "pm_card_bypassPending", transfer_data={"destination": ada})
    return ada


def test_a_platform_takes_money_out_of_an_account_and_gives_it_back(sandbox: Running) -> None:
    ada = funded(sandbox)
    client = sandbox.client()
    debit = client.v1.charges.create(
        {"amount": 1_200, "currency": "usd", "source": ada, "metadata": {"for": "rent"}}
    )
    assert debit.id.startswith("py_")
    assert (debit.paid, debit.amount, debit.metadata["for"]) == (True, 1_200, "rent")
    assert debit.source is not None
    assert debit.source.id == ada
    assert moves(sandbox)[-1] == ("payment", 1_200, 0, 1_200, "usd")
    assert moves(sandbox, ada)[-1] == ("transfer", -1_200, 0, -1_200, "usd")
    assert told(sandbox, ada)[-1] == "transfer.created"
    assert told(sandbox)[-1] == "charge.succeeded"
    refund = client.v1.refunds.create({"charge": debit.id, "amount": 200})
    assert (refund.status, refund.charge) == ("succeeded", debit.id)
    assert moves(sandbox)[-1] == ("payment_refund", -200, 0, -200, "usd")
    assert moves(sandbox, ada)[-1] == ("transfer_refund", 200, 0, 200, "usd")
    assert client.v1.charges.retrieve(debit.id).amount_refunded == 200


def test_a_transfer_in_the_account_s_name_is_the_other_way_to_debit_it(sandbox: Running) -> None:
    ada = funded(sandbox)
    transfer = sandbox.client().v1.transfers.create(
        {"amount": 700, "currency": "usd", "destination": sandbox.platform},
        {"stripe_account": ada},
    )
    assert transfer.destination == sandbox.platform
    assert moves(sandbox)[-1] == ("payment", 700, 0, 700, "usd")
    assert moves(sandbox, ada)[-1] == ("transfer", -700, 0, -700, "usd")


@pytest.mark.parametrize("way", ["charge", "transfer"])
@pytest.mark.parametrize(
    ("more", "change", "code", "words"),
    [
        ({}, {"amount": 5_001}, "balance_insufficient", "Insufficient"),
        ({"controller": SELLER_PAYS}, {}, None, "liable"),
        ({}, {"currency": "eur"}, None, "default currency"),
        ({"country": "DE"}, {"currency": "usd"}, None, "default currency"),
    ],
)
def test_an_account_debit_stays_within_its_rules(
    sandbox: Running, way: str, more: Any, change: Any, code: str | None, words: str
) -> None:
    ada = funded(sandbox, **more)
    wish: Any = {"amount": 100, "currency": "usd", **change}
    source: Any = {**wish, "source": ada}
    transfer: Any = {**wish, "destination": sandbox.platform}
    v1 = sandbox.client().v1
    with pytest.raises(stripe.InvalidRequestError, match=words) as refused:
        if way == "charge":
            v1.charges.create(source)
        else:
            v1.transfers.create(transfer, {"stripe_account": ada})
    assert refused.value.code == code


def test_sellers_do_not_send_money_to_each_other(sandbox: Running) -> None:
    ada, ben = funded(sandbox), seller(sandbox)
    with pytest.raises(stripe.InvalidRequestError, match="No such destination"):
        sandbox.client().v1.transfers.create(
            {"amount": 1, "currency": "usd", "destination": ben}, {"stripe_account": ada}
        )


def test_only_the_platform_debits_accounts(sandbox: Running) -> None:
    ada, ben = funded(sandbox), seller(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.client().v1.charges.create(
            {"amount": 100, "currency": "usd", "source": ada}, {"stripe_account": ben}
        )
    assert refused.value.code == "platform_account_required"


def test_a_card_token_pays_once(sandbox: Running) -> None:
    client = sandbox.client()
    token = client.v1.tokens.create({"card": TYPED})
    charge = client.v1.charges.create({"amount": 1_000, "currency": "usd", "source": token.id})
    assert (charge.status, charge.payment_intent) == ("succeeded", None)
    assert moves(sandbox) == [("charge", 1_000, 59, 941, "usd")]
    assert client.v1.tokens.retrieve(token.id).used
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.v1.payment_methods.create({"type": "card", "card": {"token": token.id}})
    assert again.value.code == "token_already_used"


def test_a_card_token_becomes_a_payment_method(sandbox: Running) -> None:
    client = sandbox.client()
    card: Any = {**TYPED, "number": "4000000000000002"}
    token = client.v1.tokens.create({"card": card})
    method = client.v1.payment_methods.create({"type": "card", "card": {"token": token.id}})
    assert method.card is not None
    assert (method.card.last4, method.card.exp_year) == ("0002", 2034)
    with pytest.raises(stripe.CardError):
        pay(sandbox, card=method.id)


def test_a_token_of_one_account_means_nothing_to_another(sandbox: Running) -> None:
    ada = seller(sandbox)
    token = sandbox.client().v1.tokens.create({"card": TYPED})
    with pytest.raises(stripe.InvalidRequestError, match="No such token"):
        sandbox.client().v1.charges.create(
            {"amount": 100, "currency": "usd", "source": token.id}, {"stripe_account": ada}
        )


def test_a_declined_token_leaves_a_failed_charge(sandbox: Running) -> None:
    client = sandbox.client()
    with pytest.raises(stripe.CardError) as declined:
        client.v1.charges.create(
            {"amount": 1_000, "currency": "usd", "source": "tok_chargeDeclinedInsufficientFunds"}
        )
    (charge,) = client.v1.charges.list().data
    assert (charge.status, charge.failure_code) == ("failed", "card_declined")
    assert declined.value.code == "card_declined"
    assert charge.receipt_url is None, "nothing was paid"
    assert told(sandbox) == ["charge.failed"]


def test_a_charge_is_held_first_and_captured_in_part(sandbox: Running) -> None:
    ada = seller(sandbox)
    client = sandbox.client()
    charge = client.v1.charges.create(
        {
            "amount": 2_000,
            "currency": "usd",
            "source": "tok_visa",
            "capture": False,
            "application_fee_amount": 100,
            "transfer_data": {"destination": ada},
        }
    )
    assert (charge.captured, charge.balance_transaction) == (False, None)
    taken = client.v1.charges.capture(charge.id, {"amount": 1_500})
    assert (taken.amount_captured, taken.amount_refunded) == (1_500, 500)
    assert taken.transfer_group == f"group_{charge.id}"
    assert moves(sandbox, ada) == [("payment", 1_500, 100, 1_400, "usd")]
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.v1.charges.capture(charge.id)
    assert again.value.code == "charge_already_captured"


def test_a_hold_that_nobody_captures_ends_after_a_week(sandbox: Running) -> None:
    client = sandbox.client()
    charge = client.v1.charges.create(
        {"amount": 2_000, "currency": "usd", "source": "tok_visa", "capture": False}
    )
    sandbox.advance(8 * 86_400)
    assert client.v1.charges.retrieve(charge.id).refunded
    assert told(sandbox)[-1] == "charge.expired"
    with pytest.raises(stripe.InvalidRequestError) as late:
        client.v1.charges.capture(charge.id)
    assert late.value.code == "charge_expired_for_capture"


def test_a_charge_of_a_payment_intent_is_captured_through_it(sandbox: Running) -> None:
    intent = pay(sandbox, capture_method="manual")
    with pytest.raises(stripe.InvalidRequestError, match=intent.id):
        sandbox.client().v1.charges.capture(intent.latest_charge.id)
