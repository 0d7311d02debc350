"""What is sold and what it costs: the products and prices behind every way of making one.

They are made by their own endpoints, by a product that brings its price along, and on the fly by
`price_data` and `product_data` of sessions and links.

https://docs.stripe.com/products-prices/how-products-and-prices-work
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from . import currencies, metadata, store
from .context import Context
from .errors import Refused

_NOT_COVERED = frozenset(
    ("currency_options", "custom_unit_amount", "tiers", "tiers_mode", "transform_quantity")
)


def product(ctx: Context, params: dict[str, Any], *, active: bool = True) -> dict[str, Any]:
    """A product of the acting account, from creation parameters or `product_data`."""
    given = {"id": params["id"]} if "id" in params else {}
    # One name for all platforms: ids are the sandbox's only way to tell objects apart.
    if given and store.is_taken(ctx.db, params["id"]):
        raise Refused("Product already exists.", code="resource_already_exists", param="id")
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


def price(
    ctx: Context, params: dict[str, Any], *, active: bool = True, param: str = ""
) -> dict[str, Any]:
    """A price of the acting account, from creation parameters or `price_data`.

    `active=False` makes one for this sale only. `param`: where the parameters are in the request,
    for errors (`line_items[0][price_data]`).
    """
    for name in _NOT_COVERED & params.keys():
        message = f"The local sandbox does not cover `{name}`: a price is one amount."
        raise Refused(message, param=_inside(param, name))
    recurring = _recurring(params.get("recurring"), param)
    amount = _amount(params, param)
    if ("product" in params) == ("product_data" in params):
        raise Refused(
            "You must pass exactly one of `product` and `product_data`.",
            param=_inside(param, "product"),
        )
    if "product" in params:
        sold = ctx.get("product", params["product"], param=_inside(param, "product"))
    else:
        sold = product(ctx, params["product_data"], active=active)
    return ctx.new(
        "price",
        active=params.get("active", active),
        billing_scheme="per_unit",
        currency=currencies.known(params["currency"], _inside(param, "currency")),
        custom_unit_amount=None,
        lookup_key=params.get("lookup_key"),
        metadata=metadata.merged(None, params.get("metadata")),
        nickname=params.get("nickname"),
        product=sold["id"],
        recurring=recurring,
        tax_behavior=params.get("tax_behavior", "unspecified"),
        tiers_mode=None,
        transform_quantity=None,
        type="recurring" if recurring else "one_time",
        unit_amount=amount,
        unit_amount_decimal=str(amount),
        _passing=not active,
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
