"""What Stripe's balances show of an order, as movements from one party to another.

One balance transaction is one movement. The rule that bites: a transfer, its reversal and returned
commission are seen on two balances, so each is told once, from the platform's, and the seller's
half says what it was there, in the seller's own currency. No id leads from the one half to the
other, except for a transfer; the halves of reversals come in the same order.
https://docs.stripe.com/reports/balance-transaction-types
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from marketplace.charges.strategy import Kind, Party
from marketplace.ledger.mirrors import BILL
from marketplace.models import BalanceTransaction, Order, Transfer
from marketplace.money import Money

# What each type of balance transaction is, and who is on its other side.
TYPES = {
    "charge": (Kind.CHARGE, Party.BUYER),
    "payment": (Kind.CHARGE, Party.BUYER),
    "refund": (Kind.REFUND, Party.BUYER),
    "payment_refund": (Kind.REFUND, Party.BUYER),
    "refund_failure": (Kind.REFUND_FAILURE, Party.BUYER),
    "adjustment": (Kind.DISPUTE, Party.BUYER),
    "transfer": (Kind.TRANSFER, Party.SELLER),
    "transfer_refund": (Kind.TRANSFER_REVERSAL, Party.SELLER),
    "application_fee": (Kind.APPLICATION_FEE, Party.SELLER),
    "application_fee_refund": (Kind.APPLICATION_FEE_REFUND, Party.SELLER),
    BILL: (Kind.STRIPE_FEE, Party.STRIPE),
}
# On a seller's balance these are the other half of what the platform's balance shows.
MIRRORED_ON_PLATFORM = frozenset({"payment_refund"})
ADJUSTMENT = "adjustment"
DISPUTED = frozenset({"dispute", "dispute_reversal"})
COMMISSION = "application_fee"


@dataclass(frozen=True, slots=True)
class Movement:
    """Money from one party to another.

    `money` is what left the payer, `arrives` what the payee got; they differ only in currency.
    `money` is None while not even an estimate exists. `object_id` is the Stripe object that tells.
    `seller` is our id of the seller who takes part; None where none does.
    """

    kind: Kind
    payer: Party
    payee: Party
    money: Money | None
    arrives: Money | None
    expected: bool
    sentence: str = ""
    object_id: str | None = None
    available_on: datetime | None = None
    seller: int | None = None


@dataclass(frozen=True, slots=True)
class _Half:
    """What a movement that the platform's balance shows was on the seller's."""

    money: Money
    available_on: datetime


def confirmed(
    order: Order, transactions: Sequence[BalanceTransaction], passed: Sequence[Transfer]
) -> list[Movement]:
    """One movement for each thing that Stripe's balances show, told from the oldest on."""
    arrived = {row.destination_payment for row in passed if row.destination_payment}
    halves = _halves(transactions, passed)
    paying = [row for row in transactions if row.account is not None]
    bills = [row.stripe_id for row in transactions if row.type == BILL]
    movements: list[Movement] = []
    for row in transactions:
        holder = Party.PLATFORM if row.account is None else Party.SELLER
        if holder is Party.PLATFORM or not _is_half(row, arrived):
            told = _movement(order, row, holder, halves, paying)
            if row.stripe_id in bills[1:]:  # the first is for the payment
                told = replace(told, kind=Kind.DISPUTE_FEE)
            movements.append(told)
        if fee := taken(row):
            movements.append(_fee(row, holder, fee))
    return sorted(movements, key=told_order)


def taken(row: BalanceTransaction) -> Money:
    """What Stripe took of a movement: for the payment, for converting it, and taxes on that."""
    parts = (it["amount"] for it in row.fee_details if it["type"] != COMMISSION)
    return Money(sum(parts), row.currency)


def told_order(movement: Movement) -> int:
    """Where in a story a movement is told."""
    return list(Kind).index(movement.kind)


def gives_back(row: BalanceTransaction, *, direct: bool) -> bool:
    """Whether a line moves money between the buyer and the balance on which the charge lives.

    `direct`: the charge lives on the seller's.
    """
    if (row.account is not None) is not direct:
        return False
    kind, other = TYPES.get(row.type, (Kind.OTHER, Party.STRIPE))
    return other is Party.BUYER and kind is not Kind.CHARGE and not _returned(row)


def _returned(row: BalanceTransaction) -> bool:
    """Whether a line of the seller's is commission that came back without a refund.

    That it is an adjustment is not documented; every other one is about a dispute.
    """
    return (
        row.account is not None
        and row.type == ADJUSTMENT
        and row.reporting_category not in DISPUTED
    )


def _is_half(row: BalanceTransaction, arrived: set[str]) -> bool:
    """Whether a line of the seller's is the other half of one of the platform's."""
    if row.source in arrived or _returned(row):
        return True
    return bool(arrived) and row.type in MIRRORED_ON_PLATFORM


def _halves(
    transactions: Sequence[BalanceTransaction], passed: Sequence[Transfer]
) -> Mapping[str, _Half]:
    """The seller's half of each line of the platform's that has one, by the line's id."""
    sources = {row.destination_payment: row.stripe_id for row in passed if row.destination_payment}
    arrivals: dict[str, BalanceTransaction] = {}
    came_back: dict[int | None, list[_Half]] = defaultdict(list)
    returned: list[_Half] = []
    for row in transactions:
        if row.account is None:
            continue
        if row.source in sources and not _returned(row):
            arrivals[sources[row.source]] = row
        elif sources and row.type in MIRRORED_ON_PLATFORM:
            came_back[row.seller_id].append(_half(-row.amount, row))
        returned.extend(_half(amount, row) for amount in _commission_back(row))
    found: dict[str, _Half] = {}
    for row in (row for row in transactions if row.account is None):
        if row.type == "transfer" and row.source in arrivals:
            arrival = arrivals[row.source]
            found[row.stripe_id] = _half(arrival.amount, arrival)
        elif row.type == "transfer_refund" and came_back[row.seller_id]:
            found[row.stripe_id] = came_back[row.seller_id].pop(0)
        elif row.type == "application_fee_refund" and returned:
            found[row.stripe_id] = returned.pop(0)
    return found


def _half(amount: int, row: BalanceTransaction) -> _Half:
    return _Half(Money(amount, row.currency), row.available_on)


def _commission_back(row: BalanceTransaction) -> Iterator[int]:
    """What of the commission a line of the seller's brings back, if anything."""
    if _returned(row):
        yield row.amount
    for detail in row.fee_details:
        if detail["type"] == COMMISSION and detail["amount"] < 0:
            yield -detail["amount"]


def _movement(
    order: Order,
    row: BalanceTransaction,
    holder: Party,
    halves: Mapping[str, _Half],
    paying: Sequence[BalanceTransaction],
) -> Movement:
    kind, other = TYPES.get(row.type, (Kind.OTHER, Party.STRIPE))
    shown = Money(abs(row.amount), row.currency)
    money = arrives = shown
    available = row.available_on
    payer, payee = (other, holder) if row.amount >= 0 else (holder, other)
    if kind is Kind.CHARGE and order.currency != row.currency:
        money = order.total  # the buyer paid in one currency, and the balance took another
    if kind is Kind.APPLICATION_FEE:
        money = _paid_as_fee(paying) or shown
    half = halves.get(row.stripe_id)
    if half is not None and payee is Party.SELLER:
        arrives, available = half.money, half.available_on
    elif half is not None:
        money = half.money
    return Movement(
        kind,
        payer,
        payee,
        money,
        arrives,
        expected=False,
        object_id=row.source,
        available_on=available,
        seller=row.seller_id if Party.SELLER in {payer, payee} else None,
    )


def _paid_as_fee(arrivals: Iterable[BalanceTransaction]) -> Money | None:
    """What the seller's balance shows as paid to us, which may be in the seller's currency."""
    for row in arrivals:
        for detail in row.fee_details:
            if detail["type"] == COMMISSION and detail["amount"] > 0:
                return Money(detail["amount"], detail["currency"])
    return None


def _fee(row: BalanceTransaction, holder: Party, money: Money) -> Movement:
    disputed = row.type == ADJUSTMENT and row.reporting_category in DISPUTED
    return Movement(
        Kind.DISPUTE_FEE if disputed else Kind.STRIPE_FEE,
        holder,
        Party.STRIPE,
        money,
        money,
        expected=False,
        object_id=row.stripe_id,
        seller=row.seller_id if holder is Party.SELLER else None,
    )
