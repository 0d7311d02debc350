"""Setup attempts: each try of a SetupIntent, in the order in which they were made.

https://docs.stripe.com/api/setup_attempts
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox.context import Context
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route

kind("setup_attempt", "setatt_", indexed=("setup_intent",))

_CARD = "brand checks country exp_month exp_year fingerprint funding last4".split()


def make(
    ctx: Context, intent: dict[str, Any], method: dict[str, Any], status: str
) -> dict[str, Any]:
    """A try of the intent with a payment method; `status` is how far it came."""
    type_ = method["type"]
    shown: dict[str, Any] = {}
    if type_ == "card":
        card = method["card"]
        shown = {name: card[name] for name in _CARD}
        shown |= {"network": card["brand"], "three_d_secure": None, "wallet": None}
    return ctx.new(
        "setup_attempt",
        application=intent["application"],
        customer=intent["customer"],
        customer_account=None,
        flow_directions=None,
        on_behalf_of=intent["on_behalf_of"],
        payment_method=method["id"],
        payment_method_details={type_: shown, "type": type_},
        setup_error=None,
        setup_intent=intent["id"],
        status=status,
        usage=intent["usage"],
    )


@route("GET", "/v1/setup_attempts", "SetupAttemptListParams")
def list_attempts(ctx: Context, params: dict[str, Any]) -> Listing:
    """List the tries of one SetupIntent, newest first."""
    ctx.get("setup_intent", params["setup_intent"], param="setup_intent")
    return ctx.list("setup_attempt", params, "setup_intent")
