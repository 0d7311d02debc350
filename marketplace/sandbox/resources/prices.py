"""Prices: what a product costs, once or again and again.

A recurring price can be made and shown, and a Payment Link may hold one; nothing here charges it
again, because subscriptions are not covered. https://docs.stripe.com/api/prices
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marketplace.sandbox import currencies, metadata, search
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route

from . import products

_LISTED_BY = (
    "product active currency type lookup_key recurring.interval recurring.usage_type".split()
)
kind("price", "price_", indexed=tuple(_LISTED_BY))
_SEARCHED = {
    "active": "true",
    **dict.fromkeys(("currency", "lookup_key", "metadata", "product", "type"), "text"),
}


def make(
    ctx: Context, params: dict[str, Any], *, active: bool = True, param: str = ""
) -> dict[str, Any]:
    """A price of the acting account, from creation parameters or `price_data`.

    `param`: where the parameters are in the request, for errors (`line_items[0][price_data]`).
    """
    recurring = _recurring(params.get("recurring"), param)
    amount = _amount(params, param)
    if ("product" in params) == ("product_data" in params):
        raise Refused(
            "You must pass exactly one of `product` and `product_data`.",
            param=_inside(param, "product"),
        )
    if "product" in params:
        product = ctx.get("product", params["product"], param=_inside(param, "product"))
    else:
        product = products.make(ctx, params["product_data"], active=active)
    return ctx.new(
        "price",
        active=params.get("active", active),
        billing_scheme="per_unit",
        currency=currencies.known(params["currency"], _inside(param, "currency")),
        custom_unit_amount=None,
        lookup_key=params.get("lookup_key"),
        metadata=metadata.merged(None, params.get("metadata")),
        nickname=params.get("nickname"),
        product=product["id"],
        recurring=recurring,
        tax_behavior=params.get("tax_behavior", "unspecified"),
        tiers_mode=None,
        transform_quantity=None,
        type="recurring" if recurring else "one_time",
        unit_amount=amount,
        unit_amount_decimal=str(amount),
    )


def _recurring(given: dict[str, Any] | None, param: str) -> dict[str, Any] | None:
    """The `recurring` hash in full; None for a price that is paid once."""
    if not given:
        return None
    count = given.get("interval_count", 1)
    if count < 1:
        raise Refused(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param=f"{_inside(param, 'recurring')}[interval_count]",
        )
    nothing = dict.fromkeys(("meter", "trial_period_days"))
    return {**nothing, "usage_type": "licensed", **given, "interval_count": count}


def _inside(param: str, name: str) -> str:
    return f"{param}[{name}]" if param else name


def _amount(params: dict[str, Any], param: str) -> int:
    """`unit_amount`, or a `unit_amount_decimal` that is whole; fractions are not covered."""
    if "unit_amount" in params:
        amount = int(params["unit_amount"])
    elif "unit_amount_decimal" in params:
        exact = Decimal(params["unit_amount_decimal"])
        if exact != int(exact):
            message = "The local sandbox does not cover fractions of a minor unit."
            raise Refused(message, param=_inside(param, "unit_amount_decimal"))
        amount = int(exact)
    else:
        raise Refused(
            f"Missing required param: {_inside(param, 'unit_amount')}.",
            code="parameter_missing",
            param=_inside(param, "unit_amount"),
        )
    if amount < 0:
        raise Refused(
            "This value must be greater than or equal to 0.",
            code="parameter_invalid_integer",
            param=_inside(param, "unit_amount"),
        )
    return amount


@route("POST", "/v1/prices", "PriceCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create a price."""
    made = make(ctx, params)
    emit(ctx, "price.created", made)
    return made


@route("GET", "/v1/prices/search", "PriceSearchParams")
def search_prices(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Search the acting account's prices."""
    return search.find(ctx, "price", params, _SEARCHED)


@route("GET", "/v1/prices/{price}", "PriceRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], price: str) -> dict[str, Any]:
    """Retrieve a price."""
    del params
    return ctx.get("price", price)


@route("POST", "/v1/prices/{price}", "PriceUpdateParams")
def update(ctx: Context, params: dict[str, Any], price: str) -> dict[str, Any]:
    """Change what is not money."""
    found = ctx.get("price", price)
    before = ctx.show(found)
    for name in ("active", "lookup_key", "nickname", "tax_behavior"):
        if name in params:
            found[name] = None if params[name] == "" else params[name]
    found["metadata"] = metadata.merged(found["metadata"], params.get("metadata"))
    ctx.save(found)
    emit(ctx, "price.updated", found, before=before)
    return found


@route("GET", "/v1/prices", "PriceListParams")
def list_prices(ctx: Context, params: dict[str, Any]) -> Listing:
    """List prices, newest first; `recurring` keeps those of an interval or a kind of usage."""
    where: dict[str, Any] = {f"recurring.{k}": v for k, v in params.get("recurring", {}).items()}
    if "lookup_keys" in params:
        where["lookup_key"] = params["lookup_keys"]
    return ctx.list("price", params, "product", "active", "currency", "type", **where)
