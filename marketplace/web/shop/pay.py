"""How the buyer wants to pay: the ways that a till offers, the one that was chosen, and our form.

Every way works for every charge type, and none needs JavaScript but our own form, which says so and
offers Stripe's page instead. The rule that bites: a form names a card by our own number, and only
the signed-in person's cards are looked among; Stripe's ids never come from a browser.
https://docs.stripe.com/payments/quickstart-checkout-sessions
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import orders, platform, wallet
from marketplace.design import ChargeType
from marketplace.errors import Invalid
from marketplace.models import Order, PaymentUi, SavedCard
from marketplace.orders import Way
from marketplace.web import context, headers, language, paging
from marketplace.web.shop import stripejs

CARD = "card-"
PLAIN = {"hosted": PaymentUi.HOSTED, "elements": PaymentUi.ELEMENTS}


@dataclass(frozen=True, slots=True)
class Ways:
    """What a till offers: saved cards, Stripe's page, our form; how a new card can be kept.

    `keep`: while paying. `keep_first`: only before, in the wallet.
    """

    cards: Sequence[SavedCard]
    hosted: bool
    elements: bool
    keep: bool
    keep_first: bool


def offered(charge_type: ChargeType) -> Ways:
    """The ways for whoever is looking; one query for the signed-in. Guests have no wallet.

    A card that is typed into a direct charge lives on the seller's account and can be kept for
    nobody else. One that was kept on the platform before is cloned to there.
    https://docs.stripe.com/connect/direct-charges-multiple-accounts
    """
    user = context.user()
    found = wallet.cards(context.session(), user) if user else []
    plain = _plain()
    return Ways(
        cards=[card for card in found if not card.expired],
        hosted="hosted" in plain,
        elements="elements" in plain,
        keep=user is not None and charge_type is not ChargeType.DIRECT,
        keep_first=user is not None and charge_type is ChargeType.DIRECT,
    )


def chosen() -> Way | None:
    """The way that the form asks for; None when it names none.

    Makes the buyer's Customer when a new card is to be kept. Raises Invalid, NotFound for a card
    that is not the signed-in person's, StripeError.
    """
    wish = request.form.get("way", "")
    if not wish:
        return None
    if wish.startswith(CARD):
        return _saved_card(wish.removeprefix(CARD))
    if wish not in _plain():
        raise Invalid("Choose how you want to pay.")
    user, customer = context.user(), None
    if user and request.form.get("keep"):
        customer = wallet.customer(context.session(), context.stripe(), user).stripe_id
    return Way(PLAIN[wish], customer, locale=language.of_page().code)


def show(token: str) -> ResponseReturnValue:
    """Our own form with Stripe's Payment Element, while the order waits to be paid there."""
    order = orders.load(context.session(), token)
    last = order.payments[-1]
    if not orders.can_be_paid(order) or last.ui is not PaymentUi.ELEMENTS or not stripejs.usable():
        return redirect(url_for("shop.order", token=token))
    return render_template(
        "shop/pay.html",
        order=order,
        account=last.stripe_account,
        **stripejs.loaded(headers.PAYMENT_ELEMENT),
    )


def secret(token: str) -> ResponseReturnValue:
    """The client secret with which the form pays this order, for its script."""
    order = orders.load(context.session(), token)
    public_url = context.settings().public_url
    return stripejs.answered(
        lambda: orders.client_secret(
            context.session(), context.stripe(), order, public_url=public_url
        )
    )


def way_on(order: Order) -> Way | None:
    """The way chosen on an order's page; without a choice, the one begun, if it may go on.

    A saved card goes on only for whoever it belongs to: the address of an order is no card.
    """
    way, last = chosen(), order.payments[-1]
    if way is not None or last.ui is not PaymentUi.SAVED_CARD:
        return way
    user = context.user()
    owner = wallet.customer_of(context.session(), user) if user else None
    return None if owner and owner.stripe_id == last.customer else Way()


def _plain() -> list[str]:
    """The ways that the operator offers to everybody; Stripe's page where nothing else works."""
    decided = platform.settings(context.session())
    here = decided.pay_here and stripejs.usable()
    return [*(["hosted"] if decided.pay_at_stripe or not here else []), *(["elements"] * here)]


def _saved_card(number: str) -> Way:
    user = context.user()
    if user is None:
        raise Invalid("Sign in to pay with a card that you keep.")
    if not re.fullmatch("[0-9]{1,10}", number) or int(number) > paging.BIGGEST_ID:
        raise Invalid("Choose how you want to pay.")
    card = wallet.card_of(context.session(), user, int(number))
    if card.expired:
        raise Invalid("This card has expired. Choose another way to pay.")
    return Way(PaymentUi.SAVED_CARD, card.customer.stripe_id, card.stripe_id)
