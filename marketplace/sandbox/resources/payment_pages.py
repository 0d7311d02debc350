"""The two private calls with which the Stripe CLI pays a Checkout Session.

`stripe trigger checkout.session.completed` reads the page and confirms it with a payment method.
Neither call is in Stripe's public reference; what is here is what the CLI needs.
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.routing import route

from . import checkout_sessions, customers, payment_methods


@route("GET", "/v1/payment_pages/{session}")
def retrieve(ctx: Context, params: dict[str, Any], session: str) -> dict[str, Any]:
    """The session, with the address that its page shows already filled in."""
    del params
    found = ctx.get("checkout.session", session, param="session")
    return {**found, "customer_email": customers.email_of(ctx, found) or None}


@route("POST", "/v1/payment_pages/{session}/confirm")
def confirm(ctx: Context, params: dict[str, Any], session: str) -> dict[str, Any]:
    """Pay an open session with `payment_method`; `expected_amount` must be its total."""
    found = ctx.get("checkout.session", session, param="session")
    if found["status"] != "open":
        raise Refused(f"This Checkout Session is {found['status']}.")
    if str(params.get("expected_amount", found["amount_total"])) != str(found["amount_total"]):
        raise Refused(
            f"The amount is {found['amount_total']}.",
            param="expected_amount",
            code="checkout_amount_mismatch",
        )
    method = payment_methods.resolve(ctx, str(params.get("payment_method", "")))
    if method["type"] not in found["payment_method_types"]:
        raise Refused("This Session does not take that payment method.", param="payment_method")
    details = method["billing_details"]
    buyer = {
        "email": details["email"] or customers.email_of(ctx, found),
        "name": details["name"] or "",
    }
    intent = checkout_sessions.pay(ctx, found, method, buyer)
    if intent["status"] != "requires_action":
        checkout_sessions.complete(ctx, found, intent)
    return found
