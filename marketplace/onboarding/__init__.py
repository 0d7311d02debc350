"""Three ways in which a seller answers Stripe's questions; one module each.

`start` makes the account if there is none and gives the address to send the seller to. Another way
is another module with a function of the type `Way`, and a line in `WAYS`. The rule that bites:
coming back from there says nothing; only the account says how far the seller came.
https://docs.stripe.com/connect/onboarding
"""

from collections.abc import Mapping
from typing import Protocol

from sqlalchemy import orm
from stripe import StripeClient

from marketplace import sellers
from marketplace.design import Onboarding
from marketplace.models import Seller
from marketplace.onboarding import api, embedded, hosted
from marketplace.onboarding.addresses import Addresses

__all__ = ["WAYS", "Addresses", "Way", "api", "embedded", "hosted", "start"]


class Way(Protocol):
    """Gives the address where `seller`, who has an account, goes on with the questions."""

    def __call__(
        self, session: orm.Session, stripe: StripeClient, seller: Seller, addresses: Addresses, /
    ) -> str:
        """Return an absolute address; raise a StripeError when Stripe gives none."""
        ...


WAYS: Mapping[Onboarding, Way] = {
    Onboarding.HOSTED: hosted.link,
    Onboarding.EMBEDDED: embedded.link,
    Onboarding.API: api.link,
}


def start(
    session: orm.Session,
    stripe: StripeClient,
    seller: Seller,
    addresses: Addresses,
    *,
    shop_url: str | None = None,
) -> str:
    """Make sure there is an account, and return the address of the questions. Commits.

    Two calls for a new seller, one for a known one. Every address is absolute and ours.
    """
    sellers.ensure_account(session, stripe, seller, shop_url=shop_url)
    way = WAYS[seller.onboarding]
    return way(session, stripe, seller, addresses)
