"""Your cards: what is kept at Stripe for whoever is signed in, and how to add or remove one.

The list is the local mirror. The rule that bites: an address names a card by our own number and is
looked up among the signed-in person's cards only, so a number that is somebody else's is no card.
Whoever comes from a till to keep a card goes back there with it.
"""

import logging

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from marketplace import wallet
from marketplace.errors import StripeError
from marketplace.web import context, headers, language
from marketplace.web.auth import own_path, signed_in
from marketplace.web.shop import stripejs

# Where to go on with the card that is being added; a path of ours, in the signed cookie.
AFTER = "after_card"

log = logging.getLogger(__name__)


@signed_in
def show() -> ResponseReturnValue:
    """The cards, newest first."""
    found = wallet.cards(context.session(), context.person())
    return render_template("shop/wallet.html", cards=found)


@signed_in
def new() -> ResponseReturnValue:
    """The form for another card: Stripe's Payment Element, or the way to Stripe's own page."""
    session[AFTER] = own_path(request.args.get("next", url_for("shop.cards")))
    drawn = stripejs.loaded(headers.PAYMENT_ELEMENT) if stripejs.usable() else {}
    return render_template("shop/card_form.html", **drawn)


@signed_in
def secret() -> ResponseReturnValue:
    """The client secret with which the form saves a card, for its script."""
    return stripejs.answered(
        lambda: wallet.setup_secret(context.session(), context.stripe(), context.person())
    )


@signed_in
def hosted() -> ResponseReturnValue:
    """To Stripe's page, which saves a card without JavaScript of ours."""
    public_url = context.settings().public_url
    url = wallet.setup_page(
        context.session(),
        context.stripe(),
        context.person(),
        public_url=public_url,
        locale=language.of_page().code,
    )
    return redirect(url, 303)


@signed_in
def returned() -> ResponseReturnValue:
    """Back from the form or from Stripe's page: ask once what is kept now."""
    customer = wallet.customer_of(context.session(), context.person())
    try:
        if customer:
            wallet.refresh(context.session(), context.stripe(), customer)
    except StripeError as error:
        log.warning("wallet of user %s: %s", context.person().id, error.for_operator())
        flash(gettext("The card will be listed here in a moment."), "info")
    if request.args.get("redirect_status") == "failed":
        flash(gettext("Your bank did not agree, so the card was not saved."), "warning")
    return redirect(session.pop(AFTER, url_for("shop.cards")))


@signed_in
def remove(card_id: int) -> ResponseReturnValue:
    """Give a card up, twice as once; it is gone from here even when Stripe hears of it later."""
    card = wallet.card_of(context.session(), context.person(), card_id, removed=True)
    try:
        wallet.remove(context.session(), context.stripe(), card)
    except StripeError as error:
        log.warning("card %s: %s", card.id, error.for_operator())
    flash(gettext("%(card)s is removed.", card=card.name), "success")
    return redirect(url_for("shop.cards"), 303)
