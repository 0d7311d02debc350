"""Direct charges on the road of every order: all that is asked later is asked on that account."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from marketplace import ledger, orders
from marketplace.charges.strategy import Kind, Party
from marketplace.design import ChargeType, FeePayer
from marketplace.errors import StripeUnavailable
from marketplace.lifecycles import OrderStatus
from marketplace.models import Payment, Seller
from marketplace.money import Money
from marketplace.sandbox import hands
from tests import builders
from tests.sandbox import merchants
from tests.till import SITE, Till

PAYERS = {FeePayer.SELLER: merchants.SELLER_PAYS, FeePayer.PLATFORM: merchants.PLATFORM_PAYS}


@pytest.fixture(params=list(FeePayer), ids=lambda payer: f"{payer.value} pays")
def direct(till: Till, request: pytest.FixtureRequest) -> Till:
    """Bea charges her buyers herself; Stripe's fee is hers, or the marketplace's."""
    return charging(till, request.param)


def charging(till: Till, payer: FeePayer) -> Till:
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    bea.charge_type, bea.fee_payer = ChargeType.DIRECT, payer
    bea.stripe_id = merchants.seller(till.sandbox, controller=PAYERS[payer])
    till.session.commit()
    return till


def account_of(till: Till) -> str:
    return till.session.get_one(Seller, till.bowl.seller_id).stripe_id or ""


def made(till: Till) -> Any:
    on = {"stripe_account": account_of(till)}
    return till.stripe.v1.checkout.sessions.list(options=on).data[0]  # type: ignore[arg-type]


def charge_of(till: Till) -> dict[str, Any]:
    found = till.stripe.v1.charges.list(options={"stripe_account": account_of(till)})
    return found.data[0].to_dict()


def test_each_party_holds_what_stripes_example_says_to_the_cent(direct: Till) -> None:
    order = direct.place()
    hands.pay(direct.start(order))
    paid = direct.settle(order)
    assert paid.status is OrderStatus.PAID
    story = ledger.story(direct.session, paid)
    seller_pays = paid.fee_payer is FeePayer.SELLER
    assert not story.expected
    assert [step.kind for step in story.movements] == [
        Kind.CHARGE,
        Kind.STRIPE_FEE,
        Kind.APPLICATION_FEE,
    ]
    assert story.of(Party.SELLER).amounts == [Money(818 if seller_pays else 877, "usd")]
    assert story.of(Party.PLATFORM).amounts == [Money(123 if seller_pays else 64, "usd")]
    assert story.of(Party.STRIPE).amounts == [Money(59, "usd")]
    assert ledger.check(direct.session) == []
    assert merchants.net(direct.sandbox, account_of(direct)) == (818 if seller_pays else 877)
    assert merchants.net(direct.sandbox) == (123 if seller_pays else 64)
    assert direct.stripe.v1.checkout.sessions.list().data == []


@pytest.mark.parametrize("turn", range(4))
def test_whatever_order_the_facts_come_in_the_end_is_the_same(till: Till, turn: int) -> None:
    charging(till, FeePayer.PLATFORM)
    order = till.place()
    hands.pay(till.start(order))
    charge, account = charge_of(till), account_of(till)
    database, stripe = till.session, till.stripe
    doors: list[Callable[[], object]] = [
        lambda: orders.settle(database, stripe, made(till).id, account),
        lambda: orders.refresh_payment(database, stripe, charge["payment_intent"], account),
        lambda: orders.refresh_charge(database, stripe, charge["id"], account),
        lambda: ledger.refresh_application_fee(database, stripe, charge["application_fee"]),
    ]
    done = [door() for door in [*doors[turn:], *doors[:turn], *doors]]
    assert all(done[1:])  # before the charge is known, nobody knows whose commission it is
    paid = till.look(order)
    assert paid.status is OrderStatus.PAID
    assert len(ledger.story(database, paid).movements) == 3
    assert ledger.check(database) == []


def test_a_commission_that_is_told_before_its_charge_is_known_finds_its_order(
    till: Till,
) -> None:
    charging(till, FeePayer.SELLER)
    order = till.place()
    hands.pay(till.start(order))
    fee = charge_of(till)["application_fee"]
    assert ledger.refresh_application_fee(till.session, till.stripe, fee) is False
    story = ledger.story(till.session, till.settle(order))
    assert not story.expected
    assert story.of(Party.PLATFORM).amounts == [Money(123, "usd")]


def test_a_session_that_a_crash_hid_is_found_on_its_account_and_nowhere_else(
    direct: Till,
) -> None:
    order = direct.place()
    direct.wire.lose = lambda method, url: method == "post" and url.endswith("/sessions")
    with pytest.raises(StripeUnavailable):
        direct.start(order)
    direct.wire.lose = None
    hands.pay(made(direct).url)
    database, stripe, account = direct.session, direct.stripe, account_of(direct)
    intent = charge_of(direct)["payment_intent"]
    kai = builders.seller(database, "Kai", stripe_id=merchants.seller(direct.sandbox))
    assert orders.refresh_payment(database, stripe, intent, "acct_stranger") is None
    assert direct.look(order).status is OrderStatus.PLACED
    found = orders.refresh_payment(database, stripe, intent, account)
    assert found is not None
    assert direct.look(order).status is OrderStatus.PAID
    before = len(direct.trace.calls())
    for wrong in (None, kai.stripe_id):
        assert orders.settle(database, stripe, made(direct).id, wrong) is None
        assert orders.refresh_payment(database, stripe, intent, wrong) is None
        assert orders.refresh_charge(database, stripe, charge_of(direct)["id"], wrong) is None
    asked = direct.trace.calls()[before:]
    assert {call.account for call in asked} == {account}  # only the test itself looked


def test_an_account_cannot_settle_an_order_of_the_platform_or_of_another(till: Till) -> None:
    """Mallory copies what stands on Bea's Session onto one of her own."""
    order = till.place()
    attempt = till.attempts(order)[0]
    mallory = merchants.seller(till.sandbox, controller=merchants.SELLER_PAYS)
    builders.seller(till.session, "Mallory", stripe_id=mallory)
    line: Any = {"currency": "usd", "unit_amount": 1000, "product_data": {"name": "x"}}
    forged = till.stripe.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": line}],
            "client_reference_id": order.token,
            "metadata": {"order": order.token, "attempt": attempt.idempotency_key},
            "success_url": SITE,
        },
        {"stripe_account": mallory},
    )
    hands.pay(forged.url or "")
    before = len(till.trace.calls())
    assert orders.settle(till.session, till.stripe, forged.id, mallory) is None
    assert len(till.trace.calls()) == before  # nothing was ever begun there, so nobody is asked
    shop = till.session.scalars(sa.select(Seller).where(Seller.stripe_id == mallory)).one()
    own = builders.order(till.session, shop, charge_type=ChargeType.DIRECT)
    till.session.add(Payment(order_id=own.id, amount=1, currency="usd", stripe_account=mallory))
    till.session.commit()
    assert orders.settle(till.session, till.stripe, forged.id, mallory) is None
    assert till.look(order).status is OrderStatus.PLACED
    assert orders.held(till.session) == []


def test_an_unpaid_page_is_closed_on_its_account_and_the_goods_go_back(direct: Till) -> None:
    order = direct.place(2)
    direct.start(order)
    orders.cancel(direct.session, direct.stripe, direct.look(order), public_url=SITE)
    assert made(direct).status == "expired"
    assert (direct.look(order).status, direct.stock()) == (OrderStatus.CANCELLED, 3)


def test_a_page_whose_end_nobody_told_us_is_asked_about_on_its_account(direct: Till) -> None:
    order = direct.place()
    direct.start(order)
    direct.sandbox.advance(2 * 3600)
    assert direct.sweep(timedelta(hours=2)) == 1
    assert (direct.look(order).status, direct.stock()) == (OrderStatus.EXPIRED, 3)


def test_a_bank_debit_is_paid_only_when_the_sellers_bank_says_so(direct: Till) -> None:
    order = direct.place()
    hands.pay(direct.start(order), debit="succeeds")
    assert direct.settle(order).status is OrderStatus.PROCESSING
    direct.sandbox.advance(7 * 86_400)
    paid = direct.settle(order)
    assert paid.status is OrderStatus.PAID
    assert not ledger.story(direct.session, paid).expected
    assert ledger.check(direct.session) == []


def test_what_the_seller_changes_later_does_not_change_the_order(till: Till) -> None:
    charging(till, FeePayer.SELLER)
    order = till.place()
    bea = till.session.get_one(Seller, till.bowl.seller_id)
    bea.charge_type = ChargeType.DESTINATION
    till.session.commit()
    hands.pay(till.start(order))
    assert till.settle(order).status is OrderStatus.PAID
    assert made(till).payment_status == "paid"
