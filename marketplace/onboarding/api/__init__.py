"""API onboarding: our own forms, made from what Stripe says that it wants to know.

`saving.dossier` reads what Stripe holds and asks, `steps` makes pages of it, `questions` knows how
to ask for each name, `answers` reads what was typed, `v1` and `v2` put it into the words of the two
APIs, `saving`, `uploads` and `banks` send it. Nothing personal is kept: it passes through and is
read back from Stripe. The rule that bites: only a platform that pays the fees, bears the losses and
gives no Stripe dashboard may ask for the seller's data itself, and it has to keep its forms up to
date (`review`).

Accounts of a French platform, and v2 accounts of some others, take personal data only as tokens
made in the browser (`account_token_required_for_v2_account`); these forms send them from the
server, so such a platform uses hosted or embedded onboarding.
https://docs.stripe.com/connect/api-onboarding https://docs.stripe.com/connect/account-tokens
"""

from sqlalchemy import orm
from stripe import StripeClient

from marketplace.errors import Conflict
from marketplace.models import Seller
from marketplace.onboarding.addresses import Addresses
from marketplace.onboarding.api.saving import is_open

__all__ = ["is_open", "link"]


def link(
    _session: orm.Session, _stripe: StripeClient, seller: Seller, addresses: Addresses, /
) -> str:
    """The address of our page with the questions. No call: the page asks Stripe itself.

    Raises Conflict for a seller whose questions are Stripe's to ask, or whose account left.
    """
    if not is_open(seller):
        raise Conflict("Stripe asks the questions of this shop itself.")
    return addresses.page_url
