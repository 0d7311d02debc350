"""Sellers as the operator sees them: where each stands with Stripe, and what was agreed."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import payouts, sellers
from marketplace.errors import NotFound
from marketplace.lifecycles import SellerState
from marketplace.models import Seller
from marketplace.web import context, paging
from marketplace.web.auth import operator_required
from marketplace.web.platform.board import bp, chosen, listing


@bp.get("/sellers")
@operator_required
def seller_list() -> ResponseReturnValue:
    """Every shop and where it stands with Stripe."""
    state = chosen(SellerState, "state")
    rows = sellers.page(
        context.session(), before=paging.before(), state=state, limit=paging.ROWS + 1
    )
    return listing("platform/sellers.html", rows, state=state, states=list(SellerState))


@bp.get("/sellers/<slug>")
@operator_required
def seller(slug: str) -> ResponseReturnValue:
    """One shop: requirements, capabilities, bank accounts, balance, latest payouts."""
    session, shop = context.session(), _shop(slug)
    return render_template(
        "platform/seller.html",
        shop=shop,
        tasks=sellers.tasks(shop),
        banks=sellers.bank_accounts(session, shop),
        balances=payouts.balances(session, shop),
        payouts=payouts.latest(session, seller=shop, limit=5),
        explain=payouts.explain,
    )


@bp.post("/sellers/<slug>/refresh")
@operator_required
def refresh_seller(slug: str) -> ResponseReturnValue:
    """Ask Stripe now how the account and its balance are."""
    session, shop = context.session(), _shop(slug)
    if shop.stripe_id is None:
        flash("There is no Stripe account for this shop yet.", "warning")
    else:
        sellers.refresh(session, context.stripe(), shop.stripe_id)
        payouts.refresh_balance(session, context.stripe(), shop.stripe_id)
        flash("Read again from Stripe.", "success")
    return redirect(url_for("platform.seller", slug=slug))


def _shop(slug: str) -> Seller:
    shop = sellers.by_slug(context.session(), slug)
    if shop is None:
        raise NotFound("There is no such shop.")
    return shop
