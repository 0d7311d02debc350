"""The cards of a buyer: a local mirror of what is attached to their Customer.

Pages read the mirror; the return page, every event and the sweep end in `refresh`, which lists the
Customer's PaymentMethods anew. The rule that bites: one card may be attached twice, as two
PaymentMethods with the same fingerprint, so it is shown once and given up as a whole.
https://docs.stripe.com/api/payment_methods/customer_list
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.sql.selectable import Select
from stripe import StripeClient

from marketplace import clock
from marketplace.database import lock, phase
from marketplace.errors import NotFound, StripeError, StripeRefused, StripeUnavailable
from marketplace.gateway.failures import translating
from marketplace.models import Customer, SavedCard, User
from marketplace.wallet import customers

SWEEP = 50
# The most that Stripe lists at once; whoever keeps more cards sees the newest.
LISTED = 100

log = logging.getLogger(__name__)


def cards(session: orm.Session, buyer: User) -> Sequence[SavedCard]:
    """The cards that `buyer` keeps, newest first, each once; one query."""
    query = (
        _of(buyer)
        .where(SavedCard.removed_at.is_(None))
        .order_by(SavedCard.created.desc(), SavedCard.id.desc())
    )
    shown: dict[tuple[str, str], SavedCard] = {}
    for card in session.scalars(query):
        shown.setdefault((card.fingerprint, card.expires), card)
    return list(shown.values())


def card_of(session: orm.Session, buyer: User, card_id: int, *, removed: bool = False) -> SavedCard:
    """One card of `buyer` with its Customer; raises NotFound for anybody else's.

    With `removed`, one that was given up already is found as well.
    """
    query = _of(buyer).where(SavedCard.id == card_id)
    if not removed:
        query = query.where(SavedCard.removed_at.is_(None))
    card = session.scalar(query.options(orm.contains_eager(SavedCard.customer)))
    if card is None:
        raise NotFound("There is no such card in your wallet.")
    return card


def refresh(session: orm.Session, stripe: StripeClient, customer: Customer) -> None:
    """Bring the mirror of `customer` up to date; one call. Commits. Raises StripeError.

    https://docs.stripe.com/api/payment_methods/customer_list
    """
    stripe_id = customer.stripe_id
    session.commit()  # nothing stays open while Stripe thinks
    if stripe_id is None:
        return
    with translating():
        listed = stripe.v1.customers.payment_methods.list(
            stripe_id, {"type": "card", "limit": LISTED}
        )
    facts = [method.to_dict() for method in listed.data]
    with phase(session):
        lock(session, customer)
        if customer.stripe_id == stripe_id:
            _mirror(session, customer, facts)


def refresh_customer(session: orm.Session, stripe: StripeClient, customer_id: str) -> bool:
    """The same by the Customer's Stripe id; False when it is not ours."""
    row = customers.by_stripe_id(session, customer_id)
    if row is not None:
        refresh(session, stripe, row)
    return row is not None


def refresh_card(session: orm.Session, stripe: StripeClient, payment_method_id: str) -> bool:
    """The same by a PaymentMethod that was mirrored before; False when it was not."""
    row = session.scalar(
        sa.select(Customer)
        .join(SavedCard, SavedCard.customer_id == Customer.id)
        .where(SavedCard.stripe_id == payment_method_id)
    )
    if row is not None:
        refresh(session, stripe, row)
    return row is not None


def remove(session: orm.Session, stripe: StripeClient, card: SavedCard) -> None:
    """Give a card up, in every PaymentMethod it has; twice is once. Commits.

    From the first commit on it can pay nothing. Raises StripeError when Stripe could not be told;
    the sweep tells it later. https://docs.stripe.com/api/payment_methods/detach
    """
    with phase(session):
        same = sa.select(SavedCard).where(
            SavedCard.customer_id == card.customer_id,
            SavedCard.fingerprint == card.fingerprint,
            SavedCard.detached_at.is_(None),
        )
        given_up = session.scalars(same).all()
        for one in given_up:
            one.removed_at = one.removed_at or clock.now()
    for one in given_up:
        _detach(session, stripe, one)


def finish_removals(session: orm.Session, stripe: StripeClient, *, limit: int = SWEEP) -> int:
    """Detach what a crash, or a Stripe that did not answer, left attached. Commits.

    Returns how many cards were looked at. What stays goes to the end of the queue.
    """
    query = sa.select(SavedCard).where(
        SavedCard.removed_at.is_not(None), SavedCard.detached_at.is_(None)
    )
    left = session.scalars(query.order_by(SavedCard.updated_at, SavedCard.id).limit(limit)).all()
    for card in left:
        try:
            _detach(session, stripe, card)
        except StripeError as error:
            log.warning("card %s stays attached: %s", card.id, error.for_operator())
            with phase(session):
                card.updated_at = clock.now()
            if isinstance(error, StripeUnavailable):
                break
    return len(left)


def _detach(session: orm.Session, stripe: StripeClient, card: SavedCard) -> None:
    stripe_id = card.stripe_id
    session.commit()
    try:
        with translating():
            stripe.v1.payment_methods.detach(stripe_id)
    except StripeRefused:
        # It is detached already, or it was never more than that. If it is neither, Stripe says so.
        with translating():
            found = stripe.v1.payment_methods.retrieve(stripe_id)
        if found.customer is not None:
            raise
    with phase(session):
        card.detached_at = clock.now()


def _mirror(session: orm.Session, customer: Customer, facts: Sequence[Mapping[str, Any]]) -> None:
    """Make the rows of a Customer equal to what Stripe listed; what was given up stays so."""
    query = sa.select(SavedCard).where(SavedCard.customer_id == customer.id)
    known = {card.stripe_id: card for card in session.scalars(query)}
    for method in facts:
        shown = method["card"]
        card = known.pop(method["id"], None)
        if card is None:
            card = SavedCard(
                customer_id=customer.id,
                stripe_id=method["id"],
                created=datetime.fromtimestamp(method["created"], UTC),
            )
            session.add(card)
        card.fingerprint = shown.get("fingerprint") or method["id"]
        card.brand, card.last4 = shown["brand"], shown["last4"]
        card.exp_month, card.exp_year = shown["exp_month"], shown["exp_year"]
    if len(facts) < LISTED:
        for card in known.values():
            now = clock.now()
            card.removed_at, card.detached_at = card.removed_at or now, card.detached_at or now
    session.flush()


def _of(buyer: User) -> Select[SavedCard]:
    return sa.select(SavedCard).join(SavedCard.customer).where(Customer.user_id == buyer.id)
