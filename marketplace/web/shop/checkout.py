"""The till: what of the basket is paid at once, its total, and the way to Stripe's payment page.

The rule that bites: the page shows a total and the form repeats it, but only so that we notice a
price that changed in between; what is charged comes from the products.
"""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import orders, sellers
from marketplace.errors import Conflict, Invalid, NotFound, StripeRefused
from marketplace.money import Money
from marketplace.orders import Quote, Wanted
from marketplace.web import context
from marketplace.web import show as words
from marketplace.web.shop import basket
from marketplace.web.shop import pay as ways_to_pay


def show(slug: str) -> ResponseReturnValue:
    """The summary before paying; back to the basket when something stands in the way."""
    quote = _quote(slug)
    if quote is None or not quote.can_be_bought:
        return redirect(url_for("shop.basket"))
    ways = ways_to_pay.offered(quote.seller.charge_type)
    return render_template("shop/checkout.html", quote=quote, nonce=basket.new_nonce(), ways=ways)


def pay(slug: str) -> ResponseReturnValue:
    """Place the order and go to the payment page; the same form again finds the same two."""
    database, public_url = context.session(), context.settings().public_url
    nonce, way = request.form.get("nonce", ""), ways_to_pay.chosen()
    try:
        order = orders.place(database, _wanted(slug), context.user(), nonce, seen=_seen(), way=way)
        if not orders.can_be_paid(order):
            return redirect(url_for("shop.order", token=order.token), 303)
        url = orders.start_payment(
            database, context.stripe(), order, public_url=public_url, way=way
        )
    except StripeRefused:
        # The order says so itself: nothing was charged, and the goods are back on sale.
        return redirect(url_for("shop.order", token=order.token), 303)
    except Conflict as problem:
        flash(words.problem(problem), "warning")
        return redirect(url_for("shop.basket"), 303)
    return redirect(url, 303)


def _quote(slug: str) -> Quote | None:
    found = orders.quotes(context.session(), basket.items())
    named = [quote for quote in found if slug in {part.seller.slug for part in quote.parts}]
    currency = request.values.get("currency")
    return next((quote for quote in named if quote.total.currency == currency), (*named, None)[0])


def _wanted(slug: str) -> list[Wanted]:
    """What the basket holds of one shop, and of those that are paid together with it."""
    if sellers.by_slug(context.session(), slug) is None:
        raise NotFound("There is no such shop.")
    quote = _quote(slug)
    lines = quote.lines if quote else []
    return [Wanted(line.product.id, line.quantity) for line in lines]


def _seen() -> Money | None:
    """The total that the buyer was shown; never charged, only compared."""
    amount, currency = request.form.get("seen", ""), request.form.get("currency", "")
    try:
        return Money(int(amount), currency) if amount else None
    except ValueError:
        raise Invalid("This form is not complete. Load the page again.") from None
