"""Instant payouts, and payouts that are taken back."""

from typing import Any

import pytest
import stripe

from .conftest import Running
from .earning import DAY, HOUR, acting, available, fund, open_seller
from .merchants import moves, seller
from .onboarded import custom


def pay_out(sandbox: Running, account: str | None, amount: int, **more: Any) -> stripe.Payout:
    wish: Any = {"amount": amount, "currency": "usd", **more}
    return sandbox.client().v1.payouts.create(wish, acting(account))


def instant(sandbox: Running, account: str | None) -> Any:
    rows = sandbox.client().v1.balance.retrieve({}, acting(account)).instant_available or []
    return {row.currency: row for row in rows}["usd"]


def test_a_seller_has_the_money_within_half_an_hour(sandbox: Running) -> None:
    ada = open_seller(sandbox)
    fund(sandbox, ada, 10_000)
    fund(sandbox, None, 500)
    row = instant(sandbox, ada)
    assert (row.amount, row.net_available[0].amount) == (10_000, 10_000)
    payout = pay_out(sandbox, ada, 10_000, method="instant")
    assert payout.destination == row.net_available[0].destination
    sandbox.advance(HOUR)
    paid = sandbox.client().v1.payouts.retrieve(payout.id, None, acting(ada))
    assert (paid.status, paid.method) == ("paid", "instant")
    # This platform pays its sellers' fees.
    assert moves(sandbox)[-1] == ("stripe_fee", -100, 0, -100, "usd")
    assert moves(sandbox, ada)[-1] == ("payout", -10_000, 0, -10_000, "usd")


def test_a_platform_pays_its_own_fee_out_of_what_it_has(sandbox: Running) -> None:
    client = sandbox.client()
    with sandbox.sandbox.session(sandbox.platform) as ctx:
        ctx.new(
            "bank_account",
            currency="usd",
            status="new",
            available_payout_methods=["standard", "instant"],
            default_for_currency=True,
            country="US",
            _payout_failure=None,
        )
    fund(sandbox, None, 10_100)
    assert instant(sandbox, None).net_available[0].amount == 10_000
    with pytest.raises(stripe.InvalidRequestError) as refused:
        pay_out(sandbox, None, 10_001, method="instant")
    assert refused.value.code == "balance_insufficient"
    pay_out(sandbox, None, 10_000, method="instant")
    assert moves(sandbox)[-1] == ("payout", -10_000, 100, -10_100, "usd")
    assert client.v1.balance.retrieve().available[0].amount == 0


@pytest.mark.parametrize(
    ("number", "change", "code"),
    [
        ("000888888883", {}, "instant_payouts_unsupported"),
        ("000123456789", {"amount": 999_901}, "instant_payouts_limit_exceeded"),
        ("000123456789", {"amount": 5_001}, "balance_insufficient"),
    ],
)
def test_an_instant_payout_that_cannot_be_is_refused(
    sandbox: Running, number: str, change: Any, code: str
) -> None:
    ada = open_seller(sandbox, number)
    fund(sandbox, ada, 5_000)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        pay_out(sandbox, ada, **{"amount": 100, "method": "instant", **change})
    assert refused.value.code == code


def test_a_seller_abroad_has_no_instant_payouts(sandbox: Running) -> None:
    gus = seller(sandbox, country="GB")
    client = sandbox.client()
    client.v1.accounts.external_accounts.create(gus, {"external_account": "btok_gb"})
    with sandbox.sandbox.session(sandbox.platform, gus) as ctx:
        account = ctx.find(gus, "account")
        assert account is not None
        ctx.save({**account, "payouts_enabled": True})
    fund(sandbox, gus, 5_000, "gbp")
    rows = client.v1.balance.retrieve({}, acting(gus)).instant_available or []
    assert {row.currency: row.amount for row in rows} == {"gbp": 0}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        pay_out(sandbox, gus, 100, currency="gbp", method="instant")
    assert refused.value.code == "instant_payouts_config_disabled"


def test_a_payout_is_taken_back_once(sandbox: Running) -> None:
    ada = open_seller(sandbox)
    fund(sandbox, ada, 1_000)
    client = sandbox.client()
    payout = pay_out(sandbox, ada, 1_000)
    with pytest.raises(stripe.InvalidRequestError, match="cancel"):
        client.v1.payouts.reverse(payout.id, None, acting(ada))
    sandbox.advance(4 * DAY)
    back = client.v1.payouts.reverse(payout.id, {"metadata": {"why": "typo"}}, acting(ada))
    assert (back.amount, back.original_payout) == (-1_000, payout.id)
    found = client.v1.payouts.retrieve(payout.id, None, acting(ada))
    assert (found.status, found.reversed_by) == ("paid", back.id)
    assert available(sandbox, ada) == 1_000
    sandbox.advance(4 * DAY)
    for one in (payout.id, back.id):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.payouts.reverse(one, None, acting(ada))


def test_the_platform_s_own_payouts_are_final(sandbox: Running) -> None:
    fund(sandbox, None, 1_000)
    payout = pay_out(sandbox, None, 1_000)
    sandbox.advance(DAY)
    with pytest.raises(stripe.InvalidRequestError, match="connected accounts"):
        sandbox.client().v1.payouts.reverse(payout.id)


def test_a_payout_to_a_card_is_final(sandbox: Running) -> None:
    ada = custom(sandbox, external_account="tok_visa_debit_us_transferSuccess").id
    fund(sandbox, ada, 1_000)
    payout = pay_out(sandbox, ada, 1_000)
    sandbox.advance(4 * DAY)
    with pytest.raises(stripe.InvalidRequestError, match="bank accounts"):
        sandbox.client().v1.payouts.reverse(payout.id, None, acting(ada))
