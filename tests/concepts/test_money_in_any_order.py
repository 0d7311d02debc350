"""Whatever happens to the money of an order, in whatever order we hear of it, the books are right.

Somebody pays, gives back, takes back and disputes at Stripe; the shop hears of it late, twice or
never, dies in between, and sweeps. In the end every line of Stripe's balances is in our books, of
the right order, and each shop was sent its part at most once.
"""

import contextlib
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import stripe as sdk
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import orm

from marketplace import clock, disputes, ledger, orders, transfers
from marketplace.design import ChargeType
from marketplace.errors import MarketplaceError
from marketplace.gateway.client import acting_as
from marketplace.lifecycles import OrderStatus, TransferStatus
from marketplace.models import BalanceTransaction, Product
from marketplace.money import Money
from marketplace.orders import Wanted
from marketplace.sandbox import hands
from tests import builders
from tests.market import Market

DISPUTED_CARD = "4000000000002685"
FAILING_REFUNDS = "4000000000005126"
ALL = 100_000
REFUNDED = frozenset({OrderStatus.PARTLY_REFUNDED, OrderStatus.REFUNDED})
# What is on the balances and belongs to no order.
OTHERS = frozenset({"payout", "payout_failure", "reserve_transaction"})

# How much time has passed at each sandbox; its examples follow one another.
WATCHES: dict[str, list[timedelta]] = {}
AMOUNTS = st.sampled_from([1, 400, 1_500, ALL])
STEPS = st.one_of(
    st.tuples(st.sampled_from(["give_back", "take_back", "return_commission"]), AMOUNTS),
    st.tuples(st.just("decide"), st.sampled_from([1, 400, 877])),
    st.tuples(st.sampled_from(["hear_payment", "hear_refunds", "hear_transfers"]), st.just(0)),
    st.tuples(st.sampled_from(["hear_fees", "hear_disputes"]), st.just(0)),
    st.tuples(st.just("wait"), st.sampled_from([2, 15, 65, 26 * 60])),
    st.tuples(st.sampled_from(["lose_the_answer", "lose_the_call", "cut_the_line"]), st.just(0)),
    st.tuples(st.sampled_from(["repair", "sweep"]), st.just(0)),
)
# How the shop heard of the payment: not at all, well, or with the line dead in the middle of it.
BEGINNINGS = st.sampled_from(
    [
        [],
        [("hear_payment", 0)],
        [("lose_the_call", 0), ("hear_payment", 0), ("repair", 0)],
        [("lose_the_answer", 0), ("hear_payment", 0), ("repair", 0)],
    ]
)


def asks_for_something(method: str, _url: str) -> bool:
    return method == "post"


class Trade:
    """One order, and everything that may happen to it."""

    def __init__(
        self, market: Market, watch: list[timedelta], charge_type: ChargeType, card: str
    ) -> None:
        self.market, self.till, self.watch = market, market.till, watch
        self.stripe = market.till.sandbox.client()  # a line of its own, which always holds
        session = self.till.session
        market.bea.charge_type = market.kai.charge_type = charge_type
        session.commit()
        wanted = [Wanted(self.till.bowl.id, 1)]
        if charge_type is ChargeType.SEPARATE:
            wanted = market.basket()
        order = orders.place(session, wanted, None, builders.nonce())
        hands.pay(self.till.start(order), card=card)
        self.order = self.till.look(order)
        self.account = self.order.payments[-1].stripe_account
        self.on = acting_as(self.account)
        intents = self.stripe.v1.payment_intents.list({"limit": 1}, self.on)
        self.charge = str(intents.data[0].latest_charge)

    def give_back(self, amount: int) -> None:
        left = self.stripe.v1.charges.retrieve(self.charge, options=self.on)
        amount = min(amount, left.amount - left.amount_refunded)
        params: Any = {"charge": self.charge, "amount": amount}
        if self.order.charge_type is ChargeType.DESTINATION:
            params["reverse_transfer"] = True
        if self.order.charge_type is not ChargeType.SEPARATE:
            params["refund_application_fee"] = True
        self.stripe.v1.refunds.create(params, self.on)

    def take_back(self, amount: int) -> None:
        for it in self.made():
            params: Any = {"amount": min(amount, it.amount - it.amount_reversed)}
            self.stripe.v1.transfers.reversals.create(it.id, params)

    def return_commission(self, amount: int) -> None:
        for fee in self.stripe.v1.application_fees.list({"limit": 1}).data:
            params: Any = {"amount": min(amount, fee.amount - fee.amount_refunded)}
            self.stripe.v1.application_fees.refunds.create(fee.id, params)

    def decide(self, amount: int) -> None:
        order = self.till.look(self.order)
        for it in transfers.left(self.till.session, order):
            transfers.decide(
                self.till.session,
                self.till.stripe,
                order,
                part_id=it.part.id,
                seller=it.part.seller,
                money=Money(amount, it.money.currency),
                nonce=builders.nonce(),
            )

    def hear_payment(self, _: int) -> None:
        orders.ask(self.till.session, self.till.stripe, self.till.attempts(self.order)[-1])

    def hear_refunds(self, _: int) -> None:
        orders.refresh_refunds(self.till.session, self.till.stripe, self.charge, self.account)

    def hear_transfers(self, _: int) -> None:
        for it in self.made():
            transfers.refresh(self.till.session, self.till.stripe, it.id)

    def hear_fees(self, _: int) -> None:
        fees = self.stripe.v1.application_fees.list({"limit": 1}).data
        for fee in fees:
            ledger.refresh_application_fee(self.till.session, self.till.stripe, fee.id)

    def hear_disputes(self, _: int) -> None:
        for it in self.stripe.v1.disputes.list({"charge": self.charge}, self.on).data:
            disputes.refresh(self.till.session, self.till.stripe, it.id, self.account)

    def wait(self, minutes: int) -> None:
        self.watch.append(timedelta(minutes=minutes))
        self.till.sandbox.advance(minutes * 60)

    def sweep(self, _: int) -> int:
        return orders.finish_passing_on(self.till.session, self.till.stripe)

    def lose_the_answer(self, _: int) -> None:
        self.till.wire.lose, self.till.wire.stop = asks_for_something, False

    def lose_the_call(self, _: int) -> None:
        self.till.wire.lose, self.till.wire.stop = asks_for_something, True

    def cut_the_line(self, _: int) -> None:
        self.till.wire.lose, self.till.wire.stop = lambda *_: True, True

    def repair(self, _: int) -> None:
        self.till.wire.lose = None

    def overtaken(self) -> bool:
        """Whether the shop has heard that money went back."""
        return self.till.look(self.order).status in REFUNDED

    def sent_by_itself(self) -> set[str]:
        """What was sent of the order because it was paid, and not because somebody decided."""
        asked = transfers.requests_of(self.till.session, self.till.look(self.order))
        tokens = {it.token for it in asked if it.nonce.startswith("part:")}
        return {it.id for it in self.made() if it.to_dict()["metadata"].get("request") in tokens}

    def made(self) -> list[sdk.Transfer]:
        """The transfers that Stripe has made for this order."""
        group: Any = {"transfer_group": f"order_{self.order.token}"}
        return self.stripe.v1.transfers.list(group).data

    def end(self) -> None:
        """The line is there again, every event comes, and the sweep has its time."""
        self.repair(0)
        for _ in range(4):
            self.wait(65)
            for hear in (self.hear_payment, self.hear_refunds, self.hear_transfers):
                hear(0)
            self.hear_fees(0)
            self.hear_disputes(0)
            self.sweep(0)

    def check(self) -> None:
        """Nothing is under way, nothing was sent twice, and the status is what Stripe says."""
        session = self.till.session
        order = self.till.look(self.order)
        asked = transfers.requests_of(session, order)
        assert TransferStatus.REQUESTED not in {it.status for it in asked}
        assert self.sweep(0) == 0
        if order.charge_type is ChargeType.SEPARATE:
            made = [it.stripe_id for it in asked if it.status is TransferStatus.MADE]
            assert len(made) == len(set(made))
            assert set(made) == {it.id for it in self.made()}
        for part in order.parts:
            sent = [it.amount for it in asked if it.stripe_id and it.part_id == part.id]
            assert sum(sent) <= part.amount - part.application_fee_amount
        charge = self.stripe.v1.charges.retrieve(self.charge, options=self.on)
        back = charge.amount_refunded
        assert order.payments[-1].refunded == Money(back, order.currency)
        known = OrderStatus.PARTLY_REFUNDED if back < order.amount else OrderStatus.REFUNDED
        assert order.status is (known if back else OrderStatus.PAID)
        for account in (None, self.market.bea.stripe_id, self.market.kai.stripe_id):
            assert booked(session, account) == lines(self.stripe, account)
        assert ledger.check(session) == []


def booked(session: orm.Session, account: str | None) -> set[str]:
    query = sa.select(BalanceTransaction.stripe_id).where(
        BalanceTransaction.account == account, BalanceTransaction.order_id.is_not(None)
    )
    return set(session.scalars(query))


def lines(stripe: sdk.StripeClient, account: str | None) -> set[str]:
    found = stripe.v1.balance_transactions.list({"limit": 100}, acting_as(account))
    return {row.id for row in found.auto_paging_iter() if row.type not in OTHERS}


@settings(max_examples=6)
@given(
    st.sampled_from([*ChargeType, ChargeType.SEPARATE]),
    st.sampled_from([hands.CARD, DISPUTED_CARD, FAILING_REFUNDS]),
    BEGINNINGS,
    st.lists(STEPS, max_size=12),
)
def test_the_books_are_right_in_the_end(
    market: Market,
    charge_type: ChargeType,
    card: str,
    beginning: list[tuple[str, int]],
    steps: list[tuple[str, int]],
) -> None:
    till, watch = market.till, WATCHES.setdefault(market.till.sandbox.url, [])
    till.session.get_one(Product, till.bowl.id).stock = None
    market.cup.stock = None
    till.session.commit()
    began = clock.now()
    with clock.reading(lambda: began + sum(watch, timedelta())):
        trade = Trade(market, watch, charge_type, card)
        for name, amount in [*beginning, *steps]:
            overtaken, sent = trade.overtaken(), trade.sent_by_itself()
            with contextlib.suppress(MarketplaceError, sdk.StripeError):
                getattr(trade, name)(amount)
            assert not overtaken or trade.sent_by_itself() == sent
        overtaken, sent = trade.overtaken(), trade.sent_by_itself()
        trade.end()
        assert not overtaken or trade.sent_by_itself() == sent
        trade.check()
