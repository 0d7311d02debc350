"""The money story of an order: every movement, and who holds what afterwards.

Told from the mirrored balance transactions, one movement for each; what the charge type plans and
Stripe has not told yet is filled in and marked as expected. The rule that bites: one movement shows
up on two balances (a transfer leaves the platform and arrives at the seller), so it is told once,
from the side that sent it, with what arrived beside it.
https://docs.stripe.com/connect/destination-charges#flow-of-funds
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from marketplace import charges
from marketplace.charges import fees
from marketplace.charges.strategy import Deal, Kind, Party, Roles, Share
from marketplace.lifecycles import OrderStatus
from marketplace.models import BalanceTransaction, Order, Seller, Transfer
from marketplace.money import Money

NO_MONEY = frozenset({OrderStatus.EXPIRED, OrderStatus.CANCELLED, OrderStatus.FAILED})
PARTIES = (Party.BUYER, Party.PLATFORM, Party.SELLER, Party.STRIPE)
# What each type of balance transaction is, and who is on its other side.
TYPES = {
    "charge": (Kind.CHARGE, Party.BUYER),
    "payment": (Kind.CHARGE, Party.BUYER),
    "refund": (Kind.REFUND, Party.BUYER),
    "payment_refund": (Kind.REFUND, Party.BUYER),
    "adjustment": (Kind.DISPUTE, Party.BUYER),
    "transfer": (Kind.TRANSFER, Party.SELLER),
    "transfer_refund": (Kind.TRANSFER_REVERSAL, Party.SELLER),
    "application_fee": (Kind.APPLICATION_FEE, Party.SELLER),
    "application_fee_refund": (Kind.APPLICATION_FEE_REFUND, Party.SELLER),
    "stripe_fee": (Kind.STRIPE_FEE, Party.STRIPE),
}
# On a seller's balance these are the other half of what the platform's balance shows.
MIRRORED_ON_PLATFORM = frozenset({"payment_refund"})
SENTENCES = {
    Kind.CHARGE: "{payer} paid {payee}.",
    Kind.STRIPE_FEE: "Stripe took its fee for the payment from {payer}.",
    Kind.TRANSFER: "{payer} passed the payment on to {payee}.",
    Kind.APPLICATION_FEE: "{payee} took its commission from {payer}.",
    Kind.REFUND: "{payer} gave money back to {payee}.",
    Kind.TRANSFER_REVERSAL: "{payer} returned part of what was passed on to {payee}.",
    Kind.APPLICATION_FEE_REFUND: "{payer} gave commission back to {payee}.",
    Kind.DISPUTE: "A bank moved money from {payer} to {payee} in a dispute.",
    Kind.OTHER: "{payer} paid {payee}.",
}
EXPECTED_SENTENCES = {
    Kind.CHARGE: "{payer} will pay {payee}.",
    Kind.STRIPE_FEE: "Stripe will take its fee for the payment from {payer}.",
    Kind.TRANSFER: "{payer} will pass the payment on to {payee}.",
    Kind.APPLICATION_FEE: "{payee} will take its commission from {payer}.",
}


@dataclass(frozen=True, slots=True)
class Movement:
    """Money from one party to another.

    `money` is what left the payer, `arrives` what the payee got; they differ only in currency.
    `money` is None while not even an estimate exists. `object_id` is the Stripe object that tells.
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


@dataclass(frozen=True, slots=True)
class Holding:
    """What a party has gained (or, negative, given) by the order, one amount per currency."""

    party: Party
    name: str
    amounts: Sequence[Money]
    available_on: datetime | None
    expected: bool


@dataclass(frozen=True, slots=True)
class MoneyStory:
    """One order's money. `expected` tells that some of it is not yet confirmed by Stripe."""

    total: Money
    movements: Sequence[Movement]
    holdings: Sequence[Holding]
    roles: Roles
    expected: bool
    over: bool

    @property
    def fee_unknown(self) -> bool:
        """Whether Stripe's fee cannot even be estimated yet."""
        return any(movement.money is None for movement in self.movements)

    def of(self, party: Party) -> Holding:
        """What one party holds."""
        return next(holding for holding in self.holdings if holding.party is party)


def story(session: orm.Session, order: Order) -> MoneyStory:
    """Tell the money story of `order` from the mirrored rows; three queries, no call to Stripe."""
    shop = session.scalar(sa.select(Seller.shop_name).where(Seller.id == order.seller_id)) or ""
    arrived = session.scalars(
        sa.select(Transfer.destination_payment).where(Transfer.order_id == order.id)
    )
    transactions = session.scalars(
        sa.select(BalanceTransaction)
        .where(BalanceTransaction.order_id == order.id)
        .order_by(BalanceTransaction.created, BalanceTransaction.id)
    )
    return tell(order, shop, list(transactions), {payment for payment in arrived if payment})


def tell(
    order: Order, shop: str, transactions: Sequence[BalanceTransaction], arrived: set[str]
) -> MoneyStory:
    """The story from rows that were read already; pure."""
    strategy = charges.of(order.charge_type)
    movements = _confirmed(order, transactions, arrived)
    over = order.status in NO_MONEY and not movements
    if not over:
        movements = _filled_up(order, movements)
    names = {
        Party.BUYER: "the buyer",
        Party.PLATFORM: "the marketplace",
        Party.SELLER: shop,
        Party.STRIPE: "Stripe",
    }
    told = [_with_sentence(movement, names) for movement in movements]
    return MoneyStory(
        total=order.total,
        movements=told,
        holdings=[_holding(party, _capital(names[party]), told) for party in PARTIES],
        roles=strategy.roles(order.fee_payer),
        expected=any(movement.expected for movement in told),
        over=over,
    )


def _confirmed(
    order: Order, transactions: Sequence[BalanceTransaction], arrived: set[str]
) -> list[Movement]:
    """One movement for each thing that Stripe's balances show."""
    arrivals = {row.source: row for row in transactions if row.source and row.source in arrived}
    paying = [row for row in transactions if row.account is not None]
    movements: list[Movement] = []
    for row in transactions:
        holder = Party.PLATFORM if row.account is None else Party.SELLER
        other_half = row.source in arrived or (arrived and row.type in MIRRORED_ON_PLATFORM)
        if holder is Party.PLATFORM or not other_half:
            movements.append(_movement(order, row, holder, arrivals, paying))
        movements += [
            _fee(row, holder, Money(detail["amount"], detail["currency"]))
            for detail in row.fee_details
            if detail["type"] == "stripe_fee" and detail["amount"]
        ]
    return sorted(movements, key=_told_order)


def _movement(
    order: Order,
    row: BalanceTransaction,
    holder: Party,
    arrivals: dict[str, BalanceTransaction],
    paying: Sequence[BalanceTransaction],
) -> Movement:
    kind, other = TYPES.get(row.type, (Kind.OTHER, Party.STRIPE))
    shown = Money(abs(row.amount), row.currency)
    money = arrives = shown
    available = row.available_on
    if kind is Kind.CHARGE and order.currency != row.currency:
        money = order.total  # the buyer paid in one currency, and the balance took another
    if kind is Kind.TRANSFER and len(arrivals) == 1:
        arrival = next(iter(arrivals.values()))
        arrives, available = Money(arrival.amount, arrival.currency), arrival.available_on
    if kind is Kind.APPLICATION_FEE:
        money = _paid_as_fee(paying) or shown
    payer, payee = (other, holder) if row.amount >= 0 else (holder, other)
    return Movement(
        kind,
        payer,
        payee,
        money,
        arrives,
        expected=False,
        object_id=row.source,
        available_on=available,
    )


def _paid_as_fee(arrivals: Iterable[BalanceTransaction]) -> Money | None:
    """What the seller's balance shows as paid to us, which may be in the seller's currency."""
    for row in arrivals:
        for detail in row.fee_details:
            if detail["type"] == "application_fee":
                return Money(detail["amount"], detail["currency"])
    return None


def _fee(row: BalanceTransaction, holder: Party, money: Money) -> Movement:
    return Movement(
        Kind.STRIPE_FEE, holder, Party.STRIPE, money, money, expected=False, object_id=row.stripe_id
    )


def _filled_up(order: Order, confirmed: list[Movement]) -> list[Movement]:
    """Add what the charge type plans and no balance shows yet."""
    told = {movement.kind for movement in confirmed}
    share = Share(order.seller_id, order.total, order.application_fee)
    deal = Deal([share], fees.estimate(order.total), order.fee_payer, order.split)
    planned = charges.of(order.charge_type).plan(deal)
    missing = [
        Movement(plan.kind, plan.payer, plan.payee, plan.money, plan.money, expected=True)
        for plan in planned
        if plan.kind not in told
    ]
    return sorted(confirmed + missing, key=_told_order)


def _told_order(movement: Movement) -> int:
    return list(Kind).index(movement.kind)


def _with_sentence(movement: Movement, names: dict[Party, str]) -> Movement:
    words = EXPECTED_SENTENCES if movement.expected else SENTENCES
    sentence = words[movement.kind].format(payer=names[movement.payer], payee=names[movement.payee])
    return replace(movement, sentence=_capital(sentence))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _holding(party: Party, name: str, movements: Sequence[Movement]) -> Holding:
    sums: dict[str, int] = {}
    touching = [m for m in movements if party in {m.payer, m.payee}]
    for movement in touching:
        for money, sign in ((movement.arrives, 1), (movement.money, -1)):
            owner = movement.payee if sign > 0 else movement.payer
            if money is not None and owner is party:
                sums[money.currency] = sums.get(money.currency, 0) + sign * money.amount
    gained = [
        movement.available_on
        for movement in touching
        if movement.payee is party and movement.available_on
    ]
    return Holding(
        party=party,
        name=name,
        amounts=[Money(amount, currency) for currency, amount in sorted(sums.items())],
        available_on=max(gained) if gained and party in {Party.PLATFORM, Party.SELLER} else None,
        expected=any(movement.expected for movement in touching),
    )
