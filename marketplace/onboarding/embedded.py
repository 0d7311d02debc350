"""Embedded onboarding: Stripe's questions inside a page of ours.

The object is an AccountSession: our page loads `connect.js`, which asks us for a client secret and
shows the component `account_onboarding` with it. The rule that bites: a secret opens the seller's
data to whoever holds it, so it is made for each view, for the signed-in owner, over POST, and never
stored, logged or put into an address. Leaving the component says nothing about the account either.
https://docs.stripe.com/connect/embedded-onboarding
"""

from sqlalchemy import orm
from stripe import StripeClient

from marketplace.accounts import sessions
from marketplace.accounts.sessions import Place
from marketplace.design import Onboarding
from marketplace.errors import Conflict
from marketplace.gateway.failures import translating
from marketplace.models import Seller
from marketplace.onboarding.addresses import Addresses


def link(
    _session: orm.Session, _stripe: StripeClient, seller: Seller, addresses: Addresses, /
) -> str:
    """The address of our page with the component. No call: the page asks for its session itself.

    Raises Conflict for a seller without an account, or whose account left.
    """
    _account(seller)
    return addresses.page_url


def client_secret(session: orm.Session, stripe: StripeClient, seller: Seller) -> str:
    """A fresh secret that opens the questions for `seller` in one view. One call, nothing kept.

    Raises Conflict for a seller of another design, without an account, or whose account left.
    https://docs.stripe.com/api/account_sessions/create
    """
    account = _account(seller)
    design = seller.design
    session.commit()  # no transaction may stay open while Stripe is asked
    if design.onboarding is not Onboarding.EMBEDDED:
        raise Conflict("This shop answers Stripe's questions elsewhere.")
    params = sessions.create_params(design, account, sessions.shown(design, Place.ONBOARDING))
    with translating():
        # No key of ours: a repeated answer would be a secret that may have expired.
        return stripe.v1.account_sessions.create(params).client_secret


def _account(seller: Seller) -> str:
    if seller.stripe_id is None or seller.deauthorized_at is not None:
        raise Conflict("There is no Stripe account to set up.")
    return seller.stripe_id
