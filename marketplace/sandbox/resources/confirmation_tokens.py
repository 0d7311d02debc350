"""Confirmation tokens: what the buyer typed, gathered in a browser and used by the server.

stripe.js makes one from a form; a test makes one with its secret key. The server looks at the
preview (a fee may depend on the card) and confirms an intent with it. The rule that bites: a token
lasts twelve hours and belongs to the first intent that it confirms.

https://docs.stripe.com/api/confirmation_tokens
https://docs.stripe.com/payments/build-a-two-step-confirmation
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused, missing
from marketplace.sandbox.routing import kind, route

from . import payment_methods

kind("confirmation_token", "ctoken_", words="confirmation token")

_LASTS = 12 * 3_600
_NEVER_KEPT = frozenset({"id", "object", "created", "livemode"})
_PREVIEWED = ("allow_redisplay", "billing_details", "customer", "customer_account", "type")
# The call of stripe.js is not in the reference; its parameters are taken for the helper's.
_SCHEMA = "test_helpers.ConfirmationTokenCreateParams"


@route("POST", "/v1/confirmation_tokens", _SCHEMA)
def gather(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What stripe.js sends: of methods that exist it may name only one that it has just made."""
    token = create(ctx, params)
    if token["payment_method_preview"]["customer"]:
        message = "A browser cannot use the payment method of a customer."
        raise Refused(message, param="payment_method")
    return token


@route("POST", "/v1/test_helpers/confirmation_tokens", _SCHEMA)
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Gather a payment method and what goes with it; nothing is confirmed yet."""
    if bool(params.get("payment_method")) == bool(params.get("payment_method_data")):
        raise Refused(
            "You must pass exactly one of `payment_method` and `payment_method_data`.",
            code="parameter_missing" if not params.get("payment_method") else None,
            param="payment_method_data",
        )
    if params.get("payment_method"):
        method = payment_methods.resolve(ctx, params["payment_method"])
    else:
        method = payment_methods.make(ctx, params["payment_method_data"])
        ctx.delete(method)  # there is no PaymentMethod until the token is used
    type_ = method["type"]
    shipping = params.get("shipping")
    return ctx.new(
        "confirmation_token",
        expires_at=ctx.now + _LASTS,
        mandate_data=None,
        payment_intent=None,
        payment_method_options=params.get("payment_method_options"),
        payment_method_preview={
            **{name: method[name] for name in _PREVIEWED},
            type_: method.get(type_, {}),
        },
        return_url=params.get("return_url"),
        setup_future_usage=params.get("setup_future_usage"),
        setup_intent=None,
        shipping=shipping and {"phone": None, **shipping},
        use_stripe_sdk=True,
        _kept=method["id"] if params.get("payment_method") else None,
        _method={name: value for name, value in method.items() if name not in _NEVER_KEPT},
    )


@route("GET", "/v1/confirmation_tokens/{confirmation_token}", "ConfirmationTokenRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], confirmation_token: str) -> dict[str, Any]:
    """Retrieve a token."""
    del params
    return ctx.get("confirmation_token", confirmation_token)


def spend(ctx: Context, intent: dict[str, Any], identifier: str) -> dict[str, Any]:
    """The token's payment method, for an intent of the acting account that takes its wishes over.

    Raises `Refused` when the token is unknown, too old or another intent's; texts and codes are
    not confirmed.
    """
    token = ctx.find(identifier, "confirmation_token")
    if token is None or ctx.owner(identifier) != ctx.account:
        raise missing("confirmation token", identifier, "confirmation_token")
    if token["expires_at"] is not None and token["expires_at"] <= ctx.now:
        message = "This ConfirmationToken has expired; create another one."
        raise Refused(message, param="confirmation_token")
    if {token["payment_intent"], token["setup_intent"]} - {None, intent["id"]}:
        message = "This ConfirmationToken was already used to confirm another intent."
        raise Refused(message, param="confirmation_token")
    if token["_kept"]:
        method = payment_methods.resolve(ctx, token["_kept"])
    else:
        method = ctx.new("payment_method", **token["_method"])
    token[intent["object"]] = intent["id"]
    ctx.save({**token, "_kept": method["id"]})
    _pass_on(intent, token)
    return method


def _pass_on(intent: dict[str, Any], token: dict[str, Any]) -> None:
    """What the token says beside the method; a SetupIntent has no shipping."""
    if token["return_url"]:
        intent["_return_url"] = token["return_url"]
    if intent["object"] == "payment_intent":
        for name in ("setup_future_usage", "shipping"):
            intent[name] = token[name] or intent[name]
