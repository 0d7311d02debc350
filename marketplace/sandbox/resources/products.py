"""Products: what is sold, as Stripe's catalogue names it.

A marketplace that keeps its own catalogue never calls this; `price_data[product_data]` of a
Checkout Session makes one on the fly. https://docs.stripe.com/api/products
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import catalogue, metadata, search
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route

kind("product", "prod_", indexed=("active", "id", "shippable", "type", "url"), length=14)
_CHANGED = (
    "active description images marketing_features name package_dimensions shippable"
    " statement_descriptor tax_code unit_label url"
).split()
_SEARCHED = {
    "active": "true",
    "metadata": "text",
    "url": "text",
    **dict.fromkeys(("description", "name"), "part"),
}


@route("POST", "/v1/products", "ProductCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create a product; `default_price_data` makes its price at the same time."""
    made = catalogue.product(ctx, params)
    given = params.get("default_price_data")
    price = None
    if given:
        given = {**given, "product": made["id"]}
        price = catalogue.price(ctx, given, param="default_price_data")
        made["default_price"] = price["id"]
        ctx.save(made)
    emit(ctx, "product.created", made)
    if price is not None:
        emit(ctx, "price.created", price)
    return made


@route("GET", "/v1/products/search", "ProductSearchParams")
def search_products(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Search the acting account's products."""
    return search.find(ctx, "product", params, _SEARCHED)


@route("GET", "/v1/products/{product}", "ProductRetrieveParams")
def retrieve(ctx: Context, params: dict[str, Any], product: str) -> dict[str, Any]:
    """Retrieve a product."""
    del params
    return ctx.get("product", product)


@route("POST", "/v1/products/{product}", "ProductUpdateParams")
def update(ctx: Context, params: dict[str, Any], product: str) -> dict[str, Any]:
    """Change a product."""
    found = ctx.get("product", product)
    before = ctx.show(found)
    for name in _CHANGED:
        if name in params:
            unset: list[Any] | None = [] if isinstance(found[name], list) else None
            found[name] = unset if params[name] == "" else params[name]
    if "default_price" in params:
        price = ctx.get("price", params["default_price"], param="default_price")
        if price["product"] != product or not price["active"]:
            message = "The default price must be an active price of this product."
            raise Refused(message, param="default_price")
        found["default_price"] = price["id"]
    found["metadata"] = metadata.merged(found["metadata"], params.get("metadata"))
    found["updated"] = ctx.now
    ctx.save(found)
    emit(ctx, "product.updated", found, before=before)
    return found


@route("DELETE", "/v1/products/{product}", "ProductDeleteParams")
def delete(ctx: Context, params: dict[str, Any], product: str) -> dict[str, Any]:
    """Delete a product, which nothing may have a price for."""
    del params
    found = ctx.get("product", product)
    if any(not price.get("_passing") for price in ctx.every("price", product=product)):
        raise Refused(
            "This product cannot be deleted because it has one or more user-created prices.",
            param="id",
        )
    emit(ctx, "product.deleted", found)
    return ctx.delete(found)


@route("GET", "/v1/products", "ProductListParams")
def list_products(ctx: Context, params: dict[str, Any]) -> Listing:
    """List products, newest first."""
    where = {"id": params["ids"]} if params.get("ids") else {}
    return ctx.list("product", params, "active", "shippable", "type", "url", **where)
