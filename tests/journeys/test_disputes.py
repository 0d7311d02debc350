"""A buyer's bank takes money back: whose dispute it is, and where it can be read."""

from dataclasses import replace
from typing import Any

import pytest

from marketplace import disputes, ledger, sellers
from marketplace.charges.strategy import Kind, Party
from marketplace.clock import from_unix
from marketplace.design import DEFAULT, ChargeType, Dashboard, Design, FeePayer, LossOwner
from marketplace.lifecycles import DisputeStatus
from marketplace.models import BalanceTransaction, Dispute, Order, User
from marketplace.money import Money
from tests.journeys.conftest import Town

NOT_RECEIVED = "4000000000002685"
INQUIRY = "4000000000001976"
DIRECT = replace(
    DEFAULT,
    dashboard=Dashboard.FULL,
    fee_payer=FeePayer.SELLER,
    loss_owner=LossOwner.STRIPE,
    charge_type=ChargeType.DIRECT,
)
# Express, where the platform pays Stripe for what the seller charges.
WHITE = replace(DEFAULT, charge_type=ChargeType.DIRECT)


def sell(town: Town, design: Design, card: str) -> Dispute:
    """Nadia sells a rug for 48.00 to Ben, whose bank disputes it; returns the mirrored dispute."""
    nadia = town.sign_up("Nadia", sell=True)
    with town.database() as session:
        user = session.query(User).filter_by(name="Nadia").one()
        sellers.open_shop(session, user, name="Nadia weaves", country="US", design=design)
        session.commit()
    nadia.open("/sell/account").press("Set up payments with Stripe")
    assert nadia.away
    nadia.open(town.onboard(nadia.away))
    town.settle()
    town.offer(nadia, "Woven rug", "48.00")
    ben = town.browser("Ben")
    ben.open(town.pay(town.order(ben, "Woven rug"), card=card))
    town.settle()
    return only(town)


def only(town: Town) -> Dispute:
    with town.database() as session:
        found = session.query(Dispute).one()
        session.expunge(found)
        return found


@pytest.mark.parametrize(
    ("design", "platform", "seller"),
    [
        # The sale is 48.00, the commission 4.80, Stripe's fee 1.69, and the dispute's 15.00.
        (DEFAULT, 480 - 169 - 4800 - 1500, 4320),
        (DIRECT, 480, 4320 - 169 - 4800 - 1500),
        (WHITE, 480 - 169 - 1500, 4320 - 4800),
    ],
    ids=["destination", "direct", "direct, the platform pays Stripe"],
)
def test_a_dispute_is_mirrored_where_its_charge_lives(
    town: Town, design: Design, platform: int, seller: int
) -> None:
    whom = {Party.PLATFORM: platform, Party.SELLER: seller, Party.STRIPE: 1669, Party.BUYER: 0}
    found = sell(town, design, NOT_RECEIVED)
    shop = town.seller("Nadia weaves")
    direct = design.charge_type is ChargeType.DIRECT
    account = shop.stripe_id if direct else None
    assert found.account == account
    assert found.seller_id == shop.id
    with town.database() as session:
        order = session.query(Order).one()
        assert found.order_id == order.id
        booked = session.query(BalanceTransaction).filter_by(source=found.stripe_id).one()
        told = ledger.story(session, order)
        assert {it.party: [money.amount for money in it.amounts] for it in told.holdings} == {
            party: [amount] for party, amount in whom.items()
        }
        fees = [it.money for it in told.movements if it.kind is Kind.DISPUTE_FEE]
        assert fees == [Money(1500, "usd")]
        assert ledger.check(session) == []
    assert (booked.account, booked.amount) == (account, -4800)
    assert (found.amount, found.currency, found.reason) == (4800, "usd", "product_not_received")
    assert (found.status, found.answered) == (DisputeStatus.NEEDS_RESPONSE, False)
    at_stripe = stripes(town, found)
    assert found.due_by == from_unix(at_stripe["evidence_details"]["due_by"])


def stripes(town: Town, dispute: Dispute) -> dict[str, Any]:
    """The dispute as Stripe tells it now."""
    options: Any = {"stripe_account": dispute.account} if dispute.account else {}
    told = town.wiring.stripe.v1.disputes.retrieve(dispute.stripe_id, options=options)
    found: dict[str, Any] = told.to_dict()
    return found


def test_what_becomes_of_it_is_followed_to_the_end(town: Town) -> None:
    found = sell(town, DIRECT, NOT_RECEIVED)
    options: Any = {"stripe_account": found.account}
    town.wiring.stripe.v1.disputes.update(
        found.stripe_id, {"evidence": {"uncategorized_text": "winning_evidence"}}, options
    )
    town.settle()
    answered = only(town)
    assert (answered.status, answered.answered) == (DisputeStatus.UNDER_REVIEW, True)
    town.advance(days=61)
    won = only(town)
    assert won.status is DisputeStatus.WON
    with town.database() as session:
        booked = session.query(BalanceTransaction).filter_by(source=found.stripe_id).all()
        assert sum(row.amount for row in booked) == 0
        assert disputes.unanswered(session) == 0


def test_an_inquiry_takes_no_money_and_waits_for_an_answer(town: Town) -> None:
    found = sell(town, DEFAULT, INQUIRY)
    assert found.status is DisputeStatus.WARNING_NEEDS_RESPONSE
    with town.database() as session:
        assert disputes.unanswered(session) == 1
        assert not session.query(BalanceTransaction).filter_by(source=found.stripe_id).all()


def test_an_older_answer_never_overwrites_a_newer_one(town: Town) -> None:
    found = sell(town, DEFAULT, NOT_RECEIVED)
    town.wiring.stripe.v1.disputes.close(found.stripe_id)
    town.settle()
    assert only(town).status is DisputeStatus.LOST
    with town.database() as session:
        # Read a moment before it was closed, written after.
        early = {**stripes(town, found), "status": "needs_response"}
        disputes._keep(session, early, None, None, None, found.created)
        session.commit()
    latest = only(town)
    assert latest.status is DisputeStatus.LOST
    assert latest.seller_id == found.seller_id


def test_a_strangers_dispute_is_left_alone(town: Town) -> None:
    """Another program of the same platform may have disputes of its own."""
    intent = town.wiring.stripe.v1.payment_intents.create(
        {
            "amount": 900,
            "currency": "usd",
            "payment_method": "pm_card_createDispute",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    town.settle()
    dispute = town.wiring.stripe.v1.disputes.list({"payment_intent": intent.id}).data[0]
    with town.database() as session:
        assert disputes.refresh(session, town.wiring.stripe, dispute.id, None) is None
        assert session.query(Dispute).all() == []
