"""Charges: each attempt of a PaymentIntent, and the `py_…` side of every transfer.

They are made by paying, never directly. https://docs.stripe.com/api/charges
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import metadata
from marketplace.sandbox.context import Context
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing, sublist
from marketplace.sandbox.routing import include, kind, route

kind("charge", "ch_", indexed=("payment_intent", "customer", "transfer_group"))


@include("charge", "refunds")
def show_refunds(ctx: Context, charge: dict[str, Any]) -> dict[str, Any]:
    """A charge's refunds are part of it only when they are expanded."""
    rows = ctx.acting_as(ctx.owner(charge["id"])).every("refund", charge=charge["id"])
    return sublist(ctx, rows, f"/v1/charges/{charge['id']}/refunds")


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
