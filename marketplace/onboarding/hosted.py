"""Hosted onboarding: Stripe's own pages ask the questions.

The object is an AccountLink, of v1 or v2; the pages behind it are the same. The rule that bites: a
link opens once, for a few minutes, and shows personal data to whoever opens it. It is made on the
owner's click, followed at once, and never stored, logged or mailed (mail programs open links to
preview them, and use them up). A used or expired one brings the seller to `refresh_url`, which
makes the next.
https://docs.stripe.com/connect/hosted-onboarding
"""

from collections.abc import Callable, Mapping

from sqlalchemy import orm
from stripe import StripeClient

from marketplace import platform
from marketplace.design import AccountsApi
from marketplace.design.collecting import Collect
from marketplace.errors import Conflict
from marketplace.gateway.failures import translating
from marketplace.models import Seller
from marketplace.onboarding.addresses import Addresses


def link(
    session: orm.Session, stripe: StripeClient, seller: Seller, addresses: Addresses, /
) -> str:
    """A fresh address of Stripe's questions for `seller`. One call, no transaction open.

    Open to every design, so it is also where an embedded form sends who cannot load it. Raises
    Conflict for a seller without an account, or whose account left.
    https://docs.stripe.com/api/account_links/create
    https://docs.stripe.com/api/v2/core/account-links/create
    """
    collect = platform.settings(session).collect
    session.commit()  # no transaction may stay open while Stripe is asked
    if seller.stripe_id is None or seller.deauthorized_at is not None:
        raise Conflict("There is no Stripe account to set up.")
    make = LINKS[seller.accounts_api]
    with translating():
        # No key of ours: a repeated answer would be a link that was used already.
        return make(stripe, seller.stripe_id, collect, addresses.return_url, addresses.refresh_url)


def _v1(
    stripe: StripeClient, account: str, collect: Collect, return_url: str, refresh_url: str
) -> str:
    return stripe.v1.account_links.create(
        {
            "account": account,
            "type": "account_onboarding",
            "return_url": return_url,
            "refresh_url": refresh_url,
            "collection_options": {"fields": collect.value, "future_requirements": "include"},
        }
    ).url


def _v2(
    stripe: StripeClient, account: str, collect: Collect, return_url: str, refresh_url: str
) -> str:
    return stripe.v2.core.account_links.create(
        {
            "account": account,
            "use_case": {
                "type": "account_onboarding",
                "account_onboarding": {
                    "return_url": return_url,
                    "refresh_url": refresh_url,
                    "collection_options": {
                        "fields": collect.value,
                        "future_requirements": "include",
                    },
                },
            },
        }
    ).url


LINKS: Mapping[AccountsApi, Callable[[StripeClient, str, Collect, str, str], str]] = {
    AccountsApi.V1: _v1,
    AccountsApi.V2: _v2,
}
