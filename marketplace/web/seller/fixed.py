"""What Stripe fixed when the account was made, in words for the seller.

A pure reading of the seller's row. The rule that bites: nobody can change these, neither the
seller nor the platform nor Stripe's support, so the page says what they mean and offers no button.
https://docs.stripe.com/connect/design-an-integration
"""

from collections.abc import Mapping
from dataclasses import dataclass

from babel import Locale

from marketplace.design import Dashboard, FeePayer, LossOwner
from marketplace.models import Seller


@dataclass(frozen=True, slots=True)
class Fixed:
    """One thing that is as it is: what it is called, and what it means."""

    title: str
    text: str


_DASHBOARDS: Mapping[Dashboard, str] = {
    Dashboard.FULL: "Stripe's own, with a login of yours.",
    Dashboard.EXPRESS: "A small one at Stripe, which you open from here.",
    Dashboard.NONE: "None at Stripe: everything is shown on these pages.",
}
_FEES: Mapping[FeePayer, str] = {
    FeePayer.SELLER: "You: Stripe takes them from what you sell.",
    FeePayer.PLATFORM: "The marketplace, out of its commission.",
}
_LOSSES: Mapping[LossOwner, str] = {
    LossOwner.STRIPE: "Stripe, if you cannot pay it back.",
    LossOwner.PLATFORM: "The marketplace, if you cannot pay it back.",
}


def fixed(seller: Seller) -> list[Fixed]:
    """What was decided with the account; nothing while there is none."""
    if seller.stripe_id is None:
        return []
    country = Locale("en").territories.get(seller.country, seller.country)
    return [
        Fixed("Dashboard", _DASHBOARDS[seller.dashboard]),
        Fixed("Who pays Stripe's fees", _FEES[seller.fee_payer]),
        Fixed("Who bears a negative balance", _LOSSES[seller.loss_owner]),
        Fixed("Country", f"{country}."),
    ]
