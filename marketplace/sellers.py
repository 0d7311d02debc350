"""Sellers: opening a shop, its connected account, and where it stands with Stripe.

A seller is a row of ours and an Account at Stripe. The rule that bites: an account may be made
twice. What we mean to do is committed before Stripe is asked, the key of the call comes from the
row's token, and a call whose outcome is unknown is repeated with that same key; the facts beside it
are only ever what Stripe said last, whatever event brought us to ask.
https://docs.stripe.com/connect/accounts
"""

import re
import secrets
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import stripe as sdk
from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError
from stripe import StripeClient

from marketplace import clock, lifecycles
from marketplace.accounts import countries, v1
from marketplace.accounts.state import AccountState, Bank, Task
from marketplace.accounts.state import tasks as tasks_of
from marketplace.database import lock, phase
from marketplace.design import AccountsApi, ChargeType, Design
from marketplace.errors import Invalid, StripeError, StripeMisconfigured, StripeRefused
from marketplace.gateway import keys
from marketplace.gateway.failures import translating
from marketplace.lifecycles import SellerState
from marketplace.models import AccountStatus, BankAccount, Role, Seller, User

LONGEST_NAME = 80
PAGE = 25
# Stripe forgets keys after a day at the earliest; until then the same key is safe.
KEY_LASTS = timedelta(hours=23)
GONE = frozenset({"account_invalid", "resource_missing"})


@dataclass(frozen=True, slots=True)
class Door:
    """How one Accounts API makes an account, reads one, and finds one that we lost sight of."""

    create: Callable[[StripeClient, Seller, str | None], AccountState]
    read: Callable[[StripeClient, str], AccountState]
    find: Callable[[StripeClient, Seller], AccountState | None]


def open_shop(session: orm.Session, user: User, *, name: str, country: str) -> Seller:
    """Open the shop of `user`, or return the one that is open already. Flushes, commits not.

    Sells in the currency of `country`. Nothing is asked of Stripe yet. Raises Invalid with the
    fields that cannot be used.
    """
    opened = of(session, user)
    if opened is not None:
        return opened
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
    )
    if user.role is Role.BUYER:
        user.role = Role.SELLER
    return _insert(session, user, seller)


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
    forgotten = asked_before and clock.now() - asked_at > KEY_LASTS
    found = _found(door, stripe, seller) if forgotten else None
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


def can_be_bought_from(seller: Seller) -> bool:
    """Tell whether a sale would reach this seller, by what Stripe last said of the account.

    A charge on the platform needs only that money can be transferred; a direct charge needs the
    seller's own card payments. https://docs.stripe.com/connect/account-capabilities
    """
    if seller.stripe_id is None or seller.deauthorized_at is not None:
        return False
    if seller.state is SellerState.RESTRICTED:
        return False
    if seller.charge_type is ChargeType.DIRECT:
        return seller.charges_enabled and seller.capabilities.get("card_payments") == "active"
    return seller.transfers_active


def design_of(seller: Seller) -> Design:
    """The choices that were made for this seller, most of them for good."""
    return Design(
        accounts_api=seller.accounts_api,
        onboarding=seller.onboarding,
        dashboard=seller.dashboard,
        fee_payer=seller.fee_payer,
        loss_owner=seller.loss_owner,
        charge_type=seller.charge_type,
    )


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


def _create_v1(stripe: StripeClient, seller: Seller, shop_url: str | None) -> AccountState:
    applicant = v1.Applicant(
        token=seller.token,
        shop_name=seller.shop_name,
        email=seller.email,
        country=seller.country,
        shop_url=shop_url,
    )
    account = stripe.v1.accounts.create(
        v1.create_params(design_of(seller), applicant),
        {"idempotency_key": keys.key("account", seller.token)},
    )
    return v1.state(account.to_dict())


def _read_v1(stripe: StripeClient, stripe_account_id: str) -> AccountState:
    return v1.state(stripe.v1.accounts.retrieve(stripe_account_id).to_dict())


def _find_v1(stripe: StripeClient, seller: Seller) -> AccountState | None:
    since = clock.to_unix(seller.created_at)
    listed = stripe.v1.accounts.list({"created": {"gte": since}, "limit": 100})
    states = (v1.state(account.to_dict()) for account in listed.auto_paging_iter())
    return next((it for it in states if it.metadata.get("seller") == seller.token), None)


DOORS: Mapping[AccountsApi, Door] = {AccountsApi.V1: Door(_create_v1, _read_v1, _find_v1)}
