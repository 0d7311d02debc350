"""SetupIntents: permission to charge a payment method later.

The rule that bites: `payment_method_types` may no longer be written since 2026-09-30.endive.

https://docs.stripe.com/api/setup_intents https://docs.stripe.com/payments/save-and-reuse
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import buyers, ids, metadata, parties, setting_up
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route

from . import choosing, payment_methods

kind(
    "setup_intent",
    "seti_",
    indexed=("customer", "payment_method", "_challenge"),
    words="setupintent",
)

_OFFERED = ("card", *payment_methods.DEBIT_TYPES)
_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
_ONLY_WITH_CONFIRM = ("mandate_data", "return_url", "single_use")


def _usable(params: dict[str, Any]) -> list[str]:
    wanted = choosing.wanted(params) or _OFFERED
    excluded = params.get("excluded_payment_method_types") or []
    return [name for name in _OFFERED if name in wanted and name not in excluded] or ["card"]


def start(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new, unconfirmed intent of the acting account; tells of it."""
    if params.get("customer"):
        buyers.known(ctx, params["customer"])
    if params.get("on_behalf_of"):
        parties.on_behalf_of(ctx, params["on_behalf_of"])
    identifier = ids.new("seti_")
    nothing: dict[str, Any] = dict.fromkeys(
        "cancellation_reason customer_account flow_directions last_setup_error latest_attempt"
        " mandate next_action payment_method payment_method_configuration_details"
        " single_use_mandate".split()
    )
    given = ("customer", "description", "excluded_payment_method_types", "on_behalf_of")
    intent = ctx.new(
        "setup_intent",
        id=identifier,
        **nothing,
        **{name: params.get(name) for name in given},
        **choosing.automatically(ctx, params),
        application=None if ctx.is_platform else parties.application(ctx),
        client_secret=f"{identifier}_secret_{ids.new('', 25)}",
        metadata=metadata.merged(None, params.get("metadata")),
        payment_method_options=params.get("payment_method_options") or {},
        payment_method_types=_usable(params),
        status="requires_payment_method",
        usage=params.get("usage", "off_session"),
        _account=ctx.account,
        _challenge=None,
        _mandate_data=params.get("mandate_data") or None,
        _platform=ctx.platform,
        _return_url=params.get("return_url"),
    )
    emit(ctx, "setup_intent.created", intent)
    return intent


@route("POST", "/v1/setup_intents", "SetupIntentCreateParams", until=choosing.TYPES)
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create an intent and, with `confirm`, set up the payment method at once."""
    choosing.check_version(ctx, params)
    for name in _ONLY_WITH_CONFIRM:
        if params.get(name) and not params.get("confirm"):
            message = f"`{name}` may be given only together with `confirm`=true."
            raise Refused(message, param=name)
    intent = start(ctx, params)
    choosing.choose(ctx, intent, params)
    if params.get("confirm"):
        _confirm(ctx, intent, params)
    return intent


def _confirm(ctx: Context, intent: dict[str, Any], params: dict[str, Any]) -> None:
    if intent["payment_method"] is None:
        raise Refused(
            "You cannot confirm this SetupIntent because it's missing a payment method.",
            code="setup_intent_unexpected_state",
        )
    if "return_url" in params:
        intent["_return_url"] = params["return_url"]
    choosing.check_way_back(intent, params)
    intent["_in_page"] = bool(params.get("use_stripe_sdk"))
    if params.get("mandate_data"):
        intent["_mandate_data"] = params["mandate_data"]
    setting_up.confirm(ctx, intent)


def _unexpected(intent: dict[str, Any], what: str) -> Refused:
    return Refused(
        f"You cannot {what} this SetupIntent because it has a status of {intent['status']}.",
        code="setup_intent_unexpected_state",
        setup_intent={k: v for k, v in intent.items() if not k.startswith("_")},
    )


@route("GET", "/v1/setup_intents/{intent}", "SetupIntentRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], intent: str) -> dict[str, Any]:
    """Retrieve an intent."""
    del params
    return ctx.get("setup_intent", intent, param="intent")


@route("POST", "/v1/setup_intents/{intent}", "SetupIntentUpdateParams", until=choosing.TYPES)
def update(ctx: Context, params: dict[str, Any], intent: str) -> dict[str, Any]:
    """Change an intent that was not set up yet."""
    choosing.check_version(ctx, params)
    found = ctx.get("setup_intent", intent, param="intent")
    if {"customer", "payment_method"} & params.keys() and found["status"] not in _OPEN:
        raise _unexpected(found, "update")
    if params.get("customer"):
        buyers.known(ctx, params["customer"])
    for name in ("customer", "description"):
        if name in params:
            found[name] = params[name] or None
    found["metadata"] = metadata.merged(found["metadata"], params.get("metadata"))
    ctx.save(found)
    choosing.choose(ctx, found, params)
    return found


@route(
    "POST", "/v1/setup_intents/{intent}/confirm", "SetupIntentConfirmParams", until=choosing.TYPES
)
def confirm(ctx: Context, params: dict[str, Any], intent: str) -> dict[str, Any]:
    """Set up the payment method; a refused card is an error."""
    choosing.check_version(ctx, params)
    found = ctx.get("setup_intent", intent, param="intent")
    if found["status"] not in _OPEN:
        raise _unexpected(found, "confirm")
    choosing.choose(ctx, found, params)
    _confirm(ctx, found, params)
    return found


@route("POST", "/v1/setup_intents/{intent}/cancel", "SetupIntentCancelParams")
def cancel(ctx: Context, params: dict[str, Any], intent: str) -> dict[str, Any]:
    """Cancel an intent that was not set up."""
    found = ctx.get("setup_intent", intent, param="intent")
    if ctx.every("checkout.session", setup_intent=intent):
        raise Refused(
            "You cannot cancel this SetupIntent because it belongs to a Checkout Session;"
            " expire the Session instead."
        )
    if found["status"] not in _OPEN:
        raise _unexpected(found, "cancel")
    setting_up.cancel(ctx, found, params.get("cancellation_reason"))
    return found


@route("GET", "/v1/setup_intents", "SetupIntentListParams")
def list_intents(ctx: Context, params: dict[str, Any]) -> Listing:
    """List the acting account's intents, newest first."""
    return ctx.list("setup_intent", params, "customer", "payment_method")
