"""Customers: buyers that an account remembers. https://docs.stripe.com/api/customers"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import ids, metadata, search, store, texts
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import missing
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route
from marketplace.sandbox.updates import merge

from . import customer_sources, payment_methods, tax_ids

kind("customer", "cus_", indexed=("email",), length=14)

_INVOICES: dict[str, Any] = dict.fromkeys(
    ("custom_fields", "default_payment_method", "footer", "rendering_options")
)
_NAMES = ("business_name", "individual_name")
_PLAIN = ("address", "description", "email", "name", "phone", "shipping")
_SEARCHED = {
    "created": "number",
    "metadata": "text",
    **dict.fromkeys(("email", "name", "phone"), "part"),
}


def make(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A customer of the acting account; tells of it."""
    customer = ctx.new(
        "customer",
        balance=params.get("balance", 0),
        currency=None,
        customer_account=None,
        default_source=None,
        delinquent=False,
        discount=None,
        invoice_prefix=ids.new("", 8).upper(),
        invoice_settings=merge(_INVOICES, params.get("invoice_settings") or {}),
        metadata=metadata.merged(None, params.get("metadata")),
        next_invoice_sequence=1,
        preferred_locales=params.get("preferred_locales") or [],
        tax_exempt=params.get("tax_exempt") or "none",
        test_clock=None,
        **{name: params.get(name) or None for name in _PLAIN},
        **{name: params[name] for name in _NAMES if params.get(name)},
    )
    if params.get("payment_method"):
        method = payment_methods.resolve(ctx, params["payment_method"])
        method["customer"] = customer["id"]
        ctx.save(method)
    emit(ctx, "customer.created", customer)
    return customer


def email_of(ctx: Context, session: dict[str, Any]) -> str:
    """The address that a Checkout Session knows before the buyer types one; "" for none.

    It is the session's own, or that of its customer.
    https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-customer
    """
    known = ctx.find(session["customer"]) or {}
    return str(session["customer_email"] or known.get("email") or "")


@route("POST", "/v1/customers", "CustomerCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create a customer, with a source kept the old way and tax ids where they are given."""
    texts.check_email(params.get("email"), "email")
    made = make(ctx, params)
    if params.get("source"):
        customer_sources.keep(ctx, made["id"], params["source"], {})
    for number, given in enumerate(params.get("tax_id_data") or []):
        tax_ids.keep(ctx, made["id"], given, f"tax_id_data[{number}][value]")
    return ctx.get("customer", made["id"])


@route("GET", "/v1/customers/search", "CustomerSearchParams")
def search_customers(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Search the acting account's customers."""
    return search.find(ctx, "customer", params, _SEARCHED)


@route("GET", "/v1/customers/{customer}", "CustomerRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], customer: str) -> dict[str, Any]:
    """Retrieve a customer; of a deleted one is told that it was one."""
    del params
    found = store.get(ctx.db, customer) or store.buried(ctx.db, customer)
    if found is None or (found[0]["object"], found[1]) != ("customer", ctx.account):
        raise missing("customer", customer)
    return found[0]


@route("POST", "/v1/customers/{customer}", "CustomerUpdateParams")
def update(ctx: Context, params: dict[str, Any], customer: str) -> dict[str, Any]:
    """Change a customer."""
    texts.check_email(params.get("email"), "email")
    found = ctx.get("customer", customer, param="id")
    before = ctx.show(found)
    for name in (*_PLAIN, *_NAMES, "tax_exempt", "preferred_locales"):
        if name in params:
            found[name] = params[name] or None
    if params.get("source"):  # replaces the default, as this always did
        made = customer_sources.keep(ctx, customer, params["source"], {})
        found["default_source"] = made["id"]
    if "invoice_settings" in params:
        found["invoice_settings"] = merge(found["invoice_settings"], params["invoice_settings"])
    found["metadata"] = metadata.merged(found["metadata"], params.get("metadata"))
    ctx.save(found)
    emit(ctx, "customer.updated", found, before=before)
    return found


@route("DELETE", "/v1/customers/{customer}", "CustomerDeleteParams")
def delete(ctx: Context, params: dict[str, Any], customer: str) -> dict[str, Any]:
    """Delete a customer; payment methods are detached."""
    del params
    found = ctx.get("customer", customer, param="id")
    for method in ctx.every("payment_method", customer=customer):
        ctx.save({**method, "customer": None})
    emit(ctx, "customer.deleted", found)
    return ctx.delete(found)


@route("GET", "/v1/customers", "CustomerListParams")
def list_customers(ctx: Context, params: dict[str, Any]) -> Listing:
    """List customers, newest first."""
    return ctx.list("customer", params, "email")


@route("GET", "/v1/customers/{customer}/payment_methods", "CustomerListPaymentMethodsParams")
def list_methods(ctx: Context, params: dict[str, Any], customer: str) -> Listing:
    """List a customer's payment methods, newest first."""
    ctx.get("customer", customer)
    return ctx.list("payment_method", params, "allow_redisplay", "type", customer=customer)


@route(
    "GET",
    "/v1/customers/{customer}/payment_methods/{method}",
    "CustomerRetrievePaymentMethodParams",
)
def retrieve_method(
    ctx: Context, params: dict[str, Any], customer: str, method: str
) -> dict[str, Any]:
    """Retrieve a payment method of a customer."""
    del params
    found = ctx.get("payment_method", method)
    if found["customer"] != customer:
        raise missing("PaymentMethod", method, "payment_method")
    return found
