"""Looking sellers up, by what the rows say; nothing here asks Stripe.

The rule that bites: a row says what Stripe said when `refreshed_at` was written, so whether
somebody can be bought from is judged anew at every sale.
https://docs.stripe.com/connect/account-capabilities
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from marketplace import charges
from marketplace.accounts.state import Task
from marketplace.accounts.state import tasks as tasks_of
from marketplace.charges.fees import Terms
from marketplace.design import ChargeType
from marketplace.lifecycles import SellerState
from marketplace.models import BankAccount, Invitation, PlatformSettings, Seller, User

PAGE = 25


def can_be_bought_from(seller: Seller) -> bool:
    """Tell whether a sale would reach this seller, by what Stripe last said of the account.

    A charge on the platform needs only that money can be transferred; a seller who is the merchant
    of record, as with direct charges and `on_behalf_of`, needs card payments too.
    https://docs.stripe.com/connect/account-capabilities
    """
    if seller.stripe_id is None or seller.deauthorized_at is not None:
        return False
    if seller.state is SellerState.RESTRICTED:
        return False
    needed = charges.capabilities(seller.charge_type, on_behalf_of=seller.on_behalf_of)
    if seller.charge_type is ChargeType.DIRECT and not seller.charges_enabled:
        return False
    if "card_payments" in needed and seller.capabilities.get("card_payments") != "active":
        return False
    return "transfers" not in needed or seller.transfers_active


def terms(agreed: Seller | PlatformSettings | Invitation) -> Terms:
    """The commission that was agreed with a seller, in the shop's currency, or is offered to one.

    Of a sale, ask `platform.terms_in`.
    """
    return Terms(agreed.fee_bps, agreed.fee_fixed, agreed.fee_min, agreed.fee_max)


def tasks(seller: Seller) -> tuple[Task, ...]:
    """What Stripe wants to know of this seller, in plain words, most urgent first. No query."""
    return tasks_of(seller.requirements)


def of(session: orm.Session, user: User) -> Seller | None:
    """The shop of this person."""
    return session.scalar(sa.select(Seller).where(Seller.user_id == user.id))


def by_stripe_id(session: orm.Session, stripe_account_id: str) -> Seller | None:
    """The seller whose connected account this is."""
    return session.scalar(sa.select(Seller).where(Seller.stripe_id == stripe_account_id))


def by_slug(session: orm.Session, slug: str) -> Seller | None:
    """The seller whose shop has this name in addresses."""
    return session.scalar(sa.select(Seller).where(Seller.slug == slug))


def page(
    session: orm.Session,
    *,
    before: int | None = None,
    state: SellerState | None = None,
    limit: int = PAGE,
) -> Sequence[Seller]:
    """Sellers for the platform, newest first, below the id `before`; one query."""
    query = sa.select(Seller).order_by(Seller.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Seller.id < before)
    if state is not None:
        query = query.where(Seller.state == state)
    return session.scalars(query).all()


def count_by_state(session: orm.Session) -> Mapping[SellerState, int]:
    """How many sellers are in each state; every state is named."""
    query = sa.select(Seller.state, sa.func.count()).group_by(Seller.state)
    found: dict[SellerState, int] = {}
    found.update((state, count) for state, count in session.execute(query))
    return {state: found.get(state, 0) for state in SellerState}


def bank_accounts(session: orm.Session, seller: Seller) -> Sequence[BankAccount]:
    """Where this seller's payouts can go, the default first."""
    query = sa.select(BankAccount).where(BankAccount.seller_id == seller.id)
    order = (BankAccount.is_default.desc(), BankAccount.id)
    return session.scalars(query.order_by(*order)).all()
