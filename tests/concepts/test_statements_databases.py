"""Months and disputes on SQLite and on PostgreSQL: where they differ is written by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import orm

from marketplace import clock, disputes, ledger
from marketplace.lifecycles import DisputeStatus
from marketplace.models import BalanceTransaction, Dispute
from marketplace.money import Money
from tests import builders
from tests.webhooks.conftest import postgres, sessions

__all__ = ["postgres", "sessions"]  # fixtures: a database of each kind

Sessions = orm.sessionmaker[orm.Session]
# The last second of October in UTC, which is November already east of it and not yet west.
TURN = datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC)


def line(number: int, amount: int, created: datetime, **values: Any) -> BalanceTransaction:
    return BalanceTransaction(
        **{
            "stripe_id": f"txn_{number}",
            "account": "acct_1",
            "type": "charge",
            "reporting_category": "charge",
            "amount": amount,
            "fee": 0,
            "net": amount,
            "currency": "usd",
            "fee_details": [],
            "available_on": created,
            "status": "available",
            "created": created,
            **values,
        }
    )


def test_months_are_cut_in_utc_and_kept_apart_by_currency(sessions: Sessions) -> None:
    with sessions() as session:
        session.add_all(
            [
                line(1, 100, TURN),
                line(2, 200, TURN + timedelta(seconds=1), fee=20, net=180),
                line(3, 900, TURN + timedelta(days=1), currency="eur"),
                line(4, -150, TURN + timedelta(days=2), type="payout", reporting_category="payout"),
                line(5, 7777, TURN, account="acct_other"),
                line(6, 7777, TURN, account=None),
            ]
        )
        session.commit()
        found = ledger.months(session, "acct_1")
    told = [
        (it.first.month, it.net.currency, it.sales, it.fees, it.paid_out, it.net) for it in found
    ]
    assert told == [
        (11, "eur", *(Money(it, "eur") for it in (900, 0, 0, 900))),
        (11, "usd", *(Money(it, "usd") for it in (200, -20, -150, 30))),
        (10, "usd", *(Money(it, "usd") for it in (100, 0, 0, 100))),
    ]


def told(status: str, **values: Any) -> dict[str, Any]:
    """A dispute as Stripe tells it."""
    return {
        "id": "du_1",
        "charge": "ch_1",
        "amount": 1000,
        "currency": "usd",
        "reason": "fraudulent",
        "status": status,
        "created": 1_790_000_000,
        "evidence_details": {"due_by": 1_790_900_000, "submission_count": 0},
        **values,
    }


def test_of_two_answers_the_one_asked_for_later_stays_and_an_owner_is_kept(
    sessions: Sessions,
) -> None:
    now = clock.now()
    with sessions() as session:
        shop = builders.seller(session)
        keep = disputes._keep
        keep(session, told("needs_response"), None, shop.id, None, now)
        keep(session, told("lost"), None, None, None, now + timedelta(seconds=5))
        keep(session, told("under_review"), None, None, None, now + timedelta(seconds=3))
        session.commit()
        row = session.query(Dispute).one()
        assert (row.status, row.seller_id) == (DisputeStatus.LOST, shop.id)
        assert [it.id for it in disputes.for_seller(session, shop)] == [row.id]
