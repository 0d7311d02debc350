"""Opening a shop: a row of ours, before Stripe hears of anybody.

The rule that bites: most of the design is fixed when Stripe makes the account, so the row keeps its
own copy of every choice from the first day.
https://docs.stripe.com/connect/design-an-integration
"""

import re
import unicodedata
from dataclasses import asdict
from typing import Any

from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError

from marketplace import platform
from marketplace.accounts import countries
from marketplace.design import Design
from marketplace.design.acceptance import refuse
from marketplace.errors import Invalid
from marketplace.models import (
    AccountStatus,
    Invitation,
    PlatformSettings,
    Role,
    Seller,
    User,
)
from marketplace.sellers.lists import by_slug, of

LONGEST_NAME = 80
# What a shop is opened with besides its design.
AGREED = ("fee_bps", "fee_fixed", "fee_min", "fee_max", "split", "on_behalf_of", "transfer_when")


def open_shop(
    session: orm.Session,
    user: User,
    *,
    name: str,
    country: str,
    design: Design | None = None,
    terms: PlatformSettings | Invitation | None = None,
) -> Seller:
    """Open the shop of `user`, or return the one that is open already. Flushes, commits not.

    Sells in the currency of `country`, on `terms` or else on what the platform offers to
    everybody; a `design` stands above both. Most of it stays for good. Nothing is asked of Stripe
    yet. Raises Invalid with the fields that cannot be used, or with the name of the rule that
    forbids the design.
    """
    opened = of(session, user)
    if opened is not None:
        return opened
    agreed = terms or platform.settings(session)
    design = design or agreed.design
    refuse(design)
    name = " ".join(name.split())
    faults = {}
    if not 0 < len(name) <= LONGEST_NAME:
        faults["name"] = f"Write a name of at most {LONGEST_NAME} characters."
    if country not in countries.OFFERED:
        faults["country"] = "Choose a country from the list."
    if faults:
        raise Invalid("The shop cannot be opened like this.", faults)
    seller = Seller(
        user_id=user.id,
        shop_name=name,
        country=country,
        currency=countries.currency(country),
        email=user.email,
        **terms_as_columns(agreed, design),
    )
    if user.role is Role.BUYER:
        user.role = Role.SELLER
    return _insert(session, user, seller)


def adopt(session: orm.Session, user: User, invitation: Invitation, *, name: str) -> Seller:
    """Open the shop of `user` with the account that an invitation brings. Flushes, commits not.

    What Stripe says of the account is read by the next `refresh`. Raises Invalid with the fields
    that cannot be used.
    """
    name = " ".join((name or invitation.shop_name or "").split())
    if not 0 < len(name) <= LONGEST_NAME:
        fault = f"Write a name of at most {LONGEST_NAME} characters."
        raise Invalid("The shop cannot be opened like this.", {"name": fault})
    seller = Seller(
        user_id=user.id,
        shop_name=name,
        country=invitation.country or "",
        currency=invitation.currency or "",
        email=user.email,
        stripe_id=invitation.stripe_id,
        account_status=AccountStatus.CREATED,
        **terms_as_columns(invitation, invitation.design),
    )
    if user.role is Role.BUYER:
        user.role = Role.SELLER
    return _insert(session, user, seller)


def terms_as_columns(agreed: PlatformSettings | Invitation, design: Design) -> dict[str, Any]:
    """A design and the terms beside it, as the columns of a new `Seller`."""
    return asdict(design) | {name: getattr(agreed, name) for name in AGREED}


def _insert(session: orm.Session, user: User, seller: Seller) -> Seller:
    """Insert under the first free slug; two that open the same shop at once get the same one."""
    stem = _slug(seller.shop_name)
    for number in range(1, 100):
        seller.slug = stem if number == 1 else f"{stem}-{number}"
        if by_slug(session, seller.slug) is not None:
            continue
        try:
            with session.begin_nested():
                session.add(seller)
        except IntegrityError:
            opened = of(session, user)
            if opened is not None:
                return opened
            continue
        return seller
    raise Invalid("The shop cannot be opened like this.", {"name": "Choose another name."})


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:60].rstrip("-") or "shop"
