"""A seller's connected account: made once whatever happens, read anew after every event.

The rule that bites: an account may be made twice. What we mean to do is committed before Stripe is
asked, the key of the call comes from the row's token, and a call whose outcome is unknown is
repeated with that same key; the facts beside it are only ever what Stripe said last, whatever event
brought us to ask.
https://docs.stripe.com/connect/accounts
"""

import secrets
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
import stripe as sdk
from sqlalchemy import orm
from stripe import StripeClient

from marketplace import clock, lifecycles
from marketplace.accounts.state import AccountState, Bank
from marketplace.database import lock, phase
from marketplace.errors import StripeError, StripeMisconfigured, StripeRefused
from marketplace.gateway import keys
from marketplace.gateway.failures import translating
from marketplace.lifecycles import SellerState
from marketplace.models import AccountStatus, BankAccount, Seller
from marketplace.sellers.doors import DOORS, Door
from marketplace.sellers.lists import by_stripe_id

GONE = frozenset({"account_invalid", "not_found", "resource_missing"})


def ensure_account(
    session: orm.Session, stripe: StripeClient, seller: Seller, *, shop_url: str | None = None
) -> Seller:
    """Make sure that `seller` has a connected account: at most one call that makes one.

    Survives a crash at every point: the second try brings back what the first one made. Commits.
    Raises StripeUnavailable (try again, nothing is doubled), StripeRefused or StripeMisconfigured.
    https://docs.stripe.com/api/accounts/create
    """
    with phase(session):
        lock(session, seller)
        asked_before = seller.account_status is AccountStatus.REQUESTED
        asked_at = seller.updated_at
        if seller.stripe_id is None and not asked_before:
            seller.account_status = AccountStatus.REQUESTED
    if seller.stripe_id is not None:
        return seller
    door = DOORS[seller.accounts_api]
    lost = asked_before and keys.forgotten(asked_at)
    found = _found(door, stripe, seller) if lost else None
    began = clock.now()
    state = found or _make(session, stripe, seller, shop_url, asked_before=asked_before)
    with phase(session):
        lock(session, seller)
        seller.stripe_id = state.stripe_id
        seller.account_status = AccountStatus.CREATED
        _apply(session, seller, state, began)
    return seller


def refresh(
    session: orm.Session,
    stripe: StripeClient,
    stripe_account_id: str,
    *,
    heard_at: datetime | None = None,
) -> Seller | None:
    """Read the account at Stripe and write what it says; None when it is no seller of ours.

    The one door for facts: events (late, doubled, in any order), the return page and "check again"
    all come here. Of two that overlap, the one that asked later wins. Who comes because of an event
    says when it was heard: an account that was read since then knows of it, and one onboarding,
    which raises a dozen events within a second, is read twice instead of a dozen times. Commits.
    https://docs.stripe.com/api/accounts/retrieve
    """
    seller = by_stripe_id(session, stripe_account_id)
    session.commit()  # no transaction may stay open while Stripe is asked
    if seller is None or (heard_at and seller.refreshed_at and seller.refreshed_at > heard_at):
        return seller
    asked_at = clock.now()
    try:
        with translating():
            state = DOORS[seller.accounts_api].read(stripe, stripe_account_id)
    except StripeError as error:
        if seller.deauthorized_at is not None and error.code in GONE:
            return seller  # it left, and Stripe says so: nothing to learn
        raise
    with phase(session):
        lock(session, seller)
        if seller.refreshed_at is None or seller.refreshed_at <= asked_at:
            _apply(session, seller, state, asked_at)
    return seller


def deauthorized(session: orm.Session, stripe_account_id: str) -> Seller | None:
    """Remember that the account left the platform, or was deleted; its id is kept. Flushes.

    https://docs.stripe.com/api/events/types#event_types-account.application.deauthorized
    """
    seller = by_stripe_id(session, stripe_account_id)
    if seller is None:
        return None
    lock(session, seller)
    seller.deauthorized_at = seller.deauthorized_at or clock.now()
    seller.charges_enabled = seller.payouts_enabled = seller.transfers_active = False
    seller.state = lifecycles.move(SellerState, seller.state, SellerState.RESTRICTED)
    session.flush()
    return seller


def _make(
    session: orm.Session,
    stripe: StripeClient,
    seller: Seller,
    shop_url: str | None,
    *,
    asked_before: bool,
) -> AccountState:
    """Call for the account; what a refusal means for the key is decided here."""
    door = DOORS[seller.accounts_api]
    try:
        with translating():
            return door.create(stripe, seller, shop_url)
    except (StripeRefused, StripeMisconfigured) as error:
        if isinstance(error.__cause__, sdk.IdempotencyError):
            # An earlier call went out with other parameters (say, PUBLIC_URL changed since), and
            # nobody knows what became of it.
            found = _found(door, stripe, seller)
            if found is not None:
                return found
        elif asked_before and isinstance(error, StripeMisconfigured):
            raise  # turned away at the door: that tells nothing of the call before
        with phase(session):
            # Stripe keeps the refusal under its key for a day. It made nothing, so a new token
            # (hence a new key) lets the next try be judged anew.
            lock(session, seller)
            seller.token = secrets.token_hex(12)
            seller.account_status = AccountStatus.NONE
        raise


def _found(door: Door, stripe: StripeClient, seller: Seller) -> AccountState | None:
    with translating():
        return door.find(stripe, seller)


def _apply(session: orm.Session, seller: Seller, state: AccountState, asked_at: datetime) -> None:
    left = seller.deauthorized_at is not None
    target = SellerState.RESTRICTED if left else state.state
    seller.state = lifecycles.move(SellerState, seller.state, target)
    seller.details_submitted = state.details_submitted
    seller.charges_enabled = state.charges_enabled and not left
    seller.payouts_enabled = state.payouts_enabled and not left
    seller.transfers_active = state.transfers_active and not left
    seller.capabilities = dict(state.capabilities)
    seller.requirements = state.requirements_as_json()
    seller.deadline = state.deadline
    seller.disabled_reason = state.disabled_reason
    seller.refreshed_at = asked_at
    _keep_banks(session, seller, state.banks)
    session.flush()


def _keep_banks(session: orm.Session, seller: Seller, banks: Sequence[Bank]) -> None:
    query = sa.select(BankAccount).where(BankAccount.seller_id == seller.id)
    rows = session.scalars(query, execution_options={"populate_existing": True})
    kept = {row.stripe_id: row for row in rows}
    for bank in banks:
        row = kept.pop(bank.stripe_id, None)
        if row is None:
            row = BankAccount(seller_id=seller.id, stripe_id=bank.stripe_id)
            session.add(row)
        row.bank_name, row.last4 = bank.bank_name, bank.last4
        row.currency, row.country = bank.currency, bank.country
        row.status, row.is_default = bank.status, bank.is_default
    for row in kept.values():
        session.delete(row)
