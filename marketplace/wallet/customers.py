"""A buyer's Customer at Stripe, made once, when there is first a card to keep.

The row with its random token is committed before Stripe is asked. The rule that bites: two clicks
at once must not make two Customers, so the token makes the idempotency key, and the row is unique
for the buyer. Stripe forgets the key after a day; an answer that was lost before is looked for, by
the token in the metadata, and not asked for again. https://docs.stripe.com/api/customers/create
"""

import secrets
from contextlib import suppress

import sqlalchemy as sa
import stripe as sdk
from sqlalchemy import orm
from sqlalchemy.exc import IntegrityError
from stripe import StripeClient

from marketplace import clock
from marketplace.database import lock, phase
from marketplace.errors import StripeRefused
from marketplace.gateway import keys
from marketplace.gateway.failures import translating
from marketplace.models import Customer, SavedCard, User

METADATA = "customer"  # the name under which our row's token stands there


def customer(session: orm.Session, stripe: StripeClient, buyer: User) -> Customer:
    """The Customer of `buyer`, made at Stripe if there is none. Commits.

    At most one call, and another one when the first try was more than a day ago. Raises
    StripeError; the same call again finishes what was begun.
    """
    row = _row(session, buyer)
    if row.stripe_id:
        return row
    token, email, name, asked_at = row.token, buyer.email, buyer.name, row.updated_at
    session.commit()  # nothing stays open while Stripe thinks
    with translating():
        made = _found(stripe, token, email) if keys.forgotten(asked_at) else None
        made = made or stripe.v1.customers.create(
            {"email": email, "name": name, "metadata": {METADATA: token}},
            {"idempotency_key": keys.key("customer", token)},
        )
    with phase(session):
        lock(session, row)
        row.stripe_id = made.id
    return row


def _found(stripe: StripeClient, token: str, email: str) -> sdk.Customer | None:
    """The Customer that an earlier try made, if any.

    Listed, because a search does not find what is new. https://docs.stripe.com/api/customers/list
    """
    listed = stripe.v1.customers.list({"email": email, "limit": 100})
    return next(
        (it for it in listed.auto_paging_iter() if getattr(it.metadata, METADATA, None) == token),
        None,
    )


def customer_of(session: orm.Session, buyer: User) -> Customer | None:
    """The row of `buyer`, if they ever kept a card or began to."""
    return session.scalar(sa.select(Customer).where(Customer.user_id == buyer.id))


def by_stripe_id(session: orm.Session, stripe_id: str) -> Customer | None:
    """The row of a Customer; None when it is not ours."""
    return session.scalar(sa.select(Customer).where(Customer.stripe_id == stripe_id))


def forgotten(session: orm.Session, stripe: StripeClient, stripe_id: str) -> bool:
    """Ask whether a Customer was deleted at Stripe, and if so forget it and its cards. Commits.

    Returns False when it is not ours. The next card makes a new Customer under a new key.
    https://docs.stripe.com/api/customers/retrieve
    """
    row = by_stripe_id(session, stripe_id)
    session.commit()  # nothing stays open while Stripe thinks
    if row is None:
        return False
    with suppress(StripeRefused), translating():  # refused: not even a trace of it is left
        if not getattr(stripe.v1.customers.retrieve(stripe_id), "deleted", False):
            return True
    with phase(session):
        lock(session, row)
        if row.stripe_id == stripe_id:
            row.stripe_id = row.setup_intent_id = row.setup_session_id = None
            row.token = secrets.token_hex(12)
            _forget_cards(session, row)
    return True


def _forget_cards(session: orm.Session, row: Customer) -> None:
    now = clock.now()
    for card in session.scalars(sa.select(SavedCard).where(SavedCard.customer_id == row.id)):
        card.removed_at, card.detached_at = card.removed_at or now, card.detached_at or now


def _row(session: orm.Session, buyer: User) -> Customer:
    row = customer_of(session, buyer)
    if row is not None:
        return row
    try:
        with phase(session):
            row = Customer(user_id=buyer.id)
            session.add(row)
    except IntegrityError:
        row = customer_of(session, buyer)  # the other one of two at once was first
        if row is None:
            raise
    return row
