"""Customers who pay by bank transfer: cash balances and the intents that wait for them."""

from typing import Any

import pytest
import stripe

from .conftest import Running
from .merchants import moves, pay, told


def bea(sandbox: Running) -> str:
    return sandbox.client().v1.customers.create({"email": "bea@example.com"}).id


def wait(sandbox: Running, customer: str, amount: int = 500, **more: Any) -> stripe.PaymentIntent:
    wish: Any = {
        "amount": amount,
        "currency": "eur",
        "customer": customer,
        "allowed_payment_method_types": ["customer_balance"],
        "payment_method_data": {"type": "customer_balance"},
        "confirm": True,
        **more,
    }
    return sandbox.client().v1.payment_intents.create(wish)


def fund(sandbox: Running, customer: str, amount: int, currency: str = "eur") -> None:
    sandbox.client().v1.test_helpers.customers.fund_cash_balance(
        customer, {"amount": amount, "currency": currency}
    )


def remaining(sandbox: Running, intent: stripe.PaymentIntent) -> int | None:
    found = sandbox.client().v1.payment_intents.retrieve(intent.id)
    assert found.next_action is not None
    told = found.next_action.display_bank_transfer_instructions
    assert told is not None
    return told.amount_remaining


def test_a_payment_waits_until_enough_has_arrived(sandbox: Running) -> None:
    customer = bea(sandbox)
    intent = wait(sandbox, customer)
    assert (intent.status, remaining(sandbox, intent)) == ("requires_action", 500)
    fund(sandbox, customer, 200)
    assert remaining(sandbox, intent) == 300
    assert moves(sandbox) == []
    fund(sandbox, customer, 400)
    paid = sandbox.client().v1.payment_intents.retrieve(intent.id)
    assert (paid.status, paid.next_action) == ("succeeded", None)
    cash = sandbox.client().v1.customers.cash_balance.retrieve(customer)
    assert cash.available is not None
    assert cash.available["eur"] == 100
    assert [move[:2] for move in moves(sandbox)] == [("payment", 550)]  # in dollars
    assert told(sandbox) == [
        "customer.created",
        "payment_intent.created",
        "payment_intent.requires_action",
        "customer_cash_balance_transaction.created",
        "payment_intent.partially_funded",
        "cash_balance.funds_available",
        "customer_cash_balance_transaction.created",
        "customer_cash_balance_transaction.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "cash_balance.funds_available",
    ]


def test_money_that_is_there_pays_at_once_and_the_oldest_first(sandbox: Running) -> None:
    customer = bea(sandbox)
    fund(sandbox, customer, 500)
    assert wait(sandbox, customer).status == "succeeded"
    first, second = wait(sandbox, customer, 300), wait(sandbox, customer, 100)
    fund(sandbox, customer, 100)
    fund(sandbox, customer, 100, "gbp")
    intents = sandbox.client().v1.payment_intents
    assert remaining(sandbox, first) == 200
    assert intents.retrieve(second.id).status == "requires_action"
    fund(sandbox, customer, 300)
    assert [intents.retrieve(one.id).status for one in (first, second)] == ["succeeded"] * 2
    page = sandbox.client().v1.customers.cash_balance_transactions.list(customer).data
    assert [one.type for one in page][:3] == ["applied_to_payment"] * 2 + ["funded"]
    kept = sandbox.client().v1.customers.cash_balance_transactions.retrieve(customer, page[0].id)
    assert kept.ending_balance == 0
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.client().v1.customers.cash_balance_transactions.retrieve(bea(sandbox), page[0].id)


def test_nothing_is_paid_by_itself_where_the_shop_does_it_by_hand(sandbox: Running) -> None:
    customer = bea(sandbox)
    cash = sandbox.client().v1.customers.cash_balance.update(
        customer, {"settings": {"reconciliation_mode": "manual"}}
    )
    assert cash.settings.reconciliation_mode == "manual"
    intent = wait(sandbox, customer)
    fund(sandbox, customer, 500)
    intents = sandbox.client().v1.payment_intents
    assert intents.retrieve(intent.id).status == "requires_action"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        intents.apply_customer_balance(intent.id, {"amount": 499})
    assert refused.value.param == "amount"
    assert intents.apply_customer_balance(intent.id).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError) as again:
        intents.apply_customer_balance(intent.id)
    assert again.value.code == "payment_intent_unexpected_state"


def test_steps_that_nothing_here_waits_for_are_refused(sandbox: Running) -> None:
    v1 = sandbox.client().v1
    held, paid = pay(sandbox, capture_method="manual").id, pay(sandbox)
    saved = v1.setup_intents.create().id
    refund = v1.refunds.create({"payment_intent": paid.id}).id
    with pytest.raises(stripe.InvalidRequestError, match="incremental"):
        v1.payment_intents.increment_authorization(held, {"amount": 2_000})
    with pytest.raises(stripe.InvalidRequestError, match="succeeded"):
        v1.payment_intents.increment_authorization(paid.id, {"amount": 2_000})
    with pytest.raises(stripe.InvalidRequestError, match="succeeded"):
        v1.payment_intents.verify_microdeposits(paid.id)
    with pytest.raises(stripe.InvalidRequestError, match="requires_payment_method"):
        v1.setup_intents.verify_microdeposits(saved)
    with pytest.raises(stripe.InvalidRequestError, match="requires_action"):
        v1.test_helpers.refunds.expire(refund)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"customer": None}, "customer"),
        ({"currency": "sek"}, "payment_method_options[customer_balance][bank_transfer]"),
    ],
)
def test_a_transfer_needs_a_customer_and_a_bank(
    sandbox: Running, change: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        wait(sandbox, **{"customer": bea(sandbox), **change})
    assert refused.value.param == param


@pytest.mark.parametrize(("amount", "currency"), [(0, "eur"), (5, "xxx"), (5, "sek")])
def test_a_cash_balance_takes_real_money_only(sandbox: Running, amount: int, currency: str) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        fund(sandbox, bea(sandbox), amount, currency)
