"""Disputes: what the buyer's bank asks back, where it stands, and until when it can be answered.

The object is a Dispute, which lives where its charge lives: on the seller's account for a direct
charge, on the platform for every other. The rule that bites: the money is gone when the dispute
opens, not when it is lost, and on the platform's charges it is the platform's money, while the
seller keeps the share until a transfer is reversed. Here it is only read.
https://docs.stripe.com/connect/disputes
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import stripe as sdk
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql, sqlite

from marketplace import charges, clock, ledger, sellers
from marketplace.charges.strategy import Party
from marketplace.database import phase
from marketplace.gateway.client import acting_as
from marketplace.gateway.failures import translating
from marketplace.ledger.mirrors import id_of
from marketplace.lifecycles import DisputeStatus
from marketplace.models import Dispute, Order, OrderPart, Seller

PAGE = 20
OWNERS = ("order_id", "seller_id")
# Somebody has to answer, or lose.
UNANSWERED = (
    DisputeStatus.WARNING_NEEDS_RESPONSE,
    DisputeStatus.NEEDS_RESPONSE,
    DisputeStatus.APPEAL_NEEDS_RESPONSE,
)
_STATUSES = {status.value: status for status in DisputeStatus}
# https://docs.stripe.com/disputes/categories
REASONS: Mapping[str, str] = {
    "bank_cannot_process": "The bank could not process the payment.",
    "check_returned": "The check came back.",
    "credit_not_processed": "The buyer was promised money back and did not get it.",
    "customer_initiated": "The buyer asked the bank for the money.",
    "debit_not_authorized": "The buyer says the debit was not allowed.",
    "duplicate": "The buyer says it was charged twice.",
    "fraudulent": "The buyer says somebody else paid with the card.",
    "general": "The bank gives no particular reason.",
    "incorrect_account_details": "The account details were wrong.",
    "insufficient_funds": "The buyer's account did not cover it.",
    "noncompliant": "The bank says a rule of the card network was broken.",
    "product_not_received": "The buyer says the goods did not arrive.",
    "product_unacceptable": "The buyer says the goods were not as described.",
    "subscription_canceled": "The buyer says the subscription had ended.",
    "unrecognized": "The buyer does not recognise the payment.",
}


def explain(reason: str) -> str:
    """Why the money is asked back, in plain words; new reasons get a general answer."""
    return REASONS.get(reason, REASONS["general"])


def refresh(
    session: orm.Session, stripe: sdk.StripeClient, dispute_id: str, account: str | None
) -> Dispute | None:
    """Read a dispute from Stripe as `account` (None: the platform) and mirror it with its bookings.

    Returns None when it is about nothing of ours; a dispute on a seller's account is mirrored even
    when its charge is no order of ours. Raises StripeError. Commits.
    https://docs.stripe.com/api/disputes/retrieve
    """
    seller = sellers.by_stripe_id(session, account) if account else None
    session.commit()  # no transaction may stay open while Stripe is asked
    if account and (seller is None or seller.deauthorized_at is not None):
        return None  # an account that left can no longer be read
    asked = clock.now()
    with translating():
        found = stripe.v1.disputes.retrieve(
            dispute_id, {"expand": ["charge"]}, acting_as(account)
        ).to_dict()
    with phase(session):
        order = _order(session, found, account)
        if order is None and seller is None:
            return None
        whose = order.seller_id if order else None
        seller_id = seller.id if seller else whose
        _keep(session, found, account, seller_id, order.id if order else None, asked)
        for transaction in found.get("balance_transactions") or []:
            ledger.keep_transaction(
                session,
                transaction,
                account=account,
                seller_id=seller.id if seller else None,
                order_id=order.id if order else None,
            )
    if order is not None and account and found.get("balance_transactions"):
        _follow_bill(session, stripe, order, found)
    return session.scalar(sa.select(Dispute).where(Dispute.stripe_id == dispute_id))


def _follow_bill(
    session: orm.Session, stripe: sdk.StripeClient, order: Order, dispute: Mapping[str, Any]
) -> None:
    """Find what Stripe billed the platform for the dispute of a direct charge, where it pays."""
    if charges.of(order.charge_type).roles(order.fee_payer).pays_stripe_fee is Party.PLATFORM:
        for disputed_at in (None, dispute["created"]):  # the payment's own bill comes first
            ledger.record_bill(
                session,
                stripe,
                dispute["charge"],
                order_id=order.id,
                seller_id=order.seller_id,
                disputed_at=disputed_at,
            )


def for_seller(
    session: orm.Session, seller: Seller, *, before: int | None = None, limit: int = PAGE
) -> Sequence[Dispute]:
    """The disputes of what this seller sold, newest first, below the id `before`, with orders.

    Those of orders with other shops too: there the seller may know of the own part only.
    """
    has_part = sa.exists().where(
        OrderPart.order_id == Dispute.order_id, OrderPart.seller_id == seller.id
    )
    mine = sa.select(Dispute).where(sa.or_(Dispute.seller_id == seller.id, has_part))
    with_parts = orm.joinedload(Dispute.order).selectinload(Order.parts)
    return _page(session, mine.options(with_parts), before, limit)


def latest(
    session: orm.Session, *, before: int | None = None, limit: int = PAGE
) -> Sequence[Dispute]:
    """All disputes for the platform, newest first, below the id `before`, with orders and shops."""
    return _page(session, sa.select(Dispute), before, limit)


def unanswered(session: orm.Session) -> int:
    """How many disputes wait for an answer."""
    query = sa.select(sa.func.count()).select_from(Dispute).where(Dispute.status.in_(UNANSWERED))
    return session.scalar(query) or 0


def _page(
    session: orm.Session, query: sa.Select[Dispute], before: int | None, limit: int
) -> Sequence[Dispute]:
    if before is not None:
        query = query.where(Dispute.id < before)
    query = query.options(orm.joinedload(Dispute.order), orm.joinedload(Dispute.seller))
    return session.scalars(query.order_by(Dispute.id.desc()).limit(limit)).all()


def _order(session: orm.Session, dispute: Mapping[str, Any], account: str | None) -> Order | None:
    charge = dispute["charge"]
    group = charge.get("transfer_group") if isinstance(charge, Mapping) else None
    return ledger.charged_order(
        session, charges=[id_of(charge)], transfer_group=group, account=account
    )


def _keep(
    session: orm.Session,
    dispute: Mapping[str, Any],
    account: str | None,
    seller_id: int | None,
    order_id: int | None,
    asked: datetime,
) -> None:
    """Insert or bring up to date in one statement; of two answers the one asked for later stays."""
    evidence = dispute.get("evidence_details") or {}
    due = evidence.get("due_by")
    facts: dict[str, Any] = {
        "account": account,
        "seller_id": seller_id,
        "order_id": order_id,
        "charge": id_of(dispute["charge"]),
        "amount": dispute["amount"],
        "currency": dispute["currency"],
        "reason": dispute["reason"],
        "status": _STATUSES[dispute["status"]],
        "due_by": clock.from_unix(due) if due else None,
        "answered": bool(evidence.get("submission_count")),
        "created": clock.from_unix(dispute["created"]),
        "refreshed_at": asked,
    }
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite.insert if is_sqlite else postgresql.insert)(Dispute)
    told = insert.excluded
    session.execute(
        insert.values({"stripe_id": dispute["id"], **facts}).on_conflict_do_update(
            index_elements=["stripe_id"],
            # An owner that is known is never overwritten by one that is not.
            set_=facts
            | {name: sa.func.coalesce(told[name], getattr(Dispute, name)) for name in OWNERS},
            where=Dispute.refreshed_at <= told.refreshed_at,
        )
    )
