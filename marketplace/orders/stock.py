"""Goods set aside for an attempt to pay, and put back exactly once when it comes to nothing.

Nothing here exists at Stripe. The rule that bites: "read how many, subtract, write" sells the last
one twice, so the database subtracts under a condition; and expiry, cancelling and failure may all
be told about one attempt, so its own flag decides who puts the goods back.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import orm

from marketplace.errors import SoldOut
from marketplace.models import OrderLine, Payment, Product


def reserve(session: orm.Session, goods: Iterable[tuple[int, int]]) -> None:
    """Set aside (product id, quantity) pairs. Commits not.

    Raises SoldOut, with nothing set aside once the caller's phase is rolled back.
    """
    for product_id, quantity in sorted(goods):
        taken = session.execute(
            sa.update(Product)
            .where(
                Product.id == product_id, sa.or_(Product.stock.is_(None), Product.stock >= quantity)
            )
            .values(stock=Product.stock - quantity)
            .execution_options(synchronize_session=False)
        )
        if _rows(taken) == 0:
            product = session.get_one(Product, product_id, populate_existing=True)
            raise SoldOut(product.title, product.stock or 0)


def release(session: orm.Session, payment: Payment) -> bool:
    """Put the goods of an attempt back on sale. Returns False when that was done before."""
    freed = session.execute(
        sa.update(Payment)
        .where(Payment.id == payment.id, Payment.stock_released.is_(False))
        .values(stock_released=True)
        .execution_options(synchronize_session=False)
    )
    if _rows(freed) == 0:
        return False
    session.refresh(payment, ["stock_released"])
    lines = session.execute(
        sa.select(OrderLine.product_id, OrderLine.quantity)
        .where(OrderLine.order_id == payment.order_id)
        .order_by(OrderLine.product_id)
    )
    for product_id, quantity in lines.all():
        session.execute(
            sa.update(Product)
            .where(Product.id == product_id)
            .values(stock=Product.stock + quantity)  # NULL, goods without end, stays NULL
            .execution_options(synchronize_session=False)
        )
    return True


def _rows(result: sa.Result[tuple[object, ...]]) -> int:
    return int(getattr(result, "rowcount", 0))
