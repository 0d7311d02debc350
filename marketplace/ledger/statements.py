"""An account's own book, read for its owner: what came in, and each month in sums.

The rows are BalanceTransactions of one connected account, mirrored as Stripe told them. The rule
that bites: a destination or separate charge appears there as a payment of the share that was passed
on, a direct charge as the whole sale with its fees, so the same shop's figures differ by design and
each must be read from the account's own rows.
https://docs.stripe.com/reports/reporting-categories
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.expression import SQLColumnExpression

from marketplace.models import BalanceTransaction
from marketplace.money import Money

PAGE = 20
MONTHS = 24
SALE = "charge"
PAID_OUT = ("payout", "payout_reversal")


@dataclass(frozen=True, slots=True)
class Month:
    """One month in one currency, in UTC. What went out is negative; `net` is the sum of all."""

    first: datetime
    sales: Money
    fees: Money
    paid_out: Money
    other: Money
    net: Money


def sales(
    session: orm.Session, account: str, *, before: int | None = None, limit: int = PAGE
) -> Sequence[BalanceTransaction]:
    """What was paid to `account`, newest first, below the id `before`, each with its order."""
    query = (
        sa.select(BalanceTransaction)
        .where(
            BalanceTransaction.account == account,
            BalanceTransaction.reporting_category == SALE,
        )
        .options(orm.joinedload(BalanceTransaction.order))
        .order_by(BalanceTransaction.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(BalanceTransaction.id < before)
    return session.scalars(query).all()


def months(session: orm.Session, account: str, *, limit: int = MONTHS) -> list[Month]:
    """The last months of `account` in which something moved, newest first. One query."""
    year, month = _part(session, "year"), _part(session, "month")
    row = BalanceTransaction
    query = (
        sa.select(
            year,
            month,
            row.currency,
            _sum(sa.case((row.reporting_category == SALE, row.amount), else_=0)),
            _sum(-row.fee),
            _sum(sa.case((row.reporting_category.in_(PAID_OUT), row.amount), else_=0)),
            _sum(row.net),
        )
        .where(row.account == account)
        .group_by(year, month, row.currency)
        .order_by(year.desc(), month.desc(), row.currency)
        .limit(limit)
    )
    return [_month(found) for found in session.execute(query)]


def _month(found: Sequence[Any]) -> Month:
    year, month, currency, sold, fees, paid_out, net = found
    return Month(
        first=datetime(int(year), int(month), 1, tzinfo=UTC),
        sales=Money(int(sold), currency),
        fees=Money(int(fees), currency),
        paid_out=Money(int(paid_out), currency),
        other=Money(int(net) - int(sold) - int(fees) - int(paid_out), currency),
        net=Money(int(net), currency),
    )


def _sum(what: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    return sa.func.coalesce(sa.func.sum(what), 0)


def _part(session: orm.Session, name: str) -> ColumnElement[Any]:
    """The year or month of a row in UTC; PostgreSQL would take the server's own zone."""
    moment: SQLColumnExpression[datetime] = BalanceTransaction.created
    if session.get_bind().dialect.name == "postgresql":
        moment = sa.func.timezone("UTC", moment)
    return sa.extract(name, moment)
