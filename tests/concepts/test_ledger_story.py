"""The money story and the invariants, from rows as Stripe documents them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from marketplace import clock, ledger, transfers
from marketplace.charges.strategy import Kind, Party
from marketplace.lifecycles import OrderStatus
from marketplace.models import BalanceTransaction, Order, Seller, Transfer
from marketplace.money import Money
from tests import builders

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def transaction(name: str, type_: str, amount: int, **values: Any) -> dict[str, Any]:
    fees = values.pop("fees", {})
    details = [{"type": kind, "amount": fee, "currency": "usd"} for kind, fee in fees.items()]
    fee = sum(fees.values())
    return {
        "id": f"txn_{name}",
        "type": type_,
        "reporting_category": type_,
        "amount": amount,
        "fee": fee,
        "net": amount - fee,
        "fee_details": details,
        "currency": "usd",
        "status": "pending",
        "source": name,
        "exchange_rate": None,
        "created": clock.to_unix(NOW),
        "available_on": clock.to_unix(NOW + timedelta(days=2)),
        **values,
    }


def book_the_example(session: orm.Session, order: Order, seller: Seller) -> None:
    """The example of Stripe's page: 10.00, fee 1.23, Stripe's fee 0.59."""
    owned = {"seller_id": seller.id, "order_id": order.id}
    charge = transaction("ch_1", "charge", 1000, fees={"stripe_fee": 59})
    ledger.keep_transaction(session, charge, account=None, **owned)
    transfer = {
        "id": "tr_1",
        "amount": 1000,
        "currency": "usd",
        "destination": seller.stripe_id,
        "destination_payment": "py_1",
        "source_transaction": "ch_1",
        "created": clock.to_unix(NOW),
        "balance_transaction": transaction("tr_1", "transfer", -1000),
    }
    transfers.keep(session, transfer, order_id=order.id)
    fee = {
        "id": "fee_1",
        "amount": 123,
        "currency": "usd",
        "charge": "ch_1",
        "balance_transaction": transaction("fee_1", "application_fee", 123),
    }
    ledger.keep_application_fee(session, fee, **owned)
    arrival = transaction("py_1", "payment", 1000, fees={"application_fee": 123})
    ledger.keep_transaction(session, arrival, account=seller.stripe_id, **owned)
    session.commit()


@pytest.fixture
def bea(session: orm.Session) -> Seller:
    """A seller who can be paid."""
    return builders.seller(session, "Bea's Bowls")


@pytest.fixture
def paid(session: orm.Session, bea: Seller) -> Order:
    """An order of 10.00 with a commission of 1.23, paid; its money is not booked yet."""
    return builders.order(
        session, bea, 1000, application_fee_amount=123, status=OrderStatus.PAID, paid_at=NOW
    )


def holdings(story: ledger.MoneyStory) -> dict[Party, list[Money]]:
    return {holding.party: list(holding.amounts) for holding in story.holdings}


def usd(amount: int) -> list[Money]:
    return [Money(amount, "usd")]


def test_before_anything_is_known_the_story_says_what_to_expect(
    session: orm.Session, bea: Seller
) -> None:
    order = builders.order(session, bea, 1000, application_fee_amount=123)
    story = ledger.story(session, order)
    assert all(movement.expected for movement in story.movements)
    assert holdings(story) == {
        Party.BUYER: usd(-1000),
        Party.PLATFORM: usd(64),
        Party.SELLER: usd(877),
        Party.STRIPE: usd(59),
    }


def test_the_confirmed_story_is_stripes_example_to_the_cent(
    session: orm.Session, bea: Seller, paid: Order
) -> None:
    book_the_example(session, paid, bea)
    story = ledger.story(session, paid)
    assert not story.expected
    assert [(m.kind, m.money, m.object_id) for m in story.movements] == [
        (Kind.CHARGE, Money(1000, "usd"), "ch_1"),
        (Kind.STRIPE_FEE, Money(59, "usd"), "txn_ch_1"),
        (Kind.TRANSFER, Money(1000, "usd"), "tr_1"),
        (Kind.APPLICATION_FEE, Money(123, "usd"), "fee_1"),
    ]
    assert story.movements[2].sentence == "The marketplace passed the payment on to Bea's Bowls."
    assert holdings(story) == {
        Party.BUYER: usd(-1000),
        Party.PLATFORM: usd(64),
        Party.SELLER: usd(877),
        Party.STRIPE: usd(59),
    }
    assert story.of(Party.SELLER).available_on == NOW + timedelta(days=2)
    assert ledger.check(session) == []


def test_what_is_not_in_yet_is_marked_and_the_rest_is_not(
    session: orm.Session, bea: Seller, paid: Order
) -> None:
    # Of the payment, and the tax that some countries put on it.
    charge = transaction("ch_1", "charge", 1000, fees={"stripe_fee": 55, "tax": 6})
    ledger.keep_transaction(session, charge, account=None, seller_id=bea.id, order_id=paid.id)
    session.commit()
    story = ledger.story(session, paid)
    assert {movement.kind: movement.expected for movement in story.movements} == {
        Kind.CHARGE: False,
        Kind.STRIPE_FEE: False,
        Kind.TRANSFER: True,
        Kind.APPLICATION_FEE: True,
    }
    assert holdings(story)[Party.PLATFORM] == usd(62)  # the true fee, not the estimate


def test_being_told_twice_changes_nothing_and_an_owner_is_never_forgotten(
    session: orm.Session, bea: Seller, paid: Order
) -> None:
    book_the_example(session, paid, bea)
    book_the_example(session, paid, bea)
    charge = transaction("ch_1", "charge", 1000, fees={"stripe_fee": 59}, status="available")
    ledger.keep_transaction(session, charge, account=None, seller_id=None, order_id=None)
    session.commit()
    rows = session.scalars(sa.select(BalanceTransaction)).all()
    assert len(rows) == 4
    assert {row.order_id for row in rows} == {paid.id}
    assert next(row for row in rows if row.source == "ch_1").status == "available"


def test_a_reversal_that_is_read_early_and_written_late_is_not_taken_back(
    session: orm.Session, bea: Seller
) -> None:
    transfer = {
        "id": "tr_2",
        "amount": 1000,
        "currency": "usd",
        "destination": bea.stripe_id,
        "created": clock.to_unix(NOW),
    }
    transfers.keep(session, {**transfer, "amount_reversed": 400}, order_id=None)
    transfers.keep(session, {**transfer, "amount_reversed": 0}, order_id=None)
    assert session.scalars(sa.select(Transfer.amount_reversed)).one() == 400


@pytest.mark.parametrize("status", [OrderStatus.EXPIRED, OrderStatus.CANCELLED, OrderStatus.FAILED])
def test_an_order_that_came_to_nothing_moves_no_money(
    session: orm.Session, bea: Seller, status: OrderStatus
) -> None:
    story = ledger.story(session, builders.order(session, bea, status=status))
    assert story.over
    assert story.movements == []
    assert all(holding.amounts == [] for holding in story.holdings)


def test_a_refund_that_no_balance_shows_yet_is_said_to_wait(
    session: orm.Session, bea: Seller, paid: Order
) -> None:
    book_the_example(session, paid, bea)
    assert not ledger.story(session, paid).refund_waits
    paid.status = OrderStatus.REFUNDED
    session.commit()
    assert ledger.story(session, paid).refund_waits
    refund = transaction("re_1", "refund", -1000)
    ledger.keep_transaction(session, refund, account=None, seller_id=bea.id, order_id=paid.id)
    session.commit()
    assert not ledger.story(session, paid).refund_waits


def test_without_a_rate_the_fee_is_unknown_and_not_invented(session: orm.Session) -> None:
    yuki = builders.seller(session, "Yuki", country="JP", currency="jpy")
    story = ledger.story(session, builders.order(session, yuki, 1000))
    assert story.fee_unknown
    assert holdings(story)[Party.STRIPE] == []


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        ("UPDATE balance_transactions SET net = 1 WHERE source = 'ch_1'", "net 1 is not"),
        ("UPDATE orders SET amount = 900", "was paid, and platform"),
        ("UPDATE orders SET application_fee_amount = 100", "commission of 123"),
        ("UPDATE transfers SET amount = 1001", "1001 was passed on"),
        ("UPDATE transfers SET amount_reversed = 1001", "more reversed"),
        ("UPDATE orders SET status = 'expired'", "is expired, and a charge"),
        ("DELETE FROM balance_transactions", "is paid, and no charge"),
        ("UPDATE balance_transactions SET account = 'acct_x' WHERE source = 'py_1'", "acct_x"),
        ("UPDATE application_fees SET amount_refunded = 124", "more given back"),
    ],
)
def test_damage_to_the_books_is_found(
    session: orm.Session, bea: Seller, paid: Order, damage: str, word: str
) -> None:
    book_the_example(session, paid, bea)
    session.execute(sa.text(damage))
    session.commit()
    session.expire_all()
    assert any(word in fault for fault in ledger.check(session))
