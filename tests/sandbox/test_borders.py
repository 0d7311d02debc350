"""Money across borders: within the region, to recipients beyond it, and not otherwise."""

from typing import Any

import pytest
import stripe

from .conftest import Running
from .earning import DAY, acting, fund
from .merchants import PLATFORM_PAYS, moves, pay, seller

RECIPIENT: Any = {
    "controller": {
        **PLATFORM_PAYS,
        "stripe_dashboard": {"type": "none"},
        "requirement_collection": "application",
    },
    "tos_acceptance": {"service_agreement": "recipient"},
    "able": ("transfers",),
}


def send(sandbox: Running, account: str, amount: int = 500) -> stripe.Transfer:
    fund(sandbox, None, amount)
    return sandbox.client().v1.transfers.create(
        {"amount": amount, "currency": "usd", "destination": account}
    )


@pytest.mark.parametrize("country", ["GB", "DE", "CH", "CA"])
def test_a_transfer_stays_within_the_region(sandbox: Running, country: str) -> None:
    transfer = send(sandbox, seller(sandbox, country=country))
    assert transfer.destination_payment


@pytest.mark.parametrize("country", ["AU", "JP", "BR"])
def test_beyond_the_region_nothing_is_sent_to_a_full_account(
    sandbox: Running, country: str
) -> None:
    abroad = seller(sandbox, country=country)
    with pytest.raises(stripe.InvalidRequestError, match="outside of your platform's region"):
        send(sandbox, abroad)
    with pytest.raises(stripe.InvalidRequestError, match="outside of your platform's region"):
        pay(sandbox, transfer_data={"destination": abroad})


def test_a_recipient_abroad_has_the_money_a_day_later(sandbox: Running) -> None:
    kip = seller(sandbox, country="KE", **RECIPIENT)
    send(sandbox, kip)
    balance = sandbox.client().v1.balance.retrieve({}, acting(kip))
    (available,) = balance.available
    (pending,) = balance.pending
    assert (available.amount, pending.amount > 0, pending.currency) == (0, True, "kes")
    sandbox.advance(DAY + 60)
    (available,) = sandbox.client().v1.balance.retrieve({}, acting(kip)).available
    assert available.amount == pending.amount
    assert pay(sandbox, transfer_data={"destination": kip}).status == "succeeded"


def test_a_recipient_is_no_merchant_of_record(sandbox: Running) -> None:
    kip = seller(sandbox, country="KE", **RECIPIENT)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        pay(sandbox, transfer_data={"destination": kip}, on_behalf_of=kip)
    assert refused.value.param == "on_behalf_of"


@pytest.mark.parametrize("country", ["BR", "IN", "TH"])
def test_some_recipients_are_reached_by_transfers_only(sandbox: Running, country: str) -> None:
    abroad = seller(sandbox, country=country, **RECIPIENT)
    with pytest.raises(stripe.InvalidRequestError, match="transfer separately"):
        pay(sandbox, transfer_data={"destination": abroad})
    assert send(sandbox, abroad).destination == abroad


def test_no_application_fee_is_taken_in_brazil_from_abroad(sandbox: Running) -> None:
    bia = seller(sandbox, country="BR")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        pay(sandbox, currency="brl", on=bia, application_fee_amount=100)
    assert refused.value.code == "application_fees_not_allowed"
    assert pay(sandbox, currency="brl", on=bia).status == "succeeded"


@pytest.mark.parametrize("fee", [0, 1_000])
def test_the_fee_of_a_direct_charge_leaves_something(sandbox: Running, fee: int) -> None:
    ada = seller(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        pay(sandbox, 1_000, on=ada, application_fee_amount=fee)
    assert refused.value.param == "application_fee_amount"
    pay(sandbox, 1_000, on=ada, application_fee_amount=999)
    assert moves(sandbox, ada)[-1][2] == 999


def test_the_fee_of_a_destination_charge_ends_at_its_total(sandbox: Running) -> None:
    ada = seller(sandbox)
    pay(sandbox, 1_000, transfer_data={"destination": ada}, application_fee_amount=1_000)
    assert moves(sandbox, ada) == [("payment", 1_000, 1_000, 0, "usd")]


def test_a_fee_named_at_the_capture_obeys_the_same_rules(sandbox: Running) -> None:
    ada = seller(sandbox)
    held: Any = {"amount": 1_000, "currency": "usd", "source": "tok_visa", "capture": False}
    charges = sandbox.client().v1.charges
    charge = charges.create(held, acting(ada))
    with pytest.raises(stripe.InvalidRequestError) as refused:
        charges.capture(charge.id, {"application_fee_amount": 1_000}, acting(ada))
    assert refused.value.param == "application_fee_amount"
    charges.capture(charge.id, {"application_fee_amount": 100}, acting(ada))
    assert moves(sandbox)[-1][:2] == ("application_fee", 100)


def test_a_recipient_lives_abroad_and_stays_one(sandbox: Running) -> None:
    accounts = sandbox.client().v1.accounts
    params: Any = {"country": "US", **RECIPIENT, "capabilities": {"transfers": {"requested": True}}}
    del params["able"]
    agreement = "tos_acceptance[service_agreement]"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        accounts.create(params)
    assert caught.value.param == agreement
    params["country"] = "JP"
    yuki = accounts.create(params).id
    signed: Any = {"tos_acceptance": {"date": 1_700_000_000, "ip": "127.0.0.1"}}
    accounts.update(yuki, signed)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        accounts.update(yuki, {"tos_acceptance": {"service_agreement": "full"}})
    assert caught.value.param == agreement
