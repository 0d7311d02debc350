"""Sellers as the operator sees them: where each stands with Stripe, and what was agreed."""

from collections.abc import Mapping

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import closing, orders, payouts, platform, sellers
from marketplace.design import Design
from marketplace.design.rules import judge
from marketplace.errors import Conflict, Invalid, NotFound
from marketplace.guide import options
from marketplace.lifecycles import SellerState
from marketplace.models import Seller
from marketplace.web import context, paging
from marketplace.web.auth import operator_required
from marketplace.web.platform import forms
from marketplace.web.platform.board import bp, chosen, listing
from marketplace.web.platform.designs import runs_here

# The questions whose answers Stripe does not fix with the account.
ALWAYS = frozenset({"onboarding", "charge"})
EVERY = frozenset(question.name for question in options.QUESTIONS)
CHANGED = "Agreed anew. Orders that were placed keep what they were placed with."
ASKED = " Stripe was asked for {}; the seller may have more questions to answer now."


@bp.get("/sellers")
@operator_required
def seller_list() -> ResponseReturnValue:
    """Every shop and where it stands with Stripe."""
    state = chosen(SellerState, "state")
    rows = sellers.page(
        context.session(), before=paging.before(), state=state, limit=paging.ROWS + 1
    )
    sells = sellers.can_be_bought_from
    return listing(
        "platform/sellers.html", rows, state=state, states=list(SellerState), sells=sells
    )


@bp.get("/sellers/<slug>")
@operator_required
def seller(slug: str) -> ResponseReturnValue:
    """One shop: requirements, capabilities, bank accounts, balance, latest payouts."""
    shop = _shop(slug)
    return _page(shop, forms.ChangeForm(shop), shop.design)


@bp.post("/sellers/<slug>/terms")
@operator_required
def change_terms(slug: str) -> ResponseReturnValue:
    """Agree anew with a seller on what is not fixed; Stripe is asked for what the account lacks."""
    session, shop = context.session(), _shop(slug)
    form = forms.ChangeForm(shop)
    wanted = forms.typed_design(shop.design)
    try:
        form.insist()
        runs_here(wanted)
        asked = sellers.change(
            session,
            context.stripe(),
            shop,
            form.agreement,
            wanted,
            knowing=forms.knowing(),
        )
    except Invalid as error:
        faults = forms.show_faults(form, error)
        return _page(shop, form, wanted, faults), error.http_status
    flash(CHANGED + (ASKED.format(" and ".join(asked)) if asked else ""), "success")
    return redirect(url_for("platform.seller", slug=slug), 303)


@bp.post("/sellers/<slug>/close")
@operator_required
def close_seller(slug: str) -> ResponseReturnValue:
    """Close the seller's account for good, or say what is still open."""
    session, shop = context.session(), _shop(slug)
    try:
        closing.close(session, context.stripe(), shop)
    except Conflict as conflict:
        flash(str(conflict), "warning")
    else:
        flash("The account is closed. Nobody can buy in this shop any more.", "success")
    return redirect(url_for("platform.seller", slug=slug), 303)


def _page(
    shop: Seller,
    form: forms.ChangeForm,
    wanted: Design,
    faults: Mapping[str, str] | None = None,
) -> str:
    session = context.session()
    return render_template(
        "platform/seller.html",
        shop=shop,
        own=sellers.terms(shop),
        others={it: platform.terms_in(shop, it) for it in sorted(shop.fee_parts)},
        form=form,
        wanted=wanted,
        judgement=judge(wanted),
        options=options,
        faults=faults or {},
        changeable=ALWAYS if sellers.is_fixed(shop) else EVERY,
        warning=orders.guard(session, shop, shop.currency),
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
