"""The Express Dashboard: a small dashboard at Stripe that the seller enters through us.

The object is a LoginLink, made by the platform for one account. The rule that bites: the link signs
whoever holds it in, once, so it is made on the click of the signed-in owner, followed at once, and
never stored, logged or sent.
https://docs.stripe.com/connect/express-dashboard
"""

from stripe import StripeClient

from marketplace.design import Dashboard
from marketplace.errors import Conflict
from marketplace.gateway.failures import translating
from marketplace.models import Seller


def has_express(seller: Seller) -> bool:
    """Tell whether Stripe would give this seller a link: not before the questions are answered."""
    return (
        seller.dashboard is Dashboard.EXPRESS
        and seller.stripe_id is not None
        and seller.details_submitted
        and seller.deauthorized_at is None
    )


def express_link(stripe: StripeClient, seller: Seller) -> str:
    """A fresh address that opens the seller's Express Dashboard. One call, no transaction open.

    Raises Conflict for a seller who has none, or not yet.
    https://docs.stripe.com/api/accounts/login_link/create
    """
    if not has_express(seller) or seller.stripe_id is None:
        raise Conflict("The Stripe dashboard opens when your details are complete.")
    with translating():
        # No key of ours: every click needs a link of its own, and a repeated one would be used up.
        return stripe.v1.accounts.login_links.create(seller.stripe_id).url
