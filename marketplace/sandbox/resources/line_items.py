"""The lines of a Checkout Session or a Payment Link: a price, how many, what that comes to.

https://docs.stripe.com/api/checkout/sessions/line_items
"""

from __future__ import annotations

from typing import Any

from marketplace.sandbox import catalogue
from marketplace.sandbox.context import Context
from marketplace.sandbox.errors import Refused
from marketplace.sandbox.render import Listing, sublist
from marketplace.sandbox.routing import include, kind, route, view

kind("item", "li_", indexed=("_session",), words="line item")
_MOST = 100


def make(
    ctx: Context, given: list[dict[str, Any]], session: str, *, recurring: bool = False
) -> list[dict[str, Any]]:
    """Keep the lines of a session or link, in the order given; raises `Refused` for what cannot be.

    `recurring`: whether prices that are paid again and again may be among them.
    """
    if not given:
        raise Refused(
            "You must pass `line_items` in `payment` mode.",
            code="parameter_missing",
            param="line_items",
        )
    if len(given) > _MOST:
        raise Refused(f"You may pass at most {_MOST} line items.", param="line_items")
    priced = [(line, _price(ctx, line, n), n) for n, line in enumerate(given)]
    if len({price["currency"] for _, price, _ in priced}) > 1:
        raise Refused(
            "All prices of a Checkout Session must have the same currency.", param="line_items"
        )
    if not recurring and any(price["recurring"] for _, price, _ in priced):
        raise Refused(
            "You specified `payment` mode but passed a recurring price. Either switch to"
            " `subscription` mode or use only one-time prices.",
            param="line_items",
        )
    # Lists are newest first, and Stripe lists the lines as they were given.
    made = [_item(ctx, line, price, n, session) for line, price, n in reversed(priced)]
    return made[::-1]


def optional(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What the buyer may add at Stripe. It is told and not offered here."""
    told = [
        {
            "adjustable_quantity": given.get("adjustable_quantity"),
            "price": ctx.get("price", given["price"], param=f"optional_items[{n}][price]")["id"],
            "quantity": given["quantity"],
        }
        for n, given in enumerate(params.get("optional_items") or [])
    ]
    return {"optional_items": told} if told else {}


def _price(ctx: Context, line: dict[str, Any], number: int) -> dict[str, Any]:
    param = f"line_items[{number}]"
    if ("price" in line) == ("price_data" in line):
        message = f"You must pass exactly one of `{param}[price]` and `{param}[price_data]`."
        raise Refused(message, param=param)
    if "price" in line:
        return ctx.get("price", line["price"], param=f"{param}[price]")
    return catalogue.price(ctx, line["price_data"], active=False, param=f"{param}[price_data]")


def _item(
    ctx: Context, line: dict[str, Any], price: dict[str, Any], number: int, session: str
) -> dict[str, Any]:
    param = f"line_items[{number}][quantity]"
    quantity = line.get("quantity")
    if quantity is None:
        message = f"Quantity is required. Add `quantity` to `line_items[{number}]`."
        raise Refused(message, code="parameter_missing", param=param)
    if quantity < 1:
        raise Refused(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param=param,
        )
    product = ctx.get("product", price["product"])
    total = price["unit_amount"] * quantity
    return ctx.new(
        "item",
        amount_discount=0,
        amount_subtotal=total,
        amount_tax=0,
        amount_total=total,
        currency=price["currency"],
        description=product["name"],
        price=price["id"],
        quantity=quantity,
        _session=session,
    )


def resize(ctx: Context, item: dict[str, Any], quantity: int) -> None:
    """Another quantity of the same price."""
    price = ctx.get("price", item["price"])
    item["quantity"] = quantity
    item["amount_subtotal"] = item["amount_total"] = price["unit_amount"] * quantity
    ctx.save(item)


@view("item")
def show(ctx: Context, item: dict[str, Any]) -> dict[str, Any]:
    """A line shows its price in full; it has no times and no mode of its own."""
    price = ctx.find(item["price"], "price")
    shown = {k: v for k, v in item.items() if k not in {"created", "livemode"}}
    return {**shown, "price": ctx.show(price) if price else None}


def of(ctx: Context, session: str) -> list[dict[str, Any]]:
    """The lines of a session of the acting account, in the order given."""
    return ctx.every("item", _session=session)


@include("checkout.session", "line_items")
def included(ctx: Context, session: dict[str, Any]) -> dict[str, Any]:
    """A session's lines are part of it only when they are expanded."""
    inside = ctx.acting_as(ctx.owner(session["id"]))
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return sublist(inside, of(inside, session["id"]), url)


@route("GET", "/v1/checkout/sessions/{session}/line_items", "checkout.SessionListLineItemsParams")
def list_items(ctx: Context, params: dict[str, Any], session: str) -> Listing:
    """List the lines of a session."""
    ctx.get("checkout.session", session, param="session")
    return ctx.list("item", params, _session=session)
