"""Keeping a card without paying anything: in our own form, or on Stripe's page.

A SetupIntent asks the bank, 3-D Secure included, and attaches the card to the Customer; Checkout in
`setup` mode does the same on Stripe's page, for browsers without JavaScript. The rule that bites:
each is used until it is done and only then followed by a new one, so that loading the form a
hundred times makes one SetupIntent. Its client secret is asked for at each view and kept nowhere.
https://docs.stripe.com/payments/save-and-reuse
"""

from typing import Any, cast

from sqlalchemy import orm
from stripe import StripeClient
from stripe.params import SetupIntentCreateParams
from stripe.params.checkout import SessionCreateParams

from marketplace.database import lock, phase
from marketplace.gateway import keys
from marketplace.gateway.failures import translating
from marketplace.models import Customer, User
from marketplace.wallet import customers

OPEN_INTENTS = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})


def setup_secret(session: orm.Session, stripe: StripeClient, buyer: User) -> str:
    """The client secret of the SetupIntent that takes the next card of `buyer`. Commits.

    One call when a form is open, two or three when not. Raises StripeError.
    https://docs.stripe.com/api/setup_intents/create
    """
    customer = customers.customer(session, stripe, buyer)
    if customer.setup_intent_id:
        session.commit()
        with translating():
            known = stripe.v1.setup_intents.retrieve(customer.setup_intent_id)
        if known.status in OPEN_INTENTS:
            return known.client_secret or ""
        _done(session, customer)
    params: SetupIntentCreateParams = {
        "customer": customer.stripe_id or "",
        "allowed_payment_method_types": ["card"],
        # The buyer is always there when a card of the wallet pays.
        "usage": "on_session",
        "metadata": {"customer": customer.token},
    }
    key = keys.key("setup_intent", customer.token, customer.setups_done)
    session.commit()  # nothing stays open while Stripe thinks
    with translating():
        made = stripe.v1.setup_intents.create(params, {"idempotency_key": key})
    with phase(session):
        lock(session, customer)
        customer.setup_intent_id = made.id
    return made.client_secret or ""


def setup_page(
    session: orm.Session,
    stripe: StripeClient,
    buyer: User,
    *,
    public_url: str,
    locale: str = "auto",
) -> str:
    """The address of Stripe's page that takes the next card of `buyer`, in a language. Commits.

    Raises StripeError. https://docs.stripe.com/payments/checkout/save-and-reuse
    """
    customer = customers.customer(session, stripe, buyer)
    if customer.setup_session_id:
        session.commit()
        with translating():
            known = stripe.v1.checkout.sessions.retrieve(customer.setup_session_id)
        if known.status == "open" and known.url:
            return known.url
        _done(session, customer)
    params: SessionCreateParams = {
        "mode": "setup",
        "locale": cast("Any", locale),
        "customer": customer.stripe_id or "",
        "allowed_payment_method_types": ["card"],
        "success_url": f"{public_url}/cards/return?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{public_url}/cards",
        "setup_intent_data": {"metadata": {"customer": customer.token}},
    }
    key = keys.key("setup_session", f"{customer.token}-{locale}", customer.setups_done)
    session.commit()
    with translating():
        made = stripe.v1.checkout.sessions.create(params, {"idempotency_key": key})
    with phase(session):
        lock(session, customer)
        customer.setup_session_id = made.id
    return made.url or ""


def _done(session: orm.Session, customer: Customer) -> None:
    """The last one is over: the next gets a key of its own."""
    with phase(session):
        before = customer.setups_done
        lock(session, customer)
        if customer.setups_done == before:  # else the other one of two at once has noted it
            customer.setups_done += 1
