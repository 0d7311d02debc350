"""Hosted onboarding: Stripe's own pages ask the questions.

The object is an AccountLink. The rule that bites: a link opens once, for a few minutes, and shows
personal data to whoever opens it. It is made on the owner's click, followed at once, and never
stored, logged or mailed (mail programs open links to preview them, and use them up). A used or
expired one brings the seller to `refresh_url`, which makes the next.
https://docs.stripe.com/connect/hosted-onboarding
"""

from sqlalchemy import orm
from stripe import StripeClient

from marketplace.errors import Conflict
from marketplace.gateway.failures import translating
from marketplace.models import Seller


def link(
    session: orm.Session,
    stripe: StripeClient,
    seller: Seller,
    *,
    return_url: str,
    refresh_url: str,
) -> str:
    """A fresh address of Stripe's questions for `seller`. One call, no transaction open.

    Both addresses are absolute and carry no state. Raises Conflict for a seller without an
    account, or whose account left. https://docs.stripe.com/api/account_links/create
    """
    session.commit()  # no transaction may stay open while Stripe is asked
    if seller.stripe_id is None or seller.deauthorized_at is not None:
        raise Conflict("There is no Stripe account to set up.")
    with translating():
        # No key of ours: a repeated answer would be a link that was used already.
        return stripe.v1.account_links.create(
            {
                "account": seller.stripe_id,
                "type": "account_onboarding",
                "return_url": return_url,
                "refresh_url": refresh_url,
                # Ask once for everything that will be asked in time, not bit by bit.
                "collection_options": {
                    "fields": "eventually_due",
                    "future_requirements": "include",
                },
            }
        ).url
