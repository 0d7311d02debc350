"""PaymentMethods: cards and bank accounts to pay with; only test numbers exist here.

`pm_card_visa` and its kin are not objects but recipes: using one makes a fresh PaymentMethod.
The full number is kept privately, because it decides what the bank will say.

https://docs.stripe.com/api/payment_methods https://docs.stripe.com/testing
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import buyers, cards, metadata
from marketplace.sandbox.cards import Card
from marketplace.sandbox.clock import DAY
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused, missing
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route

from . import mandates

kind(
    "payment_method", "pm_", indexed=("allow_redisplay", "customer", "type"), words="PaymentMethod"
)

_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
_PERSON = ("email", "name", "phone", "tax_id")
DEBIT_TYPES = ("sepa_debit", "us_bank_account")


def billing(given: dict[str, Any] | None) -> dict[str, Any]:
    """Billing details with every field; empty strings become None."""
    given = given or {}
    address = given.get("address") or {}
    if not isinstance(address, dict):
        address = {}
    return {
        "address": {name: address.get(name) or None for name in _ADDRESS},
        **{name: given.get(name) or None for name in _PERSON},
    }


def from_card(
    ctx: Context,
    card: Card,
    *,
    month: int = 12,
    year: int | None = None,
    details: dict[str, Any] | None = None,
    typed_cvc: bool = True,
) -> dict[str, Any]:
    """A PaymentMethod of the acting account for a test card; two years valid by default."""
    year = year or 1972 + ctx.now // (365 * DAY)
    return ctx.new(
        "payment_method",
        allow_redisplay="unspecified",
        billing_details=billing(details),
        card={
            "brand": card.brand,
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": _cvc_check(card, typed_cvc=typed_cvc),
            },
            "country": card.country,
            "display_brand": card.brand,
            "exp_month": month,
            "exp_year": year,
            "fingerprint": card.fingerprint,
            "funding": card.funding,
            "generated_from": None,
            "last4": card.last4,
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        customer=None,
        customer_account=None,
        metadata={},
        type="card",
        _number=card.number,
    )


def _cvc_check(card: Card, *, typed_cvc: bool) -> str | None:
    if not typed_cvc:
        return None
    return "fail" if card.decline == "incorrect_cvc" else "pass"


def from_debit(
    ctx: Context, type_: str, number: str, details: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A PaymentMethod for a bank account that is debited: an IBAN, or a US account number."""
    shown: dict[str, Any] = {"fingerprint": f"ba{number[-8:]}", "last4": number[-4:]}
    if type_ == "sepa_debit":
        shown |= {
            "bank_code": number[4:9],
            "branch_code": None,
            "country": number[:2],
            "generated_from": None,
        }
    else:
        shown |= {
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": "STRIPE TEST BANK",
            "financial_connections_account": None,
            "networks": {"preferred": "ach", "supported": ["ach"]},
            "routing_number": "110000000",
            "status_details": None,
        }
    return ctx.new(
        "payment_method",
        allow_redisplay="unspecified",
        billing_details=billing(details),
        customer=None,
        customer_account=None,
        metadata={},
        type=type_,
        _number=number,
        **{type_: shown},
    )


def resolve(ctx: Context, identifier: str, param: str = "payment_method") -> dict[str, Any]:
    """The PaymentMethod of this id, or a fresh one for `pm_card_…` and `tok_…`."""
    card = cards.named(identifier)
    if card is not None:
        return from_card(ctx, card)
    found = ctx.find(identifier)
    if found is None or ctx.owner(identifier) != ctx.account:
        raise missing("PaymentMethod", identifier, param)
    if found["object"] == "card" and found["customer"]:
        return _from_source(ctx, found)
    if found["object"] != "payment_method":
        raise missing("PaymentMethod", identifier, param)
    return found


def _from_source(ctx: Context, source: dict[str, Any]) -> dict[str, Any]:
    """A card that a customer of the acting account keeps the old way pays like a PaymentMethod."""
    card = cards.of(source["_number"])
    method = from_card(ctx, card, month=source["exp_month"], year=source["exp_year"])
    method["customer"] = source["customer"]
    ctx.save(method)
    return method


def check_customer(method: dict[str, Any], customer: str | None) -> None:
    """Raise `Refused` when a method of one customer is used for another, or a spent one at all.

    https://docs.stripe.com/payments/payment-methods#reusing
    """
    if method["customer"] is None and method.get("_spent"):
        raise Refused(
            "The provided PaymentMethod was previously used without being attached to a customer"
            " or was detached from one, and may not be used again.",
            param="payment_method",
        )
    if method["customer"] not in {None, customer}:
        raise Refused(
            f"The payment method {method['id']} belongs to the customer {method['customer']};"
            " pass this customer in the request.",
            param="payment_method",
        )


def make(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A PaymentMethod from creation parameters (also those in `payment_method_data`)."""
    type_ = params.get("type") or ("card" if "card" in params else "")
    details = params.get("billing_details")
    if type_ == "card":
        return _make_card(ctx, params.get("card") or {}, details)
    if type_ == "customer_balance":
        return ctx.new(
            "payment_method",
            allow_redisplay="unspecified",
            billing_details=billing(details),
            customer=None,
            customer_account=None,
            customer_balance={},
            metadata={},
            type=type_,
            _number="",
        )
    if type_ not in DEBIT_TYPES:
        raise Refused(
            f"The local sandbox has no payment method of the type '{type_}'; it knows card,"
            f" {' and '.join(DEBIT_TYPES)}.",
            param="type",
        )
    given = params.get(type_) or {}
    name = "iban" if type_ == "sepa_debit" else "account_number"
    number = str(given.get(name, "")).replace(" ", "").upper()
    if not number:
        message = f"Missing required param: {type_}[{name}]."
        raise Refused(message, code="parameter_missing", param=f"{type_}[{name}]")
    return from_debit(ctx, type_, number, details)


def _make_card(
    ctx: Context, given: dict[str, Any], details: dict[str, Any] | None
) -> dict[str, Any]:
    if "token" in given:
        return from_token(ctx, given["token"], "card[token]", details)
    for name in ("number", "exp_month", "exp_year"):
        if name not in given:
            message = f"Missing required param: card[{name}]."
            raise Refused(message, code="parameter_missing", param=f"card[{name}]")
    month, year = given["exp_month"], cards.full_year(given["exp_year"])
    card = cards.check(given["number"], month, year, given.get("cvc"), ctx.now)
    return from_card(ctx, card, month=month, year=year, details=details, typed_cvc="cvc" in given)


def from_token(
    ctx: Context, identifier: str, param: str, details: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A PaymentMethod from `tok_visa` and its kin, or from a card token, which is used up by it.

    Raises `Refused`: 404 for a token that is not the acting account's, `token_already_used`.
    """
    card = cards.named(identifier)
    if card is not None:
        return from_card(ctx, card, details=details)
    token = ctx.find(identifier, "token")
    if token is None or token["type"] != "card" or ctx.owner(identifier) != ctx.account:
        raise missing("token", identifier, param)
    if token["used"]:
        raise Refused(
            f"You cannot use a Stripe token more than once: {identifier}.",
            code="token_already_used",
            param=param,
        )
    ctx.save({**token, "used": True})
    raw, shown = token["_raw"], token["card"]
    return from_card(
        ctx,
        cards.of("".join(sign for sign in raw["number"] if sign.isdigit())),
        month=shown["exp_month"],
        year=shown["exp_year"],
        details=details,
        typed_cvc="cvc" in raw,
    )


@route("POST", "/v1/payment_methods", "PaymentMethodCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create a PaymentMethod, or clone the platform's onto the acting account."""
    if "payment_method" in params:
        return _clone(ctx, params)
    made = make(ctx, params)
    made["metadata"] = metadata.merged(None, params.get("metadata"))
    made["allow_redisplay"] = params.get("allow_redisplay", "unspecified")
    ctx.save(made)
    return made


def _clone(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A method of the platform again on the connected account, for one use or to be attached.

    https://docs.stripe.com/connect/direct-charges-multiple-accounts
    """
    if ctx.is_platform:
        raise Refused(
            "A PaymentMethod is cloned onto a connected account only; name it in Stripe-Account.",
            param="payment_method",
        )
    original = resolve(ctx.acting_as(ctx.platform), params["payment_method"])
    if original["customer"] != params.get("customer"):
        raise Refused(
            "`customer` must be the customer to which the PaymentMethod is attached.",
            param="customer",
        )
    dropped = {"id", "object", "created", "livemode", "_spent"}
    fields = {k: v for k, v in original.items() if k not in dropped}
    fields["metadata"] = metadata.merged(None, params.get("metadata"))
    return ctx.new("payment_method", **{**fields, "customer": None})


@route("GET", "/v1/payment_methods/{payment_method}", "PaymentMethodRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], payment_method: str) -> dict[str, Any]:
    """Retrieve a PaymentMethod."""
    del params
    return resolve(ctx, payment_method)


@route("POST", "/v1/payment_methods/{payment_method}", "PaymentMethodUpdateParams")
def update(ctx: Context, params: dict[str, Any], payment_method: str) -> dict[str, Any]:
    """Change billing details, expiry or metadata."""
    found = resolve(ctx, payment_method)
    before = ctx.show(found)
    if "billing_details" in params:
        old = {k: v for k, v in found["billing_details"].items() if v is not None}
        found["billing_details"] = billing({**old, **params["billing_details"]})
    for name in ("exp_month", "exp_year"):
        if name in params.get("card", {}):
            found["card"][name] = params["card"][name]
    found["metadata"] = metadata.merged(found["metadata"], params.get("metadata"))
    ctx.save(found)
    emit(ctx, "payment_method.updated", found, before=before)
    return found


@route("POST", "/v1/payment_methods/{payment_method}/attach", "PaymentMethodAttachParams")
def attach(ctx: Context, params: dict[str, Any], payment_method: str) -> dict[str, Any]:
    """Attach to a customer."""
    found = resolve(ctx, payment_method)
    if not params.get("customer"):
        message = "You must pass `customer` or `customer_account`."
        raise Refused(message, code="parameter_missing", param="customer")
    customer = buyers.known(ctx, params["customer"])
    if found["customer"] not in {None, customer}:
        raise Refused("The payment method you provided has already been attached to a customer.")
    check_customer(found, customer)
    card = cards.of(found["_number"]) if found["type"] == "card" else None
    if card is not None and card.decline and not card.challenge and not card.attaches:
        raise cards.refused(card.decline, decline_code=card.decline_code)
    found["customer"] = customer
    ctx.save(found)
    emit(ctx, "payment_method.attached", found)
    return found


@route("POST", "/v1/payment_methods/{payment_method}/detach", "PaymentMethodDetachParams")
def detach(ctx: Context, params: dict[str, Any], payment_method: str) -> dict[str, Any]:
    """Detach from its customer."""
    del params
    found = resolve(ctx, payment_method)
    if found["customer"] is None:
        raise Refused("The payment method you provided is not attached to a customer.")
    before = ctx.show(found)
    found["customer"] = None
    found["_spent"] = True
    ctx.save(found)
    emit(ctx, "payment_method.detached", found, before=before)
    for mandate in ctx.every("mandate", payment_method=found["id"]):
        mandates.end(ctx, mandate)
    return found


@route("GET", "/v1/payment_methods", "PaymentMethodListParams")
def list_methods(ctx: Context, params: dict[str, Any]) -> Listing:
    """List the acting account's PaymentMethods, newest first."""
    return ctx.list("payment_method", params, "allow_redisplay", "customer", "type")
