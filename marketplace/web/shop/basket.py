"""The basket: a few numbers in a signed cookie, priced anew at every look.

It holds product ids and quantities, nothing else; a guest needs no row in our tables. The rule that
bites: the same form may be sent twice, so "add" carries a nonce that counts once, and "change" says
how many there shall be, not how many more.
"""

import secrets

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from marketplace import catalogue, orders
from marketplace.errors import Invalid
from marketplace.orders import MOST_LINES, MOST_OF_ONE, Wanted
from marketplace.web import context

BASKET, NONCES = "basket", "basket_nonces"
REMEMBERED = 12
LONGEST_NONCE = 64


def show() -> ResponseReturnValue:
    """The basket, payment by payment: which shops are paid together is their charge types' say."""
    wanted = items()
    found = orders.quotes(context.session(), wanted)
    there = {line.product.id for quote in found for line in quote.lines}
    _keep([item for item in wanted if item.product_id in there])
    return render_template("shop/basket.html", quotes=found, most=MOST_OF_ONE)


def add() -> ResponseReturnValue:
    """Put a product into the basket; the same form again changes nothing."""
    product = catalogue.find_on_sale(context.session(), _number("product_id"))
    nonce = request.form.get("nonce", "")[:LONGEST_NONCE]
    if _first_time(nonce):
        have = {item.product_id: item.quantity for item in items()}
        have[product.id] = have.get(product.id, 0) + max(_number("quantity"), 1)
        if len(have) > MOST_LINES:
            flash(
                gettext(
                    "A basket holds %(count)s different things. Order these first.",
                    count=MOST_LINES,
                ),
                "warning",
            )
        else:
            _keep([Wanted(number, quantity) for number, quantity in have.items()])
            flash(gettext("%(article)s is in your basket.", article=product.title), "success")
    return redirect(url_for("shop.basket"), 303)


def change() -> ResponseReturnValue:
    """Set how many of a product there shall be; 0 takes it out."""
    product_id, quantity = _number("product_id"), _number("quantity")
    have = {item.product_id: item.quantity for item in items()}
    if product_id in have:
        have[product_id] = quantity
        _keep([Wanted(number, many) for number, many in have.items()])
    return redirect(url_for("shop.basket"), 303)


def items() -> list[Wanted]:
    """What is in the basket."""
    kept = session.get(BASKET, [])
    return [Wanted(int(number), int(quantity)) for number, quantity in kept]


def take_out(product_ids: set[int]) -> None:
    """Take products out: they are ordered and paid."""
    _keep([item for item in items() if item.product_id not in product_ids])


def new_nonce() -> str:
    """A name for one form, so that it counts once however often it is sent."""
    return secrets.token_urlsafe(18)


def frame() -> dict[str, object]:
    """What the head of every page shows of the basket."""
    return {"basket_count": sum(item.quantity for item in items())}


def _keep(wanted: list[Wanted]) -> None:
    capped = [(item.product_id, min(item.quantity, MOST_OF_ONE)) for item in wanted]
    session[BASKET] = [[number, quantity] for number, quantity in capped if quantity > 0]


def _first_time(nonce: str) -> bool:
    seen = session.get(NONCES, [])
    if nonce and nonce in seen:
        return False
    session[NONCES] = [*seen, nonce][-REMEMBERED:]
    return True


def _number(name: str) -> int:
    text = request.form.get(name, "").strip(" ")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):  # noqa: PLR2004 - fits a column
        raise Invalid("The basket could not read that.", {name: "Write a whole number."})
    return int(text)
