"""Sellers below zero: what the platform holds for them, what banks pay, who bears the rest."""

import pytest

from .conftest import Running
from .earning import CLOSED, DAY, GOOD, acting, available, fund, open_seller
from .merchants import SELLER_PAYS, moves, net, pay, seller

FREELY = 4 * DAY
"""More than a weekend and a business day."""


def owe(sandbox: Running, ada: str, amount: int = 1_000) -> None:
    """Push the seller `amount` below zero: paid out, then refunded with the transfer reversed."""
    client = sandbox.client()
    fund(sandbox, None, 10 * amount)
    paid = pay(sandbox, amount, "pm_card_bypassPending", transfer_data={"destination": ada})
    client.v1.payouts.create({"amount": amount, "currency": "usd"}, {"stripe_account": ada})
    client.v1.refunds.create({"payment_intent": paid.id, "reverse_transfer": True})
    sandbox.advance(1)


def reserved(sandbox: Running) -> int:
    rows = sandbox.client().v1.balance.retrieve().connect_reserved or []
    return {row.currency: row.amount for row in rows}["usd"]


def types(sandbox: Running, account: str | None = None) -> list[tuple[str, int]]:
    return [(type_, amount) for type_, amount, *_ in moves(sandbox, account)]


def test_the_platform_holds_what_its_seller_is_short_of(sandbox: Running) -> None:
    ada = open_seller(sandbox)
    owe(sandbox, ada)
    assert available(sandbox, ada) == -1_000
    assert reserved(sandbox) == 1_000
    assert types(sandbox)[-1] == ("reserve_transaction", -1_000)
    before = available(sandbox)
    pay(sandbox, 400, "pm_card_bypassPending", transfer_data={"destination": ada})
    sandbox.advance(1)
    assert reserved(sandbox) == 600
    assert types(sandbox)[-1] == ("reserve_transaction", 400)
    assert available(sandbox) == before + 400 - 42  # the fee of the payment is the platform's
    sandbox.client().v1.transfers.create({"amount": 600, "currency": "usd", "destination": ada})
    sandbox.advance(1)
    assert (reserved(sandbox), available(sandbox, ada)) == (0, 0)


def test_money_that_is_on_its_way_counts(sandbox: Running) -> None:
    ada = open_seller(sandbox)
    fund(sandbox, ada, 500, days=2)
    fund(sandbox, ada, -400)
    sandbox.advance(1)
    assert reserved(sandbox) == 0
    fund(sandbox, ada, -300)
    sandbox.advance(1)
    assert reserved(sandbox) == 200


def test_a_bank_is_debited_where_the_seller_allows_it(sandbox: Running) -> None:
    ada = open_seller(sandbox)
    client = sandbox.client()
    client.v1.accounts.update(ada, {"settings": {"payouts": {"debit_negative_balances": True}}})
    owe(sandbox, ada)
    sandbox.advance(FREELY)
    debit = client.v1.payouts.list({"limit": 1}, acting(ada)).data[0]
    assert (debit.amount, debit.automatic, debit.type) == (-1_000, True, "bank_account")
    assert types(sandbox, ada)[-1] == ("payout", 1_000)
    assert available(sandbox, ada) == 0
    sandbox.advance(2 * FREELY)
    assert reserved(sandbox) == 0
    assert client.v1.payouts.retrieve(debit.id, None, acting(ada)).status == "paid"


def test_a_hold_lingers_after_a_debit(sandbox: Running) -> None:
    ada = open_seller(sandbox)
    client = sandbox.client()
    client.v1.accounts.update(ada, {"settings": {"payouts": {"debit_negative_balances": True}}})
    owe(sandbox, ada)
    while available(sandbox, ada) < 0:
        sandbox.advance(DAY)
    assert reserved(sandbox) == 1_000
    sandbox.advance(2 * FREELY)
    assert reserved(sandbox) == 0


def test_a_bank_that_refuses_leaves_the_seller_below_zero(sandbox: Running) -> None:
    ada = open_seller(sandbox, CLOSED)
    client = sandbox.client()
    client.v1.accounts.update(ada, {"settings": {"payouts": {"debit_negative_balances": True}}})
    fund(sandbox, ada, -700)
    sandbox.advance(2 * FREELY)
    (debit,) = client.v1.payouts.list({}, acting(ada)).data
    assert (debit.status, debit.failure_code) == ("failed", "account_closed")
    assert types(sandbox, ada)[-2:] == [("payout", 700), ("payout_failure", -700)]
    assert reserved(sandbox) == 700


def test_nobody_is_debited_who_did_not_agree(sandbox: Running) -> None:
    ada = open_seller(sandbox, GOOD)
    owe(sandbox, ada)
    sandbox.advance(30 * DAY)
    assert available(sandbox, ada) == -1_000


def test_after_180_days_the_platform_pays(sandbox: Running) -> None:
    ada = open_seller(sandbox)
    owe(sandbox, ada)
    before = net(sandbox)
    sandbox.advance(179 * DAY)
    assert available(sandbox, ada) == -1_000
    sandbox.advance(2 * DAY)
    assert available(sandbox, ada) == 0
    assert types(sandbox, ada)[-1] == ("connect_collection_transfer", 1_000)
    assert types(sandbox)[-2:] == [
        ("connect_collection_transfer", -1_000),
        ("reserve_transaction", 1_000),
    ]
    assert (reserved(sandbox), net(sandbox)) == (0, before)


def test_the_180_days_begin_anew_when_the_seller_was_positive(sandbox: Running) -> None:
    ada = open_seller(sandbox)
    fund(sandbox, ada, -500)
    sandbox.advance(100 * DAY)
    fund(sandbox, ada, 500)
    sandbox.advance(DAY)
    fund(sandbox, ada, -300)
    sandbox.advance(100 * DAY)
    assert available(sandbox, ada) == -300
    sandbox.advance(81 * DAY)
    assert available(sandbox, ada) == 0


@pytest.mark.parametrize("days", [1, 181])
def test_stripe_covers_sellers_whose_losses_it_bears(sandbox: Running, days: int) -> None:
    nora = seller(sandbox, controller=SELLER_PAYS)
    fund(sandbox, nora, -500)
    sandbox.advance(days * DAY)
    assert moves(sandbox) == []
    assert available(sandbox, nora) == (0 if days > 180 else -500)
