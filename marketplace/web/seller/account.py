"""The shop itself and its standing with Stripe: open, set up, return, check, dashboard.

The rule that bites: Stripe sends people back here whether they finished or not, so the return page
asks Stripe and says what is still missing; and a link to Stripe's pages exists only in the redirect
that uses it up.
https://docs.stripe.com/connect/hosted-onboarding
"""

import logging

from flask import Response, flash, make_response, redirect, url_for
from flask import render_template as render
from flask.typing import ResponseReturnValue

from marketplace import catalogue, dashboards, onboarding, orders, payouts, sellers
from marketplace.accounts.sessions import Place
from marketplace.database import phase
from marketplace.design import Onboarding
from marketplace.errors import Invalid, Sentence, StripeError, StripeUnavailable
from marketplace.lifecycles import SellerState
from marketplace.models import Seller
from marketplace.web import context, faults
from marketplace.web.auth import seller_required, signed_in
from marketplace.web.seller.components import embed
from marketplace.web.seller.fixed import fixed
from marketplace.web.seller.forms import OpenShopForm, show_faults
from marketplace.web.seller.standing import START, Standing, abilities, standing
from marketplace.web.show import live as fragment

log = logging.getLogger(__name__)
LATEST = 5
BACK = Sentence("You are back from Stripe. It asks for nothing more.")
BACK_UNDONE = Sentence("You are back from Stripe, and it still needs something.")
# The ways that ask on a page of ours; Stripe's own pages need none.
PAGES = {Onboarding.EMBEDDED: "seller.onboarding", Onboarding.API: "seller.questions"}


def home() -> ResponseReturnValue:
    """The shop at a glance; for others, what selling here means."""
    session, seller = context.session(), context.seller()
    if context.user() is None:
        return render("seller/welcome.html")
    if seller is None:
        return render("seller/open.html", form=OpenShopForm())
    return render(
        "seller/home.html",
        seller=seller,
        standing=_standing(seller),
        terms=sellers.terms(seller),
        products=catalogue.count(session, seller),
        waiting=orders.waiting(session, seller),
        balances=[payouts.held(balance) for balance in payouts.balances(session, seller)],
        latest=orders.for_seller(session, seller, limit=LATEST),
        fixed=fixed(seller),
        embed=embed(Place.OVERVIEW),
    )


@signed_in
def open_shop() -> ResponseReturnValue:
    """Open the shop; sent twice, it is the same shop."""
    form, user, session = OpenShopForm(), context.person(), context.session()
    try:
        with phase(session):
            name, country = form.name.data or "", form.country.data or ""
            sellers.open_shop(session, user, name=name, country=country, about=form.about())
    except Invalid as error:
        show_faults(form, error)
        return render("seller/open.html", form=form), error.http_status
    flash("Your shop is open. Next, set up payments.", "good")
    return redirect(url_for(".account"), 303)


@seller_required
def show() -> ResponseReturnValue:
    """Which of the five states the seller is in, what is due by when, and the one button."""
    seller = context.shop()
    return render(
        "seller/account.html",
        seller=seller,
        standing=_standing(seller),
        tasks=sellers.tasks(seller),
        abilities=abilities(seller),
        banks=sellers.bank_accounts(context.session(), seller),
        in_review=seller.state is SellerState.IN_REVIEW,
        has_dashboard=dashboards.has_express(seller),
        fixed=fixed(seller),
        embed=embed(Place.ACCOUNT),
    )


@seller_required
def live() -> ResponseReturnValue:
    """Tell the page of a seller in review, by the small script, when the review is over."""
    over = context.shop().state is not SellerState.IN_REVIEW
    response = fragment("seller/_review.html", final=over)
    if over:
        response.headers["Poll-Reload"] = "yes"
    return response


@seller_required
def check() -> ResponseReturnValue:
    """Ask Stripe how things stand."""
    if _ask():
        flash("Stripe was asked just now.", "info")
    return redirect(url_for(".account"), 303)


@seller_required
def start() -> ResponseReturnValue:
    """Send the seller to Stripe's questions; the account is made on the way if there is none."""
    return to_stripe(_link(context.shop()))


@seller_required
def start_hosted() -> ResponseReturnValue:
    """Send a seller to Stripe's own pages, which know every question and need no script."""
    seller, url = context.shop(), addresses(context.shop())
    return to_stripe(onboarding.hosted.link(context.session(), context.stripe(), seller, url))


@seller_required
def refresh_link() -> ResponseReturnValue:
    """Stripe sends people here whose link was used or too old: the owner gets a fresh one.

    It changes nothing of ours, and Stripe expects it to lead straight on.
    https://docs.stripe.com/api/account_links/create#create_account_link-refresh_url
    """
    seller = context.shop()
    if seller.stripe_id is None:
        return redirect(url_for(".account"))
    return to_stripe(_link(seller))


@seller_required
def returned() -> ResponseReturnValue:
    """Stripe sends people back here, done or not: ask, then show what is true."""
    if _ask():
        needs_more = _standing(context.shop()).button == START
        flash(BACK_UNDONE if needs_more else BACK, "care" if needs_more else "good")
    return redirect(url_for(".account"), 303)


@seller_required
def dashboard() -> ResponseReturnValue:
    """Open the seller's Stripe dashboard."""
    seller = context.shop()
    context.session().commit()  # nothing stays open while Stripe is asked
    return to_stripe(dashboards.express_link(context.stripe(), seller))


def stripe_said_no(error: StripeError) -> ResponseReturnValue:
    """Say what is kept, whose turn it is, and offer the same button again."""
    number = faults.support_number()
    log.warning("%s %s", number, error.for_operator())
    seller = context.seller()
    return render(
        "seller/refused.html",
        error=error,
        number=number,
        retry=isinstance(error, StripeUnavailable),
        again=faults.fields_to_repeat(),
        no_account=seller is not None and seller.stripe_id is None,
        refusal=seller and sellers.refusal(seller.design, error.code),
    ), error.http_status


def _standing(seller: Seller) -> Standing:
    return standing(
        seller,
        open_for_sale=sellers.can_be_bought_from(seller),
        stripes_pages=dashboards.full_address(context.settings().api_base),
    )


def _ask() -> bool:
    """Read the account at Stripe; when Stripe does not answer, say so and show what we knew."""
    stripe_id = context.shop().stripe_id
    if stripe_id is None:
        return False
    try:
        sellers.refresh(context.session(), context.stripe(), stripe_id)
    except StripeError as error:
        log.warning("%s %s", faults.support_number(), error.for_operator())
        flash("Stripe did not answer. This is how things stood when we last asked.", "care")
        return False
    return True


def _link(seller: Seller) -> str:
    return onboarding.start(
        context.session(),
        context.stripe(),
        seller,
        addresses(seller),
        shop_url=f"{context.settings().public_url}/shops/{seller.slug}",
    )


def addresses(seller: Seller) -> onboarding.Addresses:
    """Where this seller comes back to, and the page of ours that asks, if one does."""
    return onboarding.Addresses(
        return_url=context.public_url("seller.returned"),
        refresh_url=context.public_url("seller.refresh_link"),
        page_url=context.public_url(PAGES.get(seller.onboarding, "seller.account")),
    )


def to_stripe(url: str) -> Response:
    """Lead on to an address that is a key: no cache may keep it, no page be told of it.

    A page of ours is reached under the name that the browser uses for us, which knows its cookies.
    """
    here = f"{context.settings().public_url}/"
    response = make_response(
        redirect(f"/{url.removeprefix(here)}" if url.startswith(here) else url, 303)
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
