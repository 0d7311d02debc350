"""From a basket to an order, before Stripe is asked anything."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm

from marketplace import orders
from marketplace.errors import Conflict, Invalid, MarketplaceError, SellerNotReady, SoldOut
from marketplace.lifecycles import OrderStatus, PaymentStatus, SellerState
from marketplace.models import Order, OrderLine, Payment, Product
from marketplace.money import Money
from marketplace.orders import Wanted
from marketplace.web import context
from tests import builders


def stock_of(session: orm.Session, product: Product) -> int | None:
    session.expire_all()
    return session.scalar(sa.select(Product.stock).where(Product.id == product.id))


def count(session: orm.Session, table: type[Order | Payment | OrderLine]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def at_once(app: Flask, *works: Callable[[orm.Session], object]) -> list[object]:
    """Do all of it at the same moment, each in a session of its own."""
    outcomes: list[object] = [None] * len(works)
    start = threading.Barrier(len(works))

    def run(index: int) -> None:
        with context.wiring(app).sessions() as session:
            start.wait(60)
            try:
                outcomes[index] = works[index](session)
            except MarketplaceError as error:
                outcomes[index] = error

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def test_an_order_keeps_the_price_the_commission_and_an_attempt_that_was_not_made_yet(
    session: orm.Session,
) -> None:
    bea = builders.seller(session, fee_bps=1000, fee_fixed=23)
    bowl = builders.product(session, bea, amount=1000)
    ada = builders.person(session)
    order = orders.place(session, [Wanted(bowl.id, 2)], ada, builders.nonce())
    placed = orders.load(session, order.token)
    assert placed.status is OrderStatus.PLACED
    assert (placed.total, placed.application_fee) == (Money(2000, "usd"), Money(223, "usd"))
    assert [(line.title, line.unit_amount, line.quantity) for line in placed.lines] == [
        ("Blue bowl", 1000, 2)
    ]
    assert [payment.status for payment in placed.payments] == [PaymentStatus.REQUESTED]
    assert placed.buyer_email == ada.email
    assert stock_of(session, bowl) == 1


def test_the_same_form_twice_is_one_order(session: orm.Session) -> None:
    bowl = builders.product(session, builders.seller(session))
    nonce = builders.nonce()
    once = orders.place(session, [Wanted(bowl.id, 1)], None, nonce)
    twice = orders.place(session, [], None, nonce)  # the basket may be empty by then
    assert once.id == twice.id
    assert (count(session, Order), count(session, Payment)) == (1, 1)
    assert stock_of(session, bowl) == 2


def test_the_same_form_eight_times_at_once_is_one_order(app: Flask, session: orm.Session) -> None:
    bowl = builders.product(session, builders.seller(session), stock=8)
    wanted, nonce = [Wanted(bowl.id, 1)], builders.nonce()
    found = at_once(app, *[lambda own: orders.place(own, wanted, None, nonce).id] * 8)
    assert len(set(found)) == 1
    assert isinstance(found[0], int)
    assert (count(session, Order), count(session, Payment)) == (1, 1)
    assert stock_of(session, bowl) == 7


def test_a_form_of_somebody_else_is_no_key_to_their_order(session: orm.Session) -> None:
    bowl = builders.product(session, builders.seller(session))
    nonce = builders.nonce()
    orders.place(session, [Wanted(bowl.id, 1)], builders.person(session, "Ada"), nonce)
    for thief in (None, builders.person(session, "Mallory")):
        with pytest.raises(Conflict):
            orders.place(session, [Wanted(bowl.id, 1)], thief, nonce)


def test_the_last_one_is_sold_once_however_many_want_it(app: Flask, session: orm.Session) -> None:
    bowl = builders.product(session, builders.seller(session), stock=1)
    wanted = [Wanted(bowl.id, 1)]
    found = at_once(app, *[lambda own: orders.place(own, wanted, None, builders.nonce()).id] * 6)
    assert sum(isinstance(outcome, int) for outcome in found) == 1
    assert sum(isinstance(outcome, SoldOut) for outcome in found) == 5
    assert stock_of(session, bowl) == 0


def test_when_one_of_two_things_is_sold_out_nothing_is_kept(session: orm.Session) -> None:
    bea = builders.seller(session)
    bowl, cup = builders.product(session, bea), builders.product(session, bea, "Cup", stock=1)
    with pytest.raises(SoldOut, match="Only 1 of Cup left") as caught:
        orders.place(session, [Wanted(bowl.id, 2), Wanted(cup.id, 2)], None, builders.nonce())
    assert (caught.value.title, caught.value.left) == ("Cup", 1)
    assert (stock_of(session, bowl), stock_of(session, cup)) == (3, 1)
    assert count(session, Order) == 0


def test_goods_without_end_stay_without_end(session: orm.Session) -> None:
    song = builders.product(session, builders.seller(session), "A song", stock=None)
    orders.place(session, [Wanted(song.id, 99)], None, builders.nonce())
    assert stock_of(session, song) is None


@pytest.mark.parametrize(
    "missing",
    [
        {"stripe_id": None},
        {"transfers_active": False},
        {"state": SellerState.RESTRICTED},
    ],
)
def test_a_seller_who_cannot_be_paid_cannot_be_bought_from(
    session: orm.Session, missing: dict[str, Any]
) -> None:
    bowl = builders.product(session, builders.seller(session, **missing))
    with pytest.raises(SellerNotReady):
        orders.place(session, [Wanted(bowl.id, 1)], None, builders.nonce())
    assert stock_of(session, bowl) == 3


def test_a_price_that_changed_since_the_buyer_looked_is_told_and_not_charged(
    session: orm.Session,
) -> None:
    bowl = builders.product(session, builders.seller(session), amount=1200)
    with pytest.raises(Conflict, match=r"it is \$12.00 now"):
        orders.place(session, [Wanted(bowl.id, 1)], None, builders.nonce(), seen=Money(1000, "usd"))
    assert count(session, Order) == 0


def test_what_was_taken_off_sale_is_not_ordered(session: orm.Session) -> None:
    bowl = builders.product(session, builders.seller(session), active=False)
    with pytest.raises(Conflict, match="no longer for sale"):
        orders.place(session, [Wanted(bowl.id, 1)], None, builders.nonce())


def test_goods_of_two_shops_are_never_one_order(session: orm.Session) -> None:
    bowl = builders.product(session, builders.seller(session, "Bea"))
    cup = builders.product(session, builders.seller(session, "Carl"), "Cup")
    with pytest.raises(Conflict):
        orders.place(session, [Wanted(bowl.id, 1), Wanted(cup.id, 1)], None, builders.nonce())


@pytest.mark.parametrize(
    ("quantities", "nonce"),
    [([], None), ([0], None), ([-1], None), ([100], None), ([1], "short"), ([1], "ü" * 20)],
)
def test_a_form_that_is_not_ours_is_refused(
    session: orm.Session, quantities: list[int], nonce: str | None
) -> None:
    bowl = builders.product(session, builders.seller(session))
    wanted = [Wanted(bowl.id, quantity) for quantity in quantities]
    with pytest.raises(Invalid):
        orders.place(session, wanted, None, builders.nonce() if nonce is None else nonce)
    assert count(session, Order) == 0


def test_a_basket_is_priced_shop_by_shop_with_what_stands_in_the_way(session: orm.Session) -> None:
    bea = builders.seller(session, "Bea", fee_bps=100)
    carl = builders.seller(session, "Carl", transfers_active=False)
    bowl = builders.product(session, bea, amount=500, stock=1)
    cup = builders.product(session, carl, "Cup", amount=700)
    first, second = orders.quotes(session, [Wanted(bowl.id, 2), Wanted(cup.id, 1)])
    assert [line.problem for line in first.lines] == ["Only 1 left."]
    assert (first.total, first.commission) == (Money(1000, "usd"), Money(10, "usd"))
    assert first.shortfall == Money(49, "usd")
    assert not first.can_be_bought
    assert second.problem == "Carl cannot take payments at the moment."


def test_less_than_stripe_charges_is_refused_before_stripe_refuses_it(
    session: orm.Session,
) -> None:
    sticker = builders.product(session, builders.seller(session), "Sticker", amount=20)
    with pytest.raises(Conflict, match=r"\$0.50"):
        orders.place(session, [Wanted(sticker.id, 2)], None, builders.nonce())
    orders.place(session, [Wanted(sticker.id, 3)], None, builders.nonce())
