"""Sellers: opening a shop, its connected account, and where it stands with Stripe.

A seller is a row of ours and an Account at Stripe: `opening` makes the row, `accounts` the account
and keeps what Stripe says of it, `doors` knows the two APIs, `lists` looks rows up. The rule that
bites: an account is never trusted from an event or a form; `refresh` reads it from Stripe, whoever
brought the news.
https://docs.stripe.com/connect/accounts
"""

from marketplace.sellers.accounts import deauthorized, ensure_account, refresh
from marketplace.sellers.agreements import Agreement, change, is_fixed, lacking
from marketplace.sellers.doors import DOORS, Door
from marketplace.sellers.importing import Found, look_up
from marketplace.sellers.lists import (
    PAGE,
    bank_accounts,
    by_slug,
    by_stripe_id,
    can_be_bought_from,
    count_by_state,
    of,
    page,
    tasks,
    terms,
)
from marketplace.sellers.opening import (
    LONGEST_NAME,
    LONGEST_TOLD,
    About,
    adopt,
    open_shop,
    suitable,
)
from marketplace.sellers.walls import refusal

__all__ = [
    "DOORS",
    "LONGEST_NAME",
    "LONGEST_TOLD",
    "PAGE",
    "About",
    "Agreement",
    "Door",
    "Found",
    "adopt",
    "bank_accounts",
    "by_slug",
    "by_stripe_id",
    "can_be_bought_from",
    "change",
    "count_by_state",
    "deauthorized",
    "ensure_account",
    "is_fixed",
    "lacking",
    "look_up",
    "of",
    "open_shop",
    "page",
    "refresh",
    "refusal",
    "suitable",
    "tasks",
    "terms",
]
