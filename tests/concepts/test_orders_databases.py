"""What hangs on the database itself, on SQLite and on PostgreSQL."""

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from marketplace import ledger, orders, transfers
from marketplace.database import lock, phase
from marketplace.design import ChargeType
from marketplace.design.passing import TransferWhen
from marketplace.errors import MarketplaceError, SoldOut
from marketplace.models import BalanceTransaction, Order, Payment, Product, Seller, Transfer
from marketplace.orders import Wanted, stock
from marketplace.sandbox import hands
from tests import builders
from tests.running import Running
from tests.sandbox import merchants
from tests.webhooks.conftest import postgres, sessions

__all__ = ["postgres", "sessions"]  # fixtures: a database of each kind

Sessions = orm.sessionmaker[orm.Session]


def at_once(sessions: Sessions, work: Callable[[orm.Session], object], times: int) -> list[object]:
    outcomes: list[object] = []
    start = threading.Barrier(times)

    def run() -> None:
        with sessions() as session:
            start.wait(60)
            try:
                outcomes.append(work(session))
            except MarketplaceError as error:
                outcomes.append(error)

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def left(sessions: Sessions, product: Product) -> int | None:
    with sessions() as session:
        return session.scalar(sa.select(Product.stock).where(Product.id == product.id))


def test_one_form_many_times_at_once_is_one_order(sessions: Sessions) -> None:
    with sessions() as session:
        bowl = builders.product(session, builders.seller(session), stock=8)
    wanted, nonce = [Wanted(bowl.id, 1)], builders.nonce()
    found = at_once(sessions, lambda own: orders.place(own, wanted, None, nonce).id, 6)
    assert len(found) == 6
    assert len(set(found)) == 1
    with sessions() as session:
        for table in (Order, Payment):
            assert session.scalar(sa.select(sa.func.count()).select_from(table)) == 1
    assert left(sessions, bowl) == 7


def test_the_last_one_goes_to_one_buyer(sessions: Sessions) -> None:
    with sessions() as session:
        bea = builders.seller(session)
        bowl, cup = builders.product(session, bea, stock=1), builders.product(session, bea, "Cup")
    # Half of them name the two the other way round: who locks in another order waits in a circle.
    turns = iter([[bowl.id, cup.id], [cup.id, bowl.id]] * 3)

    def buy(own: orm.Session) -> int:
        wanted = [Wanted(product_id, 1) for product_id in next(turns)]
        return orders.place(own, wanted, None, builders.nonce()).id

    found = at_once(sessions, buy, 6)
    assert sum(isinstance(outcome, int) for outcome in found) == 1
    assert sum(isinstance(outcome, SoldOut) for outcome in found) == 5
    assert (left(sessions, bowl), left(sessions, cup)) == (0, 2)


def test_goods_go_back_once_however_many_say_so(sessions: Sessions) -> None:
    with sessions() as session:
        bowl = builders.product(session, builders.seller(session))
        orders.place(session, [Wanted(bowl.id, 2)], None, builders.nonce())

    def free(own: orm.Session) -> bool:
        with phase(own):
            return stock.release(own, own.scalars(sa.select(Payment)).one())

    assert sorted(map(bool, at_once(sessions, free, 5))) == [False] * 4 + [True]
    assert left(sessions, bowl) == 3


def test_a_fact_told_by_many_at_once_is_one_row_that_knows_its_order(sessions: Sessions) -> None:
    with sessions() as session:
        bea = builders.seller(session)
        order = builders.order(session, bea)
    fact = {
        "id": "txn_1",
        "type": "charge",
        "reporting_category": "charge",
        "amount": 1000,
        "fee": 59,
        "net": 941,
        "currency": "usd",
        "fee_details": [{"type": "stripe_fee", "amount": 59, "currency": "usd"}],
        "status": "pending",
        "source": "ch_1",
        "created": 1_795_000_000,
        "available_on": 1_795_200_000,
    }
    transfer = {
        "id": "tr_1",
        "amount": 1000,
        "currency": "usd",
        "destination": bea.stripe_id,
        "created": 1_795_000_000,
    }
    owners = iter([order.id, None] * 3)
    reversed_so_far = iter([0, 400, 100, 0, 400, 0])

    def tell(own: orm.Session) -> None:
        owner = next(owners)
        with phase(own):
            ledger.keep_transaction(own, fact, account=None, seller_id=None, order_id=owner)
            taken_back = {"amount_reversed": next(reversed_so_far)}
            transfers.keep(own, {**transfer, **taken_back}, order_id=owner)

    assert at_once(sessions, tell, 6) == [None] * 6
    with sessions() as session:
        assert session.scalars(sa.select(BalanceTransaction.order_id)).one() == order.id
        kept = session.scalars(sa.select(Transfer)).one()
        assert (kept.order_id, kept.amount_reversed) == (order.id, 400)


@pytest.mark.parametrize("sessions", ["postgres"], indirect=True)
def test_who_holds_an_order_keeps_nobody_from_telling_what_belongs_to_it(
    sessions: Sessions,
) -> None:
    """Two that tell of one transfer, one of them with the order held, would wait in a circle."""
    with sessions() as session:
        bea = builders.seller(session)
        order = builders.order(session, bea)
    transfer = {
        "id": "tr_1",
        "amount": 1000,
        "currency": "usd",
        "destination": bea.stripe_id,
        "created": 1_795_000_000,
    }
    with sessions() as holder, sessions() as teller:
        with phase(holder):
            lock(holder, holder.get_one(Order, order.id))
            with phase(teller):
                teller.execute(sa.text("SET LOCAL lock_timeout = '1s'"))
                transfers.keep(teller, transfer, order_id=order.id)
            transfers.keep(holder, transfer, order_id=order.id)
        assert teller.scalars(sa.select(Transfer.order_id)).one() == order.id


def test_shops_are_sent_their_parts_and_the_rest_is_decided_on_either_database(
    sessions: Sessions, sandbox: Running
) -> None:
    """Every query of separate charges, and the locks under which a share is decided about."""
    stripe = sandbox.client()
    separate = {"charge_type": ChargeType.SEPARATE}
    with sessions() as session:
        bea, kai = (
            builders.seller(session, name, stripe_id=merchants.seller(sandbox), **separate)
            for name in ("Bea", "Kai")
        )
        kai.transfer_when = TransferWhen.LATER
        goods = [builders.product(session, shop) for shop in (bea, kai)]
        wanted = [Wanted(product.id, 1) for product in goods]
        order = orders.place(session, wanted, None, builders.nonce())
        hands.pay(orders.start_payment(session, stripe, order, public_url="http://shop.example"))
        made = stripe.v1.checkout.sessions.list().data[0]
        orders.settle(session, stripe, made.id)
        assert orders.finish_passing_on(session, stripe) == 0
        (rest,) = transfers.left(session, order)
        assert (rest.part.seller_id, rest.money.amount) == (kai.id, 900)

    def decide(own: orm.Session) -> str:
        mine = own.get_one(Order, order.id)
        made = transfers.decide(
            own,
            stripe,
            mine,
            part_id=rest.part.id,
            seller=own.get_one(Seller, kai.id),
            money=rest.money,
            nonce=builders.nonce(),
        )
        return made.status.value

    found = at_once(sessions, decide, 4)
    assert [it for it in found if isinstance(it, str)] == ["made"]
    with sessions() as session:
        with phase(session):
            orders.fulfil(session, session.get_one(Order, order.id), bea)
        assert (orders.waiting(session, bea), orders.waiting(session, kai)) == (0, 1)
        assert [it.id for it in orders.for_seller(session, kai)] == [order.id]
        assert orders.held(session) == []
        assert ledger.check(session) == []
    assert sorted(row.amount for row in stripe.v1.transfers.list().data) == [900, 900]
