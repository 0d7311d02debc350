"""The operator's orders: the list, one order with its money, and "read again from Stripe"."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import ledger, orders
from marketplace.lifecycles import OrderStatus
from marketplace.models import Order
from marketplace.money import Money
from marketplace.web import context, paging
from marketplace.web.auth import operator_required
from marketplace.web.platform.board import bp, chosen, listing


@bp.get("/orders")
@operator_required
def order_list() -> ResponseReturnValue:
    """Every order, and those that a person must look at."""
    session, status = context.session(), chosen(OrderStatus, "status")
    rows = orders.for_platform(
        session, before=paging.before(), status=status, limit=paging.ROWS + 1
    )
    return listing(
        "platform/orders.html",
        rows,
        state=status,
        states=list(OrderStatus),
        held=orders.held(session),
        loss=_loss,
    )


@bp.get("/orders/<token>")
@operator_required
def order(token: str) -> ResponseReturnValue:
    """One order: what was bought, the attempts to pay, and who holds which money."""
    session = context.session()
    found = orders.load(session, token)
    return render_template(
        "platform/order.html",
        order=found,
        held=found.held_because,
        loss=_loss(found),
        story=ledger.story(session, found),
    )


@bp.post("/orders/<token>/refresh")
@operator_required
def refresh_order(token: str) -> ResponseReturnValue:
    """Ask Stripe now what became of the latest attempt to pay."""
    session = context.session()
    latest = next(reversed(orders.load(session, token).payments), None)
    if latest and latest.checkout_session_id:
        account = latest.stripe_account
        orders.settle(session, context.stripe(), latest.checkout_session_id, account)
        flash("Read again from Stripe.", "success")
    else:
        flash("No payment page was opened for this order yet.", "warning")
    return redirect(url_for("platform.order", token=token))


def _loss(order: Order) -> Money | None:
    """The break-even guard for one order, by the estimate; the money story has what really was."""
    return orders.loss(order.charge_type, order.fee_payer, order.total, order.application_fee)
