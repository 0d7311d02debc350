"""Prices: what a product costs, once or again and again.

A recurring price can be made and shown, and a Payment Link may hold one; nothing here charges it
again, because subscriptions are not covered. https://docs.stripe.com/api/prices
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import catalogue, metadata, search
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route

_LISTED_BY = (
    "product active currency type lookup_key recurring.interval recurring.usage_type".split()
)
kind("price", "price_", indexed=tuple(_LISTED_BY))
_SEARCHED = {
    "active": "true",
    **dict.fromkeys(("currency", "lookup_key", "metadata", "product", "type"), "text"),
}


@route("POST", "/v1/prices", "PriceCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create a price."""
    _take_key(ctx, params)
    made = catalogue.price(ctx, params)
    emit(ctx, "price.created", made)
    return made


def _take_key(ctx: Context, params: dict[str, Any], price: str | None = None) -> None:
    """A lookup key names one active price; it moves only where that is asked for."""
    key = params.get("lookup_key")
    for other in ctx.every("price", lookup_key=key) if key else []:
        if other["id"] == price or not other["active"]:
            continue
        if not params.get("transfer_lookup_key"):
            message = f"A price (`{other['id']}`) already uses that lookup key."
            raise Refused(message, param="lookup_key")
        ctx.save({**other, "lookup_key": None})


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
    _take_key(ctx, params, price)
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
