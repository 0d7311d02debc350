"""Balance settings: the same state as the account's payout settings, and minimum balances."""

from typing import Any

import pytest
import stripe

from marketplace.sandbox.clock import midnight

from .conftest import Running
from .merchants import pay
from .onboarded import custom

DAY = 86_400


def acting(account: str) -> stripe.RequestOptions:
    return {"stripe_account": account}


def change(sandbox: Running, account: str, **payments: Any) -> Any:
    asked: Any = {"payments": payments}
    return sandbox.client().v1.balance_settings.update(asked, acting(account)).payments


def told(sandbox: Running, account: str) -> Any:
    return sandbox.client().v1.balance_settings.retrieve({}, acting(account)).payments


def test_a_seller_is_paid_on_mondays_and_fridays(sandbox: Running) -> None:
    seller = custom(sandbox).id
    days = {"interval": "weekly", "weekly_payout_days": ["monday", "friday"]}
    made = change(sandbox, seller, payouts={"schedule": days, "statement_descriptor": "CHEESE"})
    assert made.payouts.schedule.to_dict() == days
    account: Any = sandbox.client().v1.accounts.retrieve(seller)
    assert account.settings.payouts.schedule.weekly_payout_days == ["monday", "friday"]
    assert account.settings.payouts.statement_descriptor == "CHEESE"


def test_what_v1_says_is_what_balance_settings_say(sandbox: Running) -> None:
    seller = custom(sandbox).id
    schedule: Any = {"interval": "monthly", "monthly_anchor": 15, "delay_days": 7}
    settings: Any = {"payouts": {"schedule": schedule, "debit_negative_balances": True}}
    sandbox.client().v1.accounts.update(seller, {"settings": settings})
    found = told(sandbox, seller)
    assert found.payouts.schedule.to_dict() == {"interval": "monthly", "monthly_payout_days": [15]}
    assert (found.settlement_timing.delay_days, found.debit_negative_balances) == (7, True)
    assert found.payouts.status == "enabled"


def test_a_change_is_told_once(sandbox: Running) -> None:
    seller = custom(sandbox).id
    for _ in range(2):
        change(sandbox, seller, payouts={"minimum_balance_by_currency": {"usd": 500}})
    listed = sandbox.client().v1.events.list({"type": "balance_settings.updated"}, acting(seller))
    (event,) = listed.data
    assert event.account == seller
    before: Any = event.data.previous_attributes
    assert before["payments"]["payouts"].to_dict() == {"minimum_balance_by_currency": None}


def test_automatic_payouts_leave_the_minimum_behind(sandbox: Running) -> None:
    seller = custom(sandbox).id
    change(sandbox, seller, payouts={"minimum_balance_by_currency": {"usd": 700}})
    pay(sandbox, 5_000, "pm_card_bypassPending", on=seller)
    sandbox.advance(7 * DAY)
    client = sandbox.client()
    (payout,) = client.v1.payouts.list({}, acting(seller)).data
    balance = client.v1.balance.retrieve({}, acting(seller))
    assert [row.amount for row in balance.available] == [700]
    change(sandbox, seller, payouts={"minimum_balance_by_currency": {"usd": ""}})
    sandbox.advance(7 * DAY)
    rest = client.v1.payouts.list({}, acting(seller)).data[0]
    assert (rest.amount, rest.id != payout.id) == (700, True)


def test_money_settles_later_when_the_delay_is_longer(sandbox: Running) -> None:
    seller = custom(sandbox).id
    made = change(sandbox, seller, settlement_timing={"delay_days_override": 14})
    timing = made.settlement_timing
    assert (timing.delay_days, timing.delay_days_override) == (14, 14)
    charge = pay(sandbox, 5_000, on=seller).latest_charge
    transactions = sandbox.client().v1.balance_transactions
    settled = transactions.retrieve(charge.balance_transaction, {}, acting(seller))
    assert midnight(settled.available_on) - midnight(settled.created) >= 14 * DAY
    made = change(sandbox, seller, settlement_timing={"delay_days_override": ""})
    assert made.settlement_timing.delay_days == 2
    assert "delay_days_override" not in made.settlement_timing.to_dict()


@pytest.mark.parametrize(
    ("payments", "param"),
    [
        ({"payouts": {"schedule": {"interval": "weekly"}}}, "schedule][weekly_payout_days]"),
        ({"payouts": {"schedule": {"interval": "monthly"}}}, "schedule][monthly_payout_days]"),
        (
            {"payouts": {"schedule": {"interval": "monthly", "monthly_payout_days": [32]}}},
            "schedule][monthly_payout_days]",
        ),
        (
            {"payouts": {"schedule": {"interval": "daily", "monthly_payout_days": [1]}}},
            "schedule][monthly_payout_days]",
        ),
        ({"payouts": {"minimum_balance_by_currency": {"usd": -1}}}, "[usd]"),
        ({"payouts": {"minimum_balance_by_currency": {"xyz": 1}}}, "minimum_balance_by_currency]"),
        ({"settlement_timing": {"delay_days_override": 32}}, "[delay_days_override]"),
        ({"settlement_timing": {"delay_days_override": 1}}, "[delay_days_override]"),
    ],
)
def test_settings_that_cannot_be_are_refused(sandbox: Running, payments: Any, param: str) -> None:
    seller = custom(sandbox).id
    before = told(sandbox, seller).to_dict()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        change(sandbox, seller, **payments)
    assert str(caught.value.param).endswith(param)
    assert told(sandbox, seller).to_dict() == before


def test_a_platform_has_settings_of_its_own(sandbox: Running) -> None:
    client = sandbox.client()
    schedule: Any = {"interval": "daily"}
    assert client.v1.balance_settings.retrieve().payments.payouts is not None
    made: Any = client.v1.balance_settings.update({"payments": {"payouts": {"schedule": schedule}}})
    assert made.payments.payouts.schedule.interval == "daily"
