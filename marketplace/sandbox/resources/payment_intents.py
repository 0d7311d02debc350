"""PaymentIntents: one wish to be paid, over as many attempts as it takes.

How the money is divided is said here: `transfer_data` makes it a destination charge,
`application_fee_amount` keeps a part for the platform, the `Stripe-Account` header makes it a
direct charge, and none of these is the first half of separate charges and transfers.

The rule that bites: `payment_method_types` may no longer be written since 2026-09-30.endive.

https://docs.stripe.com/api/payment_intents https://docs.stripe.com/connect/charges
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import (
    bank_transfers,
    buyers,
    charging,
    currencies,
    division,
    ids,
    metadata,
    parties,
    processing,
    search,
    texts,
)
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route
from marketplace.sandbox.updates import merge

from . import choosing

kind("payment_intent", "pi_", indexed=("customer", "_challenge"), words="payment_intent")

_PLAIN = (
    "description",
    "on_behalf_of",
    "receipt_email",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "customer",
    "setup_future_usage",
    "shipping",
    "transfer_group",
)
_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
_SEARCHED = {
    **dict.fromkeys(("currency", "customer", "metadata", "status"), "text"),
    **dict.fromkeys(("amount", "created"), "number"),
}


def start(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new, unconfirmed intent of the acting account; raises `Refused` for what cannot be."""
    currency = currencies.known(params["currency"])
    amount = params["amount"]
    if params.get("on_behalf_of"):
        parties.on_behalf_of(ctx, params["on_behalf_of"])
    _check(ctx, params, amount, currency)
    if params.get("customer"):
        buyers.known(ctx, params["customer"])
    identifier = ids.new("pi_")
    return ctx.new(
        "payment_intent",
        id=identifier,
        amount=amount,
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        application=None if ctx.is_platform else parties.application(ctx),
        application_fee_amount=params.get("application_fee_amount"),
        canceled_at=None,
        cancellation_reason=None,
        capture_method=params.get("capture_method", "automatic_async"),
        client_secret=processing.secret(identifier),
        confirmation_method=params.get("confirmation_method", "automatic"),
        currency=currency,
        customer_account=None,
        excluded_payment_method_types=params.get("excluded_payment_method_types"),
        last_payment_error=None,
        latest_charge=None,
        metadata=metadata.merged(None, params.get("metadata")),
        next_action=None,
        payment_method=None,
        payment_method_configuration_details=None,
        payment_method_options=params.get("payment_method_options") or {},
        payment_method_types=choosing.transfers(params) or choosing.usable_types(params, currency),
        processing=None,
        review=None,
        source=None,
        status="requires_payment_method",
        transfer_data=_transfer_data(params),
        _account=ctx.account,
        _platform=ctx.platform,
        _return_url=params.get("return_url"),
        _challenge=None,
        **{name: params.get(name) for name in _PLAIN},
        **choosing.automatically(ctx, params),
    )


def _check(ctx: Context, wanted: dict[str, Any], amount: int, currency: str) -> None:
    """Raise `Refused` for an amount, a division of it, or words about it, that cannot be."""
    texts.check_email(wanted.get("receipt_email"), "receipt_email")
    texts.check_descriptors(wanted)
    settles = parties.settles_in(ctx, wanted.get("on_behalf_of") or ctx.account, currency)
    currencies.check_amount(amount, currency, settles)
    division.check(ctx, wanted, amount)


def _transfer_data(params: dict[str, Any]) -> dict[str, Any] | None:
    data = params.get("transfer_data")
    if not data:
        return None
    kept = {k: v for k, v in data.items() if k in {"amount", "description", "destination"}}
    if data.get("metadata"):
        kept["metadata"] = metadata.merged(None, data["metadata"])
    return kept


@route("POST", "/v1/payment_intents", "PaymentIntentCreateParams", until=choosing.TYPES)
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create an intent and, with `confirm`, pay it at once."""
    choosing.check_version(ctx, params)
    if not params.get("confirm"):
        for name in ("return_url", "off_session", "error_on_requires_action", "mandate_data"):
            if name in params:
                message = f"`{name}` may be given only together with `confirm`=true."
                raise Refused(message, param=name)
    intent = start(ctx, params)
    emit(ctx, "payment_intent.created", intent)
    choosing.choose(ctx, intent, params)
    if params.get("confirm"):
        _confirm(ctx, intent, params)
    return intent


def _confirm(ctx: Context, intent: dict[str, Any], params: dict[str, Any]) -> None:
    if intent["payment_method"] is None:
        raise Refused(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    parties.may_charge(ctx)
    if intent["statement_descriptor"] and _is_card(ctx, intent):
        raise Refused(
            "The statement descriptor of a card payment is set by the account; use"
            " `statement_descriptor_suffix`.",
            param="statement_descriptor",
        )
    if "return_url" in params:
        intent["_return_url"] = params["return_url"]
    choosing.check_way_back(intent, params)
    intent["_in_page"] = bool(params.get("use_stripe_sdk"))
    if params.get("mandate_data"):
        intent["_mandate_data"] = params["mandate_data"]
    if intent["transfer_data"]:
        intent["transfer_group"] = charging.group(intent)
    if intent["payment_method_types"] == [bank_transfers.METHOD]:
        bank_transfers.ask(ctx, intent)
        return
    processing.confirm(
        ctx,
        intent,
        off_session=params.get("off_session") not in {None, False, "false"},
        no_action=bool(params.get("error_on_requires_action")),
    )


def _is_card(ctx: Context, intent: dict[str, Any]) -> bool:
    method = ctx.find(intent["payment_method"])
    return bool(method and method["type"] == "card")


@route("GET", "/v1/payment_intents/search", "PaymentIntentSearchParams")
def search_intents(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Search the acting account's intents."""
    return search.find(ctx, "payment_intent", params, _SEARCHED)


@route("GET", "/v1/payment_intents/{intent}", "PaymentIntentRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], intent: str) -> dict[str, Any]:
    """Retrieve an intent."""
    del params
    return ctx.get("payment_intent", intent, param="intent")


@route("POST", "/v1/payment_intents/{intent}", "PaymentIntentUpdateParams", until=choosing.TYPES)
def update(ctx: Context, params: dict[str, Any], intent: str) -> dict[str, Any]:
    """Change an intent; the amount only as long as nothing was paid."""
    choosing.check_version(ctx, params)
    found = ctx.get("payment_intent", intent, param="intent")
    money = {"amount", "currency", "application_fee_amount", "transfer_data", "payment_method"}
    if money & params.keys() and found["status"] not in _OPEN:
        raise _unexpected(found, "updated")
    for name in (*_PLAIN, "application_fee_amount", "amount", "capture_method"):
        if name in params:
            found[name] = None if params[name] == "" else params[name]
    if "currency" in params:
        found["currency"] = currencies.known(params["currency"])
    if "transfer_data" in params:
        found["transfer_data"] = merge(found["transfer_data"] or {}, params["transfer_data"])
    _check(ctx, found, found["amount"], found["currency"])
    found["metadata"] = metadata.merged(found["metadata"], params.get("metadata"))
    ctx.save(found)
    choosing.choose(ctx, found, params)
    return found


def _unexpected(intent: dict[str, Any], what: str) -> Refused:
    return Refused(
        f"This PaymentIntent could not be {what} because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        payment_intent={k: v for k, v in intent.items() if not k.startswith("_")},
    )


@route(
    "POST",
    "/v1/payment_intents/{intent}/confirm",
    "PaymentIntentConfirmParams",
    until=choosing.TYPES,
)
def confirm(ctx: Context, params: dict[str, Any], intent: str) -> dict[str, Any]:
    """Pay; a declined payment is an error that leaves a failed charge behind."""
    choosing.check_version(ctx, params)
    found = ctx.get("payment_intent", intent, param="intent")
    if found["status"] not in _OPEN:
        raise _unexpected(found, "confirmed")
    if params.get("amount_to_confirm", found["amount"]) != found["amount"]:
        message = "The amount to confirm must be the amount of the PaymentIntent."
        raise Refused(message, param="amount_to_confirm")
    for name in ("receipt_email", "shipping", "setup_future_usage", "capture_method"):
        if name in params:
            found[name] = params[name] or None
    choosing.choose(ctx, found, params)
    _confirm(ctx, found, params)
    return found


@route("POST", "/v1/payment_intents/{intent}/capture", "PaymentIntentCaptureParams")
def capture(ctx: Context, params: dict[str, Any], intent: str) -> dict[str, Any]:
    """Take an authorised payment, or a part of it."""
    found = ctx.get("payment_intent", intent, param="intent")
    if found["status"] != "requires_capture":
        raise _unexpected(found, "captured")
    if params.get("final_capture") is False:
        message = "This charge cannot be captured more than once: multicapture is `unavailable`."
        raise Refused(message, param="final_capture")
    amount = params.get("amount_to_capture", found["amount_capturable"])
    if not 0 < amount <= found["amount_capturable"]:
        raise Refused(
            f"The amount to capture must be positive and at most {found['amount_capturable']}.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    charge = ctx.get("charge", found["latest_charge"])
    if "application_fee_amount" in params:
        fee = params["application_fee_amount"]
        division.check_fee(ctx, fee, amount, divided=bool(charge["transfer_data"]))
        charge["application_fee_amount"] = found["application_fee_amount"] = fee
    if "amount" in params.get("transfer_data", {}) and charge["transfer_data"]:
        charge["transfer_data"]["amount"] = params["transfer_data"]["amount"]
        found["transfer_data"]["amount"] = params["transfer_data"]["amount"]
    found["metadata"] = metadata.merged(found["metadata"], params.get("metadata"))
    ctx.save(charge)
    processing.capture(ctx, found, amount)
    return found


@route("POST", "/v1/payment_intents/{intent}/cancel", "PaymentIntentCancelParams")
def cancel(ctx: Context, params: dict[str, Any], intent: str) -> dict[str, Any]:
    """Cancel an intent that was not paid; an authorisation is released."""
    found = ctx.get("payment_intent", intent, param="intent")
    if ctx.every("checkout.session", payment_intent=intent):
        raise Refused(
            "You cannot cancel this PaymentIntent because it belongs to a Checkout Session;"
            " expire the Session instead."
        )
    if found["status"] not in {*_OPEN, "requires_capture"}:
        raise _unexpected(found, "canceled")
    processing.cancel(ctx, found, params.get("cancellation_reason"), "charge.refunded")
    return found


@route("GET", "/v1/payment_intents", "PaymentIntentListParams")
def list_intents(ctx: Context, params: dict[str, Any]) -> Listing:
    """List the acting account's intents, newest first."""
    return ctx.list("payment_intent", params, "customer")
