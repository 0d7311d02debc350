"""Finding orders: one by its name, and lists for the buyer, the seller and the platform.

The rule that bites: an order's token is its key. Whoever has the address may see the order, so it
is never listed to anybody but its buyer, its seller and the platform.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.sql.selectable import Select

from marketplace.errors import NotFound
from marketplace.lifecycles import OrderStatus, PaymentStatus
from marketplace.models import Order, OrderPart, Payment, Seller, User

PAGE = 25
# The money is there, and the goods may still be with the seller.
TO_SEND = frozenset({OrderStatus.PAID, OrderStatus.PARTLY_REFUNDED})
_ALL = (
    orm.joinedload(Order.seller),
    orm.selectinload(Order.parts).joinedload(OrderPart.seller),
    orm.selectinload(Order.lines),
    orm.selectinload(Order.payments),
)


def load(session: orm.Session, token: str) -> Order:
    """The order of this token with its seller, lines and attempts; raises NotFound."""
    order = session.scalar(_complete(sa.select(Order).where(Order.token == token)))
    if order is None:
        raise NotFound("There is no such order.")
    return order


def of_seller(session: orm.Session, seller: Seller, order_id: int) -> Order:
    """One order in which this seller has a part, complete; raises NotFound for any other."""
    query = sa.select(Order).where(Order.id == order_id, _has_part(seller))
    order = session.scalar(_complete(query))
    if order is None:
        raise NotFound("There is no such order in your shop.")
    return order


def for_buyer(
    session: orm.Session, buyer: User, *, before: int | None = None, limit: int = PAGE
) -> Sequence[Order]:
    """The orders of a buyer, newest first, below the id `before`, with shop and lines."""
    return _page(session, sa.select(Order).where(Order.buyer_id == buyer.id), before, limit)


def for_seller(
    session: orm.Session,
    seller: Seller,
    *,
    before: int | None = None,
    status: OrderStatus | None = None,
    limit: int = PAGE,
) -> Sequence[Order]:
    """The orders in which a seller has a part, newest first, below the id `before`, with lines."""
    query = sa.select(Order).where(_has_part(seller))
    return _page(session, _of_status(query, status), before, limit)


def for_platform(
    session: orm.Session,
    *,
    before: int | None = None,
    status: OrderStatus | None = None,
    limit: int = PAGE,
) -> Sequence[Order]:
    """Every order, newest first, below the id `before`, with shop and lines."""
    return _page(session, _of_status(sa.select(Order), status), before, limit)


def held(session: orm.Session, *, limit: int = PAGE) -> Sequence[tuple[Order, str]]:
    """Orders whose payment does not fit them, with the reason: a person must look."""
    query = (
        sa.select(Order)
        .where(Order.held_because.is_not(None))
        .options(
            orm.joinedload(Order.seller), orm.selectinload(Order.parts).joinedload(OrderPart.seller)
        )
        .order_by(Order.id.desc())
        .limit(limit)
    )
    return [(order, order.held_because or "") for order in session.scalars(query)]


def refunds_failed(
    session: orm.Session, since: datetime, *, limit: int = PAGE
) -> Sequence[Payment]:
    """Payments whose refund did not reach the buyer, since a moment, latest first, with orders.

    Without those that were given again.
    """
    query = (
        sa.select(Payment)
        .where(
            Payment.refund_failed_at >= since,
            sa.or_(Payment.refund_missing.is_(None), Payment.refund_missing > 0),
        )
        .options(orm.joinedload(Payment.order))
        .order_by(Payment.refund_failed_at.desc(), Payment.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def waiting(session: orm.Session, seller: Seller) -> int:
    """How many paid orders wait for this seller to send them."""
    query = (
        sa.select(sa.func.count())
        .select_from(OrderPart)
        .join(Order)
        .where(
            OrderPart.seller_id == seller.id,
            OrderPart.fulfilled_at.is_(None),
            Order.status.in_(TO_SEND),
        )
    )
    return session.scalar(query) or 0


def part_of(order: Order, seller: Seller) -> OrderPart:
    """What this seller has in an order that was loaded with its parts; raises NotFound."""
    for part in order.parts:
        if part.seller_id == seller.id:
            return part
    raise NotFound("There is no such order in your shop.")


def sellers_of(session: orm.Session, order: Order) -> Sequence[Seller]:
    """Everybody who has a part in an order."""
    query = sa.select(Seller).join(OrderPart, OrderPart.seller_id == Seller.id)
    return session.scalars(query.where(OrderPart.order_id == order.id).order_by(OrderPart.id)).all()


def by_nonce(session: orm.Session, nonce: str) -> Order | None:
    """The order that this form made."""
    return session.scalar(sa.select(Order).where(Order.form_nonce == nonce))


def latest_payment(session: orm.Session, order: Order) -> Payment:
    """The attempt to pay that counts: the last one."""
    query = sa.select(Payment).where(Payment.order_id == order.id)
    return session.scalars(query.order_by(Payment.id.desc()).limit(1)).one()


def unfinished_before(session: orm.Session, payment: Payment) -> Sequence[Payment]:
    """The earlier attempts of the same order that might still be paid, oldest first."""
    query = sa.select(Payment).where(
        Payment.order_id == payment.order_id,
        Payment.id < payment.id,
        Payment.status.in_((PaymentStatus.REQUESTED, PaymentStatus.OPEN)),
    )
    return session.scalars(query.order_by(Payment.id)).all()


def _complete(query: Select[Order]) -> Select[Order]:
    return query.options(*_ALL).execution_options(populate_existing=True)


def _has_part(seller: Seller) -> sa.ColumnElement[bool]:
    return sa.exists().where(OrderPart.order_id == Order.id, OrderPart.seller_id == seller.id)


def _of_status(query: Select[Order], status: OrderStatus | None) -> Select[Order]:
    return query if status is None else query.where(Order.status == status)


def _page(
    session: orm.Session, query: Select[Order], before: int | None, limit: int
) -> Sequence[Order]:
    if before is not None:
        query = query.where(Order.id < before)
    query = query.options(
        orm.joinedload(Order.seller),
        orm.selectinload(Order.parts).joinedload(OrderPart.seller),
        orm.selectinload(Order.lines),
    )
    return session.scalars(query.order_by(Order.id.desc()).limit(limit)).all()
