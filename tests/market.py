"""Two shops whose goods are paid for in one payment, and what each was sent."""

from dataclasses import dataclass

import pytest

from marketplace import orders, transfers
from marketplace.design import ChargeType
from marketplace.design.passing import TransferWhen
from marketplace.models import Order, Product, Seller, TransferRequest
from marketplace.money import Money
from marketplace.orders import Wanted
from marketplace.sandbox import hands
from tests import builders
from tests.sandbox import merchants
from tests.till import Till


@dataclass
class Market:
    """Bea's bowl for 10.00 (12.3 % stays here) and Kai's cup for 20.00 (10 %), paid together."""

    till: Till
    bea: Seller
    kai: Seller
    cup: Product

    def basket(self) -> list[Wanted]:
        return [Wanted(self.till.bowl.id, 1), Wanted(self.cup.id, 1)]

    def place(self) -> Order:
        return orders.place(self.till.session, self.basket(), None, builders.nonce())

    def paid(self) -> Order:
        order = self.place()
        hands.pay(self.till.start(order))
        return self.till.settle(order)

    def sent(self) -> list[tuple[str | None, int]]:
        """What Stripe has transferred, oldest first: to whom, and how much."""
        found = self.till.stripe.v1.transfers.list().data
        names = {self.bea.stripe_id: "bea", self.kai.stripe_id: "kai"}
        return [(names[str(row.destination)], row.amount) for row in reversed(found)]

    def asked(self, order: Order) -> list[TransferRequest]:
        self.till.session.commit()
        return list(transfers.requests_of(self.till.session, order))

    def decide(self, order: Order, amount: int, to: Seller, nonce: str = "") -> TransferRequest:
        part = orders.part_of(self.till.look(order), self.bea)
        return transfers.decide(
            self.till.session,
            self.till.stripe,
            self.till.look(order),
            part_id=part.id,
            seller=to,
            money=Money(amount, "usd"),
            nonce=nonce or builders.nonce(),
        )


@pytest.fixture
def market(till: Till) -> Market:
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    bea.charge_type = ChargeType.SEPARATE
    account = merchants.seller(till.sandbox)
    kai = builders.seller(
        till.session, "Kai's Cups", stripe_id=account, charge_type=ChargeType.SEPARATE
    )
    cup = builders.product(till.session, kai, "Red cup", 2000)
    return Market(till, bea, kai, cup)


@pytest.fixture
def waiting(market: Market) -> Market:
    """Bea's share waits until somebody decides about it."""
    market.bea.transfer_when = TransferWhen.LATER
    market.till.session.commit()
    return market
