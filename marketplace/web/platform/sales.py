"""The operator's orders: the list, one order with its money, and shares to be decided about."""

import secrets
from functools import partial

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired

from marketplace import clock, ledger, orders, platform, sellers, transfers
from marketplace.errors import Conflict, Invalid
from marketplace.lifecycles import OrderStatus
from marketplace.models import Order
from marketplace.transfers import Left
from marketplace.web import context, paging, show
from marketplace.web.auth import operator_required
from marketplace.web.fields import MoneyField
from marketplace.web.platform.board import RECENT, bp, chosen, listing

NAMED = 100


class DecisionForm(FlaskForm):
    """Who gets how much of a share that waits with the marketplace."""

    nonce = HiddenField(default=lambda: secrets.token_urlsafe(18))
    shop = StringField(
        "Shop",
        [InputRequired("Choose a shop.")],
        description="Its name as it stands in the shop's address.",
        render_kw={"list": "shops", "autocomplete": "off", "required": True},
    )
    amount = MoneyField(
        "Amount",
        currency=lambda form: str(form.rest.money.currency),
        render_kw={"inputmode": "decimal", "autocomplete": "off", "required": True},
    )

    def __init__(self, rest: Left) -> None:
        self.rest = rest
        prefix = f"part{rest.part.id}-"  # an order may have several such forms on its page
        self.sent = f"{prefix}nonce" in request.form
        super().__init__(
            formdata=request.form if self.sent else None,
            data={"shop": rest.part.seller.slug, "amount": rest.money},
            prefix=prefix,
        )
        self.amount.label.text = f"Amount in {rest.money.currency.upper()}"


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
        failed=orders.refunds_failed(session, clock.now() - RECENT),
        undecided=transfers.undecided(session, clock.now() - RECENT),
        explain=orders.explain_refund,
        loss=partial(orders.loss, home=platform.merchant(session)),
    )


@bp.get("/orders/<token>")
@operator_required
def order(token: str) -> ResponseReturnValue:
    """One order: what was bought, the attempts to pay, and who holds which money."""
    found = orders.load(context.session(), token)
    return _page(found, _decisions(found))


@bp.post("/orders/<token>/refresh")
@operator_required
def refresh_order(token: str) -> ResponseReturnValue:
    """Ask Stripe now what became of the latest attempt to pay."""
    session = context.session()
    latest = next(reversed(orders.load(session, token).payments), None)
    if latest and orders.ask(session, context.stripe(), latest):
        flash("Read again from Stripe.", "success")
    else:
        flash("No payment page was opened for this order yet.", "warning")
    return redirect(url_for("platform.order", token=token))


@bp.post("/orders/<token>/transfers")
@operator_required
def pass_on(token: str) -> ResponseReturnValue:
    """Pass a share on to a shop; the form sent twice passes it on once."""
    found = orders.load(context.session(), token)
    forms = _decisions(found)
    form = next((it for it in forms if it.sent), None)
    if form is None:
        flash("Nothing of this is left to pass on.", "warning")
    elif not (form.validate() and _decide(found, form)):
        return _page(found, forms), 422
    return redirect(url_for("platform.order", token=token), 303)


def _decide(order: Order, form: DecisionForm) -> bool:
    """Carry the form out; what stands in the way goes beside the field that it is about."""
    session, money, nonce = context.session(), form.amount.data, form.nonce.data or ""
    shop = sellers.by_slug(session, form.shop.data or "")
    if shop is None:
        form.shop.errors = ["There is no such shop."]
        return False
    try:
        transfers.decide(
            session,
            context.stripe(),
            order,
            part_id=form.rest.part.id,
            seller=shop,
            money=money,
            nonce=nonce,
        )
    except Invalid as fault:
        form.amount.errors = [fault.fields.get("amount", str(fault))]
        return False
    except Conflict as fault:
        form.shop.errors = [show.translated(str(fault))]
        return False
    flash(f"{money} is passed on to {shop.shop_name}.", "success")
    return True


def _decisions(order: Order) -> list[DecisionForm]:
    return [DecisionForm(rest) for rest in transfers.left(context.session(), order)]


def _page(order: Order, forms: list[DecisionForm]) -> str:
    session = context.session()
    return render_template(
        "platform/order.html",
        order=order,
        held=order.held_because,
        explain=orders.explain_refund,
        loss=orders.loss(order, platform.merchant(session)),
        story=ledger.story(session, order),
        passed=transfers.requests_of(session, order),
        disputed=transfers.disputed(session, order),
        forms=forms,
        shops=[it for it in sellers.page(session, limit=NAMED) if it.transfers_active],
    )
