"""Funding instructions: where a customer sends a bank transfer before any payment asks for one.

The rule that bites: the type must fit the currency. No bank is behind the sandbox, so it names no
account numbers; money arrives through `POST /v1/test_helpers/customers/{id}/fund_cash_balance`.

https://docs.stripe.com/payments/customer-balance/funding-instructions
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import bank_transfers
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.routing import route

_COUNTRIES = {"gb": "GB", "jp": "JP", "mx": "MX", "us": "US"}


@route(
    "POST",
    "/v1/customers/{customer}/funding_instructions",
    "CustomerCreateFundingInstructionsParams",
)
def create(ctx: Context, params: dict[str, Any], customer: str) -> dict[str, Any]:
    """Tell where the customer's transfers in a currency go; raises `Refused` for a misfit."""
    ctx.get("customer", customer)
    asked = params["bank_transfer"]
    if asked["type"] != bank_transfers.kind_of(params["currency"]):
        # The text is not confirmed; the guide lists which type each currency has.
        raise Refused(
            f"{params['currency'].upper()} cannot be sent by {asked['type']}.",
            param="bank_transfer[type]",
        )
    europe = asked.get("eu_bank_transfer") or {}
    return {
        "object": "funding_instructions",
        "bank_transfer": {
            "country": europe.get("country") or _COUNTRIES.get(asked["type"][:2], "DE"),
            "financial_addresses": [],
            "type": asked["type"],
        },
        "currency": params["currency"],
        "funding_type": "bank_transfer",
        "livemode": False,
    }
