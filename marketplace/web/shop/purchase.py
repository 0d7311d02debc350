"""After the till: the order's page, the way back from Stripe, and the buyer's list.

Whoever has an order's address may see it: the token cannot be guessed, and guests have no other
key. The rule that bites: coming back from Stripe proves nothing, so the return page asks Stripe
once and shows "processing" until the fact is known.
"""

import logging
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import ledger, orders
from marketplace.errors import Conflict, StripeError, StripeRefused
from marketplace.lifecycles import OrderStatus
from marketplace.models import Order, Payment
from marketplace.web import context, paging
from marketplace.web import show as shown
from marketplace.web.auth import signed_in
from marketplace.web.shop import basket
from marketplace.web.shop import pay as ways_to_pay

WAITING = frozenset({OrderStatus.PLACED, OrderStatus.PAYING, OrderStatus.PROCESSING})

log = logging.getLogger(__name__)


@signed_in
def mine() -> ResponseReturnValue:
    """The orders of whoever is signed in."""
    found = orders.for_buyer(
        context.session(), context.person(), before=paging.before(), limit=paging.ROWS + 1
    )
    return render_template("shop/orders.html", page=paging.page(found))


def show(token: str) -> ResponseReturnValue:
    """One order: where it stands, what is in it, where the money went."""
    order = orders.load(context.session(), token)
    return render_template(
        "shop/order.html",
        order=order,
        story=ledger.story(context.session(), order),
        ways=ways_to_pay.offered(order.charge_type) if orders.can_be_paid(order) else None,
        **_standing(order),
    )


def returned(token: str) -> ResponseReturnValue:
    """Back from Stripe's page: ask once what became of it, then show the order."""
    order = orders.load(context.session(), token)
    named = {request.args.get("session_id"), request.args.get("payment_intent")} - {None}
    for payment in order.payments:
        if {payment.checkout_session_id, payment.payment_intent_id} & named:
            _ask(order, payment)
    if order.status not in {OrderStatus.FAILED, OrderStatus.EXPIRED}:
        basket.take_out({line.product_id for line in order.lines})
    return redirect(url_for("shop.order", token=token, returned=1))


def live(token: str) -> ResponseReturnValue:
    """The part of the order's page that changes while we wait; asks nobody but our tables."""
    order = orders.load(context.session(), token)
    response: Response = shown.live("shop/_standing.html", order=order, **_standing(order))
    if order.status not in WAITING:
        response.headers["Poll-Reload"] = "yes"  # the rest of the page changes with it
    return response


def pay(token: str) -> ResponseReturnValue:
    """Go on paying: where it was begun, in another way, or anew after a failure."""
    order = orders.load(context.session(), token)
    public_url = context.settings().public_url
    try:
        way = ways_to_pay.way_on(order)
        url = orders.start_payment(
            context.session(), context.stripe(), order, public_url=public_url, way=way
        )
    except StripeRefused:
        url = url_for("shop.order", token=token)  # which says that it failed
    except Conflict as problem:
        flash(shown.problem(problem), "warning")
        url = url_for("shop.order", token=token)
    return redirect(url, 303)


def check(token: str) -> ResponseReturnValue:
    """Ask Stripe now, because the buyer wants to know."""
    order = orders.load(context.session(), token)
    _ask(order, order.payments[-1])
    return redirect(url_for("shop.order", token=token, returned=1), 303)


def cancel(token: str) -> ResponseReturnValue:
    """Call an unpaid order off."""
    order = orders.load(context.session(), token)
    try:
        public_url = context.settings().public_url
        orders.cancel(context.session(), context.stripe(), order, public_url=public_url)
        flash("The order is cancelled. Nothing was charged.", "info")
    except Conflict as problem:
        flash(shown.translated(problem.told), "warning")
    return redirect(url_for("shop.order", token=token), 303)


def _ask(order: Order, payment: Payment) -> None:
    """Ask what became of an attempt of this order; without an answer the page waits."""
    try:
        orders.ask(context.session(), context.stripe(), payment)
    except StripeError as error:
        log.warning("order %s: %s", order.id, error.for_operator())


def _standing(order: Order) -> dict[str, Any]:
    """What the order's page says about its state."""
    back = "returned" in request.args
    return {
        "held": order.held_because is not None,
        "waits": order.status is OrderStatus.PROCESSING
        or (back and order.status is OrderStatus.PAYING),
        "can_be_paid": orders.can_be_paid(order),
        "back": back,
        "refused": order.payments[-1].failure_code is not None,
        "reason": orders.reason(order.payments[-1].failure_code),
    }
