"""Checkout in `setup` mode: the page saves a payment method and takes no money.

The SetupIntent is made together with the session, unlike the PaymentIntent of `payment` mode.

https://docs.stripe.com/payments/checkout/save-and-reuse
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import setting_up
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused

from . import checkout_ui_modes, setup_intents

_OF_PAYMENTS = ("line_items", "payment_intent_data", "invoice_creation", "submit_type")


def fields(ctx: Context, params: dict[str, Any], session: str) -> dict[str, Any]:
    """What a session in setup mode has of its own; makes its SetupIntent."""
    for name in _OF_PAYMENTS:
        if params.get(name):
            message = f"You can not pass `{name}` in `setup` mode."
            raise Refused(message, param=name)
    data = params.get("setup_intent_data") or {}
    wish = {name: params[name] for name in ("customer", *_TYPES) if params.get(name)}
    intent = setup_intents.start(ctx, {**data, **wish})
    intent["_session"] = session
    ctx.save(intent)
    return {
        "amount_subtotal": None,
        "amount_total": None,
        "currency": params.get("currency"),
        "mode": "setup",
        "payment_method_types": intent["payment_method_types"],
        "payment_status": "no_payment_required",
        "setup_intent": intent["id"],
    }


_TYPES = (
    "allowed_payment_method_types",
    "excluded_payment_method_types",
    "payment_method_types",
)


def save(ctx: Context, session: dict[str, Any], method: dict[str, Any]) -> dict[str, Any]:
    """The buyer saves a method on an open session; answers the SetupIntent.

    Raises `Refused` (402, kept) when the bank refuses; the session then stays open.
    """
    intent = ctx.get("setup_intent", session["setup_intent"])
    intent["payment_method"] = method["id"]
    intent["_challenge"] = None
    intent["_in_page"] = session["ui_mode"] == checkout_ui_modes.ELEMENTS
    intent["_return_url"] = checkout_ui_modes.landing(session) or None
    setting_up.confirm(ctx, intent)
    return intent
