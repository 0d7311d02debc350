"""Early fraud warnings: the card network suspects a payment before anybody disputes it.

https://docs.stripe.com/api/radar/early_fraud_warnings
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox.context import Context
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route

_KIND = "radar.early_fraud_warning"
kind(_KIND, "issfr_", indexed=("charge", "payment_intent"), words="early fraud warning")


def warn(ctx: Context, charge: dict[str, Any]) -> None:
    """Warn of a charge of the acting account; no money moves."""
    warning = ctx.new(
        _KIND,
        actionable=True,
        charge=charge["id"],
        fraud_type="misc",
        payment_intent=charge["payment_intent"],
    )
    emit(ctx, "radar.early_fraud_warning.created", warning)


@route(
    "GET",
    "/v1/radar/early_fraud_warnings/{warning}",
    "radar.EarlyFraudWarningRetrieveParams",
)
def retrieve(ctx: Context, params: dict[str, Any], warning: str) -> dict[str, Any]:
    """Retrieve a warning."""
    del params
    return ctx.get(_KIND, warning)


@route("GET", "/v1/radar/early_fraud_warnings", "radar.EarlyFraudWarningListParams")
def list_warnings(ctx: Context, params: dict[str, Any]) -> Listing:
    """List the acting account's warnings, newest first."""
    return ctx.list(_KIND, params, "charge", "payment_intent")
