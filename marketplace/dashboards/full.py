"""The full Dashboard: Stripe's own, where the seller has a login that is no business of ours.

The rule that bites: there is no link that signs the seller in, as there is for Express, and what is
done there (refunds, answers to disputes, a new bank account) is told to us by events alone.
https://docs.stripe.com/connect/stripe-dashboard
"""

from typing import Final

from marketplace.design import Dashboard
from marketplace.models import Seller

STRIPE: Final = "https://dashboard.stripe.com"


def has_full(seller: Seller) -> bool:
    """Tell whether this seller can sign in there: the login is made on the way through onboarding.

    https://docs.stripe.com/connect/hosted-onboarding
    """
    return (
        seller.dashboard is Dashboard.FULL
        and seller.stripe_id is not None
        and seller.details_submitted
        and seller.deauthorized_at is None
    )


def full_address(api_base: str | None) -> str:
    """Where to sign in: at Stripe, or at the sandbox when `api_base` is its address."""
    return f"{api_base}/dashboard" if api_base else STRIPE
