"""The seller's orders and money: what was sold, who holds what, and what reached the bank.

Everything is shown from our own rows; only "ask Stripe again" asks. The rule that bites: a sale is
not money in the bank. It is pending, then available, then paid out, and a payout can still fail.
https://docs.stripe.com/connect/account-balances
"""

from flask import flash, redirect, url_for
from flask import render_template as render
from flask.typing import ResponseReturnValue

from marketplace import dashboards, ledger, orders, payouts, sellers
from marketplace.accounts.sessions import Place
from marketplace.database import phase
from marketplace.lifecycles import PayoutStatus
from marketplace.web import context, paging
from marketplace.web.auth import seller_required
from marketplace.web.seller.components import embed

ONE = f"/sell/orders/<int(max={paging.BIGGEST_ID}):order_id>"
MOST_ASKED = 10


@seller_required
def index() -> ResponseReturnValue:
    """The shop's orders, newest first."""
    seller = context.shop()
    found = orders.for_seller(
        context.session(), seller, before=paging.before(), limit=paging.ROWS + 1
    )
    return render("seller/orders.html", seller=seller, page=paging.page(found))


@seller_required
def order(order_id: int) -> ResponseReturnValue:
    """One order: this shop's goods in it, and what it gets; nothing of other shops."""
    session, seller = context.session(), context.shop()
    found = orders.of_seller(session, seller, order_id)
    part = orders.part_of(found, seller)
    story = ledger.story(session, found)
    if len(found.parts) > 1:
        story = ledger.of_seller(story, seller.id, part.total)
    can_send = found.status in orders.TO_SEND and part.fulfilled_at is None
    return render("seller/order.html", order=found, part=part, story=story, can_send=can_send)


@seller_required
def sent(order_id: int) -> ResponseReturnValue:
    """The goods are on their way; said twice, it is said once."""
    session = context.session()
    found = orders.of_seller(session, context.shop(), order_id)
    with phase(session):
        orders.fulfil(session, found, context.shop())
    flash("The order is marked as sent.", "good")
    return redirect(url_for(".order", order_id=order_id), 303)


@seller_required
def money() -> ResponseReturnValue:
    """Balance and payouts."""
    session, seller = context.session(), context.shop()
    found = payouts.latest(session, seller=seller, before=paging.before(), limit=paging.ROWS + 1)
    return render(
        "seller/money.html",
        seller=seller,
        balances=payouts.balances(session, seller),
        held=payouts.held,
        page=paging.page(found),
        banks={bank.stripe_id: bank for bank in sellers.bank_accounts(session, seller)},
        explain=payouts.explain,
        has_dashboard=dashboards.has_express(seller),
        embed=embed(Place.MONEY),
    )


@seller_required
def ask_again() -> ResponseReturnValue:
    """Ask Stripe for the balance, the banks, and the payouts that are still on their way."""
    session, stripe, seller = context.session(), context.stripe(), context.shop()
    if seller.stripe_id is None:
        return redirect(url_for("seller.account"), 303)
    waiting = [
        payout.stripe_id
        for payout in payouts.latest(session, seller=seller, limit=MOST_ASKED)
        if payout.status in {PayoutStatus.PENDING, PayoutStatus.IN_TRANSIT}
    ]
    for payout_id in waiting:
        payouts.refresh(session, stripe, payout_id, seller.stripe_id)
    payouts.refresh_balance(session, stripe, seller.stripe_id)
    sellers.refresh(session, stripe, seller.stripe_id)
    flash("Stripe was asked just now.", "info")
    return redirect(url_for(".money"), 303)
