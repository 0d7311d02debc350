"""The wallet of a buyer who signs in: cards kept at Stripe, to pay with one click.

A buyer is one Customer on the platform's own account, whatever the charge type of the shops they
buy from; a card is a PaymentMethod attached to it. For a direct charge it is cloned onto the
seller's account at the moment of paying. The rule that bites: a guest has no wallet, and nobody
names a card by Stripe's id; they name a row of their own, and what is not theirs does not exist.
https://docs.stripe.com/payments/save-and-reuse
https://docs.stripe.com/connect/direct-charges-multiple-accounts
"""

from marketplace.wallet.cards import (
    card_of,
    cards,
    finish_removals,
    refresh,
    refresh_card,
    refresh_customer,
    remove,
)
from marketplace.wallet.customers import customer, customer_of, forgotten
from marketplace.wallet.setups import setup_page, setup_secret

__all__ = [
    "card_of",
    "cards",
    "customer",
    "customer_of",
    "finish_removals",
    "forgotten",
    "refresh",
    "refresh_card",
    "refresh_customer",
    "remove",
    "setup_page",
    "setup_secret",
]
