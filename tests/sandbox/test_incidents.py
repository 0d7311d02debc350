"""What befalls accounts, charges and the post: incidents on order, and events that go astray."""

from typing import Any

import pytest
import stripe

from tests.running import Running

from .merchants import pay, told
from .onboarded import custom
from .receiver import Receiver
from .test_faults import fault


def hears(sandbox: Running, receiver: Receiver, *types: str) -> None:
    params: Any = {"url": receiver.url, "enabled_events": list(types)}
    sandbox.client().v1.webhook_endpoints.create(params)


def happens(sandbox: Running, kind: str, **values: Any) -> str:
    sentence: str = fault(sandbox, kind, **values)["happened"]
    return sentence


def test_an_event_may_come_twice(sandbox: Running, receiver: Receiver) -> None:
    hears(sandbox, receiver, "customer.created")
    fault(sandbox, "duplicated", type="customer.*")
    sandbox.client().v1.customers.create({})
    first, second = receiver.wait_for(2)[:2]
    assert first.event["id"] == second.event["id"]
    sandbox.client().v1.customers.create({})
    sandbox.settle()
    assert len(receiver.heard) == 3


def test_an_event_may_come_late_by_the_sandbox_s_clock(
    sandbox: Running, receiver: Receiver
) -> None:
    hears(sandbox, receiver, "customer.created")
    fault(sandbox, "delayed", seconds=3600)
    sandbox.client().v1.customers.create({})
    sandbox.settle()
    assert receiver.heard == []
    sandbox.advance(3601)
    assert receiver.types() == ["customer.created"]


def test_an_event_may_come_after_those_that_follow_it(sandbox: Running, receiver: Receiver) -> None:
    hears(sandbox, receiver, "customer.created", "customer.updated")
    fault(sandbox, "reordered", type="customer.created")
    ada = sandbox.client().v1.customers.create({})
    sandbox.client().v1.customers.update(ada.id, {"name": "Ada"})
    receiver.wait_for(1)
    sandbox.advance(2)
    assert receiver.types() == ["customer.updated", "customer.created"]


def test_an_event_that_was_lost_can_only_be_listed(sandbox: Running, receiver: Receiver) -> None:
    hears(sandbox, receiver, "customer.created")
    fault(sandbox, "lost", type="customer.created")
    sandbox.client().v1.customers.create({"name": "Ada"})
    sandbox.client().v1.customers.create({"name": "Ben"})
    sandbox.advance(4 * 86_400)
    assert [heard.event["data"]["object"]["name"] for heard in receiver.heard] == ["Ben"]
    missed = sandbox.client().v1.events.list({"delivery_success": False})
    assert [event.data.object["name"] for event in missed.data] == ["Ada"]


@pytest.fixture
def seller(sandbox: Running) -> str:
    return custom(sandbox).id


def state(sandbox: Running, account: str) -> stripe.Account:
    return sandbox.client().v1.accounts.retrieve(account)


def test_a_capability_that_is_lost_stays_lost_until_it_is_given_back(
    sandbox: Running, seller: str
) -> None:
    before = len(told_all(sandbox, seller))
    assert happens(sandbox, "capability_lost", account=seller) == "card_payments is inactive."
    assert told_all(sandbox, seller)[before:] == ["capability.updated", "account.updated"]
    sandbox.client().v1.accounts.update(seller, {"metadata": {"touched": "yes"}})
    capabilities = state(sandbox, seller).capabilities
    assert capabilities is not None
    assert (capabilities.card_payments, capabilities.transfers) == ("inactive", "active")
    with pytest.raises(stripe.InvalidRequestError):
        pay(sandbox, on=seller)
    happens(sandbox, "capability_restored", account=seller)
    assert pay(sandbox, on=seller).status == "succeeded"


def told_all(sandbox: Running, account: str) -> list[str]:
    page = sandbox.client().v1.events.list({"limit": 100}, {"stripe_account": account})
    return [event.type for event in reversed(page.data)]


def test_a_requirement_that_is_raised_later_has_a_deadline_and_bites_after_it(
    sandbox: Running, seller: str
) -> None:
    happens(sandbox, "requirement", account=seller)
    account = state(sandbox, seller)
    wanted = account.requirements
    assert wanted is not None
    assert wanted.currently_due == ["individual.verification.document"]
    assert account.charges_enabled
    assert wanted.current_deadline is not None
    sandbox.advance(15 * 86_400)
    account = state(sandbox, seller)
    assert account.requirements is not None
    assert account.requirements.past_due == ["individual.verification.document"]
    assert account.charges_enabled is False


def test_a_seller_who_leaves_is_out_of_reach_at_once(sandbox: Running, seller: str) -> None:
    happens(sandbox, "deauthorised", account=seller)
    with pytest.raises(stripe.PermissionError):
        state(sandbox, seller)


def test_a_payout_fails_with_the_code_that_was_ordered(sandbox: Running, seller: str) -> None:
    pay(sandbox, 5000, "pm_card_bypassPending", on=seller)
    happens(sandbox, "payout_failure", account=seller, code="account_frozen")
    sandbox.advance(7 * 86_400)
    payouts = sandbox.client().v1.payouts.list({}, {"stripe_account": seller}).data
    assert [(p.status, p.failure_code) for p in payouts] == [("failed", "account_frozen")]


def test_any_charge_may_be_suspected_and_disputed(sandbox: Running, seller: str) -> None:
    ours, theirs = pay(sandbox).latest_charge.id, pay(sandbox, on=seller).latest_charge.id
    happens(sandbox, "early_fraud_warning", charge=ours)
    happens(sandbox, "dispute", charge=ours, reason="product_not_received", amount=400)
    happens(sandbox, "dispute", charge=theirs)
    (dispute,) = sandbox.client().v1.disputes.list({"charge": ours}).data
    assert (dispute.amount, dispute.reason) == (400, "product_not_received")
    assert "radar.early_fraud_warning.created" in told(sandbox)
    (direct,) = sandbox.client().v1.disputes.list({}, {"stripe_account": seller}).data
    assert (direct.amount, direct.status) == (1000, "needs_response")
    answer = sandbox.http.post(
        f"{sandbox.url}/_sandbox/faults", json={"kind": "dispute", "charge": ours}, timeout=60
    )
    assert answer.status_code == 400
