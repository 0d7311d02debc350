"""What comes back without a refund, or in another currency: each balance and the story agree."""

from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa

from marketplace import disputes, ledger, orders, transfers
from marketplace.charges.strategy import Kind, Party
from marketplace.design import ChargeType
from marketplace.models import ApplicationFee, Order, Product, Seller
from marketplace.sandbox import hands
from tests.sandbox import merchants
from tests.till import Till


def sold(
    till: Till,
    charge_type: ChargeType,
    country: str = "US",
    *,
    card: str = hands.CARD,
    debit: str | None = None,
) -> Order:
    """Bea, who is there, sells a bowl for 10.00 of the currency there."""
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    bea.charge_type = charge_type
    if country != "US":
        bea.country, bea.currency = country, "eur"
        bea.stripe_id = merchants.seller(till.sandbox, country=country)
        till.session.execute(sa.update(Product).values(currency="eur"))
    till.session.commit()
    till.session.expire_all()
    order = till.place()
    hands.pay(till.start(order), card=card, debit=debit)
    if debit:
        till.sandbox.advance(7 * 86_400)
    return till.settle(order)


def balance(till: Till, account: str | None) -> dict[str, int]:
    net: Counter[str] = Counter()
    for type_, _amount, _fee, moved, currency in merchants.moves(till.sandbox, account):
        if type_ != "reserve_transaction":  # what is set aside for an account below zero
            net[currency] += moved
    return dict(net)


def agree(till: Till, order: Order) -> ledger.MoneyStory:
    """The story says of each party what its balance at Stripe holds."""
    told = ledger.story(till.session, till.look(order))
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    for party, account in ((Party.PLATFORM, None), (Party.SELLER, bea.stripe_id)):
        held = {money.currency: money.amount for money in told.of(party).amounts}
        assert held == balance(till, account), party
    assert ledger.check(till.session) == []
    return told


@pytest.mark.parametrize(
    ("charge_type", "country"), [(ChargeType.DIRECT, "DE"), (ChargeType.DESTINATION, "US")]
)
def test_commission_that_goes_back_alone_is_booked_when_it_is_told(
    till: Till, charge_type: ChargeType, country: str
) -> None:
    order = sold(till, charge_type, country)
    (fee,) = till.session.scalars(sa.select(ApplicationFee.stripe_id))
    agree(till, order)
    for amount in (23, None):
        params: Any = {"amount": amount} if amount else {}
        till.stripe.v1.application_fees.refunds.create(fee, params)
        assert ledger.refresh_application_fee(till.session, till.stripe, fee)
        told = agree(till, order)
    back = [it for it in told.movements if it.kind is Kind.APPLICATION_FEE_REFUND]
    assert [it.payer for it in back] == [Party.PLATFORM] * 2
    till.settle(order)
    agree(till, order)


@pytest.mark.parametrize("charge_type", ChargeType)
def test_a_refund_that_takes_everything_back_from_abroad(
    till: Till, charge_type: ChargeType
) -> None:
    order = sold(till, charge_type, "DE")
    agree(till, order)
    (attempt,) = order.payments
    account = attempt.stripe_account
    on: Any = {"stripe_account": account} if account else {}
    for amount in (333, 667):
        params: Any = {"charge": attempt.charge_id, "amount": amount}
        if charge_type is not ChargeType.SEPARATE:
            params["refund_application_fee"] = True
        if charge_type is ChargeType.DESTINATION:
            params["reverse_transfer"] = True
        till.stripe.v1.refunds.create(params, on)
        orders.refresh_charge(till.session, till.stripe, attempt.charge_id or "", account)
        for transfer in till.stripe.v1.transfers.list().data:
            if charge_type is ChargeType.SEPARATE:
                till.stripe.v1.transfers.reversals.create(transfer.id, {"amount": 300})
            transfers.refresh(till.session, till.stripe, transfer.id)
        agree(till, order)


@pytest.mark.parametrize("charge_type", [ChargeType.DIRECT, ChargeType.DESTINATION])
def test_a_bank_debit_that_is_given_back(till: Till, charge_type: ChargeType) -> None:
    order = sold(till, charge_type, debit="succeeds")
    agree(till, order)
    (attempt,) = order.payments
    account = attempt.stripe_account
    on: Any = {"stripe_account": account} if account else {}
    till.stripe.v1.refunds.create({"charge": attempt.charge_id or "", "amount": 10}, on)
    orders.refresh_charge(till.session, till.stripe, attempt.charge_id or "", account)
    agree(till, order)


@pytest.mark.parametrize(
    ("charge_type", "country", "won"),
    [(ChargeType.DIRECT, "DE", True), (ChargeType.SEPARATE, "US", False)],
    ids=["won", "lost"],
)
def test_what_a_bank_takes_and_brings_back_in_a_dispute(
    till: Till, charge_type: ChargeType, country: str, *, won: bool
) -> None:
    order = sold(till, charge_type, country, card="4000000000002685")
    (attempt,) = order.payments
    on: Any = {"stripe_account": attempt.stripe_account} if attempt.stripe_account else {}
    (dispute,) = till.stripe.v1.disputes.list(options=on).data
    disputes.refresh(till.session, till.stripe, dispute.id, attempt.stripe_account)
    told = agree(till, order)
    assert "A bank moved money from" in str(told.movements)
    assert "for the dispute from" in str(told.movements)
    if won:
        text: Any = {"evidence": {"uncategorized_text": "winning_evidence"}}
        till.stripe.v1.disputes.update(dispute.id, text, on)
        till.sandbox.advance(61 * 86_400)
    else:
        till.stripe.v1.disputes.close(dispute.id, options=on)
    for _ in range(2):
        disputes.refresh(till.session, till.stripe, dispute.id, attempt.stripe_account)
    agree(till, order)
