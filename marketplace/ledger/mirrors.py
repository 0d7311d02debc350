"""Copying what Stripe says about money into our tables, once, however often it is told.

A balance transaction belongs to one balance and never changes except from pending to available. The
rule that bites: the same fact is told by several events at once, so a row is written by one
`INSERT … ON CONFLICT`, and an owner that is known is never overwritten by one that is not.
https://docs.stripe.com/api/balance_transactions
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql, sqlite

from marketplace import clock
from marketplace.charges import strategy
from marketplace.database import Base, phase
from marketplace.gateway.client import StripeClient, acting_as
from marketplace.gateway.failures import translating
from marketplace.models import ApplicationFee, BalanceTransaction, Order, Payment, Seller

Facts = Mapping[str, Any]
OWNERS = ("order_id", "seller_id")
ONLY_GROW = ("amount_reversed", "amount_refunded")
PAGE = 100
BILL = "stripe_fee"
BILLED_WITHIN = 3600


def keep_row(session: orm.Session, model: type[Base], values: Mapping[str, Any]) -> None:
    """Insert a mirror row, or bring the one with this `stripe_id` up to date. Commits not."""
    table = model.__table__
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(
        sa.inspect(model).local_table
    )
    fresh: dict[str, Any] = {}
    for name in values.keys() - {"stripe_id"}:
        told, known = insert.excluded[name], table.c[name]
        if name in OWNERS:
            told = sa.func.coalesce(told, known)
        elif name in ONLY_GROW:  # what was read earlier may be written later
            told = sa.case((told > known, told), else_=known)
        fresh[name] = told
    session.execute(
        insert.values(values).on_conflict_do_update(index_elements=["stripe_id"], set_=fresh)
    )


def keep_transaction(
    session: orm.Session,
    transaction: Facts,
    *,
    account: str | None,
    seller_id: int | None,
    order_id: int | None,
) -> None:
    """Mirror a balance transaction, as plain data, of `account` (None: the platform's balance)."""
    rate = transaction.get("exchange_rate")
    values = {
        name: transaction[name]
        for name in ("type", "reporting_category", "amount", "fee", "net", "currency", "status")
    }
    values |= {
        "stripe_id": transaction["id"],
        "account": account,
        "seller_id": seller_id,
        "order_id": order_id,
        "fee_details": list(transaction.get("fee_details") or []),
        "available_on": clock.from_unix(transaction["available_on"]),
        "source": id_of(transaction.get("source")),
        "exchange_rate": None if rate is None else str(rate),
        "created": clock.from_unix(transaction["created"]),
    }
    keep_row(session, BalanceTransaction, values)


def keep_application_fee(
    session: orm.Session, fee: Facts, *, seller_id: int | None, order_id: int | None
) -> None:
    """Mirror an application fee, and its balance transaction when that came expanded."""
    values = {
        "stripe_id": fee["id"],
        "order_id": order_id,
        "seller_id": seller_id,
        "amount": fee["amount"],
        "amount_refunded": fee.get("amount_refunded") or 0,
        "currency": fee["currency"],
        "charge": id_of(fee.get("charge")),
    }
    keep_row(session, ApplicationFee, values)
    transaction = fee.get("balance_transaction")
    if isinstance(transaction, Mapping):
        keep_transaction(session, transaction, account=None, seller_id=seller_id, order_id=order_id)


def record(
    session: orm.Session,
    stripe: StripeClient,
    *,
    account: str | None,
    source: str,
    order_id: int | None = None,
) -> int:
    """Ask for the balance transactions that `source` (a charge, a refund, …) made, and mirror them.

    One call, on `account`'s balance or the platform's when None. Returns how many there are. Raises
    StripeError. https://docs.stripe.com/api/balance_transactions/list
    """
    session.commit()  # nothing stays open while Stripe thinks
    with translating():
        found = stripe.v1.balance_transactions.list(
            {"source": source, "limit": PAGE}, acting_as(account)
        )
    rows = [transaction.to_dict() for transaction in found.data]
    with phase(session):
        seller_id = seller_of(session, account)
        for row in rows:
            keep_transaction(session, row, account=account, seller_id=seller_id, order_id=order_id)
    return len(rows)


def knows(
    session: orm.Session, *, account: str | None, source: str, order_id: int | None = None
) -> bool:
    """Tell whether a balance transaction of `source` on that balance is mirrored already.

    With `order_id`, only one that is known to belong to that order counts: an event may have told
    of it before anybody knew.
    """
    query = sa.select(BalanceTransaction.id).where(
        BalanceTransaction.source == source, BalanceTransaction.account == account
    )
    if order_id is not None:
        query = query.where(BalanceTransaction.order_id == order_id)
    return session.scalar(query.limit(1)) is not None


def record_bill(
    session: orm.Session,
    stripe: StripeClient,
    charge: Facts,
    *,
    order_id: int,
    seller_id: int | None,
    disputed_at: int | None = None,
) -> bool:
    """Mirror what Stripe billed the platform for a direct `charge`; False when it is not found.

    `disputed_at`, in unix time, asks for the bill of the charge's dispute, which is another one.
    One call, none when it is known. No object of the charge mentions the bill, and how to tell it
    from others is not documented: it is looked for among the platform's `stripe_fee` transactions
    of that hour by the charge's id, as source or in the description. What is not found stays an
    estimate in the story. Raises StripeError.
    https://docs.stripe.com/connect/direct-charges-fee-payer-behavior
    """
    known = sa.select(sa.func.count(BalanceTransaction.id)).where(
        BalanceTransaction.order_id == order_id, BalanceTransaction.type == BILL
    )
    if session.scalars(known).one() > (disputed_at is not None):
        return True
    session.commit()
    booked = charge.get("balance_transaction")
    charged = booked["created"] if isinstance(booked, Mapping) else charge["created"]
    since = charged if disputed_at is None else disputed_at
    with translating():
        found = stripe.v1.balance_transactions.list(
            {"type": BILL, "created": {"gte": since, "lte": since + BILLED_WITHIN}, "limit": PAGE}
        )
    names = ((row, f"{id_of(row.source)} {row.description}") for row in found.data)
    mine = [row.to_dict() for row, name in names if charge["id"] in name]
    with phase(session):
        for row in reversed(mine):  # from the oldest on: that of the payment comes first
            keep_transaction(session, row, account=None, seller_id=seller_id, order_id=order_id)
    return bool(mine)


def record_disputes(
    session: orm.Session, stripe: StripeClient, charge: Facts, *, order_id: int
) -> None:
    """Mirror what banks took of a `charge` of the platform's, before any event tells of it.

    One call if it is disputed, else none. Commits. Raises StripeError.
    https://docs.stripe.com/api/disputes/list
    """
    if not charge.get("disputed"):
        return
    session.commit()  # nothing stays open while Stripe thinks
    with translating():
        found = stripe.v1.disputes.list({"charge": charge["id"], "limit": PAGE})
    disputes = [dispute.to_dict() for dispute in found.data]
    with phase(session):
        for row in (row for it in disputes for row in it.get("balance_transactions") or []):
            keep_transaction(session, row, account=None, seller_id=None, order_id=order_id)


def refresh_application_fee(session: orm.Session, stripe: StripeClient, fee_id: str) -> bool:
    """Read an application fee, and what went back of it, from Stripe and mirror both.

    One call; one more on the seller's balance once something went back, and one for each further
    hundred. Returns whether it belongs to an order of ours. Raises StripeError.
    https://docs.stripe.com/api/application_fees/retrieve
    """
    session.commit()
    with translating():
        fee = stripe.v1.application_fees.retrieve(fee_id, {"expand": _OF_FEE}).to_dict()
    origin, account = fee.get("originating_transaction"), id_of(fee.get("account"))
    group = origin.get("transfer_group") if isinstance(origin, Mapping) else None
    refunds = _fee_refunds(stripe, fee)
    with phase(session):
        charges = [id_of(origin), id_of(fee.get("charge"))]
        order = charged_order(session, charges=charges, transfer_group=group, account=account)
        seller_id = order.seller_id if order else seller_of(session, account)
        owned = {"seller_id": seller_id, "order_id": order.id if order else None}
        keep_application_fee(session, fee, **owned)
        for refund in refunds:
            booking = refund.get("balance_transaction")
            if isinstance(booking, Mapping):
                keep_transaction(session, booking, account=None, **owned)
    if refunds and order is not None:
        _record_returned(session, stripe, fee, order.id)
    return order is not None


_OF_FEE = ["balance_transaction", "originating_transaction", "refunds.data.balance_transaction"]


def _fee_refunds(stripe: StripeClient, fee: Facts) -> Sequence[Facts]:
    """All refunds of a fee, which itself shows the latest ten.

    https://docs.stripe.com/api/fee_refunds/list
    """
    shown = fee.get("refunds") or {}
    if not shown.get("has_more"):
        return list(shown.get("data", ()))
    with translating():
        listed = stripe.v1.application_fees.refunds.list(
            fee["id"], {"limit": PAGE, "expand": ["data.balance_transaction"]}
        )
        return [refund.to_dict() for refund in listed.auto_paging_iter()]


def _record_returned(session: orm.Session, stripe: StripeClient, fee: Facts, order_id: int) -> None:
    """Mirror commission that came back without a refund on the balance of the seller who paid it.

    Nothing of the fee names that line; it is looked for at the seller's charge. An account that has
    left cannot be read any more.
    """
    account, charge = id_of(fee.get("account")), id_of(fee.get("charge"))
    left = sa.select(Seller.deauthorized_at).where(Seller.stripe_id == account)
    if account and charge and session.scalar(left) is None:
        record(session, stripe, account=account, source=charge, order_id=order_id)


def charged_order(
    session: orm.Session,
    *,
    charges: list[str | None],
    transfer_group: str | None,
    account: str | None = None,
) -> Order | None:
    """The order that a charge or a transfer group belongs to; None when it is not one of ours.

    A charge counts on the platform, and on the connected `account` it is said to be of.
    """
    known = [charge for charge in charges if charge]
    here = sa.or_(Payment.stripe_account.is_(None), Payment.stripe_account == account)
    query = sa.select(Order).join(Payment).where(Payment.charge_id.in_(known), here).limit(1)
    order = session.scalar(query) if known else None
    reference = strategy.reference_of(transfer_group)
    if order is None and reference:
        order = session.scalar(sa.select(Order).where(Order.token == reference))
    return order


def seller_of(session: orm.Session, account: str | None) -> int | None:
    """The id of the seller with this Stripe account; None for the platform and for strangers."""
    if account is None:
        return None
    return session.scalar(sa.select(Seller.id).where(Seller.stripe_id == account))


def id_of(value: object) -> str | None:
    """The id of what Stripe sent as an id, or expanded as an object."""
    if isinstance(value, Mapping):
        return str(value["id"])
    return None if value is None else str(value)
