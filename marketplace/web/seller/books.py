"""What a dashboard would show a seller: payments, disputes, documents.

Each page is ours, from our own rows, with Stripe's component in its place where the design has one.
The rule that bites: without a dashboard nobody else shows these, so they must be readable when
Stripe's script is not.
https://docs.stripe.com/connect/supported-embedded-components
"""

from flask import render_template as render
from flask.typing import ResponseReturnValue

from marketplace import dashboards, ledger
from marketplace import disputes as every_dispute
from marketplace.accounts.sessions import Place
from marketplace.web import context, paging
from marketplace.web.auth import seller_required
from marketplace.web.seller.components import embed


@seller_required
def payments() -> ResponseReturnValue:
    """What was paid to the seller's account, with fees and the day it becomes available."""
    session, seller = context.session(), context.shop()
    found = ledger.sales(
        session, seller.stripe_id or "", before=paging.before(), limit=paging.ROWS + 1
    )
    return render(
        "seller/payments.html",
        seller=seller,
        page=paging.page(found),
        embed=embed(Place.PAYMENTS),
    )


@seller_required
def disputes() -> ResponseReturnValue:
    """What buyers' banks ask back, whose loss it is, and until when it can be answered."""
    session, seller = context.session(), context.shop()
    found = every_dispute.for_seller(session, seller, before=paging.before(), limit=paging.ROWS + 1)
    return render(
        "seller/disputes.html",
        seller=seller,
        page=paging.page(found),
        explain=every_dispute.explain,
        unanswered=every_dispute.UNANSWERED,
        has_dashboard=dashboards.has_express(seller),
        embed=embed(Place.DISPUTES),
    )


@seller_required
def documents() -> ResponseReturnValue:
    """A statement for each month, from the rows of the seller's own balance."""
    seller = context.shop()
    return render(
        "seller/documents.html",
        seller=seller,
        months=ledger.months(context.session(), seller.stripe_id or ""),
        embed=embed(Place.DOCUMENTS),
    )
