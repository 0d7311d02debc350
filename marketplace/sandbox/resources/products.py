"""Products: what is sold, as Stripe's catalogue names it.

A marketplace that keeps its own catalogue never calls this; `price_data[product_data]` of a
Checkout Session makes one on the fly. https://docs.stripe.com/api/products
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import metadata, search
from marketplace.sandbox.context import Context
from marketplace.sandbox.events import emit
from marketplace.sandbox.render import Listing
from marketplace.sandbox.routing import kind, route

kind("product", "prod_", indexed=("active",), length=14)
_SEARCHED = {
    "active": "true",
    "metadata": "text",
    "url": "text",
    **dict.fromkeys(("description", "name"), "part"),
}


def make(ctx: Context, params: dict[str, Any], *, active: bool = True) -> dict[str, Any]:
    """A product of the acting account, from creation parameters or `product_data`."""
    given = {"id": params["id"]} if "id" in params else {}
    return ctx.new(
        "product",
        **given,
        active=params.get("active", active),
        default_price=None,
        description=params.get("description"),
        images=params.get("images") or [],
        marketing_features=params.get("marketing_features") or [],
        metadata=metadata.merged(None, params.get("metadata")),
        name=params["name"],
        package_dimensions=params.get("package_dimensions") or None,
        shippable=params.get("shippable"),
        statement_descriptor=params.get("statement_descriptor"),
        tax_code=params.get("tax_code"),
        type=params.get("type", "service"),
        unit_label=params.get("unit_label"),
        updated=ctx.now,
        url=params.get("url"),
    )


@route("POST", "/v1/products", "ProductCreateParams")
def create(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Create a product."""
    made = make(ctx, params)
    emit(ctx, "product.created", made)
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
    for name in ("active", "description", "images", "name", "shippable", "unit_label", "url"):
        if name in params:
            found[name] = None if params[name] == "" else params[name]
    found["metadata"] = metadata.merged(found["metadata"], params.get("metadata"))
    found["updated"] = ctx.now
    ctx.save(found)
    emit(ctx, "product.updated", found, before=before)
    return found


@route("DELETE", "/v1/products/{product}", "ProductDeleteParams")
def delete(ctx: Context, params: dict[str, Any], product: str) -> dict[str, Any]:
    """Delete a product."""
    del params
    found = ctx.get("product", product)
    emit(ctx, "product.deleted", found)
    return ctx.delete(found)


@route("GET", "/v1/products", "ProductListParams")
def list_products(ctx: Context, params: dict[str, Any]) -> Listing:
    """List products, newest first."""
    return ctx.list("product", params, "active")
