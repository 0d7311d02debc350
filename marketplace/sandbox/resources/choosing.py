"""How an intent comes to its payment method: which types it takes, and which method it is given.

PaymentIntents and SetupIntents choose alike: a method by its id, the data of a new one, or what a
browser gathered in a confirmation token.

The rule that bites: `payment_method_types` may no longer be written since 2026-09-30.endive.

https://docs.stripe.com/payments/payment-methods/integration-options
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import bank_transfers, method_types, versions
from marketplace.sandbox.context import DEFAULT_VERSION, Context
from marketplace.sandbox.errors import Invalid, Refused

from . import confirmation_tokens, payment_methods

TYPES = {"payment_method_types": "9999"}
"""Let through at every version and refused below, because Stripe has a code of its own for it."""
_AUTOMATIC_SINCE = "2023-08-16"
_WORDS = {"payment_intent": "PaymentIntent", "setup_intent": "SetupIntent"}
_WAYS = ("confirmation_token", "payment_method", "payment_method_data")


def _debits(currency: str) -> list[str]:
    return {"eur": ["sepa_debit"], "usd": ["us_bank_account"]}.get(currency, [])


def wanted(params: dict[str, Any]) -> list[str]:
    """The types that the parameters name; empty when they leave the choice to Stripe."""
    written = params.get("payment_method_types")
    if isinstance(written, dict):
        written = list(written.values())
    return list(written or params.get("allowed_payment_method_types") or [])


def usable_types(params: dict[str, Any], currency: str) -> list[str]:
    """The payment method types that the parameters leave, in the order in which Stripe shows."""
    offered = ["card", *_debits(currency)]
    chosen = wanted(params)
    if chosen:
        return [name for name in offered if name in chosen] or ["card"]
    if _is_off(params):
        return ["card"]
    excluded = params.get("excluded_payment_method_types") or []
    return [name for name in offered if name not in excluded] or ["card"]


def _is_off(params: dict[str, Any]) -> bool:
    return (params.get("automatic_payment_methods") or {}).get("enabled") is False


def automatically(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What a new intent says of the methods that Stripe picks, and whether one may lead away.

    None here does, but Stripe asks for a way back all the same: the account could have others.
    """
    written = "payment_method_types" in params
    given = params.get("automatic_payment_methods")
    picks = not written and not _is_off(params)
    redirects = (given or {}).get("allow_redirects") or "always"
    # The triggers of the Stripe CLI, which speak the account's default version, do without.
    unasked = given is None and (ctx.version < _AUTOMATIC_SINCE or ctx.version == DEFAULT_VERSION)
    named = params.get("allowed_payment_method_types")
    return {
        "automatic_payment_methods": (
            {"enabled": True, "allow_redirects": redirects} if picks else None
        ),
        "_leads_away": picks and redirects == "always" and not named and not unasked,
    }


def check_way_back(intent: dict[str, Any], params: dict[str, Any]) -> None:
    """Raise `Refused` for an intent that may lead away when it is confirmed without a `return_url`.

    Stripe's words: https://github.com/aschmelyun/laravel-vue-stripe-cashier/issues/4. That the
    scripts of a browser or a phone may do without is not confirmed.
    """
    if intent.get("_leads_away") and not intent["_return_url"] and not params.get("use_stripe_sdk"):
        raise Refused(
            f"A `return_url` must be specified because this {_WORDS[intent['object']]} is"
            " configured to automatically accept the payment methods enabled in the Dashboard,"
            " some of which may require a full page redirect to succeed. If you do not want to"
            " accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to"
            " `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating"
            " Setup Intents and Payment Intents."
        )


def transfers(params: dict[str, Any]) -> list[str]:
    """`customer_balance` when nothing else is wanted; it is never offered unasked."""
    return [bank_transfers.METHOD] if wanted(params) == [bank_transfers.METHOD] else []


def check_version(ctx: Context, params: dict[str, Any]) -> None:
    """Raise `Invalid` when a caller of a newer version writes `payment_method_types`.

    Raises `Refused` when two ways to choose the types are mixed.
    """
    method_types.check_exclusive(params)
    if "payment_method_types" in params and ctx.version >= versions.ENDIVE:
        raise Invalid(
            "`payment_method_types` is no longer supported. Use `allowed_payment_method_types`,"
            " `excluded_payment_method_types`, or neither.",
            code="payment_method_types_no_longer_supported",
            param="payment_method_types",
        )


def choose(ctx: Context, intent: dict[str, Any], params: dict[str, Any]) -> None:
    """Take over the payment method that the parameters name, if they name one."""
    given = [name for name in _WAYS if params.get(name)]
    if "confirmation_token" in given and len(given) > 1:
        raise Refused(
            f"You may only specify one of these parameters: {', '.join(given)}.",
            code="parameters_exclusive",
            param=given[0],
        )
    if "confirmation_token" in given:
        method = confirmation_tokens.spend(ctx, intent, params["confirmation_token"])
    elif "payment_method_data" in params:
        method = payment_methods.make(ctx, params["payment_method_data"])
    elif "payment_method" in given:
        method = payment_methods.resolve(ctx, params["payment_method"])
    else:
        return
    payment_methods.check_customer(method, intent["customer"])
    if method["type"] not in intent["payment_method_types"]:
        pays = intent["object"] == "payment_intent"
        raise Refused(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this"
            f" {_WORDS[intent['object']]}.",
            param="payment_method",
            code="payment_intent_incompatible_payment_method" if pays else None,
        )
    intent["payment_method"] = method["id"]
    intent["status"] = "requires_confirmation"
    ctx.save(intent)
