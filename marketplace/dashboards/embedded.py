"""A dashboard made of Stripe's components, inside pages of ours.

The object is an AccountSession, made for the components of one page. The rule that bites: its
client secret is the seller's key to the account, so it is made on a POST of the signed-in owner,
for one view, and never stored, logged or put into an address. A component may also fail to load,
so the page below it stands by itself, from our own rows.
https://docs.stripe.com/connect/get-started-connect-embedded-components
"""

from sqlalchemy import orm
from stripe import StripeClient

from marketplace.accounts import sessions
from marketplace.accounts.sessions import Component, Place
from marketplace.errors import Conflict
from marketplace.gateway.failures import translating
from marketplace.models import Seller


def components(seller: Seller, place: Place) -> tuple[Component, ...]:
    """What the page at `place` shows of Stripe's; nothing before there is an account. No call."""
    if seller.stripe_id is None or seller.deauthorized_at is not None:
        return ()
    return sessions.shown(seller.design, place)


def client_secret(session: orm.Session, stripe: StripeClient, seller: Seller, place: Place) -> str:
    """A fresh secret for one view of the page at `place`. One call, nothing kept.

    Raises Conflict where this seller's design shows no component, or there is no account.
    https://docs.stripe.com/api/account_sessions/create
    """
    wanted = components(seller, place)
    if not wanted or seller.stripe_id is None:
        raise Conflict("This page shows nothing of Stripe's for this shop.")
    params = sessions.create_params(seller.design, seller.stripe_id, wanted)
    session.commit()  # no transaction may stay open while Stripe is asked
    with translating():
        # No key of ours: a repeated answer would be a secret that may have expired.
        return stripe.v1.account_sessions.create(params).client_secret
