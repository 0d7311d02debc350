"""The money story of an order: every movement, and who holds what afterwards.

Told from the mirrored balance transactions, one movement for each; what the charge type plans and
Stripe has not told yet is filled in and marked as expected. The rule that bites: one movement shows
up on two balances (a transfer leaves the platform and arrives at the seller), so it is told once,
from the side that sent it, with what arrived beside it.
https://docs.stripe.com/connect/destination-charges#flow-of-funds
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from marketplace import charges, platform
from marketplace.charges import fees, prices
from marketplace.charges.strategy import Deal, Kind, Party, Roles, Share
from marketplace.design.passing import TransferWhen
from marketplace.errors import Sentence
from marketplace.ledger.mirrors import BILL
from marketplace.ledger.movements import Movement, confirmed, taken, told_order
from marketplace.lifecycles import OrderStatus
from marketplace.models import BalanceTransaction, Order, OrderPart, Seller, Transfer
from marketplace.money import Money

NO_MONEY = frozenset({OrderStatus.EXPIRED, OrderStatus.CANCELLED, OrderStatus.FAILED})
GIVEN_BACK = frozenset({OrderStatus.PARTLY_REFUNDED, OrderStatus.REFUNDED})
NAMES = {
    Party.BUYER: "the buyer",
    Party.PLATFORM: "the marketplace",
    Party.SELLER: "the seller",
    Party.STRIPE: "Stripe",
}
SENTENCES = {
    Kind.CHARGE: "{payer} paid {payee}.",
    Kind.STRIPE_FEE: "Stripe took its fee for the payment from {payer}.",
    Kind.TRANSFER: "{payer} passed the payment on to {payee}.",
    Kind.APPLICATION_FEE: "{payee} took its commission from {payer}.",
    Kind.REFUND: "{payer} gave money back to {payee}.",
    Kind.REFUND_FAILURE: "The bank of {payer} sent a refund back to {payee}.",
    Kind.TRANSFER_REVERSAL: "{payer} returned part of what was passed on to {payee}.",
    Kind.APPLICATION_FEE_REFUND: "{payer} gave commission back to {payee}.",
    Kind.DISPUTE: "A bank moved money from {payer} to {payee} in a dispute.",
    Kind.DISPUTE_FEE: "Stripe took a fee for the dispute from {payer}.",
    Kind.OTHER: "{payer} paid {payee}.",
}
EXPECTED_SENTENCES = {
    Kind.CHARGE: "{payer} will pay {payee}.",
    Kind.STRIPE_FEE: "Stripe will take its fee for the payment from {payer}.",
    Kind.TRANSFER: "{payer} will pass the payment on to {payee}.",
    Kind.APPLICATION_FEE: "{payee} will take its commission from {payer}.",
}


@dataclass(frozen=True, slots=True)
class Holding:
    """What a party has gained (or, negative, given) by the order, one amount per currency.

    Of several sellers each has a holding of their own.
    """

    party: Party
    name: str
    amounts: Sequence[Money]
    available_on: datetime | None
    expected: bool
    seller: int | None = None


@dataclass(frozen=True, slots=True)
class MoneyStory:
    """One order's money. `expected` tells that some of it is not yet confirmed by Stripe.

    `partial` stories leave out what belongs to somebody else. `refund_waits`: a refund was made and
    no balance shows it, because Stripe moves nothing before the balance covers it.
    https://support.stripe.com/questions/pending-refunds-due-to-insufficient-stripe-balance
    """

    total: Money
    movements: Sequence[Movement]
    holdings: Sequence[Holding]
    roles: Roles
    expected: bool
    over: bool
    partial: bool = False
    refund_waits: bool = False

    @property
    def fee_unknown(self) -> bool:
        """Whether Stripe's fee cannot even be estimated yet."""
        return any(movement.money is None for movement in self.movements)

    def called(self, party: Party) -> str:
        """A party's name within a sentence."""
        return self.of(party).name if party is Party.SELLER else Sentence(NAMES[party])

    def of(self, party: Party) -> Holding:
        """What one party holds; of several sellers, all of them together."""
        found = [holding for holding in self.holdings if holding.party is party]
        if len(found) == 1:
            return found[0]
        sums: Counter[str] = Counter()
        for holding in found:
            for money in holding.amounts:
                sums[money.currency] += money.amount
        dates = [holding.available_on for holding in found if holding.available_on]
        return Holding(
            party=party,
            name=Sentence("{count} shops", count=len(found)),
            amounts=[Money(amount, currency) for currency, amount in sorted(sums.items())],
            available_on=max(dates) if dates else None,
            expected=any(holding.expected for holding in found),
        )


def story(session: orm.Session, order: Order) -> MoneyStory:
    """Tell the money story of `order` from the mirrored rows; no call to Stripe.

    Four queries, and one more until it is told what Stripe took.
    """
    parts = session.scalars(
        sa.select(OrderPart).where(OrderPart.order_id == order.id).order_by(OrderPart.id)
    ).all()
    passed = session.scalars(sa.select(Transfer).where(Transfer.order_id == order.id)).all()
    transactions = session.scalars(
        sa.select(BalanceTransaction)
        .where(BalanceTransaction.order_id == order.id)
        .order_by(BalanceTransaction.created, BalanceTransaction.id)
    ).all()
    known = {part.seller_id for part in parts} | {row.seller_id for row in passed}
    shops = {it.id: it for it in session.scalars(sa.select(Seller).where(Seller.id.in_(known)))}
    names = {number: shop.shop_name for number, shop in shops.items()}
    fee = None
    if parts and not any(taken(row) or row.type == BILL for row in transactions):
        fee = _estimate(session, order, shops[parts[0].seller_id])
    return tell(order, parts, names, transactions, passed, fee)


def tell(
    order: Order,
    parts: Sequence[OrderPart],
    shops: Mapping[int, str],
    transactions: Sequence[BalanceTransaction],
    passed: Sequence[Transfer],
    fee: Money | None = None,
) -> MoneyStory:
    """The story from rows that were read already, `shops` giving each seller's name; pure.

    `fee` is what Stripe will probably take, to be told until its balance shows what it took.
    """
    movements = confirmed(order, transactions, passed)
    over = order.status in NO_MONEY and not movements
    if not over:
        movements = _filled_up(order, parts, movements, fee)
    told = [_with_sentence(movement, shops) for movement in movements]
    ids = [part.seller_id for part in parts]
    ids += sorted({m.seller for m in told if m.seller and m.seller not in ids})
    return MoneyStory(
        total=order.total,
        movements=told,
        holdings=[
            _holding(Party.BUYER, _name(Party.BUYER, None, first=True), told),
            _holding(Party.PLATFORM, _name(Party.PLATFORM, None, first=True), told),
            *(_holding(Party.SELLER, shops.get(it, ""), told, it) for it in ids),
            _holding(Party.STRIPE, NAMES[Party.STRIPE], told),
        ],
        roles=charges.of(order.charge_type).roles(order.fee_payer),
        expected=any(movement.expected for movement in told),
        over=over,
        refund_waits=order.status in GIVEN_BACK and all(it.kind is not Kind.REFUND for it in told),
    )


def of_seller(whole: MoneyStory, seller_id: int, total: Money) -> MoneyStory:
    """What of a story one of several sellers may see: what came to that seller, and nothing else.

    `total` is what the buyer paid for that seller's goods.
    """
    own = [movement for movement in whole.movements if movement.seller == seller_id]
    name = next((m for m in whole.holdings if m.seller == seller_id), None)
    held = _holding(Party.SELLER, name.name if name else "", own, seller_id)
    return replace(
        whole,
        total=total,
        movements=own,
        holdings=[held],
        expected=any(movement.expected for movement in own),
        partial=True,
    )


def _estimate(session: orm.Session, order: Order, seller: Seller) -> Money | None:
    """Stripe's fee by its list price; None where we do not know that. At most one query."""
    it = prices.merchant(
        order.charge_type,
        platform.merchant(session),
        platform.merchant_of(seller),
        on_behalf_of=order.on_behalf_of,
    )
    return fees.estimate(order.total, prices.rate(it, order.currency))


def _filled_up(
    order: Order,
    parts: Sequence[OrderPart],
    confirmed: list[Movement],
    fee: Money | None,
) -> list[Movement]:
    """Add what the charge type plans and no balance shows yet."""
    told = {(movement.kind, movement.seller) for movement in confirmed}
    # After a refund or in a dispute nothing is passed on any more before somebody decides.
    stopped = order.status in GIVEN_BACK or any(
        movement.kind is Kind.DISPUTE for movement in confirmed
    )
    shares = [
        Share(
            part.seller_id,
            part.total,
            part.application_fee,
            held=stopped or part.transfer_when is TransferWhen.LATER,
        )
        for part in parts
    ]
    deal = Deal(shares, fee, order.fee_payer, order.split)
    missing = [
        Movement(
            plan.kind,
            plan.payer,
            plan.payee,
            plan.money,
            plan.money,
            expected=True,
            seller=plan.seller,
        )
        for plan in charges.of(order.charge_type).plan(deal)
        if (plan.kind, plan.seller) not in told
    ]
    return sorted(confirmed + missing, key=told_order)


def _with_sentence(movement: Movement, shops: Mapping[int, str]) -> Movement:
    words = EXPECTED_SENTENCES if movement.expected else SENTENCES
    template = words[movement.kind]
    shop = shops.get(movement.seller or 0)
    named = {
        place: _name(party, shop, first=template.startswith(f"{{{place}}}"))
        for place, party in (("payer", movement.payer), ("payee", movement.payee))
    }
    return replace(movement, sentence=Sentence(template, **named))


def _name(party: Party, shop: str | None, *, first: bool) -> str:
    """A party within a sentence; what is no shop's own name can be translated."""
    if party is Party.SELLER and shop is not None:
        return _capital(shop) if first else shop
    return Sentence(_capital(NAMES[party]) if first else NAMES[party])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _holding(
    party: Party, name: str, movements: Sequence[Movement], seller: int | None = None
) -> Holding:
    sums: dict[str, int] = {}
    mine = [m for m in movements if party is not Party.SELLER or m.seller == seller]
    touching = [m for m in mine if party in {m.payer, m.payee}]
    for movement in touching:
        for money, sign in ((movement.arrives, 1), (movement.money, -1)):
            owner = movement.payee if sign > 0 else movement.payer
            if money is not None and owner is party:
                sums[money.currency] = sums.get(money.currency, 0) + sign * money.amount
    gained = [m.available_on for m in touching if m.payee is party and m.available_on]
    return Holding(
        party=party,
        name=name,
        amounts=[Money(amount, currency) for currency, amount in sorted(sums.items())],
        available_on=max(gained) if gained and party in {Party.PLATFORM, Party.SELLER} else None,
        expected=any(movement.expected for movement in touching),
        seller=seller,
    )
