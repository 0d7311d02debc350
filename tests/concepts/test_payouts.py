"""Payouts and balances as Stripe tells them, mirrored so that a seller learns why."""

from datetime import timedelta
from typing import Any

import pytest
import stripe
from sqlalchemy import orm

from marketplace import payouts
from marketplace.errors import StripeRefused
from marketplace.lifecycles import PayoutStatus
from marketplace.models import BalanceTransaction, Payout, Seller
from marketplace.money import Money
from tests import builders
from tests.running import Running
from tests.sandbox.earning import CLOSED, HOUR, fund, open_seller

DAY = 86_400


def shop_of(session: orm.Session, account: str) -> Seller:
    return builders.seller(session, "Ada's Cheese", stripe_id=account)


def pay_out(client: stripe.StripeClient, account: str | None, amount: int) -> stripe.Payout:
    options: stripe.RequestOptions = {"stripe_account": account} if account else {}
    return client.v1.payouts.create({"amount": amount, "currency": "usd"}, options)


def told(**changes: Any) -> dict[str, Any]:
    """A payout as Stripe answers it."""
    return {
        "id": "po_ada",
        "object": "payout",
        "amount": 2_000,
        "currency": "usd",
        "status": "in_transit",
        "arrival_date": 1_795_400_000,
        "created": 1_795_300_000,
        "automatic": True,
        "method": "standard",
        "destination": "ba_ada",
        "failure_code": None,
        "failure_message": None,
    } | changes


def test_a_payout_is_followed_until_it_is_at_the_bank(
    session: orm.Session, sandbox: Running
) -> None:
    client, ada = sandbox.client(), open_seller(sandbox)
    shop = shop_of(session, ada)
    fund(sandbox, ada, 5_000)
    made = pay_out(client, ada, 3_000)
    seen = []
    for wait in (1, 2 * HOUR, 10 * DAY):
        sandbox.advance(wait)
        row = payouts.refresh(session, client, made.id, ada)
        assert row is not None
        seen.append(row.status)
    assert seen == [PayoutStatus.PENDING, PayoutStatus.IN_TRANSIT, PayoutStatus.PAID]
    (only,) = payouts.latest(session, seller=shop)
    assert (only.amount, only.currency, only.automatic) == (3_000, "usd", False)


def test_a_seller_whose_bank_account_is_closed_learns_why_and_what_to_do(
    session: orm.Session, sandbox: Running
) -> None:
    client, ada = sandbox.client(), open_seller(sandbox, CLOSED)
    shop = shop_of(session, ada)
    fund(sandbox, ada, 5_000)
    made = pay_out(client, ada, 5_000)
    payouts.refresh_balance(session, client, ada)
    assert payouts.held(payouts.balances(session, shop)[0])[0] == Money(0, "usd")
    sandbox.advance(10 * DAY)
    row = payouts.refresh(session, client, made.id, ada)
    payouts.refresh_balance(session, client, ada)
    assert row is not None
    assert (row.status, row.failure_code) == (PayoutStatus.FAILED, "account_closed")
    assert payouts.explain(row.failure_code).why == "The bank account was closed."
    assert payouts.held(payouts.balances(session, shop)[0])[0] == Money(5_000, "usd")
    booked = session.query(BalanceTransaction).filter_by(account=ada, source=made.id)
    assert sorted(entry.amount for entry in booked) == [-5_000, 5_000]


def test_the_platforms_own_payout_belongs_to_nobody(session: orm.Session, sandbox: Running) -> None:
    client = sandbox.client()
    fund(sandbox, None, 9_000)
    payouts.refresh_balance(session, client, None)
    payouts.refresh_balance(session, client, None)
    (held,) = payouts.balances(session)
    assert payouts.held(held) == (Money(9_000, "usd"), Money(0, "usd"))


def test_an_account_that_is_nobodys_shop_is_not_asked_about(
    session: orm.Session, sandbox: Running
) -> None:
    client = sandbox.client()
    assert payouts.refresh(session, client, "po_1", "acct_nobody") is None
    assert payouts.refresh_balance(session, client, "acct_nobody") is False


def test_a_seller_who_left_is_not_asked_about(session: orm.Session, sandbox: Running) -> None:
    ada = builders.seller(session, "Ada's Cheese")
    ada.deauthorized_at = ada.created_at
    session.commit()
    assert payouts.refresh(session, sandbox.client(), "po_1", ada.stripe_id) is None


def test_a_payout_that_stripe_does_not_know_is_an_error(
    session: orm.Session, sandbox: Running
) -> None:
    ada = open_seller(sandbox)
    shop_of(session, ada)
    with pytest.raises(StripeRefused):
        payouts.refresh(session, sandbox.client(), "po_none", ada)
    assert payouts.latest(session) == []


def test_an_older_answer_that_comes_later_changes_nothing(session: orm.Session) -> None:
    shop = builders.seller(session)
    payouts._mirror(session, told(status="paid", arrival_date=1_795_500_000), shop.id)
    late = payouts._mirror(session, told(status="in_transit"), shop.id)
    assert late.status is PayoutStatus.PAID
    assert late.arrival_date.timestamp() == 1_795_500_000


def test_a_bank_may_return_what_was_paid_but_never_pay_what_failed(session: orm.Session) -> None:
    shop = builders.seller(session)
    payouts._mirror(session, told(status="paid"), shop.id)
    failed = told(status="failed", failure_code="no_account")
    assert payouts._mirror(session, failed, shop.id).status is PayoutStatus.FAILED
    back = payouts._mirror(session, told(status="paid"), shop.id)
    assert (back.status, back.failure_code) == (PayoutStatus.FAILED, "no_account")


def test_the_same_answer_twice_is_one_row_and_no_news(session: orm.Session) -> None:
    shop = builders.seller(session)
    first = payouts._mirror(session, told(), shop.id).updated
    assert payouts._mirror(session, told(), shop.id).updated == first
    assert session.query(Payout).count() == 1


def test_a_balance_that_stripe_stops_naming_is_empty(session: orm.Session) -> None:
    shop = builders.seller(session)
    then, now = shop.created_at, shop.updated_at
    payouts._mirror_balance(session, {"usd": (700, 300), "eur": (5, 0)}, shop.id, then)
    payouts._mirror_balance(session, {"usd": (-200, 0)}, shop.id, now)
    found = {row.currency: payouts.held(row)[0] for row in payouts.balances(session, shop)}
    assert found == {"eur": Money(0, "eur"), "usd": Money(-200, "usd")}


def test_a_balance_read_earlier_and_written_later_is_dropped(session: orm.Session) -> None:
    shop = builders.seller(session)
    early, late = shop.created_at, shop.created_at + timedelta(days=365)
    payouts._mirror_balance(session, {"usd": (700, 0)}, shop.id, late)
    payouts._mirror_balance(session, {"usd": (100, 0)}, shop.id, early)
    (only,) = payouts.balances(session, shop)
    assert only.available == 700


def test_a_balance_adds_up_its_sources_in_each_currency() -> None:
    answer = {
        "available": [{"amount": 700, "currency": "usd"}, {"amount": 50, "currency": "jpy"}],
        "pending": [{"amount": 1, "currency": "usd"}, {"amount": 2, "currency": "usd"}],
        "connect_reserved": [{"amount": 9, "currency": "usd"}],
    }
    assert payouts.totals(answer) == {"usd": (700, 3), "jpy": (50, 0)}


@pytest.mark.parametrize("code", [*payouts.FAILURES, "a_code_of_next_year", None])
def test_every_failure_is_told_in_sentences(code: str | None) -> None:
    failure = payouts.explain(code)
    for sentence in (failure.why, failure.todo):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "_" not in sentence


def test_the_list_goes_back_page_by_page(session: orm.Session) -> None:
    shop = builders.seller(session)
    for number in range(5):
        payouts._mirror(session, told(id=f"po_{number}"), shop.id)
    first = payouts.latest(session, seller=shop, limit=3)
    rest = payouts.latest(session, seller=shop, limit=3, before=first[-1].id)
    assert [row.stripe_id for row in first + rest] == ["po_4", "po_3", "po_2", "po_1", "po_0"]
    assert payouts.latest(session, status=PayoutStatus.FAILED) == []
