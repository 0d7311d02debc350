"""Charges: each attempt of a PaymentIntent, and the `py_…` side of every transfer.

Almost always they are made by paying. Directly made are only account debits (`source=acct_…`) and
charges of card tokens, which PaymentIntents have replaced.

https://docs.stripe.com/api/charges
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import account_debits, card_charges, division, metadata, search
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing, sublist
from marketplace.sandbox.routing import include, kind, route

kind("charge", "ch_", indexed=("payment_intent", "customer", "transfer_group"))

_CARD = "payment_method_details.card"
_SEARCHED = {
    "amount": "number",
    "billing_details.address.postal_code": "text",
    "created": "number",
    "currency": "text",
    "customer": "text",
    "disputed": "true",
    "metadata": "text",
    "refunded": "true",
    "status": "text",
    **{f"{_CARD}.{name}": "text" for name in ("brand", "fingerprint", "last4")},
    **{f"{_CARD}.{name}": "number" for name in ("exp_month", "exp_year")},
}


@include("charge", "refunds")
def show_refunds(ctx: Context, charge: dict[str, Any]) -> dict[str, Any]:
    """A charge's refunds are part of it only when they are expanded."""
    rows = ctx.acting_as(ctx.owner(charge["id"])).every("refund", charge=charge["id"])
    return sublist(ctx, rows, f"/v1/charges/{charge['id']}/refunds")


@route("POST", "/v1/charges", "ChargeCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Debit a connected account, or charge a card token."""
    if params.get("source", "").startswith("acct_"):
        for name in ("amount", "currency"):
            if name not in params:
                message = f"Missing required param: {name}."
                raise Refused(message, code="parameter_missing", param=name)
        return account_debits.take(ctx, params)
    return card_charges.take(ctx, params)


@route("POST", "/v1/charges/{charge}/capture", "ChargeCaptureParams")
def capture(ctx: Context, params: dict[str, Any], charge: str) -> dict[str, Any]:
    """Take the money of a charge made with `capture=false`, or a part of it."""
    found = ctx.get("charge", charge)
    if found["payment_intent"]:
        raise Refused(
            f"{charge} belongs to a PaymentIntent; capture {found['payment_intent']} instead."
        )
    if found["captured"]:
        message = f"Charge {charge} has already been captured."
        raise Refused(message, code="charge_already_captured")
    if found["refunded"] or found["status"] != "succeeded":
        message = f"Charge {charge} cannot be captured any more."
        raise Refused(message, code="charge_expired_for_capture")
    amount = params.get("amount", found["amount"])
    if not 0 < amount <= found["amount"]:
        message = f"The amount to capture must be positive and at most {found['amount']}."
        raise Refused(message, code="amount_too_large", param="amount")
    fee = params.get("application_fee_amount", params.get("application_fee"))
    if fee is not None:
        data = found["transfer_data"] or {}
        division.check(
            ctx,
            {
                "application_fee_amount": fee,
                "transfer_data": {k: v for k, v in data.items() if k == "destination"},
            },
            amount,
        )
        found["application_fee_amount"] = fee
    if "amount" in params.get("transfer_data", {}) and found["transfer_data"]:
        found["transfer_data"]["amount"] = params["transfer_data"]["amount"]
    card_charges.capture(ctx, found, amount, "charge.captured")
    return found


@route("GET", "/v1/charges/search", "ChargeSearchParams")
def search_charges(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Search the acting account's charges."""
    return search.find(ctx, "charge", params, _SEARCHED)


@route("GET", "/v1/charges/{charge}", "ChargeRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], charge: str) -> dict[str, Any]:
    """Retrieve a charge."""
    del params
    return ctx.get("charge", charge)


@route("POST", "/v1/charges/{charge}", "ChargeUpdateParams")
def update(ctx: Context, params: dict[str, Any], charge: str) -> dict[str, Any]:
    """Change what describes a charge, never its money."""
    found = ctx.get("charge", charge)
    before = ctx.show(found)
    for name in ("description", "customer", "receipt_email", "shipping", "transfer_group"):
        if name in params:
            found[name] = params[name] or None
    if "fraud_details" in params:
        found["fraud_details"] = {k: v for k, v in params["fraud_details"].items() if v}
    found["metadata"] = metadata.merged(found["metadata"], params.get("metadata"))
    ctx.save(found)
    emit(ctx, "charge.updated", found, before=before)
    return found


@route("GET", "/v1/charges", "ChargeListParams")
def list_charges(ctx: Context, params: dict[str, Any]) -> Listing:
    """List the acting account's charges, newest first."""
    return ctx.list("charge", params, "payment_intent", "customer", "transfer_group")
