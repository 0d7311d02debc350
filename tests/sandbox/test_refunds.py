"""Refunds and reversals: who gives what back, to the cent."""

from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from marketplace.sandbox import settlement

from .conftest import Running
from .earning import fund
from .merchants import SELLER_PAYS, moves, net, pay, seller, told

DAY = 86_400


def refund(sandbox: Running, charge: str, on: str | None = None, **more: Any) -> stripe.Refund:
    options: stripe.RequestOptions = {"stripe_account": on} if on else {}
    params: Any = {"charge": charge, **more}
    return sandbox.client().v1.refunds.create(params, options)


def test_a_plain_refund_of_a_destination_charge_costs_the_platform_everything(
    sandbox: Running,
) -> None:
    nora = seller(sandbox)
    charge = pay(
        sandbox, transfer_data={"destination": nora}, application_fee_amount=123
    ).latest_charge
    made = refund(sandbox, charge.id)
    assert made.status == "succeeded"
    assert net(sandbox, nora) == 877
    assert net(sandbox) == 64 - 1000


def test_a_full_refund_that_takes_everything_back_leaves_only_stripes_fee(
    sandbox: Running,
) -> None:
    nora = seller(sandbox)
    charge = pay(
        sandbox, transfer_data={"destination": nora}, application_fee_amount=123
    ).latest_charge
    made = refund(sandbox, charge.id, reverse_transfer=True, refund_application_fee=True)
    assert net(sandbox, nora) == 0
    assert net(sandbox) == -59
    assert moves(sandbox, nora)[-1] == ("payment_refund", -1000, -123, -877, "usd")
    client = sandbox.client()
    transfer = client.v1.transfers.retrieve(charge.transfer)
    assert (transfer.reversed, transfer.amount_reversed) == (True, 1000)
    assert transfer.reversals.data[0].id == made.transfer_reversal
    fee = client.v1.application_fees.retrieve(charge.application_fee)
    assert (fee.refunded, fee.amount_refunded) == (True, 123)
    again = client.v1.charges.retrieve(charge.id, {"expand": ["refunds"]})
    assert again.refunded
    assert again.refunds is not None
    assert [one.id for one in again.refunds.data] == [made.id]
    for name in ("refund.created", "charge.refunded", "transfer.reversed"):
        assert told(sandbox).count(name) == 1


def test_the_platform_may_keep_its_fee(sandbox: Running) -> None:
    nora = seller(sandbox)
    charge = pay(
        sandbox, transfer_data={"destination": nora}, application_fee_amount=123
    ).latest_charge
    refund(sandbox, charge.id, reverse_transfer=True)
    assert net(sandbox, nora) == -123
    assert net(sandbox) == 64


def test_partial_refunds_of_an_awkward_fee_add_up_to_it(sandbox: Running) -> None:
    nora = seller(sandbox)
    charge = pay(
        sandbox, 1001, transfer_data={"destination": nora}, application_fee_amount=100
    ).latest_charge
    for amount in (333, 333, 335):
        refund(
            sandbox,
            charge.id,
            amount=amount,
            reverse_transfer=True,
            refund_application_fee=True,
        )
    assert net(sandbox, nora) == 0
    assert net(sandbox) == -59
    fee = sandbox.client().v1.application_fees.retrieve(charge.application_fee)
    assert [part.amount for part in reversed(fee.refunds.data)] == [33, 34, 33]


def test_a_refund_of_a_named_transfer_amount_takes_its_share(sandbox: Running) -> None:
    nora = seller(sandbox)
    charge = pay(sandbox, transfer_data={"destination": nora, "amount": 877}).latest_charge
    refund(sandbox, charge.id, amount=500, reverse_transfer=True)
    assert net(sandbox, nora) == 877 - 439
    refund(sandbox, charge.id, reverse_transfer=True)
    assert net(sandbox, nora) == 0


def test_a_direct_charge_is_refunded_by_the_seller(sandbox: Running) -> None:
    nora = seller(sandbox, controller=SELLER_PAYS)
    charge = pay(sandbox, on=nora, application_fee_amount=123).latest_charge
    refund(sandbox, charge.id, nora, amount=500)
    assert (net(sandbox, nora), net(sandbox)) == (318, 123)
    refund(sandbox, charge.id, nora, refund_application_fee=True)
    assert moves(sandbox, nora)[-1] == ("refund", -500, -61, -439, "usd")
    assert (net(sandbox, nora), net(sandbox)) == (-121, 62)


def test_the_fee_of_a_destination_charge_is_not_refunded_without_its_transfer(
    sandbox: Running,
) -> None:
    nora = seller(sandbox)
    charge = pay(
        sandbox, transfer_data={"destination": nora}, application_fee_amount=123
    ).latest_charge
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        refund(sandbox, charge.id, refund_application_fee=True)
    assert refusal.value.param == "refund_application_fee"


def test_nothing_is_refunded_twice(sandbox: Running) -> None:
    charge = pay(sandbox).latest_charge
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        refund(sandbox, charge.id, amount=1001)
    assert refusal.value.param == "amount"
    refund(sandbox, charge.id, amount=400)
    with pytest.raises(stripe.InvalidRequestError):
        refund(sandbox, charge.id, amount=601)
    refund(sandbox, charge.id)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        refund(sandbox, charge.id)
    assert refusal.value.code == "charge_already_refunded"


def test_a_refund_without_money_waits_until_there_is_some(sandbox: Running) -> None:
    charge = pay(sandbox, card="pm_card_bypassPending").latest_charge
    made = refund(sandbox, charge.id)
    assert (made.status, made.pending_reason) == ("pending", "insufficient_funds")
    assert made.balance_transaction is None
    pay(sandbox, card="pm_card_bypassPending")
    sandbox.advance(2 * DAY)
    again = sandbox.client().v1.refunds.retrieve(made.id)
    assert again.status == "succeeded"
    assert again.balance_transaction is not None
    assert "refund.updated" in told(sandbox)


def test_a_refund_that_the_bank_sends_back_is_the_platforms_again(sandbox: Running) -> None:
    charge = pay(sandbox, card="pm_card_refundFail").latest_charge
    made = refund(sandbox, charge.id)
    assert made.status == "succeeded"
    sandbox.advance(2 * 3600)
    again = sandbox.client().v1.refunds.retrieve(made.id)
    assert (again.status, again.failure_reason) == ("failed", "expired_or_canceled_card")
    assert net(sandbox) == 941
    assert not sandbox.client().v1.charges.retrieve(charge.id).refunded
    assert "refund.failed" in told(sandbox)


def test_a_slow_refund_arrives_in_the_end(sandbox: Running) -> None:
    charge = pay(sandbox, card="pm_card_pendingRefund").latest_charge
    made = refund(sandbox, charge.id)
    assert (made.status, made.pending_reason) == ("pending", "processing")
    sandbox.advance(2 * 3600)
    assert sandbox.client().v1.refunds.retrieve(made.id).status == "succeeded"


def test_a_seller_whose_losses_stripe_bears_must_have_what_is_reversed(sandbox: Running) -> None:
    nora = seller(sandbox, controller=SELLER_PAYS)
    charge = pay(
        sandbox, card="pm_card_bypassPending", transfer_data={"destination": nora}
    ).latest_charge
    fund(sandbox, nora, -900)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        refund(sandbox, charge.id, reverse_transfer=True)
    assert refusal.value.code == "balance_insufficient"
    assert net(sandbox, nora) == 100
    refund(sandbox, charge.id, amount=100, reverse_transfer=True)
    assert net(sandbox, nora) == 0


def test_a_seller_whose_losses_the_platform_bears_may_go_below_zero(sandbox: Running) -> None:
    nora = seller(sandbox)
    charge = pay(
        sandbox, card="pm_card_bypassPending", transfer_data={"destination": nora}
    ).latest_charge
    sandbox.client().v1.transfers.create(
        {"amount": 900, "currency": "usd", "destination": _platform(sandbox)},
        {"stripe_account": nora},
    )
    refund(sandbox, charge.id, reverse_transfer=True)
    assert net(sandbox, nora) == -900


def _platform(sandbox: Running) -> str:
    return str(sandbox.client().v1.accounts.retrieve_current().id)


def test_a_transfer_is_reversed_in_parts(sandbox: Running) -> None:
    nora = seller(sandbox)
    client = sandbox.client()
    charge = pay(sandbox, 10_000).latest_charge
    transfer = client.v1.transfers.create(
        {
            "amount": 7000,
            "currency": "usd",
            "destination": nora,
            "source_transaction": charge.id,
        }
    )
    part = client.v1.transfers.reversals.create(transfer.id, {"amount": 2500})
    assert part.destination_payment_refund is not None
    client.v1.transfers.reversals.create(transfer.id)
    assert net(sandbox, nora) == 0
    assert net(sandbox) == 9680
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.transfers.reversals.create(transfer.id)
    page = client.v1.transfers.reversals.list(transfer.id)
    assert [one.amount for one in page.data] == [4500, 2500]


def test_an_application_fee_is_given_back_on_its_own(sandbox: Running) -> None:
    nora = seller(sandbox)
    charge = pay(
        sandbox, transfer_data={"destination": nora}, application_fee_amount=123
    ).latest_charge
    client = sandbox.client()
    client.v1.application_fees.refunds.create(charge.application_fee, {"amount": 100})
    assert (net(sandbox, nora), net(sandbox)) == (977, -36)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.application_fees.refunds.create(charge.application_fee, {"amount": 24})


def test_a_converted_refund_leaves_no_cent_behind(sandbox: Running) -> None:
    greta = seller(sandbox, country="DE")
    charge = pay(
        sandbox,
        1001,
        currency="eur",
        transfer_data={"destination": greta},
        application_fee_amount=101,
    ).latest_charge
    for amount in (333, 333, 335):
        refund(
            sandbox,
            charge.id,
            amount=amount,
            reverse_transfer=True,
            refund_application_fee=True,
        )
    assert net(sandbox, greta) == 0
    dollars = sum(move[3] for move in moves(sandbox) if move[4] == "usd")
    euros = sum(move[3] for move in moves(sandbox) if move[4] == "eur")
    assert (dollars, euros) == (-73, 0)  # 2.9 % + 30, and 1 % for the conversion


@given(st.integers(0, 10**8), st.lists(st.integers(1, 10**6), min_size=1, max_size=12))
def test_the_shares_of_all_parts_add_up_to_the_whole(total: int, parts: list[int]) -> None:
    whole, before, given_back = sum(parts), 0, 0
    for part in parts:
        share = settlement.share(total, before, before + part, whole)
        assert share >= 0
        given_back += share
        before += part
    assert given_back == total


def test_a_payment_that_came_by_transfer_is_not_refunded_by_the_seller(sandbox: Running) -> None:
    nora = seller(sandbox)
    pay(sandbox, transfer_data={"destination": nora})
    payment = sandbox.client().v1.charges.list(options={"stripe_account": nora}).data[0]
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        refund(sandbox, payment.id, nora)
    assert refusal.value.code == "charge_not_refundable"
