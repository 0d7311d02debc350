"""Rarer steps of intents and refunds: cash applied by hand, and what nothing here waits for.

Test cards have no incremental authorisation, bank accounts need no microdeposits and no refund
waits for the buyer's bank details in this sandbox; these requests say so in Stripe's shape.

https://docs.stripe.com/api/payment_intents/apply_customer_balance
https://docs.stripe.com/payments/incremental-authorization
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import bank_transfers
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.routing import route


@route(
    "POST",
    "/v1/payment_intents/{intent}/apply_customer_balance",
    "PaymentIntentApplyCustomerBalanceParams",
)
def apply(ctx: Context, params: dict[str, Any], intent: str) -> dict[str, Any]:
    """Pay a waiting intent out of the customer's cash balance, where that is done by hand.

    `amount` must be what the intent is for: parts are not set aside here.
    """
    found = ctx.get("payment_intent", intent, param="intent")
    if not bank_transfers.waits(found):
        raise Refused(
            "This PaymentIntent does not wait for a bank transfer; its status is"
            f" {found['status']}.",
            code="payment_intent_unexpected_state",
        )
    customer = ctx.get("customer", found["customer"])
    enough = params.get("amount", found["amount"]) == found["amount"]
    if not enough or not bank_transfers.pay(ctx, found, customer):
        held = bank_transfers.cash(customer, found["currency"])
        raise Refused(
            f"The customer's cash balance holds {held} {found['currency']}; the payment is for"
            f" {found['amount']}.",
            param="amount",
        )
    return found


@route(
    "POST",
    "/v1/payment_intents/{intent}/increment_authorization",
    "PaymentIntentIncrementAuthorizationParams",
)
def increment(ctx: Context, params: dict[str, Any], intent: str) -> dict[str, Any]:
    """Hold more on the card: no charge here is eligible, as its details say."""
    del params
    found = ctx.get("payment_intent", intent, param="intent")
    if found["status"] != "requires_capture":
        raise _unexpected("incremented", found["status"])
    raise Refused(
        "This charge is not eligible for incremental authorization:"
        " `payment_method_details.card.incremental_authorization.status` is `unavailable`."
    )


@route(
    "POST",
    "/v1/payment_intents/{intent}/verify_microdeposits",
    "PaymentIntentVerifyMicrodepositsParams",
)
def verify_payment(ctx: Context, params: dict[str, Any], intent: str) -> dict[str, Any]:
    """Tell the amounts of microdeposits: none are sent here."""
    del params
    raise _unexpected("verified", ctx.get("payment_intent", intent, param="intent")["status"])


@route(
    "POST",
    "/v1/setup_intents/{intent}/verify_microdeposits",
    "SetupIntentVerifyMicrodepositsParams",
)
def verify_setup(ctx: Context, params: dict[str, Any], intent: str) -> dict[str, Any]:
    """Tell the amounts of microdeposits: none are sent here."""
    del params
    found = ctx.get("setup_intent", intent, param="intent")
    raise Refused(
        f"You cannot verify this SetupIntent because it has a status of {found['status']}.",
        code="setup_intent_unexpected_state",
    )


@route("POST", "/v1/test_helpers/refunds/{refund}/expire", "test_helpers.RefundExpireParams")
def expire(ctx: Context, params: dict[str, Any], refund: str) -> dict[str, Any]:
    """Let a refund lapse that waits for the buyer's bank details: none does here."""
    del params
    found = ctx.get("refund", refund)
    raise Refused(
        f"Only refunds with the status requires_action can expire; {refund} is {found['status']}."
    )


def _unexpected(what: str, status: str) -> Refused:
    return Refused(
        f"This PaymentIntent could not be {what} because it has a status of {status}.",
        code="payment_intent_unexpected_state",
    )
