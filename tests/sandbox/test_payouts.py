"""A seller's balance on its way to the bank."""

import calendar
from datetime import UTC, datetime
from typing import Any, cast

import pytest
import stripe
from stripe.params import AccountUpdateParams, PayoutListParams

from marketplace.sandbox.payout_days import next_payout_day

from .conftest import Running
from .earning import CLOSED, DAY, GOOD, HOUR, acting, available, bank, fund, open_seller, to_next
from .receiver import Receiver


def test_a_seller_who_pays_out_by_hand_sees_it_arrive(sandbox: Running, receiver: Receiver) -> None:
    client = sandbox.client()
    ada = open_seller(sandbox)
    client.v1.webhook_endpoints.create(
        {
            "url": receiver.url,
            "connect": True,
            "enabled_events": [
                "payout.created",
                "payout.updated",
                "payout.paid",
                "payout.failed",
                "payout.canceled",
            ],
        }
    )
    fund(sandbox, ada, 5_000)
    payout = client.v1.payouts.create(
        {"amount": 3_000, "currency": "USD", "metadata": {"week": "48"}}, acting(ada)
    )
    assert (payout.status, payout.automatic, payout.currency) == ("pending", False, "usd")
    assert available(sandbox, ada) == 2_000
    sandbox.advance(2 * HOUR)
    assert client.v1.payouts.retrieve(payout.id, {}, acting(ada)).status == "in_transit"
    sandbox.advance(payout.arrival_date - sandbox.sandbox.clock.now() + 1)
    assert client.v1.payouts.retrieve(payout.id, {}, acting(ada)).status == "paid"
    assert receiver.types() == ["payout.created", "payout.updated", "payout.paid"]
    assert receiver.heard[1].event["data"]["previous_attributes"]["status"] == "pending"
    assert sandbox.sheet()["balances"]["world:banks"] == {"": {"usd": 3_000}}


def test_a_payout_is_on_the_balance_as_a_transaction(sandbox: Running) -> None:
    client = sandbox.client()
    ada = open_seller(sandbox)
    fund(sandbox, ada, 5_000)
    payout = client.v1.payouts.create(
        {"amount": 5_000, "currency": "usd", "expand": ["balance_transaction", "destination"]},
        acting(ada),
    )
    entry = payout.balance_transaction
    assert isinstance(entry, stripe.BalanceTransaction)
    assert (entry.type, entry.amount, entry.net, entry.source) == (
        "payout",
        -5_000,
        -5_000,
        payout.id,
    )
    assert isinstance(payout.destination, stripe.BankAccount)
    assert payout.destination.last4 == "6789"


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"amount": 5_001}, "balance_insufficient", None),
        ({"amount": 100, "source_type": "bank_account"}, "balance_insufficient", None),
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": -5}, "parameter_invalid_integer", "amount"),
        ({"amount": 100, "currency": "eur"}, None, "destination"),
        ({"amount": 100, "destination": "ba_none"}, "resource_missing", "destination"),
        ({"amount": 100, "statement_descriptor": "x" * 23}, None, "statement_descriptor"),
        ({"amount": 100, "method": "fast"}, None, "method"),
    ],
)
def test_a_payout_that_cannot_be_is_refused_and_takes_nothing(
    sandbox: Running, params: dict[str, Any], code: str | None, param: str | None
) -> None:
    ada = open_seller(sandbox)
    fund(sandbox, ada, 5_000)
    fund(sandbox, ada, 9_000, days=30)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.client().v1.payouts.create({"currency": "usd", **params}, acting(ada))  # type: ignore[typeddict-item]
    assert (caught.value.code, caught.value.param) == (code, param)
    assert available(sandbox, ada) == 5_000


def test_an_account_whose_payouts_are_disabled_pays_nothing_out(sandbox: Running) -> None:
    seller = sandbox.client().v1.accounts.create({"type": "express"}).id
    fund(sandbox, seller, 5_000)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.client().v1.payouts.create({"amount": 1, "currency": "usd"}, acting(seller))
    assert caught.value.code == "payouts_not_allowed"


def test_instant_payouts_need_a_bank_that_takes_them(sandbox: Running) -> None:
    client = sandbox.client()
    slow = open_seller(sandbox, "000888888883")
    fund(sandbox, slow, 5_000)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payouts.create(
            {"amount": 100, "currency": "usd", "method": "instant"}, acting(slow)
        )
    assert caught.value.code == "instant_payouts_unsupported"
    quick = open_seller(sandbox)
    fund(sandbox, quick, 5_000)
    payout = client.v1.payouts.create(
        {"amount": 100, "currency": "usd", "method": "instant"}, acting(quick)
    )
    sandbox.advance(HOUR)
    assert client.v1.payouts.retrieve(payout.id, {}, acting(quick)).status == "paid"


def test_a_pending_payout_can_be_taken_back_but_not_one_on_its_way(sandbox: Running) -> None:
    client = sandbox.client()
    ada = open_seller(sandbox)
    fund(sandbox, ada, 5_000)
    first = client.v1.payouts.create({"amount": 2_000, "currency": "usd"}, acting(ada))
    canceled = client.v1.payouts.cancel(first.id, {}, acting(ada))
    assert canceled.status == "canceled"
    assert canceled.failure_balance_transaction is not None
    assert available(sandbox, ada) == 5_000
    second = client.v1.payouts.create({"amount": 2_000, "currency": "usd"}, acting(ada))
    sandbox.advance(2 * HOUR)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payouts.cancel(second.id, {}, acting(ada))
    sandbox.advance(5 * DAY)
    statuses = [p.status for p in client.v1.payouts.list({}, acting(ada)).data]
    assert statuses == ["paid", "canceled"]


def test_payouts_are_listed_by_status_destination_and_arrival(sandbox: Running) -> None:
    client = sandbox.client()
    ada = open_seller(sandbox)
    fund(sandbox, ada, 5_000)
    old = client.v1.payouts.create({"amount": 1_000, "currency": "usd"}, acting(ada))
    sandbox.advance(7 * DAY)
    new = client.v1.payouts.create({"amount": 2_000, "currency": "usd"}, acting(ada))

    def listed(**params: object) -> list[str]:
        found = client.v1.payouts.list(cast("PayoutListParams", params), acting(ada))
        return [payout.id for payout in found.data]

    assert listed() == [new.id, old.id]
    assert listed(status="paid") == [old.id]
    assert listed(status="pending") == [new.id]
    assert listed(destination=new.destination) == [new.id, old.id]
    assert listed(destination="ba_other") == []
    assert listed(arrival_date=old.arrival_date) == [old.id]
    assert listed(arrival_date={"gt": old.arrival_date}) == [new.id]
    assert listed(arrival_date={"gte": old.arrival_date, "lt": new.arrival_date}) == [old.id]


def test_only_the_metadata_of_a_payout_change(sandbox: Running) -> None:
    client = sandbox.client()
    ada = open_seller(sandbox)
    fund(sandbox, ada, 5_000)
    made = client.v1.payouts.create({"amount": 1_000, "currency": "usd"}, acting(ada))
    changed = client.v1.payouts.update(made.id, {"metadata": {"a": "1"}}, acting(ada))
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"a": "1"}
    event = client.v1.events.list({"type": "payout.updated"}, acting(ada)).data[0]
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes.to_dict() == {"metadata": {}}


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("000111111116", "no_account"),
        ("000111111113", "account_closed"),
        ("000222222227", "insufficient_funds"),
        ("000333333335", "debit_not_authorized"),
        ("000444444440", "invalid_currency"),
    ],
)
def test_a_bank_that_refuses_sends_the_money_back_and_says_why(
    sandbox: Running, number: str, code: str
) -> None:
    client = sandbox.client()
    ada = open_seller(sandbox, number)
    fund(sandbox, ada, 5_000)
    made = client.v1.payouts.create({"amount": 5_000, "currency": "usd"}, acting(ada))
    sandbox.advance(7 * DAY)
    failed = client.v1.payouts.retrieve(
        made.id, {"expand": ["failure_balance_transaction", "destination"]}, acting(ada)
    )
    assert (failed.status, failed.failure_code) == ("failed", code)
    assert failed.failure_message is not None
    assert failed.failure_message.endswith(".")
    entry = failed.failure_balance_transaction
    assert isinstance(entry, stripe.BalanceTransaction)
    assert (entry.type, entry.amount) == ("payout_failure", 5_000)
    assert isinstance(failed.destination, stripe.BankAccount)
    assert failed.destination.status == "errored"
    assert available(sandbox, ada) == 5_000
    types = [event.type for event in client.v1.events.list({"limit": 100}, acting(ada)).data]
    assert "payout.failed" in types
    assert "account.external_account.updated" in types
    assert "payout.paid" not in types


def test_money_held_by_a_dead_bank_goes_out_once_the_bank_is_replaced(sandbox: Running) -> None:
    client = sandbox.client()
    ada = open_seller(sandbox, CLOSED, interval="daily")
    fund(sandbox, ada, 5_000, days=1)
    sandbox.advance(7 * DAY)
    payouts = client.v1.payouts.list({}, acting(ada)).data
    assert [(p.status, p.automatic, p.failure_code) for p in payouts] == [
        ("failed", True, "account_closed")
    ]
    fund(sandbox, ada, 700, days=1)
    sandbox.advance(7 * DAY)
    assert len(client.v1.payouts.list({}, acting(ada)).data) == 1
    client.v1.accounts.update(ada, cast("AccountUpdateParams", {"external_account": bank(GOOD)}))
    sandbox.advance(7 * DAY)
    newest = client.v1.payouts.list({}, acting(ada)).data[0]
    assert (newest.status, newest.amount) == ("paid", 5_700)
    assert available(sandbox, ada) == 0


def test_an_automatic_payout_names_what_it_paid_out(sandbox: Running) -> None:
    client = sandbox.client()
    ada = open_seller(sandbox, interval="daily")
    fund(sandbox, ada, 1_000, days=1)
    fund(sandbox, ada, 500, days=1)
    fund(sandbox, ada, 9_000, days=60)
    sandbox.advance(10 * DAY)
    (payout,) = client.v1.payouts.list({}, acting(ada)).data
    assert (payout.amount, payout.status, payout.automatic) == (1_500, "paid", True)
    assert payout.reconciliation_status == "completed"
    entries = client.v1.balance_transactions.list({"payout": payout.id}, acting(ada)).data
    assert sorted(entry.amount for entry in entries) == [-1_500, 500, 1_000]
    own = client.v1.balance_transactions.list({"payout": payout.id, "type": "payout"}, acting(ada))
    assert [entry.id for entry in own.data] == [payout.balance_transaction]


def test_funds_that_become_available_are_told(sandbox: Running) -> None:
    ada = open_seller(sandbox)
    fund(sandbox, ada, 1_000, days=2)
    sandbox.advance(3 * DAY)
    events = sandbox.client().v1.events.list({"type": "balance.available"}, acting(ada)).data
    assert len(events) == 1
    assert events[0].data.object.available[0].amount == 1_000


def test_a_weekly_schedule_waits_for_its_day(sandbox: Running) -> None:
    client = sandbox.client()
    ada = open_seller(sandbox, interval="weekly", weekly_anchor="wednesday")
    sandbox.advance(to_next(sandbox, 2))
    fund(sandbox, ada, 1_000, days=1)
    sandbox.advance(5 * DAY)
    assert client.v1.payouts.list({}, acting(ada)).data == []
    sandbox.advance(2 * DAY)
    (payout,) = client.v1.payouts.list({}, acting(ada)).data
    assert datetime.fromtimestamp(payout.created, UTC).weekday() == 2


def test_a_manual_schedule_never_pays_by_itself(sandbox: Running) -> None:
    ada = open_seller(sandbox)
    fund(sandbox, ada, 1_000, days=1)
    sandbox.advance(40 * DAY)
    assert sandbox.client().v1.payouts.list({}, acting(ada)).data == []
    assert available(sandbox, ada) == 1_000


def test_a_negative_balance_is_not_paid_out(sandbox: Running) -> None:
    ada = open_seller(sandbox, interval="daily")
    fund(sandbox, ada, -1_000)
    sandbox.advance(7 * DAY)
    assert sandbox.client().v1.payouts.list({}, acting(ada)).data == []
    assert available(sandbox, ada) == -1_000


def test_a_platforms_own_test_payout_is_paid_within_a_second_or_so(
    sandbox: Running, receiver: Receiver
) -> None:
    client = sandbox.client()
    client.v1.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["payout.created", "payout.updated", "payout.paid"]}
    )
    fund(sandbox, None, 2_000)
    client.v1.payouts.create({"amount": 1_100, "currency": "usd", "description": "(created)"})
    receiver.wait_for(3)
    assert receiver.types() == ["payout.created", "payout.updated", "payout.paid"]


@pytest.mark.parametrize(
    ("schedule", "at", "day"),
    [
        ({"interval": "daily"}, (2026, 11, 20), (2026, 11, 20)),
        ({"interval": "daily"}, (2026, 11, 21), (2026, 11, 23)),
        ({"interval": "weekly", "weekly_anchor": "sunday"}, (2026, 11, 20), (2026, 11, 22)),
        (
            {"interval": "weekly", "weekly_payout_days": ["monday", "thursday"]},
            (2026, 11, 24),
            (2026, 11, 26),
        ),
        ({"interval": "monthly", "monthly_anchor": 31}, (2027, 2, 3), (2027, 2, 28)),
        ({"interval": "monthly", "monthly_anchor": 15}, (2026, 11, 20), (2026, 12, 15)),
        ({"interval": "monthly", "monthly_payout_days": [1, 16]}, (2026, 11, 3), (2026, 11, 16)),
    ],
)
def test_schedules_name_their_days(
    schedule: dict[str, Any], at: tuple[int, int, int], day: tuple[int, int, int]
) -> None:
    noon = calendar.timegm((*at, 12, 0, 0))
    assert next_payout_day(schedule, noon) == calendar.timegm((*day, 0, 0, 0))


@pytest.mark.parametrize(
    ("schedule", "param"),
    [
        ({"interval": "weekly"}, "weekly_anchor"),
        ({"interval": "monthly"}, "monthly_anchor"),
        ({"interval": "monthly", "monthly_anchor": 32}, "monthly_anchor"),
        ({"interval": "monthly", "monthly_payout_days": [1, 0]}, "monthly_payout_days"),
    ],
)
def test_a_schedule_that_names_no_day_is_refused(
    sandbox: Running, schedule: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        open_seller(sandbox, **schedule)
    assert caught.value.param == f"settings[payouts][schedule][{param}]"


def test_the_days_that_were_named_last_count(sandbox: Running) -> None:
    accounts = sandbox.client().v1.accounts
    ada = open_seller(sandbox, interval="weekly", weekly_anchor="friday")

    def change(**schedule: Any) -> dict[str, Any]:
        params: Any = {"settings": {"payouts": {"schedule": schedule}}}
        told = accounts.update(ada, params).to_dict()["settings"]["payouts"]["schedule"]
        return {name: told[name] for name in told if name != "delay_days"}

    days = ["monday", "thursday"]
    assert change(weekly_payout_days=days) == {"interval": "weekly", "weekly_payout_days": days}
    assert change(weekly_anchor="sunday") == {"interval": "weekly", "weekly_anchor": "sunday"}
    assert change(interval="daily") == {"interval": "daily"}
