"""Checkout Sessions: a hosted page that takes one payment.

A session is `open` until it is paid, expired by the program or too old. The PaymentIntent is made
when the buyer pays, not before: `payment_intent` is null on an open session.

The rule that bites: `checkout.session.completed` with `payment_status=unpaid` is not a payment.
A bank debit ends days later in `async_payment_succeeded` or `async_payment_failed`.

https://docs.stripe.com/api/checkout/sessions https://docs.stripe.com/payments/checkout
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import (
    buyers,
    charging,
    currencies,
    division,
    ids,
    metadata,
    method_types,
    parties,
    processing,
    setting_up,
    texts,
    versions,
)
from marketplace.sandbox.clock import DAY
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused, missing
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route, task

from . import (
    checkout_setup,
    checkout_ui_modes,
    choosing,
    customers,
    line_items,
    payment_intents,
    payment_methods,
)

kind(
    "checkout.session",
    "cs_test_",
    indexed=(
        *("payment_intent", "setup_intent", "customer", "status", "customer_details.email"),
        "payment_link",
    ),
    length=58,
    words="checkout.session",
)

_SHORTEST = 30 * 60
_TYPES = {"payment_method_types": versions.ENDIVE}


def _expiry(ctx: Context, params: dict[str, Any]) -> tuple[int, int]:
    """`expires_at` as shown, and when the session really ends on the sandbox's clock.

    The caller counts from its own clock. When the sandbox's was pushed ahead of it, half an hour
    from now would already be over, so such a time is moved by as much as the clock was.
    """
    if "expires_at" not in params:
        return ctx.now + DAY, ctx.now + DAY
    given = params["expires_at"]
    ahead = ctx.clock.offset if given < ctx.now + _SHORTEST else 0
    if given + ahead < ctx.now + _SHORTEST - 1:
        raise Refused(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session"
            " creation.",
            param="expires_at",
        )
    if given + ahead > ctx.now + DAY:
        raise Refused(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    return given, given + ahead


def _check(params: dict[str, Any]) -> None:
    if params.get("mode", "payment") not in {"payment", "setup"}:
        message = "The local sandbox covers Checkout in `payment` and `setup` mode only."
        raise Refused(message, param="mode")
    checkout_ui_modes.check(params)
    method_types.check_exclusive(params)
    if "customer" in params and "customer_email" in params:
        raise Refused(
            "You may only specify one of these parameters: customer, customer_email.",
            code="parameters_exclusive",
            param="customer",
        )
    texts.check_email(params.get("customer_email"), "customer_email")
    _check_names(params)


def _check_names(params: dict[str, Any]) -> None:
    """Raise `Refused` for coupons and the like: none can be made here, so none is there."""
    for name in ("discounts", "shipping_options"):
        for number, given in enumerate(params.get(name) or []):
            for what in ("coupon", "promotion_code", "shipping_rate"):
                if given.get(what):
                    raise missing(what.replace("_", " "), given[what], f"{name}[{number}][{what}]")


@route("POST", "/v1/checkout/sessions", "checkout.SessionCreateParams", until=_TYPES)
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create a session; its `url` is where the buyer goes."""
    _check(params)
    parties.may_charge(ctx)
    identifier = ids.new("cs_test_", 58)
    if params.get("mode") == "setup":
        fields = _fields(ctx, params, params.get("currency", ""), 0)
        fields |= checkout_setup.fields(ctx, params, identifier)
        return _open(ctx, params, identifier, fields)
    items = line_items.make(ctx, params.get("line_items") or [], identifier)
    currency = items[0]["currency"]
    total = sum(item["amount_total"] for item in items)
    data = params.get("payment_intent_data") or {}
    if "on_behalf_of" in data:
        parties.on_behalf_of(ctx, data["on_behalf_of"])
    settles = parties.settles_in(ctx, data.get("on_behalf_of") or ctx.account, currency)
    currencies.check_amount(total, currency, settles, "line_items")
    division.check(ctx, data, total)
    return _open(ctx, params, identifier, _fields(ctx, params, currency, total))


def _open(
    ctx: Context, params: dict[str, Any], identifier: str, fields: dict[str, Any]
) -> dict[str, Any]:
    """Keep the session until it is completed or its time is over."""
    shown, due = _expiry(ctx, params)
    session = ctx.new(
        "checkout.session",
        id=identifier,
        **fields,
        **checkout_ui_modes.fields(ctx, params, identifier),
        expires_at=shown,
        _data=params.get("payment_intent_data") or {},
        _expires=due,
        _platform=ctx.platform,
        _account=ctx.account,
    )
    ctx.later(due, "checkout.expire", session=identifier)
    return session


def _fields(ctx: Context, params: dict[str, Any], currency: str, total: int) -> dict[str, Any]:
    customer = params.get("customer")
    if customer:
        buyers.known(ctx, customer)
    nothing: dict[str, Any] = dict.fromkeys(
        "after_expiration allow_promotion_codes billing_address_collection consent"
        " consent_collection currency_conversion customer_account customer_details discounts"
        " integration_identifier invoice locale origin_context payment_intent payment_link"
        " payment_method_collection payment_method_configuration_details permissions"
        " recovered_from saved_payment_method_options setup_intent shipping_address_collection"
        " shipping_cost submit_type subscription collected_information".split()
    )
    chosen = ("locale", "submit_type")
    kept: dict[str, Any] = {name: params[name] for name in chosen if name in params}
    return {
        **nothing,
        **kept,
        **line_items.optional(ctx, params),
        "adaptive_pricing": {"enabled": False},
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "client_reference_id": params.get("client_reference_id"),
        "currency": currency,
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            "after_submit shipping_address submit terms_of_service_acceptance".split()
        ),
        "customer": customer,
        "customer_creation": params.get("customer_creation", "if_required"),
        "customer_email": params.get("customer_email"),
        "invoice_creation": {"enabled": False, "invoice_data": _INVOICE},
        "metadata": metadata.merged(None, params.get("metadata")),
        "mode": "payment",
        "payment_method_options": params.get("payment_method_options") or {},
        "payment_method_types": choosing.usable_types(params, currency),
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "wallet_options": None,
    }


_INVOICE: dict[str, Any] = {
    "account_tax_ids": None,
    "custom_fields": None,
    "description": None,
    "footer": None,
    "issuer": None,
    "metadata": {},
    "rendering_options": None,
}


def pay(
    ctx: Context, session: dict[str, Any], method: dict[str, Any], buyer: dict[str, str]
) -> dict[str, Any]:
    """The buyer pays an open session of the acting account; answers its intent.

    `buyer`: `email` and `name`. Raises `Refused` (402, kept) when the payment is declined; the
    session then stays open for another try.
    """
    session["_buyer"] = buyer
    if session["mode"] == "setup":
        ctx.save(session)
        return checkout_setup.save(ctx, session, method)
    intent = _intent(ctx, session)
    intent["payment_method"] = method["id"]
    intent["status"] = "requires_confirmation"
    intent["_challenge"] = None
    intent["_in_page"] = session["ui_mode"] == checkout_ui_modes.ELEMENTS
    intent["_return_url"] = checkout_ui_modes.landing(session) or None
    ctx.save(intent)
    ctx.save(session)
    processing.confirm(ctx, intent)
    return intent


def _intent(ctx: Context, session: dict[str, Any]) -> dict[str, Any]:
    """The session's PaymentIntent, made at the first try."""
    if session["payment_intent"]:
        return ctx.get("payment_intent", session["payment_intent"])
    intent = payment_intents.start(
        ctx,
        {
            **session["_data"],
            "amount": session["amount_total"],
            "currency": session["currency"],
            "customer": session["customer"],
            "allowed_payment_method_types": session["payment_method_types"],
        },
    )
    intent["transfer_group"] = charging.group(intent)
    intent["_session"] = session["id"]
    ctx.save(intent)
    session["payment_intent"] = intent["id"]
    emit(ctx, "payment_intent.created", intent)
    return intent


def complete(ctx: Context, session: dict[str, Any], intent: dict[str, Any]) -> dict[str, Any]:
    """Close the session after its payment was accepted; answers the event that tells of it."""
    buyer = session["_buyer"]
    if session["customer_creation"] == "always" and session["customer"] is None:
        session["customer"] = customers.make(ctx, buyer)["id"]
    session["status"] = "complete"
    if session["mode"] == "setup":
        method = ctx.get("payment_method", intent["payment_method"])
        setting_up.keep(ctx, method, session["customer"])
    else:
        session["payment_status"] = "paid" if intent["status"] == "succeeded" else "unpaid"
    session["customer_details"] = {
        "address": payment_methods.billing(None)["address"],
        "business_name": None,
        "email": buyer["email"],
        "individual_name": None,
        "name": buyer["name"] or None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
    session["url"] = None
    ctx.save(session)
    return emit(ctx, "checkout.session.completed", session)


def landing(session: dict[str, Any]) -> str:
    """Where the buyer goes after paying."""
    return checkout_ui_modes.landing(session)


def end(ctx: Context, session: dict[str, Any]) -> None:
    """Expire an open session; a payment that waits for its challenge is canceled."""
    session["status"] = "expired"
    session["url"] = None
    ctx.save(session)
    intent = ctx.find(session["payment_intent"], "payment_intent")
    if intent is not None and intent["status"] not in {"succeeded", "canceled", "processing"}:
        processing.cancel(ctx, intent, "automatic", "charge.refunded")
    setup = ctx.find(session["setup_intent"], "setup_intent")
    if setup is not None and setup["status"] != "succeeded":
        setting_up.cancel(ctx, setup, "abandoned")
    emit(ctx, "checkout.session.expired", session)


@task("checkout.expire")
def lapse(ctx: Context, session: str) -> None:
    """An open session whose time is over."""
    found = ctx.find(session, "checkout.session")
    if found is not None and found["status"] == "open":
        end(ctx, found)


@route("POST", "/v1/checkout/sessions/{session}/expire", "checkout.SessionExpireParams")
def expire(ctx: Context, params: dict[str, Any], session: str) -> dict[str, Any]:
    """Expire an open session."""
    del params
    found = ctx.get("checkout.session", session, param="session")
    if found["status"] != "open":
        raise Refused(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout'
            f" Session has a status of `{found['status']}`."
        )
    end(ctx, found)
    return found


@route("GET", "/v1/checkout/sessions/{session}", "checkout.SessionRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], session: str) -> dict[str, Any]:
    """Retrieve a session."""
    del params
    return ctx.get("checkout.session", session, param="session")


@route("POST", "/v1/checkout/sessions/{session}", "checkout.SessionUpdateParams")
def update(ctx: Context, params: dict[str, Any], session: str) -> dict[str, Any]:
    """Change a session's metadata."""
    found = ctx.get("checkout.session", session, param="session")
    found["metadata"] = metadata.merged(found["metadata"], params.get("metadata"))
    ctx.save(found)
    return found


@route("GET", "/v1/checkout/sessions", "checkout.SessionListParams")
def list_sessions(ctx: Context, params: dict[str, Any]) -> Listing:
    """List the acting account's sessions, newest first."""
    where = {}
    if "email" in params.get("customer_details", {}):
        where["customer_details.email"] = params["customer_details"]["email"]
    links = ("payment_intent", "customer", "status", "payment_link")
    return ctx.list("checkout.session", params, *links, **where)
