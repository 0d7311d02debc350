"""Payments by bank transfer: the buyer sends money, it waits in a cash balance, it pays.

A PaymentIntent with `customer_balance` asks for the transfer (`requires_action`) and is paid as
soon as the customer's cash balance in its currency covers it, the oldest intent first.

The rule that bites: the cash balance belongs to the customer and is no part of the merchant's
balance until it has paid for something.

https://docs.stripe.com/payments/bank-transfers https://docs.stripe.com/payments/customer-balance
"""

from __future__ import annotations

from typing import Any

from . import charging, ids, processing
from .context import Context
from .errors import Refused
from .events import emit

METHOD = "customer_balance"
_KINDS = {"eur": "eu", "gbp": "gb", "jpy": "jp", "mxn": "mx", "usd": "us"}
_MOST = 1000


def kind_of(currency: str) -> str:
    """The sort of bank transfer that a currency has; raises `Refused` when it has none."""
    if currency not in _KINDS:
        raise Refused(
            f"There are no bank transfers in {currency.upper()}.",
            param="payment_method_options[customer_balance][bank_transfer]",
        )
    return f"{_KINDS[currency]}_bank_transfer"


def ask(ctx: Context, intent: dict[str, Any]) -> None:
    """Ask for what the customer's cash balance does not cover; pay at once when it does."""
    if not intent["customer"]:
        raise Refused(
            "A payment with customer_balance needs a customer.",
            code="parameter_missing",
            param="customer",
        )
    kind_of(intent["currency"])
    customer = ctx.get("customer", intent["customer"])
    intent["_reference"] = intent.get("_reference") or ids.new("", 12).upper()
    if not pay(ctx, intent, customer):
        _instruct(ctx, intent, customer)
        emit(ctx, "payment_intent.requires_action", intent)


def cash(customer: dict[str, Any], currency: str) -> int:
    """What the customer's cash balance holds, in minor units."""
    return int((customer.get("_cash") or {}).get(currency, 0))


def _instruct(ctx: Context, intent: dict[str, Any], customer: dict[str, Any]) -> None:
    currency = intent["currency"]
    intent["status"] = "requires_action"
    intent["next_action"] = {
        "type": "display_bank_transfer_instructions",
        "display_bank_transfer_instructions": {
            "amount_remaining": intent["amount"] - cash(customer, currency),
            "currency": currency,
            "financial_addresses": [],
            "hosted_instructions_url": None,
            "reference": intent["_reference"],
            "type": kind_of(currency),
        },
    }
    ctx.save(intent)


def waits(intent: dict[str, Any]) -> bool:
    """Whether the intent waits for a bank transfer."""
    action = (intent["next_action"] or {}).get("type")
    return bool(
        intent["status"] == "requires_action" and action == "display_bank_transfer_instructions"
    )


def pay(ctx: Context, intent: dict[str, Any], customer: dict[str, Any]) -> bool:
    """Pay the intent out of the cash balance; False when that does not hold enough."""
    if cash(customer, intent["currency"]) < intent["amount"]:
        return False
    detail = {"payment_intent": intent["id"]}
    move(ctx, customer, -intent["amount"], intent["currency"], "applied_to_payment", detail)
    method = ctx.get("payment_method", intent["payment_method"])
    intent["next_action"] = None
    charge = charging.new(ctx, intent, method, None)
    processing.paid(ctx, intent, charge)
    return True


def move(
    ctx: Context,
    customer: dict[str, Any],
    amount: int,
    currency: str,
    type_: str,
    detail: dict[str, Any],
) -> dict[str, Any]:
    """Change a customer's cash balance by `amount` minor units; answers the transaction."""
    ending = cash(customer, currency) + amount
    customer["_cash"] = {**(customer.get("_cash") or {}), currency: ending}
    ctx.save(customer)
    transaction = ctx.new(
        "customer_cash_balance_transaction",
        currency=currency,
        customer=customer["id"],
        customer_account=None,
        ending_balance=ending,
        net_amount=amount,
        type=type_,
        **{type_: detail},
    )
    emit(ctx, "customer_cash_balance_transaction.created", transaction)
    return transaction


def reconcile(ctx: Context, customer: dict[str, Any], currency: str) -> None:
    """Pay the customer's waiting intents, the oldest first.

    Stripe sets a part that does not cover an intent aside for it; here it stays in the cash
    balance, and the intent tells of it all the same.
    """
    waiting = [
        intent
        for intent in reversed(ctx.every("payment_intent", _MOST, customer=customer["id"]))
        if waits(intent) and intent["currency"] == currency
    ]
    for intent in waiting:
        if pay(ctx, intent, customer):
            continue
        if cash(customer, currency):
            _instruct(ctx, intent, customer)
            emit(ctx, "payment_intent.partially_funded", intent)
        return
