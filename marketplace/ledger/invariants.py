"""What must be true of the books, whatever happened.

Checked by the platform's page, by a command and after every test that moves money. The rule that
bites: a rule is checked on what is mirrored and never repaired here; a fault means that an event
was missed or that our reading of Stripe is wrong, and a person must look.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from marketplace.charges.strategy import Party
from marketplace.design import ChargeType
from marketplace.ledger import movements
from marketplace.ledger.story import tell
from marketplace.lifecycles import OrderStatus
from marketplace.models import (
    ApplicationFee,
    BalanceTransaction,
    Order,
    OrderPart,
    Seller,
    Transfer,
)
from marketplace.money import Money

BATCH = 200
CHARGED = frozenset({"charge", "payment"})
MONEY_TAKEN = frozenset(
    {
        OrderStatus.PAID,
        OrderStatus.FULFILLED,
        OrderStatus.PARTLY_REFUNDED,
        OrderStatus.REFUNDED,
    }
)


def check(session: orm.Session) -> list[str]:
    """Return one sentence for each thing that is wrong with the books; empty when all is well.

    Reads every order in batches; amounts are in minor units of the order's currency.
    """
    return [*_crooked_transactions(session), *_crooked_orders(session)]


def _crooked_transactions(session: orm.Session) -> Iterator[str]:
    rows = session.scalars(
        sa.select(BalanceTransaction)
        .order_by(BalanceTransaction.id)
        .execution_options(yield_per=BATCH)
    )
    for row in rows:
        if row.net != row.amount - row.fee:
            yield f"{row.stripe_id}: net {row.net} is not amount {row.amount} less fee {row.fee}"
        details = sum(detail["amount"] for detail in row.fee_details)
        if details != row.fee:
            yield f"{row.stripe_id}: fee {row.fee} is not the sum of its parts, {details}"


def _crooked_orders(session: orm.Session) -> Iterator[str]:
    last = 0
    while orders := session.scalars(
        sa.select(Order).where(Order.id > last).order_by(Order.id).limit(BATCH)
    ).all():
        last = orders[-1].id
        yield from _batch(session, orders)


def _batch(session: orm.Session, orders: Sequence[Order]) -> Iterator[str]:
    ids = [order.id for order in orders]
    transactions: dict[int | None, list[BalanceTransaction]] = defaultdict(list)
    transfers: dict[int | None, list[Transfer]] = defaultdict(list)
    commissions: dict[int | None, list[ApplicationFee]] = defaultdict(list)
    for row in session.scalars(
        sa.select(BalanceTransaction).where(BalanceTransaction.order_id.in_(ids))
    ):
        transactions[row.order_id].append(row)
    for transfer in session.scalars(sa.select(Transfer).where(Transfer.order_id.in_(ids))):
        transfers[transfer.order_id].append(transfer)
    for fee in session.scalars(sa.select(ApplicationFee).where(ApplicationFee.order_id.in_(ids))):
        commissions[fee.order_id].append(fee)
    parts: dict[int, list[OrderPart]] = defaultdict(list)
    for part in session.scalars(sa.select(OrderPart).where(OrderPart.order_id.in_(ids))):
        parts[part.order_id].append(part)
    accounts = _accounts(session, [*parts.values()], [*transfers.values()])
    for order in orders:
        rows, passed, mine = transactions[order.id], transfers[order.id], parts[order.id]
        sellers = {part.seller_id for part in mine} | {row.seller_id for row in passed}
        faults = (
            *_of_parts(order, mine),
            *_of_charge(order, rows),
            *_of_transfers(order, passed, rows),
            *_of_commission(order, commissions[order.id]),
            *_of_owner(rows, {accounts.get(seller) for seller in sellers}),
            *_of_sum(order, mine, rows, passed),
        )
        yield from (f"order {order.id}: {fault}" for fault in faults)


def _accounts(
    session: orm.Session, parts: Sequence[list[OrderPart]], transfers: Sequence[list[Transfer]]
) -> dict[int | None, str | None]:
    """The connected account of each seller who has to do with these orders."""
    ids = {part.seller_id for some in parts for part in some}
    ids |= {row.seller_id for some in transfers for row in some if row.seller_id}
    shops = session.execute(sa.select(Seller.id, Seller.stripe_id).where(Seller.id.in_(ids)))
    return {shop.id: shop.stripe_id for shop in shops}


def _of_parts(order: Order, parts: Sequence[OrderPart]) -> Iterator[str]:
    """What the sellers have in an order is the order."""
    for name in ("amount", "application_fee_amount"):
        whole, sum_of_parts = getattr(order, name), sum(getattr(part, name) for part in parts)
        if whole != sum_of_parts:
            yield f"its {name} is {whole}, and its parts have {sum_of_parts}"


def _of_charge(order: Order, rows: Sequence[BalanceTransaction]) -> Iterator[str]:
    direct = order.charge_type is ChargeType.DIRECT
    taken = [it for it in rows if it.type in CHARGED and (it.account is not None) is direct]
    if order.status in MONEY_TAKEN and not taken:
        yield "is paid, and no charge is in the books"
    stayed = sum(row.amount for row in [*taken, *(it for it in rows if _back(order, it))])
    if stayed and order.status not in MONEY_TAKEN:
        yield f"is {order.status.value}, and a charge is in the books"


def _of_transfers(
    order: Order, rows: Sequence[Transfer], booked: Sequence[BalanceTransaction]
) -> Iterator[str]:
    """No more is passed on than was paid; with separate charges the commission stays, too."""
    paid = {order.currency: order.amount}
    paid |= {it.currency: it.amount for it in booked if it.type in CHARGED and it.account is None}
    separate = order.charge_type is ChargeType.SEPARATE
    for currency, amount in paid.items():
        passed_on = sum(
            row.amount - row.amount_reversed for row in rows if row.currency == currency
        )
        if passed_on > amount:
            yield f"{passed_on} was passed on, and only {amount} was paid"
        elif (
            separate and passed_on > amount - order.application_fee_amount * amount // order.amount
        ):
            yield f"{passed_on} of {amount} was passed on, and the commission should have stayed"
    for row in rows:
        if row.amount_reversed > row.amount:
            yield f"{row.stripe_id} has more reversed than was transferred"


def _of_commission(order: Order, rows: Sequence[ApplicationFee]) -> Iterator[str]:
    taken = sum(row.amount for row in rows if row.currency == order.currency)
    if taken > order.application_fee_amount:
        yield f"commission of {taken} was taken, {order.application_fee_amount} was agreed"
    for row in rows:
        if row.amount_refunded > row.amount:
            yield f"{row.stripe_id} has more given back than was taken"


def _of_owner(rows: Sequence[BalanceTransaction], accounts: set[str | None]) -> Iterator[str]:
    for row in rows:
        if row.account is not None and row.account not in accounts:
            yield f"{row.stripe_id} is on the balance of {row.account}, not of the seller"


def _of_sum(
    order: Order,
    parts: Sequence[OrderPart],
    rows: Sequence[BalanceTransaction],
    transfers: Sequence[Transfer],
) -> Iterator[str]:
    """What the buyer paid is what platform, seller and Stripe hold, once every row is in."""
    told = tell(order, parts, {}, rows, transfers)
    if told.expected or told.over:
        return
    for party, on_platform in ((Party.PLATFORM, True), (Party.SELLER, False)):
        net: Counter[str] = Counter()
        for row in rows:
            if (row.account is None) is on_platform:
                net[row.currency] += row.net
        shown = Counter({money.currency: money.amount for money in told.of(party).amounts})
        if net != shown:
            yield f"the story gives the {party.value} {dict(shown)}, its balance {dict(net)}"
    if {row.currency for row in rows} == {order.currency}:
        yield from _of_division(order, rows)


def _of_division(order: Order, rows: Sequence[BalanceTransaction]) -> Iterator[str]:
    """In one currency, nothing is lost: a conversion would leave the bank's rate between them."""
    held = sum(row.net for row in rows)
    fees = sum(
        detail["amount"]
        for row in rows
        for detail in row.fee_details
        if detail["type"] != "application_fee"
    ) - sum(row.amount for row in rows if row.type == "stripe_fee")
    given_back = -sum(row.amount for row in rows if _back(order, row))
    paid = Money(order.amount - given_back, order.currency)
    if held + fees != paid.amount:
        yield f"{paid} was paid, and platform, seller and Stripe hold {held + fees} of it"


def _back(order: Order, row: BalanceTransaction) -> bool:
    return movements.gives_back(row, direct=order.charge_type is ChargeType.DIRECT)
